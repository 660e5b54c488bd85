"""Money: exact until it is rounded half up to the cent, and never converted."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.policy.money import CURRENCIES, Currency, Money

AMOUNTS = st.decimals(Decimal("-1000000"), Decimal("1000000"), places=4)


@pytest.mark.parametrize(
    ("exact", "rounded"),
    [("0.004", "0.00"), ("0.005", "0.01"), ("1.125", "1.13"), ("-0.005", "-0.01"), ("7", "7.00")],
)
def test_half_a_cent_is_rounded_up(exact: str, rounded: str) -> None:
    assert str(Money(Decimal(exact)).rounded) == rounded


def test_a_third_is_not_rounded_before_the_end() -> None:
    third = Money(Decimal(10), "EUR") * (Decimal(1) / 3)
    assert str(third) == "3.33 EUR"
    assert str(third * 3) == "10.00 EUR"


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(Decimal("1234567.8"), "GBP"), "1,234,567.80 GBP"),
        (Money(Decimal(100)), "100.00"),
        (Money(Decimal("-0.5"), "USD"), "-0.50 USD"),
    ],
)
def test_money_as_text(money: Money, text: str) -> None:
    assert str(money) == text


def test_a_currency_that_is_not_named_is_taken_from_the_other() -> None:
    assert Money(Decimal(1)) + Money(Decimal(2), "EUR") == Money(Decimal(3), "EUR")
    assert Money(Decimal(3), "GBP") - Money(Decimal(2)) == Money(Decimal(1), "GBP")


@pytest.mark.parametrize("other", ["USD", "GBP"])
def test_two_currencies_are_never_reckoned_together(other: Currency) -> None:
    with pytest.raises(ValueError, match="EUR and"):
        Money(Decimal(1), "EUR") + Money(Decimal(1), other)
    with pytest.raises(ValueError, match="EUR and"):
        Money(Decimal(1), "EUR") - Money(Decimal(1), other)


@given(amount=AMOUNTS, currency=st.sampled_from([None, *CURRENCIES]))
def test_rounding_moves_by_half_a_cent_at_most_and_keeps_two_decimals(amount: Decimal, currency: Currency) -> None:
    money = Money(amount, currency)
    assert money.rounded.as_tuple().exponent == -2
    assert abs(money.rounded - amount) <= Decimal("0.005")


@given(one=AMOUNTS, two=AMOUNTS)
def test_adding_and_taking_away_give_back_the_amount(one: Decimal, two: Decimal) -> None:
    assert (Money(one, "EUR") + Money(two, "EUR")) - Money(two, "EUR") == Money(one, "EUR")
