"""What the server has written: transcripts and turns from its database, dialogue from Rasa's tracker."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Line:
    """One line of a transcript, with the turn that it belongs to."""

    seq: int
    kind: str
    client_id: str | None
    text: str
    data: dict[str, Any]
    turn_id: str


@dataclass(frozen=True)
class Parsed:
    """What the engine noted about one message of a partner."""

    text: str
    intent: str
    confidence: float
    entities: list[dict[str, Any]]


class ServerLog:
    """Reads a service's data folder beside the running service."""

    def __init__(self, data_dir: Path) -> None:
        self._database = data_dir / "care.db"
        self._tracker = data_dir / "tracker.db"

    def transcript(self, conversation: str) -> list[Line]:
        """A conversation's events in order."""
        query = "SELECT seq, kind, client_id, text, data, turn_id FROM events WHERE conversation_id = ? ORDER BY seq"
        with reading(self._database) as connection:
            rows = connection.execute(query, [conversation]).fetchall()
        return [
            Line(seq, kind, client_id, text, json.loads(data), turn_id)
            for seq, kind, client_id, text, data, turn_id in rows
        ]

    def conversation(self, sender: str) -> str:
        """The conversation of a sender of the API."""
        query = "SELECT id FROM conversations WHERE channel = 'api' AND external_id = ?"
        with reading(self._database) as connection:
            return str(connection.execute(query, [sender]).fetchone()[0])

    def pending(self, conversation: str = "%") -> int:
        """Turns not answered yet, of one conversation or of all."""
        query = "SELECT count(*) FROM turns WHERE state = 'pending' AND conversation_id LIKE ?"
        with reading(self._database) as connection:
            return int(connection.execute(query, [conversation]).fetchone()[0])

    def rows(self) -> dict[str, int]:
        """How many rows each table has, the tracker's included."""
        counts = {}
        for path in (self._database, self._tracker):
            with reading(path) as connection:
                tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
                for (table,) in tables:
                    (count,) = connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()
                    counts[f"{path.stem}.{table}"] = int(count)
        return counts

    def dialogue(self, conversation: str) -> list[dict[str, Any]]:
        """The engine's events of a conversation, as Rasa keeps them."""
        with reading(self._tracker) as connection:
            rows = connection.execute("SELECT data FROM events WHERE sender_id = ? ORDER BY id", [conversation])
            return [json.loads(data) for (data,) in rows]

    def parsed(self, conversation: str) -> list[Parsed]:
        """What the engine understood, message by message; without what `bot` itself says to begin a session."""
        return [
            Parsed(
                event["text"] or "",
                event["parse_data"]["intent"]["name"],
                event["parse_data"]["intent"]["confidence"],
                event["parse_data"]["entities"],
            )
            for event in self.dialogue(conversation)
            if event["event"] == "user" and not begins_session(event)
        ]


def begins_session(event: dict[str, Any]) -> bool:
    """Whether `bot` said this, which no message of a partner's can look like: those have a turn's id there."""
    return event["event"] == "user" and event["metadata"].get("session") == "new" and "turn_id" not in event["metadata"]


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as connection:
        yield connection
