"""Signing in and out, the own password, the own sessions."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, RedirectResponse, Response

from bot.console import gate, wording
from bot.console.attempts import Attempts
from bot.console.gate import Call, Nothing, Refused
from bot.console.live import Live
from bot.console.pages import Pages
from bot.slack.linking import tell_agent_linked
from tickets import agents, passwords, slack_agents
from tickets.agent_models import Agent

_NEXT = re.compile(r"/console(?:/[A-Za-z0-9/_-]*)?(?:\?[A-Za-z0-9=&%+._~-]*)?")
_PER_USER, _PER_ADDRESS = (5, 30 * 60.0), (20, 5 * 60.0)
_CODES = (10, 3600.0)  # of Slack's that an agent may try


class SignIn(BaseModel):
    """Name and password, as typed."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=200)
    password: str = Field(max_length=1000)


class NewPassword(BaseModel):
    """The present password and the one to come."""

    model_config = ConfigDict(extra="forbid")

    present: str = Field(max_length=1000)
    new: str = Field(max_length=1000)


class EndSession(BaseModel):
    """Which of one's own sessions to end."""

    model_config = ConfigDict(extra="forbid")

    session: str = Field(pattern=r"^[0-9a-f]{64}$")


class SlackCode(BaseModel):
    """The code that was shown in Slack, as typed."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(min_length=1, max_length=40)


class Desk:
    """The routes about who one is."""

    def __init__(self, pages: Pages, live: Live, keeper: gate.Gate) -> None:
        self._pages = pages
        self._live = live
        self._gate = keeper
        self._per_user = Attempts(*_PER_USER)
        self._per_address = Attempts(*_PER_ADDRESS)
        self._codes = Attempts(*_CODES)
        self._hashing = asyncio.Semaphore(passwords.AT_ONCE)

    async def sign_in_page(self, call: Call) -> Response:
        """The form; whoever is signed in goes on at once."""
        wanted = call.request.query_params.get("next", "")
        next_page = wanted if _NEXT.fullmatch(wanted) and not wanted.startswith("/console/sign") else "/console"
        if call.signed_in is not None:
            return RedirectResponse(next_page, 303)
        anybody = await call.read(lambda session: bool(agents.active(session)))
        note = "" if anybody else wording.FIRST_USER
        if not gate.may_sign_in(call.request):
            note = wording.NEEDS_HTTPS
        # A link from elsewhere comes without the cookie (SameSite=Strict); asked again from our page it is there.
        from_elsewhere = call.request.headers.get("sec-fetch-site") == "cross-site"
        return self._pages.show("sign_in.html", None, next_page=next_page, note=note, from_elsewhere=from_elsewhere)

    async def sign_in(self, call: Call, body: SignIn) -> Response:
        """Check name and password; the same words and time whatever is wrong."""
        if not gate.may_sign_in(call.request):
            raise Refused(403, wording.NEEDS_HTTPS)
        name, where = body.name.strip().lower(), gate.address(call.request)
        if not self._per_address.begin(where):
            await self._gate.note(where, "sign_in_limited")
            raise Refused(429, wording.TOO_MANY_HERE)
        if not self._per_user.begin(name):
            await self._gate.note(where, "sign_in_limited", user=name[:80])
            raise Refused(429, wording.TOO_MANY_FAILURES)
        agent = await call.read(lambda session: agents.by_name(session, name))
        right = await self._matches(agent, body.password)
        if agent is None or not right or agent.disabled_at is not None:
            await call.write(lambda session: agents.log(session, where, "sign_in_failed", user=name[:80]))
            raise Refused(401, wording.SIGN_IN_FAILED)
        self._per_address.forgive(where)
        self._per_user.forgive(name)
        fresh = await self._hash(body.password) if passwords.outdated(agent.password) else None
        client, replaced = call.request.headers.get("user-agent", ""), gate.token(call.request)

        def begin(session: Any) -> str | None:
            known = session.get(Agent, agent.id)
            if known is None or known.disabled_at is not None or known.password != agent.password:
                return None  # changed meanwhile
            known.password = fresh or known.password
            return agents.sign_in(session, known, client, replaced)

        token = await call.write(begin)
        if token is None:
            raise Refused(401, wording.SIGN_IN_FAILED)
        self._live.look_at_sessions()
        response = JSONResponse({"done": True})
        gate.set_token(response, call.request, token)
        return response

    async def sign_out(self, call: Call, _: Nothing) -> Response:
        """End this session."""
        assert call.signed_in is not None
        me, hashed = call.me, call.signed_in.session.token_sha256

        def out(session: Any) -> None:
            agents.end(session, me, hashed)
            agents.log(session, me.name, "signed_out")

        await call.write(out)
        self._live.look_at_sessions()
        response = JSONResponse({"done": True})
        gate.drop_token(response, call.request)
        return response

    async def still_here(self, call: Call) -> Response:
        """Tells a page that the session is there."""
        return JSONResponse({"name": call.me.shown})

    async def account(self, call: Call) -> Response:
        """The own name, password, sessions and Slack accounts."""
        assert call.signed_in is not None
        me = call.me
        sessions = await call.read(lambda session: agents.sessions(session, me))
        slack = await call.read(lambda session: slack_agents.of_agent(session, me))
        return self._pages.show(
            "account.html",
            call.signed_in,
            sessions=sessions,
            slack=slack,
            this=call.signed_in.session.token_sha256,
            rule=wording.PASSWORD_RULE,
        )

    async def change_password(self, call: Call, body: NewPassword) -> Response:
        """A new password ends all other sessions and gives this one a new token."""
        assert call.signed_in is not None
        me, hashed = call.me, call.signed_in.session.token_sha256
        if not self._per_user.begin(me.name):
            raise Refused(429, wording.TOO_MANY_FAILURES)
        if not await self._matches(me, body.present):
            await call.write(lambda session: agents.log(session, me.name, "password_change_failed"))
            raise Refused(403, wording.WRONG_PASSWORD)
        self._per_user.forgive(me.name)
        if body.new == body.present:
            raise Refused(422, wording.SAME_PASSWORD)
        try:
            passwords.check(body.new, me.name)
        except passwords.WeakPassword as weak:
            raise Refused(422, str(weak)) from None
        made = await self._hash(body.new)
        client, old = call.request.headers.get("user-agent", ""), gate.token(call.request)

        def change(session: Any) -> str:
            agent = session.get_one(Agent, me.id)
            agents.set_password(session, agent, made, agent.name, but=hashed)
            return agents.sign_in(session, agent, client, old)

        token = await call.write(change)
        self._live.look_at_sessions()
        response = JSONResponse({"done": True})
        gate.set_token(response, call.request, token)
        return response

    async def end_session(self, call: Call, body: EndSession) -> Any:
        """End one of the own sessions; another's looks like none."""
        me = call.me

        def end(session: Any) -> bool:
            ended = agents.end(session, me, body.session)
            if ended:
                agents.log(session, me.name, "session_ended")
            return ended

        if not await call.write(end):
            raise Refused(404, wording.NOT_FOUND)
        self._live.look_at_sessions()
        return None

    async def link_slack(self, call: Call, body: SlackCode) -> None:
        """Have the Slack account that was shown this code act in one's own name."""
        me = call.me
        if not self._codes.begin(me.id):
            raise Refused(429, wording.TOO_MANY_CODES)

        def link(session: Any) -> bool:
            conversation = slack_agents.redeem(session, body.code, me)
            if conversation is not None:
                tell_agent_linked(session, conversation, me)
            return conversation is not None

        if not await call.write(link):
            raise Refused(404, wording.NO_SUCH_CODE)
        self._codes.forgive(me.id)

    async def unlink_slack(self, call: Call, _: Nothing) -> dict[str, int]:
        """Have no Slack account act in one's own name any more."""
        me = call.me
        return {"unlinked": await call.write(lambda session: slack_agents.unlink_agent(session, me))}

    async def _matches(self, agent: Agent | None, password: str) -> bool:
        stored = agent.password if agent is not None else None
        async with self._hashing:
            return await asyncio.to_thread(passwords.matches, stored, password)

    async def _hash(self, password: str) -> str:
        async with self._hashing:
            return await asyncio.to_thread(passwords.make_hash, password)
