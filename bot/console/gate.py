"""Before every route of the console: who calls, whether they may, and whether the request is our own page's.

A route cannot be made without a policy: `page`, `action`, `socket` and `files` take it as argument,
and tests/bot/console reads the application's routes for one that went around them.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import Scope
from starlette.websockets import WebSocket

from bot.console import wording
from bot.console.attempts import Attempts
from bot.console.pages import Pages
from bot.web.origins import own_or_listed
from tickets import agents
from tickets.agent_models import Agent
from tickets.agents import SignedIn
from tickets.conversations import token_hash
from tickets.database import Database

log = logging.getLogger("care.console")

SECURE_COOKIE, PLAIN_COOKIE = "__Host-care-console", "care-console"
HEADER = "x-care-console"
QUIET_HEADER = "x-care-quiet"  # a page that brings itself up to date: no sign of the agent's life
_LOOPBACK = {"127.0.0.1", "localhost", "::1", "[::1]"}
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")

_T = TypeVar("_T")


class Policy(Enum):
    """Who may use a route."""

    PUBLIC = "public"
    AGENT = "agent"
    LEAD = "lead"

    def allows(self, agent: Agent | None) -> bool:
        """Whether this person (None: nobody is signed in) may."""
        if self is Policy.PUBLIC:
            return True
        return agent is not None and (self is Policy.AGENT or agent.role == agents.LEAD)


class Body(BaseModel):
    """The JSON of an action; nothing that it does not name is taken."""

    model_config = ConfigDict(extra="forbid")


class Refused(Exception):
    """A request that is not carried out, with the sentence that says why."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


class Nothing(Body):
    """An action without anything to say."""


@dataclass(frozen=True)
class Call:
    """A request that passed the gate."""

    request: Request
    signed_in: SignedIn | None
    database: Database

    @property
    def me(self) -> Agent:
        """Who calls, on a route that only agents may use."""
        assert self.signed_in is not None
        return self.signed_in.agent

    async def read(self, work: Callable[[Session], _T]) -> _T:
        """Read from the database without holding up others."""
        return await asyncio.to_thread(self.database.read, work)

    async def write(self, work: Callable[[Session], _T]) -> _T:
        """Write to the database; returns when it is on disk."""
        return await asyncio.wrap_future(self.database.submit(work))


Page = Callable[[Call], Awaitable[Response]]


class ConsoleRoute(Route):
    """A route with its policy."""

    policy: Policy


class ConsoleSocket(WebSocketRoute):
    """A WebSocket with its policy."""

    policy: Policy


class ConsoleFiles(Mount):
    """Our own files with their policy."""

    policy: Policy


class Gate:
    """Makes the console's routes."""

    def __init__(self, database: Database, pages: Pages) -> None:
        self._database = database
        self._pages = pages
        self._reports = Attempts(10, 60)
        self._noted = Attempts(1, 60)  # refusals of one kind and caller that are written down a minute

    def page(self, path: str, policy: Policy, answer: Page) -> BaseRoute:
        """A page to look at: GET, changes nothing."""

        async def endpoint(request: Request) -> Response:
            signed_in = None
            try:
                signed_in = await self.who(request)
                await self._check_policy(request, policy, signed_in)
                return await answer(Call(request, signed_in, self._database))
            except Refused as refused:
                if refused.status == 401:
                    return RedirectResponse(f"/console/sign-in?next={quote(_own_path(request))}", 303)
                return self._pages.problem(refused.status, refused.sentence, signed_in)
            except SQLAlchemyError as error:
                log.error("a page of the console could not be read: %s", type(error).__name__)
                return self._pages.problem(503, wording.DATABASE_AWAY, None)

        return _with_policy(ConsoleRoute(path, endpoint, methods=["GET"]), policy)

    def action(
        self, path: str, policy: Policy, form: type[BaseModel], act: Callable[[Call, Any], Awaitable[Any]]
    ) -> BaseRoute:
        """Something to do: POST, a JSON body of this form, from our own pages only; answers in JSON."""

        async def endpoint(request: Request) -> Response:
            try:
                await self._check_own_page(request)
                signed_in = await self.who(request)
                await self._check_policy(request, policy, signed_in)
                done = await act(Call(request, signed_in, self._database), _parse(form, await request.body()))
            except Refused as refused:
                return JSONResponse({"detail": refused.sentence}, refused.status)
            except SQLAlchemyError as error:
                log.error("an action of the console failed: %s", type(error).__name__)
                return JSONResponse({"detail": wording.DATABASE_AWAY}, 503)
            return done if isinstance(done, Response) else JSONResponse(done or {"done": True})

        return _with_policy(ConsoleRoute(path, endpoint, methods=["POST"]), policy)

    def socket(
        self, path: str, policy: Policy, talk: Callable[[WebSocket, SignedIn, str], Awaitable[None]]
    ) -> BaseRoute:
        """A WebSocket of signed-in agents, opened by our own pages only."""

        async def endpoint(socket: WebSocket) -> None:
            signed_in = await self.who(socket) if own_or_listed(socket.headers, ()) else None
            if signed_in is None or not policy.allows(signed_in.agent):
                await socket.close(1008)  # before accepting: the browser sees 403
                return
            await talk(socket, signed_in, token(socket) or "")

        return _with_policy(ConsoleSocket(path, endpoint), policy)

    def files(self, path: str, policy: Policy, folder: Path) -> BaseRoute:
        """Style sheets, scripts and pictures of ours."""
        return _with_policy(ConsoleFiles(path, _Files(directory=folder)), policy)

    def reports(self, path: str, policy: Policy) -> BaseRoute:
        """Where browsers say that our Content-Security-Policy stopped something: logged, nothing is changed."""

        async def endpoint(request: Request) -> Response:
            body = await request.body()
            if self._reports.begin(address(request)):
                log.error("a browser reports that markup got into a page of the console: %s", _directives(body))
            return Response(status_code=204)

        return _with_policy(ConsoleRoute(path, endpoint, methods=["POST"]), policy)

    async def who(self, connection: HTTPConnection) -> SignedIn | None:
        """Who is signed in, noting that they are there."""
        given = token(connection)
        if given is None:
            return None
        found = await asyncio.to_thread(self._database.read, lambda session: agents.signed_in(session, given))
        if found is not None and agents.worth_touching(found.session) and QUIET_HEADER not in connection.headers:
            hashed = token_hash(given)
            await asyncio.wrap_future(self._database.submit(lambda session: agents.touch(session, hashed)))
        return found

    async def note(self, actor: str, what: str, **detail: Any) -> None:
        """Write down a refusal, one of its kind a minute."""
        if self._noted.begin(f"{actor} {what} {detail}"):
            await asyncio.wrap_future(self._database.submit(lambda session: agents.log(session, actor, what, **detail)))

    async def _check_policy(self, request: Request, policy: Policy, signed_in: SignedIn | None) -> None:
        if policy.allows(signed_in.agent if signed_in else None):
            return
        if signed_in is None:
            raise Refused(401, wording.SIGNED_OUT)
        await self.note(signed_in.agent.name, "refused", path=request.url.path[:200])
        raise Refused(403, wording.LEADS_ONLY)

    async def _check_own_page(self, request: Request) -> None:
        """Three ways to know a foreign page, and forms are no JSON."""
        site = request.headers.get("sec-fetch-site", "same-origin")
        if not own_or_listed(request.headers, ()) or site != "same-origin" or HEADER not in request.headers:
            await self.note(address(request), "refused_cross_site", path=request.url.path[:200])
            raise Refused(403, wording.NOT_FROM_HERE)
        if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
            raise Refused(415, wording.NOT_JSON)


class _Files(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "no-cache"
        return response


def is_secure(connection: HTTPConnection) -> bool:
    """Whether the browser came over https."""
    return connection.url.scheme in ("https", "wss")


def may_sign_in(connection: HTTPConnection) -> bool:
    """Over https, or on this machine alone."""
    return is_secure(connection) or (
        connection.url.hostname in _LOOPBACK
        and address(connection) in _LOOPBACK
        and not any(name in connection.headers for name in ("x-forwarded-for", "forwarded"))
    )


def token(connection: HTTPConnection) -> str | None:
    """The session's token that the browser came with."""
    given = connection.cookies.get(SECURE_COOKIE if is_secure(connection) else PLAIN_COOKIE, "")
    return given if _TOKEN.fullmatch(given) else None


def set_token(response: Response, connection: HTTPConnection, value: str) -> None:
    """Let the browser keep a token until it is closed."""
    secure = is_secure(connection)
    name = SECURE_COOKIE if secure else PLAIN_COOKIE
    response.set_cookie(name, value, path="/", secure=secure, httponly=True, samesite="strict")


def drop_token(response: Response, connection: HTTPConnection) -> None:
    """Let the browser forget its token."""
    secure = is_secure(connection)
    name = SECURE_COOKIE if secure else PLAIN_COOKIE
    response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="strict")


def address(connection: HTTPConnection) -> str:
    """The caller's network address, as the server saw it (or as a trusted proxy named it)."""
    return connection.client.host if connection.client else ""


def _with_policy(route: Any, policy: Policy) -> BaseRoute:
    route.policy = policy
    made: BaseRoute = route
    return made


def _parse(form: type[BaseModel], body: bytes) -> BaseModel:
    try:
        return form.model_validate(json.loads(body or b"{}"))
    except ValidationError as error:
        wrong = error.errors()[0]
        where = ".".join(str(part) for part in wrong["loc"])
        raise Refused(422, wording.NOT_UNDERSTOOD.format(where=where, what=wrong["msg"])) from None
    except (ValueError, RecursionError):
        raise Refused(400, wording.NOT_UNDERSTOOD.format(where="The body", what="is not JSON")) from None


def _directives(body: bytes) -> str:
    """Which directives reports name; nothing else of them, they hold addresses."""
    try:
        reports = json.loads(body)
    except (ValueError, RecursionError):
        return "unreadable"
    found = {
        str(report["body"].get("effectiveDirective", ""))
        for report in (reports if isinstance(reports, list) else [])
        if isinstance(report, dict) and isinstance(report.get("body"), dict)
    }
    return ", ".join(sorted(name for name in found if re.fullmatch(r"[a-z-]{1,40}", name))) or "none named"


def _own_path(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")
