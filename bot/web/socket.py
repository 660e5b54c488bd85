"""The web chat's WebSocket: events in order, resumable by the last one seen."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from typing import Any, Literal

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from bot import metrics, wording
from bot.limits import Limits
from bot.messages import Messages, NotAccepted
from bot.web.callers import Callers
from bot.web.live_sessions import LiveSessions
from bot.web.origins import own_or_listed
from bot.windows import Window, frame
from settings import Settings
from tickets import conversations
from tickets.database import Database

HELLO_SECONDS = 10.0
CHECK_SECONDS = 300.0  # how often a quiet session is looked at again
_TOUCH_SECONDS = 600.0
_MOST_BAD_FRAMES = 5
_DEVICES = 4  # a partner's one conversation may be open on so many at once
_CLOSE_GONE, _CLOSE_POLICY, _CLOSE_TRY_LATER, _CLOSE_SESSION = 1006, 1008, 1013, 4401
_CLIENT_ID = r"^[A-Za-z0-9_-]{8,64}$"


class Hello(BaseModel):
    model_config = ConfigDict(extra="forbid")
    type: Literal["hello"]
    session: str = Field(max_length=200)
    last_seen: int = Field(ge=0, le=2**31 - 1)


class Say(BaseModel):
    model_config = ConfigDict(extra="forbid")
    type: Literal["message"]
    client_id: str = Field(pattern=_CLIENT_ID)
    text: str


class Press(BaseModel):
    model_config = ConfigDict(extra="forbid")
    type: Literal["press"]
    client_id: str = Field(pattern=_CLIENT_ID)
    button: str = Field(max_length=40)


_SENT: TypeAdapter[Say | Press] = TypeAdapter(Say | Press)


def router(
    settings: Settings, database: Database, messages: Messages, limits: Limits, callers: Callers, live: LiveSessions
) -> APIRouter:
    """The route of this module."""
    routes = APIRouter()
    addresses: Counter[str] = Counter()

    @routes.websocket("/api/web/socket")
    async def web_socket(socket: WebSocket) -> None:
        if not own_or_listed(socket.headers, settings.widget_origins) or not callers.anybody:
            await socket.close(_CLOSE_POLICY)  # before accepting: the browser sees 403
            return
        where = socket.client.host if socket.client else ""
        await socket.accept()
        if addresses[where] >= limits.most_sockets_an_address:
            await socket.close(_CLOSE_TRY_LATER, "too many connections")
            return
        addresses[where] += 1
        metrics.SOCKETS.inc()
        try:
            await _Chat(socket, database, messages, limits, callers, live).run()
        except WebSocketDisconnect:
            return
        finally:
            metrics.SOCKETS.dec()
            addresses[where] -= 1
            if not addresses[where]:
                del addresses[where]

    return routes


class _Chat:
    """One open socket."""

    def __init__(
        self,
        socket: WebSocket,
        database: Database,
        messages: Messages,
        limits: Limits,
        callers: Callers,
        live: LiveSessions,
    ) -> None:
        self._socket = socket
        self._callers = callers
        self._live = live
        self._database = database
        self._messages = messages
        self._limits = limits
        self._session = ""
        self._touched = 0.0
        self._conversation = ""

    async def run(self) -> None:
        hello = await self._hello()
        if hello is None:
            return
        self._session = hello.session
        with self._live.open(self._session) as ended:  # before it is looked up, so that no end falls between
            await self._open(hello.last_seen, ended)

    async def _open(self, last_seen: int, ended: asyncio.Event) -> None:
        holder = await self._callers.holds_session(self._session)
        if holder is None:
            await self._refuse()
            return
        conversation = self._conversation = holder.conversation_id
        most = self._limits.most_sockets_a_conversation * (_DEVICES if holder.partner_id else 1)
        if self._messages.windows.count(conversation) >= most:
            await self._close(_CLOSE_TRY_LATER, "too many windows of this chat")
            return
        # Listen before reading, so that no event falls between; the client drops what it has seen.
        listener = self._messages.windows.open(conversation)
        try:
            await self._welcome(last_seen)
            await self._touch()
            await self._talk(listener, ended)
        finally:
            self._messages.windows.close(conversation, listener)

    async def _refuse(self) -> None:
        await self._send({"type": "refused", "code": "session"})
        await self._close(_CLOSE_SESSION, "session")

    async def _until_ended(self, ended: asyncio.Event) -> None:
        await ended.wait()
        await self._refuse()

    async def _hello(self) -> Hello | None:
        try:
            text = await asyncio.wait_for(self._socket.receive_text(), HELLO_SECONDS)
            return Hello.model_validate_json(text)
        except (TimeoutError, ValidationError, KeyError):
            await self._close(_CLOSE_POLICY, "hello expected")
            return None

    async def _welcome(self, last_seen: int) -> None:
        events, reset = await asyncio.to_thread(
            self._database.read,
            lambda session: conversations.events_after(session, self._conversation, last_seen),
        )
        await self._send(
            {
                "type": "welcome",
                "conversation": self._conversation,
                "events": [frame(event) for event in events],
                "reset": reset,
            }
        )

    async def _talk(self, listener: Window, ended: asyncio.Event) -> None:
        """Hear the client and tell it what happens until either side hangs up or the session ends."""
        tasks = [
            asyncio.create_task(self._hear()),
            asyncio.create_task(self._tell(listener)),
            asyncio.create_task(self._until_ended(ended)),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _tell(self, listener: Window) -> None:
        while True:
            try:
                message = await asyncio.wait_for(listener.get(), CHECK_SECONDS)
            except TimeoutError:
                if await self._callers.holds_session(self._session) is None:
                    await self._close(_CLOSE_SESSION, "session")
                    return
                continue
            if message is None:
                await self._close(_CLOSE_TRY_LATER, "too slow")
                return
            await self._send(message)

    async def _hear(self) -> None:
        bad = 0
        while True:
            try:
                sent = _SENT.validate_json(await self._socket.receive_text())
            except (ValidationError, KeyError):
                bad += 1
                if bad >= _MOST_BAD_FRAMES:
                    await self._close(_CLOSE_POLICY, "unknown frames")
                    return
                await self._send({"type": "problem", "client_id": None, "code": "frame", "text": "Unknown frame."})
                continue
            if not self._limits.frames.allows(self._conversation):
                await self._close(_CLOSE_POLICY, "too many frames")
                return
            await self._accept(sent)

    async def _accept(self, sent: Say | Press) -> None:
        if await self._callers.holds_session(self._session) is None:
            await self._close(_CLOSE_SESSION, "session")
            raise WebSocketDisconnect(_CLOSE_SESSION)
        known = await self._seen_before(sent.client_id)
        try:
            # A message sent again after a lost connection was counted the first time.
            if not known and not self._limits.message(self._conversation):
                raise NotAccepted("rate", wording.TOO_MANY)
            received, _ = await self._messages.receive(
                self._conversation,
                text=sent.text if isinstance(sent, Say) else "",
                button=sent.button if isinstance(sent, Press) else None,
                client_id=sent.client_id,
            )
        except NotAccepted as refused:
            await self._send(
                {"type": "problem", "client_id": sent.client_id, "code": refused.code, "text": refused.text}
            )
            return
        await self._touch()
        await self._send({"type": "ack", "client_id": sent.client_id, "seq": received.event.seq})

    async def _touch(self) -> None:
        """Note that the session is in use, at most every ten minutes."""
        if time.monotonic() - self._touched > _TOUCH_SECONDS or not self._touched:
            self._touched = time.monotonic()
            await asyncio.wrap_future(
                self._database.submit(lambda session: conversations.touch_web_session(session, self._session))
            )

    async def _seen_before(self, client_id: str) -> bool:
        return await asyncio.to_thread(
            self._database.read,
            lambda session: conversations.seen_before(session, self._conversation, client_id),
        )

    async def _send(self, message: dict[str, Any]) -> None:
        try:
            await self._socket.send_text(json.dumps(message))
        except RuntimeError as error:  # closed under us: by the protocol for a broken frame, or by our other task
            raise WebSocketDisconnect(_CLOSE_GONE) from error

    async def _close(self, code: int, reason: str) -> None:
        try:
            await self._socket.close(code, reason)
        except RuntimeError as error:
            raise WebSocketDisconnect(_CLOSE_GONE) from error
