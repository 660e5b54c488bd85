"""The questions that the home and the prompts offer before anybody has asked anything are answered, and rightly."""

from __future__ import annotations

from actions.understanding import Understanding
from bot.slack.blocks import words

ANSWERED_BY = {
    "What is the maximum dispute period?": "billing/dispute-period",
    "How long does a number porting take?": "classound/porting-duration",
    "Where do I download my invoices?": "billing/check-invoices",
}


def test_every_starter_gets_its_entry(understanding: Understanding) -> None:
    found = {}
    for question in words()["home_questions"].splitlines():
        result = understanding.search.search(question)
        assert understanding.parse(question)["intent"]["name"] == "question", (
            f"no calculation, no small talk: {question}"
        )
        assert result.decision == "answer"
        found[question] = result.best
    assert found == ANSWERED_BY
