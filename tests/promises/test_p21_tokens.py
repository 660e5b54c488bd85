"""P21: of 1,000 spoiled portal tokens none is accepted, at any door; each good one serves once; none is in a log.

Identifying gives another session and another conversation, so that anonymous history never becomes readable;
signing out ends a session everywhere. Red controls: a build that believes the token's own algorithm, one
that lets a token serve twice, and one in which sessions never end.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.portals import SigningPortal
from tests.postgres import Postgres, postgres
from tests.promises.clients import open_socket
from tests.promises.conftest import Size
from tests.promises.forks import ForkedBot
from tests.promises.spoiled_tokens import Spoiler

__all__ = ["postgres"]
OWN = {"x-care-chat": "1"}
Door = Callable[[httpx.Client, str], httpx.Response]


def exchange(http: httpx.Client, token: str) -> httpx.Response:
    return http.post("/api/web/session", json={"token": token}, headers=OWN)


def look(http: httpx.Client, token: str) -> httpx.Response:
    return http.get("/api/tickets", headers=bearing(token))


def add(http: httpx.Client, token: str) -> httpx.Response:
    headers = {**bearing(token), "idempotency-key": "key-00001"}
    return http.post("/api/tickets/CC-000001/comments", json={"text": "Hello."}, headers=headers)


def open_ticket(http: httpx.Client, token: str) -> httpx.Response:
    body = {"subject": "Hello", "description": "Please call us about the invoice."}
    return http.post("/api/tickets", json=body, headers={**bearing(token), "idempotency-key": "key-00001"})


def calculate(http: httpx.Client, token: str) -> httpx.Response:
    return http.post("/api/policies/dispute_window", json={}, headers=bearing(token))


# POST /api/chat names its caller by the same function; it is left out because it would wait for an engine.
DOORS: tuple[Door, ...] = (exchange, look, add, open_ticket, calculate)
REFUSED = (401, 422)  # 422: longer than any token


def bearing(token: str) -> dict[str, Any]:
    return {"authorization": b"Bearer " + token.encode("latin-1", "replace")}


@contextmanager
def running(data_dir: Path, wrong: str | None = None, **settings: str) -> Iterator[ForkedBot]:
    """A bot of its own, without an engine: nobody needs one to be refused."""
    bot = ForkedBot(data_dir, wrong, settings)
    try:
        bot.start()
        end = time.monotonic() + 60
        while not _alive(bot):
            assert time.monotonic() < end, bot.output()
            time.sleep(0.05)
        yield bot
    finally:
        bot.close()


def _alive(bot: ForkedBot) -> bool:
    try:
        return httpx.get(f"{bot.url}/healthz", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def accepted(bot: ForkedBot, portal: SigningPortal, count: int, dice: random.Random) -> Counter[str]:
    """What kinds of spoiled tokens were let in, of so many; good ones in between are, once."""
    found: Counter[str] = Counter()
    spoiler = Spoiler(portal, dice)
    anew = httpx.Limits(max_keepalive_connections=0)  # a wrong build may hang up after an error of its own
    with httpx.Client(base_url=bot.url, timeout=20, verify=False, limits=anew) as http:
        for number in range(count):
            door = dice.choice(DOORS)
            kind, token = spoiler.spoiled()
            if (outcome := knock(door, http, token)) not in REFUSED:
                found[kind if outcome < 400 else f"{outcome} for {kind}"] += 1
            if number % 50 == 0:
                good = portal.token()
                assert knock(look, http, good) == 200, "the bot refuses everybody"
                found["used before"] += sum(knock(other, http, good) not in REFUSED for other in DOORS)
    return +found


def knock(door: Door, http: httpx.Client, token: str) -> int:
    """The status that a token gets; 599 where the bot hangs up instead."""
    try:
        return door(http, token).status_code
    except httpx.TransportError:
        return 599


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256", "HS256"])
def test_no_spoiled_token_is_accepted_and_none_is_told(
    algorithm: str, tmp_path: Path, size: Size, dice: random.Random, figures: Callable[[str], None]
) -> None:
    portal, count = SigningPortal(algorithm), size(1000, 10_000)
    with running(tmp_path / "var", **portal.settings, CARE_LOG_LEVEL="DEBUG") as bot:
        found = accepted(bot, portal, count, dice)
        with httpx.Client(base_url=bot.url, timeout=20, verify=False) as http:
            good, opened = portal.token(), exchange(http, second := portal.token()).json()
            for name in ("token", "session", "access_token", "authorization", "jwt"):
                for secret in (good, opened["session"]):
                    assert http.get(f"/api/tickets?{name}={secret}").status_code == 401
            assert look(http, good).status_code == 200, "it was not used by standing in an address"
        figures(f"{algorithm}: {count} spoiled tokens, {found.total()} accepted")
        assert found == {}
    told = bot.output()
    assert told.count("was refused") >= count // 2, "refusals are logged"
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert len(kept) > 100_000
    for secret in (good, second, opened["session"]):
        assert secret not in told
        assert secret.encode() not in kept
        assert secret.rpartition(".")[2].encode() not in kept
    assert not any(line for line in told.splitlines() if "eyJ" in line), "every token begins so"


@pytest.mark.parametrize(("wrong", "kind"), [("any_signature", "unsigned"), ("tokens_serve_twice", "used before")])
def test_red_control_a_build_that_believes_tokens_is_noticed(
    wrong: str, kind: str, tmp_path: Path, dice: random.Random, figures: Callable[[str], None]
) -> None:
    portal = SigningPortal()
    with running(tmp_path / "var", wrong, **portal.settings) as bot:
        found = accepted(bot, portal, 200, dice)
    figures(f"{wrong}: {found.total()} accepted")
    assert found[kind] > 0, found


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_token_serves_once_on_two_replicas(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest, size: Size, figures: Callable[[str], None]
) -> None:
    portal, tokens = SigningPortal(), size(20, 200)

    def race(url: str) -> list[int]:
        settings = {**portal.settings, "CARE_DATABASE_URL": url}
        with running(tmp_path / "one", **settings) as one, running(tmp_path / "two", **settings) as two:
            return asyncio.run(served(one.url, two.url, portal, tokens))

    if kind == "sqlite":
        times = race(f"sqlite:///{tmp_path / 'care.db'}")
    else:
        server: Postgres = request.getfixturevalue("postgres")
        with server.fresh() as url:
            times = race(url)
    figures(f"{kind}: {tokens} tokens, each sent 10 times at once to two replicas: served {Counter(times)}")
    assert times == [1] * tokens


async def served(one: str, two: str, portal: SigningPortal, tokens: int) -> list[int]:
    """How often each token was served."""
    async with httpx.AsyncClient(timeout=30, verify=False) as http:

        async def race() -> int:
            body = {"token": portal.token()}
            asked = [http.post(f"{url}/api/web/session", json=body, headers=OWN) for url in (one, two) * 5]
            return sum(answer.status_code == 200 for answer in await asyncio.gather(*asked))

        return [await race() for _ in range(tokens)]


class TestIdentifying:
    async def test_anonymous_history_stays_anonymous_and_signing_out_ends_it_everywhere(self, tmp_path: Path) -> None:
        portal = SigningPortal()
        with running(tmp_path / "var", **portal.settings) as bot:
            assert await weaknesses(bot, portal) == []

    async def test_red_control_sessions_that_never_end_are_noticed(self, tmp_path: Path) -> None:
        portal = SigningPortal()
        with running(tmp_path / "var", "sessions_never_end", **portal.settings) as bot:
            assert "the session lives on over HTTP" in await weaknesses(bot, portal)


async def weaknesses(bot: ForkedBot, portal: SigningPortal) -> list[str]:
    """What is wrong with identifying and signing out."""
    found = []
    with httpx.Client(base_url=bot.url, timeout=20, verify=False) as http:
        anonymous = http.post("/api/web/session", json={}, headers=OWN).json()
        await said(bot, anonymous["session"], "asked before signing in")
        partner = exchange(http, portal.token()).json()
        if anonymous["session"] == partner["session"] or anonymous["conversation"] == partner["conversation"]:
            found.append("identifying changed neither session nor conversation")
        if "asked before" in json.dumps(await history(bot, partner["session"])):
            found.append("anonymous history became readable")
        await said(bot, partner["session"], "asked as Ann")
        if "asked as Ann" in json.dumps(await history(bot, anonymous["session"])):
            found.append("the partner's history is readable anonymously")

        other = exchange(http, portal.token()).json()["session"]
        closing = asyncio.create_task(closed(bot, partner["session"]))
        await asyncio.sleep(0.5)
        http.request("DELETE", "/api/web/session", headers=bearing(partner["session"]))
        try:
            code = await asyncio.wait_for(closing, 5)
            found += [] if code == 4401 else [f"the socket was closed with {code}"]
        except TimeoutError:
            found.append("the socket is still open after 5 s")
        if look(http, partner["session"]).status_code != 401:
            found.append("the session lives on over HTTP")
        if (await history(bot, partner["session"]))["type"] != "refused":
            found.append("the session lives on over the socket")
        if look(http, other).status_code != 200:
            found.append("another session ended too")
    return found


async def said(bot: ForkedBot, session: str, text: str) -> None:
    """Write a message and wait for its acknowledgement."""
    async with open_socket(bot.port, "127.0.0.1") as socket:
        await socket.send(json.dumps({"type": "hello", "session": session, "last_seen": 0}))
        await socket.send(json.dumps({"type": "message", "client_id": "client-0001", "text": text}))
        while json.loads(await asyncio.wait_for(socket.recv(), 20))["type"] != "ack":
            pass


async def history(bot: ForkedBot, session: str) -> dict[str, Any]:
    """The answer to hello."""
    async with open_socket(bot.port, "127.0.0.1") as socket:
        await socket.send(json.dumps({"type": "hello", "session": session, "last_seen": 0}))
        answer: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), 20))
        return answer


async def closed(bot: ForkedBot, session: str) -> int | None:
    """The code that a socket of this session is closed with, whenever that is."""
    async with open_socket(bot.port, "127.0.0.1") as socket:
        await socket.send(json.dumps({"type": "hello", "session": session, "last_seen": 0}))
        await socket.wait_closed()
        return socket.close_code
