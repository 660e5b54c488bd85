"""What a calculation says: its next question, and the result with all that it rests on."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from actions import certificate, payloads
from actions.calculation import Calculation
from actions.replies import Reply
from actions.timeline import picture
from knowledge import strict_yaml
from knowledge.faq.search import Search
from knowledge.policy.catalogue import POLICIES
from knowledge.policy.inputs import from_json
from knowledge.policy.outcome import Outcome, to_json

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=ZoneInfo("Europe/Rome"))
CASES = Path(__file__).parents[1] / "cases" / "policies"
HEADINGS = ["What I understood", "How it comes about", "Please note", "Where it is published"]
LOSS = {
    "what_happened": "lost",
    "start_of_use": "2026-08-01",
    "lost_on": "2026-11-10",
    "capex_price": {"amount": "180.00", "currency": "EUR"},
    "monthly_fee": {"amount": "5.00", "currency": "EUR"},
}


def worked_out(search: Search, policy_id: str, **values: Any) -> tuple[Reply, Outcome]:
    """The certificate, and the outcome that it shows."""
    calculation = Calculation(policy_id, values)
    outcome = calculation.outcome(NOW)
    assert outcome is not None
    return certificate.result(calculation, outcome, search, NOW), outcome


def blocks(reply: Reply) -> dict[str, list[str]]:
    """The lists of a certificate by their headings."""
    found = {}
    for part in reply["text"].split("\n\n"):
        heading, *lines = part.splitlines()
        if lines:
            found[heading.strip("*")] = [line.removeprefix("- ") for line in lines]
    return found


def titles(reply: Reply) -> list[str]:
    return [button["title"] for button in reply["buttons"]]


# The certificate


def test_the_result_comes_first_and_bold(search: Search) -> None:
    shown, outcome = worked_out(search, "hwaas_loss", **LOSS)
    assert shown["text"].splitlines()[0] == f"**{outcome.decision}**"
    assert "190.00 EUR" in outcome.decision


def test_inputs_steps_caveats_and_sources_follow_in_this_order(search: Search) -> None:
    shown, outcome = worked_out(search, "hwaas_loss", **LOSS)
    found = blocks(shown)
    assert list(found) == HEADINGS
    assert found["What I understood"] == [
        "What happened: Lost",
        "Start of use: 1 August 2026",
        "Day of the loss: 10 November 2026",
        "CAPEX price: 180.00 EUR",
        "Monthly fee: 5.00 EUR",
    ]
    assert found["How it comes about"] == list(outcome.steps)
    assert found["Please note"] == list(outcome.caveats)


def test_sources_are_links_to_the_published_page(search: Search) -> None:
    shown, outcome = worked_out(search, "hwaas_loss", **LOSS)
    entries = [search.entry(source) for source in outcome.sources]
    assert blocks(shown)["Where it is published"] == [f"[{one.question}]({one.page.url})" for one in entries]
    assert len(entries) == 2


def test_the_rule_is_named_with_version_and_day(search: Search) -> None:
    shown, outcome = worked_out(search, "dispute_window", invoice_date="2026-05-05")
    assert f"_Rule dispute_window, version {outcome.rule_version}; " in shown["text"]
    assert shown["text"].count("Worked out on 22 November 2026._") == 1
    assert "the source names no date from which it holds" in shown["text"]


def test_the_day_from_which_figures_hold_is_said_where_known(search: Search) -> None:
    calculation = Calculation("dispute_window", {"invoice_date": "2026-05-05"})
    outcome = calculation.outcome(NOW)
    assert outcome is not None
    dated = replace(outcome, holds_from=datetime(2024, 2, 1, tzinfo=UTC).date())
    shown = certificate.result(calculation, dated, search, NOW)
    assert "figures in force since 1 February 2024" in shown["text"]
    assert shown["data"]["holds_from"] == "2024-02-01"


def test_the_end_says_how_to_change_a_value_and_what_can_be_added(search: Search) -> None:
    without, _ = worked_out(search, "dispute_window", invoice_date="2026-05-05")
    assert without["text"].splitlines()[-1].endswith("“and if …?”. You can add: Currency._")
    complete, _ = worked_out(search, "dispute_window", invoice_date="2026-05-05", currency="EUR")
    assert complete["text"].splitlines()[-1].endswith("“and if …?”._")


def test_what_was_filled_in_while_reading_is_the_first_step(search: Search) -> None:
    calculation = Calculation("dispute_window")
    calculation.hear("the invoice is of 15 December", NOW)
    outcome = calculation.outcome(NOW)
    assert outcome is not None
    shown = certificate.result(calculation, outcome, search, NOW)
    note = calculation.notes["invoice_date"]
    assert blocks(shown)["How it comes about"] == [note, *outcome.steps]
    assert shown["data"]["steps"] == [note, *outcome.steps]


def test_machines_get_all_of_it(search: Search) -> None:
    shown, outcome = worked_out(search, "dispute_window", invoice_date="2026-05-05")
    data = shown["data"]
    assert data["type"] == "decision"
    assert data["policy"] == "dispute_window"
    assert data["title"] == "Disputing an invoice"
    assert data["outcome"] == {
        "decision": outcome.decision,
        "verdict": "accepted",
        "figures": {
            "last_day": "2027-05-05",
            "rejected_request_fee": {"amount": "100.00", "currency": None},
            "days_left": 164,
        },
    }
    plain = to_json(outcome)
    for name in ("steps", "sources", "caveats", "inputs", "rule_version", "holds_from", "ticket", "timeline"):
        assert data[name] == plain[name]
    assert data["inputs"] == {"Invoice date": "5 May 2026"}
    assert outcome.timeline is not None
    assert data["picture"] == picture(outcome.timeline)


def test_without_days_there_is_no_picture(search: Search) -> None:
    shown, _ = worked_out(search, "toll_free_outbound", country="CA")
    assert shown["data"]["timeline"] is None
    assert "picture" not in shown["data"]


def test_a_ticket_is_offered_where_the_result_needs_one(search: Search) -> None:
    in_time, _ = worked_out(search, "dispute_window", invoice_date="2026-05-05")
    late, _ = worked_out(search, "dispute_window", invoice_date="2024-05-05")
    assert titles(in_time) == ["Open a ticket", "Read the rule"]
    assert titles(late) == ["Read the rule"]
    assert late["buttons"][0]["payload"] == '/show_entry{"entry": "billing/dispute-period"}'


def test_a_source_that_the_index_lost_is_only_named(search: Search) -> None:
    calculation = Calculation("dispute_window", {"invoice_date": "2024-05-05"})
    outcome = calculation.outcome(NOW)
    assert outcome is not None
    shown = certificate.result(calculation, replace(outcome, sources=("billing/gone",)), search, NOW)
    assert blocks(shown)["Where it is published"] == ["billing/gone"]
    assert shown["buttons"] == []


def test_every_case_of_the_tables_has_a_whole_certificate(search: Search) -> None:
    looked = set()
    for file in sorted(CASES.glob("*.yml")):
        policy = POLICIES[file.stem]
        for case in strict_yaml.load(file.read_text(encoding="utf-8")):
            if "refused" in case:
                continue
            outcome = policy.compute(from_json(policy, case["inputs"]), case["today"])
            shown = certificate.result(Calculation(policy.id, case["inputs"]), outcome, search, NOW)
            found = blocks(shown)
            expected = [HEADINGS[0]] * bool(outcome.inputs) + [HEADINGS[1]]
            expected += [HEADINGS[2]] * bool(outcome.caveats) + [HEADINGS[3]]
            assert list(found) == expected, case["name"]
            assert all(re.fullmatch(r"\[[^\]]+\]\(https://\S+\)", line) for line in found[HEADINGS[3]])
            assert all(payloads.parse(button["payload"]) for button in shown["buttons"])
            looked.add(policy.id)
    assert looked == set(POLICIES)


# The question


@pytest.mark.parametrize(
    ("mood", "begins", "known"),
    [
        ("begun", "**Discount with a Commitment:** I work it out for your case.", True),
        ("heard", "How long should the Commitment be?", True),
        ("resumed", "Back to your calculation (**Discount with a Commitment**).", True),
        ("not_understood", "I couldn't take that as an answer for “Length of the Commitment”.", False),
        ("unknown", "Without “Length of the Commitment” I can't work it out", False),
    ],
)
def test_a_question_is_asked_in_the_mood_of_the_conversation(mood: str, begins: str, known: bool) -> None:
    values = {"subscription": "1y", "created_on": "2026-10-05"}
    asked = certificate.question(Calculation("commitment_discount", values, mood=mood))
    assert asked["text"].startswith(begins)
    assert "How long should the Commitment be?" in asked["text"]
    assert ("_So far: Subscription: 1 year; PBX created on: 5 October 2026._" in asked["text"]) is known
    assert ("“cancel” leaves" in asked["text"]) is (mood == "begun")


def test_a_questions_data_says_what_is_asked() -> None:
    asked = certificate.question(Calculation("commitment_discount", {"subscription": "1y"}, mood="heard"))
    assert asked["data"] == {
        "type": "ask",
        "slot": "created_on",
        "policy": "commitment_discount",
        "sources": list(POLICIES["commitment_discount"].sources),
        "title": "Discount with a Commitment",
        "kind": "date",
        "known": {"Subscription": "1 year"},
        "values": {"subscription": "1y"},
        "part": {},
        "missing": ["created_on", "length", "next_renewal"],
    }
    assert asked["buttons"] == []


def test_choices_and_yes_or_no_are_buttons() -> None:
    choice = certificate.question(Calculation("commitment_discount"))
    assert titles(choice) == ["1 month", "1 year", "5 years", "LifeTime"]
    yes_no = certificate.question(Calculation("xbees_conversion"))
    assert titles(yes_no) == ["Yes", "No"]
    assert yes_no["buttons"][1]["payload"] == (
        '/inform{"policy": "xbees_conversion", "field": "skit_free", "value": "no"}'
    )


@pytest.mark.parametrize(
    ("policy_id", "field", "readings", "shown"),
    [
        ("dispute_window", "invoice_date", ["2026-03-02", "2026-02-03"], ["2 March 2026", "3 February 2026"]),
        ("hwaas_credit_note", "items", ["2023-05-12", "2023-12-05"], ["12 May 2023", "5 December 2023"]),
        ("toll_free_outbound", "country", ["IT", "DE"], ["Italy", "Germany"]),
        (
            "hwaas_loss",
            "capex_price",
            [{"amount": "1.20", "currency": "EUR"}, {"amount": "1200", "currency": None}],
            ["1.20 EUR", "1,200.00"],
        ),
        (
            "amendment_window",
            "moment",
            ["2026-11-30T22:00:00+01:00", "2026-11-30T22:00:00+00:00"],
            ["30 November 2026, 22:00 (UTC+01:00)", "30 November 2026, 22:00 (UTC)"],
        ),
    ],
)
def test_readings_are_buttons_in_words(policy_id: str, field: str, readings: list[Any], shown: list[str]) -> None:
    unclear = [{"field": field, "text": "that", "readings": readings, "reason": ""}]
    asked = certificate.question(Calculation(policy_id, unclear=unclear))
    assert "“that” can be read in more than one way. Which one do you mean?" in asked["text"]
    assert titles(asked) == shown
    assert asked["data"]["readings"] == readings
    for button in asked["buttons"]:
        pressed = payloads.parse(button["payload"])
        assert pressed is not None
        calculation = Calculation(policy_id, unclear=unclear, part={"quantity": 2} if field == "items" else {})
        assert calculation.put(field, pressed.values["value"])
        assert calculation.unclear == []


def test_a_reason_that_asks_itself_is_not_followed_by_the_question() -> None:
    unclear = [
        {"field": "invoice_date", "text": "", "readings": [], "reason": "It is in the future. Which date is it?"}
    ]
    asked = certificate.question(Calculation("dispute_window", unclear=unclear, mood="heard"))
    assert asked["text"] == "It is in the future. Which date is it?"
    assert asked["data"]["refused"] == "It is in the future. Which date is it?"


def test_every_question_of_every_calculation_can_be_asked() -> None:
    for policy in POLICIES.values():
        for one in policy.fields:
            asked = certificate.question(Calculation(policy.id, again=one.name))
            assert asked["data"]["slot"] == one.name
            assert one.question in asked["text"]
            assert all(0 < len(title) <= 75 for title in titles(asked))


# Nothing that a partner typed becomes a link or bold

MARKED = re.compile(r"\*\*(?P<bold>.+?)\*\*|\[(?P<link>[^\]]*)\]\((?P<url>[^)]*)\)", re.DOTALL)
ASKING = [
    ("dispute_window", "invoice_date"),
    ("hwaas_credit_note", "items"),
    ("hwaas_loss", "serial_number"),
    ("hwaas_loss", "capex_price"),
    ("toll_free_outbound", "country"),
    ("did_range", "number_range"),
    ("amendment_window", "moment"),
]
_VALUES = (
    "12/05/2023 31/02/24 99 -5 EUR 1.200 $ 12 May 2023 Narnia Italy +39 02 12XX WP480 9C:75:14:AA:BB:CC 10 pm Rome "
    "time 2 phones each invoice of"
)
pieces = st.sampled_from([*_VALUES.split(), "**", "[", "](http://evil.example)", "*", "_", "`", "<b>"])
texts = st.text(max_size=30) | st.lists(pieces, max_size=9).map(" ".join) | st.lists(pieces, max_size=9).map("".join)


@given(asking=st.sampled_from(ASKING), text=texts)
@example(asking=("dispute_window", "invoice_date"), text="**02/03/2026** [02/03/2026](http://evil.example)")
@example(asking=("hwaas_loss", "serial_number"), text="serial number **9C:75:14:AA:BB:CC**")
@settings(max_examples=200, deadline=None)
def test_no_text_of_a_partner_becomes_a_link_or_bold(search: Search, asking: tuple[str, str], text: str) -> None:
    policy_id, name = asking
    calculation = Calculation(policy_id, asked=name)
    calculation.hear(text, NOW)
    outcome = calculation.outcome(NOW)
    if outcome is not None:
        shown = certificate.result(calculation, outcome, search, NOW)["text"]
        ours = {outcome.decision, *HEADINGS}
    else:
        shown = certificate.question(calculation)["text"]
        ours = {f"{calculation.policy.title}:", calculation.policy.title}
    pages = {entry.page.url for entry in search.index.entries.values()}
    for found in MARKED.finditer(shown):
        assert found["bold"] in ours if found["url"] is None else found["url"] in pages
