"""The tables of cases in tests/cases/policies, which Customer Care can read and extend: every case one test.

A file is named after its policy and lists cases. Each has a name, the day that is `today`, the
inputs in JSON form, and either what is expected (verdict, figures, and words that must occur in the
decision, the steps and the caveats) or the input that is refused, with words of the reason.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from knowledge import strict_yaml
from knowledge.policy.catalogue import POLICIES
from knowledge.policy.fields import InvalidInput
from knowledge.policy.inputs import from_json
from knowledge.policy.outcome import to_json
from tests.knowledge.policy.arithmetic import check_sums

FOLDER = Path(__file__).parents[2] / "cases" / "policies"
FILES = sorted(FOLDER.glob("*.yml"))
CASE_KEYS = {"name", "today", "inputs", "expect", "refused"}
EXPECTED_KEYS = {
    "verdict",
    "figures",
    "decision_contains",
    "steps_contain",
    "caveats_contain",
    "caveats_lack",
    "ticket",
    "holds_from",
    "timeline",
}


def cases() -> list[Any]:
    return [
        pytest.param(file.stem, case, id=f"{file.stem}: {case['name']}")
        for file in FILES
        for case in strict_yaml.load(file.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize(("policy_id", "case"), cases())
def test_case(policy_id: str, case: dict[str, Any]) -> None:
    policy = POLICIES[policy_id]
    assert case.keys() <= CASE_KEYS, "a case has a key that is not known"
    assert isinstance(case["today"], date)
    if "refused" in case:
        assert "expect" not in case
        with pytest.raises(InvalidInput) as refusal:
            policy.compute(from_json(policy, case["inputs"]), case["today"])
        assert refusal.value.field == case["refused"]["field"]
        assert case["refused"]["reason_contains"] in refusal.value.reason
        return
    expected = case["expect"]
    assert expected.keys() <= EXPECTED_KEYS, "something is expected under a key that is not known"
    outcome = to_json(policy.compute(from_json(policy, case["inputs"]), case["today"]))
    assert outcome["policy"] == policy_id
    assert tuple(outcome["sources"]) == policy.sources
    assert outcome["steps"]
    check_sums(outcome["steps"])
    check_picture(outcome["timeline"])
    assert outcome["verdict"] == expected["verdict"], outcome["decision"]
    figures = expected.get("figures", {})
    assert {name: outcome["figures"].get(name, "no such figure") for name in figures} == plain(figures)
    for words in listed(expected.get("decision_contains")):
        assert words in outcome["decision"]
    for words in listed(expected.get("steps_contain")):
        assert words in "\n".join(outcome["steps"])
    for words in listed(expected.get("caveats_contain")):
        assert words in "\n".join(outcome["caveats"])
    for words in listed(expected.get("caveats_lack")):
        assert words not in "\n".join(outcome["caveats"])
    if "ticket" in expected:
        assert outcome["ticket"] == expected["ticket"]
    if "holds_from" in expected:
        assert outcome["holds_from"] == plain(expected["holds_from"])
    if "timeline" in expected:  # labels and days of some marks
        drawn = outcome["timeline"] or {"marks": []}
        marks = {mark["label"]: mark["day"] for mark in drawn["marks"]}
        assert {label: marks.get(label) for label in expected["timeline"]} == plain(expected["timeline"])


@pytest.mark.parametrize("policy_id", POLICIES)
def test_every_policy_has_cases_of_both_kinds(policy_id: str) -> None:
    table = strict_yaml.load((FOLDER / f"{policy_id}.yml").read_text(encoding="utf-8"))
    assert any("expect" in case for case in table)
    assert any("refused" in case for case in table)
    names = [case["name"] for case in table]
    assert len(set(names)) == len(names), "two cases have the same name"


def test_every_table_is_of_a_policy() -> None:
    assert FILES, "no tables of cases were found"
    assert {file.stem for file in FILES} <= POLICIES.keys()


def check_picture(timeline: dict[str, Any] | None) -> None:
    """Marks lie in order, stretches are not empty."""
    if timeline is not None:
        days = [mark["day"] for mark in timeline["marks"]]
        assert days == sorted(days)
        assert all(span["from"] <= span["to"] for span in timeline["spans"])


def plain(expected: Any) -> Any:
    """Dates as YAML reads them, in the ISO form of an outcome."""
    if isinstance(expected, date):
        return expected.isoformat()
    if isinstance(expected, dict):
        return {key: plain(part) for key, part in expected.items()}
    if isinstance(expected, list):
        return [plain(part) for part in expected]
    return expected


def listed(words: str | list[str] | None) -> list[str]:
    return [words] if isinstance(words, str) else words or []
