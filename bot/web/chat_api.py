"""POST /api/chat: one message in, the replies out; and the web chat's anonymous session."""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from bot import wording
from bot.limits import Limits
from bot.messages import Messages, NotAccepted
from bot.web.callers import Caller, Callers, address, bearer, check_caller, check_page, refused
from bot.web.live_sessions import LiveSessions
from settings import Settings
from tickets import conversations, partners
from tickets.database import Database
from tickets.models import Conversation
from tickets.ticket_models import Partner

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


class WebSessionWanted(BaseModel):
    """Whose session it shall be: the partner's whom the portal's token names, or nobody's."""

    model_config = ConfigDict(extra="forbid")

    token: str | None = Field(None, max_length=4096, description="A token that the portal signed; it serves once.")


class WebSessionOpened(BaseModel):
    """A chat session, a partner's or an anonymous one. The token is shown only here."""

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

_API = "api"  # the channel of anonymous senders, who name themselves
_SCOPED = "api-scoped"  # that of senders within a partner or a session: a name that no anonymous sender can take


def router(
    settings: Settings, database: Database, messages: Messages, limits: Limits, callers: Callers, live: LiveSessions
) -> APIRouter:
    """The routes of this module."""
    routes = APIRouter(prefix="/api", tags=["chat"], responses=PROBLEMS)

    @routes.post("/chat", summary="Ask, and wait for the replies")
    async def chat(body: ChatMessage, request: Request) -> ChatReplies:
        check_caller(request, settings)
        conversation = await _conversation(body.sender, await callers.of(request))
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

    @routes.post(
        "/web/session",
        summary="Begin a web chat, with the portal's token as its partner",
        openapi_extra={"requestBody": {"required": True}},  # its being JSON keeps forms of other sites out
    )
    async def web_session(request: Request, body: WebSessionWanted | None = None) -> WebSessionOpened:
        check_caller(request, settings)
        if "x-care-chat" not in request.headers:
            raise HTTPException(403, "The header X-Care-Chat is missing.")
        if body is not None and body.token is not None:
            token, conversation = await callers.redeem(body.token, address(request), _sign_in)
            return WebSessionOpened(session=token, conversation=conversation)
        if not settings.anonymous_allowed:
            raise refused(wording.NOT_SIGNED_IN)
        if not limits.conversation(address(request)):
            raise HTTPException(429, wording.TOO_MANY)
        token, conversation = await asyncio.wrap_future(database.submit(conversations.open_web_session))
        return WebSessionOpened(session=token, conversation=conversation)

    @routes.delete("/web/session", status_code=204, summary="Sign out: end the session named in Authorization")
    async def end_web_session(request: Request) -> None:
        check_page(request, settings)
        token = bearer(request)
        if not await asyncio.wrap_future(database.submit(lambda session: partners.end_session(session, token))):
            raise refused(wording.SIGN_IN_OVER)
        live.end(token)

    @routes.options("/web/session", include_in_schema=False)
    @routes.options("/chat", include_in_schema=False)
    async def preflight() -> dict[str, str]:
        return {}

    def _sign_in(session: Session, partner: Partner) -> tuple[str, str]:
        if not limits.sign_ins.allows(partner.id):
            raise HTTPException(429, wording.TOO_MANY)
        return partners.open_partner_session(session, partner)

    async def _conversation(sender: str, caller: Caller) -> str:
        channel, name = _API, sender
        if caller.partner is not None or caller.conversation_id is not None:
            channel, name = _SCOPED, f"{caller.scope}:{conversations.token_hash(sender)}"

        def find(session: Session) -> str | None:
            found = session.query(Conversation.id).filter_by(channel=channel, external_id=name).one_or_none()
            return found[0] if found else None

        known = await asyncio.to_thread(database.read, find)
        if known is not None:
            return known
        allowed = (
            limits.partners_conversations.allows(caller.partner.id)
            if caller.partner
            else limits.conversation(caller.address)
        )
        if not allowed:
            raise HTTPException(429, wording.TOO_MANY)

        def make(session: Session) -> str:
            made = conversations.conversation_for(session, channel, name)
            made.partner_id = caller.partner.id if caller.partner else None
            return made.id

        return await asyncio.wrap_future(database.submit(make))

    return routes
