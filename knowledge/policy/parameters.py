"""Dated tables: every figure of a rule, with the day from which it holds and the source it comes from.

One file a policy under parameters/, read strictly: unknown or duplicate keys are errors that
name file and key. A value of the past stays, so that it can be computed for a date in the past.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from knowledge import strict_yaml

_FOLDER = Path(__file__).parent / "parameters"
_TABLE_KEYS = {"description", "unit", "records"}
_RECORD_KEYS = {"value", "from", "source", "notes", "checked_on"}
_NEEDED = {"value", "from", "source", "checked_on"}


class ParameterError(ValueError):
    """A table that cannot be used, or a day for which it has no value."""


@dataclass(frozen=True)
class Record:
    """One value with the day from which it holds (None: the source names none), its source and remarks."""

    value: Any
    since: date | None
    source: str
    checked_on: date
    notes: str = ""


@dataclass(frozen=True)
class Table:
    """One parameter over time."""

    name: str
    description: str
    unit: str
    records: tuple[Record, ...]  # oldest first

    def at(self, day: date) -> Record:
        """The record in force on `day`. Raises ParameterError before the first date."""
        in_force = [record for record in self.records if record.since is None or record.since <= day]
        if not in_force:
            raise ParameterError(f"{self.name} has no value for {day}")
        return in_force[-1]


@cache
def tables(policy: str) -> dict[str, Table]:
    """The tables of one policy, by name.

    Raises:
        ParameterError: the file cannot be used; the message names file and key.
    """
    return read_tables(_FOLDER / f"{policy}.yml")


def read_tables(path: Path) -> dict[str, Table]:
    """Read one file of tables. Raises ParameterError naming file and key."""
    try:
        content = strict_yaml.load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ParameterError(f"{path.name}: cannot be read: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise ParameterError(f"{path.name}: must be a list of `name:` tables")
    return {name: _table(path.name, name, table) for name, table in content.items()}


def _table(file: str, name: str, table: Any) -> Table:
    where = f"{file}: {name}"
    _check_keys(where, table, _TABLE_KEYS, _TABLE_KEYS)
    records = []
    for number, record in enumerate(table["records"], 1):
        here = f"{where}: record {number}"
        _check_keys(here, record, _RECORD_KEYS, _NEEDED)
        since = None if record["from"] == "unknown" else record["from"]
        if since is not None and not isinstance(since, date):
            raise ParameterError(f"{here}: from: must be a date or unknown")
        if not isinstance(record["checked_on"], date):
            raise ParameterError(f"{here}: checked_on: must be a date")
        records.append(
            Record(record["value"], since, str(record["source"]), record["checked_on"], str(record.get("notes", "")))
        )
    if not records:
        raise ParameterError(f"{where}: records: there is none")
    days = [record.since or date.min for record in records]
    if days != sorted(set(days)):
        raise ParameterError(f"{where}: records: must be oldest first, each from another day")
    return Table(name, str(table["description"]), str(table["unit"]), tuple(records))


def _check_keys(where: str, given: Any, known: set[str], needed: set[str]) -> None:
    if not isinstance(given, dict):
        raise ParameterError(f"{where}: must be a list of `key: value` lines")
    for key in sorted(given.keys() - known, key=str):
        raise ParameterError(f"{where}: {key}: unknown key; known are {', '.join(sorted(known))}")
    for key in sorted(needed - given.keys()):
        raise ParameterError(f"{where}: {key}: missing")
