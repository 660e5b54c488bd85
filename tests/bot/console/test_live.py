"""The console's socket, over a real server: what is told, who is where, and when it is closed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import update
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bot.console.gate import PLAIN_COOKIE
from tests.bot.console.conftest import Desk
from tests.bot.peers import serving
from tickets import agents, changes
from tickets.agent_models import AgentSession
from tickets.base import now
from tickets.conversations import token_hash
from tickets.database import Database
from tickets.ticket_models import Ticket

PATIENCE = 6.0
PARTNER = changes.Author("partner", None, "Giulia")


class Windows:
    """A served application, to open windows on."""

    def __init__(self, url: str, database: Database) -> None:
        self.url = url
        self.database = database

    def token(self, name: str) -> str:
        """A sign-in."""
        return self.database.write(lambda session: agents.sign_in(session, agents.named(session, name), "Test"))

    @asynccontextmanager
    async def open(
        self, token: str | None, origin: str | None = "own", cookie: str = PLAIN_COOKIE
    ) -> AsyncIterator[ClientConnection]:
        """A window of this session."""
        headers = {} if token is None else {"Cookie": f"{cookie}={token}"}
        if origin is not None:
            headers["Origin"] = self.url if origin == "own" else origin
        async with connect(self.url.replace("http", "ws") + "/console/live", additional_headers=headers) as socket:
            yield socket

    async def refused(self, token: str | None, origin: str | None = "own", cookie: str = PLAIN_COOKIE) -> int:
        """The status with which a window is refused, 101 where it is not."""
        try:
            async with self.open(token, origin, cookie):
                return 101
        except InvalidStatus as refused:
            return refused.response.status_code


async def here(socket: ClientConnection, ticket: str = "", writing: bool = False) -> None:
    """Say where a window is."""
    await socket.send(json.dumps({"type": "here", "ticket": ticket, "writing": writing}))


async def told(socket: ClientConnection, kind: str) -> dict[str, Any]:
    """The next message of a kind."""
    async with asyncio.timeout(PATIENCE):
        while True:
            message: dict[str, Any] = json.loads(await socket.recv())
            if message["type"] == kind:
                return message


async def closed(socket: ClientConnection, within: float = 5.5) -> int:
    """The code with which the server hangs up."""
    async with asyncio.timeout(within):
        with suppress(ConnectionClosed):
            async for _ in socket:
                pass
    assert socket.close_code is not None
    return socket.close_code


@pytest.fixture
async def windows(app: FastAPI, stored: Database) -> AsyncIterator[Windows]:
    async with serving(app) as url:
        yield Windows(url, stored)


@pytest.fixture
def desk(stored: Database) -> Desk:
    """Only to open tickets with."""
    return Desk(None, stored)  # type: ignore[arg-type]


class TestOpening:
    async def test_it_opens_to_our_own_page_of_a_signed_in_agent(self, windows: Windows) -> None:
        assert await windows.refused(windows.token("anna")) == 101

    @pytest.mark.parametrize(
        "origin", [None, "", "null", "https://evil.example", "http://127.0.0.1", "http://localhost:80", "file://"]
    )
    async def test_not_to_another_page(self, windows: Windows, origin: str | None) -> None:
        assert await windows.refused(windows.token("anna"), origin) == 403

    async def test_not_without_a_session_that_holds(self, windows: Windows, stored: Database) -> None:
        token = windows.token("anna")
        assert await windows.refused(None) == 403
        assert await windows.refused("A" * 43) == 403
        assert await windows.refused(token, cookie="__Host-care-console") == 403
        stored.write(lambda session: agents.end(session, agents.named(session, "anna"), token_hash(token)))
        assert await windows.refused(token) == 403
        disabled = windows.token("bruno")
        stored.write(lambda session: agents.set_disabled(session, agents.named(session, "bruno"), True))
        assert await windows.refused(disabled) == 403

    async def test_a_session_has_a_dozen_windows(self, windows: Windows) -> None:
        token = windows.token("anna")
        async with AsyncExitStack() as stack:
            for _ in range(12):
                await here(await stack.enter_async_context(windows.open(token)))
            async with windows.open(token) as one_more:
                assert await closed(one_more) == 4429
            async with windows.open(windows.token("bruno")) as another:
                await here(another)
                await another.ping()


class TestNews:
    async def test_a_change_by_anybody_is_told_to_all(self, windows: Windows, desk: Desk) -> None:
        ticket = desk.open()
        async with windows.open(windows.token("anna")) as anna, windows.open(windows.token("bruno")) as bruno:
            await here(anna)
            await here(bruno, ticket.id)
            await asyncio.sleep(0.3)
            desk.database.write(
                lambda session: changes.comment(session, session.get_one(Ticket, ticket.number), PARTNER, "More")
            )
            for socket in (anna, bruno):
                news = await told(socket, "changed")
                if "comment" not in news["kinds"]:  # that it was opened was told before
                    news = await told(socket, "changed")
                assert (news["ticket"], news["number"], news["by"]) == (ticket.id, ticket.name, "Giulia")
                assert "comment" in news["kinds"]
                assert "More" not in str(news)

    async def test_a_new_ticket_is_told(self, windows: Windows, desk: Desk) -> None:
        async with windows.open(windows.token("anna")) as anna:
            await here(anna)
            await asyncio.sleep(2.2)  # the first look is over
            ticket = desk.open()
            assert (await told(anna, "changed"))["ticket"] == ticket.id

    async def test_each_event_is_told_once(self, windows: Windows, desk: Desk) -> None:
        async with windows.open(windows.token("anna")) as anna:
            await here(anna)
            await asyncio.sleep(0.3)
            ticket = desk.open()
            assert (await told(anna, "changed"))["kinds"] == ["opened"]
            desk.database.write(
                lambda session: changes.note(session, session.get_one(Ticket, ticket.number), PARTNER, "x")
            )
            assert (await told(anna, "changed"))["kinds"] == ["note"]
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(4.5):
                    await told(anna, "changed")


class TestPresence:
    async def test_who_looks_and_who_writes(self, windows: Windows, desk: Desk) -> None:
        ticket = desk.open().id
        async with windows.open(windows.token("anna")) as anna, windows.open(windows.token("clara")) as listing:
            await here(listing)
            await here(anna, ticket)
            assert [one["name"] for one in (await told(anna, "present"))["people"]] == ["Anna"]
            async with windows.open(windows.token("bruno")) as bruno:
                await here(bruno, ticket, writing=True)
                people = (await told(anna, "present"))["people"]
                assert [(one["name"], one["writing"]) for one in people] == [("Anna", False), ("Bruno", True)]
            assert [one["name"] for one in (await told(anna, "present"))["people"]] == ["Anna"]
            seen: list[int] = []
            while len(seen) < 3:  # the list may have come in before or after Anna: then it is told of her twice
                people = (await told(listing, "present"))["people"]
                seen += [len(people)] if seen[-1:] != [len(people)] else []
            assert seen == [1, 2, 1]

    async def test_a_list_opened_later_sees_who_is_where(self, windows: Windows, desk: Desk) -> None:
        ticket = desk.open().id
        async with windows.open(windows.token("anna")) as anna:
            await here(anna, ticket)
            await told(anna, "present")
            async with windows.open(windows.token("bruno")) as listing:
                await here(listing)
                assert (await told(listing, "present"))["ticket"] == ticket


class TestClosing:
    @pytest.mark.parametrize("how", ["signed out", "disabled", "new password", "expired"])
    async def test_a_session_that_ends_closes_its_windows_within_five_seconds(
        self, windows: Windows, stored: Database, how: str
    ) -> None:
        """Also where another process ended it: nothing tells the server but the database."""
        token, other = windows.token("anna"), windows.token("bruno")
        async with windows.open(token) as anna, windows.open(other) as bruno:
            await here(anna)
            await here(bruno)

            def end(session: Any) -> None:
                agent = agents.named(session, "anna")
                if how == "signed out":
                    agents.end(session, agent, token_hash(token))
                elif how == "disabled":
                    agents.set_disabled(session, agent, True)
                elif how == "new password":
                    agents.set_password(session, agent, "x", "command line")
                else:
                    session.execute(
                        update(AgentSession)
                        .where(AgentSession.agent_id == agent.id)
                        .values(active_at=now() - agents.IDLE)
                    )

            stored.write(end)
            assert await closed(anna) == 4401
            await here(bruno)
            await bruno.ping()

    async def test_a_message_after_the_end_is_not_heard(self, windows: Windows, stored: Database) -> None:
        token = windows.token("anna")
        async with windows.open(token) as anna:
            stored.write(lambda session: agents.end(session, agents.named(session, "anna"), token_hash(token)))
            await here(anna)
            assert await closed(anna, 2.0) == 4401

    @pytest.mark.parametrize("frame", ["", "{", "[]", '{"type":"other"}', '{"type":"here","ticket":"x","writing":1}'])
    async def test_frames_that_mean_nothing_end_it(self, windows: Windows, frame: str) -> None:
        async with windows.open(windows.token("anna")) as anna:
            for _ in range(5):
                await anna.send(frame)
            assert await closed(anna) == 1008

    async def test_too_many_frames_end_it(self, windows: Windows) -> None:
        async with windows.open(windows.token("anna")) as anna:
            for _ in range(130):
                await here(anna)
            assert await closed(anna) == 1008

    async def test_writing_keeps_a_session_alive_and_looking_does_not(self, windows: Windows, stored: Database) -> None:
        token = windows.token("anna")
        before = now() - agents.IDLE / 2

        def active_at() -> Any:
            found = stored.read(lambda session: agents.signed_in(session, token))
            assert found is not None
            return found.session.active_at

        async with windows.open(token) as anna:
            await here(anna)
            await asyncio.sleep(0.2)
            stored.write(lambda session: session.execute(update(AgentSession).values(active_at=before)))
            await here(anna, "ab" * 16)
            await told(anna, "present")
            assert active_at() == before
            await here(anna, "ab" * 16, writing=True)
            await told(anna, "present")
            assert active_at() > before
