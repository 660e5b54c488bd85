"""Sends what conversations in Slack are told: in order, at most one message a second in each channel, each once.

The outbox (tickets/outbox.py) keeps order, leases and pauses by channel. A message carries its delivery's id in its
metadata: where an earlier attempt may have arrived, we look for it in the channel before sending again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.deliveries import DeliveryError
from bot.slack import form_desk, forms
from bot.slack.blocks import Message, after_choice, messages, plain_message, with_form_offer, with_link_offer, words
from bot.slack.calls import GONE, UNSURE, Refused, asked, carried
from bot.slack.markup import escape
from bot.slack.pace import Pace
from tickets import slack_users
from tickets.database import Database
from tickets.models import Conversation, Event
from tickets.slack_models import Place
from tickets.ticket_models import Delivery

METADATA: Final = "care_reply"


@dataclass(frozen=True)
class _Told:
    """What a delivery is about, as it stands in the database now."""

    place: Place
    made: list[Message]
    event: Event


class Outbound:
    """The outbox's sender for Slack."""

    def __init__(self, database: Database, client: AsyncWebClient, link_url: str = "", *, links: bool = True) -> None:
        """`link_url` is the portal's page where codes are entered; `links`: there is a portal at all."""
        self._database = database
        self._client = client
        self._link_url = link_url
        self._links = links
        self._pace = Pace(database, "slack")

    async def send(self, delivery: Delivery) -> None:
        """Send it; raises DeliveryError unless Slack has taken it."""
        if "code_for" in delivery.body:
            await self._send_code(delivery)
            return
        told = await asyncio.to_thread(self._database.read, lambda session: _told(session, delivery, self._links))
        if told is None:  # the conversation is deleted meanwhile
            return
        if "button" in delivery.body:
            await self._update(told, delivery)
            return
        arrived = await self._arrived(told.place, delivery) if delivery.attempts > 1 else set()
        for part, message in enumerate(told.made):
            if part not in arrived:
                await self._pace.wait(delivery.target)
                await self._post(told.place, message, delivery, part)

    async def _send_code(self, delivery: Delivery) -> None:
        """Make a one-time code and show it; where an earlier attempt arrived, that one's code is valid."""
        team, user = map(str, delivery.body["code_for"])
        where_shown, kind = str(delivery.body["conversation"]), str(delivery.body.get("kind", slack_users.FOR_PARTNER))
        work = partial(slack_users.new_code, team=team, user=user, conversation_id=where_shown, kind=kind)
        where = await asyncio.to_thread(self._database.read, lambda session: _place(session, delivery))
        if where is None or (delivery.attempts > 1 and await self._arrived(where, delivery)):
            return
        await self._pace.wait(delivery.target)
        try:
            code = await asyncio.wrap_future(self._database.submit(work))
        except SQLAlchemyError as error:
            raise DeliveryError(type(error).__name__, permanent=False, retry_after=UNSURE) from None
        await self._post(where, plain_message(self._code_text(code, kind)), delivery, 0)

    def _code_text(self, code: str, kind: str) -> str:
        if kind == slack_users.FOR_AGENT:
            return words()["agent_code"].format(code=code, where=words()["agent_where"])
        page = words()["link_where_address"].format(address=f"<{self._link_url}>")
        return words()["link_code"].format(code=code, where=page if self._link_url else words()["link_where"])

    async def _post(self, place: Place, message: Message, delivery: Delivery, part: int) -> None:
        try:
            await asked(
                self._client.chat_postMessage(
                    channel=place.channel,
                    thread_ts=place.thread,
                    text=message.text,
                    blocks=message.blocks,
                    unfurl_links=False,
                    unfurl_media=False,
                    metadata={"event_type": METADATA, "event_payload": {"delivery": delivery.id, "part": part}},
                )
            )
        finally:
            self._pace.posted(delivery.target)

    async def _update(self, told: _Told, delivery: Delivery) -> None:
        """Replace the buttons of a message by what was chosen; doing so twice changes nothing."""
        token, user = str(delivery.body["button"]), str(delivery.body["user"])
        title = next((one["title"] for one in told.event.buttons if one["payload"] == token), words()["filled_in"])
        said = words()["chosen" if told.place.channel.startswith("D") else "chosen_by"]
        message = after_choice(told.made, token, said.format(title=escape(title), user=user))
        if message is None:
            return
        try:
            await asked(
                self._client.chat_update(
                    channel=told.place.channel,
                    ts=str(delivery.body["message"]),
                    text=message.text,
                    blocks=message.blocks,
                )
            )
        except Refused as refused:
            if refused.error not in GONE:  # a message that is not there any more needs no change
                raise

    async def _arrived(self, place: Place, delivery: Delivery) -> set[int]:
        """The parts of a delivery that stand in the channel already."""
        since = delivery.created_at
        found = carried(self._client, METADATA, place.channel, since, place.thread)
        return {int(payload["part"]) async for _, payload in found if payload.get("delivery") == delivery.id}


def _told(session: Session, delivery: Delivery, links: bool) -> _Told | None:
    conversation = session.get(Conversation, str(delivery.body["conversation"]))
    event = session.get(Event, (str(delivery.body["conversation"]), int(delivery.body["seq"])))
    if conversation is None or event is None:
        return None
    made = messages(event.kind, event.text, event.buttons, event.data)
    form = forms.offered(event.data)
    if form is not None:
        made = with_form_offer(made, form.button, form_desk.button(conversation.id, event.seq))
    place = Place.of(conversation.external_id)
    offers = links and place.direct and conversation.partner_id is None and _leaves_who_open(event.data)
    return _Told(place, with_link_offer(made) if offers else made, event)


def _leaves_who_open(data: Mapping[str, Any]) -> bool:
    """Whether the bot asks who writes, or finds no ticket, which it may where it knows who writes."""
    asks = data.get("type") == "ask" and str(data.get("slot")).startswith("contact_")
    unknown = data.get("type") == "no_answer" and "ticket" in data
    return asks or unknown or (data.get("type") == "tickets" and not data.get("numbers"))


def _place(session: Session, delivery: Delivery) -> Place | None:
    conversation = session.get(Conversation, str(delivery.body["conversation"]))
    return Place.of(conversation.external_id) if conversation else None
