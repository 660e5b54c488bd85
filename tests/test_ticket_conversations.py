"""All conversations in which tickets are opened, on a real service: enough of them reach the right ticket."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from typing import Any

import pytest
from rich.console import Console

from benchmarks.conversations import load, report
from benchmarks.ticket_conversations import FOLDER, WANTED, Player, running


@pytest.fixture(scope="module")
def player() -> Iterator[Player]:
    with running() as player:
        yield player


def test_ticket_conversations_reach_the_right_ticket(player: Player) -> None:
    conversations = load(sorted(FOLDER.glob("*.yml")))
    assert len(conversations) >= 120
    played = asyncio.run(player.all(conversations))
    printed = io.StringIO()
    assert report(played, Console(file=printed, width=160), details=True) >= WANTED, printed.getvalue()


def test_a_wrong_expectation_is_noticed(player: Player) -> None:
    right: dict[str, Any] = {"type": "pbx.cancellation", "fields": {"pbx": "Bar Sport"}, "missing": []}
    turns: list[dict[str, Any]] = [
        {"say": "open a ticket: please cancel the PBX", "expect": {"ask": "pbx"}},
        {"say": "Bar Sport", "expect": {"type": "draft"}},
        {"press": "Open", "expect": {"opened": True}},
    ]
    base: dict[str, Any] = {"partner": {"sub": "ann", "company": "control"}, "turns": turns, "ticket": right}
    conversations: list[tuple[str, dict[str, Any]]] = [
        ("x", {**base, "name": "right"}),
        ("x", {**base, "name": "wrong type", "ticket": {**right, "type": "pbx.stopped"}}),
        ("x", {**base, "name": "wrong field", "ticket": {**right, "fields": {"pbx": "Bar Milano"}}}),
        ("x", {**base, "name": "wrong missing", "ticket": {**right, "missing": ["pbx"]}}),
        ("x", {**base, "name": "wrong count", "tickets": 2}),
        ("x", {**base, "name": "never opened", "turns": turns[:2], "tickets": 0, "ticket": right}),
        ("x", {**base, "name": "not asked", "turns": [{**turns[0], "expect": {"ask": "address"}}, *turns[1:]]}),
    ]
    played = asyncio.run(player.all(conversations))
    assert [bool(one.problems) for one in played] == [False, True, True, True, True, False, True]
    assert [bool(one.wrong_results) for one in played] == [False, True, True, True, True, False, False]
