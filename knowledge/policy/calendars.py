"""Days: calendar anniversaries, begun months, business days by country."""

from __future__ import annotations

import calendar
from collections.abc import Set
from datetime import date, timedelta
from functools import lru_cache

import holidays


def add_months(day: date, months: int) -> date:
    """The same day some months later (or earlier); month ends work like 29 February: 31 January + 1 is 28 or 29."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def add_years(day: date, years: int) -> date:
    """The calendar anniversary; 29 February plus a year is 28 February."""
    return add_months(day, 12 * years)


def full_years(start: date, day: date) -> int:
    """Full years from `start` to `day`: on the anniversary the year is full. Negative is not allowed."""
    years = day.year - start.year
    return years if add_years(start, years) <= day else years - 1


def full_months(start: date, day: date) -> int:
    """Full months from `start` to `day`: on the monthly day the month is full and the next has begun."""
    months = (day.year - start.year) * 12 + day.month - start.month
    return months if add_months(start, months) <= day else months - 1


def begun_months(start: date, day: date) -> int:
    """Months begun by `day`: the day of the start is in the first, the monthly day begins the next."""
    return full_months(start, day) + 1


def is_business_day(day: date, country: str | None = None) -> bool:
    """Monday to Friday, and no public holiday of the country (ISO code) where one is given."""
    return day.weekday() < 5 and day not in _public_holidays(country, day.year)


def add_business_days(day: date, count: int, country: str | None = None) -> date:
    """The `count`-th business day after `day` (before it when negative); `day` itself doesn't count."""
    step = timedelta(days=1 if count >= 0 else -1)
    for _ in range(abs(count)):
        day += step
        while not is_business_day(day, country):
            day += step
    return day


def business_day_from(day: date, country: str | None = None) -> date:
    """`day` itself, or the next business day."""
    return day if is_business_day(day, country) else add_business_days(day, 1, country)


def known_country(country: str | None) -> bool:
    """Whether public holidays of this ISO country code are known."""
    return country is not None and country in holidays.list_supported_countries()


@lru_cache(maxsize=256)
def _public_holidays(country: str | None, year: int) -> Set[date]:
    if country is None or not known_country(country):
        return frozenset()
    return frozenset(holidays.country_holidays(country, years=year))
