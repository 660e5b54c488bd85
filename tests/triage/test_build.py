"""Training: what it learns from, and when it trains again."""

from __future__ import annotations

from pathlib import Path

import pytest

from settings import ROOT
from tickets.types import PRIORITIES, ticket_types
from triage.build import current_version, labelled, read_examples

EXAMPLES = ROOT / "triage" / "examples.yml"


def test_there_are_examples_of_every_type_and_priority() -> None:
    examples = read_examples(EXAMPLES)
    assert examples.keys() == ticket_types().keys()
    assert min(map(len, examples.values())) >= 30
    assert {row["priority"] for rows in examples.values() for row in rows} == set(PRIORITIES)


@pytest.mark.parametrize(
    "content",
    [
        "billing.nothing:\n  - {text: a, priority: normal}",
        "billing.dispute:\n  - {text: a, priority: soon}",
        "billing.dispute:\n  - {priority: normal}",
    ],
)
def test_an_example_that_cannot_be_used_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "examples.yml").write_text(content)
    with pytest.raises(ValueError, match=r"examples\.yml"):
        read_examples(tmp_path / "examples.yml")


def test_what_agents_put_right_is_learned() -> None:
    examples = {"billing.dispute": [{"text": "wrong invoice", "priority": "normal"}]}
    corrections = [
        ("it is no dispute", "type", "billing.payment"),
        ("nothing works", "priority", "urgent"),
        ("our phones are mute", "queue", "Tech Support"),
        ("which bill is it", "queue", "Billing"),  # many types: which one it is, nobody said
        ("strange", "type", "no.such_type"),
    ]
    types, priorities = labelled(examples, corrections)
    assert ("it is no dispute", "billing.payment") in types
    assert ("our phones are mute", "tech.support") in types
    assert ("nothing works", "urgent") in priorities
    assert not {"strange", "which bill is it"} & {text for text, _ in types}


def test_without_a_model_there_is_no_version(tmp_path: Path) -> None:
    assert current_version(tmp_path) == ""
