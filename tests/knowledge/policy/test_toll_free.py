"""Toll-Free numbers of every country there is: two are allowed, the rest of +1 is open, the others are not."""

from __future__ import annotations

from datetime import date

from knowledge.policy.countries import country_codes
from knowledge.policy.toll_free import TollFreeInputs, toll_free_outbound


def test_every_country_has_one_clear_verdict() -> None:
    verdicts: dict[str, set[str]] = {}
    for country in country_codes():
        outcome = toll_free_outbound(TollFreeInputs(country), date(2026, 11, 22))
        verdicts.setdefault(outcome.verdict, set()).add(country)
        assert (outcome.verdict == "not_clear") == bool(outcome.caveats) == (outcome.ticket is not None)
    assert verdicts["allowed"] == {"US", "CA"}
    assert {"PR", "JM", "DO", "BS"} <= verdicts["not_clear"]
    assert {"DE", "IT", "GB", "MX", "CU"} <= verdicts["not_allowed"]
