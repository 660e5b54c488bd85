"""Erasing from everything the bot keeps, by itself and by way of the running bot's socket."""

from __future__ import annotations

import asyncio
import json
import socket
import sqlite3
import stat
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot import control as module
from bot.control import Control, answer_to, socket_path
from bot.erasing import LIST, Order, carry_out, erase_again
from bot.trackers import tracker_file
from tests.tickets import desk
from tickets import conversations, slack_users
from tickets.agent_models import Audit
from tickets.base import now
from tickets.database import Database
from tickets.erasure import Unclear
from tickets.models import Conversation
from tickets.ticket_models import Ticket


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """Where everything lies."""
    return tmp_path


@pytest.fixture
def canary(database: Database, data_dir: Path) -> Ticket:
    """A partner's ticket with its conversation, in the engine's memory too."""

    def make(session: Any) -> Ticket:
        ticket = desk.ticket(session, desk.partner(session, "Canary"), subject="Canary's order", description="canary")
        assert ticket.conversation_id is not None
        conversations.append(session, ticket.conversation_id, kind="user", text="canary")
        return ticket

    ticket = database.write(make)
    other = database.write(lambda session: conversations.open_web_session(session)[1])
    with closing(sqlite3.connect(tracker_file(data_dir))) as tracker, tracker:
        tracker.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, sender_id TEXT, data TEXT)")
        quoting = json.dumps({"text": f"Is it {ticket.name}, Canary's order?"})
        rows = [(ticket.conversation_id, '{"text": "canary"}'), (other, '{"text": "hi"}'), (other, quoting)]
        tracker.executemany("INSERT INTO events (sender_id, data) VALUES (?, ?)", rows)
    return ticket


def left(data_dir: Path) -> int:
    """How often the canary is in any file."""
    return sum(path.read_bytes().lower().count(b"canary") for path in data_dir.rglob("*") if path.is_file())


def tickets(database: Database) -> list[str]:
    """The tickets that there are."""
    return database.read(lambda session: [ticket.name for ticket in session.scalars(select(Ticket))])


def test_the_engine_forgets_a_thread_in_which_others_wrote_too(database: Database, data_dir: Path) -> None:
    def make(session: Any) -> str:
        thread = conversations.conversation_for(session, "slack", "T1:C1:1.1").id
        for user, name in (("U1", "Bob"), ("U2", "Canary")):
            slack_users.link(session, "T1", user, desk.partner(session, name), "test")
            given: dict[str, Any] = {"message": name, "client_id": None, "retry": True, "slack_user": ("T1", user)}
            conversations.receive(session, thread, text=f"I am {name}", **given)
        return thread

    thread = database.write(make)

    def remember() -> None:
        with closing(sqlite3.connect(tracker_file(data_dir))) as tracker, tracker:
            tracker.execute("CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, sender_id TEXT, data TEXT)")
            tracker.execute("INSERT INTO events (sender_id, data) VALUES (?, ?)", (thread, '{"text": "canary"}'))

    remember()
    carry_out(database, data_dir, Order(partner="canary", dry_run=False))
    assert left(data_dir) == 0
    assert database.read(lambda session: session.get(Conversation, thread)) is not None, "Bob writes there"
    remember()  # a backup of the engine's memory is restored
    carry_out(database, data_dir, Order(again=True, dry_run=False))
    assert left(data_dir) == 0


class TestOrders:
    def test_a_dry_run_only_counts(self, database: Database, canary: Ticket, data_dir: Path) -> None:
        before = left(data_dir)
        outcome = carry_out(database, data_dir, Order(partner="canary"))
        assert outcome.counts == {"partners": 1, "tickets": 1, "conversations": 1}
        assert (left(data_dir), tickets(database)) == (before, [canary.name])
        assert not (data_dir / LIST).exists()

    def test_nothing_is_left_in_any_file_and_the_rest_is(
        self, database: Database, canary: Ticket, data_dir: Path
    ) -> None:
        outcome = carry_out(database, data_dir, Order(partner="canary@acme.example", dry_run=False))
        assert outcome.counts["tickets"] == 1
        assert left(data_dir) == 0
        with closing(sqlite3.connect(tracker_file(data_dir))) as tracker:
            said = [json.loads(data)["text"] for (data,) in tracker.execute("SELECT data FROM events ORDER BY id")]
        assert said == ["hi", f"Is it {canary.name}, (erased)?"]

    def test_the_list_is_for_our_eyes_and_names_nobody(
        self, database: Database, canary: Ticket, data_dir: Path
    ) -> None:
        carry_out(database, data_dir, Order(partner="canary", dry_run=False))
        path = data_dir / LIST
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        listed = json.loads(path.read_text())
        assert (listed["tickets"], listed["conversations"]) == ([canary.id], [canary.conversation_id])
        assert listed["partners"] == [canary.partner_id]
        assert "canary" not in path.read_text().lower()

    def test_a_restored_backup_is_erased_before_it_serves(
        self, database: Database, canary: Ticket, data_dir: Path
    ) -> None:
        backup = data_dir.parent / "backup.db"
        backup.unlink(missing_ok=True)
        with closing(sqlite3.connect(data_dir / "care.db")) as connection:
            connection.execute("VACUUM INTO ?", [str(backup)])
        carry_out(database, data_dir, Order(partner="canary", dry_run=False))
        database.write(lambda session: desk.ticket(session, subject="young"))
        database.close()
        for end in ("", "-wal", "-shm"):
            (data_dir / f"care.db{end}").unlink(missing_ok=True)
        backup.rename(data_dir / "care.db")
        assert left(data_dir) > 0
        with closing(Database(f"sqlite:///{data_dir / 'care.db'}")) as restored:
            restored.migrate()
            assert erase_again(restored, data_dir).counts["tickets"] == 1
            assert left(data_dir) == 0
            assert erase_again(restored, data_dir).counts == {}
            entries = restored.read(lambda session: session.scalars(select(Audit)).all())
        assert [(entry.actor, entry.detail["why"]) for entry in entries] == [("system", "again")]

    def test_tickets_of_long_ago(self, database: Database, canary: Ticket, data_dir: Path) -> None:
        database.write(lambda session: setattr(session.get_one(Ticket, canary.number), "closed_at", now()))
        young = (now() - timedelta(days=1)).isoformat()
        assert carry_out(database, data_dir, Order(before=young)).counts["tickets"] == 0
        done = carry_out(database, data_dir, Order(before=(now() + timedelta(days=1)).isoformat(), dry_run=False))
        assert done.counts["tickets"] == 1
        assert tickets(database) == []

    def test_nobody_of_that_name(self, database: Database, data_dir: Path) -> None:
        with pytest.raises(Unclear):
            carry_out(database, data_dir, Order(partner="nobody"))


class TestSocket:
    @pytest.fixture
    async def control(self, database: Database, data_dir: Path) -> AsyncIterator[Control]:
        """A bot that listens."""
        listening = Control(database, data_dir)
        await listening.start()
        yield listening
        await listening.close()

    async def ask(self, data_dir: Path, line: bytes) -> dict[str, Any]:
        """One question."""
        reader, writer = await asyncio.open_unix_connection(str(socket_path(data_dir)))
        writer.write(line + b"\n")
        answer: dict[str, Any] = json.loads(await reader.readline())
        writer.close()
        return answer

    async def test_it_erases(self, control: Control, database: Database, canary: Ticket, data_dir: Path) -> None:
        order = {"partner": "canary", "dry_run": False, "actor": "command line (ann)"}
        answer = await self.ask(data_dir, json.dumps({"erase": order}).encode())
        assert answer["counts"]["tickets"] == 1
        assert left(data_dir) == 0

    async def test_it_notes_what_must_be_traceable(self, control: Control, database: Database, data_dir: Path) -> None:
        note = {"actor": "command line (ann)", "what": "exported", "detail": {"format": "csv"}}
        assert await self.ask(data_dir, json.dumps({"audit": note}).encode()) == {}
        (entry,) = database.read(lambda session: session.scalars(select(Audit)).all())
        assert (entry.actor, entry.what, entry.detail) == ("command line (ann)", "exported", {"format": "csv"})

    @pytest.mark.parametrize(
        "line",
        [
            b"",
            b"nonsense",
            b"[]",
            b"{}",
            b'{"erase": {}, "x": 1}',
            b'{"erase": {"unheard": 1}}',
            b'{"audit": 1}',
            b"\xff",
        ],
    )
    async def test_nonsense_is_answered_and_does_nothing(
        self, control: Control, database: Database, canary: Ticket, data_dir: Path, line: bytes
    ) -> None:
        assert "problem" in await self.ask(data_dir, line)
        assert tickets(database) == [canary.name]

    async def test_only_the_owner_can_open_it_and_it_goes_with_the_bot(self, control: Control, data_dir: Path) -> None:
        path = socket_path(data_dir)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        await control.close()
        assert not path.exists()

    async def test_a_socket_left_by_a_crash_is_replaced(self, database: Database, data_dir: Path) -> None:
        with socket.socket(socket.AF_UNIX) as crashed:
            crashed.bind(str(socket_path(data_dir)))
        listening = Control(database, data_dir)
        await listening.start()
        assert "problem" in await self.ask(data_dir, b"{}")
        await listening.close()

    def test_a_folder_with_a_long_name_has_a_socket_elsewhere(self, tmp_path: Path) -> None:
        long = tmp_path / ("x" * 120)
        assert socket_path(tmp_path).parent == tmp_path.resolve() or len(str(tmp_path)) > 80
        assert len(str(socket_path(long))) < 100
        assert socket_path(long) != socket_path(tmp_path / ("y" * 120))

    def test_a_database_that_fails_is_said(
        self, database: Database, data_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object) -> None:
            raise sqlite3.OperationalError("disk full of canaries")

        monkeypatch.setattr(module, "carry_out", fail)
        answer = answer_to(database, data_dir, {"erase": {"partner": "x"}})
        assert "OperationalError" in answer["problem"]
        assert "canaries" not in answer["problem"]
