"""P6, for agents: a new ticket stands in their channel once, and each press acts once, on two replicas that are killed.

Presses come one to four times to either of two `bot` processes on one PostgreSQL, which are killed once all are
acknowledged. Red control: a build that knows no press again does what was undone meanwhile.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.slack.blocks import words
from tests.postgres import Postgres, postgres
from tests.promises.conftest import Size
from tests.promises.forks import ForkedBot
from tests.promises.slack_sender import Event, Sender, rasa_that_echoes, slack_bot
from tests.slack_world import ANNA, BEN, TEAM, Posted, Slack
from tickets import agents, slack_agents
from tickets.database import Database
from tickets.notices import Notify
from tickets.opening import NewTicket, open_ticket
from tickets.states import FIRST_ANSWER
from tickets.ticket_models import Ticket, TicketEvent

__all__ = ["postgres"]
AGENTS = "C0AGENTS"
SETTINGS = {"CARE_SLACK_AGENT_CHANNELS": f"*={AGENTS}", "CARE_CONSOLE_URL": "https://care.example/console"}
Figures = Callable[[str], None]


class World:
    """A workspace with two agents, and a bot that runs as two processes on one database."""

    def __init__(self, slack: Slack, sender: Sender, database: Database, bots: Sequence[ForkedBot]) -> None:
        self.slack = slack
        self.sender = sender
        self._database = database
        self.bots = bots

    async def write(self, work: Callable[[Session], Any]) -> Any:
        """Write something, as a third process would."""

        def told(session: Session) -> Any:
            session.info["notify"] = Notify(agents_channels={"*": AGENTS})
            return work(session)

        return await asyncio.to_thread(self._database.write, told)

    async def tickets(self) -> list[Ticket]:
        """All tickets as they stand."""
        query = select(Ticket).order_by(Ticket.number)
        return await asyncio.to_thread(self._database.read, lambda session: list(session.scalars(query)))

    async def times(self, kind: str) -> dict[int, int]:
        """How often something happened to each ticket."""
        query = select(TicketEvent.ticket_number, func.count()).where(TicketEvent.kind == kind)
        query = query.group_by(TicketEvent.ticket_number)
        found = await asyncio.to_thread(self._database.read, lambda session: session.execute(query).all())
        return {row[0]: row[1] for row in found}

    async def open(self, count: int) -> list[Posted]:
        """New tickets; the messages that show them, in the order of their numbers."""
        for number in range(count):
            new = NewTicket("orders.tracking", f"Order {number}", "It has not come.", triage={"priority": "normal"})

            def work(session: Session, new: NewTicket = new) -> None:
                open_ticket(session, secrets.token_hex(8), new, channel="web", targets=FIRST_ANSWER)

            await self.write(work)
        return await self.slack.until(count, AGENTS, 30 + 3 * count)

    async def deliver(self, event: Event, dice: random.Random) -> None:
        """Deliver a press one to four times, at once, to either replica."""
        times = range(dice.randint(1, 4))
        done = await asyncio.gather(*(self.sender.deliver(event, dice.randrange(2)) for _ in times))
        assert all(done)

    async def undone(self, messages: list[Posted], dice: random.Random) -> list[str]:
        """Urgent, then low, then the first press delivered again; the priorities that come of it."""
        for message in messages:
            urgent, low = self.slack.choose(message, "urgent", ANNA), self.slack.choose(message, "low", BEN)
            for press in (urgent, low, urgent):
                await self.deliver(press, dice)
        return [ticket.priority for ticket in await self.tickets()]


@asynccontextmanager
async def world(postgres: Postgres, folder: Path, wrong: str | None = None) -> AsyncIterator[World]:
    """All of that."""
    with postgres.fresh() as url:
        async with Slack() as slack, rasa_that_echoes() as rasa:
            more = {**SETTINGS, "CARE_DATABASE_URL": url}
            bots = [slack_bot(folder / f"bot{n}", slack, rasa.url, wrong, **more) for n in range(2)]
            sender, database = Sender(bots), Database(url)
            try:
                for bot in bots:
                    await asyncio.to_thread(bot.start, True)
                made = World(slack, sender, database, bots)
                await made.write(_hire)
                yield made
            finally:
                await sender.close()
                for bot in bots:
                    await asyncio.to_thread(bot.close)
                await asyncio.to_thread(database.close)


def _hire(session: Session) -> None:
    for name, user in {"olga": ANNA, "bruno": BEN}.items():
        slack_agents.link(session, TEAM, user, agents.add(session, name, name.title(), "agent", "-"), "test")


async def test_each_ticket_is_shown_once_and_each_press_acts_once(
    postgres: Postgres, tmp_path: Path, size: Size, dice: random.Random, figures: Figures
) -> None:
    count = size(5, 60)
    async with world(postgres, tmp_path) as here:
        messages = await here.open(count)
        takes = [here.slack.press(one, words()["agents_take"], who) for one in messages for who in (ANNA, BEN)]
        dice.shuffle(takes)
        await asyncio.gather(*(here.deliver(take, dice) for take in takes))
        assert await here.undone(messages, dice) == ["low"] * count
        for bot in here.bots:
            await asyncio.to_thread(bot.kill)
        assert set((await here.times("assigned")).values()) == {1}
        assert set((await here.times("corrected")).values()) == {2}
        for bot in here.bots:
            await asyncio.to_thread(bot.start, True)
        end = time.monotonic() + 60 + 2 * count
        while not all("*Priority* low" in one.text and "with " in one.text for one in messages):
            assert time.monotonic() < end, [one.text for one in messages]
            await asyncio.sleep(0.1)
        assert len(here.slack.said(AGENTS)) == count
        assert here.slack.problems == []
        assert set(here.sender.statuses) == {200}
    figures(f"{count} tickets, {sum(here.sender.statuses.values())} presses to 2 replicas: each once")


async def test_red_control_knowing_no_press_again(postgres: Postgres, tmp_path: Path, dice: random.Random) -> None:
    async with world(postgres, tmp_path, "keeps_no_press") as here:
        messages = await here.open(2)
        assert await here.undone(messages, dice) == ["urgent"] * 2
