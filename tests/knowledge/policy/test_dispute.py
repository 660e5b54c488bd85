"""The dispute window: a year that is never empty, and once it is over it stays over."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from knowledge.policy.dispute import DisputeInputs, dispute_window

INVOICES = st.dates(date(1995, 1, 1), date(2090, 12, 31))
LATER = st.integers(0, 1000)


@given(invoice=INVOICES, later=LATER)
def test_the_last_day_decides(invoice: date, later: int) -> None:
    today = invoice + timedelta(days=later)
    outcome = dispute_window(DisputeInputs(invoice), today)
    last_day = outcome.figures["last_day"]
    assert isinstance(last_day, date)
    if outcome.verdict == "accepted":
        assert outcome.figures["days_left"] == (last_day - today).days >= 0
    else:
        assert outcome.figures["days_late"] == (today - last_day).days > 0


@given(invoice=INVOICES)
def test_the_window_is_a_year_and_never_empty(invoice: date) -> None:
    last_day = dispute_window(DisputeInputs(invoice), invoice).figures["last_day"]
    assert isinstance(last_day, date)
    assert 365 <= (last_day - invoice).days <= 366
    assert last_day.year == invoice.year + 1


@given(invoice=INVOICES, later=LATER, more=LATER)
def test_too_late_stays_too_late(invoice: date, later: int, more: int) -> None:
    verdicts = [
        dispute_window(DisputeInputs(invoice), invoice + timedelta(days=days)).verdict for days in (later, later + more)
    ]
    assert verdicts != ["too_late", "accepted"]
