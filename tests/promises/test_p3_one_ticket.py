"""P3: one intention, one ticket: a key sent 50 times at once to two replicas gives one row and 50 equal answers.

On SQLite and PostgreSQL, for tickets and comments, for partners, anonymous sessions and callers without one;
the same key with other content is refused. Then random histories of opening, retrying, crashing and sending
other content, against a model. Red control: keys that are looked up and then written.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from tests.portals import SigningPortal
from tests.postgres import Postgres, postgres
from tests.promises.conftest import Size
from tests.promises.forks import ForkedBot
from tests.promises.test_p21_tokens import OWN, running
from tickets.database import Database
from tickets.ticket_models import Ticket, TicketEvent

__all__ = ["postgres"]
AT_ONCE = 50
CONTACT = {"name": "Mario Rossi", "company": "Telesistemi srl", "email": "mario@telesistemi.example"}


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where both replicas keep their tickets."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'care.db'}"
    else:
        server: Postgres = request.getfixturevalue("postgres")
        with server.fresh() as url:
            yield url


def wanted(subject: str) -> dict[str, Any]:
    return {"subject": subject, "description": "Please look into this for us.", "contact": CONTACT}


async def callers(url: str, portal: SigningPortal) -> dict[str, dict[str, str]]:
    """The headers of each sort of caller."""
    async with httpx.AsyncClient(base_url=url, timeout=20, verify=False) as http:
        bodies: list[dict[str, str]] = [{"token": portal.token()}, {}]
        opened = [(await http.post("/api/web/session", json=body, headers=OWN)).json() for body in bodies]
    partner, anonymous = ({"authorization": f"Bearer {one['session']}"} for one in opened)
    return {"partner": partner, "session": anonymous, "nobody": {}}


async def at_once(
    urls: tuple[str, str], path: str, body: dict[str, Any], headers: dict[str, str]
) -> list[httpx.Response]:
    """The answers to one request that is sent 50 times, by turns to each replica."""
    limits = httpx.Limits(max_connections=AT_ONCE)
    async with httpx.AsyncClient(timeout=60, verify=False, limits=limits) as http:
        asked = (http.post(f"{urls[n % 2]}{path}", json=body, headers=headers) for n in range(AT_ONCE))
        return list(await asyncio.gather(*asked))


async def breaches(urls: tuple[str, str], portal: SigningPortal, rounds: int) -> list[str]:
    """Where one intention had more than one answer."""
    found: list[str] = []
    for caller, headers in (await callers(urls[0], portal)).items():
        for number in range(rounds):
            key = {"idempotency-key": secrets.token_hex(12), **headers}
            subject = f"Number {number} of {caller}"
            answers = await at_once(urls, "/api/tickets", wanted(subject), key)
            found += _unequal(f"{caller}, a ticket", answers)
            async with httpx.AsyncClient(timeout=20, verify=False) as http:
                for url in urls:
                    other = await http.post(f"{url}/api/tickets", json=wanted("Something else"), headers=key)
                    if (other.status_code, other.json().get("code")) != (422, "key_reused"):
                        found.append(f"{caller}: other content under the key gave {other.status_code}")
            if caller == "nobody":
                continue
            path = f"/api/tickets/{answers[0].json()['number']}/comments"
            found += _unequal(f"{caller}, a comment", await at_once(urls, path, {"text": "One more thing."}, key))
    return found


def _unequal(what: str, answers: list[httpx.Response]) -> list[str]:
    different = {(answer.status_code, answer.text) for answer in answers}
    if len(different) == 1 and answers[0].status_code == 201:
        return []
    return [f"{what}: {len(different)} different answers, {sorted({status for status, _ in different})}"]


def rows(url: str) -> tuple[int, int, int]:
    """How many tickets, openings and comments there are."""
    database = Database(url)
    kinds = [
        database.read(
            lambda session: session.scalar(
                select(func.count()).select_from(TicketEvent).where(TicketEvent.kind == kind)  # noqa: B023
            )
        )
        for kind in ("opened", "comment")
    ]
    tickets = database.read(lambda session: session.scalar(select(func.count()).select_from(Ticket)))
    database.close()
    return tickets or 0, kinds[0] or 0, kinds[1] or 0


async def test_fifty_at_once_on_two_replicas_are_one(
    database_url: str, tmp_path: Path, size: Size, figures: Callable[[str], None]
) -> None:
    portal, rounds = SigningPortal(), size(2, 40)
    settings = {**portal.settings, "CARE_DATABASE_URL": database_url}
    with running(tmp_path / "one", **settings) as one, running(tmp_path / "two", **settings) as two:
        found = await breaches((one.url, two.url), portal, rounds)
    figures(f"{rounds} rounds of {AT_ONCE} for 3 callers: {len(found)} breaches")
    assert found == []
    assert rows(database_url) == (3 * rounds, 3 * rounds, 2 * rounds)


async def test_red_control_keys_looked_up_before_writing_are_noticed(
    tmp_path: Path, figures: Callable[[str], None]
) -> None:
    portal, url = SigningPortal(), f"sqlite:///{tmp_path / 'care.db'}"
    settings = {**portal.settings, "CARE_DATABASE_URL": url}
    wrong = "keys_are_looked_up_first"
    with running(tmp_path / "one", wrong, **settings) as one, running(tmp_path / "two", wrong, **settings) as two:
        found = await breaches((one.url, two.url), portal, 1)
    figures(f"{len(found)} breaches, {rows(url)[0]} tickets instead of 3")
    assert any("a ticket" in breach for breach in found), found
    assert rows(url)[0] > 3


def test_any_history_of_tries_is_as_if_each_had_come_once(
    database_url: str, tmp_path: Path, size: Size, dice: random.Random, figures: Callable[[str], None]
) -> None:
    """A dictionary is the model: key → subject and number."""
    steps = size(150, 5000)
    settings = {"CARE_DATABASE_URL": database_url}
    model: dict[str, tuple[str, str]] = {}
    with (
        running(tmp_path / "one", **settings) as one,
        running(tmp_path / "two", **settings) as two,
        httpx.Client(timeout=20, verify=False) as http,
    ):
        kills = sum(_step(http, dice, dice.choice((one, two)), model) for _ in range(steps))
    figures(f"{steps} steps, {kills} kills, {len(model)} tickets")
    assert kills > 0
    assert rows(database_url)[:2] == (len(model), len(model))


def _step(http: httpx.Client, dice: random.Random, bot: ForkedBot, model: dict[str, tuple[str, str]]) -> bool:
    """Do one thing and compare with the model; whether it was a kill."""
    what = dice.choices(("open", "again", "other", "kill"), (4, 5, 3, 0.5))[0]
    if what == "kill":
        bot.kill()
        bot.start()
        _wait(http, bot)
        return True
    if what == "open" or not model:
        key, subject = secrets.token_hex(8), f"About {secrets.token_hex(4)}"
        model[key] = (subject, _number(_post(http, bot, key, subject)))
        return False
    key = dice.choice(list(model))
    subject, number = model[key]
    if what == "again":
        assert _number(_post(http, bot, key, subject)) == number
        return False
    refused = _post(http, bot, key, f"{subject} and more")
    assert (refused.status_code, refused.json()["code"]) == (422, "key_reused")
    return False


def _post(http: httpx.Client, bot: ForkedBot, key: str, subject: str) -> httpx.Response:
    return http.post(f"{bot.url}/api/tickets", json=wanted(subject), headers={"idempotency-key": key})


def _number(answer: httpx.Response) -> str:
    assert answer.status_code == 201, answer.text
    return str(answer.json()["number"])


def _wait(http: httpx.Client, bot: ForkedBot) -> None:
    for _ in range(400):
        try:
            if http.get(f"{bot.url}/healthz").status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.05)
    raise AssertionError(bot.output())
