"""The database: connections that sync before they acknowledge, and one writer that groups commits.

Facts 9 to 11 of the reliability notes decide this: SQLite in WAL mode with synchronous=FULL,
`BEGIN IMMEDIATE` for writers, and only one process, this one, writing the file. PostgreSQL serves
several processes: every write that reads first locks what it reads, and a group that meets
another's lock the wrong way round is done again, each write by itself.
"""

from __future__ import annotations

import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any, Generic, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Engine, ExceptionContext, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

log = logging.getLogger("care.database")

_T = TypeVar("_T")
_GROUP = 64  # writes that share one commit at most
_BUSY_MS = 5000
_FIXED_SQLITE = (3, 51, 3)  # below, two connections that write and checkpoint at once can damage a WAL file
_POSTGRESQL = {  # of every connection
    "statement_timeout": "5s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "30s",
    "default_transaction_isolation": "read\\ committed",
    "timezone": "UTC",
}
_AGAIN = {"40001", "40P01"}  # serialization failure, deadlock: the transaction may simply be done again
_TRIES = 5
_MIGRATING = 0x63617265  # the advisory lock of whoever migrates; the others wait
_MIGRATION_SECONDS = 120
_COMPACT_SECONDS = 30.0


class NotDurable(RuntimeError):
    """The database server may forget what it acknowledged; the message says which setting is wrong."""


class Database:
    """Reads in the caller's thread, writes in one writer thread. Close it when done."""

    def __init__(self, url: str, info: dict[str, Any] | None = None) -> None:
        """Open the database, creating a SQLite file's folder.

        Args:
            info: what every writing session carries in `Session.info`, such as "notify" (see tickets/notices.py).
        """
        self.engine = _engine(url)
        self._writing = self.engine.execution_options(writes=True)
        self._info = info or {}
        self._bells: dict[str, Callable[[], None]] = {}
        self._work: queue.SimpleQueue[_Write[Any] | _Alone[Any] | None] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._writer = threading.Thread(target=self._write_all, name="database-writer", daemon=True)
        self._writer.start()

    @property
    def is_sqlite(self) -> bool:
        """Whether one process, this one, must own all writes."""
        return self.engine.dialect.name == "sqlite"

    def migrate(self) -> None:
        """Bring the tables to the newest form.

        Raises:
            NotDurable: the server may lose what it acknowledged.
        """
        if problem := durability_problem(self.engine):
            raise NotDurable(problem)
        config = _migrations()
        with self._writing.begin() as connection:
            if not self.is_sqlite:  # several processes may start at once
                connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_MIGRATION_SECONDS}s'")
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATING})")
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
        On PostgreSQL `work` may run again, in a new transaction, where another process came across it.

        Raises:
            RuntimeError: the database is closed.
        """
        return self._put(_Write(work, Future()))

    def write(self, work: Callable[[Session], _T]) -> _T:
        """Run `work` in the writer and wait until it is on disk."""
        return self.submit(work).result()

    def alone(self, work: Callable[[Any], _T]) -> Future[_T]:
        """Queue `work` for the writer, on a raw connection outside any transaction, while nothing else is written."""
        return self._put(_Alone(work, Future()))

    def compact(self) -> None:
        """Rewrite the database so that nothing deleted is left in its files; writers wait.

        Raises:
            SQLAlchemyError, sqlite3.Error: it could not; what was deleted may still be in the files.
        """
        self.alone(_compact_sqlite if self.is_sqlite else _compact_postgresql).result()

    def on_commit(self, name: str, ring: Callable[[], None]) -> None:
        """Call `ring`, in the writer's thread, after each commit with a write that did `ring_after_commit(…, name)`."""
        self._bells[name] = ring

    def close(self) -> None:
        """Finish queued writes and close all connections."""
        with self._closing:
            self._closed = True
            self._work.put(None)
        self._writer.join()
        self.engine.dispose()

    def _put(self, work: _Write[_T] | _Alone[_T]) -> Future[_T]:
        with self._closing:
            if self._closed:
                raise RuntimeError("The database is closed.")
            self._work.put(work)
        return work.future

    def _write_all(self) -> None:
        following: _Write[Any] | _Alone[Any] | None = None
        while True:
            first = following or self._work.get()
            following = None
            if first is None:
                return
            if isinstance(first, _Alone):
                self._run_alone(first)
                continue
            group, stop = [first], False
            while len(group) < _GROUP and not self._work.empty():
                following = self._work.get()
                if not isinstance(following, _Write):
                    stop = following is None
                    break
                group.append(following)
                following = None
            # A caller that hung up has cancelled its future; from here on it cannot any more.
            self._commit([write for write in group if write.future.set_running_or_notify_cancel()])
            if stop:
                return

    def _run_alone(self, work: _Alone[Any]) -> None:
        if not work.future.set_running_or_notify_cancel():
            return
        try:
            with closing(self.engine.raw_connection()) as connection:
                work.future.set_result(work.work(connection.driver_connection))
        except Exception as error:  # handed to the caller
            work.future.set_exception(error)

    def _commit(self, group: list[_Write[Any]]) -> None:
        for attempt in range(1, _TRIES + 1):
            try:
                outcomes, bells = self._try_commit(group)
            except Exception as error:  # handed to all callers; the writer goes on
                if attempt < _TRIES and self._may_be_done_again(error):
                    log.info("a group of %d writes is done again", len(group))
                    if len(group) > 1:  # each by itself: the fewer locks at once, the fewer deadlocks
                        for write in group:
                            self._commit([write])
                        return
                    time.sleep(0.01 * 2**attempt)
                    continue
                log.error("a group of %d writes failed: %s", len(group), type(error).__name__)
                for write in group:
                    write.future.set_exception(error)
                return
            for write, result, failure in outcomes:
                if failure is None:
                    write.future.set_result(result)
                else:
                    write.future.set_exception(failure)
            for name in bells & self._bells.keys():
                self._bells[name]()
            return

    def _try_commit(self, group: list[_Write[Any]]) -> tuple[list[_Outcome], set[str]]:
        outcomes: list[_Outcome] = []
        bells: set[str] = set()
        with Session(self._writing, expire_on_commit=False, info={**self._info, "bells": bells}) as session:
            session.connection()  # waits for the lock once, not once a write
            for write in group:
                try:
                    # A savepoint, so that one that fails is undone alone; it costs as much as a small write.
                    with session.begin_nested() if len(group) > 1 else nullcontext():
                        result = write.work(session)
                        session.flush()
                except Exception as error:  # handed to the caller, who decides
                    if self._ends_the_transaction(error):
                        raise
                    if len(group) == 1:
                        session.rollback()
                    outcomes.append((write, None, error))
                    continue
                outcomes.append((write, result, None))
            session.commit()
        return outcomes, bells

    def _ends_the_transaction(self, error: Exception) -> bool:
        """Whether a write's error concerns those before it in its group too."""
        if self.is_sqlite:  # a full disk, say: SQLite may have undone the writes before, too
            return isinstance(error, OperationalError)
        return isinstance(error, DBAPIError) and (error.connection_invalidated or _state(error) in _AGAIN)

    def _may_be_done_again(self, error: Exception) -> bool:
        return not self.is_sqlite and isinstance(error, DBAPIError) and _state(error) in _AGAIN


class _Write(Generic[_T]):
    def __init__(self, work: Callable[[Session], _T], future: Future[_T]) -> None:
        self.work = work
        self.future = future


class _Alone(Generic[_T]):
    def __init__(self, work: Callable[[Any], _T], future: Future[_T]) -> None:
        self.work = work
        self.future = future


_Outcome = tuple[_Write[Any], Any, Exception | None]


def ring_after_commit(session: Session, name: str) -> None:
    """Have whoever listens under this name (`Database.on_commit`) told once what this session writes is on disk."""
    session.info.setdefault("bells", set()).add(name)


def schema_versions(url: str) -> tuple[str | None, str]:
    """The migration that a database is at (None: no tables yet) and the newest; only reads.

    Raises:
        SQLAlchemyError: the database does not answer, or is none.
    """
    engine = create_engine(_driver(url), hide_parameters=True)
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


def obstacle(url: str) -> str | None:
    """Why the bot should not start on this database, in a sentence; None when it may. SQLite makes itself right."""
    if make_url(url).get_backend_name() == "sqlite":
        return None
    try:
        engine = _engine(url)
    except ImportError as error:
        return f"CARE_DATABASE_URL cannot be used: {error}."
    try:
        return durability_problem(engine)
    except SQLAlchemyError as error:
        first = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        return f"The database of CARE_DATABASE_URL does not answer: {first}"
    finally:
        engine.dispose()


def durability_problem(engine: Engine) -> str | None:
    """Which setting lets the server acknowledge what a power cut would undo; None when none does."""
    if engine.dialect.name != "postgresql":
        return None
    with engine.connect() as connection:
        for name in ("fsync", "synchronous_commit"):
            if connection.exec_driver_sql(f"SHOW {name}").scalar() == "off":
                return (
                    f"The PostgreSQL server has {name}=off, so a power cut would lose tickets whose number was given. "
                    f"Set {name}=on there and start again."
                )
    return None


def _migrations() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _driver(url: str) -> URL:
    """The address with the driver that we ship, where it names none."""
    parsed = make_url(url)
    return parsed.set(drivername="postgresql+psycopg") if parsed.drivername in ("postgresql", "postgres") else parsed


def _engine(url: str) -> Engine:
    parsed = _driver(url)
    if parsed.get_backend_name() != "sqlite":
        engine = create_engine(
            parsed,
            pool_size=5,
            max_overflow=5,
            pool_timeout=5,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={
                "connect_timeout": 5,
                "options": " ".join(f"-c {name}={value}" for name, value in _POSTGRESQL.items()),
            },
        )
        event.listen(engine, "handle_error", _without_details)
        return engine
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, hide_parameters=True)  # errors are logged, partners' texts are not

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


def _without_details(context: ExceptionContext) -> None:
    """PostgreSQL quotes the row in “DETAIL: …”; errors are logged, partners' texts are not."""
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None:
            error.args = tuple(str(part).split("\n", 1)[0] for part in error.args[:1])


def _state(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""


def _compact_sqlite(connection: sqlite3.Connection) -> None:
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%fts5%'"):
        optimize = f'INSERT INTO "{name}"("{name}") VALUES (\'optimize\')'  # noqa: S608 - the name is a table's
        connection.execute(optimize)  # a full-text index keeps the words of what was deleted until then
    connection.execute("VACUUM")
    end = time.monotonic() + _COMPACT_SECONDS
    while True:
        (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not busy:
            return
        if time.monotonic() > end:
            raise sqlite3.OperationalError("a reader keeps the write-ahead log from being emptied")
        time.sleep(0.1)


def _compact_postgresql(connection: Any) -> None:
    connection.rollback()
    before, connection.autocommit = connection.autocommit, True
    try:
        connection.execute("SET statement_timeout = 0")
        connection.execute("SET lock_timeout = '60s'")
        tables = connection.execute("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema()")
        for (name,) in tables.fetchall():
            connection.execute(f"VACUUM (FULL) {name}")
        connection.execute("RESET statement_timeout")
        connection.execute("RESET lock_timeout")
    finally:
        connection.autocommit = before
