"""Calls of Slack's Web API on behalf of the outbox: what goes wrong, and what stands in a channel already."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.deliveries import DeliveryError

UNSURE: Final = 2.0  # seconds before we look whether a message arrived after all
_SKEW: Final = timedelta(minutes=2)  # between Slack's clock and ours
_PAGES: Final = 10
# Trying again would not help. Tokens and scopes can be put right, so what is wrong with them is not here.
_FOR_GOOD: Final = {
    "cannot_reply_to_message",
    "channel_not_found",
    "invalid_arguments",
    "invalid_blocks",
    "invalid_blocks_format",
    "is_archived",
    "metadata_too_large",
    "msg_blocks_too_long",
    "msg_too_long",
    "no_text",
    "not_in_channel",
    "restricted_action_read_only_channel",
    "restricted_action_thread_locked",
    "user_not_found",
}
GONE: Final = {"message_not_found", "cant_update_message", "edit_window_closed"}


class Refused(DeliveryError):
    """Slack said no, and why."""

    def __init__(self, error: str, *, retry_after: float, paced: bool = False) -> None:
        super().__init__(f"Slack: {error}", permanent=error in _FOR_GOOD, retry_after=retry_after, paced=paced)
        self.error = error


async def asked(call: Awaitable[AsyncSlackResponse]) -> AsyncSlackResponse:
    """Slack's answer; what goes wrong as DeliveryError."""
    try:
        return await call
    except SlackApiError as error:
        response = error.response
        if not isinstance(response, AsyncSlackResponse):  # no JSON: something before Slack answered
            raise DeliveryError("no answer of Slack's", permanent=False, retry_after=UNSURE) from None
        data = response.data if isinstance(response.data, dict) else {}
        name = str(data.get("error") or f"HTTP {response.status_code}")
        if response.status_code == 429:
            wait = str(response.headers.get("Retry-After", ""))
            raise Refused("ratelimited", retry_after=float(wait) if wait.isdecimal() else 1.0, paced=True) from None
        raise Refused(name, retry_after=UNSURE) from None
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise DeliveryError(type(error).__name__, permanent=False, retry_after=UNSURE) from None


async def carried(
    client: AsyncWebClient, kind: str, channel: str, since: datetime, thread: str | None = None
) -> AsyncIterator[tuple[str, Mapping[str, Any]]]:
    """What our messages in a channel (or thread) carry as metadata of this kind, each with its ts."""
    where: dict[str, Any] = {"channel": channel, **({"ts": thread} if thread else {})}
    where |= {"oldest": f"{(since - _SKEW).timestamp():.6f}", "include_all_metadata": True}
    look = client.conversations_replies if thread else client.conversations_history
    cursor = None
    for _ in range(_PAGES):
        answer = await asked(look(**where, limit=200, cursor=cursor))
        for message in answer.get("messages") or ():
            metadata = message.get("metadata") or {}
            if metadata.get("event_type") == kind:
                yield str(message["ts"]), metadata.get("event_payload") or {}
        cursor = (answer.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return
