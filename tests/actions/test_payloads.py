"""What buttons carry: exactly what `payload` writes is read, and nothing else."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from actions.payloads import Payload, parse, payload
from actions.sessions import START
from knowledge.policy.catalogue import POLICIES

INTENTS = ["show_entry", "helpful", "not_helpful", "none_of_these", "open_ticket", "deny", "calculate", "inform"]
VALUE = {"policy": "dispute_window", "field": "invoice_date", "value": "2026-03-02"}


def test_a_button_without_values() -> None:
    assert payload("helpful") == "/helpful"
    assert parse("/helpful") == Payload("helpful", {})


def test_what_begins_a_session_is_no_buttons() -> None:
    assert parse("/session_start") == Payload(START, {})
    with pytest.raises(ValueError, match="not a payload"):
        payload(START, entry="billing/a")


def test_a_button_that_names_an_entry() -> None:
    text = payload("show_entry", entry="billing/dispute-period")
    assert text == '/show_entry{"entry": "billing/dispute-period"}'
    assert parse(text) == Payload("show_entry", {"entry": "billing/dispute-period"})


def test_a_button_that_works_out_a_case() -> None:
    text = payload("calculate", policy="dispute_window")
    assert text == '/calculate{"policy": "dispute_window"}'
    assert parse(text) == Payload("calculate", {"policy": "dispute_window"})


@pytest.mark.parametrize(
    "value", ["2026-03-02", "2026-11-30T22:00:00+01:00", "1200.00 EUR", "yes", "5+", "IT", "not_working"]
)
def test_a_button_that_gives_a_calculation_a_value(value: str) -> None:
    text = payload("inform", policy="dispute_window", field="invoice_date", value=value)
    assert text == f'/inform{{"policy": "dispute_window", "field": "invoice_date", "value": "{value}"}}'
    assert parse(text) == Payload("inform", {"policy": "dispute_window", "field": "invoice_date", "value": value})


@pytest.mark.parametrize(
    ("intent", "values"),
    [
        ("delete_everything", {}),
        ("show_entry", {}),
        ("show_entry", {"entry": "no section"}),
        ("show_entry", {"entry": "billing/" + "x" * 61}),
        ("show_entry", {"entry": "billing/a", "more": "billing/b"}),
        ("helpful", {"policy": "dispute_window"}),
        ("calculate", {}),
        ("calculate", {"policy": ""}),
        ("calculate", {"policy": "Dispute"}),
        ("calculate", {"policy": "x" * 41}),
        ("calculate", VALUE),
        ("inform", {}),
        ("inform", {"policy": "dispute_window"}),
        ("inform", {**VALUE, "field": "invoice-date"}),
        ("inform", {**VALUE, "value": ""}),
        ("inform", {**VALUE, "value": "x" * 61}),
        ("inform", {**VALUE, "value": "[a](b)"}),
        ("inform", {**VALUE, "value": "2\n3"}),
        ("inform", {**VALUE, "value": "٣"}),
        ("inform", {**VALUE, "more": "x"}),
    ],
)
def test_a_button_of_another_form_cannot_be_made(intent: str, values: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="is not a payload of ours"):
        payload(intent, **values)


@pytest.mark.parametrize(
    "text",
    [
        "helpful",
        " /helpful",
        "/helpful ",
        "/helpful\n",
        "/HELPFUL",
        "/helpful{}",
        "/restart",
        "/affirm",
        '/inform{"entry": "billing/a"}',
        "/show_entry",
        "/show_entry{}",
        '/show_entry{"entry": 1}',
        '/show_entry{"entry": null}',
        '/show_entry{"entry": ["billing/a"]}',
        '/show_entry{"entry": "billing/a", "last_entry": "billing/b"}',
        '/show_entry{"entry": "../../etc/passwd"}',
        '/show_entry{"entry":"billing/a"}',  # another writer's spaces
        '/show_entry{"entry": "billing/b", "entry": "billing/a"}',
        '/show_entry{"entry": "billing/\\u0061"}',
        '/show_entry{"entry": "billing/a"}{}',
        '/show_entry{"entry": "billing/a"',
        "/calculate",
        "/calculate{}",
        "/work_out",
        '/calculate{"policy": ["dispute_window"]}',
        '/calculate{"policy":"dispute_window"}',
        '/calculate{"policy": "dispute_window", "policy": "delivery_cost"}',
        '/inform{"policy": "dispute_window", "field": "invoice_date"}',
        '/inform{"policy": "dispute_window", "field": "invoice_date", "value": 5}',
        '/inform{"policy": "dispute_window", "field": "invoice_date", "value": true}',
        '/inform{"policy": "dispute_window", "field": "invoice_date", "value": {"a": "b"}}',
        '/inform{"field": "invoice_date", "policy": "dispute_window", "value": "2026-03-02"} ',
        "/show_entry" + "{" * 200,
        "/" + "a" * 100_000,
    ],
)
def test_nothing_else_is_a_payload(text: str) -> None:
    assert parse(text) is None


entries = st.from_regex(r"[a-z]{1,20}/[a-z0-9-]{1,60}", fullmatch=True)


@given(entries)
def test_what_is_written_is_read(entry: str) -> None:
    assert parse(payload("show_entry", entry=entry)) == Payload("show_entry", {"entry": entry})


names = st.from_regex(r"[a-z_]{1,40}", fullmatch=True)
given_values = st.from_regex(r"[A-Za-z0-9 .:+_-]{1,60}", fullmatch=True)


@given(st.sampled_from(sorted(POLICIES)), names, given_values)
def test_what_is_written_of_a_value_is_read(policy: str, field: str, value: str) -> None:
    values = {"policy": policy, "field": field, "value": value}
    if len(json.dumps(values)) <= 200:
        assert parse(payload("inform", **values)) == Payload("inform", values)
    else:
        with pytest.raises(ValueError, match="is not a payload of ours"):
            payload("inform", **values)


likely = st.builds(
    lambda intent, values: f"/{intent}{values}",
    st.sampled_from([*INTENTS, "affirm"]),
    st.just("")
    | st.text('{}":, entry/a\\u0061', max_size=30)
    | st.dictionaries(st.text(max_size=6), entries).map(json.dumps)
    | st.dictionaries(st.sampled_from(["entry", "policy", "field", "value"]), st.text(max_size=8)).map(json.dumps),
)


@given(st.text() | likely)
@example("/deny")
def test_a_text_is_a_payload_only_if_ours_would_be_written_so(text: str) -> None:
    found = parse(text)
    assert found is None or payload(found.intent, **found.values) == text
