"""Stretches of time and terms: 3y, 5 years, a year and a half, 18 months, monthly, lifetime."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from knowledge.policy.calendars import add_months
from knowledge.reading.counts import NUMBER, read_number
from knowledge.reading.found import Found, just_before, longest_first

_YEAR, _MONTH, _WEEK, _DAY = (
    r"(?:years?|yrs?|y)",
    r"(?:months?|mths?|mos?|m)",
    r"(?:weeks?|wks?|w)",
    r"(?:days?|d)",
)
_UNIT = rf"(?P<unit>{_YEAR}|{_MONTH}|{_WEEK}|{_DAY}|fortnights?)\b"
_HALF = r"(?P<half>\s+and\s+a\s+half)?"
_AMOUNT = rf"(?P<number>\b[0-9]{{1,3}}[.,]5(?![0-9])|{NUMBER}|\ban?\b|\bhalf\s+an?\b)"
_PART = re.compile(rf"{_AMOUNT}{_HALF}[\s-]*{_UNIT}(?P<after>\s+and\s+a\s+half)?", re.IGNORECASE)
_GLUE = re.compile(r"[\s,]*(?:and|&)?\s*", re.IGNORECASE)
_LARGEST = 1200  # of any unit
_MONTHS_OF = {"y": 12, "m": 1}
_DAYS_OF = {"w": 7, "d": 1, "f": 14}

_NO_TERM_AFTER = re.compile(r"\s*(?:ago|old|back|before|after|later|from\s+(?:now|today)|left|late|overdue)\b", re.I)
_NO_TERM_BEFORE = re.compile(r"\b(?:in|since|last|past|after|within|per|every|each)\s+(?:the\s+)?(?:last\s+)?$", re.I)
_RATE = r"(?!\s+(?:\w+\s+)?(?:fees?|rents?|rental|price|prices|costs?|charges?|amount|rate|bill|invoices?|support)\b)"
_WORDS = {
    rf"\b(?:monthly|month[\s-](?:to|by)[\s-]month|(?:every|each)\s+month)\b{_RATE}": "1m",
    rf"\b(?:yearly|annual|annually|(?:every|each)\s+year)\b{_RATE}": "1y",
    r"\b(?:life[\s-]?time|perpetual|LT)\b": "lifetime",
}


@dataclass(frozen=True)
class Duration:
    """Months by the calendar and days: 2 years and a week are 24 months and 7 days."""

    months: int
    days: int

    def before(self, day: date) -> date:
        """The day this long before; raises OverflowError or ValueError outside the calendar."""
        return add_months(day, -self.months) - timedelta(days=self.days)

    def after(self, day: date) -> date:
        """The day this long after; raises OverflowError or ValueError outside the calendar."""
        return add_months(day, self.months) + timedelta(days=self.days)


def find_durations(text: str) -> list[Found[Duration]]:
    """Stretches of time, neighbours joined: “2 years and 3 months” is one."""
    joined: list[Found[Duration]] = []
    for part in filter(None, map(_part, _PART.finditer(text))):
        last = joined[-1] if joined else None
        if last and last.readings and part.readings and _GLUE.fullmatch(text, last.end, part.start):
            first, second = last.value, part.value
            whole = Duration(first.months + second.months, first.days + second.days)
            joined[-1] = Found(last.start, part.end, text[last.start : part.end], (whole,))
        else:
            joined.append(part)
    return joined


def find_terms(text: str) -> list[Found[str]]:
    """Terms of a subscription or Commitment as codes: 1m, 1y, 3y, 5y, lifetime, and others such as 2y or 6m."""
    terms = [
        Found(match.start(), match.end(), match.group(), (code,))
        for pattern, code in _WORDS.items()
        for match in re.finditer(pattern, text, re.IGNORECASE)
    ]
    for found in find_durations(text):
        article = re.match(r"an?\b", found.text, re.IGNORECASE)
        elsewhere = _NO_TERM_AFTER.match(text, found.end) or _NO_TERM_BEFORE.search(just_before(text, found.start))
        code = _code(found.value) if found.readings else None
        if code and not article and not elsewhere:
            terms.append(Found(found.start, found.end, found.text, (code,)))
    return longest_first(terms)


def _part(match: re.Match[str]) -> Found[Duration] | None:
    number, unit = match["number"].lower(), match["unit"].lower()
    after = match.string[match.end() : match.end() + 1]
    if len(unit) == 1 and (not number[-1].isdigit() or after == "-"):
        return None  # “a m”, “no d”, “1 W-AIR base”: no unit
    half_too = bool(match["half"] or match["after"])
    if re.match(r"half\s", number) and "dozen" not in number:
        halves = 1
    elif re.fullmatch(r"[0-9]+[.,]5", number):
        halves = 2 * int(number[:-2]) + 1
    else:
        halves = 2 * read_number(number) + half_too
    place = match.start(), match.end(), match.group()
    if abs(halves) > 2 * _LARGEST:
        return Found(*place, (), f"“{match.group()[:40]}” is too long a time.")
    length = _duration(halves, unit[0])
    if length is None:
        return Found(*place, (), f"“{match.group()[:40]}” is no whole number of days. Please name the day.")
    return Found(*place, (length,))


def _duration(halves: int, unit: str) -> Duration | None:
    """So many halves of a unit; None where that is no whole number of months or days."""
    months, days = _MONTHS_OF.get(unit, 0) * halves, _DAYS_OF.get(unit, 0) * halves
    return None if months % 2 or days % 2 else Duration(months // 2, days // 2)


def _code(length: Duration) -> str | None:
    if length.days or length.months <= 0:
        return None
    return f"{length.months}m" if length.months % 12 else f"{length.months // 12}y"
