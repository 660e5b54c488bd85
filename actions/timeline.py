"""A small picture of days as SVG, with the partner's own day marked, and the same in words.

A bar in proportion to time shows stretches and days; the lines below name them. 340 units wide, so
that its letters are as large as the chat's in a phone-sized window. Colours follow light and dark;
a page that shows the picture may replace them by the classes.

The picture goes out as SVG text and as its shapes: a page with Trusted Types, as our own chat's,
may not parse markup, but can make the shapes' nodes one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from knowledge.policy.outcome import Mark, Timeline
from knowledge.policy.wording import day_text

_DAY = timedelta(days=1)
_WIDTH, _EDGE = 340, 10
_BAR_TOP, _BAR_HEIGHT = 18, 18
_FIRST_ROW, _ROW, _LINE = 62, 20, 15
_LABEL_X, _LABEL_LETTERS, _SPAN_LETTERS = 116, 34, 50  # where labels begin, and how many letters fit into a line
_LETTER = 6.4  # width of one, about
_STYLE = (
    ".axis{stroke:#74858f}.span{fill:#0b5f86;fill-opacity:.16;stroke:#0b5f86}.span.odd{fill-opacity:.34}"
    ".mark{stroke:#17232c}.end{stroke:#a3231b;fill:#a3231b}.own{stroke:#0b5f86;fill:#0b5f86}"
    "text{font:12px system-ui,sans-serif;fill:#17232c;stroke:none}.strong{font-weight:600}"
    "@media(prefers-color-scheme:dark){.axis{stroke:#7f919d}.span{fill:#7cc7ec;stroke:#7cc7ec}"
    ".mark{stroke:#e8edf1}.end{stroke:#ffb3a8;fill:#ffb3a8}.own{stroke:#7cc7ec;fill:#7cc7ec}text{fill:#e8edf1}}"
)


@dataclass(frozen=True)
class Shape:
    """One element of the picture: its name, its attributes, and the text of a text."""

    name: str
    attributes: dict[str, str | float]
    text: str = ""


def picture(timeline: Timeline) -> dict[str, Any]:
    """The timeline as `svg` text, as its `view_box` and `shapes`, and in words as `alternative`."""
    shapes, height = _drawn(timeline)
    view_box, words = f"0 0 {_WIDTH} {height}", alternative(timeline)
    markup = "".join(_markup(shape) for shape in shapes)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view_box}" role="img">'
    return {
        "svg": f"{head}<title>{escape(words)}</title><style>{_STYLE}</style>{markup}</svg>",
        "view_box": view_box,
        "shapes": [[shape.name, shape.attributes, shape.text] for shape in shapes],
        "alternative": words,
    }


def alternative(timeline: Timeline) -> str:
    """The timeline in words."""
    days = [f"{day_text(mark.day)}: {mark.label}" for mark in timeline.marks]
    spans = [f"{label}: {day_text(begin)} to {day_text(end)}" for begin, end, label in timeline.spans]
    return f"Timeline. {'. '.join([*days, *spans])}."


def _drawn(timeline: Timeline) -> tuple[list[Shape], int]:
    """The shapes of a timeline, and the height they take."""
    days = [mark.day for mark in timeline.marks] + [day for begin, end, _ in timeline.spans for day in (begin, end)]
    first, last = min(days), max(days)
    bottom = _BAR_TOP + _BAR_HEIGHT
    shapes = [Shape("line", {"class": "axis", "x1": _EDGE, "x2": _WIDTH - _EDGE, "y1": bottom, "y2": bottom})]
    named_below: list[tuple[date, date, str]] = []
    for number, (begin, end, label) in enumerate(timeline.spans):
        left, right = _x(begin, first, last), _x(min(end + _DAY, last), first, last)  # to the end of its last day
        style = "span odd" if number % 2 else "span"
        shapes.append(_rectangle(style, left, _BAR_TOP, max(right - left, 1), _BAR_HEIGHT))
        if len(label) * _LETTER <= right - left:
            shapes.append(_text((left + right) / 2, _BAR_TOP + 13, label, "middle"))
        elif not any(mark.day == begin and label.casefold() in mark.label.casefold() for mark in timeline.marks):
            named_below.append((begin, end, label))
    for mark in timeline.marks:
        shapes += _tick(mark, _x(mark.day, first, last))
    rows, height = _rows(timeline.marks, named_below)
    return [*shapes, *rows], height


def _rows(marks: Sequence[Mark], spans: Sequence[tuple[date, date, str]]) -> tuple[list[Shape], int]:
    """One row a day, then the stretches whose names found no room in the bar; and the height of it all."""
    shapes: list[Shape] = []
    y = _FIRST_ROW
    for mark in marks:
        style = "strong" if mark.kind == "own" else ""
        shapes.append(Shape("circle", {"class": _kind(mark), "cx": _EDGE + 4, "cy": y - 4, "r": 4}))
        shapes.append(_text(_EDGE + 14, y, _short(mark.day), style=style))
        for line in _wrapped(mark.label, _LABEL_LETTERS):
            shapes.append(_text(_LABEL_X, y, line, style=style))
            y += _LINE
        y += _ROW - _LINE
    for begin, end, label in spans:
        shapes.append(_rectangle("span", _EDGE, y - 9, 8, 8))
        for line in _wrapped(f"{label}: {_short(begin)} – {_short(end)}", _SPAN_LETTERS):
            shapes.append(_text(_EDGE + 14, y, line))
            y += _LINE
        y += _ROW - _LINE
    return shapes, y - _ROW + 12


def _x(day: date, first: date, last: date) -> float:
    room = _WIDTH - 2 * _EDGE
    part = (day - first).days / (last - first).days if last > first else 0.5
    return round(_EDGE + room * part, 1)


def _rectangle(style: str, x: float, y: float, width: float, height: float) -> Shape:
    return Shape("rect", {"class": style, "x": x, "y": y, "width": round(width, 1), "height": height})


def _tick(mark: Mark, x: float) -> list[Shape]:
    """A line through the bar; above it an arrowhead for the partner's own day."""
    top, bottom = _BAR_TOP - 4, _BAR_TOP + _BAR_HEIGHT + 5
    line = Shape("line", {"class": _kind(mark), "x1": x, "x2": x, "y1": top, "y2": bottom})
    if mark.kind != "own":
        return [line]
    corners = f"{x - 6:.1f},4 {x + 6:.1f},4 {x},{_BAR_TOP - 3}"
    return [line, Shape("polygon", {"class": "own", "points": corners})]


def _kind(mark: Mark) -> str:
    return mark.kind if mark.kind in ("own", "end") else "mark"


def _text(x: float, y: float, text: str, anchor: str = "start", style: str = "") -> Shape:
    return Shape("text", {"class": style, "x": round(x), "y": y, "text-anchor": anchor}, text)


def _markup(shape: Shape) -> str:
    attributes = "".join(f" {name}={quoteattr(str(value))}" for name, value in shape.attributes.items() if value != "")
    return f"<{shape.name}{attributes}>{escape(shape.text)}</{shape.name}>"


def _short(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _wrapped(text: str, longest: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > longest:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
