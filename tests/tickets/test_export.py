"""Exports: every field, every event, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import json
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.tickets import desk
from tickets import changes, export
from tickets.base import now
from tickets.changes import Author
from tickets.database import Database
from tickets.export import Filter, cell
from tickets.ticket_models import Ticket, TicketEvent

ATTACKS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\x00=1", "＝1+1", "＋1", "－1", "＠x"]


def rows(database: Database, wanted: Filter | None = None) -> list[dict[str, Any]]:
    """What is exported."""
    return database.read(lambda session: list(export.tickets(session, wanted or Filter())))


def as_csv(database: Database) -> list[dict[str, str]]:
    """The CSV as another program reads it."""
    file = io.StringIO(newline="")
    database.read(lambda session: export.write_csv(export.tickets(session, Filter()), file))
    return list(csv.DictReader(io.StringIO(file.getvalue(), newline="")))


def a_life(session: Session) -> Ticket:
    """A ticket with events and all kinds of values."""
    ticket = desk.ticket(
        session,
        desk.partner(session),
        subject="Où est-il? „Straße“ 数",
        description='Line one\nline two, with; and "quotes"',
        fields={"order_number": "4711", "did_numbers": ["+390461000001", "+390461000002"], "unheard_of": "x"},
        triage={"type_reason": "it says order"},
    )
    olga = desk.agent(session)
    changes.assign(session, ticket, Author.of(olga), olga)
    changes.reply(session, ticket, Author.of(olga), "On its way.")
    return ticket


class TestJson:
    def test_every_field_and_event_is_in_it(self, database: Database) -> None:
        ticket = database.write(a_life)
        file = io.StringIO()
        count = database.read(lambda session: export.write_json(export.tickets(session, Filter()), file))
        (row,) = json.loads(file.getvalue())
        assert count == 1
        internal = {"key", "fingerprint", "rank", "triage_due", "assignee_id"}
        assert row.keys() - {"events", "assignee"} == {c.key for c in Ticket.__table__.columns} - internal
        assert (row["number"], row["assignee"], row["subject"]) == (ticket.name, "olga", "Où est-il? „Straße“ 数")
        assert [event["kind"] for event in row["events"]] == ["opened", "assigned", "state", "reply", "state"]
        assert row["events"][0].keys() == {c.key for c in TicketEvent.__table__.columns} - {"ticket_number", "key"}
        assert "Où est-il" in file.getvalue()

    @pytest.mark.parametrize("count", [0, 1, 3])
    def test_it_is_one_array_however_many(self, database: Database, count: int) -> None:
        for _ in range(count):
            database.write(desk.ticket)
        file = io.StringIO()
        database.read(lambda session: export.write_json(export.tickets(session, Filter()), file))
        assert len(json.loads(file.getvalue())) == count


class TestCsv:
    def test_every_field_has_a_column(self, database: Database) -> None:
        ticket = database.write(a_life)
        (row,) = as_csv(database)
        assert row["number"] == ticket.name
        assert row["description"] == 'Line one\nline two, with; and "quotes"'
        assert row["contact.email"] == "ann@acme.example"
        assert row["fields.order_number"] == "4711"
        assert row["fields.did_numbers"] == "'+390461000001, +390461000002"
        assert json.loads(row["fields.other"]) == {"unheard_of": "x"}
        assert json.loads(row["triage"]) == {"type_reason": "it says order"}
        assert row["incomplete"] in ("true", "false")
        assert datetime.fromisoformat(row["created_at"]) == ticket.created_at

    @pytest.mark.parametrize("attack", ATTACKS)
    def test_a_cell_that_a_spreadsheet_would_run_is_text(self, attack: str) -> None:
        assert cell(attack).startswith("'")
        assert cell(attack).replace("'", "") == attack

    @pytest.mark.parametrize(
        ("text", "separator", "expected"),
        [
            ("yes;=1+1", ",", "yes;'=1+1"),
            ("yes; \t@x", ",", "yes; \t'@x"),
            ("yes,=1+1", ";", "yes,'=1+1"),
            ("one\n- 1+1", ",", "one\n'- 1+1"),
            (";=1+1", ",", ";'=1+1"),
            ("\t=1", ",", "'\t'=1"),
            ("yes, +39 0461", ",", "yes, +39 0461"),
            ("1 - 2", ",", "1 - 2"),
        ],
    )
    def test_nor_does_one_that_separates_otherwise_find_a_formula_inside(
        self, text: str, separator: str, expected: str
    ) -> None:
        assert cell(text, separator) == expected

    @pytest.mark.parametrize("text", ["\n" * 100_000, "; " * 50_000, "\t;\n =" * 20_000])
    def test_hostile_texts_take_hardly_longer_than_plain_ones(self, text: str) -> None:
        def seconds(text: str) -> float:
            begun = time.process_time()
            cell(text)
            return time.process_time() - begun

        plain = min(seconds("plain text; " * (len(text) // 12)) for _ in range(5))
        assert min(seconds(text) for _ in range(3)) < 100 * plain + 0.01  # read again from each place: 10,000 times

    def test_semicolons_for_spreadsheets_that_separate_by_them(self, database: Database) -> None:
        database.write(a_life)
        file = io.StringIO(newline="")
        database.read(lambda session: export.write_csv(export.tickets(session, Filter()), file, ";"))
        (row,) = csv.DictReader(io.StringIO(file.getvalue(), newline=""), delimiter=";")
        assert row["description"] == 'Line one\nline two, with; and "quotes"'

    @pytest.mark.parametrize("plain", ["", "hello", "1-2", "a=b", "a@b.example", "(39) 0461"])
    def test_other_cells_are_as_they_are(self, plain: str) -> None:
        assert cell(plain) == plain

    def test_no_cell_of_a_hostile_ticket_is_a_formula(self, database: Database) -> None:
        for attack in ATTACKS:
            clean = attack.replace("\x00", "+")  # PostgreSQL takes none; see the cells above
            contact = {"name": clean, "company": clean, "email": clean}
            fields = {"order_number": clean, "did_numbers": [clean], clean: clean}
            values: dict[str, Any] = {"subject": clean, "description": clean, "contact": contact, "fields": fields}
            database.write(partial(desk.ticket, **values))
        found = as_csv(database)
        assert len(found) == len(ATTACKS)
        cells = [value for row in found for value in row.values()]
        assert sum(value.startswith("'") for value in cells) >= 7 * len(ATTACKS)
        assert [value for value in cells if value.startswith(export._FORMULA)] == []


class TestFilters:
    def test_days_state_and_queue_narrow_it(self, database: Database) -> None:
        def three(session: Session) -> None:
            old = desk.ticket(session, subject="old")
            old.created_at = now() - timedelta(days=10)
            desk.ticket(session, subject="billing", type="billing.payment")
            closed = desk.ticket(session, subject="closed")
            changes.set_state(session, closed, Author.of(desk.agent(session)), "closed")

        def subjects(**wanted: Any) -> set[str]:
            return {row["subject"] for row in rows(database, Filter(**wanted))}

        database.write(three)
        yesterday = datetime.now(UTC) - timedelta(days=1)
        assert subjects() == {"old", "billing", "closed"}
        assert subjects(since=yesterday) == {"billing", "closed"}
        assert subjects(until=yesterday) == {"old"}
        assert subjects(state="closed") == {"closed"}
        assert subjects(queue="Billing") == {"billing"}
        assert subjects(queue="Billing", state="closed") == set()

    def test_more_than_one_page_comes_in_order(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(export, "_AT_ONCE", 3)
        database.write(lambda session: [desk.ticket(session) for _ in range(8)] and None)
        numbers = [row["number"] for row in rows(database)]
        assert numbers == sorted(numbers)
        assert len(set(numbers)) == 8
