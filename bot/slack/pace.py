"""At most about one message a second in each channel, also after what another process sent there."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from tickets import outbox
from tickets.base import now
from tickets.database import Database

_APART: Final = 1.05  # seconds between two messages in a channel: Slack takes about one a second


class Pace:
    """The pace of one destination of the outbox's."""

    def __init__(self, database: Database, destination: str) -> None:
        self._database = database
        self._destination = destination
        self._posted: dict[str, float] = {}  # when this process last posted, by target

    async def wait(self, target: str) -> None:
        """Wait until something may be posted there."""
        sent = await asyncio.to_thread(
            self._database.read, lambda session: outbox.last_sent(session, self._destination, target)
        )
        ago = time.monotonic() - self._posted.get(target, float("-inf"))
        if sent is not None:
            ago = min(ago, max(0.0, (now() - sent).total_seconds()))
        if ago < _APART:
            await asyncio.sleep(_APART - ago)
        for old in [one for one, at in self._posted.items() if time.monotonic() - at > 60]:
            del self._posted[old]

    def posted(self, target: str) -> None:
        """Something was posted there just now, or may have been."""
        self._posted[target] = time.monotonic()
