"""The Rasa engine as `bot` sees it: one message in, whole replies out, or a failure that is told apart."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict, Field

ENGINE_SECONDS = 14.0  # longer than an action may take (10 s), shorter than the engine's lock lives (120 s)
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

    replies: list[_Reply] = Field(min_length=1)
    record: dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """A turn's replies, and the record of what was decided."""

    replies: list[dict[str, Any]]
    record: dict[str, Any]


class Engine:
    """Client of Rasa's REST channel. Send one message at a time per conversation."""

    def __init__(self, url: str, seconds: float = ENGINE_SECONDS) -> None:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=64)
        self._client = httpx.AsyncClient(base_url=url, timeout=httpx.Timeout(seconds, connect=2.0), limits=limits)
        self._seconds = seconds

    async def send(self, conversation: str, message: str, turn_id: str) -> Answer:
        """Run one turn.

        Args:
            message: what `as_text` or a button of ours gives.

        Raises:
            EngineFailure: unreachable, too slow, or it answered nothing we can show.
        """
        body = {"sender": conversation, "message": message, "metadata": {"turn_id": turn_id}}
        try:
            async with asyncio.timeout(self._seconds):  # httpx limits each read, not the whole
                response = await self._client.post("/webhooks/rest/webhook", json=body)
            said = [_Said.model_validate(part.get("custom")) for part in response.raise_for_status().json()]
        except (httpx.HTTPError, TimeoutError, ValueError, AttributeError, TypeError) as error:
            raise EngineFailure(type(error).__name__) from error
        if not said:
            raise EngineFailure("empty answer")
        record: dict[str, Any] = {}
        for part in said:
            record |= part.record
        return Answer([reply.model_dump() for part in said for reply in part.replies], record)

    async def healthy(self) -> bool:
        """Whether the engine answers at all."""
        try:
            return (await self._client.get("/", timeout=2.0)).status_code == 200
        except httpx.HTTPError:
            return False

    async def close(self) -> None:
        await self._client.aclose()


def as_text(text: str) -> str:
    """A partner's text as the engine may see it: never something that looks like a button's payload."""
    return _NOT_A_PAYLOAD + text if text.strip().startswith("/") else text
