"""Delivery cost: each opened box adds the same, and every country lies in one region at most."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from knowledge.policy.countries import country_name
from knowledge.policy.delivery import DELIVERY_COST, DeliveryInputs, delivery_cost, region_of
from knowledge.policy.money import Money
from knowledge.policy.parameters import tables
from tests.knowledge.policy.arithmetic import check_sums

TODAY = date(2026, 11, 22)
REGIONS = st.sampled_from(["usa", "uk", "europe"])


def total(region: str, boxes: int) -> Money:
    result = delivery_cost(DeliveryInputs(region, opened_boxes=boxes), TODAY).figures["total"]
    assert isinstance(result, Money)
    return result


@given(region=REGIONS, boxes=st.integers(0, 10_000))
def test_each_opened_box_adds_the_same(region: str, boxes: int) -> None:
    outcome = delivery_cost(DeliveryInputs(region, opened_boxes=boxes), TODAY)
    each = total(region, 1) - total(region, 0)
    assert outcome.figures["total"] == total(region, 0) + each * boxes
    assert total(region, boxes).amount == total(region, boxes).rounded > 0
    if boxes:
        assert check_sums(outcome.steps)[-1] == total(region, boxes).amount


@given(region=REGIONS, boxes=st.integers(0, 100), overnight=st.booleans())
def test_overnight_is_never_given_a_price(region: str, boxes: int, overnight: bool) -> None:
    outcome = delivery_cost(DeliveryInputs(region, opened_boxes=boxes, overnight=overnight), TODAY)
    assert outcome.verdict == ("by_quote" if overnight else "cost")
    assert outcome.figures["total"] == total(region, boxes)


def test_countries_exist_and_lie_in_one_region() -> None:
    regions: dict[str, list[str]] = tables("delivery_cost")["countries"].records[-1].value
    codes = [code for region in regions.values() for code in region]
    assert len(set(codes)) == len(codes) == 2 + 27 + 3 + 1  # USA, UK; EU; Iceland, Liechtenstein, Norway; Switzerland
    assert all(country_name(code) for code in codes)
    assert {region_of(code, TODAY) for code in codes} == set(regions)


def test_only_what_matters_is_asked_for() -> None:
    def asked(**values: object) -> list[str]:
        return [field.name for field in DELIVERY_COST.missing(values)]

    assert asked() == ["region", "opened_boxes"]
    assert asked(country="IT") == ["opened_boxes"]
    assert asked(region="usa", opened_boxes=0) == []
    assert asked(region="other") == asked(country="CA") == asked(hardware="hwaas") == []
