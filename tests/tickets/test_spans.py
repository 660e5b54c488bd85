"""The period that an address names, and the address of a period."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tickets.spans import Span

TODAY = date(2026, 11, 20)


class TestSpans:
    @pytest.mark.parametrize(
        ("given", "first", "last", "query"),
        [
            ({}, "2026-10-22", "2026-11-20", ""),
            ({"days": "7"}, "2026-11-14", "2026-11-20", "?days=7"),
            ({"days": "90", "queue": "Orders"}, "2026-08-23", "2026-11-20", "?days=90&queue=Orders"),
            ({"days": "8"}, "2026-10-22", "2026-11-20", ""),
            ({"from": "2026-11-01", "to": "2026-11-05"}, "2026-11-01", "2026-11-05", "?from=2026-11-01&to=2026-11-05"),
            ({"from": "2026-11-05", "to": "2026-11-01"}, "2026-11-01", "2026-11-05", "?from=2026-11-01&to=2026-11-05"),
            ({"from": "2026-11-18"}, "2026-11-18", "2026-11-20", "?from=2026-11-18&to=2026-11-20"),
            ({"to": "2026-11-18"}, "2026-11-18", "2026-11-18", "?from=2026-11-18&to=2026-11-18"),
            ({"from": "2027-01-01", "to": "2028-01-01"}, "2026-11-20", "2026-11-20", "?from=2026-11-20&to=2026-11-20"),
            ({"from": "2001-01-01", "to": "2026-11-20"}, "2025-11-20", "2026-11-20", "?from=2025-11-20&to=2026-11-20"),
            ({"from": "x", "to": "0001-01-01", "queue": "<b>"}, "2026-10-22", "2026-11-20", ""),
            ({"days": "7", "from": "2026-11-01"}, "2026-11-14", "2026-11-20", "?days=7"),
        ],
    )
    def test_an_address_is_a_span_and_the_other_way_round(
        self, given: dict[str, str], first: str, last: str, query: str
    ) -> None:
        span = Span.read(given, TODAY)
        assert (span.first.isoformat(), span.last.isoformat()) == (first, last)
        assert span.query() == query
        again = dict(part.split("=") for part in query[1:].split("&")) if query else {}
        assert Span.read(again, TODAY) == span

    @pytest.mark.parametrize("days", [7, 30, 90])
    def test_its_steps_are_all_its_days_once(self, days: int) -> None:
        span = Span.read({"days": str(days)}, TODAY)
        steps = span.steps()
        covered = [first + timedelta(days=n) for first, last in steps for n in range((last - first).days + 1)]
        assert covered == [span.first + timedelta(days=n) for n in range(days)]
        assert len(steps) == {7: 7, 30: 30, 90: 13}[days]
