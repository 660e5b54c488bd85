"""The hours in which licences cannot be amended: two before the end of each month in UTC, from every time zone."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.policy.amendment_window import WindowInputs, amendment_window
from knowledge.policy.fields import InvalidInput
from knowledge.policy.outcome import Outcome

TODAY = date(2026, 11, 22)
zones = st.sampled_from(["UTC", "Europe/Rome", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati"]).map(ZoneInfo)
moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 12, 31), timezones=zones)


def window(moment: datetime) -> Outcome:
    return amendment_window(WindowInputs(moment), TODAY)


@given(moment=moments)
def test_it_is_closed_exactly_in_the_last_two_hours_of_a_month(moment: datetime) -> None:
    utc = moment.astimezone(UTC)
    last_day = (utc + timedelta(days=1)).day == 1
    assert (window(moment).verdict == "closed") == (last_day and utc.hour >= 22)


@given(moment=moments)
def test_what_comes_next_lies_ahead_and_is_never_empty(moment: datetime) -> None:
    outcome = window(moment)
    closing, opening = outcome.figures["next_closing"], outcome.figures["next_opening"]
    assert isinstance(closing, datetime)
    assert isinstance(opening, datetime)
    assert closing > moment
    assert opening > moment
    if outcome.figures["open"]:
        assert opening - closing == timedelta(hours=2)
        assert window(closing).verdict == "closed"
        assert window(closing - timedelta(microseconds=1)).verdict == "open"
    else:
        assert opening < closing
        assert window(opening).verdict == "open"
        assert window(opening - timedelta(microseconds=1)).verdict == "closed"


@given(moment=moments)
def test_the_zone_changes_the_clock_and_nothing_else(moment: datetime) -> None:
    outcome, in_utc = window(moment), window(moment.astimezone(UTC))
    assert outcome.verdict == in_utc.verdict
    assert outcome.figures["next_closing"] == in_utc.figures["next_closing"]
    assert outcome.figures["next_closing_local"] == outcome.figures["next_closing"], "the same moment"


def test_the_partner_reads_the_own_clock_and_its_summer_time() -> None:
    outcome = window(datetime(2026, 10, 20, 12, 0, tzinfo=ZoneInfo("Europe/Rome")))
    assert "22:00 UTC on 31 October 2026 (23:00 Europe/Rome time)" in outcome.decision
    assert "Your time is 10:00 UTC on 20 October 2026 (12:00 Europe/Rome time)." in outcome.steps
    assert not any("summer time" in caveat for caveat in outcome.caveats)


def test_an_offset_alone_cannot_know_summer_time() -> None:
    outcome = window(datetime(2026, 10, 20, 12, 0, tzinfo=timezone(timedelta(hours=2))))
    assert any("summer time" in caveat for caveat in outcome.caveats)


def test_a_moment_without_a_zone_is_asked_about() -> None:
    with pytest.raises(InvalidInput, match="time zone"):
        window(datetime(2026, 11, 30, 22, 0))
