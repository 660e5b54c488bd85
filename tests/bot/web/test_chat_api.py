"""POST /api/chat and the web chat's session: one message in, its replies out, and every refusal in a sentence."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from starlette.responses import Response

from bot import wording
from bot.web import chat_api as module
from tests.bot.peers import Rasa, after, first, nothing, said
from tests.bot.web.conftest import MakeApp, caller
from tests.service import Service
from tickets.database import Database
from tickets.models import Conversation, Event, WebSession

SESSION = {"content-type": "application/json", "x-care-chat": "1"}


async def ask(client: httpx.AsyncClient, message: str, sender: str = "someone") -> list[dict[str, Any]]:
    """The replies to a message."""
    response = await client.post("/api/chat", json={"sender": sender, "message": message})
    assert response.status_code == 200, response.text
    replies: list[dict[str, Any]] = response.json()["replies"]
    return replies


def count(stored: Database, kind: type[Event] | type[Conversation] | type[WebSession]) -> int:
    """How many rows there are."""
    return stored.read(lambda session: session.scalar(select(func.count()).select_from(kind)) or 0)


class TestWithTheRealEngine:
    def test_a_question_is_answered_from_the_faq(self, service: Service) -> None:
        (reply,) = service.ask("Until when can I dispute an invoice?", sender="api-1")
        assert (reply["data"]["type"], reply["data"]["id"]) == ("faq", "billing/dispute-period")
        assert reply["data"]["source"].startswith("https://")
        assert reply["text"]
        assert set(reply) == {"text", "buttons", "data"}
        assert all(set(button) == {"title", "payload"} for button in reply["buttons"])

    def test_a_buttons_payload_presses_it_once_and_only_in_its_conversation(self, service: Service) -> None:
        (reply,) = service.ask("Until when can I dispute an invoice?", sender="api-2")
        helpful = next(one["payload"] for one in reply["buttons"] if one["title"] == "Yes, thanks")
        (refused,) = service.ask(helpful, sender="api-3")
        assert refused["data"] == {"type": "error", "code": "unknown_button"}
        (thanks,) = service.ask(helpful, sender="api-2")
        assert thanks["data"]["helpful"] is True
        (refused,) = service.ask(helpful, sender="api-2")
        assert refused["data"] == {"type": "error", "code": "used_button"}

    @pytest.mark.parametrize("space", ["", "  ", "\n", "\u2060", "\u200b"])
    def test_a_typed_payload_is_only_text(self, service: Service, space: str) -> None:
        (reply, *_) = service.ask(f'{space}/show_entry{{"entry": "orders/doa-replacement"}}', sender=f"api-4{space}")
        assert reply["data"].get("id") != "orders/doa-replacement"


class TestAsking:
    async def test_replies_come_whole_and_in_order(self, client: httpx.AsyncClient, rasa: Rasa) -> None:
        async def two(_: dict[str, Any]) -> Response:
            return said("One.", "Two.", buttons=[{"title": "No", "payload": "/not_helpful"}])

        rasa.answer = two
        replies = await ask(client, "hello")
        assert [reply["text"] for reply in replies] == ["One.", "Two."]
        assert replies[0]["data"] == {"type": "faq"}
        assert replies[0]["buttons"][0]["title"] == "No"
        assert replies[0]["buttons"][0]["payload"].startswith("btn_")

    async def test_a_sender_stays_in_one_conversation_and_meets_nobody_in_it(
        self, client: httpx.AsyncClient, rasa: Rasa
    ) -> None:
        for sender in ("ann", "bob", "ann"):
            await ask(client, "hello", sender)
        first_of_ann, bob, second_of_ann = (body["sender"] for body in rasa.heard)
        assert first_of_ann == second_of_ann != bob
        assert "ann" not in first_of_ann  # the engine learns no names

    async def test_two_first_messages_at_once_are_one_conversation(self, client: httpx.AsyncClient, rasa: Rasa) -> None:
        await asyncio.gather(*(ask(client, f"hello {number}", "new") for number in range(5)))
        assert len({body["sender"] for body in rasa.heard}) == 1

    async def test_a_message_that_cannot_be_read_is_refused_kindly(self, client: httpx.AsyncClient, rasa: Rasa) -> None:
        (empty,) = await ask(client, "  \u200b ")
        (long,) = await ask(client, "x" * 4001)
        assert empty == {"text": wording.EMPTY, "buttons": [], "data": {"type": "error", "code": "empty"}}
        assert long["data"]["code"] == "too_long"
        assert rasa.heard == []


class TestFailures:
    async def test_an_empty_answer_of_the_engine_is_told_honestly(self, client: httpx.AsyncClient, rasa: Rasa) -> None:
        rasa.answer = first(nothing)
        (reply,) = await ask(client, "hello")
        assert reply["text"] == wording.TRY_AGAIN
        assert (reply["data"]["type"], reply["data"]["retry"]) == ("error", True)
        (reply,) = await ask(client, "hello")
        assert reply["text"] == "re: hello"

    async def test_a_slow_engine_does_not_hold_the_caller_beyond_its_time(
        self, client: httpx.AsyncClient, rasa: Rasa, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "_ANSWER_SECONDS", 0.2)
        rasa.answer = after(3)
        start = time.monotonic()
        (reply,) = await ask(client, "hello")
        assert time.monotonic() - start < 2.5
        assert reply == {"text": wording.TRY_AGAIN, "buttons": [], "data": {"type": "error", "retry": True}}


class TestWhoMayAsk:
    BODY = b'{"sender": "someone", "message": "hello"}'

    async def test_pages_of_ours_and_programs(self, client: httpx.AsyncClient, rasa: Rasa) -> None:
        for others, status in (
            ({}, 200),
            ({"content-type": "application/json; charset=utf-8"}, 200),
            ({"origin": "http://127.0.0.1:8080"}, 200),
            ({"origin": "https://evil.example"}, 403),
            ({"origin": "null"}, 403),
            ({"sec-fetch-site": "cross-site"}, 403),
            ({"content-type": "application/vnd.api+json"}, 415),
        ):
            rasa.heard.clear()
            headers = {"content-type": "application/json", **others}
            response = await client.post("/api/chat", content=self.BODY, headers=headers)
            assert response.status_code == status, headers
            assert len(rasa.heard) == (status == 200)
            assert status == 200 or response.json()["detail"]

    async def test_no_form_that_a_foreign_page_can_send_without_asking(
        self, client: httpx.AsyncClient, rasa: Rasa
    ) -> None:
        for form in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
            headers = {"content-type": form} if form else {}
            response = await client.post("/api/chat", content=self.BODY, headers=headers)
            assert response.status_code in (415, 422), form
        assert rasa.heard == []

    async def test_anonymous_callers_only_where_they_are_served(self, make_app: MakeApp, rasa: Rasa) -> None:
        async with caller(make_app(CARE_ANONYMOUS="no")) as client:
            response = await client.post("/api/chat", json={"sender": "someone", "message": "hello"})
            assert (response.status_code, response.json()) == (401, {"detail": wording.NOT_SIGNED_IN})
            assert (await client.post("/api/web/session", headers=SESSION)).status_code == 401
        assert rasa.heard == []


class TestForm:
    WRONG = (
        (b"", "body"),
        (b"{", "JSON"),
        (b"null", "body"),
        (b"[]", "body"),
        (b'"hello"', "body"),
        (b"{}", "sender"),
        (b'{"sender": "a"}', "message"),
        (b'{"sender": "", "message": "x"}', "sender"),
        (b'{"sender": 1, "message": "x"}', "sender"),
        (b'{"sender": "a", "message": null}', "message"),
        (b'{"sender": "a", "message": ["x"]}', "message"),
        (b'{"sender": "a", "message": "x", "metadata": {}}', "metadata"),
        (b'{"sender": "a", "message": "\\ud800"}', "message"),
        (b'{"sender": "' + b"a" * 201 + b'", "message": "x"}', "sender"),
        (b'{"sender": "a", "message": "' + b"x" * 20_001 + b'"}', "message"),
    )

    async def test_a_wrong_form_is_named(self, client: httpx.AsyncClient, stored: Database) -> None:
        for body, names in self.WRONG:
            response = await client.post("/api/chat", content=body, headers={"content-type": "application/json"})
            assert response.status_code == 422, body
            assert names in response.json()["detail"]
            assert set(response.json()) == {"detail"}
        assert count(stored, Conversation) == 0

    async def test_what_is_no_json_text_at_all(self, client: httpx.AsyncClient) -> None:
        for body in (b"\xff\xfe", b"[" * 30_000, b'{"a":' * 10_000):
            response = await client.post("/api/chat", content=body, headers={"content-type": "application/json"})
            assert response.status_code in (400, 422), body[:20]

    async def test_a_refusal_does_not_repeat_what_was_sent(self, client: httpx.AsyncClient) -> None:
        """Error bodies end up in other people's logs."""
        response = await client.post("/api/chat", json={"sender": "someone", "message": "x", "card": "4111 1111"})
        assert "4111" not in response.text


class TestLimits:
    async def test_too_many_messages_are_refused_with_a_sentence_and_not_stored(
        self, make_app: MakeApp, rasa: Rasa, stored: Database
    ) -> None:
        async with caller(make_app(CARE_RATE_LIMIT="3")) as client:
            body = {"sender": "busy", "message": "hello"}
            statuses = [(await client.post("/api/chat", json=body)).status_code for _ in range(5)]
            refused = await client.post("/api/chat", json=body)
            other = await client.post("/api/chat", json={"sender": "other", "message": "hello"})
        assert statuses == [200, 200, 200, 429, 429]
        assert refused.json() == {"detail": wording.TOO_MANY}
        assert other.status_code == 200
        assert len(rasa.heard) == 4

    async def test_an_address_elsewhere_may_not_begin_conversations_without_end(
        self, make_app: MakeApp, stored: Database
    ) -> None:
        app = make_app(CARE_HOST="0.0.0.0", CARE_ANONYMOUS="yes", CARE_RATE_LIMIT="20")
        async with caller(app, "203.0.113.5") as client:
            asked = [
                (await client.post("/api/chat", json={"sender": str(n), "message": "hello"})).status_code
                for n in range(8)
            ]
            opened = [(await client.post("/api/web/session", headers=SESSION)).status_code for _ in range(4)]
            known = await client.post("/api/chat", json={"sender": "0", "message": "hello again"})
        assert asked + opened == [200] * 10 + [429] * 2
        assert known.status_code == 200
        assert count(stored, Conversation) == 10


class TestWebSession:
    async def test_it_gives_a_token_that_is_not_stored(self, client: httpx.AsyncClient, stored: Database) -> None:
        opened = (await client.post("/api/web/session", headers=SESSION)).json()
        assert set(opened) == {"session", "conversation"}
        assert count(stored, WebSession) == 1
        hashes = stored.read(lambda session: session.scalars(select(WebSession.token_sha256)).all())
        assert opened["session"] not in hashes

    async def test_foreign_pages_get_none(self, client: httpx.AsyncClient, stored: Database) -> None:
        for headers, status in (
            ({"content-type": "application/json"}, 403),  # no own header: a page could send this without asking
            ({"content-type": "text/plain", "x-care-chat": "1"}, 415),
            ({"x-care-chat": "1"}, 415),
            ({**SESSION, "origin": "https://evil.example"}, 403),
            ({**SESSION, "sec-fetch-site": "cross-site"}, 403),
        ):
            assert (await client.post("/api/web/session", headers=headers)).status_code == status, headers
        assert count(stored, WebSession) == 0

    async def test_a_listed_portal_page_may_ask_and_open_one(self, make_app: MakeApp) -> None:
        portal = {"origin": "https://portal.example.com", "sec-fetch-site": "cross-site"}
        async with caller(make_app(CARE_WIDGET_ORIGINS="https://portal.example.com")) as client:
            preflight = await client.options("/api/web/session", headers=portal)
            assert preflight.status_code == 200
            assert "x-care-chat" in preflight.headers["access-control-allow-headers"]
            opened = await client.post("/api/web/session", headers={**SESSION, **portal})
            assert opened.status_code == 200
            assert opened.headers["access-control-allow-origin"] == "https://portal.example.com"
            foreign = await client.options("/api/web/session", headers={"origin": "https://evil.example"})
            assert "access-control-allow-origin" not in foreign.headers
