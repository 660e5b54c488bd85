"""The form of the calculations: what it takes, asks, refuses and comes back to, driven as the engine drives it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from actions.calculation import Calculation
from actions.payloads import payload
from actions.understanding import Understanding
from actions.wording import say
from tests.actions.partner import NOW, Partner, titles
from tickets.filled import Filled, stamp


@pytest.fixture
def partner(understanding: Understanding) -> Partner:
    return Partner(understanding)


ENDS = {"cancel", "start_over", "go_back", "open_ticket", "ticket_comment"}  # of the calculation as it was
DISPUTE = "please tell me if I am in time to dispute an invoice"
DELIVERY = "i must know the delivery cost to Sweden"
CALLS = "wait, before that: how many concurrent calls with 3 basic and 1 premium?"
COMMITMENT = "Commitment discount for my customer's yearly PBX created on 5 October 2026 please"
OVERDUE = "overdue invoice check please"
TOLL_FREE = "please check if outbound calls work with our toll free number"
EMERGENCY = "emergency service for a fully ported number, check it"
CREDIT = "credit note for our hardware converted to HWaaS: 2 phones, 120 EUR together, calculate"
LOSS = "HWaaS phone lost on 10 November 2026, in use since 1 August 2026, CAPEX price {}, work out what we pay"


# What was said is taken, and only what is needed is asked for


def test_a_case_told_in_one_sentence_is_asked_nothing(partner: Partner) -> None:
    shown = partner.say("can we dispute this invoice of 5 May 2026?")
    assert [reply["data"]["type"] for reply in partner.replies] == ["decision"]
    assert shown["data"]["figures"]["last_day"] == "2027-05-05"
    assert not partner.asked


def test_values_said_with_the_request_are_not_asked_for_again(partner: Partner) -> None:
    asked = partner.say(COMMITMENT)
    assert asked["data"]["known"] == {"Subscription": "1 year", "PBX created on": "5 October 2026"}
    assert (asked["data"]["slot"], asked["data"]["missing"]) == ("length", ["length", "next_renewal"])
    assert partner.press("3 years")["data"]["slot"] == "next_renewal"
    result = partner.say("5 October 2027")
    assert (result["data"]["type"], result["data"]["figures"]["percent"]) == ("decision", 15)


def test_the_question_before_the_button_is_heard_too(understanding: Understanding) -> None:
    earlier = "until when can an invoice of 3 March 2026 be disputed"
    partner = Partner(understanding, last_question=earlier, last_entry="billing/dispute-period")
    assert partner.say(payload("calculate", policy="dispute_window"))["data"]["figures"]["last_day"] == "2027-03-03"


def test_a_case_that_ends_early_is_asked_less(partner: Partner) -> None:
    """A SKIT-free PBX whose new licences are not accepted needs neither attachments nor a subscription."""
    assert partner.say("check if we can convert our UC PBX to x-bees please")["data"]["slot"] == "skit_free"
    assert partner.press("Yes")["data"]["slot"] == "accepts_new_licenses"
    assert partner.press("No")["data"]["verdict"] == "not_eligible"


def test_the_answer_from_the_faq_comes_with_the_first_question(partner: Partner) -> None:
    asked = partner.say("please tell me if I am in time to dispute an invoice")
    assert asked["text"].startswith("You can dispute an invoice for 1 year.")
    assert titles(asked) == ["Read the rule"]
    assert "Read the rule" not in titles(partner.say("tomorrow"))


# What is not clear, or cannot be


@pytest.mark.parametrize(("pressed", "last_day"), [("2 March", "2027-03-02"), ("3 February", "2027-02-03")])
def test_both_readings_of_a_day_are_buttons_and_either_goes_on(partner: Partner, pressed: str, last_day: str) -> None:
    asked = partner.say("how many days are left to dispute invoice dated 02/03/2026")
    assert asked["data"]["readings"] == ["2026-03-02", "2026-02-03"]
    assert titles(asked)[:2] == ["2 March 2026", "3 February 2026"]
    assert "“02/03/2026” can be read in more than one way" in asked["text"]
    assert partner.press(pressed)["data"]["figures"]["last_day"] == last_day


def test_a_reading_can_be_chosen_in_words(partner: Partner) -> None:
    partner.say("how many days are left to dispute invoice dated 02/03/2026")
    assert partner.say("2 March 2026")["data"]["figures"]["last_day"] == "2027-03-02"


def test_an_ambiguous_day_of_an_order_keeps_its_price_and_quantity(partner: Partner) -> None:
    partner.say(CREDIT)
    assert titles(partner.say("12/05/2023")) == ["12 May 2023", "5 December 2023"]
    result = partner.press("12 May")
    assert result["data"]["inputs"]["Hardware"] == "2 items of 12 May 2023, 120.00 EUR together"
    assert result["data"]["figures"]["credit_note"] == {"amount": "48.00", "currency": "EUR"}


@pytest.mark.parametrize(
    ("price", "reason"),
    [("-5 EUR", "-5.00 EUR cannot be a price"), ("0 EUR", "0.00 EUR cannot be a price"), ("3.9999 EUR", "to the cent")],
)
def test_a_price_that_cannot_be_is_refused_and_the_rest_kept(partner: Partner, price: str, reason: str) -> None:
    asked = partner.say(LOSS.format(price))
    assert asked["data"]["slot"] == "capex_price"
    assert reason in asked["data"]["refused"]
    assert reason in asked["text"]
    assert set(asked["data"]["known"]) == {"What happened", "Start of use", "Day of the loss"}
    assert "CAPEX price" not in asked["data"]["known"]
    assert partner.say("180 EUR")["data"]["slot"] == "monthly_fee"


@pytest.mark.parametrize(
    ("day", "reason"),
    [("1 dec 2026", "1 December 2026 is in the future"), ("31 June 2026", "There is no 31 June 2026")],
)
def test_a_day_that_cannot_be_is_refused_with_the_reason(partner: Partner, day: str, reason: str) -> None:
    asked = partner.say(f"can we dispute the invoice dated {day} ?")
    assert (asked["data"]["slot"], reason in asked["text"]) == ("invoice_date", True)
    assert partner.say("ops, 1 dec 2025")["data"]["verdict"] == "accepted"


def test_values_that_contradict_each_other_are_asked_back(partner: Partner) -> None:
    asked = partner.say("hwaas converted on 1 May 2022, ordered 12 May 2023, calculate the credit note")
    assert "would be before the order on 12 May 2023" in asked["data"]["refused"]
    assert (asked["data"]["slot"], asked["data"]["known"]) == ("conversion_date", {"Hardware": "12 May 2023"})
    assert partner.say("1 June 2026")["data"]["figures"]["percent"] == 40


def test_a_country_that_does_not_exist_is_refused(partner: Partner) -> None:
    partner.say(TOLL_FREE)
    assert "I don't know the country “Narnia”" in partner.say("Narnia")["text"]
    assert partner.say("Canada")["data"]["verdict"] == "allowed"


def test_what_is_not_understood_is_asked_for_once_more(partner: Partner) -> None:
    partner.say(COMMITMENT)
    asked = partner.say("lorem ipsum dolor")
    assert asked["text"].startswith("I couldn't take that as an answer for “Length of the Commitment”.")
    assert titles(asked) == ["3 years", "5 years"]


@pytest.mark.parametrize("words", ["I don't know", "no idea", "not sure"])
def test_who_does_not_know_is_told_that_nothing_is_guessed(partner: Partner, words: str) -> None:
    partner.say(COMMITMENT)
    asked = partner.say(words)
    assert "I don't guess" in asked["text"]
    assert asked["data"]["slot"] == "length"


# Correction, back, start over, cancel


def test_a_value_can_be_corrected_while_another_is_asked_for(partner: Partner) -> None:
    partner.say(COMMITMENT)
    asked = partner.say("sorry, created on 6 October 2026")
    assert asked["data"]["known"] == {"Subscription": "1 year", "PBX created on": "6 October 2026"}
    assert asked["data"]["slot"] == "length"


def test_back_asks_for_the_value_given_last(partner: Partner) -> None:
    partner.say(COMMITMENT)
    partner.say("3 years")
    asked = partner.say("back")
    assert (asked["data"]["slot"], "Length of the Commitment" in asked["data"]["known"]) == ("length", False)
    assert partner.say("back")["data"]["slot"] == "created_on"
    assert partner.say("6 October 2026")["data"]["known"]["PBX created on"] == "6 October 2026"


def test_back_with_nothing_given_begins_again(partner: Partner) -> None:
    partner.say(DISPUTE)
    asked = partner.say("back")
    assert (asked["data"]["slot"], asked["data"]["known"]) == ("invoice_date", {})
    assert partner.asked


def test_start_over_forgets_all_values(partner: Partner) -> None:
    partner.say(COMMITMENT)
    asked = partner.say("start over")
    assert (asked["data"]["slot"], asked["data"]["known"]) == ("subscription", {})


def test_cancel_leaves_the_calculation(partner: Partner) -> None:
    partner.say(COMMITMENT)
    assert "I left the calculation" in partner.say("cancel")["text"]
    assert not partner.asked
    assert partner.slots["calculation"] is None
    assert partner.say("3 years")["data"].get("policy") != "commitment_discount"


def test_an_answer_run_again_is_not_taken_for_the_next_one(partner: Partner) -> None:
    partner.say(COMMITMENT)
    partner.say("3 years")
    before = partner.calculation.values
    assert partner.say_again("3 years")["data"]["slot"] == "next_renewal"
    assert partner.calculation.values == before


# Something else in the middle


@pytest.mark.parametrize(
    ("between", "kind"),
    [
        ("where do I download my invoices?", "faq"),
        (payload("show_entry", entry="orders/tracking"), "faq"),
        ("thanks", "smalltalk"),
        ("are you a robot?", "smalltalk"),
        ("I want to talk to a human", "smalltalk"),
        ("my tickets", "tickets"),
        ("who won the world cup?", "no_answer"),
    ],
)
def test_something_in_the_middle_is_answered_and_the_form_comes_back(partner: Partner, between: str, kind: str) -> None:
    partner.say(COMMITMENT)
    before = partner.calculation.values
    partner.say(between)
    assert partner.rejected
    assert [reply["data"]["type"] for reply in partner.replies] == [kind, "ask"]
    assert partner.replies[-1]["text"].startswith("Back to your calculation (**Discount with a Commitment**).")
    assert partner.replies[-1]["data"]["slot"] == "length"
    assert partner.calculation.values == before
    assert partner.say("3 years")["data"]["slot"] == "next_renewal"


def test_a_value_in_a_question_to_the_faq_is_not_taken(partner: Partner) -> None:
    partner.say(COMMITMENT)
    before = partner.calculation.values
    partner.say("where do I download my invoices since 3 March 2026?")
    assert partner.rejected
    assert partner.calculation.values == before


def test_another_calculation_comes_in_between(partner: Partner) -> None:
    partner.say(DELIVERY)
    resumed = partner.say(CALLS)
    result = partner.replies[0]
    assert (result["data"]["policy"], result["data"]["figures"]["total"]) == ("concurrent_calls", 14)
    assert resumed["text"].startswith("Back to your calculation (**Delivery cost of bought hardware**).")
    assert resumed["data"]["known"] == {"Country": "Sweden"}
    assert partner.say("2")["data"]["figures"]["total"] == {"amount": "39.00", "currency": "EUR"}


def test_the_calculation_that_waits_comes_back_after_cancel(partner: Partner) -> None:
    partner.say(DELIVERY)
    partner.say(DISPUTE)
    resumed = partner.say("cancel")
    assert [reply["data"]["type"] for reply in partner.replies] == ["smalltalk", "ask"]
    assert resumed["data"]["slot"] == "opened_boxes"


def test_three_calculations_wait_and_come_back_the_latest_first(partner: Partner) -> None:
    for text in (DELIVERY, DISPUTE, TOLL_FREE, OVERDUE, EMERGENCY):
        partner.say(text)
    assert [one["policy_id"] for one in partner.calculation.paused] == [
        "dispute_window",
        "toll_free_outbound",
        "overdue_stage",
    ]
    for answer, decided, resumed in [
        ("Germany", "emergency_service", "overdue_stage"),
        ("2 weeks overdue", "overdue_stage", "toll_free_outbound"),
        ("USA", "toll_free_outbound", "dispute_window"),
    ]:
        partner.say(answer)
        assert [reply["data"]["policy"] for reply in partner.replies] == [decided, resumed]
    assert partner.say("3 March 2026")["data"]["policy"] == "dispute_window"
    assert not partner.asked, "the oldest of four was given up"


# After the result


def test_a_follow_up_reuses_the_other_values(partner: Partner) -> None:
    partner.say("HWaaS phone lost on 10 November 2026, in use since 1 August 2026, calculate what we pay")
    partner.say("180 EUR")
    assert partner.say("5 EUR")["data"]["figures"]["due"] == {"amount": "190.00", "currency": "EUR"}
    again = partner.say("and if the CAPEX price was 200 EUR?")
    assert again["data"]["figures"]["due"] == {"amount": "210.00", "currency": "EUR"}
    assert again["data"]["inputs"]["Day of the loss"] == "10 November 2026"
    assert partner.say("and if it was stolen?")["data"]["verdict"] == "covered"


def test_the_result_is_left_by_another_question(partner: Partner) -> None:
    partner.say("can we dispute this invoice of 5 May 2026?")
    assert partner.say("where do I download my invoices?")["data"]["id"] == "billing/check-invoices"


@pytest.mark.parametrize(
    ("first", "then", "inputs"),
    [
        (
            "we are 14 days overdue with an invoice, which stage?",
            "it was due on 2 November 2026",
            {"Due date of the invoice"},
        ),
        ("our invoice was due on 2 November 2026, which stage?", "no, 3 days overdue", {"Days overdue"}),
        ("delivery cost to Europe with 2 opened boxes please", "and to Italy?", {"Country", "Opened master boxes"}),
    ],
)
def test_the_other_half_of_what_is_said_anew_is_dropped(
    partner: Partner, first: str, then: str, inputs: set[str]
) -> None:
    assert partner.say(first)["data"]["type"] == "decision"
    shown = partner.say(then)
    assert shown["data"]["type"] == "decision"
    assert set(shown["data"]["inputs"]) == inputs


# Buttons of before


def test_a_button_of_another_calculation_is_refused_while_one_asks(partner: Partner) -> None:
    partner.say(COMMITMENT)
    before = partner.calculation.values
    asked = partner.say(payload("inform", policy="dispute_window", field="invoice_date", value="2026-03-02"))
    assert asked["text"].startswith("I couldn't take that as an answer")
    assert (partner.calculation.policy_id, partner.calculation.values) == ("commitment_discount", before)


def test_a_button_of_another_calculation_with_an_input_of_the_same_name_is_refused(partner: Partner) -> None:
    """Both ask for a country; a number's is not the other number's."""
    button = payload("inform", policy="toll_free_outbound", field="country", value="CA")
    partner.say(EMERGENCY)
    assert partner.say(button)["data"]["slot"] == "country"
    assert "country" not in partner.calculation.values
    assert partner.say("Germany")["data"]["type"] == "decision"
    assert partner.say(button)["data"]["type"] == "no_answer"
    assert partner.calculation.values["country"] == "DE"


def test_a_button_of_another_calculation_is_refused_after_a_result(partner: Partner) -> None:
    partner.say("can we dispute this invoice of 5 May 2026?")
    refused = partner.say(payload("inform", policy="delivery_cost", field="region", value="uk"))
    assert refused["data"]["type"] == "no_answer"
    assert partner.calculation.values == {"invoice_date": "2026-05-05"}


def test_a_button_of_the_calculation_done_last_changes_its_value(partner: Partner) -> None:
    partner.say("how many days are left to dispute invoice dated 02/03/2026")
    other = partner.buttons[1]["payload"]
    partner.press("2 March")
    assert partner.say(other)["data"]["figures"]["last_day"] == "2027-02-03"


@pytest.mark.parametrize("field", ["currency", "colour"])
def test_a_button_with_a_value_that_cannot_be_is_refused(partner: Partner, field: str) -> None:
    partner.say(DISPUTE)
    partner.say(payload("inform", policy="dispute_window", field=field, value="XXX"))
    assert partner.calculation.values == {}
    assert partner.asked


GONE = {"policy_id": "no_such_calculation", "values": {"day": "2026-01-01"}, "state": "done"}


@pytest.mark.parametrize(
    "text",
    [
        DISPUTE,
        "where do I download my invoices?",
        "and if it was 2021?",
        "cancel",
        '/inform{"policy": "no_such_calculation", "field": "day", "value": "2026-01-01"}',
        payload("inform", policy="dispute_window", field="invoice_date", value="2026-01-01"),
    ],
)
def test_a_slot_of_a_calculation_that_is_no_more_does_no_harm(understanding: Understanding, text: str) -> None:
    assert Partner(understanding, calculation=GONE).say(text)["text"]


def test_the_form_of_a_calculation_that_is_no_more_ends_politely(understanding: Understanding) -> None:
    for step in ("action_ask_policy_value", "action_decide"):
        partner = Partner(understanding, calculation=GONE)
        partner._parsed = {"text": "3 March 2026", "intent": {"name": "question", "confidence": 1.0}}
        partner._act(step)
        assert [reply["data"]["type"] for reply in partner.replies] in (["no_answer"], ["smalltalk"])


# Work it out


def test_work_it_out_takes_the_entry_shown_last(partner: Partner) -> None:
    partner.say("How long can I dispute an invoice?")
    assert partner.press("Work it out for my case")["data"]["slot"] == "invoice_date"
    assert partner.say("3 March 2026")["data"]["verdict"] == "accepted"


def test_work_it_out_in_words_takes_the_entry_shown_last(partner: Partner) -> None:
    partner.say("What happens if a partner has overdue invoice payments?")
    assert partner.say("work it out for my case")["data"]["slot"] == "due_date"


def test_work_it_out_without_an_entry_lists_the_calculations(partner: Partner) -> None:
    listed = partner.say("work it out")["text"]
    assert "- Disputing an invoice" in listed
    assert listed.count("\n- ") == 21


def test_a_value_said_after_an_entry_begins_its_calculation(partner: Partner) -> None:
    partner.say("What happens if a partner has overdue invoice payments?")
    assert partner.say("ours was due on 2 November 2026")["data"]["verdict"] == "ordering_blocked"


# Whatever partners type

BEGUN: list[tuple[str, dict[str, Any], str]] = [
    ("commitment_discount", {"subscription": "1y", "created_on": "2026-10-05"}, "length"),
    ("delivery_cost", {"country": "SE"}, "opened_boxes"),
    ("hwaas_credit_note", {"conversion_date": "2026-12-01"}, "items"),
    ("hwaas_loss", {"what_happened": "lost", "start_of_use": "2026-08-01", "lost_on": "2026-11-10"}, "capex_price"),
    ("emergency_service", {"kind": "full_port"}, "country"),
    ("overdue_stage", {}, "due_date"),
]
PAIRS = ({"due_date", "days_overdue"}, {"region", "country"})
_WORDS = (
    "12/05/2023 31/02/24 2026-03-05 99 0 -5 1,200.00 k € $ EUR each not no yes sorry instead stolen lost 3 5 years "
    "days ago tomorrow Italy UK Narnia Monday 12 May March 2021 basic premium back cancel how what long does porting "
    "take invoice price fee delivery opened boxes overnight created renewal and if was on in ? . , - / **"
)
typed = st.text(max_size=40) | st.lists(st.sampled_from(_WORDS.split()), max_size=9).map(" ".join)


@given(begun=st.sampled_from(BEGUN), text=typed)
@example(begun=BEGUN[0], text="5 October 2027")
@example(begun=BEGUN[1], text="not Sweden, Italy")
@example(begun=BEGUN[2], text="12/05/2023")
@example(begun=BEGUN[3], text="0")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_comes_no_value_is_lost_that_the_message_does_not_name(
    understanding: Understanding, begun: tuple[str, dict[str, Any], str], text: str
) -> None:
    if not text.strip() or text.startswith("/"):
        return  # `bot` sends the engine neither
    policy_id, values, asked = begun
    before = Calculation(policy_id, dict(values), asked=asked, mood="asked")
    partner = Partner(understanding, calculation=before.slot(), requested_slot="policy_value")
    partner.form = "policy_form"
    partner.say(text)
    assert all(reply["text"] for reply in partner.replies)
    assert partner.replies
    if understanding.parse(text, NOW)["intent"]["name"] in ENDS:
        return
    read = before.read(text, NOW)
    named = {*read.values, *(one.field for one in read.unclear)}
    named |= {other for pair in PAIRS if pair & named for other in pair}
    slot = partner.slots["calculation"]
    (after,) = (one for one in (slot, *slot["paused"]) if one["policy_id"] == policy_id)
    refused = {one["field"] for one in after["unclear"] if one["reason"]}
    kept = {name: value for name, value in values.items() if name not in named | refused}
    assert kept.items() <= after["values"].items()


# What once went wrong


@pytest.mark.parametrize("first", [None, DISPUTE])
def test_a_button_of_a_calculation_that_is_no_more_is_refused(understanding: Understanding, first: str | None) -> None:
    partner = Partner(understanding)
    if first:
        partner.say(first)
    assert partner.say('/calculate{"policy": "no_such_calculation"}')["text"]


def test_the_other_half_of_a_button_is_dropped(understanding: Understanding) -> None:
    partner = Partner(understanding)
    partner.say("please calculate the delivery for my order")
    partner.say("Sweden")
    partner.say(payload("inform", policy="delivery_cost", field="region", value="uk"))
    assert partner.say("2")["data"]["figures"]["total"]["currency"] == "GBP"


def test_the_other_half_settles_what_was_unclear(understanding: Understanding) -> None:
    partner = Partner(understanding)
    partner.say("invoice with due date 10/11/2026 still open, what works and what is blocked?")
    assert partner.say("it is 12 days overdue")["data"]["type"] == "decision"


def test_two_that_contradict_in_one_message_are_asked_back(understanding: Understanding) -> None:
    shown = Partner(understanding).say(
        "our invoice was due on 2 November 2026 and is 5 days overdue, calculate the stage"
    )
    assert "Which of the two is right?" in shown["text"]


def test_the_other_reading_pressed_after_the_result_changes_the_day(understanding: Understanding) -> None:
    partner = Partner(understanding)
    partner.say(CREDIT)
    partner.say("12/05/2023")
    other = partner.buttons[1]["payload"]
    partner.press("12 May")
    partner.say(other)
    assert [item["date"] for item in partner.calculation.values["items"]] == ["2023-12-05"]


@pytest.mark.parametrize("text", ["**Narnia**", "__Narnia__", "**Narnia"])
def test_a_country_unknown_is_not_bold(understanding: Understanding, text: str) -> None:
    partner = Partner(understanding)
    partner.say(TOLL_FREE)
    assert "**" not in partner.say(text)["text"].replace("**Outbound", "")


@pytest.mark.parametrize(("name", "written"), [("rent", "abc"), ("rent", "5.00 XYZ"), ("rent", "-5 EUR")])
def test_money_that_no_button_says_is_not_taken(name: str, written: str) -> None:
    calculation = Calculation("did_early_cancellation")
    assert not calculation.put(name, written)
    assert calculation.typed() == {}


@pytest.mark.parametrize(
    "slot",
    [
        {"policy_id": "dispute_window", "colour": 1},
        {"policy_id": "dispute_window", "values": {"invoice_day": "2026-01-01"}, "state": "done"},
        {"policy_id": "commitment_discount", "values": {"length": "2y"}},
        {"policy_id": ["x"]},
    ],
)
def test_a_slot_of_an_earlier_release_does_no_harm(understanding: Understanding, slot: dict[str, object]) -> None:
    assert Partner(understanding, calculation=slot).say("where do I download my invoices?")["text"]
    assert Partner(understanding, calculation=slot, requested_slot="policy_value").say(DISPUTE)["text"]


# A form that was filled in elsewhere


def form_of(shown: dict[str, Any], **values: Any) -> str:
    """What a form that was opened under this question carries when it is filled in."""
    data = shown["data"]
    return Filled("policy", data["policy"], stamp(data["values"]), {**data["values"], **values}).payload()


def test_a_form_gives_all_values_at_once_and_exactly(partner: Partner) -> None:
    asked = partner.say(COMMITMENT)
    result = partner.say(
        form_of(asked, length="5y", next_renewal="2027-10-05", new_price={"amount": "1200.50", "currency": "GBP"})
    )
    assert (result["data"]["type"], result["data"]["figures"]["percent"]) == ("decision", 20)
    assert partner.calculation.values["new_price"] == {"amount": "1200.50", "currency": "GBP"}
    assert not partner.asked


def test_a_form_replaces_what_was_known_and_settles_what_was_unclear(partner: Partner) -> None:
    asked = partner.say("can we dispute the invoice of 03/04/2026?")
    assert "readings" in asked["data"]
    result = partner.say(form_of(asked, invoice_date="2026-03-04"))
    assert result["data"]["figures"]["last_day"] == "2027-03-04"


def test_a_form_that_leaves_something_open_is_asked_on(partner: Partner) -> None:
    asked = partner.say(COMMITMENT)
    onward = partner.say(form_of(asked, length="3y"))
    assert (onward["data"]["type"], onward["data"]["slot"]) == ("ask", "next_renewal")


def test_a_form_does_not_overwrite_what_was_said_meanwhile(partner: Partner) -> None:
    asked = partner.say(COMMITMENT)
    partner.say("5 years")
    refused = partner.say(form_of(asked, length="3y", next_renewal="2027-10-05"))
    assert say("calculation_form_late") in refused["text"]
    assert (refused["data"]["known"]["Length of the Commitment"], partner.asked) == ("5 years", True)


def test_a_form_whose_calculation_is_over_is_said_so(partner: Partner, understanding: Understanding) -> None:
    asked = partner.say(COMMITMENT)
    form = form_of(asked, length="3y", next_renewal="2027-10-05")
    assert partner.say(form)["data"]["type"] == "decision"
    before = partner.calculation
    assert partner.say(form)["text"] == say("form_late")
    assert partner.calculation == before
    assert Partner(understanding).say(form)["text"] == say("form_late")


def test_a_form_that_runs_again_after_a_crash_is_taken_once(partner: Partner) -> None:
    asked = partner.say(COMMITMENT)
    form = form_of(asked, length="3y", next_renewal="2027-10-05")
    assert partner.say(form) == partner.say_again(form)


def test_a_form_of_another_calculation_or_with_strange_values_is_not_taken(partner: Partner) -> None:
    asked = partner.say(COMMITMENT)
    for form in (
        form_of(asked, length="7y"),
        form_of(asked, nothing="x"),
        form_of({"data": {**asked["data"], "policy": "dispute_window"}}, length="3y"),
        Filled("ticket", "0" * 32, "x", {"text": "The date is 5 October 2027, for 3 years."}).payload(),
    ):
        refused = partner.say(form)
        assert say("calculation_form_late") in refused["text"]
        assert refused["data"]["values"] == asked["data"]["values"], "nothing of it is read as text"
