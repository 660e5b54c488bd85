"""What holds for every early cancellation of a DID: the fee falls with age, its working adds up, a Commitment binds."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.policy.did_cancellation import DID_EARLY_CANCELLATION, CancellationInputs, did_early_cancellation
from knowledge.policy.money import Money
from knowledge.policy.outcome import Outcome, to_json

TODAY = date(2100, 1, 1)
days = st.dates(date(1995, 1, 1), date(2090, 12, 31))
ages = st.integers(0, 400)
prices = st.decimals(Decimal("0.01"), Decimal("999.99"), places=2).map(lambda amount: Money(amount, "EUR"))
numbers = st.integers(1, 2000)


def cancelled(
    activated_on: date,
    age: int,
    rent: Money | None = None,
    flat: Money | None = None,
    count: int | None = None,
    commitment_end: date | None = None,
) -> Outcome:
    cancelled_on = activated_on + timedelta(days=age)
    return did_early_cancellation(
        CancellationInputs(activated_on, cancelled_on, rent, flat, count, commitment_end), TODAY
    )


def fee_of(outcome: Outcome) -> Decimal:
    fee = outcome.figures["fee"]
    assert isinstance(fee, Money)
    return fee.amount


@settings(deadline=None)
@given(days, ages, ages, prices, prices, numbers)
def test_the_fee_never_grows_with_age(
    activated_on: date, age: int, more: int, rent: Money, flat: Money, count: int
) -> None:
    younger = cancelled(activated_on, age, rent, flat, count)
    older = cancelled(activated_on, age + more, rent, flat, count)
    assert fee_of(older) <= fee_of(younger)


@settings(deadline=None)
@given(days, ages, prices, prices, numbers)
def test_each_line_of_the_working_gives_its_result(
    activated_on: date, age: int, rent: Money, flat: Money, count: int
) -> None:
    outcome = cancelled(activated_on, age, rent, flat, count)
    plain = "\n".join(outcome.steps).replace(",", "").replace(" EUR", "")
    for minuend, subtrahend, left in re.findall(r"(\d+) − (\d+) = (\d+)", plain):
        assert int(minuend) - int(subtrahend) == int(left) == outcome.figures["months_left"]
    for a, b, total in re.findall(r"([\d.]+) \+ ([\d.]+) = (\d+\.\d\d)", plain):
        assert Decimal(a) + Decimal(b) == Decimal(total)
    products = re.findall(r"(\d+) × ([\d.]+) = (\d+\.\d\d)", plain)
    for times, amount, product in products:
        assert int(times) * Decimal(amount) == Decimal(product)
    assert bool(products) == (outcome.verdict == "fee")
    if products:
        assert Decimal(products[-1][2]) == fee_of(outcome)
        assert str(outcome.figures["fee"]) in outcome.decision


@settings(deadline=None)
@given(days, ages, prices, prices, numbers)
def test_money_has_two_decimals(activated_on: date, age: int, rent: Money, flat: Money, count: int) -> None:
    fee = to_json(cancelled(activated_on, age, rent, flat, count))["figures"]["fee"]
    assert re.fullmatch(r"\d+\.\d\d", fee["amount"])


@settings(deadline=None)
@given(days)
def test_the_day_named_as_free_is_the_first_one(activated_on: date) -> None:
    free_from = cancelled(activated_on, 0).figures["free_from"]
    assert isinstance(free_from, date)
    age = (free_from - activated_on).days
    assert cancelled(activated_on, age).verdict == "no_fee"
    assert cancelled(activated_on, age - 1).verdict == "fee"


@settings(deadline=None)
@given(days, ages, st.integers(0, 4000))
def test_nothing_ends_before_its_commitment(activated_on: date, age: int, beyond: int) -> None:
    end = activated_on + timedelta(days=age + beyond)
    outcome = cancelled(activated_on, age, commitment_end=end)
    assert outcome.verdict == "bound_by_commitment"
    assert "fee" not in outcome.figures
    assert outcome.figures["earliest_cancellation"] == end + timedelta(days=1)


@settings(deadline=None)
@given(days, ages, st.integers(1, 4000))
def test_a_commitment_that_is_over_changes_no_figure(activated_on: date, age: int, ago: int) -> None:
    end = activated_on + timedelta(days=age - ago)
    bound, free = cancelled(activated_on, age, commitment_end=end), cancelled(activated_on, age)
    assert bound.verdict == free.verdict
    assert bound.figures["months_left"] == free.figures["months_left"]


@pytest.mark.parametrize(
    ("values", "asked"),
    [
        ({}, ["activated_on", "cancelled_on"]),
        ({"activated_on": date(2026, 6, 12), "cancelled_on": date(2026, 11, 11)}, ["rent", "flat"]),
        ({"activated_on": date(2026, 6, 12), "cancelled_on": date(2026, 11, 12)}, []),
        (
            {
                "activated_on": date(2026, 6, 12),
                "cancelled_on": date(2026, 7, 1),
                "commitment_end": date(2026, 7, 1),
            },
            [],
        ),
        (
            {
                "activated_on": date(2026, 6, 12),
                "cancelled_on": date(2026, 7, 2),
                "commitment_end": date(2026, 7, 1),
            },
            ["rent", "flat"],
        ),
    ],
)
def test_prices_are_asked_for_only_where_months_are_left(values: dict[str, date], asked: list[str]) -> None:
    assert [field.name for field in DID_EARLY_CANCELLATION.missing(values)] == asked


def test_without_prices_the_months_are_still_named() -> None:
    outcome = cancelled(date(2026, 6, 12), 40)
    assert outcome.verdict == "fee"
    assert "4 months" in outcome.decision
    assert "fee" not in outcome.figures
