"""The outbox: at least once, in order for each target, tried again ever more slowly, given up after a day."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tickets import outbox
from tickets.base import now
from tickets.database import Database
from tickets.outbox import DEAD, LEASE, LIFE, LONGEST_PAUSE, PENDING, SENDING, SENT
from tickets.ticket_models import Delivery

HOW = ("webhook", "email")


def put(database: Database, target: str = "https://a.example", destination: str = "webhook", **body: Any) -> Delivery:
    """A delivery."""
    return database.write(lambda session: outbox.put(session, destination, target, body))


def claim(database: Database, at: datetime | None = None, how: tuple[str, ...] = HOW, most: int = 8) -> list[Delivery]:
    """What is due."""
    return database.write(lambda session: outbox.claim(session, how, at or now(), most))


def fail(database: Database, delivery: Delivery, at: datetime | None = None, **given: Any) -> tuple[str, datetime]:
    """A try in vain."""
    given = {"problem": "HTTP 500", "permanent": False, **given}
    return database.write(lambda session: outbox.failed(session, delivery, at or now(), **given))


def finish(database: Database, delivery: Delivery) -> None:
    """A delivery that arrived."""
    database.write(lambda session: outbox.done(session, delivery, now()))


def stored(database: Database, delivery: Delivery) -> Delivery:
    """The row as it is."""
    return database.read(lambda session: session.get_one(Delivery, delivery.id))


class TestPutting:
    def test_it_is_there_when_the_change_is_and_not_when_the_change_is_undone(self, database: Database) -> None:
        kept = put(database, word="hello")

        def undone(session: Any) -> None:
            outbox.put(session, "webhook", "https://a.example", {})
            raise LookupError

        with pytest.raises(LookupError):
            database.write(undone)
        (only,) = database.read(lambda session: session.scalars(select(Delivery)).all())
        assert (only.id, only.body, only.state) == (kept.id, {"word": "hello"}, PENDING)

    def test_a_bell_rings_after_the_commit(self, database: Database) -> None:
        rung = threading.Event()
        database.on_commit(outbox.BELL, rung.set)
        database.write(lambda session: None)
        assert not rung.is_set()
        put(database)
        assert rung.wait(5)

    def test_ids_sort_in_the_order_in_which_they_were_made(self) -> None:
        ids = [outbox._next_id() for _ in range(1000)]
        assert ids == sorted(set(ids))
        assert {len(id_) for id_ in ids} == {32}


class TestClaiming:
    def test_one_is_taken_once_and_again_when_its_lease_is_over(self, database: Database) -> None:
        made = put(database)
        (taken,) = claim(database)
        assert (taken.id, taken.state, taken.attempts) == (made.id, SENDING, 1)
        assert claim(database) == []
        assert claim(database, now() + LEASE - timedelta(seconds=5)) == []
        (again,) = claim(database, now() + LEASE + timedelta(seconds=1))
        assert (again.id, again.attempts) == (made.id, 2)

    def test_what_goes_to_one_target_goes_in_order(self, database: Database) -> None:
        first, second, third = (put(database, number=n) for n in range(3))
        for expected in (first, second, third):
            (taken,) = claim(database)
            assert taken.id == expected.id
            finish(database, taken)
        assert claim(database) == []

    def test_one_that_waits_to_be_tried_again_holds_those_behind_it_and_no_other_target(
        self, database: Database
    ) -> None:
        first, second = put(database), put(database)
        other, mail = put(database, "https://b.example"), put(database, "https://a.example", "email")
        taken = claim(database)
        assert [delivery.id for delivery in taken] == [first.id, other.id, mail.id]
        fail(database, taken[0], retry_after=60)
        assert claim(database) == []
        (again,) = claim(database, now() + timedelta(seconds=61), how=("webhook",), most=1)
        assert again.id == first.id
        finish(database, again)
        assert [delivery.id for delivery in claim(database)] == [second.id]

    def test_a_dead_one_lets_the_next_pass(self, database: Database) -> None:
        first, second = put(database), put(database)
        (taken,) = claim(database)
        assert taken.id == first.id
        assert fail(database, taken, permanent=True)[0] == DEAD
        assert [delivery.id for delivery in claim(database)] == [second.id]

    def test_only_what_can_be_sent_is_taken(self, database: Database) -> None:
        put(database, destination="slack")
        assert claim(database) == []

    def test_eight_who_claim_at_once_get_each_delivery_once(self, database: Database) -> None:
        made = {put(database, f"https://{number}.example").id for number in range(40)}
        taken: list[str] = []

        def work() -> None:
            other = Database(database.engine.url.render_as_string(hide_password=False))
            try:
                while found := claim(other, most=3):
                    taken.extend(delivery.id for delivery in found)
            finally:
                other.close()

        workers = [threading.Thread(target=work) for _ in range(1 if database.is_sqlite else 8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        taken.extend(delivery.id for delivery in claim(database, most=40))
        assert len(taken) == 40
        assert set(taken) == made


class TestOutcomes:
    def test_sent_is_sent_with_its_time(self, database: Database) -> None:
        put(database)
        (taken,) = claim(database)
        finish(database, taken)
        row = stored(database, taken)
        assert (row.state, row.leased_until, row.problem) == (SENT, None, "")
        assert row.sent_at is not None

    def test_a_failure_is_tried_again_after_a_pause_and_says_why(self, database: Database) -> None:
        put(database)
        (taken,) = claim(database)
        state, next_at = fail(database, taken, problem="HTTP 503")
        row = stored(database, taken)
        assert (state, row.state, row.problem, row.leased_until) == (PENDING, PENDING, "HTTP 503", None)
        assert row.next_at == next_at

    def test_the_receivers_wish_to_wait_is_honoured(self, database: Database) -> None:
        put(database)
        (taken,) = claim(database)
        at = now()
        _, next_at = fail(database, taken, at, retry_after=90)
        assert next_at == at + timedelta(seconds=90)
        assert claim(database, at + timedelta(seconds=89)) == []
        assert len(claim(database, at + timedelta(seconds=91))) == 1

    def test_pauses_double_up_to_five_minutes_and_are_never_the_same_for_all(self) -> None:
        for attempts, limit in ((1, 1), (2, 2), (5, 16), (9, 256), (10, LONGEST_PAUSE), (1000, LONGEST_PAUSE)):
            pauses = [outbox.pause(attempts) for _ in range(300)]
            assert 0 <= min(pauses) < limit / 4
            assert limit * 3 / 4 < max(pauses) <= limit

    def test_after_a_day_it_is_dead(self, database: Database) -> None:
        put(database)
        (taken,) = claim(database)
        assert fail(database, taken, taken.created_at + LIFE - timedelta(seconds=1))[0] == PENDING
        (taken,) = claim(database, now() + LIFE)
        assert fail(database, taken, taken.created_at + LIFE)[0] == DEAD
        assert claim(database, now() + LIFE * 2) == []

    def test_one_whose_sender_always_dies_is_given_up_after_a_day(self, database: Database) -> None:
        made = put(database)
        claim(database)
        assert claim(database, now() + LIFE + LEASE) == []
        assert stored(database, made).state == DEAD

    def test_a_sender_whose_lease_was_over_cannot_undo_what_another_did(self, database: Database) -> None:
        put(database)
        (slow,) = claim(database)
        (quick,) = claim(database, now() + LEASE * 2)
        assert fail(database, slow)[0] == SENDING
        assert stored(database, quick).state == SENDING
        finish(database, quick)
        fail(database, slow)
        assert stored(database, quick).state == SENT

    def test_it_arrived_whoever_has_it_by_now(self, database: Database) -> None:
        put(database)
        (slow,) = claim(database)
        (quick,) = claim(database, now() + LEASE * 2)
        finish(database, slow)
        assert fail(database, quick)[0] == SENDING
        assert stored(database, quick).state == SENT

    def test_a_dead_one_can_be_tried_again_by_a_person(self, database: Database) -> None:
        put(database)
        (taken,) = claim(database)
        old = now() - LIFE * 3
        database.write(lambda session: session.execute(update(Delivery).values(created_at=old)))
        assert not database.write(lambda session: outbox.revive(session, taken.id))
        fail(database, taken, permanent=True)
        assert database.write(lambda session: outbox.revive(session, taken.id))
        (again,) = claim(database)
        assert fail(database, again)[0] == PENDING


class TestOutage:
    def test_claiming_costs_the_same_however_much_was_sent_before(self, tmp_path: Path) -> None:
        """Where many wait, after an outage say. Counted in SQLite's own steps."""
        fresh, old = (steps(tmp_path / f"{sent}.db", sent) for sent in (0, 10_000))
        assert old < 2 * fresh


def steps(path: Path, sent: int) -> int:
    """What it takes to claim where 1,000 wait for 20 targets to which so many went, in hundreds of instructions."""
    done: list[None] = []
    database = Database(f"sqlite:///{path}")
    database.migrate()

    def fill(session: Session) -> None:
        for number in range(sent + 1_000):
            outbox.put(session, "webhook", f"https://{number % 20}.example", {}).state = (
                SENT if number < sent else PENDING
            )

    def count(session: Session) -> None:
        raw = session.connection().connection.driver_connection
        assert raw is not None
        raw.set_progress_handler(lambda: done.append(None), 100)
        assert len(outbox.claim(session, HOW, now(), 8)) == 8
        raw.set_progress_handler(None, 0)

    database.write(fill)
    database.write(count)
    database.close()
    return len(done)
