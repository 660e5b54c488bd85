"""Rules and prose may not disagree: each figure of a table stands in its answers, and the other way round."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from knowledge import strict_yaml
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


# The other way round: what the prose says in figures, the tables know, or it is listed as an example.

EXAMPLES = strict_yaml.load((Path(__file__).parents[2] / "cases" / "prose_examples.yml").read_text(encoding="utf-8"))
SOURCES = sorted({source for policy in POLICIES.values() for source in policy.sources})
_LINK_OR_NUMBERING = re.compile(r"\]\([^)]*\)|^\s*\d+\. ", re.MULTILINE)
_FIGURE = re.compile(r"\d+(?:[.:]\d+)*")


@pytest.mark.parametrize("source", SOURCES)
def test_figures_of_the_answers_stand_in_the_tables(source: str, content: Content) -> None:
    assert unknown_figures(source, content.entries[source].answer) == []


def test_an_example_that_the_answer_no_longer_gives_is_noticed(content: Content) -> None:
    for source, listed in EXAMPLES.items():
        said = set(_FIGURE.findall(content.entries[source].answer))
        assert set(map(str, listed)) <= said, source


def test_a_changed_figure_of_an_answer_is_noticed(content: Content) -> None:
    answer = content.entries["billing/hwaas-credit-note"].answer
    assert unknown_figures("billing/hwaas-credit-note", answer.replace("80%", "85%")) == ["85"]


def unknown_figures(source: str, answer: str) -> list[str]:
    """The figures of an answer that none of its calculations' tables has and that are no listed example."""
    known = set(map(str, EXAMPLES.get(source, [])))
    for policy in POLICIES.values():
        if source in policy.sources:
            for table in tables(policy.id).values():
                for record in table.records:
                    known |= mentioned(record.value) | mentioned(record.since) | mentioned(table.unit)
    text = _LINK_OR_NUMBERING.sub(" ", answer)
    return [figure for figure in _FIGURE.findall(text) if figure not in known]


def mentioned(value: Any) -> set[str]:
    """Every number that a table's value has in it: months also as years, dates by day and year, hours by themselves."""
    if isinstance(value, dict):
        return set().union(*(mentioned(part) for pair in value.items() for part in pair))
    if isinstance(value, list):
        return set().union(*(mentioned(part) for part in value))
    if isinstance(value, date):
        return {str(value.day), str(value.year)}
    if type(value) is int:
        clock = {f"{value}:00", f"{value - 12}:00"} if 12 < value <= 24 else set()  # 22 is 22:00, and 10:00 PM
        return clock | {str(value), *([str(value // 12)] if value and value % 12 == 0 else [])}
    found = set(_FIGURE.findall(str(value)))
    return found | {figure.removesuffix(".00") for figure in found}
