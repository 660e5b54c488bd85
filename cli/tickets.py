"""`care tickets`: look at tickets, export them, erase them.

What writes goes the way of cli/writing.py.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.writing import Ask, actor, ask_for, our_settings, printable, reading, stop, writing

if TYPE_CHECKING:  # heavy, and `care --help` shall answer at once
    from bot.erasing import Order

app = typer.Typer(no_args_is_help=True, help="Look at tickets, export them, erase them.")

State = Annotated[str, typer.Option(help="Only those in this state: new, open, waiting, resolved, closed.")]
Queue = Annotated[str, typer.Option(help="Only those of this queue.")]
_UNITS = {"d": 1, "m": 30, "y": 365}
_KIND = re.compile(r"(\d{1,5})([dmy])")


@app.command("list")
def list_tickets(
    state: State = "", queue: Queue = "", most: Annotated[int, typer.Option(min=1, max=1000)] = 50
) -> None:
    """The newest tickets, one a line."""
    from sqlalchemy import select

    from tickets.ticket_models import Ticket

    _check(state, queue)
    query = select(Ticket).order_by(Ticket.number.desc()).limit(most)
    if state:
        query = query.where(Ticket.state == state)
    if queue:
        query = query.where(Ticket.queue == queue)
    with reading(our_settings()) as database:
        found = database.read(lambda session: session.scalars(query).all())
    for ticket in found:
        incomplete = " incomplete" if ticket.incomplete else ""
        kinds = f"{ticket.state:<8} {ticket.priority:<6} {ticket.type}{incomplete}"
        typer.echo(f"{ticket.name}  {ticket.created_at:%Y-%m-%d %H:%M}  {kinds}  {printable(ticket.subject)}")


@app.command()
def show(name: Annotated[str, typer.Argument(help="CC-000123, or 123.")]) -> None:
    """One ticket with all that happened to it."""
    from sqlalchemy import select

    from tickets.export import plain
    from tickets.ticket_models import Ticket, TicketEvent

    number = re.fullmatch(r"(?:CC-)?0*(\d{1,9})", name.strip(), re.IGNORECASE)
    if number is None:
        stop(f"{name} is not the number of a ticket; one looks like CC-000123.")

    def find(session: Any) -> dict[str, Any] | None:
        ticket = session.get(Ticket, int(number[1]))
        if ticket is None:
            return None
        query = select(TicketEvent).where(TicketEvent.ticket_number == ticket.number).order_by(TicketEvent.id)
        return plain(ticket, session.scalars(query), {})

    with reading(our_settings()) as database:
        found = database.read(find)
    if found is None:
        stop(f"There is no ticket {name}.")
    events = found.pop("events")
    for key, value in found.items():
        if value not in (None, "", {}, []):
            shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            typer.echo(f"{key}: {printable(shown, lines=True)}")
    for event in events:
        said = f"\n  {printable(event['text'], lines=True)}" if event["text"] else ""
        data = f" {json.dumps(event['data'], ensure_ascii=False)}" if event["data"] else ""
        typer.echo(f"\n{event['at'][:16]}  {event['kind']} by {printable(event['author'])}{printable(data)}{said}")


@app.command()
def export(
    form: Annotated[str, typer.Option("--format", help="csv or json.")] = "csv",
    separator: Annotated[
        str, typer.Option(help="Between CSV's cells: comma, semicolon (for Excel in Italy) or tab.")
    ] = "comma",
    since: Annotated[str, typer.Option(help="Opened on or after this day, 2026-01-31 (UTC).")] = "",
    until: Annotated[str, typer.Option(help="Opened before this day.")] = "",
    state: State = "",
    queue: Queue = "",
    output: Annotated[
        Path | None, typer.Option(help="File to write, readable by you only; none: standard output.")
    ] = None,
) -> None:
    """Tickets as CSV (safe in spreadsheets) or JSON (with their events); it is noted in the audit log."""
    from tickets.export import SEPARATORS, Filter, tickets, write_csv, write_json

    if form not in ("csv", "json"):
        stop("--format is csv or json.")
    if separator not in SEPARATORS:
        stop("--separator is comma, semicolon or tab.")
    _check(state, queue)
    wanted = Filter(_day("--since", since), _day("--until", until), state, queue)
    write = partial(write_csv, separator=SEPARATORS[separator]) if form == "csv" else write_json
    settings = our_settings()
    with writing(settings) as (ask, database):
        detail = {"format": form, "since": since, "until": until, "state": state, "queue": queue}
        # Noted first: an export that nobody can trace must not be.
        ask_for(
            ask, {"audit": {"actor": actor(), "what": "exported", "detail": {k: v for k, v in detail.items() if v}}}
        )
        # Excel takes a file without the mark for the system's own encoding; programs that read commas stumble over it.
        marked = form == "csv" and separator != "comma"
        with _file(output, "utf-8-sig" if marked else "utf-8") as file:
            count = database.read(lambda session: write(tickets(session, wanted), file))
    typer.echo(f"{count} tickets", err=True)


@app.command()
def erase(
    partner: Annotated[
        str, typer.Option(help="Everything of a partner: id or e-mail address; - asks for it, so that no log has it.")
    ] = "",
    older_than: Annotated[str, typer.Option(help="Tickets closed longer ago than this: 90d, 18m, 3y.")] = "",
    again: Annotated[bool, typer.Option("--again", help="What was erased before and a restored backup holds.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask before erasing.")] = False,
) -> None:
    """Erase a partner, or tickets of long ago, for good: rows, files, the engine's memory."""
    from bot.erasing import Order

    if sum(map(bool, (partner, older_than, again))) != 1:
        stop("Give one of --partner, --older-than, --again.")
    if partner == "-":
        partner = typer.prompt("Id or e-mail address of the partner").strip()
    before = ""
    if older_than:
        kind = _KIND.fullmatch(older_than)
        if kind is None:
            stop(f"--older-than={older_than} cannot be used: give a number and d, m or y, such as 3y.")
        before = (datetime.now(UTC) - timedelta(days=int(kind[1]) * _UNITS[kind[2]])).isoformat()
    order = Order(partner=partner, before=before, again=again, dry_run=True, actor=actor())
    with writing(our_settings()) as (ask, _):
        found = _erase(ask, order)
        typer.echo(f"Found: {_counted(found['counts'])}.")
        if found["named_elsewhere"]:
            names = ", ".join(found["named_elsewhere"])
            typer.echo(f"Tickets of others name this address and stay; look at them: {names}.")
        if dry_run or not (any(found["counts"].values()) or again):
            return
        if not yes:
            typer.confirm("Erase this for good?", abort=True)
        from dataclasses import replace

        done = _erase(ask, replace(order, dry_run=False))
    typer.echo(f"Erased: {_counted(done['counts'])}. Nothing of it is left in the database's files.")


def _erase(ask: Ask, order: Order) -> dict[str, Any]:
    from dataclasses import asdict

    return ask_for(ask, {"erase": asdict(order)})


@contextmanager
def _file(output: Path | None, encoding: str) -> Iterator[Any]:
    if output is None:
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(encoding=encoding, newline="")
        yield sys.stdout
        return
    try:
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        stop(f"{output} cannot be written: {error.strerror}.")
    with open(descriptor, "w", encoding=encoding, newline="") as file:
        yield file


def _check(state: str, queue: str) -> None:
    from tickets.states import STATES
    from tickets.types import queues

    if state and state not in STATES:
        stop(f"--state is one of {', '.join(STATES)}.")
    if queue and queue not in queues():
        stop(f"--queue is one of {', '.join(queues())}.")


def _day(option: str, text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        stop(f"{option}={text} cannot be used: give a day such as 2026-01-31.")


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items()) or "nothing"
