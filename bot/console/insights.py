"""The leads' pages: the figures of a period, and what was asked and not answered."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from bot.console.charts import Chart, Series, Unit, columns, duration
from bot.console.content import Away, Content, EntryFound, Group
from bot.console.gate import Call
from bot.console.pages import Pages
from bot.health import Health
from tickets.base import now
from tickets.insights import (
    ANSWERED,
    CHOICES,
    MOST_TEXTS,
    NONE,
    UNHELPFUL,
    Figures,
    Share,
    Unanswered,
    read_figures,
    read_unanswered,
)
from tickets.spans import LONGEST_DAYS, PERIODS, Span

PATH = "/console/insights"
OUTCOME_NAMES = {
    ANSWERED: "answered",
    UNHELPFUL: "answered, did not help",
    CHOICES: "choices offered",
    NONE: "not answered",
}
_MOST_GROUPS = 100
_MOST_IN_GROUP = 12
_MOST_ENTRIES = 30


@dataclass(frozen=True)
class Number:
    """A headline figure: what it is, its value, of what it speaks. `value` is "" where there is nothing to speak of."""

    name: str
    value: str
    of: str


@dataclass(frozen=True)
class Bundle:
    """Questions that mean the same, the middle one first."""

    questions: Sequence[Unanswered]
    group: Group | None

    @property
    def times(self) -> int:
        return sum(question.times for question in self.questions)

    @property
    def shown(self) -> Sequence[Unanswered]:
        return self.questions[:_MOST_IN_GROUP]

    @property
    def address(self) -> str:
        """Where its texts become a phrasing or an entry."""
        first, *others = [question.turn_id for question in self.shown]
        return f"{PATH}/phrasing?{urlencode([('question', first), *(('also', other) for other in others)])}"

    @property
    def answered_now(self) -> bool:
        """Whether the index answers it since."""
        return self.group is not None and self.group.decision == "answer" and self.questions[0].outcome != UNHELPFUL


class Insights:
    """The routes of the leads' pages."""

    def __init__(self, pages: Pages, content: Content, health: Health) -> None:
        self._pages = pages
        self._content = content
        self._health = health

    async def figures(self, call: Call) -> Response:
        """The figures of the span in the address."""
        span = _span(call)
        found, titles = await asyncio.gather(call.read(lambda session: read_figures(session, span)), self._titles())
        return self._pages.show(
            "insights.html",
            call.signed_in,
            **_around(span, ""),
            figures=found,
            numbers=numbers(found),
            accuracy=[(what, _share(share)) for what, share in found.accuracy.items()],
            charts=charts(found),
            entries=[(one, titles.get(one.entry, one.entry)) for one in found.entries[:_MOST_ENTRIES]],
            more_entries=max(0, len(found.entries) - _MOST_ENTRIES),
        )

    async def unanswered(self, call: Call) -> Response:
        """What was asked in the span of the address and not answered, by meaning."""
        span = _span(call)
        questions, more = await call.read(lambda session: read_unanswered(session, span))
        try:
            groups = await self._content.group([question.text for question in questions], self._health.index)
            bundles = [Bundle([questions[at] for at in group.texts], group) for group in groups]
            grouped = True
        except Away:
            bundles, grouped = [Bundle([question], None) for question in questions], False
        bundles.sort(key=lambda bundle: (bundle.answered_now, -bundle.times))
        return self._pages.show(
            "insights_unanswered.html",
            call.signed_in,
            **_around(span, "/unanswered"),
            bundles=bundles[:_MOST_GROUPS],
            more_bundles=max(0, len(bundles) - _MOST_GROUPS),
            grouped=grouped,
            texts=len(questions),
            most_texts=MOST_TEXTS if more else 0,
            outcome_names=OUTCOME_NAMES,
        )

    async def _titles(self) -> dict[str, str]:
        """The entries' questions by id; none while `actions` is away."""
        try:
            entries: list[EntryFound] = await self._content.entries()
        except Away:
            return {}
        return {entry.id: entry.question for entry in entries}


def numbers(found: Figures) -> list[Number]:
    """The headline figures."""
    without, overdue = found.without_ticket, found.overdue
    open_ones = found.asked - found.questions[ANSWERED]
    return [
        Number("Answered without a ticket", _percent(without), f"{without.part:,} of {_count(without.whole, 'chat')}"),
        Number(
            "Questions not answered",
            _percent(Share(open_ones, found.asked)),
            f"{open_ones:,} of {_count(found.asked, 'question')}",
        ),
        Number(
            "First answer to a ticket",
            duration(found.first_answer) if found.first_answer is not None else "",
            f"median of {_count(found.first_answers, 'ticket')} answered",
        ),
        Number("First answer overdue", _percent(overdue), f"{overdue.part:,} of {_count(overdue.whole, 'ticket')} due"),
    ]


def charts(found: Figures) -> list[Chart]:
    """The course of a span."""
    course = found.course
    steps = [(step.first, step.last) for step in course]
    tones = ((ANSWERED, "good"), (UNHELPFUL, "bad"), (CHOICES, "middle"), (NONE, "open"))
    questions = [
        Series(OUTCOME_NAMES[outcome], tone, [float(step.questions[outcome]) for step in course])
        for outcome, tone in tones
    ]
    tickets = [
        Series("in time or not yet due", "good", [float(step.tickets - step.late) for step in course]),
        Series("overdue", "open", [float(step.late) for step in course]),
    ]
    waits = [step.first_answer.total_seconds() / 60 if step.first_answer is not None else None for step in course]
    return [
        columns("questions", "Questions", steps, questions, Unit()),
        columns(
            "without-ticket",
            "Answered without a ticket",
            steps,
            [Series("", "good", [step.without_ticket.value for step in course])],
            Unit("share"),
        ),
        columns("tickets", "Tickets opened", steps, tickets, Unit()),
        columns(
            "first-answer", "First answer to a ticket, median", steps, [Series("", "good", waits)], Unit("minutes")
        ),
    ]


def _span(call: Call) -> Span:
    return Span.read(dict(call.request.query_params), now().date())


def _around(span: Span, page: str) -> dict[str, Any]:
    """What both pages have: the span, the ways to change it, the other page."""
    return {
        "span": span,
        "here": f"{PATH}{page}",
        "places": [
            ("Figures", PATH + span.query(), page == ""),
            ("Not answered", f"{PATH}/unanswered{span.query()}", page != ""),
        ],
        "periods": PERIODS,
        "longest_days": LONGEST_DAYS,
        "today": now().date(),
    }


def _percent(share: Share) -> str:
    return "" if share.value is None else f"{share.value:.0%}"


def _share(share: Share) -> Number:
    return Number("", _percent(share), f"{share.part:,} of {_count(share.whole, 'ticket')}")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
