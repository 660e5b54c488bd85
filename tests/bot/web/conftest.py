"""Fixtures of the tests of the web: the real application, in this process, before an engine that does as told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from bot.web.app import create_app
from settings import Settings
from tests.bot.peers import Rasa
from tickets.database import Database

MakeApp = Callable[..., FastAPI]


@pytest.fixture
def make_app(tmp_path: Path, rasa: Rasa) -> MakeApp:
    """The application with settings of one's own, its engine and `actions` being the one server."""

    def make(**settings: str) -> FastAPI:
        loaded = Settings.load({"CARE_DATA_DIR": str(tmp_path), "CARE_RATE_LIMIT": "0", **settings})
        return create_app(loaded, rasa.url, rasa.url)

    return make


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[Database]:
    """The application's database, to look into."""
    database = Database(f"sqlite:///{tmp_path / 'care.db'}")
    yield database
    database.close()


@asynccontextmanager
async def caller(app: FastAPI, address: str = "127.0.0.1", name: str = "127.0.0.1") -> AsyncIterator[httpx.AsyncClient]:
    """A client of the running application that calls from `address` and knows us by `name`."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 50_000))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=f"http://{name}:8080") as client,
    ):
        yield client


@pytest.fixture
async def client(make_app: MakeApp) -> AsyncIterator[httpx.AsyncClient]:
    """A client on this machine, of the application with its usual settings."""
    async with caller(make_app()) as calling:
        yield calling
