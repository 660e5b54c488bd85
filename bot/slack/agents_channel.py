"""Shows tickets in the agents' channels and keeps what they show up to date; tells agents what only they see.

The outbox keeps the order of each channel. A message carries its ticket's id in its metadata: where an earlier
attempt may have arrived, we look for it in the channel before posting.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.deliveries import DeliveryError
from bot.slack.blocks import Message, plain_message, words
from bot.slack.calls import GONE, UNSURE, Refused, asked, carried
from bot.slack.markup import escape
from bot.slack.pace import Pace
from bot.slack.ticket_message import digest, message, moved
from tickets import agents_channel
from tickets.agent_models import Agent
from tickets.database import Database
from tickets.slack_models import SlackTicket
from tickets.ticket_models import Delivery, Ticket

METADATA: Final = "care_ticket"
_NOT_SEEN: Final = {"user_not_in_channel", "channel_not_found", "not_in_channel", "is_archived"}


@dataclass(frozen=True)
class _View:
    """A ticket and what a channel shows of it, as they stand in the database now."""

    ticket: Ticket
    row: SlackTicket
    made: Message
    here: bool  # the channel is that of the ticket's queue
    may_be_there: bool


class AgentsChannel:
    """The outbox's sender for the agents' channels."""

    def __init__(self, database: Database, client: AsyncWebClient, channels: Mapping[str, str], console: str) -> None:
        """`channels` by queue; `console` is the console's address."""
        self._database = database
        self._client = client
        self._channels = channels
        self._console = console
        self._pace = Pace(database, agents_channel.DESTINATION)

    async def send(self, delivery: Delivery) -> None:
        """Send it; raises DeliveryError unless Slack has taken it."""
        if "tell" in delivery.body:
            await self._tell(delivery)
        elif "delete" in delivery.body:
            await self._delete(delivery.target, str(delivery.body["delete"]))
        else:
            await self._show(delivery)

    async def _show(self, delivery: Delivery) -> None:
        view = await asyncio.to_thread(self._database.read, partial(self._view, delivery=delivery))
        if view is None:  # erased meanwhile
            return
        shows, ts = digest(view.made), view.row.ts
        if ts is None and view.may_be_there:
            ts = await self._find(view)
        if ts is None and not view.here:
            return
        if ts is None:
            ts = await self._post(view)
        elif shows != view.row.shown or delivery.body.get("again"):
            await self._update(view, ts)
        else:
            return
        if not await self._note(view, ts, shows):
            await self._delete(view.row.channel, ts)

    def _view(self, session: Session, delivery: Delivery) -> _View | None:
        number, channel = int(delivery.body["ticket"]), delivery.target
        ticket, row = session.get(Ticket, number), session.get(SlackTicket, (number, channel))
        if ticket is None or row is None:
            return None
        assignee = session.get(Agent, ticket.assignee_id) if ticket.assignee_id else None
        here = agents_channel.channel_of(ticket.queue, self._channels) == channel
        made = (
            message(ticket, assignee, self._console, row.version) if here else moved(ticket, self._console, row.version)
        )
        return _View(ticket, row, made, here, agents_channel.may_be_there(session, delivery))

    async def _post(self, view: _View) -> str:
        channel = view.row.channel
        await self._pace.wait(channel)
        try:
            answer = await asked(
                self._client.chat_postMessage(
                    channel=channel,
                    text=view.made.text,
                    blocks=view.made.blocks,
                    unfurl_links=False,
                    unfurl_media=False,
                    metadata={"event_type": METADATA, "event_payload": {"ticket": view.ticket.id}},
                )
            )
        finally:
            self._pace.posted(channel)
        return str(answer["ts"])

    async def _update(self, view: _View, ts: str) -> None:
        try:
            await asked(
                self._client.chat_update(channel=view.row.channel, ts=ts, text=view.made.text, blocks=view.made.blocks)
            )
        except Refused as refused:
            if refused.error not in GONE:  # whoever took the message out of the channel wants it so
                raise

    async def _delete(self, channel: str, ts: str) -> None:
        try:
            await asked(self._client.chat_delete(channel=channel, ts=ts))
        except Refused as refused:
            if refused.error not in (*GONE, "channel_not_found"):
                raise

    async def _tell(self, delivery: Delivery) -> None:
        values = {name: escape(str(value)) for name, value in dict(delivery.body["values"]).items()}
        made = plain_message(words()[str(delivery.body["tell"])].format(**values))
        channel, user = str(delivery.body["channel"]), str(delivery.body["user"])
        try:
            await asked(self._client.chat_postEphemeral(channel=channel, user=user, text=made.text, blocks=made.blocks))
        except Refused as refused:
            if refused.error not in _NOT_SEEN:  # they left the channel: there is nobody to tell
                raise

    async def _find(self, view: _View) -> str | None:
        """The message of a ticket that stands in the channel already, posted by an attempt that nobody heard of."""
        async for ts, payload in carried(self._client, METADATA, view.row.channel, view.row.created_at):
            if payload.get("ticket") == view.ticket.id:
                return ts
        return None

    async def _note(self, view: _View, ts: str, shows: str) -> bool:
        """Keep what the channel shows now; False where the ticket was erased meanwhile."""
        number, channel = view.ticket.number, view.row.channel
        work = partial(agents_channel.note_shown, number=number, channel=channel, ts=ts, shown=shows)
        try:
            return await asyncio.wrap_future(self._database.submit(work))
        except SQLAlchemyError as error:
            raise DeliveryError(type(error).__name__, permanent=False, retry_after=UNSURE) from None
