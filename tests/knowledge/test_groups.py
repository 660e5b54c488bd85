"""Texts that mean the same come together, with the real encoder and the real index."""

from __future__ import annotations

from itertools import combinations

from benchmarks.questions import read_questions
from knowledge.faq.groups import group
from knowledge.faq.search import Search
from settings import ROOT

PAY = ["can i pay in bitcoin", "do you take bitcoin for invoices", "is crypto payment possible"]
CALL = ["who do i call on sundays", "weekend hotline number", "emergency phone of support at the weekend"]


def test_the_same_in_other_words_is_one_group(search: Search) -> None:
    texts = [text for pair in zip(PAY, CALL, strict=True) for text in pair] + ["does the app run on a smart watch"]
    found = group(search, texts)
    assert [sorted(one.texts) for one in found] == [[0, 2, 4], [1, 3, 5], [6]]
    assert found[0].entry == "billing/payment-options"
    assert found[0].question == search.entry("billing/payment-options").question
    assert found[2].decision == "none"


def test_every_text_is_in_one_group(search: Search) -> None:
    texts = [*PAY, "", "🙂", "?!", "x" * 10_000, *PAY]
    found = group(search, texts)
    assert sorted(at for one in found for at in one.texts) == list(range(len(texts)))


def test_none_and_one(search: Search) -> None:
    assert group(search, []) == []
    assert [one.texts for one in group(search, ["how long does porting take"])] == [(0,)]


def test_questions_put_together_ask_the_same(search: Search) -> None:
    """The figures that groups.py gives, with room for another training."""
    asked = [one for one in read_questions(ROOT / "benchmarks" / "questions.jsonl") if one.kind == "faq"]
    found = group(search, [one.text for one in asked])
    together = {pair for one in found for pair in combinations(sorted(one.texts), 2)}
    same = {(a, b) for a, b in combinations(range(len(asked)), 2) if asked[a].expect[0] == asked[b].expect[0]}
    assert len(together & same) / len(together) > 0.9
    assert len(together & same) / len(same) > 0.55
