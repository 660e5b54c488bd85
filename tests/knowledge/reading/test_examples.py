"""The tables of examples in tests/cases/reading: how partners write values, and what is read. Every line one test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from knowledge import strict_yaml
from knowledge.policy.money import Money
from knowledge.reading.amounts import find_money
from knowledge.reading.codes import find_invoices, find_orders, find_serials, find_versions
from knowledge.reading.corrections import is_correction, without_rejected
from knowledge.reading.countries import find_countries
from knowledge.reading.counts import find_counts
from knowledge.reading.dates import find_days
from knowledge.reading.durations import find_terms
from knowledge.reading.found import Found
from knowledge.reading.moments import find_moment
from knowledge.reading.phones import find_phones
from knowledge.reading.tiers import find_tiers

FOLDER = Path(__file__).parents[2] / "cases" / "reading"
TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
KEYS = {"text", "means", "refused", "note", "past", "today", "zone", "asked", "country", "each"}
Case = dict[str, Any]


def _moment(case: Case) -> Sequence[Found[Any]]:
    zone = ZoneInfo(case["zone"]) if "zone" in case else None
    found = find_moment(case["text"], NOW, zone)
    return [found] if found else []


def _tiers(case: Case) -> Sequence[Found[Any]]:
    found = find_tiers(case["text"])
    return [found] if found else []


FINDERS: dict[str, Callable[[Case], Sequence[Found[Any]]]] = {
    "days": lambda case: find_days(case["text"], case.get("today", TODAY), case.get("past", False)),
    "moments": _moment,
    "money": lambda case: find_money(case["text"], case.get("asked", False)),
    "counts": lambda case: find_counts(case["text"]),
    "tiers": _tiers,
    "terms": lambda case: find_terms(case["text"]),
    "phones": lambda case: find_phones(case["text"], case.get("country"), case.get("asked", False)),
    "serials": lambda case: find_serials(case["text"], case.get("asked", False)),
    "invoices": lambda case: find_invoices(case["text"], case.get("asked", False)),
    "orders": lambda case: find_orders(case["text"], case.get("asked", False)),
    "versions": lambda case: find_versions(case["text"], case.get("asked", False)),
    "countries": lambda case: find_countries(case["text"]),
}


def table(name: str) -> list[Case]:
    cases = strict_yaml.load((FOLDER / f"{name}.yml").read_text(encoding="utf-8"))
    assert isinstance(cases, list)
    return cases


def examples() -> Iterator[Any]:
    for name in FINDERS:
        for case in table(name):
            yield pytest.param(name, case, id=f"{name}: {case['text']}")


@pytest.mark.parametrize(("name", "case"), list(examples()))
def test_example(name: str, case: Case) -> None:
    assert case.keys() <= KEYS, "an example has a key that is not known"
    found = FINDERS[name](case)
    for one in found:
        assert one.text == case["text"][one.start : one.end], "the place is where the words stand"
    if "refused" in case:
        assert [one.readings for one in found] == [()]
        assert case["refused"] in found[0].reason
        return
    assert [_plain(one.readings) for one in found] == [
        [_expected(part) for part in (means if isinstance(means, list) else [means])] for means in case["means"]
    ]
    if "note" in case:
        assert case["note"] in found[0].note
    if "each" in case:
        assert [getattr(one, "each", None) for one in found] == [case["each"]]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["text"]) for case in table("corrections")])
def test_what_is_taken_back_is_left_out(case: Case) -> None:
    left = without_rejected(case["text"])
    assert len(left) == len(case["text"]), "places stay the same"
    assert " ".join(left.split()) == case["stays"]
    if case["stays"] != case["text"]:
        assert is_correction(case["text"])


def test_every_table_is_read_by_a_test() -> None:
    assert {file.stem for file in FOLDER.glob("*.yml")} == {*FINDERS, "corrections", "values"}


def _plain(readings: Sequence[Any]) -> list[Any]:
    return [
        reading.isoformat() if isinstance(reading, date) else str(reading) if isinstance(reading, Money) else reading
        for reading in readings
    ]


def _expected(part: Any) -> Any:
    return part.isoformat() if isinstance(part, date) else part
