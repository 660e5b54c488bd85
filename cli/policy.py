"""`care policy`: a calculation from the command line; and docs/policies.md, written from the same data."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from knowledge.policy.catalogue import POLICIES
from knowledge.policy.fields import Field, InvalidInput, Policy
from knowledge.policy.json_form import calculate
from knowledge.policy.parameters import Table, tables
from settings import ROOT

DOCS = ROOT / "docs" / "policies.md"
_HEAD = """# The policy calculations

Written by `python -m cli.policy` from the calculations and their tables; don't edit it. Customer Care proof-reads
the rules here. A parameter's file is `knowledge/policy/parameters/<policy>.yml`, its cases are
`tests/cases/policies/<policy>.yml`.
"""


def run_policy(name: str, values: str) -> int:
    """Print the outcome as JSON. The exit status: 0, or 1 with one sentence on standard error."""
    if name == "list":
        print("\n".join(f"{policy.id}: {policy.title}" for policy in POLICIES.values()))
        return 0
    if name not in POLICIES:
        print(f"There is no calculation {name}. There are: {', '.join(POLICIES)}.", file=sys.stderr)
        return 1
    try:
        given = json.loads(values)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        print('--json must be an object such as {"invoice_date": "2026-01-31"}.', file=sys.stderr)
        return 1
    try:
        outcome = calculate(POLICIES[name], given, datetime.now(UTC))
    except InvalidInput as problem:
        print(f"{problem.field}: {problem.reason}" if problem.field else problem.reason, file=sys.stderr)
        return 1
    print(json.dumps(outcome, ensure_ascii=False, indent=1))
    return 0


def describe_all() -> str:
    """The text of docs/policies.md."""
    return "\n".join([_HEAD, *(_describe(policy) for policy in POLICIES.values())])


def _describe(policy: Policy) -> str:
    lines = [f"## {policy.title}", "", f"`{policy.id}` · rests on {', '.join(policy.sources)}", ""]
    lines += ["| input | kind | asked as |", "| --- | --- | --- |"]
    lines += [_input(field) for field in policy.fields]
    lines += ["", "| parameter | value | from | source | remarks |", "| --- | --- | --- | --- | --- |"]
    for table in tables(policy.id).values():
        lines += _parameter(table)
    return "\n".join([*lines, ""])


def _input(field: Field) -> str:
    kind = " / ".join(field.choices.values()) if field.choices else field.kind
    return f"| {field.label}{' (optional)' if field.optional else ''} | {_cell(kind)} | {_cell(field.question)} |"


def _parameter(table: Table) -> list[str]:
    rows = []
    for record in table.records:
        value = json.dumps(record.value, ensure_ascii=False, default=str)
        since = record.since or "not named"
        cells = (f"{table.description} ({table.unit})", value, str(since), record.source, record.notes)
        rows.append(f"| {' | '.join(_cell(cell) for cell in cells)} |")
    return rows


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "/")


def write_docs(path: Path = DOCS) -> None:
    """Write docs/policies.md anew."""
    path.write_text(describe_all(), encoding="utf-8")


if __name__ == "__main__":
    write_docs()
