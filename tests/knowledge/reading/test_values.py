"""Messages read for one calculation: the table values.yml, what holds for any text, and the words of cues.yml."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge import strict_yaml
from knowledge.policy.catalogue import POLICIES
from knowledge.policy.fields import Field
from knowledge.policy.inputs import Item, as_json, from_json
from knowledge.policy.money import Money
from knowledge.reading.answers import words
from knowledge.reading.durations import find_terms
from knowledge.reading.read import Known, Read
from knowledge.reading.values import read_values
from settings import ROOT
from tests.knowledge.reading.texts import texts

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
TABLE = ROOT / "tests" / "cases" / "reading" / "values.yml"
KEYS = {"policy", "text", "known", "asked", "part", "said", "values", "unclear", "refused", "notes", "keeps"}
CUES = strict_yaml.load((ROOT / "knowledge" / "reading" / "cues.yml").read_text(encoding="utf-8"))
AMOUNT = re.compile(r"(?P<amount>[0-9,]+\.[0-9]{2})(?: (?P<currency>EUR|USD|GBP))?")
LONGEST = 4000  # characters of a message
HOSTILE = [
    "1",
    "1,",
    "+49 ",
    "a ",
    "not a a ",
    "isn't a a ",
    "instead of ",
    "5 years and ",
    "S/N ",
    "10:30 ",
    "no a a a hwaas",
    "credit note a a a ",
    "from DE ",
    "for 5 ",
    "in 5m ",
    "basic ",
    "\u202f",
    "n't",
    "12 days late ",
    "1 1d late ",
    "number 5 ",
    "1 did ",
    "5€ flat ",
    "want 1 May ",
    "4 months billed ",
    "bought 1 May ",
]
Case = dict[str, Any]


def cases() -> list[Case]:
    found = strict_yaml.load(TABLE.read_text(encoding="utf-8"))
    assert isinstance(found, list)
    return found


CASES = cases()
case_words = st.lists(st.sampled_from(sorted({word for case in CASES for word in case["text"].split()})), max_size=20)


@st.composite
def conversations(draw: st.DrawFn) -> tuple[str, Known]:
    """A calculation with what was said before, as far as a case of the table goes."""
    policy_id = draw(st.sampled_from(list(POLICIES)))
    before = draw(st.sampled_from([case for case in CASES if case["policy"] == policy_id]))
    known = read(before) if draw(st.booleans()) else Read()
    asked = draw(st.sampled_from([None, *(one.name for one in POLICIES[policy_id].fields)]))
    said = {one.field: one.text for one in known.unclear if not one.readings}
    return policy_id, Known(known.values, asked, known.part, said, list(known.values)[-1:])


def read(case: Case) -> Read:
    policy = POLICIES[case["policy"]]
    part = {name: money(said) if name == "price" else said for name, said in case.get("part", {}).items()}
    known = Known(from_json(policy, in_json(case.get("known", {}))), case.get("asked"), part, case.get("said", {}))
    return read_values(policy, case["text"], known, NOW)


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case['policy']}: {case['text']}") for case in CASES])
def test_message(case: Case) -> None:
    assert case.keys() <= KEYS, "a case has a key that is not known"
    found = read(case)
    refused = {one.field: one.reason for one in found.unclear if not one.readings}
    assert shown(found.values) == shown(case.get("values", {}))
    assert {one.field: shown(one.readings) for one in found.unclear if one.readings} == shown(case.get("unclear", {}))
    assert_words(refused, case.get("refused", {}))
    assert_words(found.notes, case.get("notes", {}))
    assert shown(found.part) == case.get("keeps", {})
    assert bool(found) == any(case.get(key) for key in ("values", "unclear", "refused", "keeps"))


def test_every_calculation_has_messages_and_every_input_is_read_in_one() -> None:
    read_in = {(case["policy"], name) for case in CASES for name in case.get("values", {})}
    assert read_in == {(policy.id, one.name) for policy in POLICIES.values() for one in policy.fields}
    assert len({(case["policy"], str(case)) for case in CASES}) == len(CASES)


def test_what_is_unclear_comes_in_the_order_of_the_message() -> None:
    found = read({"policy": "hwaas_loss", "text": "lost on 3/4/2026, in use since 31 February 2026"})
    assert [(one.field, one.text) for one in found.unclear] == [
        ("lost_on", "3/4/2026"),
        ("start_of_use", "31 February 2026"),
    ]


def test_today_is_the_day_that_it_is_where_the_partner_is() -> None:
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    for zone, day in ((None, date(2026, 11, 22)), (ZoneInfo("Europe/Rome"), date(2026, 11, 23))):
        found = read_values(POLICIES["license_proration"], "ordered today", Known(), late, zone)
        assert found.values == {"ordered_on": day}


def test_a_time_without_its_zone_is_in_the_zone_of_the_partner() -> None:
    in_two = Known(asked="moment", said={"moment": "30 November"})
    for text, known in (("30 November at 10 pm", Known()), ("at 10 pm", in_two)):
        found = read_values(POLICIES["amendment_window"], text, known, NOW, ZoneInfo("Europe/Rome"))
        assert shown(found.values) == {"moment": "2026-11-30T22:00:00+01:00"}


def test_a_bare_day_changes_the_known_day_that_is_nearest_to_it() -> None:
    known = {"activated_on": date(2026, 6, 12), "cancelled_on": date(2026, 11, 30)}
    for text, name in (("sorry, 14 June 2026", "activated_on"), ("sorry, 28 November 2026", "cancelled_on")):
        found = read_values(POLICIES["did_early_cancellation"], text, Known(known), NOW)
        assert list(found.values) == [name]


def test_a_bare_value_changes_what_the_message_before_gave() -> None:
    known = Known({"rent": Money(Decimal(5)), "flat": Money(Decimal(8))}, changed=["rent"])
    found = read_values(POLICIES["did_early_cancellation"], "sorry, 6 EUR", known, NOW)
    assert shown(found.values) == {"rent": "6.00 EUR"}


@pytest.mark.parametrize("policy_id", list(POLICIES))
def test_nothing_is_read_from_nothing(policy_id: str) -> None:
    for text in ("", " \n", "good morning", "🙂"):
        for asked in (None, *(one.name for one in POLICIES[policy_id].fields if one.kind != "country")):
            assert not read_values(POLICIES[policy_id], text, Known(asked=asked), NOW)


@settings(max_examples=300, deadline=None)
@given(before=conversations(), text=texts | case_words.map(" ".join))
def test_any_text_is_read_into_values_that_can_be(before: tuple[str, Known], text: str) -> None:
    policy_id, known = before
    policy = POLICIES[policy_id]
    found = read_values(policy, text, known, NOW)
    for name, value in found.values.items():
        again = from_json(policy, {name: as_json(value)})[name]
        assert again == value
        assert type(again) is type(value)
    for one in found.unclear:
        assert one.field in {field.name for field in policy.fields}
        assert one.field not in found.values or one.field == "items", "clear and unclear at once"
        assert (len(one.readings) > 1) != bool(one.reason), "either readings to choose from or a reason"
    assert found.notes.keys() <= found.values.keys() | {one.field for one in found.unclear}
    assert found.part.keys() <= {"price", "quantity", "each"}


@pytest.mark.parametrize("policy_id", list(POLICIES))
def test_hostile_text_takes_hardly_longer_than_plain_text(policy_id: str) -> None:
    """Relative to plain text of the same length, so that a slow machine makes no difference."""
    plain = took(policy_id, "we would like to know what the phones of our customer cost, which he bought in March. ")
    for text in HOSTILE:  # once more where it took long: something else may have
        assert took(policy_id, text) < 12 * plain or took(policy_id, text) < 12 * plain, text


def took(policy_id: str, text: str) -> float:
    """Seconds of processor time for the longest message."""
    begun = time.process_time()
    read_values(POLICIES[policy_id], (text * LONGEST)[:LONGEST], Known(), NOW)
    return time.process_time() - begun


def test_the_words_are_of_inputs_and_choices_that_exist() -> None:
    looked = 0
    for policy_id, inputs in CUES.items():
        fields = {one.name: one for one in POLICIES[policy_id].fields}
        assert inputs.keys() <= fields.keys(), policy_id
        for name, cues in inputs.items():
            assert cues.keys() <= {"near", "unit", "usually", "choices"}, (policy_id, name)
            assert cues.get("unit", "day") in {"day", "month"}
            assert "unit" not in cues or fields[name].kind == "count"
            assert cues.get("choices", {}).keys() <= possible(fields[name]), (policy_id, name)
            looked += 1
    assert looked > 50


def test_every_pattern_compiles_and_finds_no_empty_words() -> None:
    found = list(patterns())
    assert len(found) > 80
    for place, pattern in found:
        assert words(pattern).search("") is None, place
        assert not any(match.group() == "" for match in words(pattern).finditer("a phone, 5 EUR")), place


def test_what_must_be_answered_in_words_has_words() -> None:
    """Else its question could only be answered by a button; terms and versions have readers of their own."""
    looked = 0
    for policy in POLICIES.values():
        for one in policy.fields:
            own = one.name == "version" or (one.kind == "choice" and all(map(is_term, one.choices)))
            if one.kind in ("choice", "yes_no") and not one.optional and not own:
                assert CUES[policy.id][one.name]["choices"].keys() == possible(one), (policy.id, one.name)
                looked += 1
    assert looked >= 12


def test_inputs_of_one_kind_are_told_apart_by_words() -> None:
    looked = 0
    for policy in POLICIES.values():
        for kind in ("date", "money", "count"):
            alike = [one.name for one in policy.fields if one.kind == kind]
            if len(alike) > 1:
                assert all(CUES[policy.id][name]["near"] for name in alike), (policy.id, kind)
                looked += 1
    assert looked >= 8


def possible(one: Field) -> set[Any]:
    """What an input with choices can be; a country by its code."""
    if one.kind == "yes_no":
        return {True, False}
    if one.kind == "country":
        return {"US", "CA"}
    return set(one.choices)


def is_term(choice: str) -> bool:
    return [found.value for found in find_terms(choice)] == [choice]


def patterns() -> Iterator[tuple[str, str]]:
    for policy_id, inputs in CUES.items():
        for name, cues in inputs.items():
            for value, pattern in {"near": cues.get("near"), **cues.get("choices", {})}.items():
                if pattern is not None:
                    yield f"{policy_id}.{name}.{value}", pattern


def assert_words(found: Mapping[str, str], expected: Mapping[str, str]) -> None:
    assert found.keys() == expected.keys()
    assert [found[name] for name in found if expected[name] not in found[name]] == []


def shown(value: Any) -> Any:
    """A value as the table writes it."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Money):
        return str(value)
    if isinstance(value, Item):
        line = {"date": value.day, "price": value.price, "quantity": value.quantity, "each": value.each}
        return shown({name: said for name, said in line.items() if said is not None and said != LINE.get(name)})
    if isinstance(value, Mapping):
        return {name: shown(part) for name, part in value.items()}
    return [shown(part) for part in value] if isinstance(value, (list, tuple)) else value


LINE = {"quantity": 1, "each": False}  # what the table leaves out


def in_json(value: Any) -> Any:
    """A value of the table in its JSON form."""
    if isinstance(value, str) and AMOUNT.fullmatch(value):
        return as_json(money(value))
    if isinstance(value, dict):
        return {name: in_json(part) for name, part in value.items()}
    return [in_json(part) for part in value] if isinstance(value, list) else as_json(value)


def money(written: str) -> Money:
    match = AMOUNT.fullmatch(written)
    assert match
    return Money(Decimal(match["amount"].replace(",", "")), match["currency"])  # type: ignore[arg-type]  # one of them
