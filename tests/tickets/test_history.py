"""The history of a ticket: every change is an event with who, when, what, so that the events alone tell all of it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.tickets import desk
from tests.tickets.desk import TARGETS
from tickets import changes
from tickets.agent_models import Agent
from tickets.changes import Author, Judged
from tickets.database import Database
from tickets.states import NEXT
from tickets.ticket_models import Ticket, TicketEvent
from tickets.types import PRIORITIES, queues, ticket_fields, ticket_types

VERDICT = {
    "type": "orders.rma",
    "confidence": 0.71,
    "type_reason": "says broken",
    "priority": "low",
    "priority_reason": "a question",
    "findings": [{"decision": "It is covered.", "steps": ["1"]}],
    "suggested": {"text": "long"},
}


def standing(session: Session, ticket: Ticket) -> dict[str, Any]:
    """What the history has to account for."""
    assignee = session.get(Agent, ticket.assignee_id) if ticket.assignee_id else None
    return {
        "type": ticket.type,
        "queue": ticket.queue,
        "priority": ticket.priority,
        "due_at": ticket.due_at.isoformat() if ticket.due_at else None,
        "state": ticket.state,
        "fields": dict(ticket.fields),
        "assignee": assignee.shown if assignee else None,
    }


def events(session: Session, ticket: Ticket) -> Sequence[TicketEvent]:
    """What was done since it was opened."""
    query = select(TicketEvent).where(TicketEvent.ticket_number == ticket.number, TicketEvent.kind != "opened")
    return session.scalars(query.order_by(TicketEvent.id)).all()


def replayed(opened: dict[str, Any], done: Sequence[TicketEvent]) -> dict[str, Any]:
    """What a ticket becomes by these events; each begins where the one before ended."""
    told = {**opened, "fields": dict(opened["fields"])}

    def move(what: str, change: dict[str, Any]) -> None:
        assert told[what] == change["from"], what
        told[what] = change["to"]

    for event in done:
        data = event.data
        if event.kind == "assigned":
            move("assignee", data)
        elif event.kind == "state":
            move("state", data)
        elif event.kind == "corrected":
            what = data["what"].removeprefix("field:")
            if what != data["what"]:
                assert told["fields"].pop(what, None) == data["from"]
                told["fields"] |= {} if data["to"] is None else {what: data["to"]}
            else:
                move(what, data)
            for name in {"queue", "due_at"} & data.keys():
                move(name, data[name])
        elif event.kind == "triaged":
            for name, change in data["changed"].items():
                move(name, change)
            assert not told["fields"].keys() & data["fields"].keys()
            told["fields"] |= data["fields"]
    return told


def change(session: Session, ticket: Ticket, olga: Agent, chance: random.Random) -> None:
    """Something that may happen to a ticket."""
    author, names = Author.of(olga), list(ticket_fields())
    kinds, some = list(ticket_types()), chance.sample(names, 3)
    kind, priority = ticket_types()[chance.choice(kinds)], chance.choice(PRIORITIES)
    what = chance.randrange(8)
    if what == 0:
        changes.set_type(session, ticket, author, kind.id)
    elif what == 1:
        changes.set_queue(session, ticket, author, chance.choice(queues()))
    elif what == 2:
        changes.set_priority(session, ticket, author, priority, TARGETS)
    elif what == 3:
        changes.set_field(session, ticket, author, some[0], chance.choice([None, "a", "b"]))
    elif what == 4:
        changes.set_state(session, ticket, author, chance.choice([ticket.state, *NEXT[ticket.state]]))
    elif what == 5:
        changes.assign(session, ticket, author, chance.choice([None, olga]))
    elif what == 6:
        changes.comment(session, ticket, Author("partner", None, "Ann"), "And more.")
    else:
        judged = Judged(kind.id, kind.queue, priority, TARGETS)
        changes.triaged(session, ticket, dict.fromkeys(some, "read"), {"type": kind.id}, judged)


def test_the_events_account_for_whatever_happened(database: Database) -> None:
    def work(session: Session) -> None:
        olga = desk.agent(session)
        for seed in range(60):
            chance = random.Random(seed)
            ticket = desk.ticket(session, type=chance.choice(["", "orders.rma"]), fields={"reason": "none"})
            opened = standing(session, ticket)
            for _ in range(12):
                change(session, ticket, olga, chance)
            assert replayed(opened, events(session, ticket)) == standing(session, ticket), f"seed {seed}"

    database.write(work)


def test_a_triage_tells_what_it_added_and_what_the_one_before_it_thought(database: Database) -> None:
    def work(session: Session) -> None:
        ticket = desk.ticket(session, triage=VERDICT, fields={"order_number": "4711"})
        read = {"order_number": "4712", "serial_number": "ABC123"}
        event = changes.triaged(session, ticket, read, {"type": "orders.tracking"}).event
        assert event is not None
        assert event.data["fields"] == {"serial_number": "ABC123"}
        assert event.data["before"] == {
            "type": "orders.rma",
            "confidence": 0.71,
            "type_reason": "says broken",
            "priority": "low",
            "priority_reason": "a question",
            "findings": ["It is covered."],
        }

    database.write(work)


def test_a_field_that_an_agent_removed_is_not_read_again(database: Database) -> None:
    def work(session: Session) -> dict[str, Any]:
        ticket = desk.ticket(session, fields={"order_number": "4711"})
        changes.set_field(session, ticket, Author.of(desk.agent(session)), "order_number", None)
        changes.triaged(session, ticket, {"order_number": "4711", "pbx": "Hotel Luna"}, {})
        return ticket.fields

    assert database.write(work) == {"pbx": "Hotel Luna"}


def test_a_queue_set_by_hand_that_follows_the_type_is_in_the_history(database: Database) -> None:
    def work(session: Session) -> None:
        ticket, author = desk.ticket(session), Author.of(desk.agent(session))
        changes.set_queue(session, ticket, author, "HWaaS")
        event = changes.set_type(session, ticket, author, "billing.dispute").event
        assert event is not None
        assert ticket.queue == "Billing"
        assert event.data["queue"] == {"from": "HWaaS", "to": "Billing"}
        event = changes.set_type(session, ticket, author, "billing.payment").event
        assert event is not None
        assert "queue" not in event.data

    database.write(work)
