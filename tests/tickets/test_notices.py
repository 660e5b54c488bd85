"""What is told elsewhere: to the webhook of everything public, to partners only where their address is vouched for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.tickets import desk
from tickets import changes
from tickets.changes import Author
from tickets.database import Database
from tickets.notices import Notify
from tickets.ticket_models import Delivery, Ticket

HOOK, AGENTS = "https://hook.example/care", "desk@care.example"


@pytest.fixture
def notifying(database: Database) -> Iterator[Database]:
    """The same database, with everything switched on."""
    url = database.engine.url.render_as_string(hide_password=False)
    opened = Database(url, {"notify": Notify(HOOK, partners_by_email=True, agents_email=AGENTS)})
    yield opened
    opened.close()


def put(database: Database) -> list[tuple[str, str, str]]:
    """Deliveries: how, where to, what."""
    rows = database.read(lambda session: session.scalars(select(Delivery).order_by(Delivery.id)).all())
    return [(row.destination, row.target, str(row.body.get("type") or row.body["subject"])) for row in rows]


def bodies(database: Database, destination: str) -> list[dict[str, Any]]:
    """What is said."""
    query = select(Delivery.body).where(Delivery.destination == destination).order_by(Delivery.id)
    return database.read(lambda session: list(session.scalars(query)))


def life(session: Session, *, vouched: bool = True) -> Ticket:
    """A ticket opened, noted on, assigned, answered, commented and closed."""
    ann = desk.partner(session) if vouched else None
    contact = {} if vouched else {"name": "Ann", "email": "ann@acme.example"}
    ticket = desk.ticket(session, ann, contact=contact)
    olga = desk.agent(session)
    author = Author.of(olga)
    changes.note(session, ticket, author, "between us")
    changes.assign(session, ticket, author, olga)
    changes.reply(session, ticket, author, "On its way.")
    changes.comment(session, ticket, Author("partner", ticket.partner_id, "Ann"), "Thanks!")
    changes.set_state(session, ticket, author, "resolved")
    return ticket


def test_a_tickets_life_is_told_in_its_order(notifying: Database) -> None:
    name = notifying.write(life).name
    told = put(notifying)
    assert [what for how, _, what in told if how == "webhook"] == [
        "ticket.opened",
        "ticket.state_changed",  # open, when it was assigned
        "ticket.replied",
        "ticket.state_changed",  # waiting for the partner
        "ticket.commented",
        "ticket.state_changed",  # open again
        "ticket.state_changed",  # resolved
    ]
    assert [(where, what) for how, where, what in told if how == "email"] == [
        (AGENTS, f"[normal] {name}: Where is it?"),
        ("ann@acme.example", f"{name}: Where is it?"),
        ("ann@acme.example", f"{name} is resolved: Where is it?"),
    ]


def test_nothing_among_agents_is_told(notifying: Database) -> None:
    notifying.write(life)
    assert "between us" not in str(bodies(notifying, "webhook") + bodies(notifying, "email"))


def test_an_address_that_somebody_typed_is_not_written_to(notifying: Database) -> None:
    notifying.write(lambda session: life(session, vouched=False))
    assert {where for how, where, _ in put(notifying) if how == "email"} == {AGENTS}


def test_an_address_is_the_one_vouched_for_not_one_typed(notifying: Database) -> None:
    def opened(session: Session) -> None:
        ticket = desk.ticket(session, desk.partner(session), contact={"email": "mallory@evil.example"})
        changes.reply(session, ticket, Author.of(desk.agent(session)), "Here.")

    notifying.write(opened)
    assert "mallory" not in str([put(notifying), bodies(notifying, "email")])


def test_the_webhook_says_what_happened_to_which_ticket(notifying: Database) -> None:
    ticket = notifying.write(life)
    body = next(body for body in bodies(notifying, "webhook") if body["type"] == "ticket.replied")
    assert body["ticket"]["number"] == ticket.name
    assert body["ticket"]["company"] == "acme"
    assert (body["event"]["author"], body["event"]["text"]) == ("Olga", "On its way.")


def test_the_mail_says_whom_it_is_from_and_how_to_answer(notifying: Database) -> None:
    ticket = notifying.write(life)
    text = bodies(notifying, "email")[1]["text"]
    assert text.startswith("Hello Ann,\n\nOlga has answered your ticket")
    assert "On its way." in text
    assert text.count(ticket.name) == 2


def test_the_same_key_again_tells_nothing_again(notifying: Database) -> None:
    for _ in range(3):
        notifying.write(lambda session: desk.ticket(session, key="draft-1"))
    assert len(put(notifying)) == 2


def test_a_ticket_undone_is_told_to_nobody(notifying: Database) -> None:
    def undone(session: Session) -> None:
        desk.ticket(session)
        raise LookupError

    with pytest.raises(LookupError):
        notifying.write(undone)
    assert put(notifying) == []


def test_nothing_is_put_where_nobody_is_to_be_told(database: Database) -> None:
    database.write(life)
    assert put(database) == []
