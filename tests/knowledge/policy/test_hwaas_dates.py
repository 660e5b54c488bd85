"""Billing start and return of HWaaS: the dates are in order, and a fee is due exactly before the term is full."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from knowledge.policy.hwaas_dates import HwaasInputs, hwaas_dates

TODAY = date(2026, 11, 22)
days = st.dates(date(1990, 1, 1), date(2100, 12, 31))
ends = st.none() | days


@given(shipped_on=days, commitment_end=ends)
def test_the_dates_are_in_order(shipped_on: date, commitment_end: date | None) -> None:
    figures = hwaas_dates(HwaasInputs(shipped_on, commitment_end), TODAY).figures
    starts, full, earliest = figures["billing_starts"], figures["minimum_term_full_on"], figures["earliest_return"]
    assert isinstance(starts, date)
    assert isinstance(full, date)
    assert isinstance(earliest, date)
    assert (starts - shipped_on).days == 14
    assert 181 <= (full - starts).days <= 184, "six months"
    assert full <= earliest
    assert earliest in (full, commitment_end)


@given(shipped_on=days, commitment_end=ends, kept=st.integers(0, 3000))
def test_a_return_is_free_exactly_from_the_earliest_day_on(
    shipped_on: date, commitment_end: date | None, kept: int
) -> None:
    returned_on = shipped_on + timedelta(days=kept)
    outcome = hwaas_dates(HwaasInputs(shipped_on, commitment_end, returned_on), TODAY)
    earliest = outcome.figures["earliest_return"]
    assert isinstance(earliest, date)
    assert (outcome.verdict == "free") == (returned_on >= earliest)
    bound = commitment_end is not None and returned_on < commitment_end
    assert (outcome.verdict == "bound_by_commitment") == bound


@given(shipped_on=days, kept=st.integers(0, 300), longer=st.integers(0, 300))
def test_the_longer_it_is_kept_the_fewer_months_are_left(shipped_on: date, kept: int, longer: int) -> None:
    def left(days_kept: int) -> int:
        outcome = hwaas_dates(HwaasInputs(shipped_on, returned_on=shipped_on + timedelta(days=days_kept)), TODAY)
        months = outcome.figures["months_left"]
        assert isinstance(months, int)
        assert 0 <= months <= 6
        return months

    assert left(kept + longer) <= left(kept)


@given(shipped_on=days, commitment_end=ends, returned_after=st.none() | st.integers(0, 3000))
def test_the_picture_shows_the_days_in_order_and_one_of_them_as_the_partners_own(
    shipped_on: date, commitment_end: date | None, returned_after: int | None
) -> None:
    returned_on = None if returned_after is None else shipped_on + timedelta(days=returned_after)
    timeline = hwaas_dates(HwaasInputs(shipped_on, commitment_end, returned_on), TODAY).timeline
    assert timeline is not None
    assert [mark.day for mark in timeline.marks] == sorted(mark.day for mark in timeline.marks)
    assert [mark.day for mark in timeline.marks if mark.kind == "own"] == [returned_on or TODAY]
    assert all(begin < end for begin, end, _ in timeline.spans)
