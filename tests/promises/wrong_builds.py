"""Deliberately wrong builds of `bot`: the red controls of the promises.

`python -m tests.promises.wrong_builds NAME` spoils one thing and then runs `care run`. A promise's test
that passes on the wrong build tests nothing. The product itself has no test mode.
"""

from __future__ import annotations

import asyncio
import sys

from bot import messages
from bot.engine import Answer, Engine, EngineFailure
from bot.messages import Messages, TurnOver, _Job, _Worker
from bot.web import chat_api, guard
from bot.web import socket as web_socket
from cli import run as care_run
from settings import Settings


def bursts_straight_to_the_engine() -> None:
    """P11: every message goes to the engine at once, instead of one after the other in its conversation."""

    def queue(self: Messages, conversation: str, turn_id: str, message: str, retry: bool) -> TurnOver:
        job = _Job(turn_id, message, retry)

        async def run() -> None:
            await self._run(conversation, _Worker(), job)
            job.over.set()

        _tasks.add(asyncio.create_task(run()))
        return job.over

    Messages._queue = queue  # type: ignore[method-assign]


def silent_when_slow() -> None:
    """P13: nobody is told that it takes longer."""
    messages._SLOW_SECONDS = 1e6


def silence_is_an_answer() -> None:
    """P15: the engine's empty list, and its absence, pass for an answer."""
    send = Engine.send

    async def silent(self: Engine, conversation: str, message: str, turn_id: str) -> Answer:
        try:
            return await send(self, conversation, message, turn_id)
        except EngineFailure:
            return Answer([], {})

    Engine.send = silent  # type: ignore[method-assign]


def any_origin() -> None:
    """P22: pages from anywhere may call, forms too."""
    vars(web_socket)["own_or_listed"] = lambda *_: True
    vars(chat_api)["check_caller"] = lambda *_: None


def payloads_pass_through() -> None:
    """P23: what a partner types reaches the engine as it is."""
    vars(messages)["as_text"] = lambda text: text


def limits_off() -> None:
    """P24: frames and bodies of any size; together with CARE_RATE_LIMIT=0."""
    guard.MOST_BODY = 2**40
    care_run._SOCKET_FRAME = 2**26


_BUILDS = {
    build.__name__: build
    for build in (
        bursts_straight_to_the_engine,
        silent_when_slow,
        silence_is_an_answer,
        any_origin,
        payloads_pass_through,
        limits_off,
    )
}
_tasks: set[asyncio.Task[None]] = set()

if __name__ == "__main__":
    _BUILDS[sys.argv[1]]()
    sys.exit(care_run.run_all(Settings.load()))
