"""How the figures of the triage are counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from benchmarks.tickets import Case, measure
from triage.verdict import Verdict

FIELDS = {"invoice_number": "INV-1", "reason": "a reason in words"}
CASES = [
    Case("t001", "one", "2026-11-26", "billing.dispute", "Billing", "urgent", FIELDS, ["invoice_date"]),
    Case("t002", "two", "2026-11-26", "billing.payment", "Billing", "low", {"question": "q"}, []),
]


def judge(text: str, now: datetime) -> Verdict:
    fields = {"invoice_number": "inv-1", "reason": "other words", "pbx": "Rosa"}
    return Verdict("billing.dispute", 1.0, "", (), "Billing", "low", "", fields, ["invoice_date"])


def test_shares_confusions_and_urgent_ones_that_were_overlooked() -> None:
    figures = measure(CASES, judge)
    assert figures.shares == {"type": 0.5, "queue": 1.0, "priority": 0.5, "missing": 0.5}
    assert figures.urgent_too_low == ["t001"]
    assert dict(figures.confusions) == {("billing.payment", "billing.dispute"): 1}


def test_identifiers_must_be_right_and_words_must_be_there() -> None:
    found = measure(CASES, judge).extracted
    assert (found["invoice_number"].right, found["reason"].right, found["pbx"].wrong) == (1, 1, 1)
    assert "question" not in found, "of a wrong type the fields are not counted"
    assert measure(CASES, judge).identifiers.precision == 0.5


def test_what_was_looked_at_is_the_first_authors_odd_half_and_all_of_the_second() -> None:
    assert [case.seen for case in CASES] == [True, False]
    later = [replace(CASES[0], id=name) for name in ("t1001", "t1002", "t2001", "t2002")]
    assert [(case.author, case.seen) for case in later] == [(2, True), (2, True), (3, False), (3, False)]
