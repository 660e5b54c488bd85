"""Switching to x-bees: SKIT-free comes first, then attached services, then the subscription."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from knowledge.policy.xbees_conversion import XBEES_CONVERSION, ConversionInputs, xbees_conversion

TODAY = date(2026, 11, 22)
subscriptions = st.sampled_from(["1m", "1y", "5y", "lifetime"])


@given(skit_free=st.booleans(), accepts=st.booleans(), attached=st.booleans(), subscription=subscriptions)
def test_what_rules_out_or_asks_for_more_always_wins(
    skit_free: bool, accepts: bool, attached: bool, subscription: str
) -> None:
    outcome = xbees_conversion(ConversionInputs(skit_free, accepts, attached, subscription), TODAY)
    assert (outcome.verdict == "not_eligible") == (skit_free and not accepts)
    if attached and outcome.verdict != "not_eligible":
        assert outcome.figures["ticket_needed"] is True
    if outcome.figures["ticket_needed"]:
        assert outcome.ticket == "xbees.conversion"
    assert "training" in outcome.steps[-1], "ordering x-bees at all needs it"
    assert "final" in outcome.steps[0]


@given(attached=st.booleans(), subscription=subscriptions)
def test_an_accepted_charge_leaves_the_way_as_it_is_for_others(attached: bool, subscription: str) -> None:
    other = xbees_conversion(ConversionInputs(False, None, attached, subscription), TODAY)
    skit_free = xbees_conversion(ConversionInputs(True, True, attached, subscription), TODAY)
    assert skit_free.verdict == other.verdict
    assert skit_free.figures == other.figures


def test_only_what_the_case_needs_is_asked_for() -> None:
    def asked(**values: bool) -> list[str]:
        return [field.name for field in XBEES_CONVERSION.missing(values)]

    assert asked() == ["skit_free", "attached", "subscription"]
    assert asked(skit_free=False) == ["attached", "subscription"]
    assert asked(skit_free=True) == ["accepts_new_licenses", "attached", "subscription"]
    assert asked(skit_free=True, accepts_new_licenses=False) == []
    assert asked(skit_free=True, accepts_new_licenses=True) == ["attached", "subscription"]
