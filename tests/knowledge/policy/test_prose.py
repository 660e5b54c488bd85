"""Rules and prose may not disagree: every figure and date of a table stands in the answers it rests on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from knowledge.faq.entries import Content
from knowledge.policy.catalogue import POLICIES
from knowledge.policy.fields import Policy
from knowledge.policy.parameters import tables
from knowledge.policy.wording import day_text

WORDS = {0: "free", 1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 10: "ten", 100: "hundred"}


@pytest.mark.parametrize("policy", POLICIES.values(), ids=lambda policy: policy.id)
def test_figures_of_the_tables_stand_in_the_answers(policy: Policy, content: Content) -> None:
    mismatches = []
    prose = " ".join(content.entries[source].answer for source in policy.sources)
    for table in tables(policy.id).values():
        for record in table.records:
            text = content.entries[record.source].answer + " " + prose
            for figure in figures(record.value):
                if not any(stands_in(spelling, text) for spelling in spellings(figure)):
                    mismatches.append(f"{policy.id}: {table.name}: {figure} is not in {record.source}")
    assert mismatches == []


def test_there_are_figures_to_compare() -> None:
    records = [r for policy in POLICIES for table in tables(policy).values() for r in table.records]
    assert sum(len(list(figures(record.value))) for record in records) > 50


def test_a_wrong_figure_is_seen(content: Content) -> None:
    text = content.entries["billing/hwaas-credit-note"].answer
    assert any(stands_in(spelling, text) for spelling in spellings(80))
    assert not any(stands_in(spelling, text) for spelling in spellings(85))


def figures(value: Any) -> Iterator[Any]:
    """The numbers and dates inside a table's value."""
    if isinstance(value, dict):
        for part in value.values():
            yield from figures(part)
    elif isinstance(value, list):
        for part in value:
            yield from figures(part)
    elif isinstance(value, date) or type(value) is int:
        yield value
    elif isinstance(value, str) and re.fullmatch(r"\d+\.\d\d", value):
        yield int(float(value))


def spellings(figure: Any) -> list[str]:
    """How a figure may stand in prose: as digits, as a word, months as years, zero as nothing to pay."""
    if isinstance(figure, date):
        return [day_text(figure)]
    found = [str(figure), *([WORDS[figure]] if figure in WORDS else []), *(["out of"] if figure == 0 else [])]
    years = figure // 12 if figure and figure % 12 == 0 else None
    return found + ([str(years), *([WORDS[years]] if years in WORDS else [])] if years else [])


def stands_in(spelling: str, text: str) -> bool:
    """Whether a spelling stands in a text as a word or number of its own."""
    return re.search(rf"(?<![\d.]){re.escape(spelling)}(?!\d)", text, re.IGNORECASE) is not None
