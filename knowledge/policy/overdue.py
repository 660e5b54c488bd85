"""What happens to an account with an unpaid invoice: the present stage and those to come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from knowledge.policy.fields import Field, InvalidInput, Policy, Values
from knowledge.policy.inputs import FIRST_YEAR
from knowledge.policy.outcome import Figure, Mark, Outcome, Timeline
from knowledge.policy.parameters import tables
from knowledge.policy.wording import counted, day_text, echo

_LABELS = {
    "warning": "Warning",
    "ordering_blocked": "Ordering of hardware and HWaaS blocked",
    "portal_locked": "Portal locked",
    "services_stopped": "Unpaid services stopped",
}
_COMING = {
    "warning": "a warning is shown at login",
    "ordering_blocked": "ordering of hardware and HWaaS is blocked",
    "portal_locked": "the Portal is locked",
    "services_stopped": "unpaid services are stopped",
}
_NOW = {
    "not_overdue": ("The invoice is not overdue", "Everything works."),
    "overdue": ("Nothing happens yet", "Everything still works, orders too."),
    "warning": (
        "There is a warning at login, and everything still works",
        "The Portal shows a warning at login and then the Account Balance. Orders are still possible, and all services "
        "run.",
    ),
    "ordering_blocked": (
        "Ordering of hardware and HWaaS is blocked",
        "The Cart is blocked. Licences can still be ordered, and all services run.",
    ),
    "portal_locked": (
        "The Portal is locked",
        "The functionality of the Portal is locked. Services run until unpaid ones are stopped.",
    ),
    "services_stopped": (
        "Unpaid services are stopped",
        "Unpaid services are stopped and the Portal stays locked.",
    ),
}


@dataclass(frozen=True)
class OverdueInputs:
    """The day on which the invoice was due, or the days since then; both only where they agree."""

    due_date: date | None = None
    days_overdue: int | None = None


@dataclass(frozen=True)
class _Event:
    """A day on which something happens: a stage begins, an e-mail about it is sent, or both."""

    number: int
    stage: str
    begins: bool
    email: bool

    @property
    def text(self) -> str:
        if self.begins:
            return f"{_COMING[self.stage]}{', and you get an e-mail about it' if self.email else ''}"
        return "another e-mail about the blocked ordering" if self.stage == "ordering_blocked" else "another e-mail"


def overdue_stage(inputs: OverdueInputs, today: date) -> Outcome:
    """The stage of an unpaid invoice, what still works, and each step to come with its date.

    Counted in days from the due date, which is day 0. Day 2: warning. Day 5: ordering of hardware and
    HWaaS blocked (licences can still be ordered), e-mails about it on days 5, 10 and 15. Day 30:
    Portal locked, e-mail. Day 35: unpaid services stopped, e-mail (billing/overdue-payments, which
    names no date from which this holds).

    Raises:
        InvalidInput: neither input, two that disagree, or days out of reach.
    """
    due = _due_date(inputs, today)
    days = (today - due).days
    stages: dict[str, int] = tables("overdue_stage")["stages"].at(today).value
    events = _events(stages, tables("overdue_stage")["emails"].at(today).value)
    stage = _stage(stages, days)
    coming = [event for event in events if event.number > days]
    first, works = _NOW[stage]
    figures: dict[str, Figure] = {
        "stage": stage,
        "due_date": due,
        "days_overdue": max(days, 0),
        **{f"{name}_on": due + timedelta(days=number) for name, number in stages.items()},
        "emails_on": [due + timedelta(days=event.number) for event in events if event.email],
    }
    next_stage = next((event for event in coming if event.begins), None)
    if next_stage is None:
        then = ""
    else:
        next_day = due + timedelta(days=next_stage.number)
        figures |= {"next_stage": next_stage.stage, "next_stage_on": next_day}
        then = f"; on {day_text(next_day)} {_COMING[next_stage.stage]}"
    counting = f"{counted(days, 'day')} overdue" if days > 0 else "not overdue"
    return Outcome(
        policy="overdue_stage",
        decision=f"{first} ({counting}){then}." if days > 0 else f"{first}{then}.",
        verdict=stage,
        figures=figures,
        steps=(
            _today_step(due, today),
            works,
            *(f"Day {event.number}, {day_text(due + timedelta(days=event.number))}: {event.text}." for event in coming),
        ),
        sources=OVERDUE_STAGE.sources,
        caveats=tuple(_caveats(days, stages, stage)),
        inputs=echo(OVERDUE_STAGE, vars(inputs)),
        holds_from=tables("overdue_stage")["stages"].at(today).since,
        ticket="billing.payment" if days > 0 else None,
        timeline=_timeline(due, today, stages, events),
    )


def _today_step(due: date, today: date) -> str:
    days = (today - due).days
    if days > 0:
        return f"The invoice was due on {day_text(due)} (day 0). Today, {day_text(today)}, is day {days}."
    when = f"in {counted(-days, 'day')}" if days else "today"
    return f"The invoice is due on {day_text(due)}, {when}: this is day 0."


def _due_date(inputs: OverdueInputs, today: date) -> date:
    days = inputs.days_overdue
    if days is None:
        if inputs.due_date is None:
            raise InvalidInput("due_date", "The due date of the invoice is needed, or the days since then.")
        return inputs.due_date
    most = (today - date(FIRST_YEAR, 1, 1)).days
    if not 0 <= days <= most:
        raise InvalidInput("days_overdue", f"{days} days overdue cannot be: give a number from 0 to {most}.")
    due = today - timedelta(days=days)
    if inputs.due_date not in (None, due):
        raise InvalidInput(
            "days_overdue",
            f"{counted(days, 'day')} overdue today means due on {day_text(due)}, and you gave "
            f"{day_text(inputs.due_date)} too. Which of the two is right?",
        )
    return due


def _events(stages: dict[str, int], emails: dict[str, list[int]]) -> list[_Event]:
    days = {(number, stage) for stage, number in stages.items()}
    days |= {(number, stage) for stage, numbers in emails.items() for number in numbers}
    return [
        _Event(number, stage, begins=stages[stage] == number, email=number in emails.get(stage, ()))
        for number, stage in sorted(days)
    ]


def _stage(stages: dict[str, int], days: int) -> str:
    reached = [stage for stage, number in stages.items() if number <= days]
    if reached:
        return reached[-1]
    return "overdue" if days > 0 else "not_overdue"


def _caveats(days: int, stages: dict[str, int], stage: str) -> list[str]:
    caveats = ["The published text does not say how days are counted: calendar days are taken, the due date is day 0."]
    block = stages["ordering_blocked"]
    if days <= block:
        caveats.append(
            f"The published text speaks of less and of more than {block} days and lists the block at {block} days: "
            f"day {block} itself is taken as blocked."
        )
    if stage in ("portal_locked", "services_stopped"):
        caveats.append(
            f"The published text does not say which orders are still possible after day {stages['portal_locked']}, nor "
            "how soon everything works again after payment: please ask Customer Care."
        )
    return caveats


def _timeline(due: date, today: date, stages: dict[str, int], events: list[_Event]) -> Timeline:
    last = max(stages.values())
    marks = [Mark(due, "Due date"), Mark(today, "Today", "own")]
    for event in events:
        label = _LABELS[event.stage] if event.begins else "E-mail"
        marks.append(Mark(due + timedelta(days=event.number), label, "end" if event.number == last else "step"))
    spans = tuple(
        (due + timedelta(days=stages[stage]), due + timedelta(days=stages[following] - 1), _LABELS[stage])
        for stage, following in pairwise(stages)
    )
    return Timeline(tuple(sorted(marks, key=lambda mark: mark.day)), spans)


def _compute(values: Values, today: date) -> Outcome:
    return overdue_stage(OverdueInputs(values.get("due_date"), values.get("days_overdue")), today)


OVERDUE_STAGE = Policy(
    id="overdue_stage",
    title="Overdue invoice: what happens when",
    fields=(
        Field(
            "due_date",
            "date",
            "Due date of the invoice",
            "On which day was the invoice due? (Or how many days is it overdue?)",
            needed=lambda values: "days_overdue" not in values,
        ),
        Field("days_overdue", "count", "Days overdue", "How many days is the invoice overdue?", optional=True),
    ),
    sources=("billing/overdue-payments",),
    compute=_compute,
)
