"""The application: what runs with it, what it shows of itself to whom, and that looking changes nothing."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from starlette.applications import Starlette
from starlette.requests import Request as StarletteRequest
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from bot import health as health_module
from bot import wording
from bot.control import socket_path
from bot.web import app as module
from tests.bot.peers import Rasa, after, nothing, serving
from tests.bot.web.conftest import MakeApp, caller
from tests.service import Service
from tickets import conversations
from tickets.base import now
from tickets.database import Database
from tickets.models import Conversation, Event

TICKET = {
    "type": "orders.tracking",
    "subject": "Where is our order?",
    "description": "We ordered three phones last week and they have not arrived yet.",
    "contact": {"name": "Ann Partner", "company": "Acme", "email": "ann@acme.example"},
}


async def until_status(client: httpx.AsyncClient, path: str, status: int) -> httpx.Response:
    """Wait until a page answers so."""
    end = time.monotonic() + 20
    while (response := await client.get(path)).status_code != status:
        assert time.monotonic() < end, response.text
        await asyncio.sleep(0.02)
    return response


class TestHealthChecks:
    async def test_ready_means_that_questions_can_be_answered_and_alive_that_we_run(
        self, client: httpx.AsyncClient, rasa: Rasa, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(health_module, "_LOOK_SECONDS", 0.02)
        ready = await until_status(client, "/readyz", 200)
        assert ready.json() == {"engine": True, "actions": True, "index": "abc"}

        rasa.alive = PlainTextResponse("", 503)
        red = await until_status(client, "/readyz", 503)
        assert red.json() == {"engine": False, "actions": True, "index": "abc"}
        assert (await client.get("/healthz")).status_code == 200

        rasa.alive = PlainTextResponse("Hello from Rasa: 3.6.21")
        await until_status(client, "/readyz", 200)

    def test_the_real_service_is_ready(self, service: Service) -> None:
        response = httpx.get(f"{service.url}/readyz")
        assert response.status_code == 200
        assert response.json()["index"]
        assert "server" not in response.headers


class TestWhatIsShown:
    async def test_the_demo_page_and_the_widget(self, client: httpx.AsyncClient) -> None:
        page = await client.get("/")
        assert page.headers["content-type"].startswith("text/html")
        assert "care-chat" in page.text
        script = await client.get("/static/care-chat.js")
        assert script.status_code == 200
        assert "javascript" in script.headers["content-type"]

    async def test_nothing_else(self, client: httpx.AsyncClient) -> None:
        for path in (
            *("/docs", "/redoc", "/admin", "/api", "/.env", "/static/", "/static/../app.py", "/static/%2e%2e/app.py"),
            *("/static/..%2f..%2f..%2fsettings.py", "/model/parse", "/webhook", "/conversations", "/care.db"),
        ):
            assert (await client.get(path)).status_code in (404, 405), path

    async def test_metrics_count_what_happens(self, client: httpx.AsyncClient) -> None:
        def count(text: str) -> float:
            (line,) = [line for line in text.splitlines() if line.startswith("care_messages_total ")]
            return float(line.split()[1])

        before = count((await client.get("/metrics")).text)
        await client.post("/api/chat", json={"sender": "someone", "message": "hello"})
        assert count((await client.get("/metrics")).text) == before + 1

    @pytest.mark.parametrize("path", ["/metrics", "/openapi.json"])
    async def test_what_is_for_operators_is_shown_on_this_machine_only(self, make_app: MakeApp, path: str) -> None:
        app = make_app(CARE_HOST="0.0.0.0", CARE_ANONYMOUS="yes")
        async with caller(app) as here:
            assert (await here.get(path)).status_code == 200
            for proxied in ({"x-forwarded-for": "203.0.113.5"}, {"forwarded": "for=203.0.113.5"}):
                assert (await here.get(path, headers=proxied)).status_code == 404
        async with caller(make_app(CARE_HOST="0.0.0.0", CARE_ANONYMOUS="yes"), "203.0.113.5") as elsewhere:
            assert (await elsewhere.get(path)).status_code == 404

    async def test_openapi_describes_the_api(self, client: httpx.AsyncClient) -> None:
        described: dict[str, Any] = (await client.get("/openapi.json")).json()
        assert {"/api/chat", "/api/web/session", "/healthz", "/readyz", "/metrics"} <= set(described["paths"])
        chat = described["paths"]["/api/chat"]["post"]
        assert {"200", "401", "403", "413", "415", "422", "429"} <= set(chat["responses"])

    async def test_no_get_changes_anything(
        self, client: httpx.AsyncClient, stored: Database, make_app: MakeApp, tmp_path: Path
    ) -> None:
        await client.post("/api/chat", json={"sender": "someone", "message": "hello"})

        def everything() -> list[str]:
            with closing(sqlite3.connect(tmp_path / "care.db")) as database:
                return list(database.iterdump())

        before = everything()
        paths = ["/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/static/care-chat.js", "/api/chat"]
        for path in [*paths, "/api/web/session", "/api/web/socket"]:
            for method in ("GET", "HEAD", "OPTIONS"):
                await client.request(method, path, headers={"x-care-chat": "1"})
        assert everything() == before


class TestStartAndStop:
    async def test_a_message_that_an_earlier_run_left_is_answered(
        self, make_app: MakeApp, stored: Database, rasa: Rasa
    ) -> None:
        stored.migrate()
        conversation = stored.write(lambda session: conversations.open_web_session(session)[1])
        stored.write(
            lambda session: conversations.receive(
                session, conversation, text="hello", message="hello", client_id="c-1", retry=True
            )
        )
        async with caller(make_app()):
            end = time.monotonic() + 20
            while len(kinds(stored, conversation)) < 2:
                assert time.monotonic() < end
                await asyncio.sleep(0.02)
        assert kinds(stored, conversation)[-1] == "bot"

    async def test_stopping_with_a_message_in_the_engine_leaves_it_for_the_next_start(
        self, make_app: MakeApp, stored: Database, rasa: Rasa, caplog: pytest.LogCaptureFixture
    ) -> None:
        rasa.answer = after(1.0)
        async with caller(make_app()) as client:
            asking = asyncio.create_task(client.post("/api/chat", json={"sender": "someone", "message": "hello"}))
            while not rasa.heard:
                await asyncio.sleep(0.01)
        await asyncio.gather(asking, return_exceptions=True)
        assert len(stored.read(conversations.open_turns)) == 1
        assert [record for record in caplog.records if record.levelname == "ERROR"] == []

    async def test_conversations_of_long_ago_are_forgotten(self, make_app: MakeApp, stored: Database) -> None:
        stored.migrate()
        stored.write(an_old_and_a_young_conversation)
        async with caller(make_app()):
            await until_only_the_young_is_left(stored)

    async def test_tidying_goes_on_after_a_bad_day_of_the_database(
        self,
        make_app: MakeApp,
        stored: Database,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
        tmp_path: Path,
    ) -> None:
        monkeypatch.setattr(module, "_TIDY_SECONDS", 0.05)
        stored.migrate()
        with closing(sqlite3.connect(tmp_path / "care.db", isolation_level=None)) as raw:
            raw.execute("ALTER TABLE feedback RENAME TO elsewhere")
            async with caller(make_app()):
                end = time.monotonic() + 20
                while "not all deleted" not in caplog.text:
                    assert time.monotonic() < end
                    await asyncio.sleep(0.02)
                raw.execute("ALTER TABLE elsewhere RENAME TO feedback")
                stored.write(an_old_and_a_young_conversation)
                await until_only_the_young_is_left(stored)

    async def test_a_database_that_takes_nothing_is_said_and_nothing_is_acknowledged(
        self, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def full(_: object) -> None:
            raise OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))

        monkeypatch.setattr(conversations, "open_web_session", full)
        answer = await client.post("/api/web/session", json={}, headers={"x-care-chat": "1"})
        assert (answer.status_code, answer.json()) == (503, {"detail": wording.NOT_SAVED})
        assert answer.headers["retry-after"]
        assert "Traceback" not in caplog.text
        monkeypatch.undo()
        answer = await client.post("/api/web/session", json={}, headers={"x-care-chat": "1"})
        assert answer.status_code == 200

    async def test_a_ticket_opened_is_told_to_the_webhook_and_the_command_line_can_ask(
        self, make_app: MakeApp, stored: Database, tmp_path: Path
    ) -> None:
        heard: list[dict[str, Any]] = []

        async def hear(request: StarletteRequest) -> PlainTextResponse:
            heard.append(await request.json())
            return PlainTextResponse("thanks")

        receiver = Starlette(routes=[Route("/hook", hear, methods=["POST"])])
        async with serving(receiver) as url:
            app = make_app(CARE_WEBHOOK_URL=f"{url}/hook", CARE_WEBHOOK_SECRET="s" * 32)
            async with caller(app) as client:
                answer = await client.post(
                    "/api/tickets", json=TICKET, headers={"idempotency-key": "one-intention", "x-care-chat": "1"}
                )
                assert answer.status_code == 201, answer.text
                end = time.monotonic() + 10
                while not heard:
                    assert time.monotonic() < end
                    await asyncio.sleep(0.02)
                assert heard[0]["type"] == "ticket.opened"
                assert heard[0]["ticket"]["number"] == answer.json()["number"]
                assert socket_path(tmp_path).exists()
        assert not socket_path(tmp_path).exists()

    async def test_an_answer_lost_in_the_engine_is_told_and_nothing_breaks(
        self, client: httpx.AsyncClient, rasa: Rasa
    ) -> None:
        rasa.answer = nothing
        lost = await client.post("/api/chat", json={"sender": "someone", "message": "hello"})
        assert lost.json()["replies"][0]["data"]["type"] == "error"
        assert (await client.get("/healthz")).status_code == 200


def kinds(stored: Database, conversation: str) -> list[str]:
    """What stands in a transcript: user, bot, notice."""
    query = select(Event.kind).where(Event.conversation_id == conversation).order_by(Event.seq)
    return stored.read(lambda session: list(session.scalars(query)))


def an_old_and_a_young_conversation(session: Session) -> None:
    """One that nobody wrote in for 31 days, and one of 29 days ago."""
    for name, days in (("young", 29), ("old", 31)):
        active_at = now() - timedelta(days=days)
        session.add(Conversation(id=name, channel="api", external_id=name, active_at=active_at))


async def until_only_the_young_is_left(stored: Database) -> None:
    """Wait until old conversations are forgotten."""
    end = time.monotonic() + 20
    while (names := stored.read(lambda session: set(session.scalars(select(Conversation.id))))) != {"young"}:
        assert time.monotonic() < end, names
        await asyncio.sleep(0.02)
