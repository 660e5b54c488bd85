"""Licences charged in part: the period, its renewal, and an estimate that the steps show and that grows with time."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.policy.calendars import add_months
from knowledge.policy.fields import InvalidInput
from knowledge.policy.license_proration import LICENSE_PRORATION, ProrationInputs, license_proration
from knowledge.policy.money import Money

TODAY = date(2026, 11, 22)
MONTHS = {"1m": 1, "1y": 12, "5y": 60}
days = st.dates(date(1990, 1, 1), date(2100, 12, 31))
terms = st.sampled_from(list(MONTHS))
long_terms = st.sampled_from(["1y", "5y"])
prices = st.decimals("0.01", "99999.99", places=2).map(lambda amount: Money(amount, "EUR"))


def cost(ordered_on: date, term: str, expires_on: date, price: Money) -> Money:
    outcome = license_proration(ProrationInputs(ordered_on, term, "existing", expires_on, price), TODAY)
    estimate = outcome.figures["cost"]
    assert isinstance(estimate, Money)
    assert str(estimate) in outcome.decision
    assert any(step.startswith(f"Estimate: {price} × ") and step.endswith(f" = {estimate}.") for step in outcome.steps)
    return estimate


@given(ordered_on=days, term=terms, price=prices)
def test_a_new_pbx_is_charged_for_a_whole_term(ordered_on: date, term: str, price: Money) -> None:
    figures = license_proration(ProrationInputs(ordered_on, term, "new", price=price), TODAY).figures
    assert figures["charged_from"] == ordered_on
    assert figures["charged_until"] == figures["renews_on"] == add_months(ordered_on, MONTHS[term])
    assert figures["cost"] == price


@given(ordered_on=days, term=long_terms, left=st.integers(0, 2000), price=prices)
def test_the_estimate_is_the_share_of_the_months_or_of_the_days(
    ordered_on: date, term: str, left: int, price: Money
) -> None:
    expires_on = ordered_on + timedelta(days=left)
    estimate = cost(ordered_on, term, expires_on, price)
    whole = next(months for months in range(80) if add_months(ordered_on, months + 1) > expires_on)
    if whole:
        share = Fraction(whole, MONTHS[term])
    else:
        share = Fraction(left, (add_months(ordered_on, MONTHS[term]) - ordered_on).days)
    assert abs(Fraction(estimate.amount) - Fraction(price.amount) * share) <= Fraction(1, 200), "half a cent"
    assert estimate.amount == estimate.rounded, "to the cent"


@given(ordered_on=days, term=long_terms, months=st.integers(1, 70), more=st.integers(0, 30), price=prices)
def test_a_longer_period_never_costs_less(ordered_on: date, term: str, months: int, more: int, price: Money) -> None:
    shorter = cost(ordered_on, term, add_months(ordered_on, months), price)
    assert cost(ordered_on, term, add_months(ordered_on, months + more), price).amount >= shorter.amount


@given(ordered_on=days, left=st.integers(0, 400))
def test_a_monthly_licence_is_possible_exactly_on_a_pbx_that_expires_within_a_month(
    ordered_on: date, left: int
) -> None:
    expires_on = ordered_on + timedelta(days=left)
    outcome = license_proration(ProrationInputs(ordered_on, "1m", "existing", expires_on), TODAY)
    assert (outcome.verdict == "not_possible") == (expires_on > add_months(ordered_on, 1))


def test_the_expiry_is_asked_for_only_where_the_pbx_exists() -> None:
    def asked(pbx: str) -> list[str]:
        return [field.name for field in LICENSE_PRORATION.missing({"ordered_on": TODAY, "term": "1y", "pbx": pbx})]

    assert asked("new") == []
    assert asked("existing") == ["expires_on"]


def test_another_kind_of_pbx_is_refused() -> None:
    with pytest.raises(InvalidInput, match="new PBX or for an existing one"):
        license_proration(ProrationInputs(TODAY, "1y", "borrowed"), TODAY)
