"""Fixtures of the tests of `bot`: an engine that does as told, and the path of messages in front of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.engine import Engine
from bot.health import Health
from bot.messages import Messages
from tests.bot.peers import Rasa, serving
from tickets.database import Database


@pytest.fixture
async def rasa() -> AsyncIterator[Rasa]:
    """A server in Rasa's place that echoes until told otherwise."""
    peer = Rasa()
    async with serving(peer.app) as peer.url:
        yield peer


@pytest.fixture
async def engine(rasa: Rasa) -> AsyncIterator[Engine]:
    """The engine's client, with a time-out short enough for tests."""
    client = Engine(rasa.url, seconds=0.5)
    yield client
    await client.close()


@pytest.fixture
def health() -> Health:
    """The others are up, until a test says otherwise."""
    return Health(engine=True, actions=True, index="abc")


@pytest.fixture
async def messages(database: Database, engine: Engine, health: Health) -> AsyncIterator[Messages]:
    """The path of a message, over a fresh database."""
    path = Messages(database, engine, health)
    yield path
    await path.stop()
