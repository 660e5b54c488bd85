"""The form of a ticket: what it takes from what was said, asks, refuses, shows and hands on."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from actions.payloads import payload
from actions.replies import Reply
from actions.understanding import Understanding
from actions.wording import say
from tests.actions.partner import Partner, titles
from tests.gate_cases import GateCase, gate_cases
from tickets.changes import Author, reply
from tickets.database import Database
from tickets.filled import Filled
from tickets.models import Conversation, Turn
from tickets.opening import NewTicket, open_ticket
from tickets.states import FIRST_ANSWER
from tickets.ticket_models import Partner as Vouched
from tickets.ticket_models import Ticket

LOST = "Please open a ticket: our HWaaS phone was stolen from the reception last night, serial 9C7514A0B1C2"
DISPUTE = "please tell me if I am in time to dispute an invoice"
ME = "Mario Rossi, Telesistemi srl, mario@telesistemi.example"


@pytest.fixture
def partner(understanding: Understanding) -> Partner:
    return Partner(understanding)


@pytest.fixture
def known(understanding: Understanding, database: Database) -> Partner:
    """A partner whom the portal vouches for, in a conversation of the database."""

    def write(session: Session) -> None:
        session.add(
            Vouched(id="p" * 32, issuer="portal", subject="7", company="telesistemi", name="Mario", email="m@t.example")
        )
        session.flush()
        session.add(Conversation(id="known", channel="web", external_id="x", partner_id="p" * 32))

    database.write(write)
    return Partner(understanding, database, "known")


def finish(partner: Partner) -> dict[str, object]:
    """Answer whatever is asked with “I don't have it”, say who asks, and open the ticket; the record for `bot`."""
    for _ in range(12):
        asked = partner.replies[-1]["data"].get("slot")
        if partner.replies[-1]["data"]["type"] == "draft":
            partner.press("Open")
            break
        if str(asked).startswith("contact_"):
            partner.say(ME)
        elif asked == "type":
            partner.press("General question")
        elif asked == "similar":
            partner.press("Open a new ticket")
        else:
            partner.press("I don't have it")
    ticket: dict[str, object] = partner.record.get("ticket", {})
    return ticket


# How it begins


def test_without_a_word_on_the_matter_it_asks_for_one(partner: Partner) -> None:
    asked = partner.say("open a ticket")
    assert (asked["data"]["type"], asked["data"]["slot"]) == ("ask", "description")


def test_what_the_request_says_is_taken_at_once(partner: Partner) -> None:
    partner.say(LOST)
    assert partner.draft.texts == ["our HWaaS phone was stolen from the reception last night, serial 9C7514A0B1C2"]
    assert partner.replies[-1]["data"]["slot"] != "description"


def test_a_question_that_nobody_could_answer_becomes_the_ticket(partner: Partner) -> None:
    partner.say("who won the world cup in rowing?")
    partner.press("Open a ticket")
    assert partner.draft.texts == ["who won the world cup in rowing?"]


def test_a_result_becomes_the_ticket_with_its_certificate_and_values(partner: Partner) -> None:
    partner.say(DISPUTE)
    partner.say("3 March 2026")
    asked = partner.press("Open a ticket")
    assert asked["data"]["ticket_type"] == "billing.dispute"
    assert asked["data"]["slot"] == "invoice_number"
    assert partner.draft.fields["invoice_date"] == "2026-03-03"
    ticket = finish(partner)
    for said in ("Invoice date: 3 March 2026", "3 March 2027", "dispute_window"):
        assert said in str(ticket["description"])


def test_in_the_middle_of_a_calculation_the_ticket_takes_over(partner: Partner) -> None:
    partner.say(DISPUTE)
    partner.say("open a ticket")
    assert partner.form == "ticket_form"
    assert partner.say("cancel")["text"].startswith("All right, I opened no ticket")
    assert not partner.form


# What is asked


def test_one_thing_at_a_time_then_who_asks_then_the_draft(partner: Partner) -> None:
    partner.say(DISPUTE)
    partner.say("3 March 2026")
    partner.press("Open a ticket")
    assert partner.say("INV-2026-0417")["data"]["slot"] == "reason"
    assert partner.say("we were charged twice for the same licenses")["data"]["slot"] == "contact_name"
    draft = partner.say(ME)
    assert draft["data"]["type"] == "draft"
    assert draft["data"]["missing"] == []
    assert "Complete: 6 of 6." in draft["text"]
    assert partner.draft.contact == {
        "name": "Mario Rossi",
        "company": "Telesistemi srl",
        "email": "mario@telesistemi.example",
    }


def test_what_is_not_at_hand_is_left_out_and_said_to_be_missing(partner: Partner) -> None:
    partner.say(DISPUTE)
    partner.say("3 March 2026")
    partner.press("Open a ticket")
    partner.say("I don't have it")
    partner.say("charged twice for one month")
    draft = partner.say(ME)
    assert draft["data"]["missing"] == ["invoice_number"]
    assert "5 of 6, missing: invoice number" in draft["text"]
    assert titles(draft)[0] == "Open it incomplete"


def test_an_address_that_is_none_is_asked_again(partner: Partner) -> None:
    partner.say(DISPUTE)
    partner.say("3 March 2026")
    partner.press("Open a ticket")
    partner.press("No more questions")
    partner.say("Mario Rossi from Telesistemi srl")
    asked = partner.say("mario at telesistemi")
    assert asked["data"]["slot"] == "contact_email"
    assert "not an e-mail address" in asked["text"]
    assert partner.say("mario@telesistemi.example")["data"]["type"] == "draft"


def test_who_is_vouched_for_is_not_asked_who_he_is(known: Partner) -> None:
    known.say(DISPUTE)
    known.say("3 March 2026")
    known.press("Open a ticket")
    assert known.press("No more questions")["data"]["type"] == "draft"


class TestInSlack:
    """Several people write in a thread; each turn is somebody's (tickets/access.py)."""

    @pytest.fixture
    def thread(self, understanding: Understanding, database: Database) -> Partner:
        """A thread in a channel, in which turns become Mario's by `writes`."""

        def write(session: Session) -> None:
            named = {"issuer": "portal", "subject": "7", "company": "telesistemi", "name": "Mario"}
            session.add(Vouched(id="p" * 32, **named))
            session.add(Conversation(id="thread", channel="slack", external_id="T1:C1:1.1"))

        database.write(write)
        return Partner(understanding, database, "thread")

    @staticmethod
    def writes(database: Database, partner: Partner, *, known: bool) -> None:
        """The next message is Mario's, or somebody's whom nobody vouches for."""
        number = partner.turn + 1
        turn = Turn(id=f"{number:032x}", conversation_id="thread", seq=number, message="")
        turn.partner_id = "p" * 32 if known else None
        database.write(lambda session: session.add(turn))

    def test_who_becomes_known_in_the_middle_is_not_asked_any_more(self, thread: Partner, database: Database) -> None:
        thread.say(DISPUTE)
        thread.say("3 March 2026")
        thread.press("Open a ticket")
        assert thread.press("No more questions")["data"]["slot"] == "contact_name"
        self.writes(database, thread, known=True)
        assert thread.say("go on")["data"]["type"] == "draft"

    @pytest.mark.parametrize("way", ["Open the ticket", "yes"])
    def test_somebody_unknown_who_confirms_is_asked_who_they_are(
        self, thread: Partner, database: Database, way: str
    ) -> None:
        for text in (DISPUTE, "3 March 2026"):
            self.writes(database, thread, known=True)
            thread.say(text)
        for title in ("Open a ticket", "No more questions"):
            self.writes(database, thread, known=True)
            shown = thread.press(title)
        assert shown["data"]["type"] == "draft"
        (button,) = [one["title"] for one in thread.buttons if "Open" in one["title"]]
        asked = thread.say("yes") if way == "yes" else thread.press(button)
        assert asked["data"]["slot"] == "contact_name"
        assert "ticket" not in thread.record
        self.writes(database, thread, known=True)
        assert thread.say("go on")["data"]["type"] == "draft"
        self.writes(database, thread, known=True)
        thread.say("yes")
        assert "ticket" in thread.record

    def test_other_tickets_of_a_partner_are_not_shown_there(self, thread: Partner, database: Database) -> None:
        new = NewTicket("", "Secret subject", "Something else.")

        def opened(session: Session) -> str:
            return open_ticket(session, "k", new, channel="web", targets=FIRST_ANSWER, partner_id="p" * 32)[0].name

        elsewhere = database.write(opened)
        for text in ("my tickets", elsewhere):
            self.writes(database, thread, known=True)
            said = thread.say(text)
            assert "direct message" in said["text"]
            assert "Secret" not in str(said)


def test_back_asks_for_the_last_thing_again(partner: Partner) -> None:
    partner.say(DISPUTE)
    partner.say("3 March 2026")
    partner.press("Open a ticket")
    partner.say("INV-1000")
    assert partner.say("back")["data"]["slot"] == "invoice_number"


# The English gate


def test_another_language_is_refused_and_the_rest_is_kept(partner: Partner) -> None:
    partner.say(DISPUTE)
    partner.say("3 March 2026")
    partner.press("Open a ticket")
    partner.say("INV-1000")
    refused = partner.say("Ci avete addebitato due volte le stesse licenze, vorrei sapere perché")
    assert refused["data"]["type"] == "language_refused"
    assert refused["data"]["language"] == "it"
    assert "inglese" in refused["text"]
    assert partner.draft.fields["invoice_number"] == "INV-1000"
    assert partner.say("You charged us twice for the same licenses")["data"]["slot"] == "contact_name"
    assert partner.draft.fields["reason"] == "You charged us twice for the same licenses"


@pytest.mark.parametrize("case", [case for case in gate_cases() if case.chat], ids=str)
def test_the_gate_is_that_of_the_other_doors(partner: Partner, case: GateCase) -> None:
    partner.say(case.chat)
    for _ in range(6):
        slot = partner.replies[-1]["data"].get("slot")
        if slot == case.at:
            break
        partner.press("I don't have it")
    assert partner.replies[-1]["data"]["slot"] == case.at
    answer = partner.say(case.text)["data"]
    assert (answer["type"] == "language_refused") is bool(case.language)
    assert answer.get("language", "") == case.language


def test_a_description_in_another_language_is_refused(partner: Partner) -> None:
    partner.say("open a ticket")
    refused = partner.say("Die Rufnummern sind seit heute Morgen nicht mehr erreichbar, bitte dringend prüfen")
    assert refused["data"]["type"] == "language_refused"
    partner.say("The numbers cannot be reached since this morning, please check urgently")
    assert partner.draft.texts == ["The numbers cannot be reached since this morning, please check urgently"]


# The draft


def test_a_value_is_changed_by_writing_it(partner: Partner) -> None:
    partner.say(DISPUTE)
    partner.say("3 March 2026")
    partner.press("Open a ticket")
    partner.say("INV-1000")
    partner.say("we were charged twice")
    partner.say(ME)
    shown = partner.say("the invoice number is INV-2000")
    assert shown["data"]["type"] == "draft"
    assert shown["data"]["fields"]["invoice_number"] == "INV-2000"


def test_a_question_in_the_middle_is_answered_and_the_ticket_comes_back(partner: Partner) -> None:
    partner.say(DISPUTE)
    partner.say("3 March 2026")
    partner.press("Open a ticket")
    partner.say("where do I download my invoices?")
    assert [reply["data"]["type"] for reply in partner.replies] == ["faq", "ask"]
    assert partner.replies[-1]["text"].startswith("Back to your ticket.")
    assert partner.replies[-1]["data"]["slot"] == "invoice_number"


@pytest.mark.parametrize("word", ["yes", "ok", "👍", "send it", "yes please open it", "Open the ticket"])
def test_yes_asks_bot_to_open_it_and_claims_nothing(partner: Partner, word: str) -> None:
    partner.say(DISPUTE)
    partner.say("3 March 2026")
    partner.press("Open a ticket")
    partner.press("No more questions")
    partner.say(ME)
    partner.say(word)
    assert partner.replies == []
    assert partner.record["ticket"]["type"] == "billing.dispute"
    assert not partner.form


def test_the_same_turn_run_again_asks_for_the_same_ticket(partner: Partner) -> None:
    partner.say(LOST)
    ticket = finish(partner)
    again = partner.say_again("yes")
    assert again["ticket"] == ticket


@pytest.mark.parametrize("word", ["yes", "send it"])
def test_a_confirmed_ticket_is_not_lost_when_the_last_step_fails(partner: Partner, word: str) -> None:
    partner.say(LOST)
    partner.failing = "action_ticket_done"
    assert finish(partner) == {}
    ticket = partner.say_again(word)["ticket"]  # the same turn once more, as `bot` does on an empty answer
    assert ticket["type"] == "hwaas.lost_item"
    assert partner.say("send it")["ticket"] == ticket


def test_an_answer_run_again_is_not_taken_for_the_next_one(partner: Partner) -> None:
    partner.say(DISPUTE)
    partner.say("3 March 2026")
    partner.press("Open a ticket")
    partner.say("INV-1000")
    assert partner.say_again("INV-1000")["data"]["slot"] == "reason"
    assert "reason" not in partner.draft.fields


def test_the_open_button_pressed_later_asks_for_the_same_ticket(partner: Partner) -> None:
    partner.say(LOST)
    ticket = finish(partner)
    draft = str(ticket["draft"])
    assert partner.say(payload("ticket_choice", draft=draft, value="send"))["ticket"]["draft"] == draft
    assert "draft is over" in partner.say(payload("ticket_choice", draft="0" * 32, value="send"))["text"]


# What annoyed a tester


@pytest.mark.parametrize("word", ["thanks", "hello", "please", "open a ticket", "continue", "why?", "ok"])
def test_words_that_say_nothing_are_no_value(partner: Partner, word: str) -> None:
    partner.say(DISPUTE)
    partner.say("3 March 2026")
    partner.press("Open a ticket")
    assert partner.say(word)["data"]["slot"] == "invoice_number"
    assert "invoice_number" not in partner.draft.fields


@pytest.mark.parametrize(("typed", "value"), [("the invoice number is 2026-118", "2026-118"), ("INV/77", "INV/77")])
def test_a_number_is_taken_without_the_words_around_it(partner: Partner, typed: str, value: str) -> None:
    partner.say(DISPUTE)
    partner.say("3 March 2026")
    partner.press("Open a ticket")
    partner.say(typed)
    assert partner.draft.fields["invoice_number"] == value


def test_thanks_alone_opens_nothing(partner: Partner) -> None:
    partner.say(DISPUTE)
    partner.say("3 March 2026")
    partner.press("Open a ticket")
    partner.press("No more questions")
    partner.say(ME)
    assert partner.say("thanks")["data"]["type"] == "draft"
    assert partner.form


def test_who_asks_can_be_corrected_and_a_field_removed(partner: Partner) -> None:
    partner.say(DISPUTE)
    partner.say("3 March 2026")
    partner.press("Open a ticket")
    partner.say("INV-1000")
    partner.press("No more questions")
    partner.say(ME)
    partner.say("my name is Tom Baker")
    assert partner.draft.contact["name"] == "Tom Baker"
    shown = partner.say("remove the invoice number")
    assert "invoice_number" not in shown["data"]["fields"]
    assert partner.say("change the colour of the phone")["text"].startswith("I couldn't take that as a change")


@pytest.mark.parametrize("question", ["What does it cost?", "how long does porting take?"])
def test_a_question_while_who_asks_is_asked_or_at_the_draft_breaks_nothing(partner: Partner, question: str) -> None:
    partner.say(DISPUTE)
    partner.say("3 March 2026")
    partner.press("Open a ticket")
    partner.press("No more questions")
    partner.say(question)
    assert partner.replies[-1]["data"]["slot"] == "contact_name"
    partner.say(ME)
    partner.say(question)
    assert partner.replies[-1]["data"]["type"] == "draft"


def test_a_sentence_is_nobodys_name(partner: Partner) -> None:
    partner.say(DISPUTE)
    partner.say("3 March 2026")
    partner.press("Open a ticket")
    partner.press("No more questions")
    assert partner.say("the new date shall be 18 January 2027 instead")["data"]["slot"] == "contact_name"
    assert partner.draft.contact == {}


def test_no_at_the_draft_asks_what_to_change(partner: Partner) -> None:
    partner.say(DISPUTE)
    partner.say("3 March 2026")
    partner.press("Open a ticket")
    partner.press("No more questions")
    partner.say(ME)
    assert partner.say("no")["data"]["slot"] == "edit"
    assert "add: they closed" in partner.replies[-1]["text"] or "“add: …”" in partner.replies[-1]["text"]
    assert "they closed last week" in partner.say("add: they closed last week")["data"]["description"]


def test_who_wrote_before_is_not_asked_again(partner: Partner) -> None:
    partner.say(LOST)
    finish(partner)
    partner.say("open a ticket: the invoice of October is wrong and we want it checked")
    while partner.replies[-1]["data"]["type"] != "draft":
        assert not str(partner.replies[-1]["data"].get("slot")).startswith("contact_")
        partner.press("General question" if partner.replies[-1]["data"]["slot"] == "type" else "No more questions")
    assert partner.draft.contact["name"] == "Mario Rossi"


def test_a_ticket_asked_for_in_another_language_is_refused_and_the_draft_begun(partner: Partner) -> None:
    refused = partner.say("Bitte ein Ticket eröffnen, die Rechnung 2026-40 ist falsch")
    assert (refused["data"]["type"], refused["data"]["language"]) == ("language_refused", "de")
    assert partner.form == "ticket_form"


def test_yes_with_facts_begins_the_draft_with_both(partner: Partner) -> None:
    partner.say("who won the world cup in rowing?")
    partner.say("ok yes. it is for the PBX 211100034527")
    assert partner.form == "ticket_form"
    assert "world cup" in partner.draft.text
    assert "211100034527" in partner.draft.text


def test_the_button_under_a_ticket_asks_what_to_add(known: Partner, database: Database) -> None:
    number = opened(database)
    known.say(number)
    asked = known.press("Add to this ticket")
    assert asked["data"]["slot"] == "comment"
    known.say("the police report is number 4711/26")
    known.say("yes")
    assert known.record["comment"]["text"] == "the police report is number 4711/26"


def test_no_to_a_comment_asks_for_another_text(known: Partner, database: Database) -> None:
    number = opened(database)
    known.say(f"{number}: the police report is number 4711/26")
    assert known.say("no")["data"]["slot"] == "comment"


def test_a_calculation_left_for_a_ticket_hands_over_what_it_knew(partner: Partner) -> None:
    partner.say("work out whether I can still change the porting date, it is confirmed for 14 December 2026")
    partner.say("too complicated, open a ticket")
    assert partner.form == "ticket_form"
    assert "porting date" in partner.draft.text
    assert partner.draft.fields["confirmed_date"] == "2026-12-14"


def test_who_would_like_a_ticket_gets_one(partner: Partner) -> None:
    partner.say("I'd like a ticket about Teams: 12 licenses instead of 10")
    assert partner.form == "ticket_form"
    assert "Teams" in partner.draft.text


@pytest.mark.parametrize(
    "text", ["ticket: PBX of Bar Roma is to be cancelled", "ticket pls - the PBX of Bar Roma is to be cancelled"]
)
def test_a_message_headed_ticket_is_one(partner: Partner, text: str) -> None:
    partner.say(text)
    assert partner.form == "ticket_form"
    assert "Bar Roma" in partner.draft.text


@pytest.mark.parametrize(
    "text",
    [
        "it is solved, thanks",
        "forget it, I found it myself",
        "never mind",
        "it works again",
        "I changed my mind",
        "stop it",
    ],
)
def test_who_needs_it_no_more_is_heard(partner: Partner, text: str) -> None:
    partner.say(DISPUTE)
    partner.say("3 March 2026")
    partner.press("Open a ticket")
    assert partner.say(text)["text"].startswith("All right, I opened no ticket")


# The draft becomes another ticket


@pytest.fixture
def cancelling(partner: Partner) -> Partner:
    """At the draft of a PBX to be cancelled."""
    partner.say("open a ticket: please cancel the PBX of Hotel Bellavista")
    partner.say(ME)
    assert partner.replies[-1]["data"]["type"] == "draft"
    return partner


@pytest.fixture
def porting(partner: Partner) -> Partner:
    """At the draft of a porting date to be changed."""
    partner.say(
        "open a ticket: change the porting date of +39 045 8901111, it is confirmed for 14 December 2026, "
        "we want 18 December 2026"
    )
    partner.say(ME)
    assert partner.replies[-1]["data"]["type"] == "draft"
    return partner


def test_a_sentence_that_makes_it_another_type_changes_the_type_and_says_so(cancelling: Partner) -> None:
    shown = cancelling.say("no wait, not cancel. only change the licenses, 5 business instead of 8")
    assert shown["data"]["ticket_type"] == "pbx.license_change"
    assert "Change licenses** (before: Cancel a PBX)" in shown["text"]
    assert shown["data"]["fields"]["pbx"] == "Hotel Bellavista"


@pytest.mark.parametrize("way", ["back", "no", "undo that"])
def test_a_change_of_the_type_can_be_undone_in_words(cancelling: Partner, way: str) -> None:
    cancelling.say("no wait, not cancel. only change the licenses, 5 business instead of 8")
    assert cancelling.say(way)["data"]["ticket_type"] == "pbx.cancellation"
    assert "wanted_licenses" not in cancelling.draft.fields


def test_a_change_of_the_type_can_be_undone_by_a_button(cancelling: Partner) -> None:
    cancelling.say("no wait, not cancel. only change the licenses, 5 business instead of 8")
    assert cancelling.press("No: Cancel a PBX")["data"]["ticket_type"] == "pbx.cancellation"


def test_a_change_of_the_type_run_again_is_made_once(cancelling: Partner) -> None:
    said = "no wait, not cancel. only change the licenses, 5 business instead of 8"
    cancelling.say(said)
    shown = cancelling.say_again(said)
    assert shown["data"]["ticket_type"] == "pbx.license_change"
    assert shown["data"]["description"].count("no wait") == 1


def test_a_return_that_was_a_theft_is_a_loss(partner: Partner) -> None:
    partner.say("open a ticket: we want to return the HWaaS phone with serial 9C7514000112 of PBX 211100034527")
    partner.say(ME)
    shown = partner.say("hmm, the customer says now it was stolen on 20 November")
    assert shown["data"]["ticket_type"] == "hwaas.lost_item"
    assert "stolen" in shown["data"]["fields"]["what_happened"]
    assert shown["data"]["fields"]["date"] == "2026-11-20"


def test_where_another_type_is_only_likely_the_partner_is_asked(cancelling: Partner) -> None:
    asked = cancelling.say("actually October should not have been charged")
    assert asked["data"]["slot"] == "other"
    assert titles(asked)[:3] == ["Yes: Dispute an invoice", "No: Cancel a PBX", "It is about something else"]
    assert cancelling.say("yes")["data"]["ticket_type"] == "billing.dispute"


def test_no_to_the_other_type_keeps_the_first(cancelling: Partner) -> None:
    cancelling.say("actually October should not have been charged")
    kept = cancelling.say("no")
    assert (kept["data"]["type"], kept["data"]["ticket_type"]) == ("draft", "pbx.cancellation")


@pytest.mark.parametrize("word", ["it is not about licenses", "something else", "wrong type"])
def test_not_about_that_asks_for_the_type(cancelling: Partner, word: str) -> None:
    assert cancelling.say(word)["data"]["slot"] == "type"


def test_not_that_but_this_is_heard_at_once(cancelling: Partner) -> None:
    asked = cancelling.say("this is not about a cancellation, the phones don't ring at all")
    assert (asked["data"]["ticket_type"], asked["data"]["slot"]) == ("tech.support", "since")


def test_another_number_with_another_matter_is_no_change_of_a_value(cancelling: Partner) -> None:
    said = "sorry, I meant the order 4500871 was not delivered"
    cancelling.say(said)
    assert said in cancelling.draft.text


def test_not_about_that_is_heard_while_a_value_is_asked(partner: Partner) -> None:
    partner.say("open a ticket: we want to cancel the PBX")
    assert partner.say("no, it is not about a cancellation")["data"]["slot"] == "type"


@pytest.mark.parametrize(
    "more",
    [
        "the customer has closed the shop last week",
        "we also tried another cable",
        "they pay for 10 licenses but have only 8",
    ],
)
def test_more_of_the_story_leaves_the_type(cancelling: Partner, more: str) -> None:
    shown = cancelling.say(more)
    assert (shown["data"]["type"], shown["data"]["ticket_type"]) == ("draft", "pbx.cancellation")
    assert more in shown["data"]["description"]


@pytest.mark.parametrize("word", ["the pbx is wrong", "wrong PBX", "no, the PBX is not correct", "change the pbx"])
def test_what_is_said_to_be_wrong_is_asked_anew(cancelling: Partner, word: str) -> None:
    assert cancelling.say(word)["data"]["slot"] == "pbx"
    assert cancelling.say("Hotel Post")["data"]["fields"]["pbx"] == "Hotel Post"


def test_who_asks_is_asked_anew_where_that_is_wrong(cancelling: Partner) -> None:
    assert cancelling.say("my e-mail address is wrong")["data"]["slot"] == "contact_email"
    cancelling.say("tim@telesistemi.example")
    assert cancelling.draft.contact["email"] == "tim@telesistemi.example"


def test_what_is_to_be_done_with_them_is_asked_where_it_is_not_sure(partner: Partner) -> None:
    partner.say("open a ticket: move +39 02 5550100 and +39 02 5550101 from PBX Rossi to PBX Bianchi")
    partner.say(ME)
    assert partner.say("no, I want to cancel them")["data"]["slot"] == "other"


def test_and_adds_to_what_is_known(partner: Partner) -> None:
    partner.say("open a ticket: please change the licenses of PBX Hotel Nord to 5 Business")
    partner.say(ME)
    partner.say("6 Business")
    partner.say("and 2 Premium")
    assert partner.draft.fields["wanted_licenses"] == "6 Business and 2 Premium"


def test_change_a_number_changes_the_number(partner: Partner) -> None:
    partner.say("open a ticket: track order SO-88120")
    partner.say(ME)
    shown = partner.say("change order number to SO-88122")
    assert shown["data"]["fields"] == {"order_number": "SO-88122"}


@pytest.mark.parametrize("word", ["it is wrong", "change something", "no, that is not correct"])
def test_wrong_without_a_word_on_what_asks_for_it(cancelling: Partner, word: str) -> None:
    assert cancelling.say(word)["data"]["slot"] == "edit"


def test_an_address_at_the_draft_is_the_partners(cancelling: Partner) -> None:
    cancelling.say("Tim, tim@telesistemi.example")
    assert cancelling.draft.contact["email"] == "tim@telesistemi.example"
    assert "tim@" not in cancelling.draft.text


def test_also_this_one(cancelling: Partner) -> None:
    cancelling.say("also the PBX of Hotel Nord")
    assert cancelling.draft.fields["pbx"] == "Hotel Bellavista and Hotel Nord"


def test_a_text_written_anew_may_be_of_another_type(cancelling: Partner) -> None:
    shown = cancelling.say("description: the phones of Hotel Bellavista are dead since this morning")
    assert shown["data"]["ticket_type"] == "tech.support"


def test_a_text_written_anew_asks_before_it_changes_a_type_that_was_settled(partner: Partner) -> None:
    partner.say("open a ticket: we want to cancel the PBX")
    partner.say("Hotel Bellavista")
    partner.say(ME)
    asked = partner.say("description: the phones of Hotel Bellavista are dead since this morning")
    assert asked["data"]["slot"] == "other"
    assert partner.say("yes")["data"]["ticket_type"] == "tech.support"


def test_of_two_pbxs_the_wrong_one_is_asked_anew(partner: Partner) -> None:
    partner.say("open a ticket: move +39 02 5550100 and +39 02 5550101 from PBX Rossi to PBX Bianchi")
    partner.say(ME)
    assert partner.say("the target is wrong")["data"]["slot"] == "target_pbx"


def test_a_word_at_the_draft_is_not_added_to_it(cancelling: Partner) -> None:
    shown = cancelling.say("twentyfive")
    assert "couldn't take that as a change" in shown["text"]
    assert "It is about something else" in titles(shown)
    assert "twentyfive" not in cancelling.draft.text


@pytest.mark.parametrize(("answer", "field"), [("the new one", "wanted_date"), ("confirmed date", "confirmed_date")])
def test_a_lone_date_where_two_are_known_is_asked_about(porting: Partner, answer: str, field: str) -> None:
    before = dict(porting.draft.fields)
    asked = porting.say("18 January 2027")
    assert asked["data"]["slot"] == "which_date"
    assert titles(asked)[:2] == ["confirmed date", "wanted date"]
    assert porting.draft.fields == before
    assert porting.say(answer)["data"]["fields"] == before | {field: "2027-01-18"}


def test_a_lone_date_is_put_by_a_button(porting: Partner) -> None:
    porting.say("it is 18 January 2027")
    assert porting.press("wanted date")["data"]["fields"]["wanted_date"] == "2027-01-18"


def test_a_lone_date_goes_where_one_is_missing(partner: Partner) -> None:
    partner.say("open a ticket: change the porting date of +39 045 8901111, confirmed for 14 December 2026")
    partner.press("No more questions")
    partner.say("18 January 2027")
    assert partner.draft.fields["confirmed_date"] == "2026-12-14"
    assert partner.draft.fields["wanted_date"] == "2027-01-18"


# Who asks


def test_what_is_not_known_of_who_asks_counts_as_missing(partner: Partner) -> None:
    partner.say("open a ticket: please cancel the PBX of Hotel Bellavista")
    partner.say("I don't have it")
    assert partner.press("Go on without it")["data"]["slot"] == "contact_email"
    draft = partner.replies[-1]
    while draft["data"]["type"] != "draft":
        draft = partner.press("Go on without it")
    assert "1 of 4, missing: your name, your company, your e-mail address" in draft["text"]
    assert titles(draft)[0] == "Open it incomplete"
    assert draft["data"]["missing"] == []


@pytest.mark.parametrize("word", ["I don't have it", "no", "no more questions"])
def test_the_address_is_insisted_on_once(partner: Partner, word: str) -> None:
    partner.say("open a ticket: please cancel the PBX of Hotel Bellavista")
    partner.say("Mario Rossi, Telesistemi srl")
    asked = partner.say(word)
    assert asked["data"]["slot"] == "contact_email"
    assert "only here, in this chat" in asked["text"]
    assert partner.say_again(word)["data"]["slot"] == "contact_email"
    assert partner.say(word)["data"]["type"] == "draft"


def test_who_is_vouched_for_counts_no_contact(known: Partner) -> None:
    draft = known.say("open a ticket: please cancel the PBX of Hotel Bellavista")
    assert "Complete: 1 of 1." in draft["text"]


def test_where_nothing_is_needed_the_draft_says_so(known: Partner) -> None:
    draft = known.say("open a ticket: do you have a partner event in Spain next year?")
    assert (draft["data"]["ticket_type"], draft["data"]["complete"]) == ("general.other", [0, 0])
    assert say("ticket_complete_as_is") in draft["text"]


@pytest.mark.parametrize("word", ["no more questions", "all", "18 nov 2026", "pbx 2207", "where are you"])
def test_what_is_no_name_is_not_taken_for_one(partner: Partner, word: str) -> None:
    partner.say("open a ticket: please cancel the PBX of Hotel Bellavista")
    partner.say(word)
    assert partner.draft.contact == {}


@pytest.mark.parametrize(
    ("text", "name", "company"),
    [
        ("Can Yılmaz from Post & Söhne GmbH", "Can Yılmaz", "Post & Söhne GmbH"),
        ("My name is Anna, Max IT srl", "Anna", "Max IT srl"),
        ("Said Mai, Studio 54", "Said Mai", "Studio 54"),
    ],
)
def test_names_are_taken(partner: Partner, text: str, name: str, company: str) -> None:
    partner.say("open a ticket: please cancel the PBX of Hotel Bellavista")
    partner.say(text)
    assert partner.draft.contact == {"name": name, "company": company}


def test_who_asks_said_all_at_once_replaces_what_was_known(partner: Partner) -> None:
    partner.say("open a ticket: please cancel the PBX of Hotel Bellavista")
    partner.say("Pizzeria Vesuvio")
    partner.say("it's Giulia from Rete srl, giulia@rete.example")
    assert partner.draft.contact == {"name": "Giulia", "company": "Rete srl", "email": "giulia@rete.example"}


@pytest.mark.parametrize("said", ["we want money back", "something with commitment, 3 years instead of 1"])
def test_what_is_told_while_who_asks_is_asked_is_kept(partner: Partner, said: str) -> None:
    partner.say("open a ticket: please cancel the PBX of Hotel Bellavista")
    partner.say(said)
    assert partner.draft.contact == {}
    assert said in partner.draft.text


def test_who_introduces_himself_is_not_asked_again(partner: Partner) -> None:
    shown = partner.say(
        "Hi, I am Tom Baker of Baker Ltd (tom@baker.example). Please open a ticket: cancel the PBX of Hotel Lux"
    )
    assert shown["data"]["type"] == "draft"
    assert partner.draft.contact == {"name": "Tom Baker", "company": "Baker Ltd", "email": "tom@baker.example"}


@pytest.mark.parametrize("word", ["I am in a hurry", "I am Not amused"])
def test_not_every_i_am_is_a_name(partner: Partner, word: str) -> None:
    partner.say(f"open a ticket: {word}, cancel the PBX of Hotel Lux")
    assert partner.draft.contact == {}


def test_who_says_nothing_of_himself_is_told_the_way_on(partner: Partner) -> None:
    partner.say("open a ticket: please cancel the PBX of Hotel Bellavista")
    partner.say("yes")
    assert "“skip” goes on without it" in partner.say("yes")["text"]
    partner.say("I prefer not to say")
    assert partner.say("skip")["data"]["slot"] == "contact_email"
    partner.say("skip")
    assert partner.say("ok")["data"]["type"] == "draft"


def test_we_are_a_company(partner: Partner) -> None:
    partner.say("open a ticket: please cancel the PBX of Hotel Bellavista")
    assert partner.say("we are Beta Telecom")["data"]["slot"] == "contact_name"
    assert partner.draft.contact == {"company": "Beta Telecom"}


def test_a_name_for_an_address_changes_nothing_else(partner: Partner) -> None:
    partner.say("open a ticket: please cancel the PBX of Hotel Bellavista")
    partner.say("Mario Rossi, Telesistemi srl")
    assert "not an e-mail address" in partner.say("Mario")["text"]
    assert partner.draft.fields == {"pbx": "Hotel Bellavista"}


def test_what_belongs_to_the_ticket_is_taken_while_who_asks_is_asked(partner: Partner) -> None:
    partner.say("open a ticket: change porting date of +39 045 8901111, confirmed for 14 December 2026")
    partner.say("no more questions")
    assert partner.say("the new date shall be 18 January 2027")["data"]["slot"] == "contact_name"
    assert partner.draft.fields["wanted_date"] == "2027-01-18"
    asked = partner.say("actually it is not a date change, please cancel the whole porting")
    assert asked["data"]["slot"] == "other"
    partner.say("yes")
    assert partner.draft.type_id == "classound.porting"
    assert partner.draft.contact == {}


def test_the_second_part_of_a_mail_is_text_of_the_ticket(partner: Partner) -> None:
    partner.say("open a ticket: Hotel Post, PBX 211100034527, has no dial tone since yesterday")
    part = (
        "The second part of the mail: the reseller told us that the switch is fine and that the gateway answers to "
        "ping. We also tried another phone. Please look at the logs of last night, there are errors at 02:00."
    )
    assert partner.say(part)["data"]["slot"] == "contact_name"
    assert part in partner.draft.text
    assert partner.draft.contact == {}


# What a value can be


@pytest.mark.parametrize("word", ["all", "yes", "where are you", "the display stays black", "can you check it?"])
def test_what_names_no_pbx_is_not_taken_for_one(partner: Partner, word: str) -> None:
    partner.say("open a ticket: we want to cancel the PBX")
    partner.say(word)
    assert partner.replies[-1]["data"]["slot"] == "pbx"
    assert "pbx" not in partner.draft.fields


def test_what_was_read_for_another_type_is_left_out(partner: Partner) -> None:
    partner.say("open a ticket: please look at Hotel Zur Post again")
    partner.press("Technical problem")
    assert partner.draft.fields.keys() <= {"pbx", "symptom"}


def test_a_shouted_sentence_names_no_pbx(partner: Partner) -> None:
    partner.say("open a ticket")
    partner.say("MY CUSTOMER CANNOT CALL OUT SINCE 10 O'CLOCK!!!")
    assert "pbx" not in partner.draft.fields


@pytest.mark.parametrize(
    "name", ["Milano Works", "hotel post", "the one of Baker & Sons", "211100034527", "it is Osteria al Ponte"]
)
def test_what_names_a_pbx_is_taken(partner: Partner, name: str) -> None:
    partner.say("open a ticket: we want to cancel the PBX")
    partner.say(name)
    assert partner.draft.fields["pbx"] in name


def test_a_foreign_question_gets_the_line_in_its_language(partner: Partner) -> None:
    partner.say("open a ticket: we want to cancel the PBX")
    refused = partner.say("où se trouve le numéro?")
    assert (refused["data"]["type"], refused["data"]["language"]) == ("language_refused", "fr")
    partner.say("hotel post")
    assert partner.draft.fields["pbx"] == "hotel post"


def test_what_another_field_takes_is_no_answer_to_the_one_asked(partner: Partner) -> None:
    partner.say("open a ticket: return of a HWaaS phone, serial 9C7514000113")
    assert partner.say("sorry the serial is 9C7514000112")["data"]["slot"] == "pbx"
    assert partner.draft.fields["serial_number"] == "9C7514000112"


@pytest.mark.parametrize("word", ["hotel post", "da ieri", "where are you"])
def test_since_when_is_a_time(partner: Partner, word: str) -> None:
    partner.say("open a ticket: no dial tone on the phones of PBX 211100034527")
    assert partner.replies[-1]["data"]["slot"] == "since"
    partner.say(word)
    assert "since" not in partner.draft.fields


@pytest.mark.parametrize(
    "word", ["yesterday", "2 days", "monday morning", "from the beginning", "after the last update"]
)
def test_a_time_is_taken(partner: Partner, word: str) -> None:
    partner.say("open a ticket: no dial tone on the phones of PBX 211100034527")
    partner.say(word)
    assert partner.draft.fields["since"]


def test_answers_one_step_late_go_where_they_fit(partner: Partner) -> None:
    partner.say("open a ticket: no dial tone on the phones")
    partner.say("I don't have it")
    assert partner.say("Hotel Post")["data"]["slot"] == "since"
    partner.say("I don't have it")
    partner.say("yesterday")
    assert (partner.draft.fields["pbx"], partner.draft.fields["since"]) == ("Hotel Post", "yesterday")
    assert partner.draft.contact == {}


def test_licenses_of_no_tier_are_asked_about(partner: Partner) -> None:
    asked = partner.say("open a ticket: we need 3 more licenses for PBX 211100034527")
    assert asked["data"]["slot"] == "tier"
    assert titles(asked)[:4] == ["Basic", "Essential", "Business", "Premium"]
    partner.say("business please")
    assert partner.draft.fields["wanted_licenses"].endswith(": Business")


def test_the_tier_by_a_button_or_left_out(partner: Partner) -> None:
    partner.say("open a ticket: we need 3 more licenses for PBX 211100034527")
    assert partner.press("Premium")["data"]["slot"] == "contact_name"
    assert "Premium" in partner.draft.fields["wanted_licenses"]
    partner.say("start over")
    partner.say("we need 3 more licenses for PBX 211100034527")
    assert partner.press("I don't have it")["data"]["slot"] == "contact_name"


@pytest.mark.parametrize("wanted", ["2 Business licenses more", "a fax license", "2 WizyConf licenses"])
def test_a_tier_is_not_asked_for_in_vain(partner: Partner, wanted: str) -> None:
    partner.say(f"open a ticket: please add {wanted} to PBX 211100034527")
    assert partner.replies[-1]["data"]["slot"] != "tier"


@pytest.mark.parametrize("given", ["the 10th of december", "10 December", "it is 10 December 2026"])
def test_a_date_asked_for_is_no_other_one(partner: Partner, given: str) -> None:
    partner.say("open a ticket: change the porting date of +39 045 8901111, confirmed for 14 December 2026")
    partner.say(given)
    assert partner.draft.fields["confirmed_date"] == "2026-12-14"
    assert partner.draft.fields["wanted_date"] == "2026-12-10"


def test_a_model_is_no_serial_number(partner: Partner) -> None:
    partner.say("open a ticket: return of a HWaaS phone")
    assert partner.say("WP480G3")["data"]["slot"] == "serial_number"
    assert "serial_number" not in partner.draft.fields


def test_a_number_instead_of_the_question_is_only_the_number(partner: Partner) -> None:
    asked = partner.say("open a ticket: payment of an invoice")
    assert (asked["data"]["ticket_type"], asked["data"]["slot"]) == ("billing.payment", "question")
    partner.say("2026-9981")
    assert partner.draft.fields == {"invoice_number": "2026-9981"}


def test_a_number_in_groups_is_one(partner: Partner) -> None:
    partner.say("open a ticket: return of a HWaaS phone")
    partner.say("9C75 1400 0112")
    assert partner.draft.fields["serial_number"] == "9C7514000112"


def test_a_name_does_not_replace_a_known_one_by_the_way(partner: Partner) -> None:
    partner.say("open a ticket: no dial tone at Hotel Post")
    assert partner.say("Luca Rossi")["data"]["slot"] == "since"
    assert partner.draft.fields["pbx"] == "Hotel Post"


def test_my_name_is_heard_while_something_else_is_asked(partner: Partner) -> None:
    partner.say("open a ticket: we want to cancel the PBX")
    assert partner.say("my company is Anna's Phones")["data"]["slot"] == "pbx"
    assert partner.draft.contact == {"company": "Anna's Phones"}


def test_no_services_are_an_answer(partner: Partner) -> None:
    partner.say("open a ticket: convert the PBX 221100034527 to x-bees, it has a yearly subscription")
    assert partner.replies[-1]["data"]["slot"] == "services"
    partner.say("no")
    assert partner.draft.fields["services"] == "none"


@pytest.mark.parametrize("word", ["no time, just send it", "just open it", "send it", "send it incomplete"])
def test_whoever_is_in_a_hurry_is_asked_no_more_of_the_matter(partner: Partner, word: str) -> None:
    partner.say("open a ticket: no dial tone on the phones")
    assert partner.say(word)["data"]["slot"] == "contact_name"
    assert partner.draft.fields.keys() == {"symptom"}


def test_words_that_name_no_type_are_text_and_at_last_an_agent_sorts_it_out(partner: Partner) -> None:
    partner.say("open a ticket: please look at Hotel Zur Post again")
    assert partner.replies[-1]["data"]["slot"] == "type"
    partner.say("I cannot say")
    partner.say("who knows that")
    assert partner.replies[-1]["data"]["slot"] != "type"
    assert partner.draft.type_id == "general.other"


def test_no_to_all_types_is_a_general_question(partner: Partner) -> None:
    partner.say("open a ticket: please look at Hotel Zur Post again")
    partner.say("no")
    assert partner.draft.type_id == "general.other"


def test_words_that_make_the_type_clear_settle_it(partner: Partner) -> None:
    partner.say("open a ticket: please look at Hotel Zur Post again")
    partner.say("the phones are dead since this morning")
    assert partner.draft.type_id == "tech.support"


def test_who_asks_is_no_pbx(partner: Partner) -> None:
    partner.say("open a ticket: we will change the licenses of a pbx")
    partner.say("send it incomplete")
    assert partner.say("Anna Berg")["data"]["slot"] == "contact_company"
    assert "pbx" not in partner.draft.fields


def test_what_was_removed_stays_away(cancelling: Partner) -> None:
    cancelling.say("remove the PBX")
    cancelling.say("ok")
    assert cancelling.record["ticket"]["fields"] == {}


def test_what_is_shown_is_what_is_sent(partner: Partner) -> None:
    partner.say("open a ticket: no dial tone on the phones")
    partner.say("it is at the Hotel Post, they have no calls since yesterday")
    while partner.replies[-1]["data"]["type"] != "draft":
        partner.press("Go on" if partner.replies[-1]["data"]["slot"].startswith("contact_") else "No more questions")
    shown = partner.replies[-1]["data"]["fields"]
    partner.say("yes")
    assert partner.record["ticket"]["fields"] == shown


def test_a_text_written_anew_replaces_what_was_read_from_the_first(partner: Partner) -> None:
    partner.say("open a ticket: amend order 300912, add two more WP480")
    partner.say(ME)
    shown = partner.say("description: please add three more WP480 to the order 300912")
    assert "two more" not in shown["data"]["description"]


def test_scolding_is_not_written_down(partner: Partner) -> None:
    partner.say("open a ticket: invoice dispute")
    assert partner.say("you stupid bot")["data"]["slot"] == "invoice_number"
    assert "stupid" not in partner.draft.text


def test_digits_that_are_no_phone_number_are_nothing_else(partner: Partner) -> None:
    partner.say("ticket please, cancel a number")
    assert "phone number" in partner.say("1234567")["text"]
    assert partner.draft.fields == {}


def test_more_licenses_are_counted(partner: Partner) -> None:
    partner.say("We want to have more Teams licenses, can you make a ticket?")
    assert partner.say("Stadtwerke Linz")["data"]["slot"] == "wanted_licenses"
    partner.say("twentyfive")
    assert partner.draft.fields["wanted_licenses"] in ("twentyfive", "25")


def test_a_ticket_for_what_the_answer_told_is_a_request_to_do_it(partner: Partner) -> None:
    partner.say("how can I cancel a DID?")
    partner.say("open a ticket for it")
    assert partner.draft.type_id == "classound.cancel_did"


def test_a_question_put_into_a_ticket_stays_a_question(partner: Partner) -> None:
    partner.say("open a ticket: what is the minimum term of a DID?")
    assert partner.draft.type_id == "general.other"


# A trouble told without asking for a ticket


def test_yes_to_choices_leads_to_a_ticket(partner: Partner) -> None:
    partner.say("lost parcel tracking of items")
    assert partner.replies[-1]["data"]["type"] == "choices"
    assert "shall I open a ticket?" in partner.say("yes")["text"]
    partner.say("yes")
    assert partner.form == "ticket_form"
    assert "parcel" in partner.draft.text


def test_a_number_still_chooses_after_yes(partner: Partner) -> None:
    partner.say("lost parcel tracking of items")
    wanted = partner.replies[-1]["data"]["ids"][1]
    partner.say("yes")
    assert partner.say("the second one")["data"]["id"] == wanted


@pytest.mark.parametrize(
    "trouble",
    [
        "the customer cannot call 112!!! urgent",
        "I have no access anymore to the partner portal, my password is not accepted",
    ],
)
def test_a_trouble_that_cannot_wait_is_offered_a_ticket_first(partner: Partner, trouble: str) -> None:
    offered = partner.say(trouble)
    assert titles(offered)[0] == "Open a ticket"
    partner.say("yes")
    assert trouble in partner.draft.text


def test_a_trouble_that_cannot_wait_and_nobody_knows_is_offered_a_ticket(partner: Partner) -> None:
    offered = partner.say("nobody answers, my customer cannot receive calls since monday")
    assert offered["text"].startswith("I have no answer")
    assert titles(offered)[0] == "Open a ticket"


def test_whoever_asks_for_a_person_in_a_long_message_is_heard(partner: Partner) -> None:
    offered = partner.say("can i speak with someone real, the courier lost my parcel of order 4500871")
    assert offered["data"]["kind"] == "human"
    partner.say("yes")
    assert partner.draft.fields["order_number"] == "4500871"


# Tickets that are there


def opened(database: Database, conversation: str = "known", text: str = "the phone 9C7514A0B1C2 was stolen") -> str:
    def write(session: Session) -> str:
        new = NewTicket("hwaas.lost_item", text, text, {"serial_number": "9C7514A0B1C2"})
        ticket, _ = open_ticket(
            session,
            f"k:{conversation}:{text}",
            new,
            channel="web",
            targets=FIRST_ANSWER,
            conversation_id=conversation,
        )
        return ticket.name

    return database.write(write)


def test_a_list_of_tickets_says_when_there_are_older_ones(known: Partner, database: Database) -> None:
    names = [opened(database, text=f"phone {number} was stolen") for number in range(11)]
    assert say("tickets_more") in known.say("my tickets")["text"]
    assert known.replies[-1]["data"]["numbers"] == names[:0:-1]
    assert known.say(names[0])["data"]["type"] == "ticket"


def test_a_ticket_on_the_same_thing_is_offered_instead_of_a_second_one(known: Partner, database: Database) -> None:
    number = opened(database)
    known.say(LOST)
    while known.replies[-1]["data"].get("slot") == "type":
        known.press("Lost, stolen")
    assert known.replies[-1]["data"]["slot"] == "similar"
    assert number in known.replies[-1]["text"]
    known.press(f"Add to {number}")
    assert known.record["comment"]["ticket"] == number


def test_how_a_ticket_stands_with_the_last_answer(known: Partner, database: Database) -> None:
    number = opened(database)

    def answer(session: Session) -> None:
        ticket = session.get_one(Ticket, int(number[3:]))
        reply(session, ticket, Author("agent", None, "Ada"), "We have sent a new phone.")

    database.write(answer)
    card = known.say(f"what about {number}?")
    assert card["data"]["state"] == "waiting"
    assert "We have sent a new phone." in card["text"]


@pytest.mark.usefixtures("known")
def test_somebody_elses_ticket_looks_like_none(understanding: Understanding, database: Database) -> None:
    number = opened(database)
    stranger = Partner(understanding, database, "stranger")
    foreign, missing = stranger.say(number), stranger.say("CC-999999")
    assert foreign["data"]["type"] == "no_answer"
    assert foreign["text"].replace(number, "") == missing["text"].replace("CC-999999", "")


def test_a_comment_is_shown_before_it_is_added(known: Partner, database: Database) -> None:
    number = opened(database)
    shown = known.say(f"{number}: the police report is number 4711/26")
    assert shown["data"]["slot"] == "confirm"
    known.press("Add")
    text = f"{number}: the police report is number 4711/26"
    assert known.record["comment"] == {"ticket": number, "text": text}


# Whatever is typed


@given(text=st.text(min_size=1, max_size=300))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@pytest.mark.parametrize("begin", ["open a ticket", LOST])
def test_whatever_is_typed_there_is_an_answer(understanding: Understanding, begin: str, text: str) -> None:
    if not text.strip() or text.startswith("/"):
        return  # `bot` sends the engine neither
    partner = Partner(understanding)
    partner.say(begin)
    partner.say(text)
    assert partner.replies or partner.record


# A form that was filled in elsewhere


def form_of(shown: Reply, **values: Any) -> str:
    """What a form that was opened under this reply carries when it is filled in."""
    data = shown["data"]
    draft = data["draft"]
    known = {"subject": draft["subject"], "text": draft["text"], "fields": data["fields"]}
    return Filled("ticket", draft["id"], draft["stamp"], {**known, **values}).payload()


WHO = {"name": "Mario Rossi", "company": "Telesistemi srl", "email": "mario@telesistemi.example"}


def test_a_form_fills_the_draft_exactly_and_it_is_confirmed_in_the_conversation(partner: Partner) -> None:
    asked = partner.say(LOST)
    fields = {"serial_number": "9C7514A0B1C2", "pbx": "2 Works since Monday", "what_happened": "Stolen, order 4711."}
    subject, text = "Stolen phone", "It was stolen on 3 May 2026 from invoice 2026/5."
    shown = partner.say(form_of(asked, subject=subject, text=text, fields=fields, contact=WHO))
    data = shown["data"]
    assert (data["type"], data["subject"], data["missing"], data["missing_contact"]) == ("draft", subject, ["date"], [])
    assert {name: data["fields"][name] for name in fields} == fields
    assert "date" not in data["fields"], "left empty, so it is not read from the text"
    assert partner.record == {}
    partner.press("Open")
    ticket = partner.record["ticket"]
    assert (ticket["subject"], ticket["contact"]) == (subject, WHO)
    assert ticket["description"].startswith(text)
    assert {name: ticket["fields"][name] for name in fields} == fields


def test_what_a_form_empties_is_gone(partner: Partner) -> None:
    asked = partner.say(LOST)
    assert "serial_number" in asked["data"]["fields"]
    shown = partner.say(form_of(asked, fields={"pbx": "Rossi"}, contact={}))
    assert shown["data"]["fields"] == {"pbx": "Rossi"}
    assert "serial_number" in shown["data"]["missing"]
    assert say("ticket_only_here") in shown["text"], "without an address the answer comes only here"


def test_a_known_partners_form_has_no_contact(known: Partner) -> None:
    shown = known.say(form_of(known.say(LOST), fields={"pbx": "Rossi"}))
    assert (shown["data"]["type"], shown["data"]["missing_contact"]) == ("draft", [])


def test_whoever_has_no_contact_in_their_form_and_nobody_vouches_for_is_asked(partner: Partner) -> None:
    asked = partner.say(form_of(partner.say(LOST), fields={"pbx": "Rossi"}))
    assert asked["data"]["slot"] == "contact_name"


def test_a_form_does_not_overwrite_what_was_said_of_the_ticket_meanwhile(partner: Partner) -> None:
    asked = partner.say(LOST)
    now = partner.say("the PBX is Milano Works")
    refused = partner.say(form_of(asked, fields={"pbx": "Rossi"}, text="Something else."))
    assert say("ticket_form_late") in refused["text"]
    assert refused["data"]["draft"] == now["data"]["draft"]
    assert "Rossi" not in str(partner.draft)


def test_a_form_of_the_shown_draft_changes_it_and_runs_once(partner: Partner) -> None:
    partner.say(form_of(partner.say(LOST), fields={"pbx": "Rossi"}, contact=WHO))
    form = form_of(partner.replies[-1], subject="Another", contact=WHO)
    shown = partner.say(form)
    assert shown["data"]["subject"] == "Another"
    assert partner.say_again(form)["data"] == shown["data"]
    late = partner.say(form)
    assert say("ticket_form_late") in late["text"]
    assert late["data"]["draft"] == shown["data"]["draft"]


def test_a_form_of_a_ticket_that_is_open_is_said_to_be_late(partner: Partner) -> None:
    shown = partner.say(form_of(partner.say(LOST), fields={"pbx": "Rossi"}, contact=WHO))
    partner.press("Open")
    before = partner.draft
    assert partner.say(form_of(shown, subject="Another"))["text"] == say("form_late")
    assert partner.draft == before


def test_a_form_of_a_calculation_is_nothing_to_a_ticket(partner: Partner) -> None:
    partner.say(LOST)
    form = Filled("policy", "dispute_window", "x", {"invoice_date": "2026-05-05"}).payload()
    assert say("ticket_form_late") in partner.say(form)["text"]
    assert "2026-05-05" not in str(partner.draft)
