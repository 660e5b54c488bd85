"""Erasing from everything that `bot` keeps: database, the engine's trackers, the erasure list for restored backups.

The list, `erased.jsonl` in the data folder, holds random ids, nothing of a person. It is written before
anything is deleted, and `care run` works through it before it serves: a backup that is restored is
erased again.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.trackers import forget, tracker_file
from tickets import erasure
from tickets.base import now
from tickets.database import Database
from tickets.erasure import Found

LIST = "erased.jsonl"


@dataclass(frozen=True)
class Order:
    """What to erase: one of partner, before, again.

    Attributes:
        before: tickets closed before this time, in ISO form.
        again: what the erasure list names.
        dry_run: only count.
        actor: who asked for it, for the audit log.
    """

    partner: str = ""
    before: str = ""
    again: bool = False
    dry_run: bool = True
    actor: str = "command line"


@dataclass(frozen=True)
class Outcome:
    """What was found or erased, by kind, and the tickets of others that name the partner's address."""

    counts: dict[str, int] = field(default_factory=dict)
    named_elsewhere: list[str] = field(default_factory=list)


def carry_out(database: Database, data_dir: Path, order: Order) -> Outcome:
    """Erase, in everything; returns when nothing of it is left in any file.

    Raises:
        erasure.Unclear: no partner, or several, are called so.
        SQLAlchemyError, sqlite3.Error, OSError: it is not all done; ordering it again, or `again`, continues.
    """
    listed = _read_list(data_dir)
    why = "partner" if order.partner else "again" if order.again else "older than"

    def find(session: Any) -> Found:
        if order.partner:
            return erasure.of_partner(session, order.partner)
        if order.again:
            return erasure.again(session, listed["partners"], listed["conversations"], listed["tickets"])
        return erasure.older_than(session, datetime.fromisoformat(order.before))

    found = database.read(find)
    if order.dry_run:
        counts = {"partners": len(found.partners), "tickets": len(found.tickets)}
        return Outcome({**counts, "conversations": len(found.conversations)}, found.named_elsewhere)
    if found and not order.again:
        _append(data_dir, found)
    counts = database.write(lambda session: erasure.erase(session, found, actor=order.actor, why=why)) if found else {}
    once = [*listed["conversations"], *listed["threads"]] if order.again else []
    gone = sorted({*found.conversations, *found.threads, *once})
    forget(tracker_file(data_dir), gone, found.subjects)
    database.compact()
    return Outcome(counts, found.named_elsewhere)


def erase_again(database: Database, data_dir: Path) -> Outcome:
    """Erase what the list names and a restored backup brought back; nothing happens where there is none."""
    if not (data_dir / LIST).exists():
        return Outcome()
    order = Order(again=True, actor="system")
    if not any(carry_out(database, data_dir, order).counts.values()):
        return Outcome()
    return carry_out(database, data_dir, Order(again=True, dry_run=False, actor="system"))


def _append(data_dir: Path, found: Found) -> None:
    line = {
        "at": now().isoformat(timespec="seconds"),
        "partners": found.partners,
        "conversations": found.conversations,
        "threads": found.threads,
        "tickets": list(found.tickets.values()),
    }
    with open(data_dir / LIST, "a", encoding="utf-8", opener=_private) as file:
        file.write(json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _read_list(data_dir: Path) -> dict[str, list[str]]:
    listed: dict[str, list[str]] = {"partners": [], "conversations": [], "threads": [], "tickets": []}
    if not (data_dir / LIST).exists():
        return listed
    for line in (data_dir / LIST).read_text(encoding="utf-8").splitlines():
        if line.strip():
            for kind, ids in json.loads(line).items():
                if kind in listed:
                    listed[kind].extend(ids)
    return listed


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
