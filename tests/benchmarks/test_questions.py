"""Evaluation files: read strictly, and the project's own set is what it says it is."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from benchmarks.questions import KINDS, QuestionError, read_questions
from knowledge.faq.entries import Content
from settings import ROOT

OWN = ROOT / "benchmarks" / "questions.jsonl"
LINE = (
    '{"id": "x1", "text": "can we pay by card", "expect": ["billing/payment-options"], "kind": "faq", "style": "terse"}'
)


def test_a_line_becomes_a_question(tmp_path: Path) -> None:
    file = tmp_path / "some.jsonl"
    file.write_text(LINE + "\n", encoding="utf-8")
    (question,) = read_questions(file)
    assert question.expect == ("billing/payment-options",)
    assert question.section == "billing"
    assert question.before == ""


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("not json", "Expecting value"),
        (LINE.replace('"kind": "faq"', '"kind": "riddle"'), "kind 'riddle' is none of faq, oos"),
        (LINE.replace('"style"', '"mood"'), "mood"),
        ('{"id": "x1"}', "expect"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, complaint: str) -> None:
    file = tmp_path / "some.jsonl"
    file.write_text(f"{LINE}\n{line}\n", encoding="utf-8")
    with pytest.raises(QuestionError, match=r"some\.jsonl, line 2: ") as error:
        read_questions(file)
    assert complaint in str(error.value)


def test_our_own_questions_ask_for_every_entry_and_have_every_kind(content: Content) -> None:
    questions = read_questions(OWN)
    asked = Counter(entry for question in questions if question.kind == "faq" for entry in question.expect)
    assert set(asked) == set(content.entries)
    assert {question.kind for question in questions} == set(KINDS)
    assert len({question.id for question in questions}) == len(questions)
    assert all(len(question.expect) == 2 for question in questions if question.kind == "double")
    assert all(question.before for question in questions if question.kind == "followup")
