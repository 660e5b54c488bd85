"""Calculations whose result an agent sees beside a ticket."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from triage.findings import find_findings

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("type_id", "text", "fields", "policies"),
    [
        ("billing.dispute", "we contest the invoice", {"invoice_date": "2026-09-02"}, ["dispute_window"]),
        ("billing.dispute", "we contest the invoice", {}, []),
        ("classound.move_service", "please move the number", {}, ["paid_service"]),
        ("classound.recover_did", "please recover the number", {}, ["paid_service"]),
        (
            "classound.porting_date_change",
            "another date please",
            {"confirmed_date": "2026-12-10", "wanted_date": "2027-01-15"},
            ["porting_date_change"],
        ),
        ("classound.porting_date_change", "another date please", {"confirmed_date": "2026-13-99"}, []),
        ("classound.special_number", "enable 0900 please", {}, []),
    ],
)
def test_a_calculation_is_shown_where_the_ticket_gives_enough(
    type_id: str, text: str, fields: dict[str, Any], policies: list[str]
) -> None:
    found = find_findings(type_id, text, fields, NOW)
    assert [one["policy"] for one in found] == policies
    assert all(one["decision"] for one in found)
