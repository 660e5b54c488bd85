"""The support fee of LifeTime licences: never below the standard fee, and always the factor times it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from knowledge.policy.lifetime_support import LIFETIME_SUPPORT_FEE, SupportInputs, lifetime_support_fee
from knowledge.policy.money import Money
from tests.knowledge.policy.arithmetic import check_sums

TODAY = date(2026, 11, 22)
VERSIONS = st.sampled_from(list(LIFETIME_SUPPORT_FEE.fields[0].choices))
YEARS = st.integers(1990, 2100)
FEES = st.decimals(Decimal("0.01"), Decimal("999999"), places=2).map(lambda amount: Money(amount, "USD"))


def factor(version: str, year: int) -> int:
    result = lifetime_support_fee(SupportInputs(version, year), TODAY).figures["factor"]
    assert isinstance(result, int)
    return result


@given(version=VERSIONS, year=YEARS, fee=FEES)
def test_the_fee_is_the_factor_times_the_standard_fee(version: str, year: int, fee: Money) -> None:
    outcome = lifetime_support_fee(SupportInputs(version, year, fee), TODAY)
    assert outcome.figures["fee"] == fee * factor(version, year)
    assert check_sums(outcome.steps) == [fee.amount * factor(version, year)]
    assert str(outcome.figures["fee"]) in outcome.decision


@given(version=VERSIONS, one=YEARS, two=YEARS)
def test_the_factor_never_falls_from_year_to_year(version: str, one: int, two: int) -> None:
    assert 1 <= factor(version, min(one, two)) <= factor(version, max(one, two))


@given(version=VERSIONS, year=YEARS)
def test_a_raise_is_named_with_its_day_and_what_is_assumed_is_said(version: str, year: int) -> None:
    outcome = lifetime_support_fee(SupportInputs(version, year), TODAY)
    assert (outcome.verdict == "raised") == (outcome.holds_from is not None)
    assert outcome.caveats
    if outcome.holds_from is not None:
        assert outcome.holds_from.year <= year
