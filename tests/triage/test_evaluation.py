"""Our own evaluation keeps its floor: benchmarks/tickets.jsonl, by an author of its own, never trained on."""

from __future__ import annotations

import pytest

from actions.understanding import Understanding
from benchmarks.tickets import Figures, measure, read_cases
from settings import ROOT, Settings
from triage.triage import Triage


@pytest.fixture(scope="module")
def unseen(settings: Settings, understanding: Understanding) -> Figures:
    """The half that nobody looked at while the triage was made."""
    cases = [case for case in read_cases(ROOT / "benchmarks" / "tickets.jsonl") if not case.seen]
    assert len(cases) > 150
    return measure(cases, Triage.load(settings, understanding.search).judge)


@pytest.mark.parametrize(("what", "floor"), [("type", 0.9), ("queue", 0.95), ("priority", 0.89), ("missing", 0.83)])
def test_the_triage_keeps_its_floor(unseen: Figures, what: str, floor: float) -> None:
    assert unseen.shares[what] >= floor


def test_no_urgent_ticket_is_overlooked(unseen: Figures) -> None:
    assert not unseen.urgent_too_low


def test_identifiers_are_precise(unseen: Figures) -> None:
    assert unseen.identifiers.precision >= 0.94
    assert unseen.identifiers.recall >= 0.9
