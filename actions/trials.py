"""Trials of a phrasing: run by a process of its own, one at a time; what it found is kept until the next."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
import sys
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from settings import ROOT

log = logging.getLogger("care.trials")

COMMAND = (sys.executable, "-m", "benchmarks.trial")
_LONGEST_LINE = 4 * 1024 * 1024
FAILED = "The trial ended without a result. The log of the service says more."


class Busy(Exception):
    """A trial runs already."""


@dataclass
class Trial:
    """One trial; bot/console/content.py reads this form."""

    id: str = ""
    text: str = ""
    entry: str = ""
    question: str = ""
    by: str = ""
    state: Literal["none", "running", "failed", "done", "added"] = "none"
    phase: str = ""
    done: int = 0
    of: int = 0
    problem: str = ""
    replayed: int = 0
    itself: list[str] = field(default_factory=list)
    flips: list[dict[str, Any]] = field(default_factory=list)
    content: str = ""  # hash of the content that it was tried with


class Trials:
    """The trial that runs, or the last one."""

    def __init__(self, command: tuple[str, ...] = COMMAND) -> None:
        self._command = command
        self._task: asyncio.Task[None] | None = None
        self.last = Trial()

    def start(self, text: str, entry: str, question: str, by: str) -> None:
        """Begin a trial. Raises Busy while another runs."""
        if self.last.state == "running":
            raise Busy
        self.last = Trial(secrets.token_hex(8), text, entry, question, by, "running", "build")
        self._task = asyncio.create_task(self._run(self.last))

    async def stop(self) -> None:
        """End a trial that runs."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self, trial: Trial) -> None:
        try:
            await self._follow(trial)
        except (OSError, ValueError) as error:
            log.error("a trial failed: %s", type(error).__name__)
        finally:
            if trial.state == "running":
                trial.state, trial.problem = "failed", trial.problem or FAILED

    async def _follow(self, trial: Trial) -> None:
        process = await asyncio.create_subprocess_exec(
            *self._command,
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=None,  # our own: the log
            limit=_LONGEST_LINE,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps({"text": trial.text, "entry": trial.entry}).encode() + b"\n")
            await process.stdin.drain()
            async for line in process.stdout:
                _take(trial, json.loads(line))
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.terminate()
            await process.wait()


def shown(trial: Trial) -> dict[str, Any]:
    """As `bot` is told."""
    return asdict(trial)


def _take(trial: Trial, told: dict[str, Any]) -> None:
    """What the trial's process says."""
    if "problem" in told:
        trial.state, trial.problem = "failed", str(told["problem"])
    elif "result" in told:
        result = told["result"]
        trial.replayed, trial.content = int(result["replayed"]), str(result["content"])
        trial.itself, trial.flips = list(result["itself"]), list(result["flips"])
        trial.state = "done"
    else:
        trial.phase, trial.done, trial.of = str(told["phase"]), int(told["done"]), int(told["of"])
