"""Slack: turns a second, and how long Slack waits: `python -m benchmarks.slack`, also part of `make bench`.

Signed events go to the whole service over HTTP, and its answers to the Slack on loopback of the tests. Every question
comes in a channel of its own, so that Slack's one message a second does not set the pace. What counts are the ratios:
to the same questions over `POST /api/chat`, and to an endpoint that only looks at the signature (bare_slack.py).
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.engines import wait_for
from benchmarks.speed import answered, throughput
from settings import ROOT
from tests.promises.slack_sender import Sender
from tests.service import Service, free_port
from tests.slack_world import SIGNING_SECRET, Fault, Slack

_PARTNERS = (1, 8, 32)
_A_SECOND = (20, 100)
_SECONDS = 8
_WARM_UP = 30
_QUESTIONS = 150

_console = Console(width=110)


@dataclass(frozen=True)
class At:
    """Where events are posted to."""

    url: str


class Answers:
    """Tells when the first answer comes into a channel."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Event] = {}

    def expect(self, channel: str) -> asyncio.Event:
        """Set when something is said there."""
        return self._waiting.setdefault(channel, asyncio.Event())

    def __call__(self, method: str, arguments: Mapping[str, Any]) -> Fault | None:
        """The weather in Slack, which sees every call: always fine."""
        if method == "chat.postMessage" and (event := self._waiting.pop(str(arguments["channel"]), None)):
            event.set()
        return None


async def main() -> None:
    """Print both tables."""
    _console.print(
        f"{datetime.now(UTC):%Y-%m-%d} · {platform.machine()}, {os.cpu_count()} cores, "
        f"{psutil.virtual_memory().total / 2**30:.0f} GiB, Python {platform.python_version()}, "
        f"load before {os.getloadavg()[0]:.1f}"
    )
    answers = Answers()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, bare_endpoint() as bare:
        async with Slack(weather=answers) as slack:
            service = Service(Path(folder) / "var", slack.settings())
            await asyncio.to_thread(service.start)
            try:
                asked = await asyncio.to_thread(questions, service)
                await turns(service, slack, answers, asked)
                await acknowledgements(service, slack, bare, asked)
            finally:
                await asyncio.to_thread(service.stop)
            assert slack.problems == [], slack.problems


def questions(service: Service) -> Iterator[str]:
    """FAQ questions that begin no calculation, again and again."""
    lines = (ROOT / "benchmarks" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines if '"kind": "faq"' in line][:_QUESTIONS]
    return itertools.cycle([text for text in texts if answered(service, text)])


async def turns(service: Service, slack: Slack, answers: Answers, asked: Iterator[str]) -> None:
    """From the question to its answer, in Slack and over the API."""
    numbers = itertools.count()
    sender = Sender([service])
    async with httpx.AsyncClient(timeout=60) as client:

        async def in_slack(_: str) -> None:
            channel = f"D{next(numbers)}TURN"
            answer = answers.expect(channel)
            assert await sender.deliver(slack.message(next(asked), channel=channel))
            await asyncio.wait_for(answer.wait(), 60)

        async def by_api(_: str) -> None:
            body = {"sender": f"bench-{next(numbers)}", "message": next(asked)}
            response = await client.post(f"{service.url}/api/chat", json=body)
            assert response.json()["replies"][0]["data"]["type"] != "error", response.text

        for _ in range(_WARM_UP):
            await in_slack("")
            await by_api("")
        table = Table("partners at once", "Slack, turns/s", "p95 ms", "API, turns/s", "p95 ms", "Slack / API")
        for partners in _PARTNERS:
            everybody = [str(number) for number in range(partners)]
            rate, p95 = await throughput(in_slack, everybody)
            api_rate, api_p95 = await throughput(by_api, everybody)
            table.add_row(
                *(str(partners), f"{rate:.1f}", f"{p95 * 1e3:.0f}", f"{api_rate:.1f}"),
                *(f"{api_p95 * 1e3:.0f}", f"{rate / api_rate:.2f}"),
            )
        _console.print(table)
    await sender.close()


async def acknowledgements(service: Service, slack: Slack, bare: At, asked: Iterator[str]) -> None:
    """How long Slack waits for its 200, and the processor time of `bot` for each event, with turns and answers."""
    table = Table("events a second", "to", "p50 ms", "p95 ms", "p99 ms", "worst", "no answer", "`bot`, ms an event")
    for a_second in _A_SECOND:
        for where in (bare, service):
            before = service.process.cpu_times()
            waited, failed = await burst(where, slack, asked, a_second)
            after = service.process.cpu_times()
            worked = (after.user + after.system - before.user - before.system) / len(waited) * 1e3
            figures = [f"{waited[int(len(waited) * share)] * 1e3:.1f}" for share in (0.5, 0.95, 0.99)]
            of_bot = where is service
            table.add_row(
                *(str(a_second), "the bot" if of_bot else "a bare endpoint", *figures, f"{waited[-1] * 1e3:.1f}"),
                *(str(failed), f"{worked:.1f}" if of_bot else ""),
            )
    _console.print(table)


async def burst(to: At | Service, slack: Slack, asked: Iterator[str], a_second: int) -> tuple[list[float], int]:
    """Seconds until each acknowledgement, in order of size, and how many came to nothing.

    Each event leaves in its time, whatever became of those before.
    """
    sender = Sender([to])
    began, sent = time.monotonic(), []
    for number in range(a_second * _SECONDS):
        await asyncio.sleep(max(0.0, began + number / a_second - time.monotonic()))
        event = slack.message(next(asked), channel=f"D{number}A{slack.ts().replace('.', '')}")
        sent.append(asyncio.create_task(sender.deliver(event)))
    acknowledged = await asyncio.gather(*sent)
    await sender.close()
    return sorted(sender.seconds), acknowledged.count(False)


@contextmanager
def bare_endpoint() -> Iterator[At]:
    """An endpoint that only looks at the signature, in a process of its own."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.bare_slack", str(port), SIGNING_SECRET]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        wait_for(f"http://127.0.0.1:{port}", process)
        yield At(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    asyncio.run(main())
