"""What changed between two publications of the FAQ page: which entry each question is, and what is new in it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz import fuzz

from knowledge.faq.page_export import Question

# From 75 of 100 on, titles (or titles and answers together) are one question reworded: of all pairs of the
# 102 published titles only three are as alike, and those are told apart by their exact titles first.
_SAME_QUESTION = 75.0
_ID_WORDS = 5
_SMALL_WORDS = {
    *("a", "an", "and", "are", "be", "by", "can", "do", "does", "for", "get", "how", "i", "in", "is", "it"),
    *("my", "of", "on", "or", "the", "there", "to", "what", "when", "where"),
}


@dataclass(frozen=True)
class Comparison:
    """One question before and now: `before` is None for an added one, `now` is None for one that is gone."""

    id: str
    before: Question | None
    now: Question | None

    @property
    def reworded(self) -> bool:
        """Whether the title is another one."""
        return bool(self.before and self.now and self.before.title_key != self.now.title_key)

    @property
    def changed(self) -> bool:
        """Whether the answer or the section is another one."""
        return bool(
            self.before
            and self.now
            and (self.before.answer_key != self.now.answer_key or self.before.section != self.now.section)
        )

    @property
    def kinds(self) -> set[str]:
        """What the report lists it under."""
        if self.before is None:
            return {"added"}
        if self.now is None:
            return {"gone"}
        kinds = {"changed"} if self.changed else set()
        return (kinds | {"reworded"} if self.reworded else kinds) or {"unchanged"}


def compare(published: dict[str, Question], questions: Iterable[Question]) -> list[Comparison]:
    """Pair the page's questions with entries: by title, then by likeness; the rest is added or gone.

    In the order of the page, then what is gone.
    """
    by_title = {question.title_key: entry_id for entry_id, question in published.items()}
    pairs: list[tuple[Question, str | None]] = [(q, by_title.pop(q.title_key, None)) for q in questions]
    unpaired = {entry_id: published[entry_id] for entry_id in by_title.values()}
    alike = sorted(
        (
            (score, position, entry_id)
            for position, (question, paired) in enumerate(pairs)
            if paired is None
            for entry_id, before in unpaired.items()
            if (score := likeness(question, before)) >= _SAME_QUESTION
        ),
        key=lambda found: -found[0],
    )
    for _, position, alike_id in alike:
        if pairs[position][1] is None and unpaired.pop(alike_id, None) is not None:
            pairs[position] = (pairs[position][0], alike_id)
    taken = set(published)
    comparisons: list[Comparison] = []
    for question, paired in pairs:
        before = published[paired] if paired else None
        comparisons.append(Comparison(paired or _new_id(question, published, taken), before, question))
    return comparisons + [Comparison(entry_id, before, None) for entry_id, before in unpaired.items()]


def likeness(one: Question, other: Question) -> float:
    """0 to 100: how alike two questions are, by their titles or, with answers, by both."""
    titles = fuzz.token_sort_ratio(one.title_key, other.title_key)
    if not (one.lines and other.lines):
        return titles
    return max(titles, (titles + 2 * fuzz.ratio(one.answer_key, other.answer_key)) / 3)


def _new_id(question: Question, published: dict[str, Question], taken: set[str]) -> str:
    """An unused id: the section's folder, then the title's first words that carry meaning."""
    folders = {known.section: entry_id.split("/")[0] for entry_id, known in published.items()}
    words = re.findall(r"[a-z0-9]+", question.title_key)
    name = "-".join([word for word in words if word not in _SMALL_WORDS][:_ID_WORDS]) or "question"
    folder = folders.get(question.section) or "-".join(re.findall(r"[a-z0-9]+", question.section.lower())) or "new"
    wanted = f"{folder}/{name}"
    number = 1
    while wanted in taken:
        number += 1
        wanted = f"{folder}/{name}-{number}"
    taken.add(wanted)
    return wanted


def difference(one: Comparison) -> list[str]:
    """The lines taken away and added, each with its sign, and what else is to be known."""
    before, now = one.before or Question("", ""), one.now or Question("", "")
    lines = [
        line
        for line in list(difflib.unified_diff(before.lines, now.lines, n=0, lineterm=""))[2:]
        if not line.startswith("@@")
    ]
    if one.before and before.section != now.section:
        lines.append(f"moved from section {before.section} to {now.section}")
    if not now.lines:
        lines.append("no answer on the page")
    elif one.before and not before.lines:
        lines.append("the page had no answer before")
    return [f"{line[0]} {line[1:]}" if line[0] in "+-" else f"({line})" for line in lines]
