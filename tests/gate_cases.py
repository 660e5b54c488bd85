"""The table of the English gate that the doors' tests share: one line for each text and what it shall come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from knowledge import strict_yaml
from settings import ROOT


@dataclass(frozen=True)
class GateCase:
    """A text in one place of a ticket that is English otherwise."""

    type: str
    at: str
    text: str
    language: str  # of a text that is refused; "" where it passes
    chat: str  # what opens such a ticket in the chat; "" where the chat has no such place

    def __str__(self) -> str:
        return f"{self.at}: {self.text[:30]}"


def gate_cases() -> list[GateCase]:
    """All lines of the table."""
    rows: list[dict[str, Any]] = strict_yaml.load((ROOT / "tests/cases/gate.yml").read_text(encoding="utf-8"))
    return [
        GateCase(row["type"], row["at"], text, row["language"] if text == row["refused"] else "", row.get("chat", ""))
        for row in rows
        for text in (row["refused"], *row["passes"])
    ]
