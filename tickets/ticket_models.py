"""The tables of tickets: who asks, the ticket, every change of it, and what is to be delivered elsewhere."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tickets.agent_models import Agent
from tickets.base import Base, UtcTime, now

_FILTERS = ("state", "queue", "type", "assignee_id", "incomplete", "language", "first_answer_at", "resolved_at")
_COUNTED = ("queue", "assignee_id", "due_at", "first_answer_at", "resolved_at")
_ACTIVE: dict[str, Any] = {
    "sqlite_where": text("resolved_at IS NULL"),
    "postgresql_where": text("resolved_at IS NULL"),
}


class Partner(Base):
    """A person who is known because a channel vouches for them: the portal's token, a linked Slack user."""

    __tablename__ = "partners"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    issuer: Mapped[str] = mapped_column(String(200))  # who vouches
    subject: Mapped[str] = mapped_column(String(200))  # the issuer's own id of the person
    company: Mapped[str] = mapped_column(String(200), index=True)  # the issuer's own id of the company
    company_name: Mapped[str] = mapped_column(String(200), default="")
    name: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str] = mapped_column(String(320), default="")
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=now)


class Ticket(Base):
    """A ticket as it stands now; how it came to that is in its events."""

    __tablename__ = "tickets"
    __table_args__ = (
        Index("ix_tickets_queue_list", "state", "queue", "rank", "due_at"),
        # One for each order of the agents' lists, with all that they are filtered by: see tickets/queue.py.
        Index("ix_tickets_by_priority", "rank", "due_at", "number", *_FILTERS),
        Index("ix_tickets_by_age", "created_at", "number", "rank", "due_at", *_FILTERS),
        Index("ix_tickets_by_change", "updated_at", "number", "rank", "due_at", *_FILTERS),
        Index("ix_tickets_active_priority", "rank", "due_at", "number", *_FILTERS, **_ACTIVE),
        Index("ix_tickets_active_counts", *_COUNTED, **_ACTIVE),
        {"sqlite_autoincrement": True},  # a number is never used again
    )

    number: Mapped[int] = mapped_column(primary_key=True)  # spoken as CC-000123
    id: Mapped[str] = mapped_column(String(32), unique=True)  # what addresses carry: cannot be guessed
    key: Mapped[str] = mapped_column(String(120), unique=True)  # one intention, one ticket
    fingerprint: Mapped[str] = mapped_column(String(64))  # of what was sent under the key
    conversation_id: Mapped[str | None] = mapped_column(String(32), index=True)
    partner_id: Mapped[str | None] = mapped_column(ForeignKey(Partner.id), index=True)
    company: Mapped[str | None] = mapped_column(String(200), index=True)  # of the partner, vouched for; None: anonymous
    contact: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)  # name, company, email: as vouched or typed
    channel: Mapped[str] = mapped_column(String(16))  # web, api, form, slack
    subject: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(8), default="en")
    queue: Mapped[str] = mapped_column(String(40), index=True)
    type: Mapped[str] = mapped_column(String(40), index=True)
    priority: Mapped[str] = mapped_column(String(8), index=True)
    rank: Mapped[int]  # of the priority, urgent first: what lists are sorted by
    state: Mapped[str] = mapped_column(String(8), default="new", index=True)  # new, open, waiting, resolved, closed
    assignee_id: Mapped[str | None] = mapped_column(ForeignKey(Agent.id), index=True)
    fields: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    missing: Mapped[list[str]] = mapped_column(JSON, default=list)
    incomplete: Mapped[bool] = mapped_column(default=False)
    triage: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # see triage/verdict.py
    triage_due: Mapped[bool] = mapped_column(default=False, index=True)  # the partner said more since
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=now, index=True)
    updated_at: Mapped[datetime] = mapped_column(UtcTime, default=now)
    due_at: Mapped[datetime | None] = mapped_column(UtcTime)  # by when a first answer is due
    first_answer_at: Mapped[datetime | None] = mapped_column(UtcTime)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcTime, index=True)

    @property
    def name(self) -> str:
        """How people call it."""
        return f"CC-{self.number:06d}"


class TicketEvent(Base):
    """One change of a ticket, kept for good: who, when, what."""

    __tablename__ = "ticket_events"
    __table_args__ = (Index("ix_ticket_events_order", "ticket_number", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_number: Mapped[int] = mapped_column(ForeignKey(Ticket.number))
    kind: Mapped[str] = mapped_column(String(16))  # opened, comment, reply, note, assigned, state, classified, …
    author_kind: Mapped[str] = mapped_column(String(8))  # partner, agent, system
    author_id: Mapped[str | None] = mapped_column(String(32))
    author: Mapped[str] = mapped_column(String(200))  # as shown
    text: Mapped[str] = mapped_column(Text, default="")
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # {"from", "to"} of a change
    key: Mapped[str | None] = mapped_column(String(120), unique=True)  # one intention, one event
    at: Mapped[datetime] = mapped_column(UtcTime, default=now, index=True)


class Correction(Base):
    """What an agent corrected in a triage: labelled data for the next training."""

    __tablename__ = "corrections"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_number: Mapped[int] = mapped_column(ForeignKey(Ticket.number), index=True)
    text: Mapped[str] = mapped_column(Text)  # what was triaged
    what: Mapped[str] = mapped_column(String(40))  # type, queue, priority, or field:<name>
    wrong: Mapped[str] = mapped_column(Text)
    right: Mapped[str] = mapped_column(Text)
    agent_id: Mapped[str] = mapped_column(ForeignKey(Agent.id))
    at: Mapped[datetime] = mapped_column(UtcTime, default=now, index=True)


class Delivery(Base):
    """Something to be told elsewhere, at least once: the outbox."""

    __tablename__ = "deliveries"
    __table_args__ = (
        Index("ix_deliveries_due", "state", "next_at"),
        Index("ix_deliveries_sent", "target", "sent_at"),
        Index("ix_deliveries_waiting", "target", "destination", "state", "id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)  # lets the receiver drop repeats
    destination: Mapped[str] = mapped_column(String(16))  # email, webhook, slack
    target: Mapped[str] = mapped_column(String(400))  # an address; deliveries to one target keep their order
    ticket_number: Mapped[int | None] = mapped_column(ForeignKey(Ticket.number), index=True)
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(8), default="pending")  # pending, sending, sent, dead
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(UtcTime, default=now)
    leased_until: Mapped[datetime | None] = mapped_column(UtcTime)
    problem: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=now)
    sent_at: Mapped[datetime | None] = mapped_column(UtcTime)
