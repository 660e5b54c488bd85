"""Evaluation questions, and what a searcher found for one: the form that we and the peers share."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from knowledge.faq.search import Decision

Kind = Literal["faq", "oos", "smalltalk", "double", "followup"]
KINDS: tuple[Kind, ...] = ("faq", "oos", "smalltalk", "double", "followup")


class QuestionError(ValueError):
    """A line of an evaluation file cannot be used; the message names file and line."""


@dataclass(frozen=True)
class Question:
    """One line of an evaluation file.

    `expect` holds acceptable entries (faq, followup: any of them; double: each of them), nothing (oos)
    or `smalltalk:<kind>`. `before` is the question that a followup leans on.
    """

    id: str
    text: str
    expect: tuple[str, ...]
    kind: Kind
    style: str
    before: str = ""

    @property
    def section(self) -> str:
        """The section of the FAQ that answers it; empty when none does."""
        return self.expect[0].split("/")[0] if self.expect else ""


@dataclass(frozen=True)
class Found:
    """What a searcher found: entries best first, the best one's score, and what it would do.

    `answers` are the entries it would show as answers; `intent` is what it took for no question.
    A searcher without a decision of its own has `decision` None.
    """

    ids: tuple[str, ...]
    score: float
    decision: Decision | None = None
    answers: tuple[str, ...] = ()
    intent: str = ""


def read_questions(path: Path) -> list[Question]:
    """Read an evaluation file.

    Raises:
        QuestionError: a line is not a question of a known kind.
    """
    questions = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            fields = json.loads(line)
            question = Question(**{**fields, "expect": tuple(fields["expect"])})
        except (ValueError, KeyError, TypeError) as error:
            raise QuestionError(f"{path.name}, line {number}: {error}") from error
        if question.kind not in KINDS:
            raise QuestionError(f"{path.name}, line {number}: kind {question.kind!r} is none of {', '.join(KINDS)}")
        questions.append(question)
    return questions
