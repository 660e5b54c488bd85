"""What holds for every lead time: windows are never empty, begin after the order, and move with it."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.policy.calendars import is_business_day
from knowledge.policy.porting_time import LeadTimeInputs, porting_lead_time

days = st.dates(date(2000, 1, 1), date(2090, 12, 31))
kinds = st.sampled_from(["full_porting", "new_did", "outbound"])
countries = st.sampled_from([None, "DE", "IT", "US", "GB", "JP", "AE"])


def window(kind: str, ordered: date, country: str | None) -> tuple[date, date]:
    figures = porting_lead_time(LeadTimeInputs(kind, ordered, country=country), ordered).figures
    first, last = figures["first_day"], figures["last_day"]
    assert isinstance(first, date)
    assert isinstance(last, date)
    return first, last


@settings(deadline=None)
@given(kinds, days, countries)
def test_a_window_is_never_empty_and_begins_after_the_order(kind: str, ordered: date, country: str | None) -> None:
    first, last = window(kind, ordered, country)
    assert ordered < first <= last


@settings(deadline=None)
@given(kinds, days, st.integers(0, 40), countries)
def test_a_later_order_is_never_done_earlier(kind: str, ordered: date, later: int, country: str | None) -> None:
    first, last = window(kind, ordered, country)
    later_first, later_last = window(kind, ordered + timedelta(days=later), country)
    assert first <= later_first
    assert last <= later_last


@settings(deadline=None)
@given(days, countries)
def test_new_numbers_and_outbound_are_ready_on_business_days(ordered: date, country: str | None) -> None:
    for kind in ("new_did", "outbound"):
        assert all(is_business_day(day, country) for day in window(kind, ordered, country))


@settings(deadline=None)
@given(days, countries)
def test_a_full_porting_has_two_weeks_between_its_first_and_its_last_day(ordered: date, country: str | None) -> None:
    first, last = window("full_porting", ordered, country)
    assert last - first == timedelta(weeks=2)


@settings(deadline=None)
@given(kinds, days, st.integers(-30, 60), countries)
def test_the_verdict_on_a_wanted_date_follows_the_window(
    kind: str, ordered: date, after: int, country: str | None
) -> None:
    wanted = ordered + timedelta(days=after)
    first, last = window(kind, ordered, country)
    verdict = porting_lead_time(LeadTimeInputs(kind, ordered, wanted, country), ordered).verdict
    assert (verdict == "wanted_possible") == (first <= wanted <= last)
    assert (verdict == "wanted_too_early") == (wanted < first)
    assert (verdict == "wanted_after_window") == (wanted > last)


@settings(deadline=None)
@given(kinds, days, countries)
def test_the_pbx_is_configured_before_the_first_day(kind: str, ordered: date, country: str | None) -> None:
    outcome = porting_lead_time(LeadTimeInputs(kind, ordered, country=country), ordered)
    first, _ = window(kind, ordered, country)
    assert outcome.figures["configure_by"] == first - timedelta(days=1)
