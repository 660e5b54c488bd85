"""What the readers of dates share: names of months and weekdays, a found day, and years not written."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from knowledge import strict_yaml
from knowledge.policy.calendars import add_years
from knowledge.policy.inputs import FIRST_YEAR, LAST_YEAR
from knowledge.policy.wording import day_text
from knowledge.reading.found import Found

_WORDS = strict_yaml.load((Path(__file__).parent / "calendar_words.yml").read_text(encoding="utf-8"))
MONTHS: dict[str, int] = {name: number for number, names in _WORDS["months"].items() for name in names}
WEEKDAYS: dict[str, int] = {name: number for number, names in _WORDS["weekdays"].items() for name in names}
MONTH = rf"(?:{'|'.join(sorted(MONTHS, key=len, reverse=True))})"
WEEKDAY = rf"(?:{'|'.join(sorted(WEEKDAYS, key=len, reverse=True))})"
_YEARS_SEARCHED = 9  # 29 February comes at the latest after eight


@dataclass(frozen=True)
class FoundDay(Found[date]):
    """A day in a sentence. `period`: first and last day where only a month or a year was named."""

    period: tuple[date, date] | None = None

    def in_year_of(self, old: date) -> date | None:
        """Where only a year was named (“it was 2022”): the day of that year which is known of another."""
        if self.period is None or self.period[0] != date(self.period[0].year, 1, 1):
            return None
        whole = self.period[1] == date(self.period[0].year, 12, 31)
        return add_years(old, self.period[0].year - old.year) if whole else None


@dataclass(frozen=True)
class Reader:
    """What the reading of dates depends on: the present day, and whether only the past makes sense."""

    today: date
    past: bool = False

    def day(self, match: re.Match[str], year: int | None, month: int, day: int) -> FoundDay:
        """A day of the calendar, or the reason why it is none; without a year the nearest one."""
        return self.days(match, year, [(month, day)])

    def days(self, match: re.Match[str], year: int | None, readings: Iterable[tuple[int, int]]) -> FoundDay:
        """What (month, day) can mean, each a reading; several are several readings."""
        pairs = list(dict.fromkeys(readings))
        days = [day for month, number in pairs if (day := self._exact(year, month, number))]
        place = match.start(), match.end(), match.group()
        if not days:
            return FoundDay(*place, (), _no_such_day(year, *pairs[0]))
        if not all(FIRST_YEAR <= day.year <= LAST_YEAR for day in days):
            return self.out_of_range(match)
        note = ""
        if year is None and len(days) == 1:
            nearest = "the nearest in the past" if self.past else "the nearest to come"
            note = f"No year was named in “{match.group().strip()}”: {day_text(days[0])} is taken, {nearest}."
        return FoundDay(*place, tuple(dict.fromkeys(days)), note=note)

    def only(self, match: re.Match[str], first: date, last: date, what: str) -> FoundDay:
        """A month or a year without its day."""
        if not FIRST_YEAR <= first.year <= LAST_YEAR:
            return self.out_of_range(match)
        return FoundDay(
            match.start(), match.end(), match.group(), (), f"Which day of {what} was meant?", "", (first, last)
        )

    def out_of_range(self, match: re.Match[str]) -> FoundDay:
        """A day too far away to be meant."""
        reason = f"“{match.group()[:40]}” cannot be meant: use the years {FIRST_YEAR} to {LAST_YEAR}."
        return FoundDay(match.start(), match.end(), match.group(), (), reason)

    def month_year(self, month: int) -> int:
        """The year of a month named without one."""
        if self.past:
            return self.today.year - (month > self.today.month)
        return self.today.year + (month < self.today.month)

    def _exact(self, year: int | None, month: int, day: int) -> date | None:
        if not 1 <= month <= 12 or not 1 <= day <= 31:
            return None
        if year is not None:
            return date(year, month, day) if year >= 1 and day <= calendar.monthrange(year, month)[1] else None
        step = -1 if self.past else 1
        for other in range(self.today.year, self.today.year + step * _YEARS_SEARCHED, step):
            if day <= calendar.monthrange(other, month)[1]:
                found = date(other, month, day)
                if found == self.today or (found < self.today) == self.past:
                    return found
        return None


def read_year(text: str) -> int:
    """A year as written: 2024, '24, 24 (two digits are 20yy)."""
    digits = text.strip(" '’`´")
    return int(digits) if len(digits) == 4 else 2000 + int(digits)


def month_end(first: date) -> date:
    """The last day of the month of `first`."""
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def _no_such_day(year: int | None, month: int, day: int) -> str:
    if not 1 <= month <= 12:
        return f"There is no month {month}. Please write the date again, for example 22 November 2026."
    name = f"{calendar.month_name[month]}{f' {year}' if year else ''}"
    return f"There is no {day} {name}. Please write the date again."
