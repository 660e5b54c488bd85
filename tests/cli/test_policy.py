"""`care policy`, and docs/policies.md written from the same data."""

from __future__ import annotations

import json

import pytest

from cli.policy import DOCS, describe_all, run_policy
from knowledge.policy.catalogue import POLICIES


def test_an_outcome_is_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_policy("did_range", '{"number_range": "+4989123450X"}') == 0
    outcome = json.loads(capsys.readouterr().out)
    assert outcome["policy"] == "did_range"
    assert "+49891234500" in outcome["decision"].replace(" ", "")


@pytest.mark.parametrize(
    ("name", "values", "sentence"),
    [
        ("dispute_widow", "{}", "There is no calculation dispute_widow"),
        ("dispute_window", "[1]", "--json must be an object"),
        ("dispute_window", "{}", "Still needed: invoice_date."),
        ("dispute_window", '{"invoice_date": "2026-02-31"}', "2026-02-31 does not exist"),
        ("dispute_window", '{"colour": "red"}', "There is no input “colour”"),
    ],
)
def test_bad_input_is_one_sentence(capsys: pytest.CaptureFixture[str], name: str, values: str, sentence: str) -> None:
    assert run_policy(name, values) == 1
    shown = capsys.readouterr()
    assert sentence in shown.err
    assert shown.out == ""


def test_the_list_names_every_calculation(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_policy("list", "{}") == 0
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == list(POLICIES)


def test_the_documentation_is_current() -> None:
    assert DOCS.read_text(encoding="utf-8") == describe_all(), "run `python -m cli.policy`"
