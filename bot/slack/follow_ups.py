"""Follow-ups that Slack delivered before the mention that they follow.

Slack delivers in any order, after a bad moment minutes apart, and talk in threads of others is not kept. So once a
mention begins a conversation, the thread is read in Slack: what people said there after the mention is for us.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from typing import Any, Final

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import events
from bot.slack.events import Said

log = logging.getLogger("care.slack")

_MOST: Final = 200  # messages that are looked at


async def said_after(
    client: AsyncWebClient, mention: Said, body: Mapping[str, Any], teams: Collection[str]
) -> list[Said]:
    """What was said in the mention's thread after it, as if Slack had delivered it only now.

    Args:
        body: the event that told of the mention.
    """
    place = mention.place
    try:
        found = await client.conversations_replies(
            channel=place.channel, ts=str(place.thread), oldest=mention.ts, limit=_MOST
        )
    except SlackApiError:
        log.info("a thread in Slack is not read: Slack does not let us")
        return []
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        log.info("a thread in Slack is not read: %s", type(error).__name__)
        return []
    messages = found.get("messages")
    later = [
        said
        for message in (messages if isinstance(messages, list) else ())
        if isinstance(message, Mapping) and (said := events.said(_event(message, mention, body), teams))
    ]
    return [said for said in later if said.place == place and float(said.ts) > float(mention.ts)]


def _event(message: Mapping[str, Any], mention: Said, body: Mapping[str, Any]) -> dict[str, Any]:
    """The event that tells, or told, of a message in a thread."""
    told = {**message, "type": "message", "channel": mention.place.channel, "channel_type": "channel"}
    ts = str(message.get("ts", "")).replace(".", "-")
    return {**body, "event": told, "event_id": f"read-{mention.place.channel}-{ts}"}
