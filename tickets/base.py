"""What all tables have in common: names of constraints, times in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import CursorResult, MetaData, Table, TypeDecorator
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import DateTime


def now() -> datetime:
    """The current time, UTC."""
    return datetime.now(UTC)


class UtcTime(TypeDecorator[datetime]):
    """A time that is UTC on every database; SQLite keeps no zone."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Base of all tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def run(session: Session, statement: Any) -> int:
    """Carry out an UPDATE or DELETE; of how many rows. What the session holds of them is not brought up to date."""
    result = session.execute(statement, execution_options={"synchronize_session": False})
    assert isinstance(result, CursorResult)
    return result.rowcount


def insert(session: Session, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows `on_conflict_…`, in the database's own words.

    It is one of the table, not of its class: that costs SQLAlchemy half. What is pending in the session, to which the
    row may refer, is therefore written here.
    """
    session.flush()
    bare = cast(Table, table.__table__)
    on_postgresql = session.get_bind().dialect.name == "postgresql"
    return postgresql.insert(bare) if on_postgresql else sqlite.insert(bare)
