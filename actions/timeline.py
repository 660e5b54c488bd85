"""A small picture of days as SVG, with the partner's own day marked, and the same in words.

A bar in proportion to time shows stretches and days; the lines below name them. 340 units wide, so
that its letters are as large as the chat's in a phone-sized window. Colours follow light and dark;
a page that shows the picture may replace them by the classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from xml.sax.saxutils import escape

from knowledge.policy.outcome import Mark, Timeline
from knowledge.policy.wording import day_text

_WIDTH, _EDGE = 340, 10
_BAR_TOP, _BAR_HEIGHT = 18, 18
_FIRST_ROW, _ROW, _LINE = 62, 20, 15
_LABEL_X, _LONGEST_LINE = 108, 36  # where the labels begin, and how many letters fit behind that
_LETTER = 6.4  # width of one, about
_STYLE = (
    ".axis{stroke:#74858f}.span{fill:#0b5f86;fill-opacity:.16;stroke:#0b5f86}.span.odd{fill-opacity:.34}"
    ".mark{stroke:#17232c}.end{stroke:#a3231b;fill:#a3231b}.own{stroke:#0b5f86;fill:#0b5f86}"
    "text{font:12px system-ui,sans-serif;fill:#17232c;stroke:none}.strong{font-weight:600}"
    "@media(prefers-color-scheme:dark){.axis{stroke:#7f919d}.span{fill:#7cc7ec;stroke:#7cc7ec}"
    ".mark{stroke:#e8edf1}.end{stroke:#ffb3a8;fill:#ffb3a8}.own{stroke:#7cc7ec;fill:#7cc7ec}text{fill:#e8edf1}}"
)


def picture(timeline: Timeline) -> str:
    """The SVG of a timeline; its texts are escaped."""
    days = [mark.day for mark in timeline.marks] + [day for begin, end, _ in timeline.spans for day in (begin, end)]
    first, last = min(days), max(days)
    parts = [f"<line class='axis' x1='{_EDGE}' x2='{_WIDTH - _EDGE}' {_at_y(_BAR_TOP + _BAR_HEIGHT)}/>"]
    named_below: list[tuple[date, date, str]] = []
    for number, (begin, end, label) in enumerate(timeline.spans):
        left, right = _x(begin, first, last), _x(end, first, last)
        parts.append(_span(left, right, odd=bool(number % 2)))
        if len(label) * _LETTER <= right - left:
            parts.append(_text((left + right) / 2, _BAR_TOP + 13, label, "middle"))
        else:
            named_below.append((begin, end, label))
    parts += [_tick(mark, _x(mark.day, first, last)) for mark in timeline.marks]
    rows, height = _rows(timeline.marks, named_below)
    title = f"<title>{escape(alternative(timeline))}</title>"
    body = "".join([title, f"<style>{_STYLE}</style>", *parts, *rows])
    return f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {_WIDTH} {height}' role='img'>{body}</svg>"


def alternative(timeline: Timeline) -> str:
    """The timeline in words."""
    days = [f"{day_text(mark.day)}: {mark.label}" for mark in timeline.marks]
    spans = [f"{label}: {day_text(begin)} to {day_text(end)}" for begin, end, label in timeline.spans]
    return f"Timeline. {'. '.join([*days, *spans])}."


def _rows(marks: Sequence[Mark], spans: Sequence[tuple[date, date, str]]) -> tuple[list[str], int]:
    """One row a day, then the stretches whose names found no room in the bar; and the height of it all."""
    parts, y = [], _FIRST_ROW
    for mark in marks:
        own = " strong" if mark.kind == "own" else ""
        parts.append(f"<circle class='{_kind(mark)}' cx='{_EDGE + 4}' cy='{y - 4}' r='4'/>")
        parts.append(_text(_EDGE + 14, y, _short(mark.day), style=own))
        for line in _wrapped(mark.label):
            parts.append(_text(_LABEL_X, y, line, style=own))
            y += _LINE
        y += _ROW - _LINE
    for begin, end, label in spans:
        parts.append(f"<rect class='span' x='{_EDGE}' y='{y - 9}' width='8' height='8'/>")
        for line in _wrapped(f"{label}: {_short(begin)} – {_short(end)}", _LONGEST_LINE + 14):
            parts.append(_text(_EDGE + 14, y, line))
            y += _LINE
        y += _ROW - _LINE
    return parts, y - _ROW + 12


def _x(day: date, first: date, last: date) -> float:
    room = _WIDTH - 2 * _EDGE
    part = (day - first).days / (last - first).days if last > first else 0.5
    return round(_EDGE + room * part, 1)


def _span(left: float, right: float, *, odd: bool) -> str:
    width = max(right - left, 1)
    style = "span odd" if odd else "span"
    return f"<rect class='{style}' x='{left}' y='{_BAR_TOP}' width='{width:.1f}' height='{_BAR_HEIGHT}'/>"


def _tick(mark: Mark, x: float) -> str:
    """A line through the bar; above it an arrowhead for the partner's own day."""
    line = f"<line class='{_kind(mark)}' x1='{x}' x2='{x}' y1='{_BAR_TOP - 4}' y2='{_BAR_TOP + _BAR_HEIGHT + 5}'/>"
    if mark.kind != "own":
        return line
    return f"{line}<polygon class='own' points='{x - 6:.1f},4 {x + 6:.1f},4 {x},{_BAR_TOP - 3}'/>"


def _kind(mark: Mark) -> str:
    return {"own": "own", "end": "end"}.get(mark.kind, "mark")


def _text(x: float, y: int, text: str, anchor: str = "start", style: str = "") -> str:
    kind = f" class='{style.strip()}'" if style else ""
    return f"<text{kind} x='{x:.0f}' y='{y}' text-anchor='{anchor}'>{escape(text)}</text>"


def _at_y(y: int) -> str:
    return f"y1='{y}' y2='{y}'"


def _short(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _wrapped(text: str, longest: int = _LONGEST_LINE) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > longest:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
