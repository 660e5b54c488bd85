"""The engine's memory of conversations, which must end with them: Rasa never deletes a tracker."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from tickets.erasure import TICKET_NAME, without

_WAIT_SECONDS = 5.0


def tracker_file(data_dir: Path) -> Path:
    """The engine's SQLite file, where `care run` starts the engine."""
    return data_dir / "tracker.db"


def forget(path: Path, conversations: Sequence[str], quoted: Mapping[str, str] | None = None) -> None:
    """Delete the trackers of conversations; nothing happens where the engine has no file yet.

    Args:
        quoted: name → subject of tickets that are erased: replies to others that name one lose its subject,
            and the file is rewritten, so that nothing deleted is left in it.

    Raises:
        sqlite3.Error: the file is locked too long, or cannot be used.
    """
    if not path.exists():
        return
    with closing(sqlite3.connect(path, timeout=_WAIT_SECONDS)) as database:
        if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'events'").fetchone():
            return
        database.execute("PRAGMA secure_delete = ON")
        with database:
            database.executemany("DELETE FROM events WHERE sender_id = ?", [(one,) for one in conversations])
            if quoted:
                _hide(database, quoted)
        if quoted is not None:
            database.execute("VACUUM")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _hide(database: sqlite3.Connection, quoted: Mapping[str, str]) -> None:
    for id_, data in database.execute("SELECT id, data FROM events WHERE data LIKE '%CC-%'").fetchall():
        hidden = {quoted[name] for name in TICKET_NAME.findall(data) if name in quoted}
        if hidden:
            cleaned = json.dumps(without(json.loads(data), hidden))
            database.execute("UPDATE events SET data = ? WHERE id = ?", [cleaned, id_])
