"""Who may use which route: read from the application, so that a new route cannot be forgotten (P20, P22)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, update
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from bot.console.gate import PLAIN_COOKIE, ConsoleFiles, ConsoleRoute, ConsoleSocket, Policy
from tests.bot.console.conftest import ORIGIN, OWN, Desk
from tickets import agents
from tickets.agent_models import Agent, AgentSession
from tickets.base import Base, now
from tickets.conversations import token_hash
from tickets.ticket_models import Ticket

CALLERS = ("anonymous", "agent", "lead", "expired", "logged out", "disabled")
SIGNED_IN = ("agent", "lead")
KEY = "0123456789abcdef"
# A body that each action takes; a new action needs one here.
BODIES: dict[str, dict[str, Any]] = {
    "/console/sign-in": {"name": "nobody", "password": "wrong"},
    "/console/sign-out": {},
    "/console/account/password": {"present": "wrong", "new": "wrong"},
    "/console/account/end-session": {"session": "0" * 64},
    "/console/account/slack": {"code": "000-000-000"},
    "/console/account/slack/unlink": {},
    "/console/deliver-again": {},
    "/console/bulk": {"tickets": ["TICKET"], "do": "close"},
    "/console/tickets/{ticket_id}/reply": {"text": "Hello", "key": KEY},
    "/console/tickets/{ticket_id}/note": {"text": "Hello", "key": f"note-{KEY}"},
    "/console/tickets/{ticket_id}/change": {"what": "state", "value": "closed"},
    "/console/tickets/{ticket_id}/field": {"name": "pbx", "value": "12345"},
    "/console/insights/try": {"text": "Can I pay in bitcoin?", "entry": "billing/payment-options"},
    "/console/insights/add": {"trial": "0123456789abcdef"},
    "/console/insights/draft": {"question": "Can I pay in bitcoin?", "section": "billing", "phrasings": []},
}
# What an agent (or a lead) gets where it is not 200; `actions` does not answer here.
ANSWERS = {
    "/console/sign-in": 401,
    "/console/account/password": 403,
    "/console/account/end-session": 404,
    "/console/account/slack": 404,
    "/console/insights/try": 503,
    "/console/insights/add": 503,
}


def console_routes(app: FastAPI) -> list[Any]:
    """All routes of the application under /console."""
    found = [route for route in app.routes if getattr(route, "path", "").startswith("/console")]
    assert len(found) >= 15
    return found


def pages(app: FastAPI) -> Iterator[ConsoleRoute]:
    """The routes to look at."""
    for route in console_routes(app):
        if isinstance(route, ConsoleRoute) and "GET" in (route.methods or ()):
            yield route


def actions(app: FastAPI) -> Iterator[ConsoleRoute]:
    """The routes that do something; the one for browsers' reports does nothing and is tested below."""
    for route in console_routes(app):
        if isinstance(route, ConsoleRoute) and "POST" in (route.methods or ()) and route.path != "/console/reports":
            yield route


def undeclared(routes: list[BaseRoute]) -> list[BaseRoute]:
    """Routes of the console without a policy."""
    return [
        route
        for route in routes
        if not isinstance(route, ConsoleRoute | ConsoleSocket | ConsoleFiles)
        or not isinstance(getattr(route, "policy", None), Policy)
    ]


def test_every_route_declares_who_may_use_it(app: FastAPI) -> None:
    assert undeclared(console_routes(app)) == []


@pytest.mark.parametrize(
    "route",
    [
        Route("/console/x", lambda _: None),
        WebSocketRoute("/console/x", lambda _: None),
        Mount("/console/x", routes=[]),
        ConsoleRoute("/console/x", lambda _: None),
    ],
)
def test_one_without_would_be_found(route: BaseRoute) -> None:
    assert undeclared([route]) == [route]


def test_nothing_is_public_but_the_door(app: FastAPI) -> None:
    public = {(route.path, route.policy) for route in console_routes(app) if route.policy is Policy.PUBLIC}
    assert {path for path, _ in public} == {"/console/static", "/console/sign-in", "/console/reports"}


def test_a_route_has_one_method(app: FastAPI) -> None:
    for route in console_routes(app):
        if isinstance(route, ConsoleRoute):
            assert route.methods in ({"GET", "HEAD"}, {"POST"}), route.path


def test_every_action_is_tried_here(app: FastAPI) -> None:
    assert {route.path for route in actions(app)} == set(BODIES)


@dataclass
class Someone:
    """A caller of the matrix."""

    kind: str
    desk: Desk
    ticket: Ticket
    headers: dict[str, str] = field(default_factory=dict)

    def path(self, route: ConsoleRoute) -> str:
        return route.path.replace("{ticket_id}", self.ticket.id).replace("{rest:path}", "nowhere")

    def body(self, route: ConsoleRoute) -> dict[str, Any]:
        body = BODIES[route.path]
        return {**body, "tickets": [self.ticket.id]} if "tickets" in body else body

    def rows(self) -> dict[str, int]:
        """How many rows each table has, but for the log of refusals."""

        def count(session: Any) -> dict[str, int]:
            tables = [table for table in Base.metadata.sorted_tables if table.name != "audit"]
            return {table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}

        return self.desk.database.read(count)


@pytest.fixture(params=CALLERS)
def someone(request: pytest.FixtureRequest, desk: Desk) -> Someone:
    """One caller after the other."""
    kind: str = request.param
    ticket = desk.open()
    database = desk.database
    if kind == "lead":
        desk.become("clara")
    elif kind != "anonymous":
        token = desk.become("anna")
        if kind == "expired":
            long_ago = now() - timedelta(hours=9)
            database.write(lambda session: session.execute(update(AgentSession).values(created_at=long_ago)))
        if kind == "logged out":
            database.write(lambda session: agents.end(session, agents.named(session, "anna"), token_hash(token)))
        if kind == "disabled":
            database.write(lambda session: session.execute(update(Agent).values(disabled_at=now())))
    return Someone(kind, desk, ticket)


async def test_pages(someone: Someone, app: FastAPI) -> None:
    rows = someone.rows()
    for route in pages(app):
        response = await someone.desk.get(someone.path(route))
        assert response.headers["cache-control"] == "no-store", route.path
        if route.policy is Policy.PUBLIC:
            assert response.status_code == (303 if someone.kind in SIGNED_IN else 200), route.path
        elif someone.kind not in SIGNED_IN or (route.policy is Policy.LEAD and someone.kind != "lead"):
            assert response.status_code == (303 if someone.kind not in SIGNED_IN else 403), route.path
            assert someone.ticket.subject not in response.text
        else:
            assert response.status_code == (404 if "{rest" in route.path else 200), route.path
    assert someone.rows() == rows, "a GET changed something"


async def test_actions(someone: Someone, app: FastAPI) -> None:
    rows = someone.rows()
    for route in sorted(actions(app), key=lambda route: route.path == "/console/sign-out"):
        response = await someone.desk.post(someone.path(route), someone.body(route))
        allowed = route.policy is Policy.PUBLIC or (
            someone.kind in SIGNED_IN and (route.policy is Policy.AGENT or someone.kind == "lead")
        )
        if allowed:
            assert response.status_code == ANSWERS.get(route.path, 200), (route.path, response.text)
        else:
            assert response.status_code == (403 if someone.kind in SIGNED_IN else 401), route.path
            assert set(response.json()) == {"detail"}
    if someone.kind not in SIGNED_IN:
        assert someone.rows() == rows
        assert someone.desk.ticket(someone.ticket).state == "new"


FOREIGN = {
    "another origin": {**OWN, "origin": "https://evil.example"},
    "our name, another port": {**OWN, "origin": "http://127.0.0.1:8081"},
    "another name of this machine": {**OWN, "origin": "http://localhost:8080"},
    "no origin": {name: value for name, value in OWN.items() if name != "origin"},
    "origin null": {**OWN, "origin": "null"},
    "cross-site": {**OWN, "sec-fetch-site": "cross-site"},
    "same-site": {**OWN, "sec-fetch-site": "same-site"},
    "without our header": {name: value for name, value in OWN.items() if name != "x-care-console"},
}


@pytest.mark.parametrize("how", FOREIGN)
async def test_a_foreign_page_acts_for_nobody(anna: Desk, app: FastAPI, how: str) -> None:
    someone = Someone("agent", anna, anna.open())
    rows = someone.rows()
    for route in actions(app):
        response = await anna.http.post(someone.path(route), json=someone.body(route), headers=FOREIGN[how])
        assert response.status_code == 403, route.path
        assert "console's own pages" in response.json()["detail"]
        assert "access-control-allow-origin" not in response.headers
    assert someone.rows() == rows
    assert anna.ticket(someone.ticket).state == "new"
    assert ("127.0.0.1", "refused_cross_site") in anna.audit()


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", ""]
)
async def test_forms_are_no_json(anna: Desk, app: FastAPI, content_type: str) -> None:
    someone = Someone("agent", anna, anna.open())
    for route in actions(app):
        response = await anna.http.post(
            someone.path(route), content=b'{"text": "x"}', headers={**OWN, "content-type": content_type}
        )
        assert response.status_code == 415, route.path


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b'{"more": 1}', b"[" * 30_000, b"null", b"NaN"]
)
async def test_a_body_of_another_form_is_refused_in_words(anna: Desk, app: FastAPI, body: bytes) -> None:
    anna.become("clara")  # a lead may do all that is there
    someone = Someone("agent", anna, anna.open())
    for route in actions(app):
        if BODIES[route.path] == {} and body == b"":
            continue  # there is nothing to say
        response = await anna.http.post(
            someone.path(route), content=body, headers={**OWN, "content-type": "application/json"}
        )
        assert response.status_code in (400, 422), (route.path, body[:20])
        assert "expected form" in response.json()["detail"]


async def test_a_ticket_that_is_not_there_looks_like_any_other_page_that_is_not(anna: Desk) -> None:
    """Agents see all tickets; ids that were never given, numbers, and paths of nothing are one and the same."""
    ticket = anna.open()
    ids = ("0" * 32, str(ticket.number), ticket.name, ticket.id.upper(), ticket.id + "0", "..%2f..", "%00", "<script>")
    answers = {(await anna.get(f"/console/tickets/{wrong}")).text for wrong in ids}
    answers |= {(await anna.get(f"/console/{path}")).text for path in ("nowhere", "tickets", "tickets/a/b/c")}
    assert len(answers) == 1
    assert "no such ticket" in answers.pop()
    for wrong in ids[:5]:
        response = await anna.post(f"/console/tickets/{wrong}/note", {"text": "Hello", "key": KEY})
        assert (response.status_code, response.json()) == (404, {"detail": "There is no such page, or no such ticket."})


async def test_the_headers_of_every_answer(anna: Desk, app: FastAPI) -> None:
    paths = [Someone("agent", anna, anna.open()).path(route) for route in pages(app)]
    for path in [*paths, "/console/static/console.css", "/console/static/nothing.js"]:
        headers = (await anna.get(path)).headers
        assert headers["content-security-policy"] == (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
            "connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; "
            "require-trusted-types-for 'script'; report-to console"
        ), path
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["cache-control"] == ("no-cache" if path.endswith(".css") else "no-store")
        assert "access-control-allow-origin" not in headers
        assert "server" not in headers


async def test_pages_have_no_code_or_style_of_their_own(anna: Desk, app: FastAPI) -> None:
    for route in pages(app):
        text = (await anna.get(Someone("agent", anna, anna.open()).path(route), follow_redirects=True)).text
        for mark in (" style=", "<style", " onclick", " onload", "javascript:", "http://", "https://"):
            assert mark not in text, (route.path, mark)
        assert text.count("<script") == text.count('<script src="/console/static/') + text.count(
            '<script type="module" src="/console/static/'
        )


async def test_a_portal_page_that_may_embed_the_chat_may_not_read_the_console(make_app: Any, app: FastAPI) -> None:
    from tests.bot.web.conftest import caller

    portal = "https://portal.example.com"
    async with caller(make_app(CARE_WIDGET_ORIGINS=portal)) as client:
        response = await client.get("/console/sign-in", headers={"origin": portal})
        assert "access-control-allow-origin" not in response.headers
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
        refused = await client.post(
            "/console/sign-in", json={"name": "x", "password": "x"}, headers={**OWN, "origin": portal}
        )
        assert refused.status_code == 403


async def test_reports_of_browsers_are_logged_without_what_they_quote(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "https://evil.example/?token=geheim"
    report = [{"type": "csp-violation", "body": {"effectiveDirective": "script-src-elem", "blockedURL": secret}}]
    for body in (report, [], {"x": 1}, "x", [{"body": {"effectiveDirective": "<b>geheim"}}]):
        assert (await desk.http.post("/console/reports", json=body)).status_code == 204
    assert "script-src-elem" in caplog.text
    assert "geheim" not in caplog.text
    for _ in range(20):
        assert (await desk.http.post("/console/reports", content=b"{")).status_code == 204
    assert len([record for record in caplog.records if record.name == "care.console"]) <= 10


async def test_a_cookie_that_is_no_token_is_nobody(desk: Desk) -> None:
    for value in ("x", "a" * 43, "a" * 5000, "'; DROP TABLE", "%00"):
        response = await desk.http.get("/console", headers={"cookie": f"{PLAIN_COOKIE}={value}"})
        assert response.status_code == 303
        assert response.headers["location"] == "/console/sign-in?next=/console"


async def test_a_database_that_does_not_answer_is_said(anna: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.exc import OperationalError

    from tickets.database import Database

    def fail(*_: object) -> None:
        raise OperationalError("SELECT secret", {}, Exception("disk"))

    monkeypatch.setattr(Database, "read", fail)
    page = await anna.get("/console")
    assert page.status_code == 503
    assert "does not answer just now" in page.text
    action = await anna.post("/console/sign-out")
    assert action.status_code == 503
    assert "secret" not in page.text + action.text


def test_our_own_page_is_this_one() -> None:
    assert OWN["origin"] == ORIGIN
