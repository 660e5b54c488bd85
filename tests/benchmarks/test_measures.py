"""What is counted as right, wrong, offered, and where the curve is read."""

from __future__ import annotations

import pytest

from benchmarks import measures
from benchmarks.questions import Found, Question

CARD = Question("x1", "can we pay by card", ("billing/payment-options",), "faq", "terse")
ODD = Question("x2", "what is for lunch", (), "oos", "off_domain")
RIGHT, OTHER, THIRD = "billing/payment-options", "billing/check-invoices", "orders/tracking"

OUTCOMES = [
    (Found((RIGHT, OTHER), 0.9, "answer", (RIGHT,)), "right"),
    (Found((RIGHT, OTHER), 0.9, "answer", (RIGHT, OTHER)), "right"),
    (Found((OTHER, RIGHT), 0.9, "answer", (OTHER,)), "wrong"),
    (Found((OTHER, RIGHT), 0.5, "choices"), "choice"),
    (Found((OTHER, THIRD), 0.5, "choices"), "other_choice"),
    (Found((OTHER, THIRD, "general/sla", RIGHT), 0.5, "choices"), "other_choice"),
    (Found((RIGHT,), 0.1, "none"), "unknown"),
    (Found((RIGHT,), 0.1, "none", (), "greet"), "talk"),
    (Found((), 0.0, "none"), "unknown"),
]


@pytest.mark.parametrize(("found", "outcome"), OUTCOMES)
def test_what_became_of_a_question(found: Found, outcome: str) -> None:
    assert measures.outcome(CARD, found) == outcome


def test_every_question_has_one_outcome_and_the_shares_add_up() -> None:
    found = measures.answerable([(CARD, found) for found, _ in OUTCOMES])
    shares = (found.right, found.wrong, found.choice, found.other_choice, found.unknown, found.talk)
    assert sum(shares) == pytest.approx(1)
    assert found.right == pytest.approx(2 / 9)
    assert found.beside == pytest.approx(1 / 9)
    assert found.offered == pytest.approx(3 / 9)
    assert found.top1 == pytest.approx(4 / 9)
    assert found.top3 == pytest.approx(6 / 9)


def test_the_unanswerable_by_what_they_were_given() -> None:
    given = [
        Found((OTHER,), 0.9, "answer", (OTHER,)),
        Found((OTHER,), 0.5, "choices"),
        Found((OTHER,), 0.1, "none"),
        Found((OTHER,), 0.1, "none", (), "bot"),
    ]
    found = measures.unanswerable([(ODD, one) for one in given])
    assert (found.count, found.answered, found.choices, found.talk) == (4, 0.25, 0.25, 0.25)


def test_the_curve_is_read_where_one_of_twenty_unanswerable_is_answered() -> None:
    unanswerable = [(ODD, Found((OTHER,), score / 100)) for score in range(20)]  # surest: .19, then .18
    asked = [
        Found((RIGHT,), 0.185),
        Found((RIGHT,), 0.18),
        Found((OTHER,), 0.9),
        Found((RIGHT,), 0.5, "none", (), "bye"),
    ]
    assert measures.right_at_curve_point([(CARD, one) for one in asked], unanswerable) == 0.25


def test_small_talk_must_be_of_the_right_kind() -> None:
    thanks = Question("x3", "thx", ("smalltalk:thanks",), "smalltalk", "terse")
    kinds = ("thanks", "helpful", "", "bye")
    assert measures.talk_right([(thanks, Found((), 0.0, "none", (), kind)) for kind in kinds]) == 0.25


def test_confusions_come_most_frequent_first_with_the_questions() -> None:
    pairs = [
        (Question("a", "?", (RIGHT,), "faq", "terse"), Found((OTHER,), 0.5)),
        (Question("b", "?", (RIGHT,), "faq", "terse"), Found((THIRD, RIGHT), 0.5)),
        (Question("c", "?", (RIGHT,), "faq", "terse"), Found((THIRD,), 0.5)),
        (Question("d", "?", (RIGHT, OTHER), "faq", "terse"), Found((OTHER,), 0.5)),
    ]
    assert measures.confusions(pairs) == [(RIGHT, THIRD, ["b", "c"]), (RIGHT, OTHER, ["a"])]
