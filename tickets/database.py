"""The database: connections that sync before they acknowledge, and one writer that groups commits.

Facts 9 to 11 of the reliability notes decide this: SQLite in WAL mode with synchronous=FULL,
`BEGIN IMMEDIATE` for writers, and only one process, this one, writing the file.
"""

from __future__ import annotations

import logging
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Generic, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

log = logging.getLogger("care.database")

_T = TypeVar("_T")
_GROUP = 64  # writes that share one commit at most
_BUSY_MS = 5000
_FIXED_SQLITE = (3, 51, 3)  # below, two connections that write and checkpoint at once can damage a WAL file


class Database:
    """Reads in the caller's thread, writes in one writer thread. Close it when done."""

    def __init__(self, url: str) -> None:
        """Open the database, creating a SQLite file's folder."""
        self.engine = _engine(url)
        self._writing = self.engine.execution_options(writes=True)
        self._work: queue.SimpleQueue[_Write[Any] | None] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._writer = threading.Thread(target=self._write_all, name="database-writer", daemon=True)
        self._writer.start()

    def migrate(self) -> None:
        """Bring the tables to the newest form."""
        config = _migrations()
        with self._writing.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def read(self, work: Callable[[Session], _T]) -> _T:
        """Run `work` in a session of its own and return its result."""
        with Session(self.engine, expire_on_commit=False) as session:
            return work(session)

    def submit(self, work: Callable[[Session], _T]) -> Future[_T]:
        """Queue `work` for the writer. The future is done when its commit is on disk.

        Writes that wait together share one commit; one that fails is undone alone, unless the
        database itself fails: then none of them is done. A future cancelled before its turn is not run.

        Raises:
            RuntimeError: the database is closed.
        """
        future: Future[_T] = Future()
        with self._closing:
            if self._closed:
                raise RuntimeError("The database is closed.")
            self._work.put(_Write(work, future))
        return future

    def write(self, work: Callable[[Session], _T]) -> _T:
        """Run `work` in the writer and wait until it is on disk."""
        return self.submit(work).result()

    def close(self) -> None:
        """Finish queued writes and close all connections."""
        with self._closing:
            self._closed = True
            self._work.put(None)
        self._writer.join()
        self.engine.dispose()

    def _write_all(self) -> None:
        while True:
            first = self._work.get()
            if first is None:
                return
            group, stop = [first], False
            while len(group) < _GROUP and not self._work.empty():
                following = self._work.get()
                if following is None:
                    stop = True
                    break
                group.append(following)
            self._commit(group)
            if stop:
                return

    def _commit(self, group: list[_Write[Any]]) -> None:
        # A caller that hung up has cancelled its future; from here on it cannot any more.
        group = [write for write in group if write.future.set_running_or_notify_cancel()]
        results: list[tuple[_Write[Any], Any]] = []
        try:
            with Session(self._writing, expire_on_commit=False) as session:
                session.connection()  # waits for the lock once, not once a write
                for write in group:
                    try:
                        with session.begin_nested():
                            result = write.work(session)
                    except OperationalError:  # a full disk, say: SQLite may have undone the writes before, too
                        raise
                    except Exception as error:  # handed to the caller, who decides
                        write.future.set_exception(error)
                        continue
                    results.append((write, result))
                session.commit()
        except Exception as error:  # handed to all callers; the writer goes on
            log.error("a group of %d writes failed: %s", len(group), type(error).__name__)
            for write in group:
                if not write.future.done():
                    write.future.set_exception(error)
            return
        for write, result in results:
            write.future.set_result(result)


class _Write(Generic[_T]):
    def __init__(self, work: Callable[[Session], _T], future: Future[_T]) -> None:
        self.work = work
        self.future = future


def schema_versions(url: str) -> tuple[str | None, str]:
    """The migration that a database is at (None: no tables yet) and the newest; only reads.

    Raises:
        SQLAlchemyError: the database does not answer, or is none.
    """
    engine = create_engine(url, hide_parameters=True)
    try:
        with engine.connect() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()
    newest = ScriptDirectory.from_config(_migrations()).get_current_head()
    assert newest is not None
    return found, newest


def sqlite_note() -> str | None:
    """What `care doctor` says of this SQLite, None when there is nothing to say."""
    if sqlite3.sqlite_version_info >= _FIXED_SQLITE:
        return None
    return f"SQLite {sqlite3.sqlite_version} is unsafe with two writing processes (3.51.3 is not); ours is one"


def _migrations() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(url, pool_size=5, max_overflow=5, pool_pre_ping=True, hide_parameters=True)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, hide_parameters=True)  # errors are logged, partners' texts are not

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_BUSY_MS}"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        # A writer takes the lock at once instead of meeting "database is locked" halfway (fact 11).
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
