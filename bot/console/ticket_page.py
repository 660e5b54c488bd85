"""One ticket with all that is known of it: the chat before it, what was said and done since, the triage."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.console import wording
from bot.console.gate import Call, Refused
from bot.console.pages import STATE_NAMES, Pages, moment, percent, value_shown
from tickets import agents
from tickets.access import access_by_id
from tickets.models import Conversation, Event
from tickets.states import NEXT
from tickets.ticket_models import Ticket, TicketEvent
from tickets.types import PRIORITIES, question, queues, ticket_fields, ticket_types

_MOST_CHAT = 100  # messages of the chat that are shown, of those before the ticket and of those after it
_MOST_EVENTS = 500
_ALL_EVENTS = 10_000  # where an agent asks for all of them
_SPOKEN = ("opened", "comment", "reply", "note")


class TicketPage:
    """The route of a ticket."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def show(self, call: Call) -> Response:
        """The ticket of this id."""
        ticket_id = call.request.path_params["ticket_id"]
        most = _ALL_EVENTS if call.request.query_params.get("all") == "1" else _MOST_EVENTS
        found = await call.read(lambda session: _read(session, ticket_id, most))
        if found is None:
            raise Refused(404, wording.NOT_FOUND)
        return self._pages.show("ticket.html", call.signed_in, **found)

    async def nowhere(self, call: Call) -> Response:
        """Any other address: the same as a ticket that is not there."""
        raise Refused(404, wording.NOT_FOUND)


def _read(session: Session, ticket_id: str, most_events: int) -> dict[str, Any] | None:
    ticket = access_by_id(session, ticket_id)
    if ticket is None:
        return None
    kind = ticket_types()[ticket.type]
    people = agents.everybody(session)
    events, left_out = _events(session, ticket, most_events)
    return {
        "ticket": ticket,
        "kind": kind,
        "assignee": next((agent for agent in people if agent.id == ticket.assignee_id), None),
        "people": [agent for agent in people if agent.disabled_at is None],
        "next_states": NEXT[ticket.state],
        "events": [(event, event.kind in _SPOKEN, told(event)) for event in events],
        "left_out": left_out,
        "chat": _chat(session, ticket),
        "triage": _Triage(session, ticket),
        "facts": _facts(ticket),
        "missing": [(name, ticket_fields()[name].label, question(ticket.type, name)) for name in ticket.missing],
        "ask": ask_for_missing(ticket),
        "queue_names": queues(),
        "priority_names": PRIORITIES,
        "other_fields": [field for field in ticket_fields().values() if field.name not in ticket.fields],
    }


class _Triage:
    """What ticket.triage says, as far as it says it; it may be of an earlier version of the program."""

    def __init__(self, session: Session, ticket: Ticket) -> None:
        said: dict[str, Any] = ticket.triage if isinstance(ticket.triage, dict) else {}
        types = ticket_types()
        self.there = bool(said)
        self.due = ticket.triage_due
        self.type = said.get("type") if said.get("type") in types else None
        self.corrected = self.type is not None and self.type != ticket.type
        self.confidence = said.get("confidence")
        self.type_reason = _text(said.get("type_reason"))
        self.priority = _text(said.get("priority"))
        self.priority_reason = _text(said.get("priority_reason"))
        self.alternatives = [
            (type_id, types[type_id].title, share)
            for type_id, share in _pairs(said.get("alternatives"))
            if type_id in types and type_id != ticket.type
        ]
        self.also_asks = _text(said.get("also_asks"))
        self.also_type = said.get("also_type") if said.get("also_type") in types else None
        self.findings = [
            {
                "decision": _text(finding.get("decision")),
                **{part: [str(line) for line in _list(finding.get(part))] for part in ("steps", "caveats", "sources")},
            }
            for finding in _dicts(said.get("findings"))
            if _text(finding.get("decision"))
        ]
        suggested = said.get("suggested")
        self.suggested = {"entry": "", "question": "", "confidence": None, "text": ""}
        if isinstance(suggested, dict):
            self.suggested |= {name: suggested[name] for name in self.suggested if name in suggested}
        self.similar = self._tickets(session, _dicts(said.get("similar")))
        self.note = types[ticket.type].note

    @staticmethod
    def _tickets(session: Session, similar: list[dict[str, Any]]) -> list[tuple[dict[str, Any], Ticket]]:
        numbers: dict[int, dict[str, Any]] = {}
        for one in similar:
            digits = str(one.get("number", "")).upper().removeprefix("CC-")
            if digits.isascii() and digits.isdigit() and len(digits) <= 9:
                numbers[int(digits)] = {"reason": _text(one.get("reason")), "score": one.get("score")}
        found = session.scalars(select(Ticket).where(Ticket.number.in_(numbers)))
        by_number = {ticket.number: ticket for ticket in found}
        return [(one, by_number[number]) for number, one in numbers.items() if number in by_number]


def told(event: TicketEvent) -> str:
    """A change in words: what follows the author's name."""
    before, after = event.data.get("from"), event.data.get("to")
    if event.kind == "assigned":
        if after == event.author:
            return "took it"
        return f"gave it to {after}" if after else f"gave it to nobody; it was with {before}"
    if event.kind == "state":
        return f"set it from {STATE_NAMES.get(str(before), before)} to {STATE_NAMES.get(str(after), after)}"
    if event.kind == "corrected":
        what = str(event.data.get("what", ""))
        name = what.removeprefix("field:")
        label = ticket_fields()[name].label if name in ticket_fields() else name
        if before is None:
            return f"added {label}: {value_shown(after)}"
        if after is None:
            return f"removed {label}, which was {value_shown(before)}"
        also = {one: event.data[one] for one in ("queue", "due_at") if one in event.data}
        return "; ".join([f"changed {_moved(what, event.data, label)}", *_all_moved(also)])
    if event.kind == "triaged":
        return _told_triage(event.data)
    return event.kind.replace("_", " ")


def _told_triage(data: dict[str, Any]) -> str:
    known = ticket_fields()
    labels = ", ".join(known[name].label for name in _list(data.get("missing")) if name in known)
    added, before = data.get("fields"), data.get("before")
    parts = ["read it again", *_all_moved(data.get("changed"))]
    for name, value in added.items() if isinstance(added, dict) else ():
        if name in known:
            parts.append(f"added {known[name].label}: {value_shown(value)}")
    parts.append(f"missing: {labels}" if labels else "nothing is missing")
    if isinstance(before, dict) and before.get("type"):
        sure = f" ({percent(before['confidence'])})" if before.get("confidence") is not None else ""
        parts.append(f"before, it was read as {_value('type', before['type'])}{sure}, {_text(before.get('priority'))}")
    return "; ".join(parts)


def _all_moved(moves: Any) -> list[str]:
    """Changes of a ticket's properties in words."""
    pairs = moves.items() if isinstance(moves, dict) else ()
    return [_moved(what, move) for what, move in pairs if isinstance(move, dict)]


def _moved(what: str, move: dict[str, Any], label: str = "") -> str:
    after = _value(what, move.get("to"))
    if what == "due_at":
        return f"first answer due by {after}"
    return f"{label or what} from {_value(what, move.get('from'))} to {after}"


def _value(what: str, value: Any) -> str:
    if what == "type" and str(value) in ticket_types():
        return ticket_types()[str(value)].title
    if what == "due_at" and value:
        return moment(datetime.fromisoformat(str(value)))
    return value_shown(value)


def ask_for_missing(ticket: Ticket) -> str:
    """A message that asks the partner for what is missing."""
    if not ticket.missing:
        return ""
    questions = "\n".join(f"- {question(ticket.type, name)}" for name in ticket.missing)
    first_name = ticket.contact.get("name", "").split(" ")[0]
    name = f" {first_name}" if first_name else ""
    return wording.ASK_FOR_MISSING.format(name=name, number=ticket.name, questions=questions)


def _events(session: Session, ticket: Ticket, most: int) -> tuple[list[TicketEvent], int]:
    """The opening and what was said and done last, and how much between them is left out."""
    query = select(TicketEvent).where(TicketEvent.ticket_number == ticket.number)
    newest = list(session.scalars(query.order_by(TicketEvent.id.desc()).limit(most)))[::-1]
    if len(newest) < most:
        return newest, 0
    first = session.scalars(query.order_by(TicketEvent.id).limit(1)).one()
    count = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    left_out = count - len(newest)
    return (newest, 0) if left_out == 0 else ([first, *newest], left_out - 1)


def _chat(session: Session, ticket: Ticket) -> dict[str, Any]:
    """The chat that the ticket came from: its last messages before it was opened, and the last since then.

    Each part is cut where it is longer than what is shown; `more_before` and `more_after` say so.
    """
    if ticket.conversation_id is None:
        return {"there": False, "before": [], "after": [], "gone": False}
    query = select(Event).where(Event.conversation_id == ticket.conversation_id, Event.kind != "agent")
    query = query.order_by(Event.seq.desc()).limit(_MOST_CHAT + 1)
    before = session.scalars(query.where(Event.at <= ticket.created_at)).all()
    after = session.scalars(query.where(Event.at > ticket.created_at)).all()
    return {
        "there": bool(before or after),
        "before": before[:_MOST_CHAT][::-1],
        "more_before": len(before) > _MOST_CHAT,
        "after": after[:_MOST_CHAT][::-1],
        "more_after": len(after) > _MOST_CHAT,
        "gone": session.get(Conversation, ticket.conversation_id) is None,
    }


def _facts(ticket: Ticket) -> list[tuple[str, str, Any, str]]:
    """Name, label, value and form of each field that is known, those that the type needs first."""
    needed = [name for group in ticket_types()[ticket.type].needs for name in group]
    names = sorted(ticket.fields, key=lambda name: (needed.index(name) if name in needed else len(needed), name))
    known = ticket_fields()
    return [(name, known[name].label, ticket.fields[name], known[name].form) for name in names if name in known]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [part for part in _list(value) if isinstance(part, dict)]


def _pairs(value: Any) -> list[tuple[str, Any]]:
    return [(pair[0], pair[1]) for pair in _list(value) if isinstance(pair, list) and len(pair) == 2]
