"""Fixtures of the tests of Slack: a Slack on loopback, and the real application that belongs to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.slack.guard import PATH
from bot.web.app import create_app
from settings import Settings
from tests.bot.peers import Rasa, serving
from tests.slack_world import Slack, posted
from tickets.database import Database


class App:
    """The running application, as Slack reaches it."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def post(self, payload: dict[str, Any], **headers: str) -> int:
        """Deliver something by HTTP; the status."""
        return (await self.ask(payload, **headers)).status_code

    async def ask(self, payload: dict[str, Any], **headers: str) -> httpx.Response:
        """Deliver something by HTTP; the answer."""
        body, signed = posted(payload)
        return await self.client.post(PATH, content=body, headers={**signed, **headers})


RunApp = Callable[..., AbstractAsyncContextManager[App]]


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    """A workspace."""
    async with Slack() as world:
        yield world
        assert world.problems == []


@pytest.fixture
def run_app(tmp_path: Path, rasa: Rasa, slack: Slack) -> RunApp:
    """Runs the application, which ends with the context; the next run has the same data."""

    @asynccontextmanager
    async def run(socket_mode: bool = False, **settings: str) -> AsyncIterator[App]:
        given = {"CARE_DATA_DIR": str(tmp_path), "CARE_RATE_LIMIT": "0", **slack.settings(socket_mode=socket_mode)}
        app = create_app(Settings.load({**given, **settings}), rasa.url, rasa.url)
        async with serving(app) as url, httpx.AsyncClient(base_url=url, timeout=20) as client:
            yield App(client)

    return run


@pytest.fixture
async def app(run_app: RunApp) -> AsyncIterator[App]:
    """The application, reached by HTTP."""
    async with run_app() as running:
        yield running


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[Database]:
    """The application's database, to look into."""
    database = Database(f"sqlite:///{tmp_path / 'care.db'}")
    yield database
    database.close()
