"""Fixtures that many tests share: the real service, the real index, a fresh database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from actions.live_index import load_understanding
from actions.understanding import Understanding
from knowledge.faq.entries import Content, load_content
from knowledge.faq.search import Search
from settings import ROOT, Settings
from tests.service import Service
from tickets.database import Database


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The running service, shared by all tests that don't hurt it."""
    running = Service(tmp_path_factory.mktemp("service") / "var")
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def settings() -> Settings:
    """Default settings: nothing from the environment."""
    return Settings.load({})


@pytest.fixture(scope="session")
def content() -> Content:
    """The real content files."""
    return load_content(ROOT / "knowledge" / "faq")


@pytest.fixture(scope="session")
def understanding(settings: Settings) -> Understanding:
    """The real index with the real encoder."""
    return load_understanding(settings)


@pytest.fixture(scope="session")
def search(understanding: Understanding) -> Search:
    """The search of the real index."""
    return understanding.search


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A fresh, migrated SQLite database."""
    fresh = Database(f"sqlite:///{tmp_path / 'care.db'}")
    fresh.migrate()
    yield fresh
    fresh.close()
