"""Lets a task of the loop sleep until the writer has committed something for it."""

from __future__ import annotations

import asyncio
import contextlib

from tickets.database import Database


def set_on_commit(database: Database, bell: str, event: asyncio.Event) -> None:
    """Set the event, in the loop that runs now, after each commit that rings this bell."""
    loop = asyncio.get_running_loop()

    def ring() -> None:  # in the writer's thread, which may outlive the loop
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(event.set)

    database.on_commit(bell, ring)
