"""The form of a calculation: every one of the 21 within Slack's limits, values exact, errors in the chat's words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.slack import forms, modal, policy_modal
from bot.slack.blocks import words
from knowledge.policy.catalogue import POLICIES
from knowledge.policy.fields import Field, Policy
from knowledge.policy.inputs import from_json
from tests.slack_views import initial, view_problems
from tickets.filled import read

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
EUR = {"amount": "1200.50", "currency": "EUR"}
VALUES: dict[str, Any] = {
    "date": "2026-10-05",
    "moment": "2026-11-30T22:00:00+01:00",
    "money": EUR,
    "count": 3,
    "yes_no": True,
    "country": "IM",
    "text": "9C7514000112",
    "items": [
        {"date": "2025-05-12", "price": EUR, "quantity": 2, "name": "WP480", "each": True},
        {"date": "2024-05-12"},
    ],
    "tiers": {"basic": 5, "premium": 0},
}


def value_of(one: Field) -> Any:
    """Some value of an input."""
    return [*one.choices][-1] if one.kind == "choice" else VALUES[one.kind]


def asking(policy: str, **values: Any) -> dict[str, Any]:
    """The data of a question of the chat's."""
    return {"type": "ask", "policy": policy, "values": values, "part": {}}


def form(policy: str, **values: Any) -> forms.Form:
    """The form that the chat offers there."""
    found = forms.offered(asking(policy, **values))
    assert found is not None
    return found


def opened(found: forms.Form) -> dict[str, str]:
    """What the form's inputs hold when it is opened, as they are sent."""
    view = modal.view(found.title, found.about, found.entries(), "{}", 0)
    assert view_problems(view) == []
    held = {block["block_id"]: initial(block["element"]) for block in view["blocks"] if block["type"] == "input"}
    return modal.given({name: {"value": {"value": value}} for name, value in held.items()})


@pytest.mark.parametrize("policy", POLICIES.values(), ids=lambda policy: policy.id)
def test_each_form_keeps_slacks_limits_and_gives_back_what_was_known(policy: Policy) -> None:
    assert opened(form(policy.id)) == {}
    known = {one.name: value_of(one) for one in policy.fields}
    held = opened(form(policy.id, **known))
    said = policy_modal.read(policy, held, known, NOW)
    assert not said.errors or said.values == known, "refused for what the values say together"
    if not said.errors:
        assert from_json(policy, said.values) == from_json(policy, known)
        assert policy_modal.shown(policy, said.values)


@pytest.mark.parametrize("policy", POLICIES.values(), ids=lambda policy: policy.id)
def test_what_each_needs_is_asked_for_in_the_words_of_the_chat(policy: Policy) -> None:
    needed = policy.missing({one.name: NOW for one in policy.fields if one.default_now})
    errors = policy_modal.read(policy, {}, {}, NOW).errors
    assert [*errors.values()] == [words()["form_needed"].format(question=one.question) for one in needed]
    names = {one.name for one in form(policy.id).entries()}
    assert errors.keys() <= names


def test_values_arrive_exactly() -> None:
    typed = {
        "activated_on": "2026-09-05",
        "cancelled_on": "2026-11-22",
        "rent": ".5",
        "flat": "2.50",
        "numbers": "10",
        "@currency": "GBP",
    }
    result = forms.read(form("did_early_cancellation"), typed, NOW)
    carried = read(result.payload)
    assert carried is not None
    assert carried.values == {
        "activated_on": "2026-09-05",
        "cancelled_on": "2026-11-22",
        "rent": {"amount": "0.5", "currency": "GBP"},
        "flat": {"amount": "2.50", "currency": "GBP"},
        "numbers": 10,
    }
    assert result.lines == [
        "Cancelling a DID number early",
        "Activated on: 5 September 2026",
        "Cancelled on: 22 November 2026",
        "Monthly rent of a DID: 0.50 GBP",
        "Monthly price of one Flat: 2.50 GBP",
        "DID numbers: 10",
    ]


@pytest.mark.parametrize(
    ("policy", "typed", "entry", "reason"),
    [
        ("dispute_window", {"invoice_date": "2026-02-31"}, "invoice_date", "does not exist"),
        ("dispute_window", {"invoice_date": "2027-02-01"}, "invoice_date", "in the future"),
        ("dispute_window", {"invoice_date": "tomorrow"}, "invoice_date", "is not a date"),
        ("hwaas_dates", {"shipped_on": "2026-05-01", "returned_on": "2026-04-01"}, "returned_on", "before"),
        ("paid_service", {"service": "did_move", "count": "-1"}, "count", "not negative"),
        ("paid_service", {"service": "did_move", "count": "1.5"}, "count", "not a whole number"),
        ("paid_service", {"service": "nonsense"}, "service", "not one of"),
        ("lifetime_support_fee", {"version": "4.x", "year": "2023", "fee": "0"}, "fee", "more than zero"),
        ("lifetime_support_fee", {"version": "4.x", "year": "2023", "fee": "1.005"}, "fee", "too many decimals"),
        ("lifetime_support_fee", {"version": "4.x", "year": "2023", "fee": "1E+999999999"}, "fee", "not an amount"),
        ("lifetime_support_fee", {"version": "4.x", "year": "2023", "fee": "NaN"}, "fee", "not an amount"),
        ("toll_free_outbound", {"country": "Atlantis <!here>"}, "country", "I don't know the country"),
        ("concurrent_calls", {"licences.basic": "0"}, "licences.basic", "No licences are given"),
        ("hwaas_credit_note", {"items.1.price": "5"}, "items.0.day", "On which day was it ordered"),
        ("hwaas_credit_note", {"items.0.day": "2026-05-12", "items.0.price": "-5"}, "items.0.day", "more than zero"),
        ("amendment_window", {"moment": "soon"}, "moment", "not a date and time"),
        ("did_range", {"number_range": "+49891234X\n5"}, "number_range", "not a line of text"),
    ],
)
def test_what_cannot_be_is_said_at_its_input(policy: str, typed: dict[str, str], entry: str, reason: str) -> None:
    found = forms.read(form(policy), typed, NOW)
    assert found.payload == ""
    assert reason in found.errors[entry]


def test_what_an_earlier_release_asked_with_other_inputs_has_no_form() -> None:
    for values in ({"gone": 1}, {"service": "gone"}, {"count": "many"}):
        assert forms.offered(asking("paid_service", **values)) is None
    draft = {"id": "0" * 32, "subject": "", "text": "", "contact": {}, "doubted": False, "stamp": "x"}
    for data in ({"ticket_type": "gone"}, {"ticket_type": "hwaas.return", "fields": {"gone": 1}}):
        assert forms.offered({"type": "draft", "draft": draft, **data}) is None


def test_several_mistakes_are_said_at_once() -> None:
    typed = {"activated_on": "2026-02-31", "cancelled_on": "2026-11-22", "rent": "0", "numbers": "x"}
    assert forms.read(form("did_early_cancellation"), typed, NOW).errors.keys() == {"activated_on", "rent", "numbers"}


def test_a_country_is_understood_by_name_and_code() -> None:
    for text in ("Italy", "it", "isle of man", "Germany"):
        assert forms.read(form("toll_free_outbound"), {"country": text}, NOW).errors == {}


def test_one_of_two_inputs_that_say_the_same_is_enough() -> None:
    entries = {one.name: one for one in form("overdue_stage").entries()}
    assert entries["due_date"].optional
    assert forms.read(form("overdue_stage"), {"days_overdue": "5"}, NOW).errors == {}
    assert not {one.name: one for one in form("dispute_window").entries()}["invoice_date"].optional


def test_the_lines_of_a_long_order_all_stay() -> None:
    items = [{"date": "2025-05-12", "quantity": 2, "name": f"WP{number}"} for number in range(60)]
    known = form("hwaas_credit_note", items=items)
    held = opened(known)
    carried = read(forms.read(known, {**held, "items.0.day": "2025-05-13"}, NOW).payload)
    assert carried is not None
    assert carried.values["items"] == [{**items[0], "date": "2025-05-13"}, *items[1:]]


def test_a_long_order_that_changed_meanwhile_keeps_slacks_limits() -> None:
    before = form("hwaas_credit_note", items=[{"date": "2025-05-12"}] * 60)
    now = form("hwaas_credit_note", items=[{"date": "2025-06-12"}] * 60)
    typed = {name: "2025-07-12" if name.endswith("day") else value for name, value in opened(before).items()}
    view = modal.view(now.title, now.about, forms.with_typed(before, now, typed), "{}", 1, [words()["form_changed"]])
    assert view_problems(view) == []
    assert sum("2025-06-12" in str(block) for block in view["blocks"]) > 10


def test_a_number_written_otherwise_by_slack_is_not_taken_for_typed() -> None:
    before = form("lifetime_support_fee", fee={"amount": "1200.50", "currency": "EUR"})
    now = form("lifetime_support_fee", fee={"amount": "1300.00", "currency": "EUR"})
    (fee,) = (one for one in forms.with_typed(before, now, {"fee": "1200.5"}) if one.name == "fee")
    assert (initial(fee.element), fee.note) == ("1300.00", "")


def test_the_price_of_a_line_whose_day_is_unknown_is_there_already() -> None:
    part = {"price": EUR, "quantity": 2}
    found = forms.offered({**asking("hwaas_credit_note"), "part": part})
    assert found is not None
    held = opened(found)
    carried = read(forms.read(found, {**held, "items.0.day": "2025-05-12"}, NOW).payload)
    assert carried is not None
    assert carried.values == {"items": [{"quantity": 2, "date": "2025-05-12", "price": EUR}]}


_STRANGE = st.one_of(st.none(), st.integers(), st.text(max_size=60), st.lists(st.text(max_size=5), max_size=2))
_STATES = st.dictionaries(
    st.sampled_from(["value", "selected_date", "selected_option", "selected_date_time", "x"]),
    st.one_of(_STRANGE, st.fixed_dictionaries({"value": _STRANGE})),
    max_size=3,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([*POLICIES]), st.data())
def test_whatever_is_sent_nothing_breaks_and_nothing_wrong_is_carried(name: str, data: st.DataObject) -> None:
    policy, found = POLICIES[name], form(name)
    names = [f"0:{one.name}" for one in found.entries()]
    values = data.draw(
        st.dictionaries(st.sampled_from([*names, "0:x", "zzz"]), st.dictionaries(st.just("value"), _STATES))
    )
    result = forms.read(found, modal.given(values), NOW)
    if result.payload:
        carried = read(result.payload)
        assert carried is not None
        from_json(policy, carried.values)
    else:
        assert result.errors.keys() <= {one.name for one in found.entries()}
