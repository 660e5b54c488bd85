"""The Rasa engine as `bot` sees it: one message in, whole replies out, or a failure that is told apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import aiohttp
from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.ticket_turns import TicketRecord

ENGINE_SECONDS = 13.0  # longer than an action may take (10 s), shorter than the engine's lock lives (120 s)
BECOMES_REPLY = frozenset({"ticket", "comment"})  # of a record: `bot` says what came of it (bot/ticket_turns.py)
_NOT_A_PAYLOAD = "\u2060"  # word joiner: invisible, and no white space that Rasa would strip


class EngineFailure(Exception):
    """The engine gave no answer. Rasa says `[]` with 200 when an action or the understanding failed."""


class _Button(BaseModel):
    title: str
    payload: str


class _Reply(BaseModel):
    text: str = Field(min_length=1)
    buttons: list[_Button]
    data: dict[str, Any]


class _Said(BaseModel):
    """What one custom action says: see actions/dialogue.py."""

    model_config = ConfigDict(extra="forbid")

    replies: list[_Reply]
    record: dict[str, Any]

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        TicketRecord.model_validate(self.record)  # here, where what is wrong is never logged with its text
        if not self.replies and not self.record.keys() & BECOMES_REPLY:
            raise ValueError("neither a reply nor something that becomes one")
        return self


@dataclass(frozen=True)
class Answer:
    """A turn's replies, and the record of what was decided."""

    replies: list[dict[str, Any]]
    record: dict[str, Any]


class Engine:
    """Client of Rasa's REST channel. Send one message at a time per conversation."""

    def __init__(self, url: str, seconds: float = ENGINE_SECONDS) -> None:
        self._url = url
        self._seconds = aiohttp.ClientTimeout(total=seconds, sock_connect=2.0)
        self._opened: aiohttp.ClientSession | None = None

    async def send(self, conversation: str, message: str, turn_id: str) -> Answer:
        """Run one turn.

        Args:
            message: what `as_text` or a button of ours gives.

        Raises:
            EngineFailure: unreachable, too slow, or it answered nothing we can show.
        """
        body = {"sender": conversation, "message": message, "metadata": {"turn_id": turn_id}}
        try:
            async with self._session.post("/webhooks/rest/webhook", json=body) as response:
                response.raise_for_status()
                said = [_Said.model_validate(part.get("custom")) for part in await response.json()]
        except (aiohttp.ClientError, TimeoutError, ValueError, AttributeError, TypeError) as error:
            raise EngineFailure(type(error).__name__) from error
        if not said:
            raise EngineFailure("empty answer")
        record: dict[str, Any] = {}
        for part in said:
            record |= part.record
        return Answer([reply.model_dump() for part in said for reply in part.replies], record)

    async def begin_session(self, conversation: str) -> None:
        """Between two turns: forget what was said, keep what the slots hold (actions/sessions.py).

        Raises:
            EngineFailure: the engine is not there; a later turn can do without.
        """
        body = {"sender": conversation, "message": "/session_start", "metadata": {"session": "new"}}
        try:
            async with self._session.post("/webhooks/rest/webhook", json=body) as response:
                response.raise_for_status()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise EngineFailure(type(error).__name__) from error

    async def healthy(self) -> bool:
        """Whether the engine answers at all."""
        try:
            async with self._session.get("/", timeout=aiohttp.ClientTimeout(total=2.0)) as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def close(self) -> None:
        """Close all connections."""
        if self._opened is not None:
            await self._opened.close()

    @property
    def _session(self) -> aiohttp.ClientSession:
        if self._opened is None:  # it needs a running loop, which there is none of when the app is built
            # Rasa's server hangs up idle connections after 5 s; we do so first, and never write to a dead one.
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=3.0)
            self._opened = aiohttp.ClientSession(self._url, connector=connector, timeout=self._seconds)
        return self._opened


def as_text(text: str) -> str:
    """A partner's text as the engine may see it: never something that looks like a button's payload."""
    return _NOT_A_PAYLOAD + text if text.strip().startswith("/") else text
