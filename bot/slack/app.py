"""The Slack app: who listens to what, in one list, and the two ways in which Slack reaches it.

By HTTP Slack posts to /slack/events; in Socket Mode we connect to Slack. Either way a listener is over, and Slack
told so, only when what it heard is on disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot import metrics
from bot.deliveries import Send
from bot.limits import Limits
from bot.messages import Messages
from bot.slack import agents_press, events, follow_ups, form_desk, guard
from bot.slack.agents_channel import AgentsChannel
from bot.slack.assistant import Assistant
from bot.slack.blocks import FORM, words
from bot.slack.home import ASK, home
from bot.slack.inbox import Inbox
from bot.slack.linking import LINK
from bot.slack.modal import CALLBACK
from bot.slack.outbound import Outbound
from bot.slack.ticket_message import OPEN
from settings import Secret, Settings
from tickets import agents_channel, agents_presses, conversations
from tickets.database import Database
from tickets.language import judge
from tickets.slack_inbox import CHANNEL, begins
from tickets.slack_models import Place
from tickets.ticket_models import Ticket

log = logging.getLogger("care.slack")

_T = TypeVar("_T")

COMMAND = "/care"
SHORTCUT = "open_ticket"
_SEND_SECONDS = 10.0
_OPEN_SECONDS = 1.5  # Slack waits for three
# Bolt takes what stands deep in a request for what Slack documents, and fails so where it is something else.
_ODD = (AttributeError, TypeError, KeyError, IndexError, ValueError)
_REFUSED = {400: "Not understood.", 401: "Not signed.", 403: "This workspace is not served.", 413: "Too large."}


class Slack:
    """Slack as one more channel of the bot."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        messages: Messages,
        limits: Limits,
        on_ticket: Callable[[Ticket], None] = lambda ticket: None,
    ) -> None:
        """`on_ticket` is told of each ticket that an agent changed in Slack."""
        self._settings = settings
        self._on_ticket = on_ticket
        self._teams = settings.slack_teams
        sdk = _quiet("care.slack.sdk", logging.WARNING)
        address = f"{settings.slack_api}/"
        # Without retries of the client's own: what may have arrived must not be sent again unseen.
        self._client = AsyncWebClient(settings.slack_bot_token.value, address, retry_handlers=[], logger=sdk)
        self._links = bool(settings.portal_issuer)  # where partners could enter a code
        self._inbox = Inbox(database, messages, limits, links=self._links)
        self._outbound = Outbound(database, self._client, settings.slack_link_url, links=self._links)
        self._agents = AgentsChannel(database, self._client, settings.slack_agent_channels, settings.console_url)
        self._assistant = Assistant(database, self._client)
        self._bolt = AsyncApp(
            name="slack_bolt.app",  # also of a logger, which gets the level below
            logger=_quiet("slack_bolt", logging.ERROR),  # it logs the bodies of what it refuses or does not know
            signing_secret=settings.slack_signing_secret.value,
            # Without a token, so that bolt does not ask Slack who we are while Slack waits for our answer.
            client=AsyncWebClient(base_url=address, retry_handlers=[], logger=sdk),
            authorize=_authorize(settings.slack_bot_token),
            process_before_response=True,  # else bolt acknowledges first and works afterwards
            attaching_conversation_kwargs_enabled=False,
        )
        self._listen()
        self._socket: AsyncSocketModeHandler | None = None
        self._database = database
        self._afterwards: set[asyncio.Task[None]] = set()
        self._direct: dict[str, str] = {}  # direct message by user
        self._tasks: list[asyncio.Task[Any]] = []

    @classmethod
    def of(
        cls,
        settings: Settings,
        database: Database,
        messages: Messages,
        limits: Limits,
        on_ticket: Callable[[Ticket], None] = lambda ticket: None,
    ) -> Slack | None:
        """None where no Slack is set up."""
        return cls(settings, database, messages, limits, on_ticket) if settings.slack_bot_token.value else None

    @property
    def senders(self) -> dict[str, Send]:
        """How the outbox's destinations in Slack are sent to."""
        return {"slack": self._outbound.send, agents_channel.DESTINATION: self._agents.send}

    def routes(self) -> list[Route]:
        """The route that Slack posts to; none in Socket Mode."""
        if self._settings.slack_app_token.value:
            return []
        return [Route(guard.PATH, self._posted, methods=["POST"])]

    async def start(self) -> None:
        """Begin to work the inbox, and to hear Slack."""
        self._client.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_SEND_SECONDS))
        self._tasks = [asyncio.create_task(self._inbox.run()), asyncio.create_task(self._introduce())]
        # The first verdict on a language loads its word lists, for which Slack would not wait.
        self._tasks.append(asyncio.create_task(asyncio.to_thread(judge, "warm")))
        if self._settings.slack_app_token.value:
            self._socket = AsyncSocketModeHandler(self._bolt, self._settings.slack_app_token.value)
            self._tasks.append(asyncio.create_task(self._connect(self._socket)))

    async def stop(self) -> None:
        """Hear and work no more; what is stored stays for the next start."""
        if self._socket is not None:
            await self._socket.client.close()  # type: ignore[no-untyped-call]
        ending = [*self._tasks, *self._afterwards]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        await self._inbox.stop()
        if self._client.session is not None:
            await self._client.session.close()

    async def _connect(self, socket: AsyncSocketModeHandler) -> None:
        """Tries until Slack lets us; the client comes back by itself after a cut."""
        await socket.client.connect()  # type: ignore[no-untyped-call]

    def _listen(self) -> None:
        """All listeners, in the order in which bolt asks them."""
        self._bolt.event("message")(self._on_message)
        self._bolt.event("app_mention")(self._on_message)
        self._bolt.event("app_home_opened")(self._on_home)
        self._bolt.event("assistant_thread_started")(self._on_home)
        self._bolt.event(re.compile(".*"))(self._on_anything)
        self._bolt.command(COMMAND)(self._on_command)
        self._bolt.message_shortcut(SHORTCUT)(self._on_shortcut)
        self._bolt.action(re.compile("press:.*"))(self._on_press)
        self._bolt.action(FORM)(self._on_form)
        self._bolt.view(CALLBACK)(self._on_filled)
        self._bolt.action(re.compile(f"{ASK}.*"))(self._on_asked_at_home)
        self._bolt.action(LINK)(self._on_link)
        self._bolt.action(agents_press.ACTIONS)(self._on_agents_press)
        self._bolt.action(OPEN)(self._on_anything)
        self._bolt.error(self._on_error)

    async def _on_message(self, body: dict[str, Any]) -> None:
        said = events.said(body, self._teams)
        if said is not None and said.place.channel in self._settings.slack_agent_channels.values():
            # It shows partners' tickets: no partner's conversation begins there.
            if said.invited:
                await self._write(partial(_no_talk, said=said))
        elif said is not None:
            new = await self._inbox.keep_message(said)
            _count(new)
            if new and said.invited and said.place.thread:
                self._afterwards_do(self._begin(said, body))

    async def _begin(self, said: events.Said, body: dict[str, Any]) -> None:
        """What a new thread needs; the message itself is stored and acknowledged."""
        try:
            if not await asyncio.to_thread(self._database.read, lambda session: begins(session, said.place, said.ts)):
                return
            if said.place.direct:
                await self._assistant.entitle(said)
                return
            for later in await follow_ups.said_after(self._client, said, body, self._teams):
                await self._inbox.keep_message(later)
        except SQLAlchemyError as error:
            log.warning("a thread in Slack is begun without its follow-ups or title: %s", type(error).__name__)

    async def _on_command(self, body: dict[str, Any], ack: AsyncAck) -> None:
        asked = events.asked(body, self._teams)
        if asked is None:
            await ack(words()["ask_something" if self._served(body) else "not_served"])
            return
        channel = await self._direct_message(asked.user)
        if channel is None:
            await ack(words()["not_reached"])
            return
        new = await self._inbox.keep_question(asked, channel)
        _count(new)
        await ack(words()["asked"])

    async def _on_shortcut(self, body: dict[str, Any], ack: AsyncAck) -> None:
        picked = events.picked(body, self._teams)
        if picked is not None and not picked.text:
            channel = await self._where_to_answer(picked)
            await self._write(partial(_tell, place=Place(picked.team, channel), text=words()["nothing_picked"]))
        else:
            await self._keep(picked, words()["ticket_from"])
        await ack()

    async def _on_asked_at_home(self, body: dict[str, Any], ack: AsyncAck) -> None:
        await self._keep(events.asked_at_home(body, self._teams), "{text}")
        await ack()

    async def _on_link(self, body: dict[str, Any], ack: AsyncAck) -> None:
        await self._keep(events.wants_link(body, words()["link_words"].splitlines()[0], self._teams), "{text}")
        await ack()

    async def _on_home(self, body: dict[str, Any]) -> None:
        """Shown after Slack was answered: whoever opens it again gets it again."""
        if found := events.at_home(body, self._teams):
            self._afterwards_do(self._show_home(*found))
        elif place := events.opened(body, self._teams):
            self._afterwards_do(self._assistant.suggest(place))

    def _afterwards_do(self, work: Coroutine[Any, Any, None]) -> None:
        doing = asyncio.create_task(work)
        self._afterwards.add(doing)
        doing.add_done_callback(self._afterwards.discard)

    async def _show_home(self, place: Place, user: str) -> None:
        try:
            shown = await asyncio.to_thread(
                self._database.read, lambda session: home(session, place, user, links=self._links)
            )
            await self._client.views_publish(user_id=user, view=shown)
        except (SQLAlchemyError, SlackApiError, aiohttp.ClientError, OSError, TimeoutError) as error:
            log.warning("a home in Slack is not shown: %s", type(error).__name__)

    async def _keep(self, asked: events.Asked | None, meaning: str) -> None:
        """Store what is asked from elsewhere, where there is something."""
        if asked is None:
            return
        new = await self._inbox.keep_question(asked, await self._where_to_answer(asked), meaning)
        _count(new)

    async def _where_to_answer(self, asked: events.Asked) -> str:
        channel = await self._direct_message(asked.user)
        if channel is None:  # not acknowledged: Slack tells the person that it did not work
            raise ConnectionError("no direct message to answer in")
        return channel

    async def _direct_message(self, user: str) -> str | None:
        """Where we write to somebody; None where Slack doesn't say so in time."""
        if user not in self._direct:
            try:
                async with asyncio.timeout(_OPEN_SECONDS):
                    found = await self._client.conversations_open(users=user)
                self._direct[user] = str(found["channel"]["id"])
            except (SlackApiError, aiohttp.ClientError, OSError, TimeoutError, KeyError, TypeError):
                return None
        return self._direct[user]

    async def _on_press(self, body: dict[str, Any], ack: AsyncAck) -> None:
        pressed = events.pressed(body, self._teams)
        if pressed is not None and self._served(body):
            new = await self._inbox.keep_press(pressed)
            _count(new)
        await ack()

    async def _on_form(self, body: dict[str, Any], ack: AsyncAck) -> None:
        """Opened while Slack waits: its permission to open something lasts no longer."""
        if (pressed := events.opening(body, self._teams)) is None:
            await ack()
            return
        shown = await asyncio.to_thread(self._database.read, lambda session: form_desk.view_for(session, pressed))
        if shown is not None:
            try:
                async with asyncio.timeout(_OPEN_SECONDS):
                    await self._client.views_open(trigger_id=pressed.trigger, view=shown)
            except (SlackApiError, aiohttp.ClientError, OSError, TimeoutError) as error:
                raise ConnectionError("a form cannot be opened") from error  # Slack tells the person so
        await ack()

    async def _on_filled(self, body: dict[str, Any], ack: AsyncAck) -> None:
        sent = events.submission(body, self._teams)
        if sent is None:
            await ack()
            return
        now = datetime.now().astimezone()
        found = await asyncio.to_thread(self._database.read, lambda session: form_desk.answer(session, sent, now))
        if found.kept is not None:
            new = await self._inbox.keep_filled(found.kept)
            _count(new)
        await ack(**found.ack)

    async def _on_agents_press(self, body: dict[str, Any], ack: AsyncAck) -> None:
        press = agents_press.pressed(body)
        if press is not None:
            served = not self._teams or press.user_team in self._teams
            carry_out = partial(
                agents_presses.carry_out, press=press, targets=self._settings.first_answer, served=served
            )
            done = await self._write(carry_out)
            _count(True)
            if done is not None:
                self._on_ticket(done.ticket)
        await ack()

    async def _on_anything(self, ack: AsyncAck) -> None:
        """What is none of ours is acknowledged, or Slack would bring it again; so is the way to the console."""
        await ack()

    async def _on_error(self, error: Exception) -> BoltResponse:
        """Not acknowledged: Slack delivers it again."""
        log.error("an event of Slack's is not stored", exc_info=error)
        return BoltResponse(status=400 if isinstance(error, _ODD) else 503, body="")

    async def _write(self, work: Callable[[Session], _T]) -> _T:
        return await asyncio.wrap_future(self._database.submit(work))

    def _served(self, body: Mapping[str, Any]) -> bool:
        return not self._teams or events.team_of(body) in self._teams

    async def _posted(self, request: Request) -> Response:
        try:
            body = await request.body()
            guard.check(request.headers.raw, body, self._settings.slack_signing_secret.value, self._teams, time.time())
        except ClientDisconnect:
            return Response(status_code=400)
        except guard.Refused as refused:
            metrics.SLACK_EVENTS.labels("refused").inc()
            return JSONResponse({"detail": _REFUSED[refused.status]}, refused.status)
        try:
            return await AsyncSlackRequestHandler(self._bolt).handle(request)
        except _ODD:
            return JSONResponse({"detail": _REFUSED[400]}, 400)

    async def _introduce(self) -> None:
        """Tell the operator, once, whether Slack takes the token."""
        with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
            try:
                found = await self._client.auth_test()
                log.info("in Slack as %s in workspace %s", found.get("user_id"), found.get("team_id"))
            except SlackApiError as error:
                data = getattr(error.response, "data", None)
                name = data.get("error") if isinstance(data, dict) else "no answer"
                log.error("Slack does not take SLACK_BOT_TOKEN: %s", name)


def _count(new: bool) -> None:
    metrics.SLACK_EVENTS.labels("kept" if new else "known").inc()


def _tell(session: Session, place: Place, text: str) -> None:
    """Say something in somebody's direct messages."""
    conversation = conversations.conversation_for(session, CHANNEL, place.name)
    conversations.append(session, conversation.id, kind="notice", text=text, data={"type": "error"})


def _no_talk(session: Session, said: events.Said) -> None:
    agents_presses.tell(session, said.place.channel, said.user, None, "agents_no_talk")


def _authorize(token: Secret) -> Callable[..., Awaitable[AuthorizeResult]]:
    """What bolt asks for each request; it wants a function, no method."""

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=token.value)

    return authorize


def _quiet(name: str, level: int) -> logging.Logger:
    """A logger that says nothing of what partners write, whatever CARE_LOG_LEVEL is."""
    found = logging.getLogger(name)
    found.setLevel(level)
    return found
