"""What decides the type beside the classifier: facts, and what is asked for besides."""

from __future__ import annotations

from typing import Any

import pytest

from knowledge import strict_yaml
from settings import ROOT
from tickets.types import ticket_types
from triage.facts import facts
from triage.kinds import split_requests, with_facts
from triage.passages import read_passages

CASES: list[dict[str, Any]] = strict_yaml.load(
    (ROOT / "tests" / "cases" / "triage" / "facts.yml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"][:50])
def test_a_fact_decides_between_types(case: dict[str, Any]) -> None:
    odds = {name: 0.6 if name == case["likeliest"] else 0.4 / (len(ticket_types()) - 1) for name in ticket_types()}
    decided, reason = with_facts(odds, read_passages(case["text"]))
    assert max(decided, key=lambda name: decided[name]) == case["type"]
    assert bool(reason) == (case["type"] != case["likeliest"])
    assert sum(decided.values()) == pytest.approx(1)


def test_every_fact_names_types_that_exist() -> None:
    assert len(facts()) > 10
    for fact in facts():
        assert {fact.type, *fact.among} <= ticket_types().keys()
        assert fact.type not in fact.among
        assert 0 < fact.sure < 1


@pytest.mark.parametrize(
    ("text", "main", "also"),
    [
        ("Cancel the number. By the way, when do you close?", "Cancel the number.", "By the way, when do you close?"),
        ("Please add two users. Also send me the September invoice.", "Please add two users.", "Also send me the"),
        ("Please add two users to our PBX.", "Please add two users to our PBX.", ""),
        ("Also the second phone is broken.", "Also the second phone is broken.", ""),
    ],
)
def test_what_is_asked_besides_is_set_apart(text: str, main: str, also: str) -> None:
    kept, besides = split_requests(read_passages(text))
    assert " ".join(kept.content) == main
    assert " ".join(besides).startswith(also)
