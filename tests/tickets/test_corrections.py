"""Corrections by agents, as the next training reads them."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.orm import Session

from tickets import changes
from tickets.agent_models import Agent
from tickets.changes import Author
from tickets.corrections import read_corrections
from tickets.database import Database
from tickets.opening import NewTicket, open_ticket
from tickets.states import FIRST_ANSWER


def test_the_last_correction_of_a_ticket_is_learned(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'care.db'}"
    database = Database(url)
    database.migrate()

    def write(session: Session) -> None:
        agent = Agent(id="a" * 32, name="anna", shown="Anna", role="agent", password="x")
        session.add(agent)
        session.flush()
        new = NewTicket("general.other", "Phones", "two phones are broken")
        ticket, _ = open_ticket(session, "k", new, channel="api", targets=FIRST_ANSWER)
        author = Author.of(agent)
        changes.set_type(session, ticket, author, "tech.support")
        changes.set_type(session, ticket, author, "orders.rma")
        changes.set_queue(session, ticket, author, "HWaaS")
        changes.set_priority(session, ticket, author, "high", FIRST_ANSWER)

    database.write(write)
    database.close()
    text = "Phones\ntwo phones are broken"
    assert read_corrections(url) == [(text, "type", "orders.rma"), (text, "priority", "high")]
    # The queue of a ticket whose type an agent named is left out; another's is not.
    database = Database(url)
    database.write(lambda session: hand_on(session, "HWaaS", "Billing"))
    database.close()
    assert read_corrections(url)[2:] == [("Bill\nwhich one", "queue", "Billing")]


def hand_on(session: Session, *queues: str) -> None:
    """A ticket that an agent gives to one queue after the other."""
    ticket, _ = open_ticket(session, "q", NewTicket("", "Bill", "which one"), channel="api", targets=FIRST_ANSWER)
    for queue in queues:
        changes.set_queue(session, ticket, Author.of(session.get_one(Agent, "a" * 32)), queue)


def test_without_a_database_there_are_none(tmp_path: Path) -> None:
    assert read_corrections(f"sqlite:///{tmp_path / 'none.db'}") == []
    Database(f"sqlite:///{tmp_path / 'empty.db'}").close()
    assert read_corrections(f"sqlite:///{tmp_path / 'empty.db'}") == []
