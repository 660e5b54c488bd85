"""What holds for every change of a porting date: five business days stay between, and the stricter rule decides."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.policy.calendars import is_business_day
from knowledge.policy.parameters import tables
from knowledge.policy.porting_change import ChangeInputs, porting_date_change

days = st.dates(date(2000, 1, 1), date(2090, 12, 31))
countries = st.sampled_from([None, "DE", "IT", "US", "GB", "JP", "AE"])


@settings(deadline=None)
@given(days, countries)
def test_five_business_days_lie_from_the_last_day_to_the_confirmed_one(confirmed: date, country: str | None) -> None:
    last_day = porting_date_change(ChangeInputs(confirmed, country=country), confirmed).figures["last_day"]
    assert isinstance(last_day, date)
    assert is_business_day(last_day, country)
    between = [last_day + timedelta(days=n) for n in range((confirmed - last_day).days)]
    assert sum(is_business_day(day, country) for day in between) == 5


@settings(deadline=None)
@given(days, countries, st.integers(-60, 60))
def test_possible_until_the_last_day_and_no_longer(confirmed: date, country: str | None, days_before: int) -> None:
    today = confirmed - timedelta(days=days_before)
    outcome = porting_date_change(ChangeInputs(confirmed, country=country), today)
    last_day = outcome.figures["last_day"]
    assert isinstance(last_day, date)
    assert (outcome.verdict == "possible") == (today <= last_day)
    assert outcome.figures.get("days_left", 0) == max((last_day - today).days, 0)
    assert outcome.figures.get("days_late", 0) == max((today - last_day).days, 0)


@settings(deadline=None)
@given(days, countries)
def test_the_rule_applied_is_the_stricter_one(confirmed: date, country: str | None) -> None:
    figures = porting_date_change(ChangeInputs(confirmed, country=country), confirmed).figures
    last_day, last_day_of_list = figures["last_day"], figures["last_day_price_list"]
    assert isinstance(last_day, date)
    assert isinstance(last_day_of_list, date)
    assert last_day < last_day_of_list


@settings(deadline=None)
@given(days, days, countries)
def test_the_timeline_is_in_order_and_marks_the_own_day(confirmed: date, today: date, country: str | None) -> None:
    timeline = porting_date_change(ChangeInputs(confirmed, country=country), today).timeline
    assert timeline is not None
    marked = [mark.day for mark in timeline.marks]
    assert marked == sorted(marked)
    assert [mark.day for mark in timeline.marks if mark.kind == "own"] == [today]


def test_the_confirmed_date_as_wanted_date_is_named() -> None:
    confirmed = date(2026, 12, 4)
    outcome = porting_date_change(ChangeInputs(confirmed, wanted_date=confirmed), date(2026, 11, 22))
    assert any("confirmed date itself" in caveat for caveat in outcome.caveats)


def test_the_fee_is_that_of_the_paid_services() -> None:
    assert tables("porting_date_change")["fee"].records[-1].value == (
        tables("paid_service")["porting_date_change"].records[-1].value
    )
