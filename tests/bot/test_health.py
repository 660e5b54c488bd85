"""The look at the other two processes: it notices within seconds and never stops looking."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest
from starlette.responses import JSONResponse, PlainTextResponse, Response

from bot import health as module
from bot.engine import Engine
from bot.health import Health
from tests.bot.peers import Rasa
from tests.service import free_port


@pytest.fixture
async def health(engine: Engine, rasa: Rasa, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Health]:
    """A look every 20 ms, at one server in both places."""
    monkeypatch.setattr(module, "_LOOK_SECONDS", 0.02)
    looking = Health()
    task = asyncio.create_task(looking.watch(engine, rasa.url))
    yield looking
    assert not task.done(), "it stopped looking"
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def becomes(health: Health, *, ready: bool) -> None:
    """Wait until the health is so."""
    end = time.monotonic() + 20
    while health.ready is not ready:
        assert time.monotonic() < end, health
        await asyncio.sleep(0.01)


def test_nothing_is_ready_before_the_first_look() -> None:
    assert not Health().ready


async def test_both_are_there(health: Health) -> None:
    await becomes(health, ready=True)
    assert (health.engine, health.actions, health.index) == (True, True, "abc")


async def test_an_engine_that_stops_answering_is_noticed_and_its_return_too(health: Health, rasa: Rasa) -> None:
    await becomes(health, ready=True)
    rasa.alive = PlainTextResponse("starting", 503)
    await becomes(health, ready=False)
    assert (health.engine, health.actions) == (False, True)
    rasa.alive = PlainTextResponse("Hello from Rasa: 3.6.21")
    await becomes(health, ready=True)


@pytest.mark.parametrize(
    "answer",
    [
        JSONResponse({"status": "ok"}),
        JSONResponse({"status": "ok", "index": "abc"}, 500),
        JSONResponse([]),
        JSONResponse(None),
        JSONResponse("index"),
        PlainTextResponse("It works!"),
        Response(b"\xff", media_type="application/json"),
    ],
    ids=["no index", "500", "list", "null", "text", "not JSON", "not UTF-8"],
)
async def test_actions_that_answer_nonsense_are_not_there(health: Health, rasa: Rasa, answer: Response) -> None:
    await becomes(health, ready=True)
    good, rasa.healthz = rasa.healthz, answer
    await becomes(health, ready=False)
    assert (health.engine, health.actions, health.index) == (True, False, "")
    rasa.healthz = good
    await becomes(health, ready=True)


async def test_actions_that_are_not_there_at_all_are_noticed(engine: Engine) -> None:
    looking = Health(actions=True)
    task = asyncio.create_task(looking.watch(engine, f"http://127.0.0.1:{free_port()}"))
    end = time.monotonic() + 20
    while not looking.engine:
        assert time.monotonic() < end
        await asyncio.sleep(0.01)
    assert not looking.actions
    task.cancel()
