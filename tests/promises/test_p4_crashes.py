"""P4: a crash inside “open ticket”, at whatever point, leaves one ticket, whose number the partner sees, once.

The bot kills itself at a named point (fail_points.py), or the engine is killed before it has saved the
conversation; both are started again. In the web chat, over the API, and towards the outbox. Red
control: a key that is another one at every call.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import sqlite3
import threading
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from tests.promises.bots import actions_url, engine_url
from tests.promises.clients import ChatClient
from tests.promises.conftest import Size
from tests.promises.fail_points import FAIL_POINTS, arm
from tests.promises.faulty_actions import BehindFaults, behind_faults, faulty
from tests.promises.forks import ForkedBot
from tests.promises.server_log import ServerLog
from tests.promises.ticket_talk import CONTACT as WHO
from tests.promises.ticket_talk import claimed, draft_a_ticket, press_open, tickets
from tests.service import Service

__all__ = ["behind_faults", "faulty"]
IN_CHAT = tuple(FAIL_POINTS)
OVER_API = ("dies_before_the_insert", "dies_after_the_insert", "dies_after_the_commit", "dies_before_the_answer")
ABOUT = "the phones of our office in Verona do not ring since yesterday"
_PATIENCE = 60


@pytest.mark.parametrize("point", IN_CHAT)
async def test_a_crash_of_the_bot_in_the_chat(
    point: str, service: Service, receiver: Receiver, tmp_path: Path, size: Size, figures: Callable[[str], None]
) -> None:
    rounds = size(2, 25)
    async with crashing_bot(tmp_path, point, service, receiver) as bot:
        clients = []
        for number in range(rounds):
            client = ChatClient(bot.port)
            clients.append(client)
            await client.start()
            await draft_a_ticket(client, f"{ABOUT} ({number})")
            arm(bot.data_dir)
            press_open(client)
            await died_and_started(bot)
            await client.until(lambda client=client: bool(claimed(client)), _PATIENCE, "number seen")  # type: ignore[misc]
        log = ServerLog(bot.data_dir)
        await receiver.until_told([claimed(client)[0] for client in clients])
        await asyncio.sleep(1.0)  # a second answer would come now
        for client in clients:
            await client.stop()
            assert breaches(client, bot.data_dir, log) == []
            [shown] = claimed(client)
            assert len(receiver.ids[shown]) == 1, "two deliveries of one event"
        repeats = sum(len(times) - 1 for ids in receiver.ids.values() for times in ids.values())
    figures(f"{rounds} crashes: 1 ticket each, its number shown once; the webhook told again {repeats} times")


@pytest.mark.parametrize("point", OVER_API)
async def test_a_crash_of_the_bot_over_the_api(
    point: str, tmp_path: Path, size: Size, figures: Callable[[str], None]
) -> None:
    rounds = size(2, 25)
    async with crashing_bot(tmp_path, point) as bot:
        counts = [await tickets_of_a_crash(bot) for _ in range(rounds)]
    assert counts == [1] * rounds
    figures(f"{rounds} crashes, {sum(counts)} tickets, each number given")


async def test_the_engine_killed_before_it_has_saved(
    faulty: BehindFaults, size: Size, figures: Callable[[str], None]
) -> None:
    log = ServerLog(faulty.data_dir)
    for number in range(rounds := size(2, 25)):
        client = ChatClient(faulty.port)
        await client.start()
        await draft_a_ticket(client, f"{ABOUT} ({number})")
        killed: list[int] = []

        def kill(name: str, killed: list[int] = killed) -> None:
            if name == "action_ticket_done" and not killed:
                engine = faulty.child("engine")
                killed.append(engine.pid)
                engine.kill()
                engine.wait(10)

        faulty.actions.after = kill
        press_open(client)
        await client.until(lambda client=client: bool(claimed(client)), 120, "number seen")  # type: ignore[misc]
        assert killed, "the engine was not killed"
        await asyncio.sleep(1.0)
        await client.stop()
        assert breaches(client, faulty.data_dir, log) == []
    figures(f"engine killed {rounds} times before it saved: 1 ticket each, its number shown once")


async def test_red_control_a_key_that_differs_at_every_call_is_noticed(tmp_path: Path) -> None:
    async with crashing_bot(tmp_path, "random_keys+dies_before_the_answer") as bot:
        assert await tickets_of_a_crash(bot) == 2


def breaches(client: ChatClient, data_dir: Path, log: ServerLog) -> list[str]:
    """Anything but one ticket whose number the partner saw once."""
    found = list(client.faults)
    rows = [row["number"] for row in tickets(data_dir, client.conversation)]
    if len(rows) != 1 or claimed(client) != rows:
        found.append(f"tickets {rows}, shown {claimed(client)}")
    written = [(line.seq, line.kind, line.text) for line in log.transcript(client.conversation)]
    if [(event["seq"], event["kind"], event["text"]) for event in client.transcript] != written:
        found.append("the transcript is not the log")
    return found


@asynccontextmanager
async def crashing_bot(
    tmp_path: Path, build: str, beside: Service | None = None, receiver: Receiver | None = None
) -> AsyncIterator[ForkedBot]:
    """A bot that dies at a fail point when it is armed."""
    settings: dict[str, str] = {}
    if beside is not None:
        settings |= {"CARE_ENGINE_URL": engine_url(beside), "CARE_ACTIONS_URL": actions_url(beside)}
    if receiver is not None:
        settings |= {"CARE_WEBHOOK_URL": receiver.url, "CARE_WEBHOOK_SECRET": secrets.token_hex(32)}
    bot = ForkedBot(tmp_path / "var", build, settings)
    try:
        await asyncio.to_thread(bot.start, beside is not None)
        yield bot
    finally:
        await asyncio.to_thread(bot.close)


async def died_and_started(bot: ForkedBot) -> None:
    """Wait until the bot has died at its fail point, and start it again."""
    await asyncio.wait_for(asyncio.to_thread(bot.await_end), _PATIENCE)
    await asyncio.to_thread(bot.start)


async def tickets_of_a_crash(bot: ForkedBot) -> int:
    """Open one ticket over the API through a crash, with one key; how many tickets came of it."""
    subject = f"the phone does not ring {secrets.token_hex(8)}"
    ticket = {"subject": subject, "description": "It has not rung since yesterday.", "contact": WHO}
    async with httpx.AsyncClient(base_url=bot.url, timeout=20, verify=False) as http:
        await until_up(http)
        arm(bot.data_dir)
        headers = {"Idempotency-Key": secrets.token_hex(16)}
        with pytest.raises(httpx.TransportError):
            await http.post("/api/tickets", json=ticket, headers=headers)
        await died_and_started(bot)
        await until_up(http)
        opened = (await http.post("/api/tickets", json=ticket, headers=headers)).raise_for_status().json()
    with closing(sqlite3.connect(bot.data_dir / "care.db")) as connection:
        rows = connection.execute("SELECT number FROM tickets WHERE subject = ?", [subject]).fetchall()
    assert int(opened["number"].removeprefix("CC-")) in [number for (number,) in rows]
    return len(rows)


async def until_up(http: httpx.AsyncClient) -> None:
    async with asyncio.timeout(_PATIENCE):
        while True:
            try:
                (await http.get("/healthz")).raise_for_status()
                return
            except httpx.TransportError:
                await asyncio.sleep(0.05)


class Receiver:
    """Whom the webhook tells: `ids` has, for each ticket's number, the ids of what it was told, and how often."""

    def __init__(self) -> None:
        self.ids: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                told = json.loads(self.rfile.read(int(self.headers["content-length"])))
                if told["type"] == "ticket.opened":
                    outer.ids[told["ticket"]["number"]][told["id"]].append(told["type"])
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    async def until_told(self, numbers: list[str]) -> None:
        """Wait until it knows of all these tickets."""
        async with asyncio.timeout(_PATIENCE):
            while not set(numbers) <= self.ids.keys():
                await asyncio.sleep(0.05)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A place that is told of tickets."""
    opened = Receiver()
    yield opened
    opened.close()
