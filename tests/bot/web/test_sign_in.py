"""Signing in with the portal's token: whose session it is, what it opens, how it ends, and what it never opens."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import func, select, update

from bot import wording
from bot.web import live_sessions
from tests.bot.peers import Rasa, serving
from tests.bot.web.conftest import MakeApp, caller
from tests.bot.web.test_socket import Place
from tests.portals import SigningPortal
from tickets.base import now
from tickets.database import Database
from tickets.models import Conversation, UsedToken, WebSession
from tickets.partners import MOST_SESSIONS, PARTNER_IDLE, PARTNER_LIFE
from tickets.ticket_models import Partner

HEADERS = {"content-type": "application/json", "x-care-chat": "1"}


@pytest.fixture(scope="module")
def portal() -> SigningPortal:
    return SigningPortal()


@pytest.fixture
async def client(make_app: MakeApp, portal: SigningPortal) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application that trusts the portal."""
    async with caller(make_app(**portal.settings)) as calling:
        yield calling


async def sign_in(client: httpx.AsyncClient, token: str) -> dict[str, str]:
    """The session that a token is exchanged for."""
    answer = await client.post("/api/web/session", json={"token": token}, headers=HEADERS)
    assert answer.status_code == 200, answer.text
    opened: dict[str, str] = answer.json()
    return opened


def bearing(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


async def said(client: httpx.AsyncClient, sender: str, headers: dict[str, str]) -> httpx.Response:
    return await client.post("/api/chat", json={"sender": sender, "message": "hello"}, headers=headers)


class TestExchange:
    async def test_a_token_gives_a_session_of_a_conversation_of_its_partner(
        self, client: httpx.AsyncClient, portal: SigningPortal, stored: Database
    ) -> None:
        opened = await sign_in(client, portal.token("ann", "acme"))
        (partner,) = stored.read(lambda session: session.scalars(select(Partner)).all())
        assert (partner.subject, partner.company, partner.name) == ("ann", "acme", "Ann")
        assert (partner.company_name, partner.email) == ("Acme Ltd", "ann@acme.example")
        conversation = stored.read(lambda session: session.get_one(Conversation, opened["conversation"]))
        assert (conversation.channel, conversation.partner_id) == ("web", partner.id)

    async def test_a_partner_has_one_conversation_on_every_device_and_others_have_their_own(
        self, client: httpx.AsyncClient, portal: SigningPortal
    ) -> None:
        desk, phone = [await sign_in(client, portal.token("ann")) for _ in range(2)]
        colleague = await sign_in(client, portal.token("bob"))
        assert desk["session"] != phone["session"]
        assert desk["conversation"] == phone["conversation"] != colleague["conversation"]

    async def test_what_the_portal_says_later_replaces_what_it_said(
        self, client: httpx.AsyncClient, portal: SigningPortal, stored: Database
    ) -> None:
        await sign_in(client, portal.token("ann", "acme"))
        await sign_in(client, portal.token("ann", "other", name="Ann Lee"))
        (partner,) = stored.read(lambda session: session.scalars(select(Partner)).all())
        assert (partner.company, partner.name) == ("other", "Ann Lee")

    async def test_a_token_serves_once(self, client: httpx.AsyncClient, portal: SigningPortal) -> None:
        token = portal.token()
        await sign_in(client, token)
        for headers in (HEADERS, {**HEADERS, "x-forwarded-for": "203.0.113.9"}):
            again = await client.post("/api/web/session", json={"token": token}, headers=headers)
            assert (again.status_code, again.json()) == (401, {"detail": wording.SIGN_IN_OVER})
        assert (await said(client, "x", bearing(token))).status_code == 401
        other = portal.token(jti="the same")
        await sign_in(client, other)
        again = await client.post("/api/web/session", json={"token": portal.token(jti="the same")}, headers=HEADERS)
        assert again.status_code == 401

    async def test_of_many_at_once_one_is_served(self, client: httpx.AsyncClient, portal: SigningPortal) -> None:
        token = portal.token()
        asked = [client.post("/api/web/session", json={"token": token}, headers=HEADERS) for _ in range(10)]
        statuses = [answer.status_code for answer in await asyncio.gather(*asked)]
        assert sorted(statuses) == [200] + [401] * 9

    async def test_a_bad_token_gives_no_session_not_even_an_anonymous_one(
        self, client: httpx.AsyncClient, portal: SigningPortal, stored: Database, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        bad = SigningPortal().token()
        answer = await client.post("/api/web/session", json={"token": bad}, headers=HEADERS)
        assert (answer.status_code, answer.json()) == (401, {"detail": wording.SIGN_IN_OVER})
        assert answer.headers["www-authenticate"] == "Bearer"
        assert stored.read(lambda session: session.scalar(select(func.count()).select_from(WebSession))) == 0
        assert "a portal token was refused: signature" in caplog.text
        assert not any(part in caplog.text for part in bad.split("."))

    async def test_without_a_portal_no_token_is_taken(self, make_app: MakeApp, portal: SigningPortal) -> None:
        async with caller(make_app()) as client:
            answer = await client.post("/api/web/session", json={"token": portal.token()}, headers=HEADERS)
            assert answer.status_code == 401

    async def test_where_nobody_anonymous_is_served_partners_are(
        self, make_app: MakeApp, portal: SigningPortal, rasa: Rasa
    ) -> None:
        async with caller(make_app(**portal.settings, CARE_ANONYMOUS="no")) as client:
            assert (await client.post("/api/web/session", json={}, headers=HEADERS)).status_code == 401
            assert (await said(client, "x", {})).status_code == 401
            assert (await client.post("/api/policies/dispute_window", json={})).status_code == 401
            opened = await sign_in(client, portal.token())
            assert (await said(client, "x", bearing(opened["session"]))).status_code == 200
            answer = await client.post("/api/policies/dispute_window", json={}, headers=bearing(opened["session"]))
            assert answer.status_code != 401

    async def test_a_partner_does_not_open_sessions_without_end(
        self, make_app: MakeApp, portal: SigningPortal, stored: Database
    ) -> None:
        async with caller(make_app(**portal.settings)) as client:
            for _ in range(MOST_SESSIONS + 5):
                newest = await sign_in(client, portal.token())
            kept = stored.read(lambda session: session.scalar(select(func.count()).select_from(WebSession)))
            assert kept == MOST_SESSIONS
            assert (await said(client, "x", bearing(newest["session"]))).status_code == 200
        async with caller(make_app(**portal.settings, CARE_RATE_LIMIT="20")) as client:
            tokens = [portal.token() for _ in range(62)]
            statuses = [
                (await client.post("/api/web/session", json={"token": token}, headers=HEADERS)).status_code
                for token in tokens
            ]
            assert statuses == [200] * 60 + [429] * 2

    async def test_many_bad_tokens_from_one_address_are_refused_as_such(
        self, make_app: MakeApp, portal: SigningPortal
    ) -> None:
        async with caller(make_app(**portal.settings, CARE_RATE_LIMIT="20")) as client:
            body = {"token": "a.b.c"}
            statuses = [
                (await client.post("/api/web/session", json=body, headers=HEADERS)).status_code for _ in range(102)
            ]
            assert statuses == [401] * 100 + [429] * 2

    async def test_foreign_pages_cannot_exchange(self, client: httpx.AsyncClient, portal: SigningPortal) -> None:
        token = portal.token()
        for headers in ({}, {**HEADERS, "origin": "https://evil.example"}):
            assert (await client.post("/api/web/session", json={"token": token}, headers=headers)).status_code == 403
        await sign_in(client, token)


class TestChat:
    async def test_a_sender_is_the_partners_own(
        self, client: httpx.AsyncClient, portal: SigningPortal, rasa: Rasa
    ) -> None:
        ann = (await sign_in(client, portal.token("ann")))["session"]
        bob = (await sign_in(client, portal.token("bob")))["session"]
        anonymous = (await client.post("/api/web/session", json={}, headers=HEADERS)).json()["session"]
        for headers in (bearing(ann), bearing(ann), bearing(bob), {}, bearing(anonymous), bearing(portal.token("ann"))):
            assert (await said(client, "me", headers)).status_code == 200
        first, again, other, nobody, holder, signed = (body["sender"] for body in rasa.heard)
        assert first == again == signed
        assert len({first, other, nobody, holder}) == 4

    async def test_an_anonymous_sender_cannot_take_a_partners_name(
        self, client: httpx.AsyncClient, portal: SigningPortal, rasa: Rasa, stored: Database
    ) -> None:
        ann = (await sign_in(client, portal.token("ann")))["session"]
        await said(client, "me", bearing(ann))
        name = stored.read(
            lambda session: session.scalar(select(Conversation.external_id).where(Conversation.channel == "api-scoped"))
        )
        await said(client, str(name), {})
        await said(client, f"partner:{str(name).split(':')[0]}", {})
        assert len({body["sender"] for body in rasa.heard}) == 3

    @pytest.mark.parametrize(
        "header",
        ["Bearer", "Bearer ", "Basic YTpi", "Bearer nonsense", "Bearer a.b.c", "nonsense", "Bearer " + "x" * 500, ""],
    )
    async def test_whoever_shows_something_wrong_is_not_taken_for_anonymous(
        self, client: httpx.AsyncClient, rasa: Rasa, header: str
    ) -> None:
        assert (await said(client, "x", {"authorization": header})).status_code == 401
        assert rasa.heard == []

    async def test_two_authorizations_are_none(self, client: httpx.AsyncClient, portal: SigningPortal) -> None:
        session = (await sign_in(client, portal.token()))["session"]
        headers = [("authorization", f"Bearer {session}"), ("authorization", f"Bearer {session}")]
        answer = await client.post("/api/chat", json={"sender": "x", "message": "hello"}, headers=headers)
        assert answer.status_code == 401


class TestEnd:
    async def test_signing_out_ends_this_session_and_no_other(
        self, client: httpx.AsyncClient, portal: SigningPortal
    ) -> None:
        one, two = [(await sign_in(client, portal.token()))["session"] for _ in range(2)]
        ended = await client.request("DELETE", "/api/web/session", headers=bearing(one))
        assert (ended.status_code, ended.content) == (204, b"")
        assert (await said(client, "x", bearing(one))).status_code == 401
        assert (await said(client, "x", bearing(two))).status_code == 200
        again = await client.request("DELETE", "/api/web/session", headers=bearing(one))
        assert again.status_code == 401

    async def test_a_foreign_page_or_a_url_cannot_sign_out(
        self, client: httpx.AsyncClient, portal: SigningPortal
    ) -> None:
        session = (await sign_in(client, portal.token()))["session"]
        foreign = {**bearing(session), "origin": "https://evil.example"}
        assert (await client.request("DELETE", "/api/web/session", headers=foreign)).status_code == 403
        assert (await client.request("DELETE", f"/api/web/session?session={session}")).status_code == 401
        assert (await said(client, "x", bearing(session))).status_code == 200

    async def test_a_session_in_the_url_is_nobodys(self, client: httpx.AsyncClient, portal: SigningPortal) -> None:
        session = (await sign_in(client, portal.token()))["session"]
        for name in ("token", "session", "access_token", "authorization"):
            assert (await client.get(f"/api/tickets?{name}={session}")).status_code == 401

    @pytest.mark.parametrize("passed", [PARTNER_IDLE, PARTNER_LIFE])
    async def test_a_partners_session_ends_sooner_than_an_anonymous_one(
        self, client: httpx.AsyncClient, portal: SigningPortal, stored: Database, passed: timedelta
    ) -> None:
        partner = (await sign_in(client, portal.token()))["session"]
        anonymous = (await client.post("/api/web/session", json={}, headers=HEADERS)).json()["session"]
        before = now() - passed - timedelta(minutes=1)
        column = WebSession.active_at if passed == PARTNER_IDLE else WebSession.created_at
        stored.write(lambda session: session.execute(update(WebSession).values({column: before})))
        assert (await said(client, "x", bearing(partner))).status_code == 401
        assert (await said(client, "x", bearing(anonymous))).status_code == 200

    async def test_a_session_in_use_stays(
        self, client: httpx.AsyncClient, portal: SigningPortal, stored: Database
    ) -> None:
        session = (await sign_in(client, portal.token()))["session"]
        for _ in range(3):  # each time a little before the end
            before = now() - PARTNER_IDLE + timedelta(minutes=5)
            stored.write(lambda session: session.execute(update(WebSession).values(active_at=before)))  # noqa: B023
            assert (await said(client, "x", bearing(session))).status_code == 200

    async def test_what_nobody_can_use_any_more_is_forgotten(
        self, make_app: MakeApp, portal: SigningPortal, stored: Database
    ) -> None:
        async with caller(make_app(**portal.settings)) as client:
            await sign_in(client, portal.token())
            await client.post("/api/web/session", json={}, headers=HEADERS)
        long_ago = now() - timedelta(days=8)
        stored.write(lambda session: session.execute(update(WebSession).values(active_at=long_ago)))
        stored.write(lambda session: session.execute(update(UsedToken).values(expires_at=long_ago)))
        async with caller(make_app(**portal.settings)):
            end = time.monotonic() + 20
            while left(stored):
                assert time.monotonic() < end
                await asyncio.sleep(0.02)


def left(stored: Database) -> int:
    """How many sessions and used tokens are kept."""
    return sum(
        stored.read(lambda session: session.scalar(select(func.count()).select_from(table))) or 0  # noqa: B023
        for table in (WebSession, UsedToken)
    )


class TestSocket:
    @pytest.fixture
    async def place(
        self, make_app: MakeApp, portal: SigningPortal, request: pytest.FixtureRequest
    ) -> AsyncIterator[Place]:
        app = make_app(**portal.settings, **getattr(request, "param", {}))
        async with serving(app, ws_ping_interval=None, timeout_graceful_shutdown=1) as url:
            yield Place(url)

    async def session(self, place: Place, token: str) -> str:
        async with httpx.AsyncClient(base_url=place.url) as client:
            return (await sign_in(client, token))["session"]

    async def test_the_history_is_the_same_on_every_device(self, place: Place, portal: SigningPortal) -> None:
        async with place.chat(await self.session(place, portal.token())) as (chat, _):
            await chat.say("my question")
            await chat.events(2)
        async with place.chat(await self.session(place, portal.token())) as (_, welcome):
            assert [event["text"] for event in welcome["events"]] == ["my question", "re: my question"]
        async with place.chat(await self.session(place, portal.token("bob"))) as (_, welcome):
            assert welcome["events"] == []

    async def test_identifying_does_not_make_anonymous_history_readable(
        self, place: Place, portal: SigningPortal
    ) -> None:
        anonymous = await place.new_session()
        async with place.chat(anonymous) as (chat, before):
            await chat.say("asked by nobody")
            await chat.events(2)
        partner = await self.session(place, portal.token())
        async with place.chat(partner) as (_, welcome):
            assert welcome["conversation"] != before["conversation"]
            assert welcome["events"] == []
        async with place.chat(anonymous) as (_, welcome):
            assert [event["text"] for event in welcome["events"]] == ["asked by nobody", "re: asked by nobody"]

    @pytest.mark.parametrize("place", [{"CARE_ANONYMOUS": "no"}], indirect=True)
    async def test_partners_are_let_in_where_nobody_else_is(self, place: Place, portal: SigningPortal) -> None:
        async with place.chat(await self.session(place, portal.token())) as (chat, _):
            await chat.say("hello")
            await chat.events(2)

    async def test_signing_out_closes_the_sockets_of_the_session_at_once(
        self, place: Place, portal: SigningPortal
    ) -> None:
        one, two = [await self.session(place, portal.token()) for _ in range(2)]
        async with place.chat(one) as (chat, _), place.chat(two) as (other, _):
            async with httpx.AsyncClient(base_url=place.url) as client:
                await client.request("DELETE", "/api/web/session", headers=bearing(one))
            start = time.monotonic()
            assert (await chat.next("refused"))["code"] == "session"
            assert await chat.closed() == 4401
            assert time.monotonic() - start < 2
            await other.say("still here")
            await other.events(2)

    async def test_a_session_ended_by_another_replica_closes_here_too(
        self, place: Place, portal: SigningPortal, stored: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(live_sessions, "_LOOK_SECONDS", 0.1)
        async with place.chat(await self.session(place, portal.token())) as (chat, _):
            start = time.monotonic()
            stored.write(
                lambda session: session.execute(update(WebSession).values(created_at=now() - PARTNER_LIFE * 2))
            )
            assert await chat.closed() == 4401
            assert time.monotonic() - start < 5

    async def test_a_partner_may_have_more_windows_than_somebody_unknown(
        self, make_app: MakeApp, portal: SigningPortal
    ) -> None:
        app = make_app(**portal.settings, CARE_RATE_LIMIT="20")
        async with serving(app, ws_ping_interval=None, timeout_graceful_shutdown=1) as url:
            place = Place(url)
            for session, most in ((await self.session(place, portal.token()), 20), (await place.new_session(), 5)):
                chats = [place.chat(session) for _ in range(most)]
                for chat in chats:
                    await chat.__aenter__()
                async with place.connect() as connection:
                    await connection.send(f'{{"type": "hello", "session": "{session}", "last_seen": 0}}')
                    await asyncio.wait_for(connection.wait_closed(), 20)
                    assert connection.close_code == 1013
                for chat in chats:
                    await chat.__aexit__(None, None, None)

    async def test_a_portal_token_is_no_session(self, place: Place, portal: SigningPortal) -> None:
        async with place.connect() as connection:
            await connection.send(f'{{"type": "hello", "session": "{portal.token()[:200]}", "last_seen": 0}}')
            assert '"refused"' in str(await connection.recv())
