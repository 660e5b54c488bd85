"""What partners say on the way to a ticket that is no text of it, and what must not get lost of what is."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from actions.ticket_requests import about_ticket
from actions.understanding import Understanding
from tests.actions.partner import Partner, titles
from tickets.database import Database
from tickets.models import Conversation
from tickets.opening import NewTicket, open_ticket
from tickets.states import FIRST_ANSWER
from tickets.ticket_models import Partner as Vouched

CANCEL = "open a ticket: cancel pbx 1313000001"
LOST = "open ticket, our HWaaS phone was broken by water"


@pytest.fixture
def partner(understanding: Understanding, database: Database) -> Partner:
    """Somebody whom the portal vouches for, with no ticket yet."""
    return _known(understanding, database, "ann", "acme")


def _known(understanding: Understanding, database: Database, name: str, company: str) -> Partner:
    vouched = Vouched(id=name * 8, issuer="portal", subject=name, company=company, name=name)
    database.write(lambda session: session.add(vouched))
    own = Conversation(id=f"of-{name}", channel="web", external_id=name, partner_id=name * 8)
    database.write(lambda session: session.add(own))
    return Partner(understanding, database, f"of-{name}")


def _ticket(database: Database, conversation: str, subject: str) -> str:
    new = NewTicket("orders.tracking", subject, subject, {"order_number": subject.split()[-1]})

    def write(session: Session) -> str:
        return open_ticket(
            session, f"k:{subject}", new, channel="web", targets=FIRST_ANSWER, conversation_id=conversation
        )[0].name

    return database.write(write)


@pytest.mark.parametrize("text", ["Yes, of course, please open it. Thank you!", "certo, procedi", "is ok, open"])
def test_a_yes_in_other_words_opens_and_is_no_text_of_the_ticket(partner: Partner, text: str) -> None:
    partner.say(CANCEL)
    partner.say(text)
    assert partner.record["ticket"]["description"].startswith("cancel pbx 1313000001")
    assert text not in partner.record["ticket"]["description"]


def test_what_stands_before_the_order_to_open_is_kept(partner: Partner) -> None:
    partner.say(CANCEL)
    partner.say("the customer is closed since monday, open it now")
    assert "the customer is closed since monday" in partner.record["ticket"]["description"]


@pytest.mark.parametrize("text", ["no thanks", "I don't want the ticket anymore", "hm, forget it, I do it myself"])
def test_who_wants_none_gets_none(partner: Partner, text: str) -> None:
    partner.say(CANCEL)
    assert partner.say(text)["text"].startswith("All right, I opened no ticket")


def test_not_yet_waits_and_changes_nothing(partner: Partner) -> None:
    partner.say(CANCEL)
    assert "nothing is opened" in partner.say("wait, not yet, I must ask the customer first")["text"]
    assert partner.draft.texts == ["cancel pbx 1313000001"]
    partner.say("ok open it")
    assert partner.record["ticket"]


def test_a_ticket_that_must_not_go_out_asks_what_to_change(partner: Partner) -> None:
    partner.say(CANCEL)
    assert partner.say("NO!! please don't send it, wrong customer")["data"]["slot"] == "edit"
    assert partner.draft.texts == ["cancel pbx 1313000001"]


def test_an_excuse_goes_on_to_the_next_question(partner: Partner) -> None:
    assert partner.say(LOST)["data"]["slot"] == "serial_number"
    assert partner.say("i'm driving, dont have it here")["data"]["slot"] == "pbx"
    assert partner.say("send it anyway, i will give you later")["data"]["type"] == "draft"


def test_a_question_in_the_middle_is_answered_though_it_could_be_read_as_a_name(partner: Partner) -> None:
    partner.say("open a ticket: please cancel the number +39 045 8201234")
    partner.say("sorry before: how long is the notice for cancel a number?")
    assert partner.rejected
    assert partner.replies[0]["data"]["type"] in ("faq", "choices")
    assert "notice" not in partner.draft.text


def test_a_value_without_a_subject_is_no_question(partner: Partner) -> None:
    partner.say("open a ticket: we contest the invoice of 3 November 2026, twenty licenses are too many")
    partner.say("is the 2026/4471")
    assert partner.draft.fields["invoice_number"] == "2026/4471"


def test_a_sentence_with_a_number_is_no_invoice_number(partner: Partner) -> None:
    partner.say("open a ticket: we contest the invoice of 3 November 2026, it is wrong")
    partner.say("there are 20 Premium licenses but customer have only 12")
    assert "invoice_number" not in partner.draft.fields
    assert "20 Premium licenses" in partner.draft.text


def test_what_is_told_beside_a_value_is_kept(partner: Partner) -> None:
    partner.say("ticket. cancel pbx")
    partner.say("1130005561. customer is closed, bankrupt")
    assert partner.draft.fields == {"pbx": "1130005561"}
    assert "bankrupt" in partner.draft.text


def test_and_the_pbx_must_be_puts_it_in_the_place_of_the_other(partner: Partner) -> None:
    partner.say("open a ticket, move the number +31 20 794 6095 from PBX 3221000045 to PBX 3221000046")
    partner.say("and source PBX must be 3221000044 sorry")
    assert partner.draft.fields["source_pbx"] == "3221000044"


def test_a_correction_of_the_words_is_no_other_matter(partner: Partner) -> None:
    partner.say("open a ticket to dispute invoice 2026-3310 of 9 November 2026, 10 licenses are billed but only 8 used")
    assert partner.say("not 8 but 7 used")["data"]["type"] == "draft"
    assert partner.draft.texts[-1] == "not 8 but 7 used"


def test_a_sentence_of_the_text_is_not_shown_twice(partner: Partner) -> None:
    shown = partner.say("open a ticket: please cancel the order 100055501, customer resigned")["text"]
    assert shown.count("customer resigned") == 1


def test_a_code_is_shown_in_words(partner: Partner) -> None:
    shown = partner.say("open a ticket: convert PBX 1818000004 to x-bees, it is monthly, no hwaas, classound yes")
    assert "subscription: monthly" in shown["text"]
    assert shown["data"]["fields"]["subscription"] == "1m"


def test_the_answer_was_no_help_and_why_goes_into_the_ticket(partner: Partner) -> None:
    partner.say("How long does porting take?")
    assert "ticket" in partner.say("this did not help, mine takes already 2 months, order PO-55102")["text"]
    assert partner.record["feedback"]["helpful"] is False
    partner.say("tak")
    assert "How long does porting take?" in partner.draft.text
    assert partner.draft.fields["order_number"] == "PO-55102"


def test_a_similar_ticket_is_taken_by_any_word_for_it(
    partner: Partner, understanding: Understanding, database: Database
) -> None:
    name = _ticket(database, "of-ann", "where is order 100031337")
    assert partner.say("open a ticket: where is order 100031337, no news")["data"]["slot"] == "similar"
    partner.say("it's the same, add it there")
    assert partner.record["comment"]["ticket"] == name
    assert "same" not in partner.record["comment"]["text"]


def test_something_is_added_to_the_only_open_ticket_without_its_number(partner: Partner, database: Database) -> None:
    name = _ticket(database, "of-ann", "where is order 100031337")
    assert partner.say("I want to add something to my ticket")["data"]["slot"] == "comment"
    partner.say("the customer needs it on friday")
    partner.say("yes add")
    assert partner.record["comment"] == {"ticket": name, "text": "the customer needs it on friday"}


def test_where_several_are_open_each_can_be_added_to(partner: Partner, database: Database) -> None:
    names = {_ticket(database, "of-ann", "where is order 100031337"), _ticket(database, "of-ann", "cancel pbx 12")}
    partner.say("please add this to my ticket: do it today")
    assert set(titles(partner.replies[-1])) == {f"Add to {name}" for name in names}


def test_a_stranger_is_not_asked_for_a_comment(
    partner: Partner, understanding: Understanding, database: Database
) -> None:
    name = _ticket(database, "of-ann", "where is order 100031337")
    stranger = _known(understanding, database, "eve", "other")
    said = stranger.say(f"please add to {name}: do it today")
    assert "don't find" in said["text"]
    assert not stranger.form
    assert not stranger.record


@pytest.mark.parametrize(
    ("text", "intent", "rest"),
    [
        ("hi, what's up with CC-000003", "ticket_status", None),
        ("do i have open tickets?", "my_tickets", ""),
        ("show me tickets of my company", "my_tickets", ""),
        ("ticket. cancel pbx", "open_ticket", "cancel pbx"),
        ("open a ticket: +39 045 8201234 must be cancelled", "open_ticket", "+39 045 8201234 must be cancelled"),
        ("open a ticket: <b>12</b> is wrong", "open_ticket", "<b>12</b> is wrong"),
        ("Need a ticket opened. 25 Teams licenses", "open_ticket", "25 Teams licenses"),
        ("fine, open your damn ticket", "open_ticket", ""),
        ("I ned to opne a tiket", "open_ticket", ""),
        ("can yu open a ticket plese", "open_ticket", ""),
        ("PBX down, open a ticket", "open_ticket", "PBX down"),
        ("I NEED A HUMAN NOW our PBX 1200003344 is blocked", "human", "our PBX 1200003344 is blocked"),
    ],
)
def test_a_message_about_tickets_and_what_it_says_besides(text: str, intent: str, rest: str | None) -> None:
    found = about_ticket(text)
    assert found is not None
    assert found.intent == intent
    assert rest is None or found.rest == rest


def test_an_excuse_is_no_name_of_a_customer(partner: Partner) -> None:
    partner.say("open a ticket: cancel the number +41 44 555 12 12")
    assert partner.say("must ask my boss, go on")["data"]["missing"] == ["pbx"]
