"""The engine's memory of conversations, which must end with them: Rasa never deletes a tracker."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

_WAIT_SECONDS = 5.0


def tracker_file(data_dir: Path) -> Path:
    """The engine's SQLite file, where `care run` starts the engine."""
    return data_dir / "tracker.db"


def forget(path: Path, conversations: Sequence[str]) -> None:
    """Delete the trackers of conversations; nothing happens where the engine has no file yet.

    Raises:
        sqlite3.Error: the file is locked too long, or cannot be used.
    """
    if not path.exists():
        return
    with closing(sqlite3.connect(path, timeout=_WAIT_SECONDS)) as database, database:
        if database.execute("SELECT 1 FROM sqlite_master WHERE name = 'events'").fetchone():
            database.executemany("DELETE FROM events WHERE sender_id = ?", [(one,) for one in conversations])
