"""Days reckoned from today: yesterday, last Tuesday, 2 years ago, in three weeks, end of next month."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from knowledge.policy.calendars import add_months, add_years
from knowledge.policy.inputs import FIRST_YEAR, LAST_YEAR
from knowledge.reading.counts import ORDINAL, read_ordinal
from knowledge.reading.day_words import MONTH, MONTHS, WEEKDAY, WEEKDAYS, FoundDay, Reader, month_end, read_year
from knowledge.reading.durations import Duration, find_durations
from knowledge.reading.found import Found, just_before

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_NAMED = {
    r"the\s+day\s+before\s+yesterday": -2,
    r"the\s+day\s+after\s+tomorrow": 2,
    r"yesterday": -1,
    r"tomorrow|tmrw": 1,
    r"today|tonight|this\s+(?:morning|afternoon|evening)|right\s+now|now|this\s+(?:very\s+)?day": 0,
}
_AGO = re.compile(r"\s*(?:ago|old|earlier\s+than\s+today|back\b(?!\s+in))\b", re.IGNORECASE)
_HENCE = re.compile(r"\s*(?:from\s+(?:now|today)|hence)\b", re.IGNORECASE)
_IN = re.compile(r"\bin\s+$", re.IGNORECASE)
_SINCE = re.compile(r"\bsince\s+$", re.IGNORECASE)
_NOW = re.compile(r"\s+(?:now|already)\b", re.IGNORECASE)
_FOR = re.compile(r"\bfor\s+$", re.IGNORECASE)
_VAGUE = re.compile(
    r"(?:\b(?:about|around|roughly|approximately|approx\.?|almost|nearly|over|under|some|(?:more|less|longer)\s+than"
    r"|at\s+least|maybe|circa|ca\.?)|~)\s*$",
    re.IGNORECASE,
)
_THIS = r"(?P<which>last|past|previous|this|current|next|coming|following)"
_WEEKDAY_1 = re.compile(
    rf"\b(?:{_THIS}\s+|on\s+|since\s+|by\s+|until\s+)?(?P<day>{WEEKDAY})\b\.?(?:\s+(?P<week>last|this|next)\s+week)?",
    re.IGNORECASE,
)
_WEEKDAY_2 = re.compile(rf"\b(?P<week>last|this|next)\s+week(?:\s+on|['’]s)?,?\s+(?P<day>{WEEKDAY})\b", re.IGNORECASE)
_PERIOD = (
    rf"(?:(?:the\s+)?{_THIS}\s+(?P<unit>month|year)|(?:(?:the|this)\s+)?(?P<unit2>month|year)"
    rf"|(?P<month>{MONTH})\b\.?(?:[\s,]+(?P<myear>(?:19|20)[0-9]{{2}}|['’][0-9]{{2}}))?|(?P<year>(?:19|20)[0-9]{{2}}))"
)
_EDGE = re.compile(
    rf"\b(?:the\s+)?(?P<edge>very\s+end|end|last\s+day|close|beginning|start|first\s+day)\s+(?:of\s+)?{_PERIOD}\b",
    re.IGNORECASE,
)
_DAY_OF = re.compile(
    rf"\b(?:the\s+)?(?:(?P<number>[0-9]{{1,2}})(?:st|nd|rd|th)?|(?P<word>{ORDINAL}))\s+(?:day\s+)?of\s+(?:the\s+)?{_THIS}\s+month\b",
    re.IGNORECASE,
)
_ALONE = re.compile(rf"\b{_THIS}\s+(?P<unit>week|month|year)\b", re.IGNORECASE)
_STEP = {"last": -1, "past": -1, "previous": -1, "this": 0, "current": 0, "next": 1, "coming": 1, "following": 1}


def relative_dates(text: str, reader: Reader) -> Iterator[FoundDay]:
    """All candidates; they may overlap."""
    for words, days in _NAMED.items():
        for match in re.finditer(rf"\b(?:{words})\b", text, re.IGNORECASE):
            yield _found(match, reader.today + days * _DAY)
    yield from _distances(text, reader)
    for pattern, read in _PATTERNS:
        for match in pattern.finditer(text):
            yield read(match, reader)


def _found(match: re.Match[str], *days: date) -> FoundDay:
    return FoundDay(match.start(), match.end(), match.group(), tuple(dict.fromkeys(days)))


def _distances(text: str, reader: Reader) -> Iterator[FoundDay]:
    """“2 years ago”, “in three weeks”: calendar anniversaries of today."""
    for length in find_durations(text):
        before, after = just_before(text, length.start), _AGO.match(text, length.end)
        hence = None if after else _HENCE.match(text, length.end)
        begins = _IN.search(before) if not after and not hence else None
        since = _SINCE.search(before) or (_FOR.search(before) if _NOW.match(text, length.end) else None)
        if not (after or hence or begins or since):
            continue
        introduced = begins or (None if after else since)
        start = length.start - (len(before) - introduced.start() if introduced else 0)
        ended = after or hence
        yield _distance(text, start, ended.end() if ended else length.end, length, reader, ahead=bool(begins or hence))


def _distance(text: str, start: int, end: int, length: Found[Duration], reader: Reader, *, ahead: bool) -> FoundDay:
    words = text[start:end]
    vague = _VAGUE.search(just_before(text, start))
    if not length.readings or vague:
        said = f"{vague.group()}{words}" if vague else words
        return FoundDay(start, end, words, (), length.reason or f"“{said}” is not exact. Which day was it?")
    try:
        day = length.value.after(reader.today) if ahead else length.value.before(reader.today)
    except (OverflowError, ValueError):
        day = date.min
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        return FoundDay(start, end, words, (), f"“{words}” cannot be meant: use the years {FIRST_YEAR} to {LAST_YEAR}.")
    return FoundDay(start, end, words, (day,))


def _weekday(match: re.Match[str], reader: Reader) -> FoundDay:
    """“last Tuesday” is the latest before today; “next Friday” this week's or next week's where both lie ahead."""
    wanted = WEEKDAYS[match["day"].lower()]
    groups = match.groupdict()
    which = (groups.get("which") or "").lower()
    monday = reader.today - reader.today.weekday() * _DAY
    if match["week"]:
        return _found(match, monday + _STEP[match["week"].lower()] * _WEEK + wanted * _DAY)
    in_week = monday + wanted * _DAY
    last = in_week if in_week < reader.today else in_week - _WEEK
    coming = in_week if in_week > reader.today else in_week + _WEEK
    if which in ("this", "current"):
        return _found(match, in_week)
    if which == "next":
        return _found(match, coming, in_week + _WEEK)
    if which:
        return _found(match, last if _STEP[which] < 0 else coming)
    if in_week == reader.today:  # “on Sunday”, said on a Sunday
        return _found(match, reader.today, last if reader.past else coming)
    return _found(match, last if reader.past else coming)


def _edge(match: re.Match[str], reader: Reader) -> FoundDay:
    first, last = _period(match, reader)
    if not FIRST_YEAR <= first.year <= LAST_YEAR:
        return reader.out_of_range(match)
    return _found(match, last if re.search(r"end|last|close", match["edge"], re.IGNORECASE) else first)


def _period(match: re.Match[str], reader: Reader) -> tuple[date, date]:
    """First and last day of a month or year, named or counted from today's."""
    if match["month"]:
        month = MONTHS[match["month"].lower()]
        first = date(read_year(match["myear"]) if match["myear"] else reader.month_year(month), month, 1)
        return first, month_end(first)
    if match["year"]:
        return date(int(match["year"]), 1, 1), date(int(match["year"]), 12, 31)
    step = _STEP[(match["which"] or "this").lower()]
    return _counted(step, (match["unit"] or match["unit2"]).lower(), reader.today)


def _counted(step: int, unit: str, today: date) -> tuple[date, date]:
    if unit == "year":
        year = add_years(today, step).year
        return date(year, 1, 1), date(year, 12, 31)
    if unit == "week":
        monday = today - today.weekday() * _DAY + step * _WEEK
        return monday, monday + 6 * _DAY
    first = add_months(today.replace(day=1), step)
    return first, month_end(first)


def _day_of(match: re.Match[str], reader: Reader) -> FoundDay:
    """“the 15th of next month”."""
    first = add_months(reader.today.replace(day=1), _STEP[match["which"].lower()])
    number = int(match["number"]) if match["number"] else read_ordinal(match["word"])
    return reader.day(match, first.year, first.month, number)


def _alone(match: re.Match[str], reader: Reader) -> FoundDay:
    """“last month”: which day of it?"""
    return reader.only(
        match, *_counted(_STEP[match["which"].lower()], match["unit"].lower(), reader.today), match.group().lower()
    )


_PATTERNS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], Reader], FoundDay]], ...] = (
    (_WEEKDAY_1, _weekday),
    (_WEEKDAY_2, _weekday),
    (_EDGE, _edge),
    (_DAY_OF, _day_of),
    (_ALONE, _alone),
)
