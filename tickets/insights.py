"""What leads look at: how the bot answered, what it did not answer, how the tickets went; by period and queue.

The rows of a period are read once and counted here, so that every database gives the same figures.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any, Final

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from tickets.base import now
from tickets.models import Feedback, Question
from tickets.spans import Span
from tickets.states import STATES
from tickets.ticket_models import Correction, Ticket
from tickets.types import ticket_types

MOST_TEXTS: Final = 2000  # texts that are not answered, looked at together
ANSWERED, CHOICES, NONE, UNHELPFUL = "answered", "choices", "none", "unhelpful"
OUTCOMES: Final = (ANSWERED, UNHELPFUL, CHOICES, NONE)
CORRECTED: Final = ("type", "queue", "priority")

# An entry's id begins with its section's folder; each section belongs to a queue.
SECTIONS: Final = {
    "billing": "Billing",
    "classound": "CLASSOUND",
    "hwaas": "HWaaS",
    "pbx": "PBX/Licenses",
    "xbees": "x-bees",
    "orders": "Orders",
    "company": "Company Information Changes",
    "general": "General Questions",
}
_SAID_WITHIN = timedelta(days=1)  # after the question, whether an answer helped


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    part: int = 0
    whole: int = 0

    @property
    def value(self) -> float | None:
        """0 to 1; None where there is nothing to speak of."""
        return self.part / self.whole if self.whole else None


@dataclass
class Asked:
    """A question, and what came of it. `entries` were answered or, where none was, are the nearest."""

    turn_id: str
    conversation_id: str
    text: str
    at: datetime
    outcome: str
    entries: tuple[str, ...]

    @property
    def queue(self) -> str:
        return queue_of(self.entries[0]) if self.entries else ""


@dataclass(frozen=True)
class Unanswered:
    """A text that was asked and not answered, however often it came; the newest of them."""

    turn_id: str
    text: str
    at: datetime
    outcome: str
    entry: str  # that did not help, or that is nearest; "" none
    times: int


@dataclass(frozen=True)
class Helpfulness:
    """How an entry did: how often it was the answer, helped, did not help."""

    entry: str
    asked: int
    helped: int
    not_helped: int

    @property
    def helpful(self) -> Share:
        """Of those who said whether it helped."""
        return Share(self.helped, self.helped + self.not_helped)


@dataclass
class Step:
    """A day or a week of the course."""

    first: date
    last: date
    questions: Counter[str] = field(default_factory=Counter)
    chats: list[bool] = field(default_factory=list)  # answered without a ticket?
    tickets: int = 0
    late: int = 0
    waits: list[timedelta] = field(default_factory=list)

    @property
    def without_ticket(self) -> Share:
        return Share(sum(self.chats), len(self.chats))

    @property
    def first_answer(self) -> timedelta | None:
        return _middle(self.waits)


@dataclass(frozen=True)
class Figures:
    """All figures of a span."""

    questions: Counter[str]
    without_ticket: Share
    tickets: int
    first_answer: timedelta | None
    first_answers: int
    overdue: Share
    accuracy: dict[str, Share]
    types: list[tuple[str, Counter[str]]]
    entries: list[Helpfulness]
    course: list[Step]

    @property
    def asked(self) -> int:
        return self.questions.total()

    @property
    def states(self) -> list[str]:
        """The states that tickets are in, in their order."""
        return [state for state in STATES if any(counts[state] for _, counts in self.types)]


def queue_of(entry: str) -> str:
    """The queue that an entry's section belongs to; "" where there is none."""
    return SECTIONS.get(entry.split("/")[0], "")


def read_figures(session: Session, span: Span, at: datetime | None = None) -> Figures:
    """Count everything of a span, as it stands `at` that moment (now)."""
    at = at or now()
    asked = read_asked(session, span)
    tickets = _tickets(session, span)
    steps = [Step(first, last) for first, last in span.steps()]
    find = _finder(steps)
    for question in asked:
        find(question.at).questions[question.outcome] += 1
    chats = _chats(session, span, asked)
    for begin, well in chats:
        find(begin).chats.append(well)
    late = []
    for ticket in tickets:
        step = find(ticket.created_at)
        step.tickets += 1
        if ticket.first_answer_at is not None:
            step.waits.append(ticket.first_answer_at - ticket.created_at)
        known = is_late(ticket, at)
        if known is not None:
            late.append(known)
            step.late += known
    waits = [wait for step in steps for wait in step.waits]
    return Figures(
        questions=Counter(question.outcome for question in asked),
        without_ticket=Share(sum(well for _, well in chats), len(chats)),
        tickets=len(tickets),
        first_answer=_middle(waits),
        first_answers=len(waits),
        overdue=Share(sum(late), len(late)),
        accuracy=_accuracy(session, span, tickets),
        types=_types(tickets),
        entries=_helpfulness(session, span, asked),
        course=steps,
    )


def read_asked(session: Session, span: Span) -> list[Asked]:
    """The questions of a span with what came of them, the oldest first."""
    known = span.end + _SAID_WITHIN  # what is said later may be of a later question
    columns = (Question.turn_id, Question.conversation_id, Question.text, Question.at)
    query = select(*columns, Question.decisions, Question.hits).where(Question.at >= span.begin, Question.at < known)
    asked = [
        Asked(row.turn_id, row.conversation_id, row.text, row.at, *_decided(row.decisions, row.hits))
        for row in session.execute(query.order_by(Question.at, Question.turn_id))
    ]
    by_chat: dict[str, list[Asked]] = defaultdict(list)
    for question in asked:
        by_chat[question.conversation_id].append(question)
    said = select(Feedback.conversation_id, Feedback.entry, Feedback.helpful, Feedback.at)
    for feedback in session.execute(said.where(Feedback.at >= span.begin, Feedback.at < known).order_by(Feedback.at)):
        before = [one for one in by_chat.get(feedback.conversation_id, ()) if one.at <= feedback.at]
        if before:
            _judge(_about(before, feedback.entry), feedback.helpful, feedback.entry)
    return [question for question in asked if question.at < span.end and span.queue in ("", question.queue)]


def read_unanswered(session: Session, span: Span) -> tuple[list[Unanswered], bool]:
    """What was asked and not answered, each text once, the newest first; and whether there is more than is given."""
    found: dict[str, Unanswered] = {}
    for question in reversed(read_asked(session, span)):
        if question.outcome == ANSWERED:
            continue
        key = " ".join(question.text.casefold().split())
        if key in found:
            found[key] = replace(found[key], times=found[key].times + 1)
        elif key:
            entry = question.entries[0] if question.entries else ""
            found[key] = Unanswered(question.turn_id, question.text, question.at, question.outcome, entry, 1)
    return list(found.values())[:MOST_TEXTS], len(found) > MOST_TEXTS


def read_texts(session: Session, turn_ids: Sequence[str]) -> dict[str, Question]:
    """The questions asked in these turns, as far as they are still there."""
    found = session.scalars(select(Question).where(Question.turn_id.in_(turn_ids)))
    return {question.turn_id: question for question in found}


def is_late(ticket: Any, at: datetime) -> bool | None:
    """Whether a ticket's first answer was not there in time; None while that is open."""
    if ticket.due_at is None:
        return None
    there = ticket.first_answer_at or ticket.resolved_at
    if there is not None:
        return bool(there > ticket.due_at)
    return True if ticket.due_at < at else None


def _middle(lengths: Sequence[timedelta]) -> timedelta | None:
    return timedelta(seconds=median(length.total_seconds() for length in lengths)) if lengths else None


def _decided(decisions: Sequence[str], hits: Sequence[Sequence[dict[str, Any]]]) -> tuple[str, tuple[str, ...]]:
    """What a message got, part by part the worst; and the entries that answered, or the nearest one."""
    best = [str(part[0]["id"]) if part else "" for part in hits]
    answered = tuple(entry for entry, decision in zip(best, decisions, strict=False) if entry and decision == "answer")
    outcome = NONE if NONE in decisions or not decisions else CHOICES if CHOICES in decisions else ANSWERED
    if outcome == ANSWERED:
        return outcome, answered
    open_parts = [e for e, decision in zip(best, decisions, strict=False) if e and decision != "answer"]
    return outcome, tuple(open_parts) or answered


def _about(before: Sequence[Asked], entry: str | None) -> Asked:
    """Which of the questions before it feedback on an entry is about: buttons under earlier answers stay."""
    last = before[-1]
    if entry is None or entry in last.entries or last.outcome not in (ANSWERED, UNHELPFUL):
        return last
    return next((one for one in reversed(before) if entry in one.entries), last)


def _judge(question: Asked, helpful: bool, entry: str | None) -> None:
    """Take what the partner said after a question; said again, the last word counts."""
    if helpful and question.outcome in (CHOICES, UNHELPFUL):
        question.outcome = ANSWERED
    elif not helpful and question.outcome in (ANSWERED, UNHELPFUL):
        question.outcome = UNHELPFUL
    if entry and question.outcome in (ANSWERED, UNHELPFUL):
        question.entries = (entry, *(other for other in question.entries if other != entry))


def _finder(steps: list[Step]) -> Any:
    by_day = {
        step.first + timedelta(days=offset): step
        for step in steps
        for offset in range((step.last - step.first).days + 1)
    }
    return lambda at: by_day[at.date()]


def _chats(session: Session, span: Span, asked: Iterable[Asked]) -> list[tuple[datetime, bool]]:
    """Each chat's first question, and whether it was answered with no ticket opened from it."""
    opened = select(Ticket.conversation_id).where(Ticket.created_at >= span.begin, Ticket.conversation_id.is_not(None))
    with_ticket = set(session.scalars(opened))
    begins: dict[str, datetime] = {}
    answered: set[str] = set()
    for question in asked:
        begins.setdefault(question.conversation_id, question.at)
        if question.outcome == ANSWERED:
            answered.add(question.conversation_id)
    return [(begin, chat in answered and chat not in with_ticket) for chat, begin in begins.items()]


def _tickets(session: Session, span: Span) -> Sequence[Row[Any]]:
    query = select(
        Ticket.number,
        Ticket.type,
        Ticket.state,
        Ticket.created_at,
        Ticket.due_at,
        Ticket.first_answer_at,
        Ticket.resolved_at,
        Ticket.triage["type"].as_string().is_not(None).label("triaged"),
    ).where(Ticket.created_at >= span.begin, Ticket.created_at < span.end)
    if span.queue:
        query = query.where(Ticket.queue == span.queue)
    return session.execute(query).all()


def _accuracy(session: Session, span: Span, tickets: Sequence[Row[Any]]) -> dict[str, Share]:
    """What agents left as the triage had it. A corrected type corrects the queue, too, where it brings another."""
    triaged = {ticket.number for ticket in tickets if ticket.triaged}
    query = (
        select(Correction.ticket_number, Correction.what, Correction.wrong, Correction.right)
        .join(Ticket, Ticket.number == Correction.ticket_number)
        .where(Correction.what.in_(CORRECTED), Ticket.created_at >= span.begin, Ticket.created_at < span.end)
    )
    wrong: dict[str, set[int]] = {what: set() for what in CORRECTED}
    types = ticket_types()
    for number, what, before, after in session.execute(query):
        if number in triaged:
            wrong[what].add(number)
            if what == "type" and before in types and after in types and types[before].queue != types[after].queue:
                wrong["queue"].add(number)
    return {what: Share(len(triaged) - len(wrong[what]), len(triaged)) for what in CORRECTED}


def _types(tickets: Iterable[Row[Any]]) -> list[tuple[str, Counter[str]]]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for ticket in tickets:
        counts[ticket.type][ticket.state] += 1
    return sorted(counts.items(), key=lambda one: (-one[1].total(), one[0]))


def _helpfulness(session: Session, span: Span, asked: Iterable[Asked]) -> list[Helpfulness]:
    """Every entry that was an answer or was spoken of, the one that most often did not help first."""
    shown: Counter[str] = Counter()
    for question in asked:
        if question.outcome in (ANSWERED, UNHELPFUL):
            shown.update(question.entries)
    said: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    query = select(Feedback.entry, Feedback.helpful).where(
        Feedback.entry.is_not(None), Feedback.at >= span.begin, Feedback.at < span.end
    )
    for entry, helpful in session.execute(query):
        if entry is not None and span.queue in ("", queue_of(entry)):
            said[helpful][entry] += 1
    found = [
        Helpfulness(
            entry, max(shown[entry], said[True][entry] + said[False][entry]), said[True][entry], said[False][entry]
        )
        for entry in {*shown, *said[True], *said[False]}
    ]
    return sorted(found, key=lambda one: (-one.not_helped, one.helpful.value or 0.0, -one.asked, one.entry))
