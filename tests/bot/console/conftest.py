"""The console in its real application, in this process: agents who can sign in, tickets, and the requests they send."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from bot.console.gate import PLAIN_COOKIE
from tests.bot.web.conftest import MakeApp, caller
from tests.bot.web.conftest import make_app as make_app
from tests.bot.web.conftest import stored as stored
from tickets import agents, conversations
from tickets.agent_models import Agent, Audit
from tickets.database import Database
from tickets.opening import NewTicket, open_ticket
from tickets.passwords import make_hash
from tickets.states import FIRST_ANSWER
from tickets.ticket_models import Ticket, TicketEvent

PASSWORD = "tangled yarn beneath the bridge"
HASH = make_hash(PASSWORD)
ORIGIN = "http://127.0.0.1:8080"
OWN = {"origin": ORIGIN, "x-care-console": "1", "sec-fetch-site": "same-origin"}
TEAM = {"anna": "agent", "bruno": "agent", "clara": "lead"}


class Desk:
    """One person's browser."""

    def __init__(self, client: httpx.AsyncClient, database: Database) -> None:
        self.http = client
        self.database = database

    async def get(self, path: str, **how: Any) -> httpx.Response:
        """A page."""
        return await self.http.get(path, **how)

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """An action, as our own pages send it."""
        return await self.http.post(path, json={} if body is None else body, headers={**OWN, **headers})

    async def sign_in(self, name: str = "anna", password: str = PASSWORD) -> httpx.Response:
        """Type name and password."""
        return await self.post("/console/sign-in", {"name": name, "password": password})

    def become(self, name: str) -> str:
        """Be signed in without typing; the session's token."""
        token = self.database.write(
            lambda session: agents.sign_in(session, agents.named(session, name), "Test browser")
        )
        self.http.cookies.set(PLAIN_COOKIE, token, domain="127.0.0.1")
        return token

    def agent(self, name: str) -> Agent:
        """An agent's row."""
        return self.database.read(lambda session: agents.named(session, name))

    def open(self, **what: Any) -> Ticket:
        """A new ticket."""
        conversation: str | None = what.pop("conversation_id", None)
        values = {"type": "general.other", "subject": "A subject", "description": "A text", **what}

        def work(session: Any) -> Ticket:
            new, key = NewTicket(**values), secrets.token_hex(8)
            return open_ticket(session, key, new, channel="web", targets=FIRST_ANSWER, conversation_id=conversation)[0]

        return self.database.write(work)

    def conversation(self, *texts: str) -> str:
        """A chat with these messages, partner and bot in turn."""

        def work(session: Any) -> str:
            made = conversations.conversation_for(session, "web", secrets.token_hex(8))
            for number, text in enumerate(texts):
                conversations.append(session, made.id, kind="bot" if number % 2 else "user", text=text)
            return made.id

        return self.database.write(work)

    def ticket(self, ticket: Ticket) -> Ticket:
        """The ticket as it stands now."""
        return self.database.read(lambda session: session.get_one(Ticket, ticket.number))

    def events(self, ticket: Ticket) -> list[TicketEvent]:
        """What was done to a ticket."""
        query = select(TicketEvent).where(TicketEvent.ticket_number == ticket.number).order_by(TicketEvent.id)
        return self.database.read(lambda session: list(session.scalars(query)))

    def audit(self) -> list[tuple[str, str]]:
        """Who did what, of what must be traceable."""
        query = select(Audit).where(Audit.what != "user_added").order_by(Audit.id)
        return self.database.read(lambda session: [(row.actor, row.what) for row in session.scalars(query)])


def hire(database: Database) -> None:
    """Anna and Bruno, agents; Clara, lead."""
    for name, role in TEAM.items():

        def add(session: Any, name: str = name, role: str = role) -> None:
            agents.add(session, name, name.title(), role, HASH)

        database.write(add)


@pytest.fixture
async def app(make_app: MakeApp, stored: Database) -> FastAPI:
    """The application, its database migrated and with three users."""
    stored.migrate()
    hire(stored)
    return make_app()


@pytest.fixture
async def desk(app: FastAPI, stored: Database) -> AsyncIterator[Desk]:
    """A browser on this machine, nobody signed in."""
    async with caller(app) as client:
        yield Desk(client, stored)


@pytest.fixture
def anna(desk: Desk) -> Desk:
    """The same with Anna signed in."""
    desk.become("anna")
    return desk
