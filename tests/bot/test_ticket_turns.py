"""What comes of a confirmed draft that was confirmed before, in a conversation whose engine has forgotten it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from bot.ticket_turns import TicketRecord, carry_out
from tickets.database import Database
from tickets.models import Conversation
from tickets.states import FIRST_ANSWER
from tickets.ticket_models import Ticket

DRAFT = "d" * 32


def confirmed(database: Database, turn: str, **changed: Any) -> dict[str, Any]:
    """The reply to a confirmation."""
    wanted = {
        "draft": DRAFT,
        "type": "pbx.cancellation",
        "subject": "Cancel a PBX",
        "description": "Please cancel the PBX.\n\nPBX: Hotel Luna",
        "fields": {"pbx": "Hotel Luna"},
        "contact": {"name": "Tom {number}"},
        "queue": "PBX/Licenses",
        "priority": "normal",
        "language": "en",
        "triage": {"type": "pbx.cancellation"},
        **changed,
    }
    record = TicketRecord.model_validate({"ticket": wanted})
    (reply,), ticket = database.write(lambda session: carry_out(session, "here", turn, record, FIRST_ANSWER))
    assert ticket is not None
    assert reply["data"]["number"] == ticket.name
    return reply


def conversation(database: Database) -> None:
    database.write(lambda session: session.add(Conversation(id="here", channel="web", external_id="x")))


def count(database: Database) -> int | None:
    return database.read(lambda session: session.scalar(select(func.count()).select_from(Ticket)))


def test_the_same_draft_confirmed_again_shows_its_ticket(database: Database) -> None:
    conversation(database)
    first, second = confirmed(database, "1"), confirmed(database, "2")
    assert "Your ticket is open" in first["text"]
    assert "is open already" in second["text"]
    assert "not in it" not in second["text"]
    assert count(database) == 1


def test_a_draft_changed_since_shows_its_ticket_and_what_is_not_in_it(database: Database) -> None:
    conversation(database)
    first = confirmed(database, "1")
    text = "Please cancel the PBX.\nBy {friday} if you can.\n\nPBX: Hotel Sole"
    for turn in ("2", "3"):  # pressed again it is the same
        again = confirmed(database, turn, description=text, fields={"pbx": "Hotel Sole"})
        assert again["data"] == first["data"]
        assert f"open already: {first['data']['number']}" in again["text"]
        assert "> By {friday} if you can.\n> PBX: Hotel Sole" in again["text"]
        assert "> Please cancel" not in again["text"]
    assert count(database) == 1
    stored = database.read(lambda session: session.scalars(select(Ticket)).one())
    assert stored.fields == {"pbx": "Hotel Luna"}


def test_a_very_long_change_is_shown_in_part(database: Database) -> None:
    conversation(database)
    confirmed(database, "1")
    again = confirmed(database, "2", description="\n".join(f"{line} " + "x" * 1000 for line in range(50)))
    assert len(again["text"]) < 4000


def test_where_only_who_asks_changed_nothing_is_said_to_lack(database: Database) -> None:
    conversation(database)
    confirmed(database, "1")
    again = confirmed(database, "2", contact={"name": "Tom Baker"})
    assert "open already" in again["text"]
    assert "Not in it" not in again["text"]
