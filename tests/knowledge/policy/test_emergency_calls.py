"""What holds for emergency calls of every country: outbound never, ported always, new numbers never promised."""

from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.policy.countries import country_codes
from knowledge.policy.emergency_calls import EMERGENCY_SERVICE, EmergencyInputs, emergency_service

countries = st.sampled_from(country_codes())
days = st.dates(date(2021, 1, 1), date(2090, 12, 31))


@settings(deadline=None)
@given(countries, days)
def test_outbound_numbers_never_can(country: str, today: date) -> None:
    outcome = emergency_service(EmergencyInputs("outbound", country), today)
    assert outcome.verdict == "not_possible"
    assert outcome.figures["possible"] is False
    assert outcome.ticket is None


@settings(deadline=None)
@given(countries, days)
def test_ported_numbers_can_by_themselves_in_germany_and_by_ticket_elsewhere(country: str, today: date) -> None:
    outcome = emergency_service(EmergencyInputs("full_port", country), today)
    assert outcome.figures["possible"] is True
    assert outcome.verdict == ("active" if country == "DE" else "by_ticket")
    assert (outcome.ticket is None) == (country == "DE")


@settings(deadline=None)
@given(countries, days)
def test_new_numbers_are_promised_nothing(country: str, today: date) -> None:
    outcome = emergency_service(EmergencyInputs("new", country), today)
    assert outcome.figures["possible"] is None
    assert outcome.caveats
    assert outcome.ticket == "classound.emergency_activation"


def test_the_country_is_asked_for_only_where_it_matters() -> None:
    assert [field.name for field in EMERGENCY_SERVICE.missing({"kind": "outbound"})] == []
    assert [field.name for field in EMERGENCY_SERVICE.missing({"kind": "full_port"})] == ["country"]
