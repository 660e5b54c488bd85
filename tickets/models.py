"""The tables of conversations: their events and turns, the buttons given out, and what editors learn from.

Those of tickets are in ticket_models.py, of agents in agent_models.py.

Times are UTC. Ids of conversations, turns and buttons are 128 random bits or more, in hex.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tickets.base import Base, UtcTime, now
from tickets.ticket_models import Partner


class Conversation(Base):
    """One partner's thread of messages in one channel."""

    __tablename__ = "conversations"
    __table_args__ = (UniqueConstraint("channel", "external_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    channel: Mapped[str] = mapped_column(String(16))  # web, api, api-scoped, slack
    external_id: Mapped[str] = mapped_column(String(200))  # the channel's own name, or a session's hash
    partner_id: Mapped[str | None] = mapped_column(ForeignKey(Partner.id), index=True)  # None: anonymous
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=now)
    active_at: Mapped[datetime] = mapped_column(UtcTime, default=now, index=True)


class Event(Base):
    """What stands in the transcript, in order: a user's message, a reply, a notice."""

    __tablename__ = "events"
    __table_args__ = (UniqueConstraint("conversation_id", "client_id"),)

    conversation_id: Mapped[str] = mapped_column(ForeignKey(Conversation.id), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(8))  # user, bot, notice
    text: Mapped[str] = mapped_column(Text)
    buttons: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    client_id: Mapped[str | None] = mapped_column(String(64))
    turn_id: Mapped[str | None] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(UtcTime, default=now)


class Turn(Base):
    """A message on its way to the engine: the queue of work, in order within its conversation."""

    __tablename__ = "turns"
    __table_args__ = (
        UniqueConstraint("conversation_id", "seq"),
        Index("ix_turns_open", "state", "conversation_id", "seq"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey(Conversation.id))
    seq: Mapped[int]  # of the user's event
    partner_id: Mapped[str | None] = mapped_column(ForeignKey(Partner.id), index=True)  # in Slack: who wrote it
    message: Mapped[str] = mapped_column(Text)  # what the engine is sent: text, or a button's payload
    state: Mapped[str] = mapped_column(String(8), default="pending")  # pending, done, failed
    attempts: Mapped[int] = mapped_column(default=0)
    retry: Mapped[bool] = mapped_column(default=True)  # whether to try again once the engine is back
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=now)
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)


class Button(Base):
    """A button given out: what it means to the engine, valid in its conversation, once."""

    __tablename__ = "buttons"

    token: Mapped[str] = mapped_column(String(32), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey(Conversation.id), index=True)
    seq: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    payload: Mapped[str] = mapped_column(String(300))
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)


class Question(Base):
    """A question asked, and what was decided on it: the editors' raw material."""

    __tablename__ = "questions"

    turn_id: Mapped[str] = mapped_column(ForeignKey(Turn.id), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey(Conversation.id), index=True)
    text: Mapped[str] = mapped_column(Text)
    decisions: Mapped[list[str]] = mapped_column(JSON)
    hits: Mapped[list[list[dict[str, Any]]]] = mapped_column(JSON)
    index_version: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(UtcTime, default=now, index=True)


class Feedback(Base):
    """Whether an answer helped."""

    __tablename__ = "feedback"

    turn_id: Mapped[str] = mapped_column(ForeignKey(Turn.id), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey(Conversation.id), index=True)
    entry: Mapped[str | None] = mapped_column(String(80), index=True)
    helpful: Mapped[bool]
    offered: Mapped[list[str]] = mapped_column(JSON, default=list)
    at: Mapped[datetime] = mapped_column(UtcTime, default=now)


class WebSession(Base):
    """A chat session, anonymous or a signed-in partner's: the hash of its token, never the token."""

    __tablename__ = "web_sessions"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey(Conversation.id), index=True)
    partner_id: Mapped[str | None] = mapped_column(ForeignKey(Partner.id), index=True)  # None: anonymous
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=now)
    active_at: Mapped[datetime] = mapped_column(UtcTime, default=now)


class UsedToken(Base):
    """A portal's token that was used; kept until it would have expired, so that it serves once."""

    __tablename__ = "used_tokens"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)  # of issuer and token id
    expires_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
