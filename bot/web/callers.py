"""Who calls: nobody we know, the holder of a session, or a partner whom the portal's token vouches for.

A bearer token is a session of ours or a token that the portal signed; one that proves nothing is
refused and never taken for an anonymous call.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from fastapi import HTTPException, Request
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot import wording
from bot.limits import Limits
from bot.portal import Portal, TokenRefused, is_signed
from bot.web.origins import not_foreign
from settings import Settings
from tickets import conversations, partners
from tickets.access import Viewer
from tickets.base import now
from tickets.database import Database
from tickets.ticket_models import Partner

log = logging.getLogger("care.sign_in")

_LONGEST_SESSION = 200
_TOUCH = timedelta(minutes=10)
_T = TypeVar("_T")


@dataclass(frozen=True)
class Caller:
    """Whoever makes a request. Without a partner they are anonymous; without a conversation they hold no session."""

    address: str
    partner: Partner | None = None
    conversation_id: str | None = None

    @property
    def scope(self) -> str:
        """What their keys and limits belong to."""
        return self.partner.id if self.partner else self.conversation_id or f"address {self.address}"

    @property
    def viewer(self) -> Viewer:
        """What they may see."""
        if self.partner is None:
            return Viewer(self.conversation_id)
        return Viewer(self.conversation_id, self.partner.id, self.partner.company, self.partner.issuer)


class Callers:
    """Tells from a request who makes it."""

    def __init__(self, settings: Settings, database: Database, portal: Portal | None, limits: Limits) -> None:
        self._settings = settings
        self._database = database
        self._portal = portal
        self._limits = limits

    @property
    def anybody(self) -> bool:
        """Whether there is anybody at all who may open a session."""
        return self._settings.anonymous_allowed or self._portal is not None

    async def of(self, request: Request) -> Caller:
        """Who calls. Raises HTTPException 401 where that is nobody who is served here."""
        headers = request.headers.getlist("authorization")
        if not headers:
            if not self._settings.anonymous_allowed:
                raise refused(wording.NOT_SIGNED_IN)
            return Caller(address(request))
        token = bearer(request)
        if is_signed(token):
            return Caller(address(request), await self.redeem(token, address(request), lambda _, partner: partner))
        found = await self._holder(token)
        if found is None:
            log.info("a session was refused")
            self._count_refusal(address(request))
            raise refused(wording.SIGN_IN_OVER)
        conversation_id, partner = found
        return Caller(address(request), partner, conversation_id)

    async def redeem(self, token: str, where: str, work: Callable[[Session, Partner], _T]) -> _T:
        """Use the portal's token up, and do something as its partner in the same transaction.

        Raises:
            HTTPException: 401, it vouches for nobody; 429, there were too many such.
        """
        try:
            if self._portal is None:
                raise TokenRefused("no portal is set")
            who = self._portal.verify(token)

            def use(session: Session) -> _T:
                partners.use_token(session, who.issuer, who.token_id, who.expires_at)
                said = {"company_name": who.company_name, "name": who.name, "email": who.email}
                return work(session, partners.known_partner(session, who.issuer, who.subject, who.company, **said))

            return await self._write(use)
        except (TokenRefused, partners.TokenUsed) as error:
            log.info("a portal token was refused: %s", error or "used before")
            self._count_refusal(where)
            raise refused(wording.SIGN_IN_OVER) from None

    async def holds_session(self, token: str) -> partners.Holder | None:
        """What a session stands for, where its holder is served here."""
        if len(token) > _LONGEST_SESSION:
            return None
        found = await asyncio.to_thread(
            self._database.read, lambda session: partners.session_holder(session, token, now())
        )
        return None if found is None or (found.partner_id is None and not self._settings.anonymous_allowed) else found

    async def _holder(self, token: str) -> tuple[str, Partner | None] | None:
        found = await self.holds_session(token)
        if found is None:
            return None
        if now() - found.active_at > _TOUCH:
            await self._write(lambda session: conversations.touch_web_session(session, token))
        partner_id = found.partner_id
        if partner_id is None:
            return found.conversation_id, None
        partner = await asyncio.to_thread(self._database.read, lambda session: session.get(Partner, partner_id))
        return (found.conversation_id, partner) if partner else None

    def _count_refusal(self, where: str) -> None:
        if not self._limits.strangers.allows(where):
            log.warning("an address had too many tokens and sessions refused")
            raise HTTPException(429, wording.TOO_MANY)

    async def _write(self, work: Callable[[Session], _T]) -> _T:
        try:
            return await asyncio.wrap_future(self._database.submit(work))
        except IntegrityError:  # another replica made the same row at the same time: now it is there
            return await asyncio.wrap_future(self._database.submit(work))


def bearer(request: Request) -> str:
    """The bearer token of a request. Raises HTTPException 401 where there is not exactly one."""
    headers = request.headers.getlist("authorization")
    scheme, _, token = headers[0].partition(" ") if len(headers) == 1 else ("", "", "")
    if scheme.lower() != "bearer" or not token.strip():
        raise refused(wording.SIGN_IN_OVER)
    return token.strip()


def refused(sentence: str) -> HTTPException:
    """A refusal of whoever has not shown who they are."""
    return HTTPException(401, sentence, {"WWW-Authenticate": "Bearer"})


def check_page(request: Request, settings: Settings) -> None:
    """Raises HTTPException for a request that a foreign page makes."""
    if not not_foreign(request.headers, settings.widget_origins):
        raise HTTPException(403, "This page may not use the chat.")


def check_caller(request: Request, settings: Settings) -> None:
    """Raises HTTPException for a foreign page or a form."""
    check_page(request, settings)
    if request.headers.get("content-type", "").split(";")[0].strip() != "application/json":
        raise HTTPException(415, "Send the message as application/json.")


def address(request: Request) -> str:
    """The caller's network address, as the server saw it (or as a trusted proxy named it)."""
    return request.client.host if request.client else ""
