"""Days: anniversaries at month ends and on 29 February, begun months, business days over weekends and holidays."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.policy.calendars import (
    add_business_days,
    add_months,
    add_years,
    begun_months,
    business_day_from,
    full_months,
    full_years,
    is_business_day,
    known_country,
)

DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))
COUNTRIES = st.sampled_from([None, "DE", "IT", "US", "GB"])


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2026, 10, 31), 1, date(2026, 11, 30)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 11, 22), 2, date(2027, 1, 22)),
        (date(2026, 11, 22), -11, date(2025, 12, 22)),
        (date(2026, 11, 22), 0, date(2026, 11, 22)),
    ],
)
def test_a_month_ends_where_the_month_ends(day: date, months: int, later: date) -> None:
    assert add_months(day, months) == later


def test_29_february_plus_a_year_is_28_february() -> None:
    assert add_years(date(2024, 2, 29), 1) == date(2025, 2, 28)
    assert add_years(date(2024, 2, 29), 4) == date(2028, 2, 29)
    assert add_years(date(2025, 2, 28), 3) == date(2028, 2, 28)


@pytest.mark.parametrize(
    ("start", "day", "years"),
    [
        (date(2023, 5, 12), date(2024, 5, 11), 0),
        (date(2023, 5, 12), date(2024, 5, 12), 1),
        (date(2024, 2, 29), date(2025, 2, 27), 0),
        (date(2024, 2, 29), date(2025, 2, 28), 1),
        (date(2024, 2, 29), date(2028, 2, 28), 3),
        (date(2024, 2, 29), date(2028, 2, 29), 4),
    ],
)
def test_a_year_is_full_on_its_anniversary(start: date, day: date, years: int) -> None:
    assert full_years(start, day) == years


@pytest.mark.parametrize(
    ("start", "day", "full", "begun"),
    [
        (date(2026, 1, 15), date(2026, 1, 15), 0, 1),
        (date(2026, 1, 15), date(2026, 2, 14), 0, 1),
        (date(2026, 1, 15), date(2026, 2, 15), 1, 2),
        (date(2026, 1, 31), date(2026, 2, 27), 0, 1),
        (date(2026, 1, 31), date(2026, 2, 28), 1, 2),
    ],
)
def test_the_next_month_begins_on_the_monthly_day(start: date, day: date, full: int, begun: int) -> None:
    assert full_months(start, day) == full
    assert begun_months(start, day) == begun


@pytest.mark.parametrize(
    ("day", "count", "country", "result"),
    [
        (date(2026, 11, 20), 1, None, date(2026, 11, 23)),  # Friday to Monday
        (date(2026, 11, 23), -5, None, date(2026, 11, 16)),
        (date(2026, 11, 22), -1, None, date(2026, 11, 20)),  # from a Sunday back to Friday
        (date(2026, 12, 24), 1, None, date(2026, 12, 25)),
        (date(2026, 12, 24), 1, "DE", date(2026, 12, 28)),  # Christmas is Friday and Saturday
        (date(2026, 11, 25), 1, "US", date(2026, 11, 27)),  # Thanksgiving
        (date(2026, 11, 25), 1, "IT", date(2026, 11, 26)),
        (date(2026, 11, 25), 0, "IT", date(2026, 11, 25)),
    ],
)
def test_business_days(day: date, count: int, country: str | None, result: date) -> None:
    assert add_business_days(day, count, country) == result


def test_a_business_day_itself_or_the_next_one() -> None:
    assert business_day_from(date(2026, 11, 23)) == date(2026, 11, 23)
    assert business_day_from(date(2026, 11, 21)) == date(2026, 11, 23)
    assert business_day_from(date(2026, 12, 25), "GB") == date(2026, 12, 29)  # Boxing Day is moved to Monday


def test_holidays_are_known_by_country() -> None:
    assert known_country("DE")
    assert not known_country("XX")
    assert not known_country(None)
    assert is_business_day(date(2026, 12, 25), "XX"), "without known holidays only weekends count"


@given(start=DAYS, years=st.integers(0, 9))
def test_the_anniversary_is_the_first_day_of_its_year(start: date, years: int) -> None:
    anniversary = add_years(start, years)
    assert full_years(start, anniversary) == years
    assert full_years(start, anniversary - timedelta(days=1)) == years - 1


@given(start=DAYS, months=st.integers(0, 100))
def test_the_monthly_day_is_the_first_of_its_month(start: date, months: int) -> None:
    monthly = add_months(start, months)
    assert full_months(start, monthly) == months
    assert full_months(start, monthly - timedelta(days=1)) == months - 1


@given(day=DAYS, count=st.integers(-30, 30).filter(bool), country=COUNTRIES)
def test_business_days_end_on_one_and_pass_as_many_as_counted(day: date, count: int, country: str | None) -> None:
    result = add_business_days(day, count, country)
    step = 1 if count > 0 else -1
    passed = [day + timedelta(days=step * number) for number in range(1, abs((result - day).days) + 1)]
    assert is_business_day(result, country)
    assert sum(is_business_day(one, country) for one in passed) == abs(count)
