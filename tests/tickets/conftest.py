"""The databases that tickets are kept in: each test here runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import Postgres, postgres
from tickets.database import Database

__all__ = ["postgres"]

BOTH = ["sqlite", "postgresql"]


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A fresh, migrated database."""
    if request.param == "sqlite":
        yield from _open(f"sqlite:///{tmp_path / 'care.db'}")
    else:
        server: Postgres = request.getfixturevalue("postgres")
        with server.fresh() as url:
            yield from _open(url)


@pytest.fixture(params=BOTH)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without tables."""
    if request.param == "sqlite":
        yield from _open(f"sqlite:///{tmp_path / 'care.db'}", migrate=False)
    else:
        server: Postgres = request.getfixturevalue("postgres")
        with server.fresh(migrated=False) as url:
            yield from _open(url, migrate=False)


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[Database]:
    """A fresh, migrated SQLite database, for what only SQLite does."""
    yield from _open(f"sqlite:///{tmp_path / 'care.db'}")


@pytest.fixture
def postgres_database(postgres: Postgres) -> Iterator[Database]:
    """A fresh, migrated PostgreSQL database, for what only PostgreSQL does."""
    with postgres.fresh() as url:
        yield from _open(url)


def _open(url: str, *, migrate: bool = True) -> Iterator[Database]:
    opened = Database(url)
    if migrate:
        opened.migrate()
    yield opened
    opened.close()
