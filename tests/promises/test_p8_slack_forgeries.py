"""P8: what Slack did not sign for us just now gets a 4xx, reaches nothing and stands in no log.

A valid request is spoiled in every way that strangers think of, and sent over a raw connection, because clients
would put much of it right. Red control: bare bolt, which answers some of it with 500 and logs what it refuses.
"""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from bot.slack.guard import MOST_BODY, PATH
from tests.promises.conftest import Size
from tests.promises.forks import NOWHERE, ForkedBot
from tests.promises.slack_sender import slack_bot
from tests.promises.test_p7_slack_acknowledged import answers
from tests.slack_world import Slack, signed

CANARY = "zebrafinch"
Figures = Callable[[str], None]
Headers = list[tuple[str, str]]
Way = Callable[[Slack, random.Random], tuple[Headers, bytes]]


async def test_no_forgery_gets_through(tmp_path: Path, size: Size, dice: random.Random, figures: Figures) -> None:
    count = size(300, 2000)
    statuses, output, kept = await attacked(tmp_path, count, dice)
    figures(f"{count} forgeries: {dict(sorted(Counter(status for _, status in statuses).items()))}, none logged")
    assert [(what, status) for what, status in statuses if not 400 <= status < 500] == []
    assert len({what for what, _ in statuses}) == len(WAYS)
    assert kept == 0
    assert CANARY not in output


async def test_red_control_bare_bolt_fails_and_tells(tmp_path: Path, dice: random.Random, figures: Figures) -> None:
    statuses, output, _ = await attacked(tmp_path, 80, dice, "bare_bolt")
    failed = sorted({what for what, status in statuses if status >= 500})
    figures(f"bare bolt answers 5xx to: {', '.join(failed)}")
    assert failed
    assert CANARY in output


async def attacked(
    folder: Path, count: int, dice: random.Random, wrong: str | None = None
) -> tuple[list[tuple[str, int]], str, int]:
    """What became of so many forgeries: status of each, the bot's output, how many events were kept."""
    async with Slack() as slack:
        bot = slack_bot(folder / "var", slack, NOWHERE, wrong)
        try:
            await asyncio.to_thread(bot.start)
            await asyncio.to_thread(answers, bot)
            ways = [*WAYS, *dice.choices(list(WAYS), k=max(0, count - len(WAYS)))]
            statuses = [(way, await sent(bot, *WAYS[way](slack, dice))) for way in ways]
        finally:
            await asyncio.to_thread(bot.close)
        with closing(sqlite3.connect(folder / "var" / "care.db")) as connection:
            kept = int(connection.execute("SELECT count(*) FROM slack_inbox").fetchone()[0])
    return statuses, bot.output(), kept


async def sent(bot: ForkedBot, headers: Headers, body: bytes) -> int:
    """The status that a request gets, its headers sent as they are."""
    reader, writer = await asyncio.open_connection("127.0.0.1", bot.port)
    lines = [f"POST {PATH} HTTP/1.1", f"Host: 127.0.0.1:{bot.port}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers] + ["Connection: close", "", ""]
    writer.write("\r\n".join(lines).encode("latin-1") + body)
    try:
        status = (await asyncio.wait_for(reader.readline(), 20)).split()
        return int(status[1])
    finally:
        writer.close()


def valid(slack: Slack, at: float | None = None) -> tuple[Headers, bytes]:
    """A request as Slack sends it."""
    body = json.dumps(slack.message(f"{CANARY} {slack.ts()}")).encode()
    return [("content-type", "application/json"), *signed(body, at).items()], body


def changed(headers: Headers, name: str, value: str | None) -> Headers:
    """The same headers, one of them different or gone."""
    kept = [(key, was) for key, was in headers if key != name]
    return kept if value is None else [*kept, (name, value)]


def spoiled(name: str, value: Callable[[str, random.Random], str | None]) -> Way:
    """A way to spoil one header."""

    def spoil(slack: Slack, dice: random.Random) -> tuple[Headers, bytes]:
        headers, body = valid(slack)
        return changed(headers, name, value(dict(headers)[name], dice)), body

    return spoil


def twice(name: str) -> Way:
    """A header that stands there two times, the right one first or last."""

    def spoil(slack: Slack, dice: random.Random) -> tuple[Headers, bytes]:
        headers, body = valid(slack)
        another = (name, "v0=" + "0" * 64 if name == SIGNATURE else str(int(time.time())))
        return ([*headers, another] if dice.random() < 0.5 else [another, *headers]), body

    return spoil


def too_old(slack: Slack, dice: random.Random) -> tuple[Headers, bytes]:
    """Rightly signed, at another time."""
    return valid(slack, time.time() + dice.choice([-1, 1]) * dice.randint(302, 10**6))


def other_body(slack: Slack, dice: random.Random) -> tuple[Headers, bytes]:
    """The signature of another body: a byte changed, cut off, or more of it."""
    headers, body = valid(slack)
    at = dice.randrange(len(body))
    return headers, dice.choice([body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :], body[:at], body + b" ", b""])


def well_signed(make: Callable[[random.Random], tuple[str, bytes]]) -> Way:
    """A body that nobody can read, rightly signed."""

    def spoil(slack: Slack, dice: random.Random) -> tuple[Headers, bytes]:
        kind, body = make(dice)
        return [("content-type", kind), *signed(body).items()], body

    return spoil


def too_large(slack: Slack, dice: random.Random) -> tuple[Headers, bytes]:
    """Rightly signed, and more than we read."""
    body = json.dumps({"type": "event_callback", "x": CANARY * ((MOST_BODY + dice.randint(0, 2**20)) // 8)}).encode()
    return [("content-type", "application/json"), *signed(body).items()], body


def ssl_check(slack: Slack, dice: random.Random) -> tuple[Headers, bytes]:
    """What older bolts let pass without a signature."""
    body = f"ssl_check=1&token={CANARY}".encode()
    wrong = {SIGNATURE: "v0=" + "0" * 64, TIME: str(int(time.time()))} if dice.random() < 0.5 else {}
    return [("content-type", FORM), *wrong.items()], body


SIGNATURE, TIME = "x-slack-signature", "x-slack-request-timestamp"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
WAYS: dict[str, Way] = {
    "no signature": spoiled(SIGNATURE, lambda was, _: None),
    "empty signature": spoiled(SIGNATURE, lambda was, _: ""),
    "other signature": spoiled(SIGNATURE, lambda was, dice: "v0=" + f"{dice.getrandbits(256):064x}"),
    "other version": spoiled(SIGNATURE, lambda was, dice: dice.choice(["v1=", "", "V0=", "v0"]) + was[3:]),
    "longer signature": spoiled(SIGNATURE, lambda was, dice: was + dice.choice(["0", " 0", ", " + was, "\t" + was])),
    "signature in capitals": spoiled(SIGNATURE, lambda was, _: was[:3] + was[3:].upper() + "A"),
    "signature not ASCII": spoiled(SIGNATURE, lambda was, _: was[:-1] + "\xe9"),
    "two signatures": twice(SIGNATURE),
    "no time": spoiled(TIME, lambda was, _: None),
    "time in words": spoiled(TIME, lambda was, dice: dice.choice(["now", "", "NaN", "inf", "1e9", "None", was + "s"])),
    "time with a fraction": spoiled(TIME, lambda was, _: was + ".0"),
    "time in other digits": spoiled(TIME, lambda was, _: was[:-1] + "\xb2"),
    "negative time": spoiled(TIME, lambda was, _: "-" + was),
    "another time": spoiled(TIME, lambda was, dice: str(int(was) + dice.choice([-1, 1]) * dice.randint(1, 299))),
    "endless time": spoiled(TIME, lambda was, dice: was * dice.randint(2, 500)),
    "two times": twice(TIME),
    "too old or too new": too_old,
    "another body": other_body,
    "not UTF-8": well_signed(lambda dice: (dice.choice([JSON, FORM]), b'{"text": "' + CANARY.encode() + b'\xff\xfe"}')),
    "not JSON": well_signed(lambda dice: (JSON, dice.choice([b"{", b"", b"[1", b"{'a': 1}", CANARY.encode()]))),
    "no object": well_signed(lambda dice: (JSON, dice.choice([b"[]", b"1", b"null", b'"zebrafinch"', b"true"]))),
    "too deep": well_signed(lambda dice: (JSON, dice.choice([b"[", b'{"event":']) * 50_000)),
    "an event that is none": well_signed(lambda dice: (JSON, b'{"type":"event_callback","event":"zebrafinch"}')),
    "payload not JSON": well_signed(lambda dice: (FORM, b"payload=" + CANARY.encode())),
    "another type": well_signed(lambda dice: (dice.choice(["text/plain", "text/xml", ""]), b'{"type":"zebrafinch"}')),
    "too large": too_large,
    "ssl_check": ssl_check,
}
