"""Whether a message wants a case worked out or the rule explained: a table of messages, with the real index."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from actions.requests import names_none, wanted
from actions.understanding import Understanding
from knowledge.policy.catalogue import POLICIES

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=ZoneInfo("Europe/Rome"))

EXPLAINED = [
    "How does the dispute of an invoice work?",
    "what is the rule for disputing invoices",
    "explain how the commitment discount works",
    "How is the LifeTime support fee calculated?",
    "what are the conditions for the HWaaS credit note",
    "how does prorating of licences work in general",
    "what does the X in a number range mean?",
    "tell me about the delivery costs of hardware",
    "How do overdue stages work?",
    "can you explain the minimum term of a DID number",
    "how are CLASSOUND Flats determined",
    "what is the policy on lost HWaaS items?",
    "how is the early cancellation fee of a DID computed?",
    "How does the warranty of a device work",
    "how does switching from UC to x-bees work?",
    "what are the rules for emergency calls from a German number",
    "What does Commitment mean?",
    "how should the credit note for converted phones be calculated",
    "What is the billing cycle of HWaaS?",
]
UNSURE = [
    "What happens if we don't pay an invoice?",
    "Until when can an invoice be disputed?",
    "How long does porting take?",
    "Which services of Customer Care cost money?",
    "Are outbound calls possible with toll-free numbers?",
    "when can licences be amended?",
]
ELSEWHERE = [
    "where can I see my DID numbers",
    "How can I order hardware?",
    "who are you?",
    "thanks a lot",
    "what is the weather in Rome",
    "",
    "!!!",
]
WORKED_OUT = [
    ("invoice of 5 May 2026, is a dispute still possible for my client?", "dispute_window"),
    ("calculate the dispute deadline for the bill of 14 July 2026", "dispute_window"),
    (
        "PBX created 1 November 2026, yearly, 3 years commitment, renewal 1 November 2027, 800 EUR",
        "commitment_discount",
    ),
    ("work out the commitment discount for my client", "commitment_discount"),
    ("calculate the LifeTime support fee for 2024, WMS 5, standard fee 200 EUR", "lifetime_support_fee"),
    ("our invoice was due on 3 November 2026, what is blocked now?", "overdue_stage"),
    ("my customer is 12 days overdue, which stage is that?", "overdue_stage"),
    ("DID activated 4 August 2026, cancelled 1 October 2026, rent 3 EUR, Flat 5 EUR: fee?", "did_early_cancellation"),
    ("please work out the early cancellation of a DID for my client", "did_early_cancellation"),
    ("client lost his HWaaS phone on 3 November 2026, in use since 1 July 2026, CAPEX 200 EUR", "hwaas_loss"),
    ("phones ordered 3 June 2024 for 900 EUR become HWaaS now, what do we get back?", "hwaas_credit_note"),
    ("calculate the credit note for converting bought phones to HWaaS", "hwaas_credit_note"),
    ("HWaaS shipped on 2 November 2026, when does billing start?", "hwaas_dates"),
    ("porting confirmed for 14 December 2026, can I still move it to 18 December?", "porting_date_change"),
    ("full porting ordered today, when will the numbers of my client be ported?", "porting_lead_time"),
    ("how many Flats do 7 business and 2 basic licences give?", "flat_allocation"),
    ("how many calls at the same time with 10 premium and 4 basic?", "concurrent_calls"),
    ("first and last number of +39 02 1234 5XX", "did_range"),
    ("yearly licence ordered on 1 December 2026, the PBX expires 1 June 2027, what do I pay?", "license_proration"),
    ("can I amend licences on 31 January 2027 at 22:30 UTC?", "amendment_window"),
    ("check if our UC PBX, 1 year, can be converted to x-bees", "xbees_conversion"),
    ("what does delivery to France cost with 3 opened boxes?", "delivery_cost"),
    ("please calculate the delivery for my order", "delivery_cost"),
    ("my client's bought phone stopped working, 1-year warranty, bought 3 March 2026, return?", "device_return"),
    ("what do we pay for recovering 3 deleted DIDs?", "paid_service"),
    ("can my client call emergency services from his fully ported number in Italy?", "emergency_service"),
    ("can we call out with a Toll-Free number of Canada?", "toll_free_outbound"),
]
# The same topic twice: the rule, and one's own case.
PAIRS = [
    (
        "how does the early cancellation of a DID work",
        "how does it work for a DID activated 4 August 2026 and cancelled on 1 October 2026, what is the fee",
    ),
    ("How are delivery costs calculated?", "calculate the delivery cost for my client in Italy"),
    (
        "How is the credit note determined?",
        "what credit note do we get for 2 phones ordered 12 May 2024 at 240 EUR each",
    ),
    ("how many Flats does a PBX get, in general?", "how many Flats does our PBX with 5 business and 3 basic get"),
]


def asked_for(understanding: Understanding, text: str) -> str | None:
    return wanted(text, understanding.search.search(text), NOW)


@pytest.mark.parametrize("text", EXPLAINED)
def test_how_something_works_is_explained(understanding: Understanding, text: str) -> None:
    assert asked_for(understanding, text) is None


@pytest.mark.parametrize("text", UNSURE)
def test_a_question_without_a_case_is_explained(understanding: Understanding, text: str) -> None:
    assert asked_for(understanding, text) is None


@pytest.mark.parametrize("text", ELSEWHERE)
def test_what_no_calculation_is_about_is_not_worked_out(understanding: Understanding, text: str) -> None:
    assert asked_for(understanding, text) is None


@pytest.mark.parametrize(("text", "policy"), WORKED_OUT)
def test_a_case_of_ones_own_is_worked_out(understanding: Understanding, text: str, policy: str) -> None:
    assert asked_for(understanding, text) == policy


@pytest.mark.parametrize(("rule", "case"), PAIRS)
def test_the_values_make_the_difference(understanding: Understanding, rule: str, case: str) -> None:
    assert asked_for(understanding, rule) is None
    assert asked_for(understanding, case) is not None


def test_every_calculation_can_be_asked_for() -> None:
    """The table above knows all of them."""
    assert {policy for _, policy in WORKED_OUT} == set(POLICIES)
    assert len({*EXPLAINED, *UNSURE, *ELSEWHERE, *(text for text, _ in WORKED_OUT)}) >= 40


@pytest.mark.parametrize("text", ["work it out", "ok, please calculate", "work this out for my case", "Compute now!"])
def test_an_order_that_names_nothing_is_known_as_such(understanding: Understanding, text: str) -> None:
    assert names_none(text, understanding.search.search(text))


@pytest.mark.parametrize("text", ["calculate the dispute deadline", "how does it work", "work", "calculate 2 + 2"])
def test_other_messages_name_something(understanding: Understanding, text: str) -> None:
    assert not names_none(text, understanding.search.search(text))
