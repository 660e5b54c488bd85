"""Days read from text: every usual way to write a day reads back as that day, and nothing is guessed."""

import calendar
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from knowledge.policy.wording import day_text
from knowledge.reading.dates import find_days
from tests.knowledge.reading.texts import texts

TODAY = date(2026, 11, 22)
days = st.dates(date(1990, 1, 1), date(2100, 12, 31))
recent = st.dates(date(2000, 1, 1), date(2099, 12, 31))
todays = st.dates(date(2020, 1, 1), date(2040, 12, 31))
CLEAR = [
    "{d} {B} {Y}",
    "{d} {b} {Y}",
    "{B} {d}, {Y}",
    "{b}. {d} {Y}",
    "{Y}-{m:02}-{d:02}",
    "{d}.{m}.{Y}",
    "{d}-{b}-{Y}",
]


def written(form: str, day: date) -> str:
    return form.format(
        d=day.day,
        m=day.month,
        Y=day.year,
        y=day.year % 100,
        B=calendar.month_name[day.month],
        b=calendar.month_abbr[day.month],
    )


@given(day=days, form=st.sampled_from(CLEAR), past=st.booleans())
def test_a_day_written_clearly_reads_back(day: date, form: str, past: bool) -> None:
    text = f"we ordered it on {written(form, day)}, please check"
    assert [found.readings for found in find_days(text, TODAY, past)] == [(day,)]


@given(day=recent)
def test_two_digits_of_a_year_are_of_this_century(day: date) -> None:
    assert [found.readings for found in find_days(written("{d} {B} '{y:02}", day), TODAY)] == [(day,)]


@given(day=days)
def test_the_date_as_we_write_it_reads_back(day: date) -> None:
    assert [found.value for found in find_days(day_text(day), TODAY)] == [day]


@given(day=days, month_first=st.booleans(), mark=st.sampled_from("/-"))
def test_day_and_month_are_never_guessed(day: date, month_first: bool, mark: str) -> None:
    pair = (day.month, day.day) if month_first else (day.day, day.month)
    (found,) = find_days(mark.join(map(str, (*pair, day.year))), TODAY)
    assert day in found.readings
    either_way = day.day <= 12 and day.day != day.month
    assert len(found.readings) == (2 if either_way else 1)


@given(day=days, today=todays)
def test_a_day_without_its_year_is_the_nearest(day: date, today: date) -> None:
    assume((day.month, day.day) != (2, 29))
    text = written("{d} {B}", day)
    (before,), (after,) = find_days(text, today, past=True), find_days(text, today)
    assert before.value <= today <= after.value
    assert (today - before.value).days <= 365
    assert (after.value - today).days <= 365
    assert "No year was named" in before.note


@given(years=st.integers(1, 30), today=todays)
def test_years_ago_are_anniversaries(years: int, today: date) -> None:
    (found,) = find_days(f"{years} years ago", today)
    assert found.value.year == today.year - years
    assert (found.value.month, found.value.day) in [(today.month, today.day), (2, 28)]


@pytest.mark.parametrize("name", list(calendar.day_name))
@given(today=todays)
def test_last_and_next_weekday_lie_on_either_side_of_today(name: str, today: date) -> None:
    (last,), (coming,) = find_days(f"last {name}", today), find_days(f"next {name}", today)
    assert 1 <= (today - last.value).days <= 7
    for day in (last.value, *coming.readings):
        assert calendar.day_name[day.weekday()] == name
    assert 1 <= (coming.readings[0] - today).days <= 7
    assert len(coming.readings) <= 2


@given(text=texts, past=st.booleans(), today=todays)
def test_any_text_is_read_without_an_error_and_within_limits(text: str, past: bool, today: date) -> None:
    found = find_days(text, today, past)
    for one in found:
        assert one.text == text[one.start : one.end]
        assert all(1990 <= day.year <= 2100 for day in one.readings)
        assert one.readings or one.reason
        assert len(set(one.readings)) == len(one.readings)
    assert all(first.end <= second.start for first, second in pairwise(found))


@given(text=texts)
def test_the_places_do_not_depend_on_past_or_future(text: str) -> None:
    def places(past: bool) -> list[tuple[int, int]]:
        return [(found.start, found.end) for found in find_days(text, TODAY, past)]

    assert places(past=True) == places(past=False)
