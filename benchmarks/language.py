"""Measure the English gate: `python -m benchmarks.language [FILE]`. Lines: id, text, english, language, kind."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from settings import ROOT
from tickets.language import judge


@dataclass
class Gate:
    """What the gate did with some texts: refused English, foreign let through, and how often it would ask."""

    english: int = 0
    refused: int = 0
    foreign: int = 0
    passed: int = 0
    doubts: int = 0
    right_language: int = 0

    def count(self, row: dict[str, Any]) -> None:
        """Judge one text."""
        verdict = judge(row["text"])
        self.doubts += not verdict.sure
        if row["english"]:
            self.english += 1
            self.refused += verdict.sure and not verdict.english
        else:
            self.foreign += 1
            self.passed += verdict.sure and verdict.english
            self.right_language += not verdict.english and verdict.language == row["language"]


def measure(rows: Iterable[dict[str, Any]], by: str) -> dict[str, Gate]:
    """The gate by kind or by language, and over all."""
    gates: dict[str, Gate] = defaultdict(Gate)
    for row in rows:
        gates[row[by]].count(row)
        gates["all"].count(row)
    return gates


def main(arguments: list[str]) -> int:
    """Measure one file; by default our own."""
    path = Path(arguments[0]) if arguments else ROOT / "benchmarks" / "language.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    console = Console(width=120)
    console.rule(f"the English gate: {path.name}")
    for by in ("kind", "language"):
        table = Table(by, "English", "refused", "foreign", "passed", "doubts", "language right", title=f"By {by}")
        for name, gate in sorted(measure(rows, by).items(), key=lambda pair: (pair[0] == "all", pair[0])):
            named = f"{gate.right_language / gate.foreign:.0%}" if gate.foreign else "-"
            counts = (gate.english, gate.refused, gate.foreign, gate.passed, gate.doubts)
            table.add_row(name, *map(str, counts), named)
        console.print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
