"""A ticket on the same matter is offered however late the draft says what it is about, and only once."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from actions.replies import Reply
from actions.understanding import Understanding
from tests.actions.partner import Partner
from tickets.database import Database
from tickets.filled import Filled
from tickets.models import Conversation
from tickets.opening import NewTicket, open_ticket
from tickets.states import FIRST_ANSWER
from tickets.ticket_models import Partner as Vouched

NUMBER = "+390451234567"
CANCELS = ("classound.cancel_did", f"Please cancel the number {NUMBER} of PBX Hotel Luna", {"did_numbers": [NUMBER]})


@pytest.fixture
def partner(understanding: Understanding, database: Database) -> Partner:
    """Somebody whom the portal vouches for."""

    def write(session: Session) -> None:
        session.add(Vouched(id="p" * 32, issuer="portal", subject="7", company="telesistemi", name="Mario"))
        session.flush()
        session.add(Conversation(id="known", channel="web", external_id="x", partner_id="p" * 32))

    database.write(write)
    return Partner(understanding, database, "known")


def opened(database: Database, type_id: str, text: str, fields: dict[str, Any]) -> str:
    """The name of an open ticket of the same company."""

    def write(session: Session) -> str:
        new = NewTicket(type_id, text, text, fields)
        ticket, _ = open_ticket(session, f"k:{text}", new, channel="web", targets=FIRST_ANSWER, conversation_id="known")
        return ticket.name

    return database.write(write)


def slot(reply: Reply) -> str:
    """What a reply asks, “draft” where it shows the draft."""
    return "draft" if reply["data"]["type"] == "draft" else str(reply["data"].get("slot"))


def test_a_number_given_when_it_is_asked_for_finds_the_other_ticket(partner: Partner, database: Database) -> None:
    name = opened(database, *CANCELS)
    assert slot(partner.say("open a ticket: I want to cancel a DID number")) == "did_numbers"
    offered = partner.say("+39 045 1234567")
    assert (slot(offered), offered["data"]["similar"]) == ("similar", [name])
    partner.press(f"Add to {name}")
    assert partner.record["comment"]["ticket"] == name


def test_what_was_refused_is_not_offered_again(partner: Partner, database: Database) -> None:
    opened(database, *CANCELS)
    other = opened(
        database, "classound.cancel_did", "Please cancel the number +390457654321", {"did_numbers": ["+390457654321"]}
    )
    partner.say("open a ticket: I want to cancel a DID number")
    partner.say("+39 045 1234567")
    assert slot(partner.press("Open a new ticket")) == "pbx"
    assert slot(partner.say("Hotel Luna")) == "draft"
    offered = partner.say("the number is +39 045 7654321")
    assert (slot(offered), offered["data"]["similar"]) == ("similar", [other])
    assert slot(partner.say("no")) == "draft"
    assert slot(partner.say("the number is +39 045 1234567")) == "draft"
    partner.press("Open")
    assert partner.record["ticket"]["fields"]["did_numbers"] == [NUMBER]


def test_what_was_not_compared_before_is_when_it_is_confirmed(partner: Partner, database: Database) -> None:
    name = opened(database, *CANCELS)
    shown = partner.say("open a ticket: please cancel the number +390457654321 of PBX Hotel Luna")
    if slot(shown) == "similar":
        shown = partner.press("Open a new ticket")
    assert slot(shown) == "draft"
    partner.slots["ticket"]["fields"]["did_numbers"] = [NUMBER]  # as an earlier release left it
    partner.slots["ticket"]["refused_similar"] = []
    offered = partner.press("Open")
    assert (slot(offered), offered["data"]["similar"]) == ("similar", [name])
    assert partner.record == {}


def test_a_text_written_anew_is_compared_before_the_draft_is_shown(partner: Partner, database: Database) -> None:
    text = "There is no audio on incoming calls since monday, the callers hear nothing"
    name = opened(database, "tech.support", text, {"since": "monday"})
    assert slot(partner.say("open a ticket: what is your opening time in august?")) == "draft"
    offered = partner.say(f"description: {text}")
    while slot(offered) not in ("similar", "draft"):
        offered = partner.press("Yes: " if slot(offered) == "other" else "No more questions")
    assert (slot(offered), offered["data"].get("similar")) == ("similar", [name])


def test_what_a_form_brings_is_compared(partner: Partner, database: Database) -> None:
    name = opened(database, *CANCELS)
    data = partner.say("open a ticket: I want to cancel a DID number")["data"]
    draft = data["draft"]
    values = {"subject": draft["subject"], "text": draft["text"], "fields": {"did_numbers": [NUMBER], "pbx": "Luna"}}
    offered = partner.say(Filled("ticket", draft["id"], draft["stamp"], values).payload())
    assert (slot(offered), offered["data"]["similar"]) == ("similar", [name])
    assert slot(partner.press("Open a new ticket")) == "draft"


def test_a_draft_of_an_earlier_release_goes_on(partner: Partner, database: Database) -> None:
    name = opened(database, *CANCELS)
    partner.say("open a ticket: I want to cancel a DID number")
    del partner.slots["ticket"]["looked"], partner.slots["ticket"]["refused_similar"]
    partner.slots["ticket"]["similar"] = None
    assert partner.say("+39 045 1234567")["data"]["similar"] == [name]


def test_an_old_ticket_is_found_behind_many_newer_ones(partner: Partner, database: Database) -> None:
    name = opened(database, *CANCELS)

    def write(session: Session) -> None:
        for at in range(60):
            text = f"Where is order {100_000 + at}?"
            fields = {"order_number": str(100_000 + at)}
            new = NewTicket("orders.tracking", text, text, fields)
            open_ticket(session, f"o{at}", new, channel="web", targets=FIRST_ANSWER, conversation_id="known")

    database.write(write)
    offered = partner.say(f"open a ticket: please cancel the number {NUMBER} of PBX Hotel Luna")
    assert (slot(offered), offered["data"]["similar"]) == ("similar", [name])
