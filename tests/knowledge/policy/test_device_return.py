"""Returns and warranty: a bought device is never taken back, and a warranty never comes back once it is over."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.policy.device_return import DEVICE_RETURN, ReturnInputs, device_return
from knowledge.policy.fields import InvalidInput

TODAY = date(2026, 11, 22)
days = st.dates(date(2010, 1, 1), TODAY)
warranties = st.sampled_from(["1y", "5y"])


def broken(bought: date, warranty: str, signed: bool, today: date = TODAY) -> str:
    return device_return(ReturnInputs("not_working", "capex", warranty, signed, bought), today).verdict


@given(bought=days, warranty=warranties, signed=st.booleans(), older=st.integers(0, 3000))
def test_an_older_device_is_never_better_covered(bought: date, warranty: str, signed: bool, older: int) -> None:
    if broken(bought, warranty, signed) == "neither":
        assert broken(bought - timedelta(days=older), warranty, signed) == "neither"


@given(bought=days, warranty=warranties, signed=st.booleans())
def test_the_warranty_holds_until_its_last_day_and_no_longer(bought: date, warranty: str, signed: bool) -> None:
    outcome = device_return(ReturnInputs("not_working", "capex", warranty, signed, bought), TODAY)
    until = outcome.figures["warranty_until"]
    assert isinstance(until, date)
    assert broken(bought, warranty, signed, today=until) == "rma"
    assert broken(bought, warranty, signed, today=until + timedelta(days=1)) == "neither"


@given(bought=days)
def test_without_its_document_the_long_warranty_is_the_short_one(bought: date) -> None:
    assert broken(bought, "5y", signed=False) == broken(bought, "1y", signed=True)


@given(mistake=st.none() | st.booleans())
def test_a_working_device_is_never_taken_back(mistake: bool | None) -> None:
    outcome = device_return(ReturnInputs("works", "capex", ordered_by_mistake=mistake), TODAY)
    assert outcome.decision.startswith("No return")
    assert "HWaaS" in outcome.decision, "the free conversion is always offered"
    assert outcome.ticket is None


def test_only_what_the_case_needs_is_asked_for() -> None:
    def asked(**values: object) -> list[str]:
        return [field.name for field in DEVICE_RETURN.missing(values)]

    assert asked(condition="dead_on_arrival") == []
    assert asked(condition="works") == ["ownership"]
    assert asked(condition="works", ownership="capex") == []
    assert asked(condition="not_working", ownership="hwaas") == []
    broken_capex = {"condition": "not_working", "ownership": "capex"}
    assert asked(**broken_capex) == ["warranty"]
    assert asked(**broken_capex, warranty="none") == []
    assert asked(**broken_capex, warranty="1y") == ["purchased_on"]
    assert asked(**broken_capex, warranty="5y") == ["signed_document", "purchased_on"]


def test_an_unknown_condition_is_refused() -> None:
    with pytest.raises(InvalidInput, match="dead on arrival"):
        device_return(ReturnInputs("purple", "capex"), TODAY)
