"""The form of a ticket's draft: every type within Slack's limits, checked as at every door, the English gate."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import wording
from bot.slack import forms, modal
from bot.slack.blocks import words
from tests.bot.slack.test_policy_modal import NOW, opened
from tests.gate_cases import GateCase, gate_cases
from tests.slack_views import view_problems
from tickets.filled import read
from tickets.types import ticket_fields, ticket_types

TEXT = "Our phone was stolen last night from the reception."
GERMAN = "Das Telefon wurde gestern Nacht aus dem Empfang gestohlen, bitte helfen Sie uns."
VALUES = {
    "text": "Milano Works",
    "long": "It does not ring any more.",
    "numbers": ["+390451234567", "+3904512345XX"],
    "date": "2026-05-05",
    "email": "anna@example.com",
}
WHO = {"name": "Mario Rossi", "company": "Telesistemi srl", "email": "mario@telesistemi.example"}


def form(type_id: str = "hwaas.lost_item", *, anonymous: bool = True, **draft: Any) -> forms.Form:
    """The form that the chat offers for a draft."""
    fields = draft.pop("fields", {})
    known = {"id": "0" * 32, "subject": "Stolen", "text": TEXT, "contact": {}, "doubted": False, "stamp": "x"}
    found = forms.offered({"type": "draft", "ticket_type": type_id, "fields": fields, "draft": {**known, **draft}})
    assert found is not None
    return forms.Form(found.kind, found.of, found.known, found.stamp, anonymous)


def carried(found: forms.Form, typed: dict[str, str]) -> dict[str, Any]:
    """What the engine is sent of a form that is filled in well."""
    result = forms.read(found, typed, NOW)
    assert result.errors == {}
    filled = read(result.payload)
    assert filled is not None
    assert (filled.kind, filled.of, filled.stamp) == ("ticket", "0" * 32, "x")
    return filled.values


@pytest.mark.parametrize("type_id", [*ticket_types()])
def test_each_types_form_keeps_slacks_limits_and_gives_back_what_was_known(type_id: str) -> None:
    names = [name for group in ticket_types()[type_id].needs for name in group]
    empty = form(type_id)
    assert {one.name for one in empty.entries()} >= set(names)
    assert carried(empty, opened(empty)) == {"subject": "Stolen", "text": TEXT, "fields": {}, "contact": {}}
    fields = {name: VALUES[ticket_fields()[name].form] for name in names}
    full = form(type_id, fields=fields, contact=WHO)
    assert carried(full, opened(full)) == {"subject": "Stolen", "text": TEXT, "fields": fields, "contact": WHO}
    lines = forms.read(full, opened(full), NOW).lines
    assert len(lines) == 1 + 2 + len(names) + 3, "a line for each value"


def test_what_is_missing_comes_first() -> None:
    names = [one.name for one in form(fields={"serial_number": "1", "date": "2026-05-05"}).entries()]
    assert names[:4] == ["pbx", "what_happened", "serial_number", "date"]


def test_who_asks_is_asked_only_of_those_nobody_vouches_for() -> None:
    assert {"@name", "@company", "@email"} <= {one.name for one in form().entries()}
    vouched = form(anonymous=False, contact=WHO)
    assert not {one.name for one in vouched.entries()} & {"@name", "@company", "@email"}
    assert "contact" not in carried(vouched, {**opened(vouched), "@name": "Somebody else"})
    assert "Mario" not in str(modal.view(vouched.title, vouched.about, vouched.entries(), "{}", 0))


@pytest.mark.parametrize(
    ("type_id", "typed", "entry", "reason"),
    [
        ("company.access", {"email": "anna@example"}, "email", "not an e-mail address"),
        ("billing.dispute", {"invoice_date": "2026-02-31"}, "invoice_date", "Write the date"),
        ("classound.recover_did", {"did_numbers": "0451234567"}, "did_numbers", "with their country code"),
        ("hwaas.return", {"pbx": "x" * 5000}, "pbx", "longer than 200"),
        ("hwaas.return", {"@email": "no"}, "@email", wording.NO_EMAIL),
        ("hwaas.return", {"@text": " \x07 "}, "@text", words()["form_text_hint"]),
        ("hwaas.return", {"@text": GERMAN}, "@text", words()["form_language"]),
        ("hwaas.return", {"@subject": GERMAN}, "@subject", words()["form_language"]),
        ("orders.rma", {"fault": GERMAN}, "fault", words()["form_language"]),
    ],
)
def test_what_cannot_be_is_said_at_its_input(type_id: str, typed: dict[str, str], entry: str, reason: str) -> None:
    found = form(type_id)
    result = forms.read(found, {**opened(found), **typed}, NOW)
    assert result.payload == ""
    assert reason in result.errors[entry]


@pytest.mark.parametrize("case", gate_cases(), ids=str)
def test_the_gate_is_that_of_the_other_doors(case: GateCase) -> None:
    found = form(case.type)
    entry = {"subject": "@subject", "description": "@text"}.get(case.at, case.at)
    result = forms.read(found, {**opened(found), entry: case.text}, NOW)
    assert result.errors == ({entry: words()["form_language"]} if case.language else {})
    assert result.doubts == []


def test_an_address_has_no_language() -> None:
    found = form("orders.delivery")
    assert carried(found, {**opened(found), "address": "Straße der Einheit 5, 10117 Berlin, Deutschland"})


def test_words_whose_language_is_unsure_are_named_and_what_was_there_before_is_not_judged_again() -> None:
    unsure = "Display defekt WP480"
    found = form()
    assert forms.read(found, {**opened(found), "@text": unsure}, NOW).doubts == ["@text"]
    same = form(text=unsure)
    assert forms.read(same, opened(same), NOW).doubts == []


def test_what_is_too_long_for_an_input_stays_as_it_was() -> None:
    text, numbers = "word " * 700, [f"+39045123456{number:04}" for number in range(200)]
    found = form("classound.cancel_did", text=text, fields={"did_numbers": numbers})
    assert not {"@text", "did_numbers"} & {one.name for one in found.entries()}
    values = carried(found, {**opened(found), "pbx": "Rossi"})
    assert (values["fields"], "text" in values) == ({"pbx": "Rossi", "did_numbers": numbers}, False)


def test_a_draft_without_words_needs_none() -> None:
    found = form(text="")
    assert carried(found, opened(found))["text"] == ""


_TYPED = st.text(st.characters(exclude_categories=["Cs"]), max_size=200) | st.sampled_from([GERMAN, "<!channel> & *x*"])


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([*ticket_types()]), st.booleans(), st.data())
def test_whatever_is_typed_nothing_breaks(type_id: str, anonymous: bool, data: st.DataObject) -> None:
    found = form(type_id, anonymous=anonymous)
    names = [one.name for one in found.entries()]
    typed = data.draw(st.dictionaries(st.sampled_from([*names, "@x"]), _TYPED))
    result = forms.read(found, modal.given({f"0:{name}": {"v": {"value": text}} for name, text in typed.items()}), NOW)
    assert bool(result.payload) != bool(result.errors)
    assert result.errors.keys() <= set(names)
    if result.payload:
        filled = read(result.payload)
        assert filled is not None
        assert filled.values.keys() <= {"subject", "text", "fields", "contact"}
        again = form(type_id, anonymous=anonymous, **{key: filled.values[key] for key in ("fields", "text")})
        assert view_problems(modal.view(again.title, again.about, again.entries(), "{}", 0)) == []
