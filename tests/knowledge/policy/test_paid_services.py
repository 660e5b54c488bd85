"""The fees of Customer Care: as many times the fee as asked for, the same figure in every currency."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.policy.money import CURRENCIES, Currency, Money
from knowledge.policy.paid_services import PAID_SERVICE, PaidServiceInputs, paid_service
from knowledge.policy.parameters import tables
from tests.knowledge.policy.arithmetic import check_sums

TODAY = date(2026, 11, 22)
SERVICES = list(PAID_SERVICE.fields[0].choices)


def total(service: str, count: int | None, currency: Currency | None = None) -> Money:
    result = paid_service(PaidServiceInputs(service, count, currency), TODAY).figures["total"]
    assert isinstance(result, Money)
    return result


@given(service=st.sampled_from(SERVICES), count=st.integers(1, 1_000_000), currency=st.sampled_from(CURRENCIES))
def test_the_total_is_the_fee_as_many_times(service: str, count: int, currency: Currency) -> None:
    outcome = paid_service(PaidServiceInputs(service, count, currency), TODAY)
    assert outcome.figures["total"] == total(service, 1, currency) * count
    assert str(outcome.figures["total"]) in outcome.decision
    if count > 1:
        assert check_sums(outcome.steps) == [total(service, count).amount]


@pytest.mark.parametrize("service", SERVICES)
def test_the_figure_is_the_same_in_every_currency(service: str) -> None:
    assert {total(service, 2, currency).amount for currency in (None, *CURRENCIES)} == {total(service, 2).amount}


def test_every_fee_is_of_a_service_that_can_be_chosen() -> None:
    assert set(tables("paid_service")) == set(SERVICES)


def test_the_fee_of_a_porting_date_change_is_the_same_in_its_own_calculation() -> None:
    own = tables("porting_date_change")["fee"].at(TODAY).value
    assert tables("paid_service")["porting_date_change"].at(TODAY).value == own
