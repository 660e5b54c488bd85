"""The Commitment: who can have it is a matter of days, and price and saving make up the full price."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.policy.calendars import add_months
from knowledge.policy.commitment import COMMITMENT_DISCOUNT, CommitmentInputs, commitment_discount
from knowledge.policy.money import Money
from tests.knowledge.policy.arithmetic import check_sums

TODAY = date(2026, 11, 22)
PRICES = st.decimals(Decimal("0.01"), Decimal("999999"), places=2).map(lambda amount: Money(amount, "GBP"))


@given(created=st.dates(date(2020, 1, 1), date(2026, 12, 31)), later=st.integers(0, 200))
def test_a_pbx_is_new_enough_for_less_than_three_months(created: date, later: int) -> None:
    today = date.fromordinal(created.toordinal() + later)
    outcome = commitment_discount(CommitmentInputs("1y", "3y", created, today), today)
    assert (outcome.verdict == "eligible") == (today < add_months(created, 3))


@given(present=PRICES, new=PRICES, length=st.sampled_from(["3y", "5y"]))
def test_price_and_saving_make_up_the_full_price(present: Money, new: Money, length: str) -> None:
    outcome = commitment_discount(CommitmentInputs("1m", length, TODAY, TODAY, present, new), TODAY)
    for name, full in (("present", present), ("new", new)):
        saving, after = outcome.figures[f"{name}_saving"], outcome.figures[f"{name}_price_after"]
        assert isinstance(saving, Money)
        assert isinstance(after, Money)
        assert saving + after == full
        assert saving.amount == saving.rounded
        assert after.amount == after.rounded >= 0
        assert str(after) in outcome.decision
        assert after.amount in check_sums(outcome.steps)


@given(price=PRICES)
def test_five_years_never_save_less_than_three(price: Money) -> None:
    three, five = (
        commitment_discount(CommitmentInputs("1m", length, TODAY, TODAY, price), TODAY).figures["present_saving"]
        for length in ("3y", "5y")
    )
    assert isinstance(three, Money)
    assert isinstance(five, Money)
    assert three.amount <= five.amount


@pytest.mark.parametrize("subscription", ["5y", "lifetime"])
def test_only_the_subscription_is_asked_for_where_it_decides(subscription: str) -> None:
    assert COMMITMENT_DISCOUNT.missing({})[0].name == "subscription"
    assert COMMITMENT_DISCOUNT.missing({"subscription": subscription}) == []
    assert [field.name for field in COMMITMENT_DISCOUNT.missing({"subscription": "1m"})] == [
        "created_on",
        "length",
        "next_renewal",
    ]
