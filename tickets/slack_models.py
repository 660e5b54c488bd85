"""The tables of Slack: which of its users are known partners or agents, what it told us, what agents' channels show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from tickets.agent_models import Agent
from tickets.base import Base, UtcTime, now
from tickets.models import Conversation
from tickets.ticket_models import Partner, Ticket


@dataclass(frozen=True)
class Place:
    """Where in Slack a conversation is: a direct message, or a thread of a channel or of a direct message."""

    team: str
    channel: str
    thread: str | None = None  # ts of the thread's first message

    @property
    def name(self) -> str:
        """The conversation's external id."""
        return ":".join(part for part in (self.team, self.channel, self.thread) if part)

    @property
    def target(self) -> str:
        """What the outbox calls it: Slack limits messages by channel, whatever the thread."""
        return f"{self.team}:{self.channel}"

    @property
    def direct(self) -> bool:
        """Whether only one person reads it: a direct message with the bot."""
        return self.channel.startswith("D")

    @classmethod
    def of(cls, name: str) -> Place:
        """The place that a conversation's external id names."""
        team, channel, *thread = name.split(":")
        return cls(team, channel, thread[0] if thread else None)


class SlackInbox(Base):
    """A message or a press of a button that Slack delivered: stored before Slack is told so, worked afterwards."""

    __tablename__ = "slack_inbox"
    __table_args__ = (
        Index("ix_slack_inbox_open", "state", "conversation_id", "ts"),
        Index("ix_slack_inbox_done", "done_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_key: Mapped[str] = mapped_column(String(160), unique=True)  # team:event id, or team:button
    message_key: Mapped[str | None] = mapped_column(String(160), unique=True)  # team:channel:ts, the same for twins
    conversation_id: Mapped[str] = mapped_column(ForeignKey(Conversation.id), index=True)
    ts: Mapped[str] = mapped_column(String(32))  # Slack's own time of it: their order in a conversation
    user: Mapped[str] = mapped_column(String(40))  # "" once its writer is erased
    user_team: Mapped[str | None] = mapped_column(String(40))  # the writer's own workspace, which may share a channel
    body: Mapped[dict[str, Any]] = mapped_column(JSON)  # {"text"}, also {"payload"}, or {"button"}; empty once done
    state: Mapped[str] = mapped_column(String(8), default="pending")  # pending, taken, stored, done
    owner: Mapped[str] = mapped_column(String(32), default="")  # the process that works it
    leased_until: Mapped[datetime | None] = mapped_column(UtcTime)
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=now)
    done_at: Mapped[datetime | None] = mapped_column(UtcTime)


class SlackUser(Base):
    """A Slack user who is a known partner; one partner may be several."""

    __tablename__ = "slack_users"

    team: Mapped[str] = mapped_column(String(40), primary_key=True)  # the user's own workspace
    user: Mapped[str] = mapped_column(String(40), primary_key=True)
    partner_id: Mapped[str] = mapped_column(ForeignKey(Partner.id), index=True)
    linked_by: Mapped[str] = mapped_column(String(80))  # "partner", or who on the command line
    linked_at: Mapped[datetime] = mapped_column(UtcTime, default=now)


class SlackCode(Base):
    """A one-time code given to a Slack user, of which only the hash is kept; a new one replaces it."""

    __tablename__ = "slack_codes"

    team: Mapped[str] = mapped_column(String(40), primary_key=True)
    user: Mapped[str] = mapped_column(String(40), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey(Conversation.id), index=True)  # where it was shown
    kind: Mapped[str] = mapped_column(String(8), default="partner", server_default="partner")  # who may enter it
    expires_at: Mapped[datetime] = mapped_column(UtcTime, index=True)


class SlackAgent(Base):
    """A Slack user who is an agent; one agent may be several."""

    __tablename__ = "slack_agents"

    team: Mapped[str] = mapped_column(String(40), primary_key=True)  # the user's own workspace
    user: Mapped[str] = mapped_column(String(40), primary_key=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey(Agent.id), index=True)
    linked_by: Mapped[str] = mapped_column(String(80))  # the agent's own name, or who on the command line
    linked_at: Mapped[datetime] = mapped_column(UtcTime, default=now)


class SlackTicket(Base):
    """A ticket that an agents' channel shows, or is about to."""

    __tablename__ = "slack_tickets"

    ticket_number: Mapped[int] = mapped_column(ForeignKey(Ticket.number), primary_key=True)
    channel: Mapped[str] = mapped_column(String(40), primary_key=True)
    ts: Mapped[str | None] = mapped_column(String(32))  # of the message; None until it is there
    shown: Mapped[str] = mapped_column(String(64), default="")  # hash of what it shows
    version: Mapped[int] = mapped_column(default=0)  # how often it was changed
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=now)


class SlackPress(Base):
    """A press in an agents' channel that was carried out: the same one again does nothing."""

    __tablename__ = "slack_presses"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    ticket_number: Mapped[int] = mapped_column(ForeignKey(Ticket.number), index=True)
    at: Mapped[datetime] = mapped_column(UtcTime, default=now, index=True)
