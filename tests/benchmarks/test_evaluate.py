"""The evaluation goes the way of the service, and the bot is as good as docs/evaluation.md promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions.understanding import Understanding
from benchmarks import measures
from benchmarks.evaluate import evaluate_files, find, kinds_of_talk, taught_texts
from benchmarks.measures import Pair
from benchmarks.questions import Question, read_questions
from knowledge.faq.entries import Content
from knowledge.faq.index import plain
from settings import ROOT, Settings

OWN = ROOT / "benchmarks" / "questions.jsonl"


@pytest.fixture(scope="module")
def own(understanding: Understanding, content: Content) -> dict[str, list[Pair]]:
    """Our own questions by kind, with what the bot makes of them."""
    taught = taught_texts(content)
    pairs = [(q, find(understanding, q)) for q in read_questions(OWN) if plain(q.text) not in taught]
    return {kind: [pair for pair in pairs if pair[0].kind == kind] for kind in ("faq", "oos", "smalltalk", "double")}


def test_enough_questions_are_left_to_measure(own: dict[str, list[Pair]]) -> None:
    assert len(own["faq"]) > 400
    assert len(own["oos"]) > 140


def test_the_right_entry_is_first_and_among_the_offered(own: dict[str, list[Pair]]) -> None:
    found = measures.answerable(own["faq"])
    assert found.top1 >= 0.90
    assert found.offered >= 0.95


def test_at_the_calibrated_threshold_the_bot_is_right_and_knows_what_it_does_not_know(
    own: dict[str, list[Pair]],
) -> None:
    assert measures.answerable(own["faq"]).right >= 0.84
    assert measures.unanswerable(own["oos"]).answered <= 0.05
    assert measures.talk_right(own["smalltalk"]) >= 0.90


def test_a_follow_up_is_understood_by_the_question_before_it(understanding: Understanding) -> None:
    before = "How do I activate emergency services for a DID in France?"
    alone = Question("x", "and for Germany?", ("classound/emergency-germany",), "followup", "followup")
    leaning = Question("x", "and for Germany?", ("classound/emergency-germany",), "followup", "followup", before)
    assert measures.outcome(leaning, find(understanding, leaning)) == "right"
    assert measures.outcome(alone, find(understanding, alone)) != "right"


def test_small_talk_counts_by_what_is_replied(understanding: Understanding) -> None:
    kinds = kinds_of_talk(understanding)
    assert {kinds[kind] for kind in ("greet", "bye", "bot", "help")} == {"greet", "bye", "bot", "help"}
    assert kinds["helpful"] == kinds["thanks"] == "thanks"
    assert kinds["human"] == "human"


def test_both_questions_of_a_message_count(understanding: Understanding) -> None:
    text = "We forgot to pay the last invoice, what is going to happen? By the way, can we pay by card?"
    expect = ("billing/overdue-payments", "billing/payment-options")
    assert set(find(understanding, Question("x", text, expect, "double", "double")).answers) == set(expect)


def test_what_was_taught_is_not_measured(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taught = "Payment methods: invoice!"  # a phrasing but for case and punctuation
    file = tmp_path / "small.jsonl"
    lines = [
        f'{{"id": "s1", "text": "{taught}", "expect": ["billing/payment-options"], "kind": "faq", "style": "terse"}}',
        '{"id": "s2", "text": "Do you take cards from American Express too?", "expect": ["billing/payment-options"], '
        '"kind": "faq", "style": "formal"}',
        '{"id": "s3", "text": "how high is the Zugspitze", "expect": [], "kind": "oos", "style": "off_domain"}',
    ]
    file.write_text("\n".join(lines), encoding="utf-8")
    evaluate_files([file], settings, peers=False)
    printed = capsys.readouterr().out
    assert "small, 3 messages" in printed
    assert "left out because the index was taught the same words: 1" in printed
    assert "billing" in printed
    assert "formal" in printed
    assert "terse" not in printed
    assert "off_domain" in printed
