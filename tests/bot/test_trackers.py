"""The engine's trackers end with their conversations."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from bot.trackers import forget, tracker_file


def test_only_the_named_conversations_are_forgotten(tmp_path: Path) -> None:
    path = tracker_file(tmp_path)
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, sender_id TEXT, data TEXT)")
        rows = [("old", "a"), ("old", "b"), ("young", "c")]
        database.executemany("INSERT INTO events (sender_id, data) VALUES (?, ?)", rows)
    forget(path, ["old", "never seen"])
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT sender_id, data FROM events").fetchall() == [("young", "c")]


def test_an_engine_without_a_file_or_table_has_nothing_to_forget(tmp_path: Path) -> None:
    path = tracker_file(tmp_path)
    forget(path, ["x"])
    assert not path.exists()
    path.touch()
    forget(path, ["x"])
