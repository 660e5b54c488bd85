"""The tables of Slack: what it told us and is not worked yet, and for a while what was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from tickets.base import Base, UtcTime, now
from tickets.models import Conversation


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
    user: Mapped[str] = mapped_column(String(40))
    body: Mapped[dict[str, Any]] = mapped_column(JSON)  # {"text"} or {"button"}; empty once done
    state: Mapped[str] = mapped_column(String(8), default="pending")  # pending, taken, stored, done
    owner: Mapped[str] = mapped_column(String(32), default="")  # the process that works it
    leased_until: Mapped[datetime | None] = mapped_column(UtcTime)
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=now)
    done_at: Mapped[datetime | None] = mapped_column(UtcTime)
