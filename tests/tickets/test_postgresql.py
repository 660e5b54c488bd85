"""PostgreSQL with several processes: one order, one ticket, one answer, whatever they do at the same moment."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from functools import partial
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from sqlalchemy import Select, func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tests.postgres import Postgres
from tests.tickets import desk
from tickets import changes, conversations
from tickets import database as module
from tickets.agent_models import Agent
from tickets.changes import Author
from tickets.conversations import Received
from tickets.database import Database, NotDurable, obstacle
from tickets.models import Conversation, Event
from tickets.ticket_models import Ticket, TicketEvent

_PATIENCE = 20.0


@pytest.fixture
def url(postgres_database: Database) -> str:
    """The database's address."""
    return postgres_database.engine.url.render_as_string(hide_password=False)


@pytest.fixture
def second(url: str) -> Iterator[Database]:
    """Another process's view of the same database."""
    with closing(Database(url)) as opened:
        yield opened


def both(first: Callable[[], Any], second: Callable[[], Any]) -> list[BaseException]:
    """Run two things at once; what went wrong."""
    errors: list[BaseException] = []

    def run(work: Callable[[], Any]) -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=[work]) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(_PATIENCE)
    return errors


class TestConnections:
    def test_each_has_limits_and_utc(self, postgres_database: Database) -> None:
        wanted = {
            "statement_timeout": "5s",
            "lock_timeout": "2s",
            "timezone": "UTC",
            "transaction_isolation": "read committed",
            "synchronous_commit": "on",
        }
        with postgres_database.engine.connect() as connection:
            found = {name: connection.execute(text(f"SHOW {name}")).scalar() for name in wanted}
        assert found == wanted

    def test_one_process_opens_ten_at_most(self, postgres_database: Database) -> None:
        pool: Any = postgres_database.engine.pool
        assert pool.size() + pool._max_overflow == 10

    def test_a_driver_need_not_be_named(self) -> None:
        assert module._driver("postgresql://db/care").drivername == "postgresql+psycopg"
        assert module._driver("postgresql+psycopg://db/care").drivername == "postgresql+psycopg"
        assert module._driver("sqlite:///x.db").drivername == "sqlite"


class TestDurability:
    @pytest.mark.parametrize("name", ["fsync", "synchronous_commit"])
    def test_a_server_that_forgets_stops_the_start_with_a_sentence(self, name: str) -> None:
        server = Postgres()
        try:
            server.start(**{name: "off"})
            with server.fresh(migrated=False) as url:
                sentence = obstacle(url)
                assert sentence is not None
                assert f"{name}=off" in sentence
                with closing(Database(url)) as database, pytest.raises(NotDurable, match=name):
                    database.migrate()
        finally:
            server.stop()

    def test_a_server_that_remembers_is_no_obstacle(self, url: str) -> None:
        assert obstacle(url) is None

    def test_a_server_that_is_not_there_is_one_sentence_without_the_password(self) -> None:
        sentence = obstacle("postgresql://care:hunter2@127.0.0.1:1/care")
        assert sentence is not None
        assert "does not answer" in sentence
        assert "hunter2" not in sentence
        assert len(sentence.splitlines()) == 1

    def test_a_restarted_server_is_used_again_without_a_restart_of_ours(self) -> None:
        server = Postgres()
        try:
            server.start()
            with closing(Database(server.url("postgres"))) as database:
                database.migrate()
                database.write(lambda session: conversations.conversation_for(session, "api", "before"))
                server.kill()
                with pytest.raises(OperationalError):
                    database.write(lambda session: conversations.conversation_for(session, "api", "meanwhile"))
                server.start()
                database.write(lambda session: conversations.conversation_for(session, "api", "after"))
                names = database.read(lambda session: set(session.scalars(select(Conversation.external_id))))
                assert names == {"before", "after"}
        finally:
            server.stop()


class TestMigrating:
    def test_replicas_that_start_together_migrate_once(self, postgres: Postgres) -> None:
        with (
            postgres.fresh(migrated=False) as url,
            closing(Database(url)) as one,
            closing(Database(url)) as other,
        ):
            assert both(one.migrate, other.migrate) == []


class TestTwoProcesses:
    def test_events_are_counted_without_gap_or_double(self, url: str, postgres_database: Database) -> None:
        conversation = postgres_database.write(conversations.open_web_session)[1]
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as processes:
            list(processes.map(append_many, [(url, conversation, 100)] * 2))
        seqs = postgres_database.read(
            lambda session: list(
                session.scalars(select(Event.seq).where(Event.conversation_id == conversation).order_by(Event.seq))
            )
        )
        assert seqs == list(range(1, 201))

    def test_a_key_opens_one_ticket(self, url: str, postgres_database: Database) -> None:
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as processes:
            numbers = [number for found in processes.map(open_many, [(url, 25)] * 2) for number in found]
        assert len(numbers) == 50
        assert len(set(numbers)) == 1
        assert postgres_database.read(lambda session: session.scalar(select(func.count()).select_from(Ticket))) == 1

    def test_a_client_message_is_stored_once(self, postgres_database: Database, second: Database) -> None:
        conversation = postgres_database.write(conversations.open_web_session)[1]
        for number in range(20):
            say = partial(receive, conversation=conversation, client_id=f"c-{number}")
            new: list[bool] = []

            def note(database: Database, say: Any = say, new: list[bool] = new) -> None:
                new.append(database.write(say).new)

            assert both(partial(note, postgres_database), partial(note, second)) == []
            assert sorted(new) == [False, True]

    def test_a_turn_is_answered_once(self, postgres_database: Database, second: Database) -> None:
        conversation = postgres_database.write(conversations.open_web_session)[1]
        reply: list[dict[str, Any]] = [{"text": "here", "buttons": [], "data": {}}]
        for _ in range(20):
            turn = postgres_database.write(partial(receive, conversation=conversation)).turn.id
            finish = partial(conversations.finish, turn_id=turn, replies=reply, record={})
            assert both(partial(postgres_database.write, finish), partial(second.write, finish)) == []
        replies = select(func.count()).select_from(Event).where(Event.kind == "bot")
        assert postgres_database.read(lambda session: session.scalar(replies)) == 20

    def test_a_channels_name_is_one_conversation(self, postgres_database: Database, second: Database) -> None:
        for number in range(20):
            meet = partial(conversations.conversation_for, channel="api", external_id=f"ann-{number}")
            assert both(partial(postgres_database.write, meet), partial(second.write, meet)) == []
        count = select(func.count()).select_from(Conversation)
        assert postgres_database.read(lambda session: session.scalar(count)) == 20

    def test_a_reply_and_a_comment_at_once_both_count(self, postgres_database: Database, second: Database) -> None:
        """Whichever comes second sees what the first has done: the states' order is never broken."""
        agent = postgres_database.write(desk.agent)
        for _ in range(20):
            number = postgres_database.write(lambda session: desk.ticket(session).number)
            answer, add = partial(reply_to, number, agent), partial(add_to, number)
            assert both(partial(postgres_database.write, answer), partial(second.write, add)) == []
            query = select(TicketEvent.data).where(TicketEvent.ticket_number == number, TicketEvent.kind == "state")
            states = postgres_database.read(partial(all_of, query=query.order_by(TicketEvent.id)))
            assert states[0]["from"] == "new"
            assert all(before["to"] == after["from"] for before, after in pairwise(states))


class TestGroups:
    def test_a_row_that_somebody_holds_fails_its_own_write_only(
        self, url: str, postgres_database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        conversation = postgres_database.write(conversations.open_web_session)[1]
        with psycopg.connect(url.replace("+psycopg", "")) as other:
            other.execute("SELECT 1 FROM conversations FOR UPDATE")
            busy = postgres_database.submit(lambda session: time.sleep(0.3))
            held = postgres_database.submit(
                lambda session: conversations.append(session, conversation, kind="bot", text="x")
            )
            free = postgres_database.submit(lambda session: conversations.conversation_for(session, "api", "free").id)
            busy.result(_PATIENCE)
            with pytest.raises(OperationalError):
                held.result(_PATIENCE)
            assert free.result(_PATIENCE)

    def test_a_deadlock_is_done_again_and_reaches_nobody(self, postgres_database: Database, second: Database) -> None:
        one, other = (postgres_database.write(conversations.open_web_session)[1] for _ in range(2))
        meeting = threading.Barrier(2)
        tries: list[str] = []

        def work(first: str, then: str) -> Callable[[Session], None]:
            def write(session: Session) -> None:
                tries.append(first)
                conversations.append(session, first, kind="bot", text=f"{first} first")
                if tries.count(first) == 1:
                    meeting.wait(_PATIENCE)
                conversations.append(session, then, kind="bot", text=f"{first} then")

            return write

        futures = [postgres_database.submit(work(one, other)), second.submit(work(other, one))]
        for future in futures:
            future.result(_PATIENCE)
        assert len(tries) == 3
        texts = postgres_database.read(lambda session: sorted(session.scalars(select(Event.text))))
        assert texts == sorted(f"{who} {when}" for who in (one, other) for when in ("first", "then"))

    def test_a_statement_that_takes_too_long_is_stopped_alone(self, postgres_database: Database) -> None:
        def slow(session: Session) -> None:
            session.execute(text("SET LOCAL statement_timeout = '200ms'"))
            session.execute(text("SELECT pg_sleep(5)"))

        stopped, free = postgres_database.submit(slow), postgres_database.submit(lambda session: 1)
        with pytest.raises(OperationalError):
            stopped.result(_PATIENCE)
        assert free.result(_PATIENCE) == 1


def receive(session: Session, conversation: str, client_id: str | None = None) -> Received:
    """A partner's message."""
    return conversations.receive(session, conversation, text="hello", message="hello", client_id=client_id, retry=True)


def reply_to(number: int, agent: Agent, session: Session) -> None:
    """An agent's answer."""
    changes.reply(session, session.get_one(Ticket, number), Author.of(agent), "Here.")


def add_to(number: int, session: Session) -> None:
    """The partner's comment."""
    changes.comment(session, session.get_one(Ticket, number), Author("partner", None, "Ann"), "And?")


def all_of(session: Session, query: Select[Any]) -> list[Any]:
    """What a query finds."""
    return list(session.scalars(query))


def append_many(work: tuple[str, str, int]) -> None:
    """Puts many events into one conversation, in a process of its own."""
    url, conversation, count = work
    with closing(Database(url)) as database:
        for number in range(count):
            database.write(partial(conversations.append, conversation_id=conversation, kind="bot", text=str(number)))


def open_many(work: tuple[str, int]) -> list[int]:
    """Opens a ticket with the same key many times, in a process of its own."""
    url, count = work
    with closing(Database(url)) as database:
        futures = [database.submit(lambda session: desk.ticket(session, key="one").number) for _ in range(count)]
        return [future.result() for future in futures]
