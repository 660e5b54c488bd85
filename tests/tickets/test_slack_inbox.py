"""What Slack delivered: stored once, worked in order by one process at a time, taken over from a dead one."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from tickets import slack_inbox
from tickets.base import now
from tickets.database import Database
from tickets.slack_models import Place, SlackInbox

DM = Place("T1", "D1")
LATER = slack_inbox.LEASE + timedelta(seconds=1)


def put(database: Database, ts: str, place: Place = DM, event: str | None = None, *, invited: bool = True) -> bool:
    """Keep a message of that time."""
    return database.write(
        lambda session: slack_inbox.put_message(
            session,
            place,
            event_key=event or f"T1:Ev{ts}",
            message_key=f"{place.target}:{ts}",
            ts=ts,
            user="U1",
            text=f"at {ts}",
            invited=invited,
        )
    )


def claim(database: Database, owner: str, after: timedelta = timedelta()) -> list[SlackInbox]:
    """What a process takes at that time from now."""
    return database.write(lambda session: slack_inbox.claim(session, owner, now() + after))


def texts(entries: list[SlackInbox]) -> list[str]:
    """What entries say."""
    return [entry.body["text"] for entry in entries]


def mark(database: Database, owner: str, *, stored: list[SlackInbox], done: list[SlackInbox]) -> None:
    """Note what has become of entries."""
    database.write(
        lambda session: slack_inbox.mark(
            session, owner, stored=[entry.id for entry in stored], done=[entry.id for entry in done]
        )
    )


def test_an_event_and_a_twin_are_kept_once(database: Database) -> None:
    assert put(database, "1.1", event="T1:Ev1")
    assert not put(database, "1.1", event="T1:Ev1")
    assert not put(database, "1.1", event="T1:Ev2"), "another event about the same message"
    assert put(database, "1.1", Place("T1", "D2"), event="T1:Ev3"), "the same time in another channel"


def test_only_threads_of_ours_are_heard_uninvited(database: Database) -> None:
    thread = Place("T1", "C1", "1.0")
    assert not put(database, "1.1", thread, invited=False)
    assert put(database, "1.0", thread)
    assert put(database, "1.2", thread, invited=False)


def test_messages_of_one_conversation_are_taken_in_slacks_order(database: Database) -> None:
    for ts in ("1.3", "1.1", "1.2"):
        put(database, ts)
    put(database, "1.9", Place("T1", "D2"))
    first = claim(database, "a")
    assert sorted(texts(first)) == ["at 1.1", "at 1.9"]
    assert claim(database, "a") == []
    mark(database, "a", stored=first, done=[])
    second = claim(database, "a")
    assert texts(second) == ["at 1.2"]
    mark(database, "a", stored=second, done=first)
    assert texts(claim(database, "a")) == ["at 1.3"]


def test_a_conversation_stays_with_the_process_that_works_it(database: Database) -> None:
    put(database, "1.1")
    first = claim(database, "a")
    mark(database, "a", stored=first, done=[])
    put(database, "1.2")
    assert claim(database, "b") == []
    mark(database, "a", stored=[], done=first)
    assert texts(claim(database, "b")) == ["at 1.2"]


def test_what_a_dead_process_held_is_taken_over_in_order(database: Database) -> None:
    put(database, "1.1")
    first = claim(database, "a")
    mark(database, "a", stored=first, done=[])
    put(database, "1.2")
    claim(database, "a")
    assert claim(database, "b") == []
    taken = claim(database, "b", LATER)
    assert texts(taken) == ["at 1.1"]
    mark(database, "b", stored=taken, done=[])
    assert texts(claim(database, "b", LATER)) == ["at 1.2"]


def test_a_process_that_lives_keeps_what_it_holds(database: Database) -> None:
    put(database, "1.1")
    claim(database, "a")
    database.write(lambda session: slack_inbox.still_here(session, "a", now() + LATER))
    assert claim(database, "b", LATER) == []


def test_one_that_comes_late_does_not_overtake_what_is_being_stored(database: Database) -> None:
    put(database, "1.2")
    first = claim(database, "a")
    put(database, "1.1")
    assert claim(database, "a") == []
    mark(database, "a", stored=first, done=[])
    assert texts(claim(database, "a")) == ["at 1.1"]


def test_what_failed_is_taken_again_after_the_lease(database: Database) -> None:
    put(database, "1.1")
    (entry,) = claim(database, "a")
    database.write(lambda session: slack_inbox.mark(session, "a", failed=[entry.id]))
    database.write(lambda session: slack_inbox.still_here(session, "a", now() + 2 * LATER))
    assert claim(database, "a") == []
    assert texts(claim(database, "a", LATER)) == ["at 1.1"]


def test_what_is_done_says_nothing_any_more(database: Database) -> None:
    put(database, "1.1")
    mark(database, "a", stored=[], done=claim(database, "a"))

    def bodies(session: Session) -> list[dict[str, str]]:
        return list(session.scalars(select(SlackInbox.body)))

    assert database.read(bodies) == [{}]
    assert not put(database, "1.1"), "and is still known"


def test_taking_the_next_costs_the_same_however_much_is_done(sqlite_database: Database) -> None:
    def steps() -> int:
        """What SQLite does for one look, in hundreds of its steps."""
        counted = 0

        def count() -> int:
            nonlocal counted
            counted += 1
            return 0

        with Session(sqlite_database.engine) as session:
            connection = session.connection().connection.driver_connection
            assert isinstance(connection, sqlite3.Connection)
            connection.set_progress_handler(count, 100)
            assert texts(slack_inbox.claim(session, "a", now())) == ["at 9999.1"]
            connection.set_progress_handler(None, 0)
        return counted

    put(sqlite_database, "9999.1")
    before = steps()
    for number in range(1000, 1500):
        put(sqlite_database, f"{number}.1")
    older = select(SlackInbox).where(SlackInbox.ts < "9999.1")
    done = sqlite_database.read(lambda session: list(session.scalars(older)))
    mark(sqlite_database, "a", stored=[], done=done)
    assert steps() <= before + 2
