"""P1: a ticket whose number was given survives `kill -9` at any moment: none lost, doubled or renumbered.

Four clients open tickets over the API, each retrying its key until it is answered, while `bot` is killed
20 to 150 ms after it has begun to answer and started again. SQLite and PostgreSQL. Red control: a build
that answers before the commit.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from tests.postgres import Postgres, postgres
from tests.promises.conftest import Size
from tests.promises.forks import ForkedBot
from tests.promises.ticket_talk import CONTACT
from tickets.database import Database
from tickets.ticket_models import Ticket, TicketEvent

__all__ = ["postgres"]
CLIENTS = 4


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where the bot keeps its tickets."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'var' / 'care.db'}"
    else:
        server: Postgres = request.getfixturevalue("postgres")
        with server.fresh() as url:
            yield url


async def test_a_number_that_was_given_stays(
    database_url: str, tmp_path: Path, size: Size, dice: random.Random, figures: Callable[[str], None]
) -> None:
    kills = size(50, 500)
    bot = ForkedBot(tmp_path / "var", settings={"CARE_DATABASE_URL": database_url})
    try:
        clients = await torture(bot, kills, dice)
    finally:
        bot.close()
    given = [number for client in clients for number in client.given.values()]
    figures(
        f"{kills} kills, {len(given)} numbers given: 0 lost, doubled or changed; "
        f"{sum(c.cut for c in clients)} requests cut, {sum(c.found_again for c in clients)} of them after their commit"
    )
    assert breaches(clients, database_url) == []
    assert sum(client.cut for client in clients) >= kills, "the kills did not land while clients wrote"
    assert sum(client.found_again for client in clients) > 0, "no kill landed between a commit and its answer"


async def test_red_control_answers_before_the_commit_are_noticed(
    tmp_path: Path, dice: random.Random, figures: Callable[[str], None]
) -> None:
    bot = ForkedBot(tmp_path / "var", wrong="answers_before_the_commit")
    try:
        clients = await torture(bot, 8, dice)
    finally:
        bot.close()
    found = breaches(clients, f"sqlite:///{tmp_path / 'var' / 'care.db'}")
    figures(f"8 kills: {len(found)} numbers lost, doubled or changed")
    assert any("lost" in breach for breach in found), found


@dataclass
class Client:
    """Opens one ticket after the other, each under a key that it keeps until it has a number."""

    given: dict[str, str] = field(default_factory=dict)  # key, which is the ticket's subject too → number
    cut: int = 0  # requests that got no answer because the bot died
    found_again: int = 0  # tickets that were stored before the kill and answered after it
    refused: list[str] = field(default_factory=list)
    over: bool = False

    async def run(self, url: str, kills: list[datetime]) -> None:
        """Go on until `over`; the last key is retried until it is answered, too."""
        async with httpx.AsyncClient(base_url=url, timeout=20, verify=False) as http:
            while not self.over:
                key = f"the phone does not ring {secrets.token_hex(8)}"
                while key not in self.given:
                    await self._post(http, key, kills)

    async def _post(self, http: httpx.AsyncClient, key: str, kills: list[datetime]) -> None:
        ticket = {"subject": key, "description": "It has not rung since yesterday.", "contact": CONTACT}
        try:
            response = await http.post("/api/tickets", json=ticket, headers={"Idempotency-Key": key.replace(" ", "-")})
        except httpx.ConnectError:  # not back yet
            await asyncio.sleep(0.03)
            return
        except httpx.TransportError:
            self.cut += 1
            return
        if response.status_code != 201:
            self.refused.append(f"{response.status_code} {response.text[:200]}")
            return
        opened = response.json()
        self.given[key] = opened["number"]
        self.found_again += any(datetime.fromisoformat(opened["created_at"]) < kill for kill in kills[-1:])


async def torture(bot: ForkedBot, kills: int, dice: random.Random) -> list[Client]:
    """Kill and start the bot while clients write; then let them finish."""
    clients = [Client() for _ in range(CLIENTS)]
    times: list[datetime] = []
    await asyncio.to_thread(bot.start)
    writing = [asyncio.create_task(client.run(bot.url, times)) for client in clients]
    for _ in range(kills):
        await until_more_given(clients, 60)
        await asyncio.sleep(dice.uniform(0.02, 0.15))
        times.append(datetime.now(UTC))
        bot.kill()
        await asyncio.to_thread(bot.start)
    for client in clients:
        client.over = True
    await asyncio.wait_for(asyncio.gather(*writing), 60)
    return clients


async def until_more_given(clients: list[Client], seconds: float) -> None:
    """Wait until the bot answers again."""
    before = sum(len(client.given) for client in clients)
    async with asyncio.timeout(seconds):
        while sum(len(client.given) for client in clients) == before:
            await asyncio.sleep(0.002)


def breaches(clients: list[Client], url: str) -> list[str]:
    """Numbers lost, doubled or changed, refusals, and damage of the file; the bot is dead by now."""
    database = Database(url)
    rows = database.read(lambda session: session.execute(select(Ticket.subject, Ticket.number)).all())
    opened = database.read(
        lambda session: session.scalars(select(TicketEvent.ticket_number).where(TicketEvent.kind == "opened")).all()
    )
    database.close()
    tickets = Counter(subject for subject, _ in rows)
    numbers = {subject: f"CC-{number:06d}" for subject, number in rows}
    found = [refusal for client in clients for refusal in client.refused]
    for client in clients:
        for key, number in client.given.items():
            if tickets[key] != 1 or numbers[key] != number:
                what = "lost" if not tickets[key] else "doubled" if tickets[key] > 1 else "changed"
                found.append(f"{number} of “{key}” {what}")
    known = {key for client in clients for key in client.given}
    found += [f"a ticket nobody was told of: {subject}" for subject in tickets if subject not in known]
    if sorted(opened) != sorted(number for _, number in rows):
        found.append("tickets without their one opening event")
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            (sound,) = connection.execute("PRAGMA integrity_check").fetchone()
        found += [f"integrity: {sound}"] if sound != "ok" else []
    return found
