"""Buttons pressed, and offers taken up, after something else was asked: they are about what they stand under."""

from __future__ import annotations

import pytest

from actions.understanding import Understanding
from tests.actions.partner import Partner

NOBODY_KNOWS = "who won the world cup in rowing?"
PORTING = "How long does a porting take?"
DISPUTE = "How long can I dispute an invoice?"
INVOICE = "the invoice FT-88 of 3 March 2026 charges 5 licences twice"


@pytest.fixture
def partner(understanding: Understanding) -> Partner:
    return Partner(understanding)


def offered(partner: Partner, title: str = "Open a ticket") -> str:
    """What the button with these words carries."""
    return next(button["payload"] for button in partner.buttons if button["title"] == title)


# Tickets


def test_an_earlier_offer_of_a_ticket_is_about_its_own_question(partner: Partner) -> None:
    partner.say(NOBODY_KNOWS)
    offer = offered(partner)
    partner.say(PORTING)
    partner.say(offer)
    assert partner.draft.texts == [NOBODY_KNOWS]


@pytest.mark.parametrize("answer", ["Open a ticket", "yes"])
def test_back_to_the_earlier_question_means_that_question(partner: Partner, answer: str) -> None:
    partner.say(NOBODY_KNOWS)
    reminder = partner.say(PORTING)
    assert NOBODY_KNOWS in reminder["text"]
    partner.say(offered(partner) if answer == "Open a ticket" else answer)
    assert partner.draft.texts == [NOBODY_KNOWS]


def test_the_question_before_a_new_session_is_known(partner: Partner) -> None:
    partner.say(NOBODY_KNOWS)
    partner.new_session()
    partner.press("Open a ticket")
    assert partner.draft.texts == [NOBODY_KNOWS]


def test_an_offer_whose_question_is_not_known_any_more_is_asked_about(partner: Partner) -> None:
    partner.say(NOBODY_KNOWS)
    offer = offered(partner)
    partner.new_session()
    partner.say(PORTING)
    assert partner.say(offer)["data"]["slot"] == "description"


def test_an_offer_under_what_did_not_help_is_about_what_was_asked(partner: Partner) -> None:
    partner.say(DISPUTE)
    partner.press("No")
    offer = offered(partner)
    partner.say(PORTING)
    partner.say(offer)
    assert partner.draft.texts == [DISPUTE]


def test_in_the_middle_of_a_calculation_an_earlier_offer_is_about_its_own_question(partner: Partner) -> None:
    partner.say(NOBODY_KNOWS)
    offer = offered(partner)
    partner.say("How long can I still dispute an invoice? Work it out.")
    assert partner.form == "policy_form"
    partner.say(offer)
    assert partner.draft.texts == [NOBODY_KNOWS]


@pytest.mark.parametrize("wish", ["open a ticket: ", "open a ticket, ", "Open a new ticket: "])
def test_a_request_that_says_what_it_is_about_is_not_about_the_question_before(partner: Partner, wish: str) -> None:
    partner.say(PORTING)
    partner.say(wish + INVOICE)
    assert partner.draft.type_id == "billing.dispute"
    assert partner.draft.texts == [INVOICE]


@pytest.mark.parametrize("more", ["it is for +39 045 1234567", "the number is +39 045 1234567"])
def test_a_request_that_says_more_about_the_question_before_is_about_both(partner: Partner, more: str) -> None:
    partner.say(PORTING)
    partner.say(f"open a ticket, {more}")
    assert partner.draft.type_id == "classound.porting"
    assert PORTING in partner.draft.text


def test_a_new_ticket_is_about_nothing_said_before_whatever_it_says(partner: Partner) -> None:
    partner.say(PORTING)
    partner.say("open a new ticket: any news about CC-000123? nobody answers")
    assert partner.draft.texts == ["any news about CC-000123? nobody answers"]


def test_a_new_ticket_while_one_is_drafted_is_kept_with_it(partner: Partner) -> None:
    partner.say(f"open a ticket: {INVOICE}")
    assert partner.replies[-1]["data"]["slot"] == "contact_name"
    kept = partner.say("open a new ticket: we also wait for the credit note since May")
    assert "I keep that in the text of the ticket." in kept["text"]
    assert partner.draft.texts == [INVOICE, "we also wait for the credit note since May"]
    assert partner.draft.contact == {}


# Feedback


def test_feedback_under_an_earlier_answer_is_about_that_answer(partner: Partner) -> None:
    partner.say(DISPUTE)
    helped, did_not_help = offered(partner, "Yes, thanks"), offered(partner, "No")
    partner.say(PORTING)
    partner.say(helped)
    assert partner.record["feedback"] == {"entry": "billing/dispute-period", "helpful": True}
    choices = partner.say(did_not_help)
    assert partner.record["feedback"] == {"entry": "billing/dispute-period", "helpful": False}
    assert choices["data"]["type"] == "choices"
    assert "billing/dispute-period" not in choices["data"]["ids"]
    assert all(not one.startswith("classound/porting") for one in choices["data"]["ids"])
