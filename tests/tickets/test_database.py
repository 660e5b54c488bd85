"""The database: on disk before it is acknowledged, writes that share a commit, and what happens when it fails."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from tickets import database as module
from tickets.database import Database, schema_versions, sqlite_note
from tickets.models import Conversation

_PATIENCE = 10.0


def adding(name: str) -> Callable[[Session], str]:
    """A write that makes the conversation `name`."""

    def work(session: Session) -> str:
        session.add(Conversation(id=name, channel="api", external_id=name))
        session.flush()
        return name

    return work


def names(database: Database) -> set[str]:
    """The conversations that are in the database."""
    return database.read(lambda session: {row.id for row in session.query(Conversation.id)})


def together(database: Database, *works: Callable[[Session], Any]) -> list[Future[Any]]:
    """Queue writes while the writer is busy, so that they form one group."""
    taken, queued = threading.Event(), threading.Event()

    def keep_busy(_: Session) -> bool:
        taken.set()
        return queued.wait(_PATIENCE)

    busy = database.submit(keep_busy)
    assert taken.wait(_PATIENCE)
    futures = [database.submit(work) for work in works]
    queued.set()
    assert busy.result(_PATIENCE)
    return futures


def commits(database: Database) -> list[None]:
    """Grows with every commit."""
    seen: list[None] = []
    event.listen(database.engine, "commit", lambda _: seen.append(None))
    return seen


class TestConnections:
    def test_every_connection_syncs_before_it_acknowledges(self, sqlite_database: Database) -> None:
        wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}
        opened = [sqlite_database.engine.connect() for _ in range(4)]
        try:
            for connection in opened:
                found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in wanted}
                assert found == wanted
        finally:
            for connection in opened:
                connection.close()

    def test_the_folder_of_the_file_is_made(self, tmp_path: Path) -> None:
        with closing(Database(f"sqlite:///{tmp_path / 'a' / 'b' / 'care.db'}")) as database:
            database.migrate()
        assert (tmp_path / "a" / "b" / "care.db").exists()

    def test_an_error_names_no_partners_words(self, database: Database) -> None:
        """Errors are logged; logs carry no message text."""
        database.write(adding("the partner's words"))
        with pytest.raises(IntegrityError) as failed:
            database.write(adding("the partner's words"))
        assert "words" not in str(failed.value)


class TestWriting:
    def test_what_is_written_is_read(self, database: Database) -> None:
        assert database.write(adding("one")) == "one"
        assert names(database) == {"one"}

    def test_a_read_sees_nothing_half_done_and_does_not_wait(self, database: Database) -> None:
        written, go_on = threading.Event(), threading.Event()

        def slow(session: Session) -> None:
            adding("one")(session)
            written.set()
            go_on.wait(_PATIENCE)

        future = database.submit(slow)
        written.wait(_PATIENCE)
        try:
            assert names(database) == set()
        finally:
            go_on.set()
        future.result(_PATIENCE)
        assert names(database) == {"one"}

    def test_writes_that_wait_share_one_commit(self, database: Database) -> None:
        counted = commits(database)
        futures = together(database, *(adding(str(n)) for n in range(20)))

        assert [future.result(_PATIENCE) for future in futures] == [str(n) for n in range(20)]
        assert len(counted) == 2  # the one that kept the writer busy, and all others

    def test_a_group_has_an_end(self, database: Database) -> None:
        counted = commits(database)
        for future in together(database, *(adding(str(n)) for n in range(150))):
            future.result(_PATIENCE)
        assert len(counted) == 1 + 3  # 64 + 64 + 22

    def test_a_write_that_fails_is_undone_alone(self, database: Database) -> None:
        def half(session: Session) -> None:
            adding("half")(session)
            raise LookupError("no such button")

        one, failed, doubled, two = together(database, adding("one"), half, adding("one"), adding("two"))

        assert (one.result(_PATIENCE), two.result(_PATIENCE)) == ("one", "two")
        with pytest.raises(LookupError, match="no such button"):
            failed.result(_PATIENCE)
        with pytest.raises(IntegrityError):
            doubled.result(_PATIENCE)
        assert names(database) == {"one", "two"}

    def test_a_write_that_fails_by_itself_is_undone(self, database: Database) -> None:
        def half(session: Session) -> None:
            adding("half")(session)
            raise LookupError("no such button")

        with pytest.raises(LookupError, match="no such button"):
            database.write(half)
        assert database.write(adding("one")) == "one"
        with pytest.raises(IntegrityError):
            database.write(adding("one"))
        assert database.write(adding("two")) == "two"
        assert names(database) == {"one", "two"}

    def test_writers_that_read_first_do_not_meet_a_locked_database(self, database: Database) -> None:
        """With SQLite's plain BEGIN this fails at once: a reader cannot become a writer while another writes."""
        database.write(lambda session: session.execute(text("CREATE TABLE counter (n INTEGER)")))
        database.write(lambda session: session.execute(text("INSERT INTO counter VALUES (0)")))

        def count(session: Session) -> None:
            seen = session.execute(text("SELECT n FROM counter")).scalar_one()
            session.execute(text("UPDATE counter SET n = :n"), {"n": seen + 1})

        def write_many() -> None:
            for _ in range(50):
                database.write(count)

        writers = [threading.Thread(target=write_many) for _ in range(8)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()

        assert database.read(lambda session: session.execute(text("SELECT n FROM counter")).scalar_one()) == 8 * 50


class TestCallersThatHangUp:
    def test_a_write_cancelled_before_its_turn_is_not_done_and_hurts_nobody(self, database: Database) -> None:
        """asyncio cancels the future of a request whose client went away."""
        queued = threading.Event()
        busy = database.submit(lambda _: queued.wait(_PATIENCE))
        given_up, other = database.submit(adding("given up")), database.submit(adding("other"))
        assert given_up.cancel()
        queued.set()

        assert busy.result(_PATIENCE)
        assert other.result(_PATIENCE) == "other"
        with pytest.raises(CancelledError):
            given_up.result(_PATIENCE)
        assert names(database) == {"other"}
        assert database.submit(adding("later")).result(_PATIENCE) == "later"

    def test_a_write_that_runs_is_done(self, database: Database) -> None:
        running, go_on = threading.Event(), threading.Event()

        def slow(session: Session) -> None:
            running.set()
            go_on.wait(_PATIENCE)
            adding("begun")(session)

        future = database.submit(slow)
        running.wait(_PATIENCE)
        assert not future.cancel()
        go_on.set()
        future.result(_PATIENCE)
        assert names(database) == {"begun"}


class TestBadDays:
    def test_nothing_is_acknowledged_that_a_full_disk_undid(self, tmp_path: Path) -> None:
        """SQLite undoes the whole transaction when the disk is full, also the writes of others in it."""
        most = 20

        with closing(Database(f"sqlite:///{tmp_path / 'care.db'}")) as database:
            database.write(lambda session: session.execute(text("CREATE TABLE blobs (n INTEGER, b BLOB)")))
            database.engine.dispose()

            @event.listens_for(database.engine, "connect")
            def limit(connection: sqlite3.Connection, _: object) -> None:
                connection.execute(f"PRAGMA max_page_count={most}")

            def put(number: int, size: int = 10) -> Callable[[Session], None]:
                statement = text("INSERT INTO blobs VALUES (:n, zeroblob(:size))")

                def work(session: Session) -> None:
                    session.execute(statement, {"n": number, "size": size})

                return work

            futures = together(database, put(1), put(2), put(3, 1_000_000), put(4))
            acknowledged = {n for n, future in enumerate(futures, 1) if future.exception(_PATIENCE) is None}
            stored = database.read(lambda session: set(session.execute(text("SELECT n FROM blobs")).scalars()))
            assert acknowledged == stored
            assert isinstance(futures[2].exception(), OperationalError)

            database.write(put(5))  # there is room for small ones: it goes on without a restart
            stored = database.read(lambda session: set(session.execute(text("SELECT n FROM blobs")).scalars()))
            assert 5 in stored

    def test_a_lock_held_for_a_while_reaches_nobody(self, sqlite_database: Database, tmp_path: Path) -> None:
        with closing(sqlite3.connect(tmp_path / "care.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            future = sqlite_database.submit(adding("patient"))
            time.sleep(0.5)
            assert not future.done()
            other.execute("COMMIT")
            assert future.result(_PATIENCE) == "patient"

    def test_a_lock_held_too_long_fails_a_whole_group_after_one_wait(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "_BUSY_MS", 300)
        with closing(Database(f"sqlite:///{tmp_path / 'care.db'}")) as database:
            database.migrate()
            database.write(adding("before"))
            with closing(sqlite3.connect(tmp_path / "care.db", isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                start = time.monotonic()
                futures = [database.submit(adding(str(n))) for n in range(10)]
                failures = [future.exception(_PATIENCE) for future in futures]
                waited = time.monotonic() - start
            assert all(isinstance(failure, OperationalError) for failure in failures)
            assert waited < 2.5  # the first write alone, then the others together; 3 s if each waited
            assert database.write(adding("after")) == "after"
            assert names(database) == {"before", "after"}

    def test_a_file_that_is_no_database_is_said_to_every_caller(self, tmp_path: Path) -> None:
        (tmp_path / "care.db").write_bytes(b"not a database " * 100)
        with closing(Database(f"sqlite:///{tmp_path / 'care.db'}")) as database:
            for _ in range(2):  # the writer lives on
                with pytest.raises((SQLAlchemyError, sqlite3.DatabaseError), match="not a database"):
                    database.submit(adding("x")).result(_PATIENCE)


class TestClosing:
    def test_queued_writes_are_finished(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path / 'care.db'}"
        database = Database(url)
        database.migrate()
        futures = [database.submit(adding(str(n))) for n in range(100)]
        database.close()

        assert all(future.done() for future in futures)
        with closing(Database(url)) as again:
            assert len(names(again)) == 100

    def test_a_closed_database_refuses_instead_of_never_answering(self, tmp_path: Path) -> None:
        database = Database(f"sqlite:///{tmp_path / 'care.db'}")
        database.close()
        with pytest.raises(RuntimeError, match="closed"):
            database.submit(adding("too late"))

    def test_closing_twice_is_harmless(self, tmp_path: Path) -> None:
        database = Database(f"sqlite:///{tmp_path / 'care.db'}")
        database.close()
        database.close()


class TestForDoctor:
    @pytest.mark.parametrize(("found", "noted"), [((3, 40, 1), True), ((3, 51, 2), True), ((3, 51, 3), False)])
    def test_a_sqlite_with_the_wal_reset_bug_is_noted(
        self, monkeypatch: pytest.MonkeyPatch, found: tuple[int, int, int], noted: bool
    ) -> None:
        monkeypatch.setattr(sqlite3, "sqlite_version_info", found)
        assert (sqlite_note() is not None) is noted

    def test_the_form_of_the_tables_is_told_without_changing_anything(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path / 'care.db'}"
        with closing(Database(url)) as database:
            assert schema_versions(url)[0] is None
            database.migrate()
            found, newest = schema_versions(url)
            assert found == newest

    def test_a_file_that_is_no_database_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "care.db").write_bytes(b"not a database " * 100)
        with pytest.raises(SQLAlchemyError):
            schema_versions(f"sqlite:///{tmp_path / 'care.db'}")
