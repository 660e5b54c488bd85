"""Opening a ticket: one intention, one ticket, in the caller's transaction.

The key names the intention: a draft of a conversation, or what a caller of the API chose. The
same key again gives the same ticket, on any number of processes: its uniqueness is the
database's, not ours. The same key with other content is refused.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tickets import notices
from tickets.base import insert, now
from tickets.models import Conversation
from tickets.states import NEW, Targets, due, rank
from tickets.ticket_models import Partner, Ticket, TicketEvent
from tickets.types import OTHER, ticket_types

MOST_SUBJECT = 200


class KeyReused(ValueError):
    """The key was used for a ticket with other content."""


@dataclass(frozen=True)
class NewTicket:
    """What a ticket is opened with.

    Attributes:
        type: "" where nobody named one: then it is general.other until a triage says more.
        fields: see types.yml; dates in ISO form, did_numbers a list.
        contact: name, company, email as typed by somebody nobody vouches for; else taken from the partner.
        triage: what was found out about it, with reasons (triage/verdict.py); {} leaves that for later.
    """

    type: str
    subject: str
    description: str
    fields: dict[str, Any] = field(default_factory=dict)
    contact: dict[str, str] = field(default_factory=dict)
    priority: str = "normal"
    queue: str = ""
    language: str = "en"
    triage: dict[str, Any] = field(default_factory=dict)


def open_ticket(
    session: Session,
    key: str,
    new: NewTicket,
    *,
    channel: str,
    targets: Targets,
    conversation_id: str | None = None,
    partner_id: str | None = None,
) -> tuple[Ticket, bool]:
    """The ticket of this key, and whether it is new.

    Args:
        conversation_id: where it was asked for; its partner is the ticket's unless another is named.

    Raises:
        KeyReused: the key belongs to a ticket with other content.
    """
    conversation = session.get(Conversation, conversation_id) if conversation_id else None
    if partner_id is None and conversation is not None:
        partner_id = conversation.partner_id
    partner = session.get(Partner, partner_id) if partner_id else None
    kind = ticket_types()[new.type or OTHER]
    missing = kind.missing(new.fields)
    at = now()
    fingerprint = _fingerprint(new)
    row = {
        "id": secrets.token_hex(16),
        "key": key,
        "fingerprint": fingerprint,
        "conversation_id": conversation_id,
        "partner_id": partner.id if partner else None,
        "company": partner.company if partner else None,
        "contact": _contact(partner, new.contact),
        "channel": channel,
        "subject": new.subject[:MOST_SUBJECT],
        "description": new.description,
        "language": new.language,
        "queue": new.queue or kind.queue,
        "type": kind.id,
        "priority": new.priority,
        "rank": rank(new.priority),
        "state": NEW,
        "fields": new.fields,
        "missing": missing,
        "incomplete": bool(missing),
        "triage": new.triage,
        "triage_due": not new.triage,
        "created_at": at,
        "updated_at": at,
        "due_at": due(new.priority, at, targets),
    }
    # Nothing comes back where the key is taken; where another process takes it now, this waits for its commit.
    inserted = insert(session, Ticket).values(**row).on_conflict_do_nothing(index_elements=["key"])
    number = session.scalar(inserted.returning(Ticket.number))
    if number is None:
        known = session.scalars(select(Ticket).where(Ticket.key == key)).one()
        if known.fingerprint != fingerprint:
            raise KeyReused(key)
        return known, False
    ticket = session.get_one(Ticket, number)
    event = TicketEvent(
        ticket_number=number,
        kind="opened",
        author_kind="partner",
        author_id=ticket.partner_id,
        author=(ticket.contact.get("name") or "Partner")[:200],
        text=new.description,
        data={
            "type": kind.id,
            "queue": ticket.queue,
            "priority": new.priority,
            "missing": missing,
            "named": bool(new.type),  # somebody chose the type
        },
        at=at,
    )
    session.add(event)
    session.flush()
    notices.put_for(session, ticket, event)
    return ticket, True


def _contact(partner: Partner | None, typed: dict[str, str]) -> dict[str, str]:
    if partner is None:
        return {name: typed[name] for name in ("name", "company", "email") if typed.get(name)}
    return {"name": partner.name, "company": partner.company_name or partner.company, "email": partner.email}


def _fingerprint(new: NewTicket) -> str:
    """Of what the partner sent; a triage may differ from one try to the next."""
    sent = {name: value for name, value in asdict(new).items() if name not in ("triage", "priority", "queue")}
    return hashlib.sha256(json.dumps(sent, sort_keys=True).encode()).hexdigest()
