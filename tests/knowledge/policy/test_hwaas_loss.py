"""What a lost HWaaS item costs: never less than its price, never more than price and full term, and it adds up."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.policy.fields import InvalidInput
from knowledge.policy.hwaas_loss import HWAAS_LOSS, LossInputs, hwaas_loss
from knowledge.policy.money import Money

TODAY = date(2026, 11, 22)
days = st.dates(date(2015, 1, 1), TODAY)
prices = st.decimals("0.01", "99999.99", places=2).map(lambda amount: Money(amount, "EUR"))


def lost(start: date, lost_on: date, price: Money, fee: Money, billed: int | None = None) -> Mapping[str, object]:
    return hwaas_loss(LossInputs("lost", start, lost_on, price, fee, billed), TODAY).figures


@given(start=days, used=st.integers(0, 2000), price=prices, fee=prices)
def test_what_is_due_lies_between_the_price_and_the_price_with_the_full_term(
    start: date, used: int, price: Money, fee: Money
) -> None:
    lost_on = min(start + timedelta(days=used), TODAY)
    due = lost(start, lost_on, price, fee)["due"]
    assert isinstance(due, Money)
    assert price.amount <= due.amount <= price.amount + 6 * fee.amount
    assert due.amount == due.rounded


@given(start=days, used=st.integers(0, 400), later=st.integers(0, 400), price=prices, fee=prices)
def test_a_later_loss_never_costs_more(start: date, used: int, later: int, price: Money, fee: Money) -> None:
    first = min(start + timedelta(days=used), TODAY)
    second = min(first + timedelta(days=later), TODAY)
    earlier, after = lost(start, first, price, fee)["due"], lost(start, second, price, fee)["due"]
    assert isinstance(earlier, Money)
    assert isinstance(after, Money)
    assert after.amount <= earlier.amount


@given(start=days, used=st.integers(0, 300), price=prices, fee=prices, billed=st.none() | st.integers(0, 12))
def test_the_steps_show_the_sum_that_is_due(
    start: date, used: int, price: Money, fee: Money, billed: int | None
) -> None:
    lost_on = min(start + timedelta(days=used), TODAY)
    outcome = hwaas_loss(LossInputs("lost", start, lost_on, price, fee, billed), TODAY)
    due, left = outcome.figures["due"], outcome.figures["months_left"]
    assert isinstance(due, Money)
    assert isinstance(left, int)
    assert due.amount == price.amount + left * fee.amount
    assert f"{due} to pay" in outcome.decision
    if left:
        rest = fee * left
        assert f"Rest of the term: {left} × {fee} = {rest}." in outcome.steps
        assert f"Together: {price} + {rest} = {due}." in outcome.steps


@given(event=st.sampled_from(["stolen", "fire", "damage"]), price=prices)
def test_what_is_covered_costs_nothing(event: str, price: Money) -> None:
    outcome = hwaas_loss(LossInputs(event, capex_price=price), TODAY)
    assert outcome.verdict == "covered"
    assert outcome.figures["due"] == Money(Decimal(0))


def test_only_what_the_case_needs_is_asked_for() -> None:
    def asked(**values: object) -> list[str]:
        return [field.name for field in HWAAS_LOSS.missing(values)]

    assert asked() == ["what_happened"]
    assert asked(what_happened="stolen") == []
    assert asked(what_happened="lost") == ["start_of_use", "lost_on", "capex_price"]
    in_use = {"what_happened": "lost", "capex_price": Money(Decimal(200))}
    assert asked(**in_use, start_of_use=date(2026, 9, 1), lost_on=TODAY) == ["monthly_fee"]
    assert asked(**in_use, start_of_use=date(2025, 9, 1), lost_on=TODAY) == []


def test_something_else_that_happened_is_refused() -> None:
    with pytest.raises(InvalidInput, match="lost, stolen"):
        hwaas_loss(LossInputs("eaten"), TODAY)


def test_a_negative_number_of_months_is_refused() -> None:
    with pytest.raises(InvalidInput, match="negative"):
        hwaas_loss(LossInputs("lost", TODAY, TODAY, months_billed=-1), TODAY)
