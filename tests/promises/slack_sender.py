"""Slack's side of the promises: delivers signed events to running bots, and counts what comes of them."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import aiohttp

from bot.slack.guard import PATH
from tests.bot.peers import Rasa, serving
from tests.promises.forks import ForkedBot
from tests.slack_world import Slack, posted

Event = dict[str, Any]
_RETRIED = {"x-slack-retry-num": "1", "x-slack-retry-reason": "http_timeout"}


class Reached(Protocol):
    """Something that can be posted to."""

    @property
    def url(self) -> str: ...


@asynccontextmanager
async def rasa_that_echoes() -> AsyncIterator[Rasa]:
    """An engine (and `actions`) that answers every message by itself: what is said is not what is tested here."""
    rasa = Rasa()
    async with serving(rasa.app) as rasa.url:
        yield rasa


def slack_bot(folder: Path, slack: Slack, engine: str, wrong: str | None = None, **settings: str) -> ForkedBot:
    """A `care run` that belongs to this workspace, reached by HTTP."""
    elsewhere = {"CARE_ENGINE_URL": engine, "CARE_ACTIONS_URL": engine}
    return ForkedBot(folder, wrong, {**elsewhere, **slack.settings(), **settings})


class Sender:
    """Posts events to one bot or several, as Slack does: what is not answered by 200 is delivered again."""

    def __init__(self, bots: Iterable[Reached]) -> None:
        self.bots = list(bots)
        self.seconds: list[float] = []  # until each 200
        self.statuses: Counter[int] = Counter()
        self._client = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=20)
        )

    async def deliver(self, event: Event, to: int = 0, *, retried: bool = False) -> bool:
        """One delivery; whether it was acknowledged."""
        body, headers = posted(event)
        began = time.monotonic()
        try:
            more = _RETRIED if retried else {}
            answer = await self._client.post(self.bots[to].url + PATH, data=body, headers={**headers, **more})
            await answer.read()
        except (aiohttp.ClientError, TimeoutError):
            return False
        self.statuses[answer.status] += 1
        if answer.status == 200:
            self.seconds.append(time.monotonic() - began)
        return answer.status == 200

    async def close(self) -> None:
        """Hang up."""
        await self._client.close()


def differences(slack: Slack, questions: Iterable[str]) -> list[str]:
    """Which questions were answered other than once, and what was said that answers none."""
    said = Counter(slack.said())
    wanted = Counter(f"re: {question}" for question in questions)
    found = [f"{said[text]} times: {text}" for text in wanted if said[text] != 1]
    return found + [f"nobody asked: {text}" for text in said if text not in wanted]


async def all_answered(slack: Slack, questions: Iterable[str], seconds: float) -> None:
    """Wait until every question is answered, but no longer than that; then a moment for what is too much."""
    wanted = {f"re: {question}" for question in questions}
    end = time.monotonic() + seconds
    while not wanted <= set(slack.said()) and time.monotonic() < end:
        await asyncio.sleep(0.1)
    await asyncio.sleep(2)
