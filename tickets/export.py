"""Tickets as CSV for spreadsheets and as JSON for programs, with every field; read a few at a time.

A spreadsheet takes a cell that begins with = + - @ for a formula, whoever wrote it. Such a cell gets
an apostrophe in front, and so do those that begin with a control character that spreadsheets drop.
Spreadsheets separate by comma or semicolon, by country. One that separates otherwise than the file does begins
cells in the middle of ours, so what would begin one there is treated the same.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final, TextIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from tickets.agent_models import Agent
from tickets.ticket_models import Ticket, TicketEvent
from tickets.types import ticket_fields

CONTACT: Final = ("name", "company", "email")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\x00", "＝", "＋", "－", "＠")
_BEGINS: Final = re.escape("=+-@＝＋－＠")
SEPARATORS: Final = {"comma": ",", "semicolon": ";", "tab": "\t"}
_AT_ONCE = 500


@dataclass(frozen=True)
class Filter:
    """Which tickets: opened at or after `since`, before `until`; empty is all."""

    since: datetime | None = None
    until: datetime | None = None
    state: str = ""
    queue: str = ""


def tickets(session: Session, wanted: Filter) -> Iterator[dict[str, Any]]:
    """Tickets with their events, oldest first, as plain values."""
    agents = {agent.id: agent.name for agent in session.execute(select(Agent.id, Agent.name))}
    query = select(Ticket).order_by(Ticket.number)
    if wanted.since:
        query = query.where(Ticket.created_at >= wanted.since)
    if wanted.until:
        query = query.where(Ticket.created_at < wanted.until)
    if wanted.state:
        query = query.where(Ticket.state == wanted.state)
    if wanted.queue:
        query = query.where(Ticket.queue == wanted.queue)
    last = 0
    while True:  # page by page: a cursor kept open would keep the write-ahead log from being emptied
        page = session.scalars(query.where(Ticket.number > last).limit(_AT_ONCE)).all()
        if not page:
            return
        last = page[-1].number
        events: dict[int, list[TicketEvent]] = {}
        numbers = [ticket.number for ticket in page]
        for event in session.scalars(
            select(TicketEvent).where(TicketEvent.ticket_number.in_(numbers)).order_by(TicketEvent.id)
        ):
            events.setdefault(event.ticket_number, []).append(event)
        for ticket in page:
            yield plain(ticket, events.get(ticket.number, []), agents)
        session.expunge_all()
        session.rollback()


def plain(ticket: Ticket, events: Iterable[TicketEvent], agents: dict[str, str]) -> dict[str, Any]:
    """A ticket in values that JSON has; the assignee by name."""
    internal = ("number", "key", "fingerprint", "rank", "triage_due", "assignee_id")
    values = {c.key: getattr(ticket, c.key) for c in Ticket.__table__.columns if c.key not in internal}
    return {
        "number": ticket.name,
        **{name: _value(value) for name, value in values.items()},
        "assignee": agents.get(ticket.assignee_id or ""),
        "events": [
            {
                c.key: _value(getattr(event, c.key))
                for c in TicketEvent.__table__.columns
                if c.key not in ("ticket_number", "key")
            }
            for event in events
        ],
    }


def write_json(rows: Iterable[dict[str, Any]], file: TextIO) -> int:
    """One JSON array; how many tickets."""
    count = 0
    file.write("[")
    for row in rows:
        count += 1
        file.write(",\n" if count > 1 else "\n")
        file.write(json.dumps(row, ensure_ascii=False).encode(errors="backslashreplace").decode())
    file.write("\n]\n")
    return count


def write_csv(rows: Iterable[dict[str, Any]], file: TextIO, separator: str = ",") -> int:
    """One line a ticket, a column for each field that tickets can have; how many tickets. The file needs newline=""."""
    known = list(ticket_fields())
    columns = [c.key for c in Ticket.__table__.columns if c.key in _own_columns()]
    head = [*columns, "assignee", *(f"contact.{name}" for name in CONTACT), *(f"fields.{name}" for name in known)]
    writer = csv.writer(file, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerow([*head, "fields.other", "triage"])
    count = 0
    for row in rows:
        count += 1
        other = {name: value for name, value in row["fields"].items() if name not in known}
        cells = [
            *(row[name] for name in columns),
            row["assignee"],
            *(row["contact"].get(name) for name in CONTACT),
            *(row["fields"].get(name) for name in known),
            other or None,
            row["triage"] or None,
        ]
        writer.writerow([cell(value, separator) for value in cells])
    return count


def cell(value: Any, separator: str = ",") -> str:
    """A value as a spreadsheet may show it, never run it."""
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        text = ", ".join(value)
    else:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = text.encode(errors="replace").decode()
    text = _inside(separator).sub(_guarded, text)
    return f"'{text}" if text.startswith(_FORMULA) else text


@cache
def _inside(separator: str) -> re.Pattern[str]:
    """Whole runs of spaces and separators of others, before what would begin a formula."""
    others = "".join(one for one in SEPARATORS.values() if one != separator)
    # Only from the beginning of a run, and without trying shorter ones: 100 kB of line ends are read once.
    return re.compile(rf"(?<![\s{others}])(?P<run>[\s{others}]++)(?=[{_BEGINS}])")


def _guarded(match: re.Match[str]) -> str:
    run = match["run"]
    return f"{run}'" if run.strip(" ") else run


def _own_columns() -> set[str]:
    """Columns of the table that are cells as they are."""
    apart = {"key", "fingerprint", "rank", "triage_due", "assignee_id", "contact", "fields", "triage"}
    return {column.key for column in Ticket.__table__.columns} - apart


def _value(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
