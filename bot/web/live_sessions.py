"""The sessions whose sockets are open here, and which of them have ended since: here at once, elsewhere in seconds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from tickets.base import now
from tickets.conversations import token_hash
from tickets.database import Database
from tickets.partners import living_sessions

log = logging.getLogger("care.web")

_LOOK_SECONDS = 2.0
_AT_ONCE = 500  # sessions in one query


class LiveSessions:
    """Tells each open socket when its session is over: signed out, expired, or deleted."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ended: dict[str, set[asyncio.Event]] = {}  # by the hash of the session's token

    @contextmanager
    def open(self, token: str) -> Iterator[asyncio.Event]:
        """While a socket of this session is open; the event is set when the session ends."""
        key, ended = token_hash(token), asyncio.Event()
        self._ended.setdefault(key, set()).add(ended)
        try:
            yield ended
        finally:
            self._ended[key].discard(ended)
            if not self._ended[key]:
                del self._ended[key]

    def end(self, token: str) -> None:
        """A session was ended in this process."""
        self._tell([token_hash(token)])

    async def watch(self) -> None:
        """Keep looking for sessions that ended elsewhere; never returns."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                await self._look()
            except SQLAlchemyError as error:
                log.error("open sessions could not be looked at: %s", type(error).__name__)

    async def _look(self) -> None:
        keys = list(self._ended)
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            living = await asyncio.to_thread(self._database.read, partial(living_sessions, hashes=some, at=now()))
            self._tell(set(some) - living)

    def _tell(self, hashes: Iterable[str]) -> None:
        for key in hashes:
            for ended in self._ended.get(key, ()):
                ended.set()
