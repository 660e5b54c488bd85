"""Amounts read from text: every usual way to write an amount reads back, and two ways to read one are both given."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.policy.money import Money
from knowledge.reading.amounts import find_money
from tests.knowledge.reading.texts import texts

cents = st.decimals("0.01", "99999999.99", places=2)
currencies = st.sampled_from(["EUR", "USD", "GBP"])


def english(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def german(amount: Decimal) -> str:
    return english(amount).translate(str.maketrans(",.", ".,"))


def swiss(amount: Decimal) -> str:
    return english(amount).replace(",", "'")


def french(amount: Decimal) -> str:
    return english(amount).replace(",", "\u202f").replace(".", ",")


@pytest.mark.parametrize("form", [english, german, swiss, french])
@given(amount=cents, currency=currencies, before=st.booleans())
def test_an_amount_to_the_cent_reads_back(form: object, amount: Decimal, currency: str, before: bool) -> None:
    assert callable(form)
    text = f"{currency} {form(amount)}" if before else f"{form(amount)} {currency}"
    (found,) = find_money(f"the price is {text} for all")
    assert [str(money) for money in found.readings] == [f"{amount:,.2f} {currency}"]


@given(amount=cents, currency=currencies)
def test_an_amount_as_we_write_it_reads_back(amount: Decimal, currency: str) -> None:
    money = Money(amount, "EUR") if currency == "EUR" else Money(amount)
    (found,) = find_money(str(money), asked=True)
    assert found.value == money


@given(thousands=st.integers(1, 999), rest=st.integers(0, 999), mark=st.sampled_from(".,"))
def test_three_digits_after_one_point_or_comma_are_asked_about(thousands: int, rest: int, mark: str) -> None:
    (found,) = find_money(f"{thousands}{mark}{rest:03} EUR")
    assert [money.amount for money in found.readings] == [
        Decimal(thousands * 1000 + rest),
        Decimal(f"{thousands}.{rest:03}"),
    ]


@given(text=texts, asked=st.booleans())
def test_any_text_is_read_without_an_error_and_within_limits(text: str, asked: bool) -> None:
    found = find_money(text, asked)
    for one in found:
        assert one.text == text[one.start : one.end]
        assert one.readings or one.reason
        assert all(abs(money.amount) <= 100_000_000 for money in one.readings)
    assert all(first.end <= second.start for first, second in pairwise(found))
