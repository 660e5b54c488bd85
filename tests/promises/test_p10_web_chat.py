"""P10: servers killed and sockets cut, and every transcript still equals the server's log.

Nothing lost, nothing doubled, nothing reordered; a message written offline is sent once. Kills are real
(SIGKILL) and land while partners write. Red controls: a client that resends under a new id, one that never
resends.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import psutil
import pytest

from tests.promises.bots import Bot
from tests.promises.clients import ChatClient, differences
from tests.promises.conftest import Size
from tests.promises.proxy import CuttingProxy, Side
from tests.promises.server_log import ServerLog
from tests.service import Service

# Each has exactly one answer, whatever number follows it.
TEXTS = (
    "What is the maximum dispute period?",
    "thank you very much",
    "hello there",
    "where do I download my invoices?",
)
BACK_SECONDS = 5.0  # p95, from the server's return to the client's


class Forgetful(ChatClient):
    """Wrong: resends what was not acknowledged under a new id."""

    def outbox_to_send(self) -> list[dict[str, Any]]:
        if len(self.welcomes) == 2:
            self._outbox = {new: {**frame, "client_id": new} for new, frame in zip(NEW_IDS, self._outbox.values())}  # noqa: B905
        return super().outbox_to_send()


class Careless(ChatClient):
    """Wrong: what was sent once is never sent again."""

    def outbox_to_send(self) -> list[dict[str, Any]]:
        frames, self._outbox = super().outbox_to_send(), {}
        return frames


NEW_IDS = [f"another-id-{number}" for number in range(10)]


async def test_killed_servers_and_cut_sockets_lose_nothing(
    start_bot: Callable[..., Bot], size: Size, dice: random.Random, figures: Callable[[str], None]
) -> None:
    bot = start_bot()
    log = ServerLog(bot.data_dir)
    kills, cuts = size(6, 200), size(6, 200)
    back: list[float] = []
    open_turns = 0
    async with CuttingProxy(bot.port) as proxy:
        clients = [ChatClient(proxy.port) for _ in range(size(5, 20))]
        async with talking(clients, log, dice, pause=size(1, 4)):
            for fault in dice.sample(["kill"] * kills + ["cut"] * cuts, kills + cuts):
                await asyncio.sleep(dice.uniform(0.2, 1.0))
                if fault == "cut":
                    sides: list[Side | None] = [None, "client", "server"]
                    await proxy.cut(dice.randrange(100), dice.choice(sides))
                    continue
                await until_busy(log)
                bot.kill()
                killed = time.monotonic()
                open_turns += log.pending()
                await asyncio.to_thread(bot.start)
                back += await seconds_until_back(clients, killed)
        for client in clients:
            assert differences(client, log.transcript(client.conversation)) == []
            steps = [later - before for before, later in zip(client.attempts, client.attempts[1:], strict=False)]
            assert min(steps) > 0.99  # at most one attempt a second
    messages = sum(len(client.said) for client in clients)
    back.sort()
    figures(
        f"{kills} kills with {open_turns} turns open, {cuts} cuts, {len(clients)} clients, {messages} messages: "
        f"0 lost, doubled or reordered; back in {back[len(back) // 2]:.1f} s (median), "
        f"{back[int(0.95 * len(back))]:.1f} s (p95)"
    )
    assert open_turns > 0, "no kill landed while a turn was under way"
    assert len(back) == kills * len(clients)
    assert back[int(0.95 * len(back))] < BACK_SECONDS


async def test_the_whole_service_killed_loses_nothing_and_leaves_nothing_behind(
    fragile: Service, size: Size, dice: random.Random
) -> None:
    log = ServerLog(fragile.data_dir)
    clients = [ChatClient(fragile.port) for _ in range(size(3, 20))]
    async with talking(clients, log, dice, pause=size(1, 6)):  # half of the time there is no engine to answer
        for _ in range(size(1, 20)):
            await asyncio.sleep(dice.uniform(0.5, 1.5))
            children = [fragile.child("engine"), fragile.child("actions")]
            fragile.kill()
            await asyncio.to_thread(fragile.start)
            _, alive = psutil.wait_procs(children, timeout=10)
            assert not alive, "processes of the killed service go on running"
    for client in clients:
        assert differences(client, log.transcript(client.conversation)) == []


@pytest.mark.parametrize(
    ("wrong", "swallowed", "result"), [(Forgetful, "server", "doubled"), (Careless, "client", "lost")]
)
async def test_red_control_a_wrong_client_is_noticed(
    service: Service, log: ServerLog, wrong: type[ChatClient], swallowed: Side, result: str
) -> None:
    async with CuttingProxy(service.port) as proxy:
        client = wrong(proxy.port)
        await client.start()
        cutting = asyncio.create_task(proxy.cut(-1, swallowed, 0.5))
        await asyncio.sleep(0)
        client.say("hello there (1)")
        await cutting
        await client.until(lambda: len(client.welcomes) == 2, 10, "connected again")
        await asyncio.sleep(1.0)
        await client.stop()
    found = differences(client, log.transcript(client.conversation))
    assert any(result in difference for difference in found), found


@asynccontextmanager
async def talking(
    clients: Sequence[ChatClient], log: ServerLog, dice: random.Random, pause: float
) -> AsyncIterator[None]:
    """Clients that write while the block runs, then wait until all is acknowledged, answered and shown, and hang up."""

    async def talk(client: ChatClient) -> None:
        while True:
            client.say(f"{dice.choice(TEXTS)} ({len(client.said) + 1})")
            await asyncio.sleep(dice.uniform(0.5, 1.5) * pause)

    for client in clients:
        await client.start()
    writing = [asyncio.create_task(talk(client)) for client in clients]
    try:
        yield
    finally:
        for task in writing:
            task.cancel()
        await asyncio.gather(*writing, return_exceptions=True)
    for client in clients:
        await settled(client, log)
        await client.stop()


async def settled(client: ChatClient, log: ServerLog, seconds: float = 120) -> None:
    """Wait until all that the client wrote is acknowledged, answered and shown to it."""
    await client.until(lambda: client.unacknowledged == 0, seconds, "all acknowledged")
    await client.until(lambda: log.pending(client.conversation) == 0, seconds, "all answered")
    last = log.transcript(client.conversation)[-1].seq
    await client.until(lambda: client.last_seen >= last, 20, f"event {last} seen")


async def until_busy(log: ServerLog) -> None:
    """Wait until a turn is under way, so that the kill lands in it; a few seconds at most."""
    end = time.monotonic() + 5
    while not log.pending() and time.monotonic() < end:
        await asyncio.sleep(0.005)


async def seconds_until_back(clients: Sequence[ChatClient], killed: float) -> list[float]:
    """How long from now each client takes until it is welcome again."""
    now = time.monotonic()
    for client in clients:
        await client.until(lambda client=client: client.welcomes[-1] > killed, 30, "back")  # type: ignore[misc]
    return [max(0.0, client.welcomes[-1] - now) for client in clients]
