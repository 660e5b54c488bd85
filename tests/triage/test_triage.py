"""The triage on the cases that Customer Care can read, and on whatever else is written."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from actions.understanding import Understanding
from knowledge import strict_yaml
from settings import ROOT, Settings
from tickets.types import PRIORITIES, ticket_fields, ticket_types
from triage.fields import Reading
from triage.passages import read_passages
from triage.priority import judge_priority
from triage.triage import Triage
from triage.verdict import Candidate

NOW = datetime(2026, 11, 26, 10, 0, tzinfo=ZoneInfo("Europe/Rome"))
NO_OPINION = {name: 0.01 if name == "urgent" else 0.33 for name in PRIORITIES}  # urgent ones are rare


def cases(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = strict_yaml.load(
        (ROOT / "tests" / "cases" / "triage" / f"{name}.yml").read_text(encoding="utf-8")
    )
    return found


@pytest.fixture(scope="module")
def triage(settings: Settings, understanding: Understanding) -> Triage:
    return Triage.load(settings, understanding.search)


@pytest.mark.parametrize("case", cases("fields"), ids=lambda case: case["text"][:50])
def test_fields_are_what_is_literally_said(triage: Triage, case: dict[str, Any]) -> None:
    found = triage.judge(case["text"], NOW, type_id=case["type"]).fields
    for name, value in case.get("fields", {}).items():
        assert found.get(name) == value
    assert not found.keys() & set(case.get("none", []))


@pytest.mark.parametrize("case", cases("priority"), ids=lambda case: case["text"][:50])
def test_the_priority_follows_from_facts_and_says_which(case: dict[str, Any]) -> None:
    found = judge_priority(Reading(case["type"], read_passages(case["text"]), NOW.date()), NO_OPINION)
    assert found.name == case["priority"]
    assert case["reason"] in found.reason


@pytest.mark.parametrize("case", cases("tickets"), ids=lambda case: case["text"][:50])
def test_a_whole_ticket(triage: Triage, case: dict[str, Any]) -> None:
    verdict = triage.judge(case["text"], NOW)
    assert verdict.type == case["type"]
    assert verdict.queue == ticket_types()[case["type"]].queue
    if "priority" in case:
        assert verdict.priority == case["priority"]
    if "missing" in case:
        assert verdict.missing == case["missing"]
    if "also" in case:
        assert case["also"] in verdict.also_asks
    assert verdict.type_reason
    assert verdict.priority_reason


def test_a_ticket_with_the_same_number_is_likely_the_same(triage: Triage) -> None:
    text = "the number +39 045 1234567 of Hotel Krokus is still not cancelled"
    fields = {"did_numbers": ["+390451234567"]}
    same = Candidate("CC-000001", "please cancel +39 045 1234567 of Hotel Krokus", fields)
    other = Candidate("CC-000002", "the invoice of March is wrong", {"invoice_number": "INV-1"})
    found = triage.similar(text, fields, [other, same])
    assert [one.number for one in found] == ["CC-000001"]
    assert "+390451234567" in found[0].reason.replace(" ", "")


@given(text=st.text(max_size=400))
@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_written_there_is_a_verdict(triage: Triage, text: str) -> None:
    verdict = triage.judge(text, NOW)
    assert verdict.type in ticket_types()
    assert verdict.priority in PRIORITIES
    assert verdict.fields.keys() <= ticket_fields().keys()
    for name in ("did_numbers", "pbx", "invoice_date"):
        triage.read("billing.dispute", text, NOW, asked=name)


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("confirmed_date", "it is confirmed now for 14 December 2026", "2026-12-14"),
        ("confirmed_date", "now", None),
        ("services", "all", None),
        ("wanted_licenses", "All of them!", None),
    ],
)
def test_a_lone_now_or_all_is_no_answer(triage: Triage, field: str, text: str, value: str | None) -> None:
    type_id = next(one.id for one in ticket_types().values() if any(field in group for group in one.needs))
    assert triage.read(type_id, text, NOW, asked=field).get(field) == value
