"""POST /api/chat: one message in, the replies out; and the web chat's anonymous session."""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field

from bot import wording
from bot.limits import Limits
from bot.messages import Messages, NotAccepted
from bot.web.origins import not_foreign
from settings import Settings
from tickets import conversations
from tickets.database import Database
from tickets.models import Conversation

_ANSWER_SECONDS = 14.1  # after the engine's own time, and within 15 s however busy the machine
_BUTTON = re.compile(r"btn_[0-9a-f]{28}")


class ChatMessage(BaseModel):
    """A partner's message."""

    model_config = ConfigDict(extra="forbid")

    sender: str = Field(min_length=1, max_length=200, description="Who writes: the conversation is theirs.")
    message: str = Field(max_length=20_000, description="The text typed, or the payload of a button given before.")


class ReplyButton(BaseModel):
    """A button: send its payload as the next message to press it."""

    title: str
    payload: str


class ChatReply(BaseModel):
    """One reply; `data.type` says what it is."""

    text: str
    buttons: list[ReplyButton]
    data: dict[str, Any]


class ChatReplies(BaseModel):
    """All replies to one message, in order."""

    replies: list[ChatReply]


class WebSessionOpened(BaseModel):
    """An anonymous chat session. The token is shown only here."""

    session: str
    conversation: str


class Problem(BaseModel):
    """Why a request was refused, in a sentence."""

    detail: str


PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": what}
    for status, what in {
        400: "The body is not JSON text",
        401: "Sign in to the portal first",
        403: "Not from this page",
        413: "The request is too large",
        415: "Send application/json",
        421: "Wrong host",
        422: "The request is not of this form",
        429: "Too many messages",
    }.items()
}

# Nothing in it is read; that it is JSON keeps forms of other sites out.
_ANY_JSON = {"requestBody": {"required": True, "content": {"application/json": {"schema": {}}}}}


def router(settings: Settings, database: Database, messages: Messages, limits: Limits) -> APIRouter:
    """The routes of this module."""
    routes = APIRouter(prefix="/api", tags=["chat"], responses=PROBLEMS)

    @routes.post("/chat", summary="Ask, and wait for the replies")
    async def chat(body: ChatMessage, request: Request) -> ChatReplies:
        check_caller(request, settings)
        conversation = await _conversation(body.sender, request)
        if not limits.message(conversation):
            raise HTTPException(429, wording.TOO_MANY)
        button = body.message if _BUTTON.fullmatch(body.message) else None
        try:
            received, over = await messages.receive(conversation, text=body.message, button=button, retry=False)
        except NotAccepted as refused:
            refusal = ChatReply(text=refused.text, buttons=[], data={"type": "error", "code": refused.code})
            return ChatReplies(replies=[refusal])
        with contextlib.suppress(TimeoutError):  # then the partner is told to try again
            await asyncio.wait_for(over.wait(), _ANSWER_SECONDS)
        events = over.replies or await messages.turn_events(received.turn.id)
        replies = [ChatReply(text=e.text, buttons=[ReplyButton(**b) for b in e.buttons], data=e.data) for e in events]
        if not replies:
            replies = [ChatReply(text=wording.TRY_AGAIN, buttons=[], data={"type": "error", "retry": True})]
        return ChatReplies(replies=replies)

    @routes.post("/web/session", summary="Begin an anonymous web chat", openapi_extra=_ANY_JSON)
    async def web_session(request: Request) -> WebSessionOpened:
        check_caller(request, settings)
        if "x-care-chat" not in request.headers:
            raise HTTPException(403, "The header X-Care-Chat is missing.")
        if not limits.conversation(address(request)):
            raise HTTPException(429, wording.TOO_MANY)
        token, conversation = await asyncio.wrap_future(database.submit(conversations.open_web_session))
        return WebSessionOpened(session=token, conversation=conversation)

    @routes.options("/web/session", include_in_schema=False)
    async def web_session_preflight() -> dict[str, str]:
        return {}

    async def _conversation(sender: str, request: Request) -> str:
        def find(session: Any) -> str | None:
            found = session.query(Conversation.id).filter_by(channel="api", external_id=sender).one_or_none()
            return found[0] if found else None

        known = await asyncio.to_thread(database.read, find)
        if known is not None:
            return known
        if not limits.conversation(address(request)):
            raise HTTPException(429, wording.TOO_MANY)
        made = await asyncio.wrap_future(
            database.submit(lambda session: conversations.conversation_for(session, "api", sender))
        )
        return made.id

    return routes


def check_caller(request: Request, settings: Settings) -> None:
    """Raises HTTPException for a foreign page, a form, or an anonymous caller where none are served."""
    if not not_foreign(request.headers, settings.widget_origins):
        raise HTTPException(403, "This page may not use the chat.")
    if request.headers.get("content-type", "").split(";")[0].strip() != "application/json":
        raise HTTPException(415, "Send the message as application/json.")
    if not settings.anonymous_allowed:
        raise HTTPException(401, wording.NOT_SIGNED_IN)


def address(request: Request) -> str:
    """The caller's network address, as the server saw it (or as a trusted proxy named it)."""
    return request.client.host if request.client else ""
