"""What holds for all licences: Flats and calls are sums, more licences never give fewer, and the working adds up."""

from __future__ import annotations

import re
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.policy.licence_counts import CallInputs, FlatInputs, concurrent_calls, flat_allocation

TODAY = date(2026, 11, 22)
TIERS = ["basic", "essential", "business", "premium"]
licences = st.dictionaries(st.sampled_from(TIERS), st.integers(0, 100_000)).filter(lambda counts: any(counts.values()))


@settings(deadline=None)
@given(licences)
def test_every_licence_has_a_flat_or_is_charged_per_minute(counts: dict[str, int]) -> None:
    figures = flat_allocation(FlatInputs(counts), TODAY).figures
    assert figures["flats"] == sum(count for tier, count in counts.items() if tier != "basic")
    assert figures["licences_per_minute"] == counts.get("basic", 0)


@settings(deadline=None)
@given(licences, st.sampled_from(["stand_alone", "server", "client"]))
def test_the_kind_of_pbx_changes_whose_licences_count_and_not_how(counts: dict[str, int], kind: str) -> None:
    assert (
        flat_allocation(FlatInputs(counts, kind), TODAY).figures == flat_allocation(FlatInputs(counts), TODAY).figures
    )


@settings(deadline=None)
@given(licences, st.sampled_from(TIERS))
def test_one_licence_more_never_gives_fewer(counts: dict[str, int], tier: str) -> None:
    more = {**counts, tier: counts.get(tier, 0) + 1}
    flats, calls = (outcome(counts) for outcome in (flats_of, calls_of))
    assert flats <= flats_of(more) <= flats + 1
    assert calls < calls_of(more)


@settings(deadline=None)
@given(licences)
def test_the_sums_in_the_steps_are_right(counts: dict[str, int]) -> None:
    sums = 0
    for outcome in (flat_allocation(FlatInputs(counts), TODAY), concurrent_calls(CallInputs(counts), TODAY)):
        for step in outcome.steps:
            plain = step.replace(",", "")
            for terms, total in re.findall(r"((?:\d+[A-Za-z ]*\+ )+\d+[A-Za-z ]*)= (\d+)", plain):
                assert sum(map(int, re.findall(r"\d+", terms))) == int(total)
                sums += 1
            for users, calls, product in re.findall(r"(\d+) users? × (\d+) calls? = (\d+)", plain):
                assert int(users) * int(calls) == int(product)
                sums += 1
    assert sums >= 2


@settings(deadline=None)
@given(licences)
def test_the_total_of_calls_is_that_of_its_tiers(counts: dict[str, int]) -> None:
    figures = concurrent_calls(CallInputs(counts), TODAY).figures
    by_tier = figures["by_tier"]
    assert isinstance(by_tier, dict)
    assert figures["total"] == sum(calls for calls in by_tier.values() if isinstance(calls, int))
    assert list(by_tier) == [tier for tier in TIERS if counts.get(tier)]


def flats_of(counts: dict[str, int]) -> int:
    flats = flat_allocation(FlatInputs(counts), TODAY).figures["flats"]
    assert isinstance(flats, int)
    return flats


def calls_of(counts: dict[str, int]) -> int:
    total = concurrent_calls(CallInputs(counts), TODAY).figures["total"]
    assert isinstance(total, int)
    return total
