"""Every change of a ticket, each one named function that writes its event: nothing else changes a ticket.

A change that reaches the partner gives the events that were added to the partner's conversation,
so that whoever commits can tell the open windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tickets import conversations, notices, partners
from tickets.agent_models import Agent
from tickets.base import now
from tickets.models import Conversation, Event
from tickets.states import CLOSED, NEW, OPEN, RESOLVED, SHOWN, WAITING, NotAllowed, Targets, check, due, rank
from tickets.ticket_models import Correction, Ticket, TicketEvent
from tickets.types import ticket_types


@dataclass(frozen=True)
class Author:
    """Who makes a change: kind is partner, agent or system."""

    kind: str
    id: str | None
    name: str

    @classmethod
    def of(cls, agent: Agent) -> Author:
        return cls("agent", agent.id, agent.shown)


SYSTEM = Author("system", None, "Customer Care bot")
Moves = dict[str, dict[str, Any]]  # what was changed, "from" what "to" what
_KEPT_OF_A_VERDICT = ("type", "confidence", "type_reason", "priority", "priority_reason")


@dataclass(frozen=True)
class Judged:
    """What a triage thinks a ticket is, and by when the first answer of each priority is due."""

    type: str
    queue: str
    priority: str
    targets: Targets


@dataclass(frozen=True)
class Changed:
    """What a change wrote: its event (None where nothing was to change), and what the partner's chat now shows."""

    ticket: Ticket
    event: TicketEvent | None
    chat: list[Event] = field(default_factory=list)


def assign(session: Session, ticket: Ticket, author: Author, assignee: Agent | None) -> Changed:
    """Give a ticket to an agent, or to nobody; a new one becomes open."""
    _lock(session, ticket)
    before = session.get(Agent, ticket.assignee_id) if ticket.assignee_id else None
    if (assignee.id if assignee else None) == ticket.assignee_id:
        return Changed(ticket, None)
    ticket.assignee_id = assignee.id if assignee else None
    shown = {"from": before.shown if before else None, "to": assignee.shown if assignee else None}
    event = _event(session, ticket, "assigned", author, data=shown)
    if assignee is not None and ticket.state == NEW:
        _become(session, ticket, SYSTEM, OPEN)
    return Changed(ticket, event)


def take(session: Session, ticket: Ticket, agent: Agent) -> Changed:
    """Give a ticket that is nobody's to the agent who asks. Raises NotAllowed where a colleague has it."""
    _lock(session, ticket)
    if ticket.assignee_id not in (None, agent.id):
        raise NotAllowed(f"{ticket.name} is with somebody already.")
    return assign(session, ticket, Author.of(agent), agent)


def reply(
    session: Session, ticket: Ticket, author: Author, text: str, *, key: str | None = None, then: str = ""
) -> Changed:
    """An agent's public answer: the partner gets it in the channel the ticket came from, and is waited for.

    Where it can reach nobody any more, its event says so.

    Args:
        then: the state that the same intention brings about afterwards, kept so that its key stands for both.
    """
    _lock(session, ticket)
    data: dict[str, Any] = {} if partners.reached(session, ticket, now()) else {"unreached": True}
    data |= {"then": then} if then else {}
    event = _event(session, ticket, "reply", author, text, data=data, key=key)
    if ticket.first_answer_at is None:
        ticket.first_answer_at = event.at
    if ticket.state in (NEW, OPEN):
        _become(session, ticket, SYSTEM, WAITING)
    return Changed(ticket, event, _tell(session, ticket, text, kind="reply", author=author.name))


def note(session: Session, ticket: Ticket, author: Author, text: str, *, key: str | None = None) -> Changed:
    """A note among agents; no partner ever sees it."""
    return Changed(ticket, _event(session, ticket, "note", author, text, key=key))


def comment(session: Session, ticket: Ticket, author: Author, text: str, *, key: str | None = None) -> Changed:
    """The partner adds something: a ticket that waited or was over is opened again, and triaged anew."""
    _lock(session, ticket)
    event = _event(session, ticket, "comment", author, text, key=key)
    if ticket.state in (WAITING, RESOLVED, CLOSED):
        _become(session, ticket, SYSTEM, OPEN)
    ticket.triage_due = True
    return Changed(ticket, event)


def set_state(session: Session, ticket: Ticket, author: Author, state: str) -> Changed:
    """Bring a ticket to another state. Raises NotAllowed where the states' order forbids it."""
    _lock(session, ticket)
    if state == ticket.state:
        return Changed(ticket, None)
    check(ticket.state, state)
    event = _become(session, ticket, author, state)
    chat = []
    if state in (RESOLVED, CLOSED) and author.kind == "agent":
        chat = _tell(session, ticket, "", kind="state", author=author.name)
    return Changed(ticket, event, chat)


def set_priority(session: Session, ticket: Ticket, author: Author, priority: str, targets: Targets) -> Changed:
    """Correct the priority; the first answer's due time moves with it."""
    _lock(session, ticket)
    due_at = due(priority, ticket.created_at, targets)
    also = _moves({"due_at": _iso(ticket.due_at)}, {"due_at": _iso(due_at)})
    changed = _correct(session, ticket, author, "priority", ticket.priority, priority, also)
    if changed.event is not None:
        ticket.priority, ticket.rank, ticket.due_at = priority, rank(priority), due_at
    return changed


def set_queue(session: Session, ticket: Ticket, author: Author, queue: str) -> Changed:
    """Hand a ticket to another queue."""
    _lock(session, ticket)
    changed = _correct(session, ticket, author, "queue", ticket.queue, queue)
    if changed.event is not None:
        ticket.queue = queue
    return changed


def set_type(session: Session, ticket: Ticket, author: Author, type_id: str) -> Changed:
    """Correct the type; the queue, one set by hand too, and what is missing follow it."""
    _lock(session, ticket)
    queue = ticket_types()[type_id].queue
    also = _moves({"queue": ticket.queue}, {"queue": queue})
    changed = _correct(session, ticket, author, "type", ticket.type, type_id, also)
    if changed.event is not None:
        ticket.type, ticket.queue = type_id, queue
        _see_missing(ticket)
    return changed


def set_field(session: Session, ticket: Ticket, author: Author, name: str, value: Any) -> Changed:
    """Correct an extracted field; None removes it."""
    _lock(session, ticket)
    changed = _correct(session, ticket, author, f"field:{name}", ticket.fields.get(name), value)
    if changed.event is not None:
        kept = {known: old for known, old in ticket.fields.items() if known != name}
        ticket.fields = kept if value is None else {**kept, name: value}
        _see_missing(ticket)
    return changed


def triaged(
    session: Session,
    ticket: Ticket,
    fields: dict[str, Any],
    triage: dict[str, Any],
    judged: Judged | None = None,
) -> Changed:
    """A triage after opening: what somebody has settled stays; fields and findings are brought up to date.

    Of a ticket that somebody works on, the priority only rises: what an agent goes by is not taken back by itself.
    """
    _lock(session, ticket)
    changed = _classify(session, ticket, judged) if judged is not None else {}
    corrected = _corrected(session, ticket)  # a field that an agent removed was read wrongly
    fresh = {name: read for name, read in fields.items() if name not in ticket.fields}
    added = {name: read for name, read in fresh.items() if f"field:{name}" not in corrected}
    before = _verdict(ticket.triage)
    ticket.fields = {**ticket.fields, **added}
    ticket.triage, ticket.triage_due = triage, False
    _see_missing(ticket)
    data = {"missing": ticket.missing, "changed": changed, "fields": added, "before": before}
    return Changed(ticket, _event(session, ticket, "triaged", SYSTEM, data=data))


def settled(session: Session, ticket: Ticket) -> set[str]:
    """Which of type, queue and priority no triage changes: what whoever opened it or an agent said.

    Of a ticket that somebody works on, type and queue as well, unless it was never judged.
    """
    found = _corrected(session, ticket) & {"type", "queue", "priority"}
    judged = bool(ticket.triage) or bool(_data_of(session, ticket, "triaged"))
    named = any(data.get("named", True) for data in _data_of(session, ticket, "opened"))
    if named or (judged and ticket.state != NEW):
        found.add("type")
    return found | {"queue"} if "type" in found else found  # the queue follows the type


def _corrected(session: Session, ticket: Ticket) -> set[str]:
    """What somebody has corrected: type, queue, priority, field:<name>."""
    return {str(data.get("what")) for data in _data_of(session, ticket, "corrected")}


def _data_of(session: Session, ticket: Ticket, kind: str) -> Sequence[dict[str, Any]]:
    of_kind = TicketEvent.ticket_number == ticket.number, TicketEvent.kind == kind
    return session.scalars(select(TicketEvent.data).where(*of_kind)).all()


def _verdict(triage: dict[str, Any]) -> dict[str, Any]:
    """What an agent may want to know of a triage that another one takes the place of."""
    kept = {name: triage[name] for name in _KEPT_OF_A_VERDICT if name in triage}
    found = triage.get("findings")
    decisions = [one.get("decision") for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    return {**kept, "findings": decisions} if decisions else kept


def _standing(ticket: Ticket) -> dict[str, Any]:
    """What a triage may change."""
    told = {"type": ticket.type, "queue": ticket.queue, "priority": ticket.priority}
    return {**told, "due_at": _iso(ticket.due_at)}


def _moves(before: dict[str, Any], after: dict[str, Any]) -> Moves:
    return {what: {"from": before[what], "to": after[what]} for what in before if before[what] != after[what]}


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _classify(session: Session, ticket: Ticket, judged: Judged) -> Moves:
    """Take over type, queue and priority; what was changed."""
    stays, before = settled(session, ticket), _standing(ticket)
    if "type" not in stays:
        ticket.type = judged.type
    if "queue" not in stays:
        ticket.queue = judged.queue
    if "priority" not in stays and (ticket.state == NEW or rank(judged.priority) < ticket.rank):
        ticket.priority, ticket.rank = judged.priority, rank(judged.priority)
        ticket.due_at = due(judged.priority, ticket.created_at, judged.targets)
    return _moves(before, _standing(ticket))


def _lock(session: Session, ticket: Ticket) -> None:
    """See the ticket as it is now, and have other processes wait for our commit before they change it."""
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer
        session.flush()  # a change made just before, in the same transaction, is not to be lost
        session.refresh(ticket, with_for_update=True)


def _become(session: Session, ticket: Ticket, author: Author, state: str) -> TicketEvent:
    before, ticket.state = ticket.state, state
    at = now()
    if state == RESOLVED:
        ticket.resolved_at = at
    elif state == CLOSED:
        ticket.closed_at = at
        ticket.resolved_at = ticket.resolved_at or at
    else:
        ticket.resolved_at = ticket.closed_at = None
    return _event(session, ticket, "state", author, data={"from": before, "to": state})


def _correct(
    session: Session, ticket: Ticket, author: Author, what: str, wrong: Any, right: Any, also: Moves | None = None
) -> Changed:
    """Note a correction, and what moves `also` with it, as event and, where an agent made it, as labelled data."""
    if wrong == right:
        return Changed(ticket, None)
    data = {"what": what, "from": wrong, "to": right, **(also or {})}
    event = _event(session, ticket, "corrected", author, data=data)
    if author.kind == "agent" and author.id is not None:
        session.add(
            Correction(
                ticket_number=ticket.number,
                text=f"{ticket.subject}\n{ticket.description}",
                what=what,
                wrong=_written(wrong),
                right=_written(right),
                agent_id=author.id,
            )
        )
    return Changed(ticket, event)


def _written(value: Any) -> str:
    return "" if value is None else ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _see_missing(ticket: Ticket) -> None:
    ticket.missing = ticket_types()[ticket.type].missing(ticket.fields)
    ticket.incomplete = bool(ticket.missing)


def _event(
    session: Session,
    ticket: Ticket,
    kind: str,
    author: Author,
    text: str = "",
    *,
    data: dict[str, Any] | None = None,
    key: str | None = None,
) -> TicketEvent:
    event = TicketEvent(
        ticket_number=ticket.number,
        kind=kind,
        author_kind=author.kind,
        author_id=author.id,
        author=author.name[:200],
        text=text,
        data=data or {},
        key=key,
        at=now(),
    )
    session.add(event)
    ticket.updated_at = event.at
    session.flush()
    notices.put_for(session, ticket, event)
    return event


def _tell(session: Session, ticket: Ticket, text: str, *, kind: str, author: str) -> list[Event]:
    """Put something into the conversation that a ticket came from, where it still exists."""
    if ticket.conversation_id is None or session.get(Conversation, ticket.conversation_id) is None:
        return []
    data = {
        "type": "ticket_update",
        "kind": kind,
        "number": ticket.name,
        "subject": ticket.subject,
        "state": ticket.state,
        "author": author,
    }
    state = f"Your ticket **{ticket.name}** is {SHOWN[ticket.state]}."
    shown = text or f"{state} To add something write “{ticket.name}” and what it is."
    return [conversations.append(session, ticket.conversation_id, kind="agent", text=shown, data=data)]
