"""P24: whatever is sent, there is no 5xx, no unhandled exception, the right code, and others do not feel it.

Schemathesis runs all its checks over the whole OpenAPI document; fuzzed frames go over the web socket, wrong in
their content, their JSON or their bytes. Red control: a build without limits.
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from tests.promises.bots import Bot, memory_mb
from tests.promises.clients import ChatClient
from tests.promises.conftest import Size
from tests.promises.fuzzed_frames import LONGEST_FRAME, fuzz, greet, hello, message
from tests.promises.raw_socket import TEXT, RawSocket
from tests.service import Service

BODY = 64 * 1024
MESSAGES_A_MINUTE = 20
FRAMES_A_MINUTE = 100
SOCKETS_A_CHAT, SOCKETS_AN_ADDRESS = 5, 50

# How the server may hang up: our own reasons, and the protocol's for what breaks it; 1006 where bytes that it will not
# read any more reset the line before the code arrives. Never 1011, internal error.
RIGHT_CODES = {None, 1000, 1002, 1005, 1006, 1007, 1008, 1009, 4401}


@pytest.fixture
def unhandled(service: Service) -> Callable[[], list[str]]:
    """The exceptions that the shared service printed since the test began."""
    before = len(service.output())
    return lambda: exceptions(service.output()[before:])


def exceptions(output: str) -> list[str]:
    """Lines that begin the report of an exception which nobody handled."""
    signs = ("Exception in ASGI", "exception was never retrieved", "Exception in callback", "failed inside the bot")
    return [line for line in output.splitlines() if any(sign in line for sign in signs)]


def test_schemathesis_finds_nothing(
    service: Service, unhandled: Callable[[], list[str]], size: Size, dice: random.Random, tmp_path: Path
) -> None:
    """All checks; `st replay` in the output names the request of each failure."""
    config = Path(__file__).with_name("schemathesis.toml")
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config)),
        *("run", f"{service.url}/openapi.json", "--no-color", "-H", "X-Care-Chat: 1"),
        *("--max-examples", str(size(5, 300)), "--seed", str(dice.randrange(2**16)), "--generation-database", "none"),
    ]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=3000)
    assert run.returncode == 0, run.stdout[-20_000:] + run.stderr
    assert "Test cases:" in run.stdout
    assert unhandled() == []


async def test_fuzzed_frames_break_nothing(
    service: Service,
    unhandled: Callable[[], list[str]],
    size: Size,
    dice: random.Random,
    figures: Callable[[str], None],
) -> None:
    async with httpx.AsyncClient(base_url=service.url, timeout=10, verify=False) as http:
        sessions = [await open_session(http) for _ in range(4)]
    sent, codes = 0, Counter[int | None]()
    while sent < size(1000, 10_000):
        socket = await RawSocket.open(service.port)
        sent += greet(socket, dice, sessions)
        for _ in range(dice.randint(1, 8)):
            sent += fuzz(socket, dice)
        await socket.replies(0.02)
        codes[socket.code] += 1
        socket.hang_up()
    figures(f"{sent} frames; closed with {dict(sorted(codes.items(), key=str))} (None: not closed)")
    assert set(codes) <= RIGHT_CODES
    assert {1002, 1007, 1008, 1009, 4401} <= set(codes), "the frames were not wrong in every way"
    assert unhandled() == []
    client = ChatClient(service.port)
    await client.start()
    client.say("hello there")
    await client.until_answered(60)
    await client.stop()


# One way to be wrong each, and the code for it.
WRONG_CODES: dict[str, int | str] = {
    "body declared too long": 413,
    "body too long without saying so": 413,
    "message after message by API": 429,
    "message after message by socket": "rate",
    "frame of 16 KB and a byte": 1009,
    "frame of 1 MB": 1009,
    "frame after frame": 1008,
}


async def test_limits_answer_with_the_right_codes(start_bot: Callable[..., Bot]) -> None:
    bot = start_bot(CARE_RATE_LIMIT=str(MESSAGES_A_MINUTE))
    assert await codes_of(bot) == WRONG_CODES
    assert await unfit_frames(bot) == 1008
    assert await sockets_refused(bot, one_chat=True, opened=SOCKETS_A_CHAT + 3) == {1013: 3}
    assert await sockets_refused(bot, one_chat=False, opened=SOCKETS_AN_ADDRESS + 10) == {1013: 10}
    assert exceptions(bot.output()) == []


async def test_red_control_a_build_without_limits_is_noticed(start_bot: Callable[..., Bot]) -> None:
    wrong = start_bot(wrong="limits_off", CARE_RATE_LIMIT="0")
    codes = await codes_of(wrong)
    assert {what for what, code in codes.items() if code == WRONG_CODES[what]} == set()
    assert await sockets_refused(wrong, one_chat=True, opened=SOCKETS_A_CHAT + 3) == {}


async def test_one_who_floods_is_not_felt_by_others(
    start_bot: Callable[..., Bot], size: Size, figures: Callable[[str], None]
) -> None:
    bot = start_bot(CARE_RATE_LIMIT=str(MESSAGES_A_MINUTE))
    seconds = size(3, 10)
    quiet = await acknowledged_seconds(bot, seconds)
    memory = memory_mb(bot)
    floods = [
        flood_messages(bot, size(300, 1000), seconds),
        flood_sockets(bot, size(200, 2000), seconds),
        flood_frames(bot, seconds),
        slow_bodies(bot, size(50, 200), seconds),
    ]
    flooding = [asyncio.create_task(flood) for flood in floods]
    loud = await acknowledged_seconds(bot, seconds)
    await asyncio.gather(*flooding)
    grown = memory_mb(bot) - memory
    figures(
        f"acknowledged, p95: {quiet * 1000:.0f} ms quiet, {loud * 1000:.0f} ms beside a flood "
        f"(generated by the same process); memory +{grown:.0f} MB"
    )
    assert grown < 100
    assert loud < 2 * quiet + 1.0  # the flood is made on the same two cores
    assert exceptions(bot.output()) == []


async def codes_of(bot: Bot) -> dict[str, int | str]:
    """What a bot answers to each way to be wrong; 200 or 0 when it does not mind."""
    found: dict[str, int | str] = {}
    long = json.dumps({"sender": "too long", "message": "x" * BODY}).encode()
    headers = {"content-type": "application/json"}

    async def unannounced() -> AsyncIterator[bytes]:
        yield long[:100]
        yield long[100:]

    async with httpx.AsyncClient(base_url=bot.url, timeout=20, verify=False) as http:
        answer = await http.post("/api/chat", content=long, headers=headers)
        found["body declared too long"] = answer.status_code
        answer = await http.post("/api/chat", content=unannounced(), headers=headers)
        found["body too long without saying so"] = answer.status_code
        statuses = [
            (await http.post("/api/chat", json={"sender": "many", "message": "\x00"})).status_code
            for _ in range(MESSAGES_A_MINUTE + 1)
        ]
        found["message after message by API"] = statuses[-1] if set(statuses[:-1]) == {200} else 0
        socket = await welcomed(bot, http)
        for number in range(FRAMES_A_MINUTE + 1):
            socket.send(TEXT, message(number, "\x00"))
        answers = [json.loads(text) for text in await socket.replies(3.0)]
        problems = [answer["code"] for answer in answers if answer["type"] == "problem"]
        found["message after message by socket"] = (
            problems[MESSAGES_A_MINUTE] if len(problems) > MESSAGES_A_MINUTE else 0
        )
        found["frame after frame"] = socket.code or 0
        for what, length in (("frame of 16 KB and a byte", LONGEST_FRAME + 1), ("frame of 1 MB", 2**20)):
            socket = await welcomed(bot, http)
            socket.send(TEXT, b"x" * length)
            await socket.replies(1.0)
            found[what] = socket.code or 0
            socket.hang_up()
    return found


async def unfit_frames(bot: Bot) -> int | None:
    """The code after five frames that are none of ours."""
    async with httpx.AsyncClient(base_url=bot.url, timeout=20, verify=False) as http:
        socket = await welcomed(bot, http)
    for _ in range(5):
        socket.send(TEXT, b"{}")
    await socket.replies(2.0)
    return socket.code


async def sockets_refused(bot: Bot, one_chat: bool, opened: int) -> Counter[int | None]:
    """How many of so many sockets of one chat, or of one address, were closed, and with which code."""
    async with httpx.AsyncClient(base_url=bot.url, timeout=20, verify=False) as http:
        sessions = [await open_session(http) for _ in range(1 if one_chat else opened)]
    sockets = []
    for number in range(opened):
        sockets.append(await RawSocket.open(bot.port))
        sockets[-1].send(TEXT, hello(sessions[number % len(sessions)]))
        await sockets[-1].replies(0.05)
    for socket in sockets:
        socket.hang_up()
    return Counter(socket.code for socket in sockets if socket.code is not None)


# Floods: each for so many seconds.


async def flood_messages(bot: Bot, count: int, seconds: float) -> None:
    async with httpx.AsyncClient(base_url=bot.url, timeout=20, verify=False) as http:
        for number in range(count):
            if number % FRAMES_A_MINUTE == 0:
                socket = await welcomed(bot, http)
            socket.send(TEXT, message(number, "hello"))
            await asyncio.sleep(seconds / count)
            await socket.replies(0.001)


async def flood_sockets(bot: Bot, count: int, seconds: float) -> None:
    sockets = []
    for _ in range(count):
        try:
            sockets.append(await RawSocket.open(bot.port))
        except OSError:
            continue  # refused, as it may be
        await asyncio.sleep(seconds / count / 2)
    for socket in sockets:
        socket.hang_up()


async def flood_frames(bot: Bot, seconds: float) -> None:
    end = time.monotonic() + seconds
    async with httpx.AsyncClient(base_url=bot.url, timeout=20, verify=False) as http:
        while time.monotonic() < end:
            socket = await welcomed(bot, http)
            socket.send(TEXT, b"x" * 2**20)
            await socket.replies(0.2)
            socket.hang_up()


async def slow_bodies(bot: Bot, count: int, seconds: float) -> None:
    writers = []
    for _ in range(count):
        _, writer = await asyncio.open_connection("127.0.0.1", bot.port)
        writer.write(
            f"POST /api/chat HTTP/1.1\r\nHost: 127.0.0.1:{bot.port}\r\nContent-Type: application/json\r\n"
            "Content-Length: 60000\r\n\r\n".encode()
        )
        writers.append(writer)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for writer in writers:
            writer.write(b"{")
        await asyncio.sleep(0.5)
    for writer in writers:
        writer.transport.abort()


async def acknowledged_seconds(bot: Bot, seconds: float) -> float:
    """p95 of the seconds until a message of another partner, at another address, is acknowledged."""
    waits = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        client = ChatClient(bot.port, source="127.0.0.2")
        await client.start()
        for _ in range(MESSAGES_A_MINUTE // 2):
            said = time.monotonic()
            client.say("hello there")
            await client.until(lambda: client.unacknowledged == 0, 30, "acknowledged")  # noqa: B023
            waits.append(time.monotonic() - said)
            await asyncio.sleep(0.05)
        assert client.problems == []
        await client.stop()
    waits.sort()
    return waits[int(0.95 * len(waits))]


async def open_session(http: httpx.AsyncClient) -> str:
    opened = await http.post("/api/web/session", json={}, headers={"x-care-chat": "1"})
    return str(opened.raise_for_status().json()["session"])


async def welcomed(bot: Bot, http: httpx.AsyncClient) -> RawSocket:
    """A socket of a new chat."""
    socket = await RawSocket.open(bot.port)
    socket.send(TEXT, hello(await open_session(http)))
    await socket.replies(0.2)
    return socket
