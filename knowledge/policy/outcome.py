"""What every calculation gives back: the result, how it came about, what it rests on, what is uncertain."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from knowledge.policy.money import Money

# A figure of an outcome: JSON gives money as {"amount", "currency"}, dates in ISO form, decimals as text.
Figure = Money | Decimal | int | str | bool | date | datetime | None | list["Figure"] | dict[str, "Figure"]


@dataclass(frozen=True)
class Mark:
    """One day on a timeline."""

    day: date
    label: str
    kind: str = "step"  # step | end | own (the partner's own day)


@dataclass(frozen=True)
class Timeline:
    """A small picture of days; `own` marks the partner's. `spans` are named stretches (from, to, label)."""

    marks: tuple[Mark, ...]
    spans: tuple[tuple[date, date, str], ...] = ()


@dataclass(frozen=True)
class Outcome:
    """The result of one calculation.

    Attributes:
        policy: id such as `dispute_window`.
        decision: the result in one plain sentence, without Markdown.
        verdict: the same for machines, one word with underscores (`accepted`, `too_late`, …).
        figures: named results: money, dates, counts.
        steps: how the result came about, in order, each a plain sentence with the figures put in.
        sources: ids of the FAQ entries it rests on.
        caveats: what the published text leaves open and was assumed.
        inputs: the inputs as understood, label → text, in the order they are asked for.
        rule_version: day this rule was last changed here, ISO.
        holds_from: day from which the parameters used hold; None when the source names none.
        ticket: type of the Customer Care ticket this needs, None when none does.
        timeline: days worth a picture.
    """

    policy: str
    decision: str
    verdict: str
    figures: dict[str, Figure]
    steps: tuple[str, ...]
    sources: tuple[str, ...]
    caveats: tuple[str, ...] = ()
    inputs: dict[str, str] = field(default_factory=dict)
    rule_version: str = "2026-11-22"
    holds_from: date | None = None
    ticket: str | None = None
    timeline: Timeline | None = None


def to_json(outcome: Outcome) -> dict[str, Any]:
    """The outcome as JSON types, for the API, the chat's `data` and the command line."""
    return {
        "policy": outcome.policy,
        "decision": outcome.decision,
        "verdict": outcome.verdict,
        "figures": {name: _plain(figure) for name, figure in outcome.figures.items()},
        "steps": list(outcome.steps),
        "sources": list(outcome.sources),
        "caveats": list(outcome.caveats),
        "inputs": dict(outcome.inputs),
        "rule_version": outcome.rule_version,
        "holds_from": outcome.holds_from.isoformat() if outcome.holds_from else None,
        "ticket": outcome.ticket,
        "timeline": _timeline(outcome.timeline),
    }


def _plain(figure: Figure) -> Any:
    if isinstance(figure, Money):
        return {"amount": str(figure.rounded), "currency": figure.currency}
    if isinstance(figure, date):  # a datetime is one too
        return figure.isoformat()
    if isinstance(figure, Decimal):
        return str(figure)
    if isinstance(figure, list):
        return [_plain(part) for part in figure]
    if isinstance(figure, dict):
        return {name: _plain(part) for name, part in figure.items()}
    return figure


def _timeline(timeline: Timeline | None) -> dict[str, Any] | None:
    if timeline is None:
        return None
    return {
        "marks": [{"day": mark.day.isoformat(), "label": mark.label, "kind": mark.kind} for mark in timeline.marks],
        "spans": [{"from": a.isoformat(), "to": b.isoformat(), "label": label} for a, b, label in timeline.spans],
    }
