"""The agents' channels, end to end: new tickets, what is pressed there, what the console changes, who may do what."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.slack.blocks import words
from tests.bot.slack.conftest import App, RunApp
from tests.slack_world import ANNA, BEN, BOT, CHANNEL, TEAM, Fault, Posted, Slack
from tickets import agents, changes, slack_agents
from tickets.agent_models import Agent
from tickets.changes import Author
from tickets.database import Database
from tickets.models import Conversation
from tickets.notices import Notify
from tickets.opening import NewTicket, open_ticket
from tickets.slack_models import SlackPress, SlackTicket
from tickets.states import FIRST_ANSWER
from tickets.ticket_models import Delivery, Ticket, TicketEvent

BILLING, OTHERS = "C0BILLING", "C0OTHERS"
CHANNELS = {"Billing": BILLING, "*": OTHERS}
SETTINGS = {
    "CARE_SLACK_AGENT_CHANNELS": ",".join(f"{queue}={channel}" for queue, channel in CHANNELS.items()),
    "CARE_CONSOLE_URL": "https://care.example/console",
}


@pytest.fixture
async def app(run_app: RunApp) -> AsyncIterator[App]:
    """The application, with channels for agents."""
    async with run_app(**SETTINGS) as running:
        yield running


class Desk:
    """What the rest of the program does to tickets, in the application's own database, and what is there."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def do(self, work: Callable[[Session], Any]) -> Any:
        """Write something, as a process with the same settings would."""

        def told(session: Session) -> Any:
            session.info["notify"] = Notify(agents_channels=CHANNELS)
            return work(session)

        return await asyncio.to_thread(self._database.write, told)

    async def read(self, work: Callable[[Session], Any]) -> Any:
        """Read something."""
        return await asyncio.to_thread(self._database.read, work)

    async def open(self, **values: Any) -> Ticket:
        """A new ticket, triaged."""
        given = {"type": "billing.dispute", "subject": "Charged twice", "description": "Five licences twice.", **values}
        given.setdefault("triage", {"priority": "normal", "priority_reason": "nothing says that it is urgent"})

        def work(session: Session) -> Ticket:
            key, new = secrets.token_hex(8), NewTicket(**given)
            return open_ticket(session, key, new, channel="web", targets=FIRST_ANSWER)[0]

        made: Ticket = await self.do(work)
        return made

    async def change(self, ticket: Ticket, change: Callable[..., Any], *values: Any, by: str = "olga") -> None:
        """A change of the console's by an agent."""

        def work(session: Session) -> None:
            change(session, session.get_one(Ticket, ticket.number), Author.of(agents.named(session, by)), *values)

        await self.do(work)

    async def ticket(self, ticket: Ticket) -> Ticket:
        """The ticket as it stands now."""
        found: Ticket = await self.read(lambda session: session.get_one(Ticket, ticket.number))
        return found

    async def rows(self, kind: type[Any]) -> list[Any]:
        """All rows of a table."""
        found: list[Any] = await self.read(lambda session: list(session.scalars(select(kind))))
        return found

    async def quiet(self) -> None:
        """Wait until the outbox is empty."""
        end = time.monotonic() + 20
        open_ones = select(Delivery).where(Delivery.state.in_(("pending", "sending")))
        while await self.read(lambda session: session.scalar(open_ones)) is not None:
            assert time.monotonic() < end
            await asyncio.sleep(0.05)


@pytest.fixture
async def desk(app: App, stored: Database) -> Desk:
    """The same database; Olga (in Slack: Anna) and Bruno (Ben) are agents."""
    found = Desk(stored)

    def hire(session: Session) -> None:
        for name, user in {"olga": ANNA, "bruno": BEN}.items():
            agent = agents.add(session, name, name.title(), "agent", "-")
            slack_agents.link(session, TEAM, user, agent, "test")

    await found.do(hire)
    return found


async def shown(slack: Slack, desk: Desk, **values: Any) -> tuple[Ticket, Posted]:
    """A new ticket of Billing's, and the message that shows it."""
    ticket = await desk.open(**values)
    (message,) = await slack.until(1, BILLING)
    await desk.quiet()
    return ticket, message


async def until(check: Callable[[], bool], seconds: float = 15.0) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end
        await asyncio.sleep(0.02)


class TestNewTickets:
    async def test_a_new_ticket_is_shown_in_its_queues_channel(self, slack: Slack, desk: Desk) -> None:
        finding = {"decision": "The invoice can still be disputed.", "steps": []}
        triage = {"priority": "high", "priority_reason": "“at once”", "findings": [finding]}
        contact = {"name": "Ann", "company": "Acme", "email": "ann@acme.example"}
        ticket, message = await shown(slack, desk, priority="high", triage=triage, contact=contact)
        for part in (
            f"*{ticket.name}* Charged twice",
            "Ann · Acme · ann@acme.example",
            "*Queue* Billing · Dispute an invoice",
            "*Priority* high — “at once”",
            "*Missing* invoice number",
            "new · nobody has it yet · first answer by",
            "*Worked out* The invoice can still be disputed.",
            "> Five licences twice.",
        ):
            assert part in message.text
        assert list(message.buttons()) == [words()["agents_take"], words()["agents_open"]]
        assert message.buttons()[words()["agents_open"]]["url"] == f"https://care.example/console/tickets/{ticket.id}"
        (menu,) = message.menus()
        assert menu["initial_option"]["value"] == f"high:{ticket.id}"

    async def test_other_queues_go_to_the_channel_of_all_others(self, slack: Slack, desk: Desk) -> None:
        await desk.open(type="orders.tracking")
        await slack.until(1, OTHERS)
        assert slack.said(BILLING) == []
