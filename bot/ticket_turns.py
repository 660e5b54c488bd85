"""What a custom action decided about tickets, carried out in the transaction that ends its turn.

`actions` only asks for a ticket; here it is opened, and the reply that names its number is made
from the row that was written. A reply can't claim a ticket that is not there, and a turn that
runs again after a crash finds the ticket of the same draft.
"""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot import wording
from tickets import changes
from tickets.access import access_ticket, viewer_of
from tickets.changes import Author
from tickets.models import Conversation, Event
from tickets.opening import KeyReused, NewTicket, open_ticket
from tickets.states import Targets
from tickets.ticket_models import Ticket
from tickets.types import ticket_fields, ticket_types

_MOST_LINES, _LONGEST_LINE = 10, 300  # shown of what is not in a ticket
_SENT = re.compile(r'/ticket_choice\{"draft": "([0-9a-f]{8,64})", "value": "send"\}')


class _Wanted(BaseModel):
    """A draft that the partner confirmed."""

    model_config = ConfigDict(extra="forbid")

    draft: str = Field(min_length=8, max_length=64)
    type: str
    subject: str = Field(min_length=1, max_length=200)
    description: str = Field(min_length=1, max_length=60_000)
    fields: dict[str, Any]
    contact: dict[str, str]
    queue: str
    priority: Literal["urgent", "high", "normal", "low"]
    language: str = Field(max_length=8)
    triage: dict[str, Any]


class _Comment(BaseModel):
    """What a partner adds to a ticket."""

    model_config = ConfigDict(extra="forbid")

    ticket: str
    text: str = Field(min_length=1, max_length=20_000)


class TicketRecord(BaseModel):
    """The part of an action's record that is about tickets."""

    model_config = ConfigDict(extra="ignore")

    ticket: _Wanted | None = None
    comment: _Comment | None = None


def carry_out(
    session: Session, conversation_id: str, turn_id: str, record: TicketRecord, targets: Targets
) -> tuple[list[dict[str, Any]], Ticket | None]:
    """Do what the record asks for; the replies that say so, and the ticket it was about."""
    if record.ticket is not None:
        return _open(session, conversation_id, turn_id, record.ticket, targets)
    if record.comment is not None:
        return _add(session, conversation_id, turn_id, record.comment)
    return [], None


def opened_by(session: Session, conversation_id: str, payload: str) -> str | None:
    """The number of the ticket that a button's payload opened in its conversation."""
    draft = _SENT.fullmatch(payload)
    if draft is None:
        return None
    found = session.scalar(select(Ticket).where(Ticket.key == _key(conversation_id, draft[1])))
    return found.name if found else None


def not_open(session: Session, conversation_id: str, *, for_good: bool) -> str:
    """What a notice says besides, where the partner has a draft before them: that no ticket came of it yet."""
    replies = select(Event.data).where(Event.conversation_id == conversation_id, Event.kind == "bot")
    last = session.scalar(replies.order_by(Event.seq.desc()).limit(1))
    if last is None or last.get("type") != "draft":
        return ""
    return " " + (wording.TICKET_NOT_OPEN if for_good else wording.TICKET_NOT_OPEN_YET)


def _key(conversation_id: str, draft: str) -> str:
    return f"chat:{conversation_id}:{draft}"


def _open(
    session: Session, conversation_id: str, turn_id: str, wanted: _Wanted, targets: Targets
) -> tuple[list[dict[str, Any]], Ticket]:
    conversation = session.get_one(Conversation, conversation_id)
    key = _key(conversation_id, wanted.draft)
    try:
        ticket, new = open_ticket(
            session,
            key,
            NewTicket(
                type=wanted.type,
                subject=wanted.subject,
                description=wanted.description,
                fields=wanted.fields,
                contact=wanted.contact,
                priority=wanted.priority,
                queue=wanted.queue,
                language=wanted.language,
                triage=wanted.triage,
            ),
            channel=conversation.channel,
            targets=targets,
            conversation_id=conversation_id,
            partner_id=viewer_of(session, conversation_id, turn_id).partner_id,
        )
    except KeyReused:  # the engine had forgotten that it was opened, and the draft was changed since
        ticket = session.scalars(select(Ticket).where(Ticket.key == key)).one()
        return [_card(ticket, wording.TICKET_OPEN_OTHERWISE, _not_in(ticket, wanted.description))], ticket
    text = wording.TICKET_OPEN if new else wording.TICKET_OPEN_BEFORE
    return [_card(ticket, text)], ticket


def _add(
    session: Session, conversation_id: str, turn_id: str, comment: _Comment
) -> tuple[list[dict[str, Any]], Ticket | None]:
    viewer = viewer_of(session, conversation_id, turn_id)
    ticket = access_ticket(session, viewer, comment.ticket)
    if ticket is None:
        return [_reply(wording.NO_SUCH_TICKET, {"type": "no_answer"})], None
    name = ticket.contact.get("name") or "Partner"
    changes.comment(session, ticket, Author("partner", viewer.partner_id, name), comment.text, key=f"chat:{turn_id}")
    return [_card(ticket, wording.COMMENT_ADDED)], ticket


def _not_in(ticket: Ticket, description: str) -> str:
    """The lines of a changed draft that its ticket doesn't have, "" where it has them all."""
    known = set(ticket.description.splitlines())
    lines = [f"> {line[:_LONGEST_LINE]}" for line in description.splitlines() if line.strip() and line not in known]
    return wording.NOT_IN_TICKET.format(lines="\n".join(lines[:_MOST_LINES])) if lines else ""


def _card(ticket: Ticket, text: str, more: str = "") -> dict[str, Any]:
    """A reply about a ticket, from the row as it was written.

    Args:
        more: what is said besides, below it.
    """
    kind = ticket_types()[ticket.type]
    missing = [ticket_fields()[name].label for name in ticket.missing]
    shown = text.format(
        number=ticket.name,
        title=kind.title,
        queue=ticket.queue,
        priority=ticket.priority,
        missing=wording.TICKET_MISSING.format(missing=", ".join(missing)) if missing else "",
    )
    data = {
        "type": "ticket",
        "number": ticket.name,
        "queue": ticket.queue,
        "ticket_type": ticket.type,
        "priority": ticket.priority,
        "missing": list(ticket.missing),
        "state": ticket.state,
        "subject": ticket.subject,
    }
    return _reply("\n\n".join(part for part in (shown, more) if part), data)


def _reply(text: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"text": text, "buttons": [], "data": data}
