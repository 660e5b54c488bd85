"""P15: with the engine or `actions` down, every message gets an honest reply, is kept, and is answered once afterwards.

/readyz turns red, /healthz stays green. Red control: a build that takes the engine's silence for an answer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.promises.bots import Bot
from tests.promises.clients import ChatClient, differences
from tests.promises.conftest import FULL, Size
from tests.promises.server_log import ServerLog
from tests.service import Service, free_port

HONEST_SECONDS = 15.0
RED_SECONDS = 5.0
AFTERWARDS_SECONDS = 30.0
_HUNG_SECONDS = 20.0


@pytest.mark.parametrize("fault", ["killed", "hung"] if FULL else ["killed"])
@pytest.mark.parametrize("process", ["engine", "actions"])
async def test_an_outage_is_told_and_made_good(
    fragile: Service, process: str, fault: str, size: Size, figures: Callable[[str], None]
) -> None:
    log = ServerLog(fragile.data_dir)
    for _ in range(size(1, 20 if fault == "killed" else 3)):
        clients = [ChatClient(fragile.port) for _ in range(5)]
        for client in clients:
            await client.start()
        async with httpx.AsyncClient(base_url=fragile.url, timeout=30, verify=False) as http:
            watch = Watch(http)
            watching = asyncio.create_task(watch.run())
            child = fragile.child(process)
            child.kill() if fault == "killed" else child.suspend()
            down = time.monotonic()
            api = [asyncio.create_task(post(http, f"{process} {down} {number}")) for number in range(10)]
            for number in range(2):  # the second waits behind the first
                for client in clients:
                    client.say(f"hello there ({number})")
                await asyncio.sleep(1.0)
            if fault == "hung":
                await asyncio.sleep(_HUNG_SECONDS)
                child.resume()
            answers = await asyncio.gather(*api)
            back = await watch.until_ready()
            for client in clients:
                await client.until_answered(60)
            await asyncio.sleep(1.0)  # a second answer would come now
            watching.cancel()

        assert watch.red_at is not None, "/readyz never turned red"
        assert watch.red_at - down < RED_SECONDS + (2 if fault == "hung" else 0)  # a hung process is asked for 2 s
        assert watch.always_healthy
        last = max(client.seen_at[client.events("bot")[-1]["seq"]] for client in clients)
        told = [seconds for client in clients for seconds in honest_seconds(client)]
        errors = sum(data["type"] == "error" for _, data in answers)
        figures(
            f"red after {watch.red_at - down:.1f} s, ready after {back - down:.1f} s; "
            f"web: told within {max(told):.1f} s, answered {last - back:.1f} s after; "
            f"API: {errors} of 10 honest errors within {max(seconds for seconds, _ in answers):.1f} s"
        )
        assert max(told) <= HONEST_SECONDS
        assert last - back < AFTERWARDS_SECONDS
        for client in clients:
            assert differences(client, log.transcript(client.conversation)) == []
            assert client.events("notice"), "the partner was not told"
            await client.stop()
        assert all(seconds <= HONEST_SECONDS for seconds, _ in answers)
        assert all(data["type"] in ("error", "smalltalk") for _, data in answers)
        assert any(data["type"] == "error" and data["retry"] for _, data in answers)


@pytest.mark.parametrize(("wrong", "honest"), [(None, True), ("silence_is_an_answer", False)])
async def test_red_control_silence_taken_for_an_answer_is_noticed(
    start_bot: Callable[..., Bot], wrong: str | None, honest: bool
) -> None:
    bot = start_bot(wrong=wrong, wait=False, CARE_ENGINE_URL=f"http://127.0.0.1:{free_port()}")
    client = ChatClient(bot.port)
    await client.start()
    client.say("hello there")
    await client.until(lambda: client.unacknowledged == 0, 10, "acknowledged")
    await asyncio.sleep(3.5)
    await client.stop()
    assert [seconds <= HONEST_SECONDS for seconds in honest_seconds(client)] == [honest]


@dataclass
class Watch:
    """Looks at /healthz and /readyz all the time."""

    http: httpx.AsyncClient
    red_at: float | None = None
    ready: bool = True
    always_healthy: bool = True

    async def run(self) -> None:
        while True:
            self.always_healthy &= (await self.http.get("/healthz")).status_code == 200
            self.ready = (await self.http.get("/readyz")).status_code == 200
            if not self.ready and self.red_at is None:
                self.red_at = time.monotonic()
            await asyncio.sleep(0.05)

    async def until_ready(self) -> float:
        """When /readyz is green again after it was red."""
        end = time.monotonic() + 90
        while self.red_at is None or not self.ready:
            assert time.monotonic() < end, "never ready again"
            await asyncio.sleep(0.05)
        return time.monotonic()


def honest_seconds(client: ChatClient) -> list[float]:
    """For each message the seconds until the partner was told or answered; for ever if neither."""
    answers = [client.seen_at[event["seq"]] for event in client.events("bot")]
    notices = [client.seen_at[event["seq"]] for event in client.events("notice") if event["text"]]
    seconds = []
    for number, said in enumerate(client.said_at):
        heard = [*answers[number : number + 1], *(notice for notice in notices if notice > said)]
        seconds.append(min(heard, default=float("inf")) - said)
    return seconds


async def post(http: httpx.AsyncClient, sender: str) -> tuple[float, dict[str, Any]]:
    """Ask over the API: seconds, and the first reply's data."""
    started = time.monotonic()
    response = await http.post("/api/chat", json={"sender": sender, "message": "hello there"})
    data: dict[str, Any] = response.raise_for_status().json()["replies"][0]["data"]
    return time.monotonic() - started, data
