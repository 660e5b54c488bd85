"""POST /api/slack/link: a signed-in partner enters the code that was shown in Slack; DELETE ends all such links."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from bot import wording
from bot.limits import Limits
from bot.slack.linking import tell_linked, tell_unlinked
from bot.web.callers import Callers, check_caller, check_page, refused
from bot.web.chat_api import PROBLEMS, Problem
from settings import Settings
from tickets import slack_users
from tickets.database import Database
from tickets.ticket_models import Partner

_T = TypeVar("_T")


class CodeEntered(BaseModel):
    """The code, as it was shown in Slack or typed."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(min_length=1, max_length=40, description="Like 7KQ-M2X-9TD; small letters and spaces do no harm.")


class SlackLinked(BaseModel):
    """Who the Slack account belongs to from now on."""

    name: str
    company: str


class SlackUnlinked(BaseModel):
    """How many Slack accounts were linked, and are not any more."""

    unlinked: int


def router(settings: Settings, database: Database, limits: Limits, callers: Callers) -> APIRouter:
    """The routes of this module."""
    routes = APIRouter(prefix="/api/slack", tags=["slack"], responses=PROBLEMS)

    @routes.post(
        "/link",
        responses={404: {"model": Problem, "description": "The code is not valid, or not any more"}},
        summary="Link the Slack account that was shown this code to the signed-in partner",
    )
    async def link(body: CodeEntered, request: Request) -> SlackLinked:
        check_caller(request, settings)
        partner = await _partner(request)
        if not limits.codes.allows(partner.id):
            raise HTTPException(429, wording.TOO_MANY_CODES)
        if not await _write(lambda session: _link(session, body.code, partner)):
            raise HTTPException(404, wording.NO_SUCH_CODE)
        return SlackLinked(name=partner.name or partner.subject, company=partner.company_name or partner.company)

    @routes.delete("/link", summary="End all links of Slack accounts to the signed-in partner")
    async def unlink(request: Request) -> SlackUnlinked:
        check_page(request, settings)
        partner = await _partner(request)
        return SlackUnlinked(unlinked=await _write(lambda session: _unlink(session, partner)))

    @routes.options("/link", include_in_schema=False)
    async def preflight() -> dict[str, str]:
        return {}

    async def _partner(request: Request) -> Partner:
        partner = (await callers.of(request)).partner
        if partner is None:
            raise refused(wording.SIGN_IN_TO_LINK)
        if not limits.requests.allows(partner.id):
            raise HTTPException(429, wording.TOO_MANY)
        return partner

    async def _write(work: Callable[[Session], _T]) -> _T:
        return await asyncio.wrap_future(database.submit(work))

    return routes


def _link(session: Session, code: str, partner: Partner) -> bool:
    conversation = slack_users.redeem(session, code, partner)
    if conversation is not None:
        tell_linked(session, conversation, partner)
    return conversation is not None


def _unlink(session: Session, partner: Partner) -> int:
    gone = slack_users.unlink_partner(session, partner.id)
    if gone:
        tell_unlinked(session, partner.id)
    return gone
