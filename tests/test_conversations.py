"""All conversations about calculations through the real engine: at least 95 % reach the right results."""

from __future__ import annotations

import asyncio
import io

from rich.console import Console

from benchmarks.conversations import FOLDER, WANTED, load, play_all, report, running_engine


def test_conversations_reach_the_right_results() -> None:
    conversations = load(sorted(FOLDER.glob("*.yml")))
    assert len(conversations) >= 150
    with running_engine() as url:
        played = asyncio.run(play_all(url, conversations))
    printed = io.StringIO()
    assert report(played, Console(file=printed, width=160), details=True) >= WANTED, printed.getvalue()


def test_a_wrong_expectation_is_noticed() -> None:
    right = {"policy": "dispute_window", "figures": {"days_left": 364}}
    turn = {"say": "until when can we dispute our invoice of 21 November 2026?"}
    conversations = [
        ("x", {"name": "right", "turns": [{**turn, "expect": right}]}),
        ("x", {"name": "wrong figure", "turns": [{**turn, "expect": {**right, "figures": {"days_left": 1}}}]}),
        ("x", {"name": "wrong policy", "turns": [{**turn, "expect": {"policy": "overdue_stage"}}]}),
        ("x", {"name": "not asked", "turns": [{**turn, "expect": {"ask": True}}]}),
    ]
    with running_engine() as url:
        played = asyncio.run(play_all(url, conversations))
    assert [bool(one.problems) for one in played] == [False, True, True, True]
    assert [one.wrong_results for one in played] == [0, 1, 1, 0]
