"""What leads look at: counted alike on both databases, by period and queue, and silent where there is nothing."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from settings import ROOT
from tests.tickets.asked import correct, feedback, question, ticket
from tests.tickets.desk import agent
from tickets.database import Database
from tickets.insights import (
    ANSWERED,
    CHOICES,
    NONE,
    SECTIONS,
    UNHELPFUL,
    Figures,
    Share,
    Unanswered,
    read_asked,
    read_figures,
    read_unanswered,
)
from tickets.spans import Span
from tickets.types import queues

TODAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
MONTH = Span.read({}, TODAY)
DISPUTE, TRACKING = "billing/dispute-period", "orders/tracking"


def figures(database: Database, span: Span = MONTH, at: datetime = NOON + timedelta(days=2)) -> Figures:
    """The figures of a span."""
    return database.read(lambda session: read_figures(session, span, at))


def outcomes(database: Database, span: Span = MONTH) -> list[tuple[str, str]]:
    """Text and outcome of each question."""
    return database.read(lambda session: [(one.text, one.outcome) for one in read_asked(session, span)])


def unanswered(database: Database, span: Span = MONTH) -> list[Unanswered]:
    """What was not answered."""
    return database.read(lambda session: read_unanswered(session, span))[0]


class TestSections:
    def test_each_section_has_a_queue(self) -> None:
        folders = {path.name for path in (ROOT / "knowledge" / "faq" / "entries").iterdir() if path.is_dir()}
        assert set(SECTIONS) == folders
        assert set(SECTIONS.values()) <= set(queues())


class TestOutcomes:
    @pytest.mark.parametrize(
        ("decision", "said", "expected"),
        [
            ("answer", [], ANSWERED),
            ("answer", [True], ANSWERED),
            ("answer", [False], UNHELPFUL),
            ("answer", [False, True], ANSWERED),
            ("answer", [True, False], UNHELPFUL),
            ("choices", [], CHOICES),
            ("choices", [True], ANSWERED),
            ("choices", [False], CHOICES),
            ("none", [], NONE),
            ("none", [False], NONE),
            ("answer none", [], NONE),
            ("answer choices", [], CHOICES),
        ],
    )
    def test_of_a_question(self, database: Database, decision: str, said: list[bool], expected: str) -> None:
        def work(session: Session) -> None:
            entries = " ".join([DISPUTE, TRACKING][: len(decision.split())])
            question(session, "Why?", decision, entries, at=NOON, chat="a")
            for minute, helpful in enumerate(said, 1):
                feedback(session, helpful, DISPUTE, at=NOON + timedelta(minutes=minute), chat="a")

        database.write(work)
        assert outcomes(database) == [("Why?", expected)]

    def test_what_is_said_belongs_to_the_question_before_it_in_its_chat(self, database: Database) -> None:
        def work(session: Session) -> None:
            for minute, (text, chat) in enumerate([("one", "a"), ("two", "a"), ("other", "b"), ("three", "a")]):
                question(session, text, "answer", DISPUTE, at=NOON + timedelta(minutes=minute), chat=chat)
            feedback(session, False, DISPUTE, at=NOON + timedelta(minutes=2), chat="a")

        database.write(work)
        assert dict(outcomes(database)) == {"one": ANSWERED, "two": UNHELPFUL, "other": ANSWERED, "three": ANSWERED}

    def test_what_is_said_under_an_earlier_answer_belongs_to_its_question(self, database: Database) -> None:
        def work(session: Session) -> None:
            question(session, "one", "answer", DISPUTE, at=NOON, chat="a")
            question(session, "two", "answer", TRACKING, at=NOON + timedelta(minutes=1), chat="a")
            feedback(session, False, DISPUTE, at=NOON + timedelta(minutes=2), chat="a")

        database.write(work)
        assert dict(outcomes(database)) == {"one": UNHELPFUL, "two": ANSWERED}

    def test_a_question_at_the_end_of_a_span_gets_what_was_said_of_it_only(self, database: Database) -> None:
        def work(session: Session) -> None:
            late = datetime(2026, 11, 10, 23, 59, tzinfo=UTC)
            question(session, "mine", "answer", DISPUTE, at=late, chat="a")
            question(session, "of the next day", "answer", DISPUTE, at=late + timedelta(minutes=2), chat="a")
            feedback(session, False, DISPUTE, at=late + timedelta(minutes=3), chat="a")
            question(session, "mine too", "answer", DISPUTE, at=late, chat="b")
            feedback(session, False, DISPUTE, at=late + timedelta(minutes=3), chat="b")

        database.write(work)
        span = Span.read({"from": "2026-11-10", "to": "2026-11-10"}, TODAY)
        assert dict(outcomes(database, span)) == {"mine": ANSWERED, "mine too": UNHELPFUL}

    def test_by_queue(self, database: Database) -> None:
        def work(session: Session) -> None:
            question(session, "bill", "none", DISPUTE, at=NOON)
            question(session, "parcel", "answer", TRACKING, at=NOON)
            question(session, "nothing near", "none", at=NOON)

        database.write(work)
        assert outcomes(database, Span.read({"queue": "Orders"}, TODAY)) == [("parcel", ANSWERED)]
        assert outcomes(database, Span.read({"queue": "Billing"}, TODAY)) == [("bill", NONE)]
        assert len(outcomes(database)) == 3


class TestUnanswered:
    def test_the_same_words_are_one_text(self, database: Database) -> None:
        def work(session: Session) -> None:
            for hour, text in enumerate(["Can I pay in bitcoin", "can i  PAY in bitcoin", "other", "\n"]):
                question(session, text, "none", DISPUTE, at=NOON + timedelta(hours=hour))
            question(session, "answered", "answer", DISPUTE, at=NOON)

        database.write(work)
        found = unanswered(database)
        assert [(one.text, one.times, one.outcome, one.entry) for one in found] == [
            ("other", 1, NONE, DISPUTE),
            ("can i  PAY in bitcoin", 2, NONE, DISPUTE),
        ]

    def test_the_entry_that_did_not_help_is_named(self, database: Database) -> None:
        def work(session: Session) -> None:
            question(session, "Why?", "answer", DISPUTE, at=NOON, chat="a")
            feedback(session, False, TRACKING, at=NOON + timedelta(minutes=1), chat="a")

        database.write(work)
        assert [(one.entry, one.outcome) for one in unanswered(database)] == [(TRACKING, UNHELPFUL)]

    def test_there_may_be_too_many(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("tickets.insights.MOST_TEXTS", 2)
        database.write(lambda session: [question(session, f"text {n}", "none", at=NOON) for n in range(3)])
        found, more = database.read(lambda session: read_unanswered(session, MONTH))
        assert (len(found), more) == (2, True)


class TestFigures:
    def test_of_nothing(self, database: Database) -> None:
        found = figures(database)
        assert found.asked == found.tickets == found.first_answers == 0
        assert (found.without_ticket.value, found.overdue.value, found.first_answer) == (None, None, None)
        assert [share.value for share in found.accuracy.values()] == [None, None, None]
        assert (found.types, found.entries, found.states) == ([], [], [])
        assert len(found.course) == 30

    def test_chats_answered_without_a_ticket(self, database: Database) -> None:
        def work(session: Session) -> None:
            for chat, decision in (("a", "answer"), ("b", "answer"), ("c", "none"), ("d", "answer")):
                question(session, "Why?", decision, DISPUTE, at=NOON, chat=chat)
            question(session, "And then?", "none", DISPUTE, at=NOON, chat="a")  # one of its questions was answered
            feedback(session, False, DISPUTE, at=NOON + timedelta(minutes=1), chat="d")
            ticket(session, at=NOON + timedelta(hours=1), chat="b")

        database.write(work)
        assert figures(database).without_ticket == Share(1, 4)

    def test_first_answers_and_what_is_overdue(self, database: Database) -> None:
        """Normal: due within a day. Looked at two days after."""

        def work(session: Session) -> None:
            for answered in (1, 3, 30, None):
                ticket(session, at=NOON, answered=answered)
            ticket(session, at=NOON + timedelta(days=1, hours=12))  # not yet due
            ticket(session, at=NOON - timedelta(days=60), answered=400)

        database.write(work)
        found = figures(database)
        assert (found.tickets, found.first_answers, found.first_answer) == (5, 3, timedelta(hours=3))
        assert found.overdue == Share(2, 4)
        assert sum(step.late for step in found.course) == 2
        assert sum(step.tickets for step in found.course) == 5

    def test_the_triage_as_corrected(self, database: Database) -> None:
        def work(session: Session) -> None:
            olga = agent(session)
            made = [ticket(session, at=NOON) for _ in range(4)]
            ticket(session, at=NOON, triaged=False)
            correct(session, made[0], olga, "type", "billing.dispute")  # brings another queue
            correct(session, made[1], olga, "type", "orders.rma")  # does not
            correct(session, made[1], olga, "priority", "urgent")
            correct(session, made[1], olga, "priority", "low")  # once more: one ticket all the same
            correct(session, made[2], olga, "queue", "Tech Support")

        database.write(work)
        assert figures(database).accuracy == {"type": Share(2, 4), "queue": Share(2, 4), "priority": Share(3, 4)}

    def test_types_and_states_and_queues(self, database: Database) -> None:
        def work(session: Session) -> None:
            ticket(session, at=NOON, answered=1)
            ticket(session, at=NOON)
            ticket(session, at=NOON, type="billing.dispute")

        database.write(work)
        found = figures(database)
        assert found.types == [
            ("orders.tracking", Counter(new=1, waiting=1)),
            ("billing.dispute", Counter(new=1)),
        ]
        assert found.states == ["new", "waiting"]
        assert figures(database, Span.read({"queue": "Billing"}, TODAY)).tickets == 1

    def test_helpfulness_the_worst_first(self, database: Database) -> None:
        def work(session: Session) -> None:
            said = {DISPUTE: (True, True, False), TRACKING: (False, False), "hwaas/lost-item": ()}
            for entry, marks in said.items():
                for number, helpful in enumerate(marks or (None,)):
                    chat = f"{entry}{number}"
                    question(session, "Why?", "answer", entry, at=NOON, chat=chat)
                    if helpful is not None:
                        feedback(session, helpful, entry, at=NOON + timedelta(minutes=1), chat=chat)

        database.write(work)
        found = figures(database).entries
        assert [(one.entry, one.asked, one.helped, one.not_helped) for one in found] == [
            (TRACKING, 2, 0, 2),
            (DISPUTE, 3, 2, 1),
            ("hwaas/lost-item", 1, 0, 0),
        ]
        assert found[2].helpful.value is None
        only = figures(database, Span.read({"queue": "Orders"}, TODAY)).entries
        assert [one.entry for one in only] == [TRACKING]

    def test_both_databases_count_a_busy_month_alike(self, database: Database) -> None:
        from tests.tickets.asked import a_busy_month

        at = datetime(2026, 11, 20, 12, tzinfo=UTC)
        database.write(lambda session: a_busy_month(session, agent(session), at))
        found = figures(database, at=at)
        told: dict[str, Any] = {
            "questions": found.questions.total(),
            "steps": sum(step.questions.total() for step in found.course),
            "chats": found.without_ticket.whole,
            "tickets": sum(counts.total() for _, counts in found.types),
        }
        assert told["questions"] == told["steps"] == told["chats"] > 200
        assert told["tickets"] == found.tickets > 30
        assert 0.3 < (found.without_ticket.value or 0) < 0.9
        assert 0 < (found.overdue.value or 0) < 0.6
        assert all(0.8 < (share.value or 0) < 1 for share in found.accuracy.values())
