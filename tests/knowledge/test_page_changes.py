"""Which entry a published question is, and what is new in it."""

from __future__ import annotations

import pytest

from knowledge.faq.page_changes import Comparison, compare, difference, likeness
from knowledge.faq.page_export import Question

DISPUTE = Question("Billing", "What is the maximum dispute period?", ("The dispute period is 1 year.",))
PAYMENT = Question("Billing", "What are the invoice payment options?")
FAILOVER = Question("CLASSOUND", "Setting up Failover PBX for CLASSOUND.")
HWAAS_TERM = Question(
    "HWaaS", "What is the minimum term of use by a Partner of the HWaaS?", ("The minimum term is 6 months.",)
)
PUBLISHED = {
    "billing/dispute-period": DISPUTE,
    "billing/payment-options": PAYMENT,
    "classound/failover-pbx": FAILOVER,
    "hwaas/minimum-term": HWAAS_TERM,
}


def kinds(*page: Question) -> dict[str, set[str]]:
    return {one.id: one.kinds for one in compare(PUBLISHED, page) if one.kinds != {"unchanged"}}


def test_the_same_page_has_no_difference_whatever_its_order() -> None:
    assert kinds(HWAAS_TERM, FAILOVER, PAYMENT, DISPUTE) == {}


def test_the_case_and_the_last_mark_of_a_title_are_no_difference() -> None:
    assert kinds(DISPUTE, PAYMENT, Question("CLASSOUND", "Setting up failover PBX for CLASSOUND"), HWAAS_TERM) == {}


def test_a_question_that_is_left_out_is_gone() -> None:
    assert kinds(DISPUTE, PAYMENT, HWAAS_TERM) == {"classound/failover-pbx": {"gone"}}


@pytest.mark.parametrize(
    ("question", "wanted_id"),
    [
        (Question("Billing", "Can I pay with Bitcoin?"), "billing/pay-with-bitcoin"),
        (Question("PBX/Licenses", "Paid services"), "pbx-licenses/paid-services"),
        (Question("Billing", "Is there a dispute-period?"), "billing/dispute-period-2"),
        (Question("HWaaS", "où?"), "hwaas/o"),
        (Question("HWaaS", "What is it?"), "hwaas/question"),
    ],
)
def test_an_added_question_gets_an_id_of_its_own(question: Question, wanted_id: str) -> None:
    assert kinds(*PUBLISHED.values(), question) == {wanted_id: {"added"}}


def test_a_title_that_occurs_twice_is_added_the_second_time() -> None:
    assert kinds(*PUBLISHED.values(), DISPUTE) == {"billing/maximum-dispute-period": {"added"}}


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (Question("Billing", "What is the longest dispute period?", DISPUTE.lines), {"reworded"}),
        (Question("Billing", "Until when may I complain?", DISPUTE.lines), {"reworded"}),
        (Question("Billing", "Until when may I complain?", ("Ask Customer Care.",)), {"added"}),
        (Question("Billing", "How long may I dispute an invoice?", DISPUTE.lines), {"reworded"}),
        (Question("Billing", "What is the longest dispute period?", ("Two years.",)), {"reworded", "changed"}),
        (Question("Billing", DISPUTE.title, ("The dispute period is 2 years.",)), {"changed"}),
        (Question("Orders", DISPUTE.title, DISPUTE.lines), {"changed"}),
        (Question("Billing", DISPUTE.title), {"changed"}),
    ],
)
def test_another_title_answer_or_section_is_told(now: Question, expected: set[str]) -> None:
    found = next(one for one in compare(PUBLISHED, [now, PAYMENT, FAILOVER, HWAAS_TERM]) if one.now == now)
    assert found.kinds == expected


def test_of_two_alike_questions_each_goes_to_the_likelier_entry() -> None:
    shorter = Question("HWaaS", "What is the minimum term of use of the HWaaS?", HWAAS_TERM.lines)
    other = Question("HWaaS", "What is the minimum term of use of the DID?", ("One day.",))
    page = [other, shorter, DISPUTE, PAYMENT, FAILOVER]
    assert likeness(other, HWAAS_TERM) >= 75, "the example must be one that could be mistaken"
    assert {one.id for one in compare(PUBLISHED, page) if one.now == shorter} == {"hwaas/minimum-term"}
    assert kinds(*page)["hwaas/minimum-term"] == {"reworded"}


def test_the_difference_names_the_lines() -> None:
    before = Question("Billing", "Fees", ("One.", "Two.", "Three."))
    now = Question("Orders", "Fees", ("One.", "2.", "Three.", "Four."))
    assert difference(Comparison("billing/fees", before, now)) == [
        *("- Two.", "+ 2.", "+ Four."),
        "(moved from section Billing to Orders)",
    ]


def test_an_answer_that_appears_or_goes_is_said() -> None:
    nothing, something = Question("Billing", "Fees"), Question("Billing", "Fees", ("None.",))
    assert difference(Comparison("x/y", nothing, something)) == ["+ None.", "(the page had no answer before)"]
    assert difference(Comparison("x/y", something, nothing)) == ["- None.", "(no answer on the page)"]
    assert difference(Comparison("x/y", None, nothing)) == ["(no answer on the page)"]
