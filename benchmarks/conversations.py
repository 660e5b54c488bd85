"""Conversations about calculations through the real engine: `python -m benchmarks.conversations [FILE…]`.

Stock Rasa with our dialogue model, and `actions` with the real index on a clock that stands at
NOW. tests/cases/conversations says what partners type and what must come out; README there.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import uvicorn
from rich.console import Console
from rich.table import Table

from actions.live_index import LiveIndex
from actions.server import create_app
from benchmarks.engines import start_engine
from bot.engine import Engine, EngineFailure, as_text
from knowledge import strict_yaml
from settings import ROOT, Settings
from tests.service import free_port
from tickets.database import Database

FOLDER = ROOT / "tests" / "cases" / "conversations"
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=ZoneInfo("Europe/Rome"))
WANTED = 0.95  # share that reaches the right results
_TOKEN = "conversations"
_MOST_ANSWERS = 12  # a conversation that asks for more goes round in circles
_AT_ONCE = 4


@dataclass
class Played:
    """One conversation played: what was said by whom, and what was not as expected."""

    file: str
    name: str
    lines: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    wrong_results: int = 0


def load(files: list[Path]) -> list[tuple[str, dict[str, Any]]]:
    """(file, conversation) for all of them."""
    return [
        (path.stem, conversation)
        for path in files
        for conversation in strict_yaml.load(path.read_text(encoding="utf-8"))
    ]


@contextlib.contextmanager
def running_engine() -> Iterator[str]:
    """The engine's address, with `actions` behind it on the fixed clock."""
    actions_port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/care.db")
        database.migrate()
        config = uvicorn.Config(
            create_app(LiveIndex(Settings.load({})), database, _TOKEN, now=lambda: NOW),
            "127.0.0.1",
            actions_port,
            log_level="warning",
        )
        server = uvicorn.Server(config)
        threading.Thread(target=server.run, daemon=True).start()
        engine, url = start_engine(Path(folder), _TOKEN, f"http://127.0.0.1:{actions_port}")
        try:
            yield url
        finally:
            engine.terminate()
            engine.wait()
            server.should_exit = True
            database.close()


async def play_all(url: str, conversations: list[tuple[str, dict[str, Any]]]) -> list[Played]:
    """Play all conversations, a few at the same time."""
    engine = Engine(url)
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(number: int, file: str, conversation: dict[str, Any]) -> Played:
        async with slots:
            return await play(engine, f"conversation-{number}", file, conversation)

    try:
        return await asyncio.gather(*(one(i, file, talk) for i, (file, talk) in enumerate(conversations)))
    finally:
        await engine.close()


async def play(engine: Engine, sender: str, file: str, conversation: dict[str, Any]) -> Played:
    """Play one conversation as the partner would."""
    played = Played(file, conversation["name"])
    answers: dict[str, str] = dict(conversation.get("answers", {}))
    replies: list[dict[str, Any]] = []
    number = 0

    async def say(message: str) -> None:
        nonlocal replies, number
        number += 1
        played.lines.append(f"  > {message}")
        replies = (await engine.send(sender, message, f"{sender}-{number}")).replies
        for reply in replies:
            played.lines += [f"    {line}" for line in _short(reply)]

    try:
        for turn in conversation["turns"]:
            if "press" in turn:
                payload = _button(replies, turn["press"])
                if payload is None:
                    played.problems.append(f"no button “{turn['press']}”")
                    break
                await say(payload)
            else:
                await say(as_text(turn["say"]))
            of_turn = list(replies)
            for _ in range(_MOST_ANSWERS):
                slot = replies[-1]["data"].get("slot")
                if turn.get("expect", {}).get("ask") or slot not in answers:
                    break
                await say(as_text(answers.pop(slot)))
                of_turn += replies
            expect = turn.get("expect", {})
            problem = _differs(expect, replies, of_turn)
            if problem:
                played.wrong_results += "policy" in expect
                played.problems.append(f"after “{turn.get('say', turn.get('press'))}”: {problem}")
    except EngineFailure as failure:
        played.problems.append(f"the engine failed: {failure}")
        played.wrong_results += 1
    return played


def report(played: list[Played], console: Console, *, details: bool) -> float:
    """Print by file how many conversations reached the right results, and went right in all; the share of the first.

    What is asked on the way, and whether a rule was explained first, counts only for the second.
    """
    table = Table("conversations", "of", "right results", "share", "right in all", "share")
    files = list(dict.fromkeys(one.file for one in played))
    for file in [*files, "all"]:
        mine = [one for one in played if file in (one.file, "all")]
        reached, right = sum(not one.wrong_results for one in mine), sum(not one.problems for one in mine)
        shares = f"{reached / len(mine):.1%}", f"{right / len(mine):.1%}"
        table.add_row(file, str(len(mine)), str(reached), shares[0], str(right), shares[1])
    console.print(table)
    for one in played:
        if one.problems:
            console.print(f"\n{one.file}: {one.name}", highlight=False, markup=False)
            for line in [*(one.lines if details else []), *(f"  ✗ {problem}" for problem in one.problems)]:
                console.print(line, highlight=False, markup=False, soft_wrap=True)
    return sum(not one.wrong_results for one in played) / len(played)


def _differs(expect: dict[str, Any], replies: list[dict[str, Any]], of_turn: list[dict[str, Any]]) -> str:
    """How the last reply differs from what is expected; empty where it doesn't."""
    last = replies[-1]["data"]
    said = f"{last.get('type')} {last.get('slot') or last.get('policy') or last.get('id') or ''}".strip()
    if "faq" in expect and not any(
        reply["data"].get("id") == expect["faq"] or expect["faq"] in reply["data"].get("ids", []) for reply in of_turn
    ):
        return f"expected the entry {expect['faq']}, got {[reply['data'].get('id') for reply in of_turn]} ({said})"
    if "ask" in expect and (last["type"] != "ask" or expect["ask"] not in (True, last["slot"])):
        return f"expected to be asked for {expect['ask']}, got {said}"
    if "refused" in expect and (last.get("slot") != expect["refused"] or "refused" not in last):
        return f"expected {expect['refused']} to be refused, got {said}"
    if "choices_for" in expect and (last.get("slot") != expect["choices_for"] or len(last.get("readings", [])) < 2):
        return f"expected two readings of {expect['choices_for']}, got {said}"
    if "policy" in expect:
        found = [reply["data"] for reply in of_turn if reply["data"].get("type") == "decision"]
        found = [data for data in found if data["policy"] == expect["policy"]]
        if not found:
            return f"expected a result of {expect['policy']}, got {said}"
        result = found[-1]
        if "verdict" in expect and result["verdict"] != expect["verdict"]:
            return f"expected the verdict {expect['verdict']}, got {result['verdict']}"
        for name, figure in expect.get("figures", {}).items():
            if not _holds(figure, result["figures"].get(name)):
                return f"expected {name} = {figure}, got {result['figures'].get(name)}"
    return ""


def _holds(expected: Any, found: Any) -> bool:
    """Whether a figure is as expected; of one with parts only those that are named."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return all(_holds(part, found.get(name)) for name, part in expected.items())
    return bool(expected == found)


def _button(replies: list[dict[str, Any]], title: str) -> str | None:
    return next(
        (button["payload"] for reply in replies for button in reply["buttons"] if title in button["title"]), None
    )


def _short(reply: dict[str, Any]) -> list[str]:
    lines = [line for line in reply["text"].splitlines() if line.strip()][:6]
    buttons = " ".join(f"[{button['title']}]" for button in reply["buttons"][:6])
    return [f"({reply['data'].get('type')})", *lines, *([buttons] if buttons else [])]


def main(arguments: list[str]) -> int:
    """Play the given files, or all; 1 where fewer than 95 % reached the right results."""
    files = [Path(argument) for argument in arguments if not argument.startswith("-")] or sorted(FOLDER.glob("*.yml"))
    with running_engine() as url:
        played = asyncio.run(play_all(url, load(files)))
    return int(report(played, Console(width=140), details="--quiet" not in arguments) < WANTED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
