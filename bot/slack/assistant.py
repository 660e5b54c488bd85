"""Slack's view for agents (before: for assistants), where it is switched on: suggested prompts, and titles of threads.

Both are courtesies: they are sent after Slack was answered, once, and nothing depends on them. Without the scope
`assistant:write` Slack refuses, and is not asked again for an hour.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable
from functools import partial
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.exc import SQLAlchemyError

from bot.slack.blocks import words
from bot.slack.events import Said
from bot.slack.markup import escape
from tickets.database import Database
from tickets.most_asked import most_asked
from tickets.slack_models import Place

log = logging.getLogger("care.slack")

_MOST_PROMPTS: Final = 4
_MOST_TITLE: Final = 60  # characters: it is a heading in a list
_OFF: Final = {"missing_scope", "access_denied", "not_allowed_token_type", "unknown_method"}
_OFF_SECONDS: Final = 3600.0


class Assistant:
    """Sets what Slack shows around a conversation."""

    def __init__(self, database: Database, client: AsyncWebClient) -> None:
        self._database = database
        self._client = client
        self._off_until = float("-inf")

    async def suggest(self, place: Place) -> None:
        """Offer the questions that are asked most, where somebody has opened the bot's messages or a new thread."""
        if time.monotonic() < self._off_until:
            return
        try:
            asked = await asyncio.to_thread(self._database.read, partial(most_asked, most=_MOST_PROMPTS))
        except SQLAlchemyError as error:
            log.warning("no prompts are suggested in Slack: %s", type(error).__name__)
            return
        questions = asked or words()["home_questions"].splitlines()[:_MOST_PROMPTS]
        await self._try(
            self._client.assistant_threads_setSuggestedPrompts(
                channel_id=place.channel,
                thread_ts=place.thread,  # None in the view for agents, where Slack wants none
                title=words()["home_asked"],
                prompts=[{"title": question, "message": question} for question in questions],
            )
        )

    async def entitle(self, said: Said) -> None:
        """Call a new thread of direct messages by its first question."""
        if said.place.thread and said.text and time.monotonic() >= self._off_until:
            await self._try(
                self._client.assistant_threads_setTitle(
                    channel_id=said.place.channel, thread_ts=said.place.thread, title=escape(title(said.text))
                )
            )

    async def _try(self, call: Awaitable[Any]) -> None:
        try:
            await call
        except SlackApiError as error:
            data = getattr(error.response, "data", None)
            name = str(data.get("error")) if isinstance(data, dict) else "no answer"
            if name in _OFF:
                self._off_until = time.monotonic() + _OFF_SECONDS
            log.info("Slack shows no suggested prompts or titles: %s", name)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            log.info("Slack shows no suggested prompts or titles: %s", type(error).__name__)


def title(text: str) -> str:
    """The beginning of a text, in one line."""
    line = " ".join(text.split())
    if len(line) <= _MOST_TITLE:
        return line
    room = line[:_MOST_TITLE]
    return (room.rpartition(" ")[0] or room[:-1]) + "…"
