"""Charts as rectangles in a drawing that stretches: the style sheet gives their colours, text stands beside them.

What a chart shows is also said in words (`told`) and in a table of its numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

STEP = 10  # width of a column in the drawing; a bar takes 7 of it
HEIGHT = 100


@dataclass(frozen=True)
class Series:
    """One kind of value, a value for each step (None: there is none). `tone` names its colour in the style sheet."""

    name: str
    tone: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class Bar:
    """A rectangle."""

    tone: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Column:
    """A step: its rectangles, and what is said of it."""

    x: int
    label: str
    values: Sequence[str]
    told: str
    bars: Sequence[Bar]


@dataclass(frozen=True)
class Chart:
    """A chart ready to be drawn."""

    id: str
    title: str
    names: Sequence[tuple[str, str]]  # of the series: name, tone
    columns: Sequence[Column]
    top: str
    told: str

    @property
    def width(self) -> int:
        return STEP * len(self.columns)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not any(column.bars for column in self.columns)

    @property
    def ends(self) -> tuple[str, str]:
        """The first and the last step."""
        return self.columns[0].label, self.columns[-1].label


@dataclass(frozen=True)
class Unit:
    """How values are written, and how high the drawing is at least."""

    kind: str = "count"  # count, share, minutes

    def written(self, value: float | None) -> str:
        if value is None:
            return "–"
        if self.kind == "share":
            return f"{value:.0%}"
        if self.kind == "minutes":
            return duration(timedelta(minutes=value))
        return f"{value:,.0f}"

    def top(self, highest: float) -> float:
        """A round number that the highest value does not exceed."""
        if self.kind == "share":
            return 1.0
        if self.kind == "minutes":
            rounds = (15, 30, 60, 120, 240, 480, 720, 1440, 2880, 4320, 7200, 10080, 20160, 43200)
            return next((float(one) for one in rounds if one >= highest), highest)
        if highest <= 4:
            return 4.0
        power = 10.0 ** math.floor(math.log10(highest))
        return next(factor * power for factor in (1, 2, 4, 5, 8, 10) if factor * power >= highest)


def columns(id_: str, title: str, steps: Sequence[tuple[date, date]], series: Sequence[Series], unit: Unit) -> Chart:
    """A column a step, its series on top of each other, the first at the bottom."""
    sums = [sum(one.values[at] or 0.0 for one in series) for at in range(len(steps))]
    top = unit.top(max(sums, default=0.0))
    made = []
    for at, (first, last) in enumerate(steps):
        bars, y = [], float(HEIGHT)
        for one in series:
            height = (one.values[at] or 0.0) / top * HEIGHT
            if height > 0:
                y -= height
                bars.append(Bar(one.tone, at * STEP + 1.5, round(y, 2), STEP - 3, round(height, 2)))
        values = [unit.written(one.values[at]) for one in series]
        told = ", ".join(f"{value} {one.name}".strip() for value, one in zip(values, series, strict=True))
        label = days(first, last)
        made.append(Column(at * STEP, label, values, f"{label}: {told}", bars))
    names = [(one.name, one.tone) for one in series]
    return Chart(id_, title, names, made, unit.written(top), _told(title, steps, series, unit))


def days(first: date, last: date) -> str:
    """A day, or days, in few letters: 3 Nov, 3–9 Nov, 28 Oct – 3 Nov."""
    if first == last:
        return f"{first:%-d %b}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{last:%-d %b}"
    return f"{first:%-d %b} – {last:%-d %b}"


def duration(length: timedelta) -> str:
    """How long something took: 12 min, 3 h 5 min, 2 d 4 h."""
    minutes = max(0, round(length.total_seconds() / 60))
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        hours, rest = divmod(minutes, 60)
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    whole, rest = divmod(round(minutes / 60), 24)
    return f"{whole} d {rest} h" if rest else f"{whole} d"


def _told(title: str, steps: Sequence[tuple[date, date]], series: Sequence[Series], unit: Unit) -> str:
    """The chart in a sentence."""
    parts = []
    for one in series:
        known = [(value, at) for at, value in enumerate(one.values) if value is not None]
        name = f"{one.name} " if one.name else ""
        if not known or (unit.kind == "count" and not any(value for value, _ in known)):
            parts.append(f"{name}none")
            continue
        highest, when = max(known, key=lambda pair: pair[0])
        least = min(value for value, _ in known)
        most = f"at most {unit.written(highest)} ({days(*steps[when])})"
        if unit.kind == "count":
            parts.append(f"{name}{unit.written(sum(value for value, _ in known))} in all, {most}")
        else:
            parts.append(f"{name}{unit.written(least)} to {unit.written(highest)}, {most}")
    return f"{title}, {days(steps[0][0], steps[-1][1])}: {'; '.join(parts)}."
