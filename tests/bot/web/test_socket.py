"""The web chat's socket: who gets in, what is answered, and that a client that comes back misses nothing.

The application listens on a real port here: in-process clients stay green where a real server
refuses every upgrade (uvicorn without a WebSocket library answers 404).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import update
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bot import wording
from bot.messages import MOST_CHARACTERS
from bot.web import socket as module
from tests.bot.peers import Rasa, after, first, nothing, said, serving
from tests.bot.web.conftest import MakeApp
from tests.service import Service
from tickets.base import now
from tickets.conversations import MOST_REPLAYED, SESSION_IDLE
from tickets.database import Database
from tickets.models import Event, WebSession

_PATIENCE = 20.0


class Chat:
    """One open socket of a client."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, **frame: Any) -> None:
        """Send one frame."""
        await self.connection.send(json.dumps(frame))

    async def say(self, text: str, client_id: str = "client-1") -> None:
        """Send a message."""
        await self.send(type="message", client_id=client_id, text=text)

    async def next(self, kind: str) -> dict[str, Any]:
        """The next frame of this kind."""
        while True:
            frame: dict[str, Any] = json.loads(await asyncio.wait_for(self.connection.recv(), _PATIENCE))
            if frame["type"] == kind:
                return frame

    async def events(self, count: int) -> list[dict[str, Any]]:
        """The next events."""
        return [(await self.next("event"))["event"] for _ in range(count)]

    async def closed(self) -> int:
        """The code that the server hangs up with."""
        with suppress(ConnectionClosed):
            while True:
                await asyncio.wait_for(self.connection.recv(), _PATIENCE)
        assert self.connection.close_code is not None
        return self.connection.close_code


class Place:
    """An address where the bot answers."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def new_session(self) -> str:
        """A new anonymous session's token."""
        headers = {"content-type": "application/json", "x-care-chat": "1"}
        async with httpx.AsyncClient() as client:
            opened = await client.post(f"{self.url}/api/web/session", headers=headers)
        token: str = opened.json()["session"]
        return token

    def connect(self, origin: str | None = "own", **options: Any) -> connect:
        """A socket, from a page of ours unless told otherwise."""
        headers = {} if origin is None else {"Origin": self.url if origin == "own" else origin}
        address = self.url.replace("http://", "ws://") + "/api/web/socket"
        return connect(address, additional_headers=headers, proxy=None, **options)

    @asynccontextmanager
    async def chat(self, session: str, last_seen: int = 0) -> AsyncIterator[tuple[Chat, dict[str, Any]]]:
        """A socket that has said hello, and its welcome."""
        async with self.connect() as connection:
            chat = Chat(connection)
            await chat.send(type="hello", session=session, last_seen=last_seen)
            yield chat, await chat.next("welcome")


At = Callable[..., AbstractAsyncContextManager[Place]]


@pytest.fixture
def at(make_app: MakeApp) -> At:
    """The bot with settings of one's own."""

    @asynccontextmanager
    async def open_place(**settings: str) -> AsyncIterator[Place]:
        async with serving(make_app(**settings), ws_ping_interval=None, timeout_graceful_shutdown=1) as url:
            yield Place(url)

    return open_place


@pytest.fixture
async def place(at: At) -> AsyncIterator[Place]:
    """The bot with its usual settings."""
    async with at() as here:
        yield here


class TestTheInstalledProgram:
    async def test_a_question_typed_in_the_page_is_answered_from_the_faq(self, service: Service) -> None:
        place = Place(service.url)
        async with place.chat(await place.new_session()) as (chat, welcome):
            assert (welcome["events"], welcome["reset"]) == ([], False)
            await chat.say("Until when can I dispute an invoice?")
            user, answer = await chat.events(2)
            assert (user["kind"], user["client_id"]) == ("user", "client-1")
            assert (answer["kind"], answer["data"]["id"]) == ("bot", "billing/dispute-period")

            button = next(one for one in answer["buttons"] if one["title"] == "Yes, thanks")
            await chat.send(type="press", client_id="client-2", button=button["payload"])
            pressed, thanks = await chat.events(2)
            assert pressed["text"] == button["title"]
            assert thanks["data"]["helpful"] is True

    async def test_a_frame_that_is_too_large_is_refused_with_its_own_code(self, service: Service) -> None:
        place = Place(service.url)
        async with place.chat(await place.new_session()) as (chat, _):
            await chat.say("x" * 17_000)
            assert await chat.closed() == 1009

    async def test_the_largest_message_fits_in_a_frame_in_any_language(self, service: Service) -> None:
        place = Place(service.url)
        async with place.chat(await place.new_session()) as (chat, _):
            frame = {"type": "message", "client_id": "client-1", "text": "😀" * MOST_CHARACTERS}
            await chat.connection.send(json.dumps(frame, ensure_ascii=False))  # as browsers do
            assert (await chat.next("ack"))["client_id"] == "client-1"

    async def test_it_does_not_compress_what_it_sends(self, service: Service) -> None:
        async with Place(service.url).connect() as connection:
            assert connection.response is not None
            assert "sec-websocket-extensions" not in connection.response.headers


class TestWhoGetsIn:
    async def test_other_pages_and_programs_do_not(self, place: Place) -> None:
        for origin in (None, "null", "https://evil.example", "http://127.0.0.1", "http://localhost:1"):
            with pytest.raises(InvalidStatus) as refused:
                async with place.connect(origin):
                    pass
            assert refused.value.response.status_code == 403, origin

    async def test_a_listed_portal_page_does(self, at: At) -> None:
        async with at(CARE_WIDGET_ORIGINS="https://portal.example.com") as place:
            token = await place.new_session()
            async with place.connect("https://portal.example.com") as connection:
                chat = Chat(connection)
                await chat.send(type="hello", session=token, last_seen=0)
                assert await chat.next("welcome")

    async def test_nobody_does_where_anonymous_callers_are_not_served(self, at: At) -> None:
        async with at(CARE_ANONYMOUS="no") as place:
            with pytest.raises(InvalidStatus) as refused:
                async with place.connect():
                    pass
            assert refused.value.response.status_code == 403

    async def test_an_unknown_session_is_refused_so_that_the_page_begins_a_new_one(self, place: Place) -> None:
        for token in ("", "x", "0" * 43, "btn_0"):
            async with place.connect() as connection:
                chat = Chat(connection)
                await chat.send(type="hello", session=token, last_seen=0)
                assert await chat.next("refused") == {"type": "refused", "code": "session"}
                assert await chat.closed() == 4401

    async def test_who_does_not_say_hello_is_not_heard(self, place: Place) -> None:
        hello = {"type": "hello", "session": "x", "last_seen": 0}
        frames: list[str | bytes] = [
            *("hello", "{}", "[]", '{"type": "hello"}', "{" * 5000, json.dumps(hello).encode()),
            *(json.dumps({**hello, **change}) for change in ({"last_seen": -1}, {"last_seen": 1e99}, {"more": 1})),
            '{"type": "message", "client_id": "client-1", "text": "hello"}',
        ]
        for frame in frames:
            async with place.connect() as connection:
                await connection.send(frame)
                assert await Chat(connection).closed() == 1008, frame

    async def test_who_says_nothing_is_not_waited_for(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "HELLO_SECONDS", 0.1)
        async with place.connect() as connection:
            assert await Chat(connection).closed() == 1008


class TestTalking:
    async def test_a_message_is_acknowledged_with_its_number_and_answered(self, place: Place) -> None:
        async with place.chat(await place.new_session()) as (chat, _):
            await chat.say("hello")
            assert await chat.next("ack") == {"type": "ack", "client_id": "client-1", "seq": 1}
            while (event := (await chat.next("event"))["event"])["kind"] == "user":  # before or after the ack
                assert event["seq"] == 1
            assert (event["seq"], event["kind"], event["text"]) == (2, "bot", "re: hello")

    async def test_a_message_sent_again_is_acknowledged_again_and_run_once(self, place: Place, rasa: Rasa) -> None:
        async with place.chat(await place.new_session()) as (chat, _):
            for _ in range(3):
                await chat.say("hello")
                assert (await chat.next("ack"))["seq"] == 1
            await chat.say("next", "client-2")
            await chat.next("ack")
        assert rasa.messages in (["hello"], ["hello", "next"])

    async def test_what_cannot_be_taken_is_refused_by_its_name(self, place: Place, rasa: Rasa) -> None:
        async with place.chat(await place.new_session()) as (chat, _):
            for text, code in ((" ", "empty"), ("x" * (MOST_CHARACTERS + 1), "too_long")):
                await chat.say(text)
                problem = await chat.next("problem")
                assert (problem["client_id"], problem["code"]) == ("client-1", code)
            await chat.send(type="press", client_id="client-2", button="btn_" + "0" * 28)
            problem = await chat.next("problem")
            assert problem == {
                "type": "problem",
                "client_id": "client-2",
                "code": "unknown_button",
                "text": wording.UNKNOWN_BUTTON,
            }
        assert rasa.heard == []

    async def test_another_conversations_button_is_unknown(self, place: Place, rasa: Rasa) -> None:
        async def with_button(_: dict[str, Any]) -> Any:
            return said("Was this helpful?", buttons=[{"title": "No", "payload": "/not_helpful"}])

        rasa.answer = first(with_button)
        async with (
            place.chat(await place.new_session()) as (mine, _),
            place.chat(await place.new_session()) as (other, _),
        ):
            await mine.say("hello")
            token = (await mine.events(2))[1]["buttons"][0]["payload"]
            await other.send(type="press", client_id="client-1", button=token)
            assert (await other.next("problem"))["code"] == "unknown_button"
            await mine.send(type="press", client_id="client-2", button=token)
            assert (await mine.events(1))[0]["text"] == "No"
        assert rasa.messages[1] == "/not_helpful"

    async def test_frames_that_mean_nothing_are_said_to_and_after_five_it_hangs_up(
        self, place: Place, rasa: Rasa
    ) -> None:
        message = {"type": "message", "client_id": "client-1", "text": "x"}
        meaningless: list[str | bytes] = [
            *("", "hello", "null", "[]", "{}", '{"type": "hello"}', "[" * 2000, b"\x00\xff"),
            *('{"type": "message", "client_id": "client-1"}', '{"type": "press", "client_id": "client-1"}'),
            *(json.dumps({**message, **change}) for change in ({"client_id": "short"}, {"text": 7}, {"retry": False})),
            *('{"type": "message", "client_id": "client-1", "text": "\\ud800"}', json.dumps(message).encode()),
        ]
        assert len(meaningless) % 5 == 0
        token = await place.new_session()
        while meaningless:
            async with place.chat(token) as (chat, _):
                for _ in range(4):
                    await chat.connection.send(meaningless.pop())
                    assert (await chat.next("problem"))["code"] == "frame"
                await chat.connection.send(meaningless.pop())
                assert await chat.closed() == 1008
        assert rasa.heard == []

    async def test_a_failed_turn_is_told_and_answered_later(self, place: Place, rasa: Rasa) -> None:
        rasa.answer = first(nothing)
        async with place.chat(await place.new_session()) as (chat, _):
            await chat.say("hello")
            _, notice, answer = await chat.events(3)
        assert (notice["kind"], notice["text"]) == ("notice", wording.LATER)
        assert answer["text"] == "re: hello"


class TestComingBack:
    async def test_a_client_gets_what_it_missed_once_and_in_order(self, place: Place, rasa: Rasa) -> None:
        rasa.answer = after(0.2)
        token = await place.new_session()
        async with place.chat(token) as (chat, _):
            await chat.say("hello")
            seen = (await chat.events(1))[0]["seq"]
        await asyncio.sleep(0.3)  # the answer came while nobody listened
        async with place.chat(token, last_seen=seen) as (chat, welcome):
            assert [(event["seq"], event["text"]) for event in welcome["events"]] == [(2, "re: hello")]
            assert not welcome["reset"]
            await chat.say("more", "client-2")
            assert [event["seq"] for event in await chat.events(2)] == [3, 4]

    async def test_a_message_whose_acknowledgement_was_lost_is_known_when_it_is_sent_again(
        self, place: Place, rasa: Rasa
    ) -> None:
        token = await place.new_session()
        async with place.connect() as connection:
            chat = Chat(connection)
            await chat.send(type="hello", session=token, last_seen=0)
            await chat.next("welcome")
            await chat.say("hello")
            connection.transport.abort()  # the line is cut
        async with place.chat(token) as (chat, _):
            await chat.say("hello")
            assert (await chat.next("ack"))["seq"] == 1
            await chat.say("next", "client-2")
            while "next" not in rasa.messages:
                await chat.next("event")
        assert rasa.messages == ["hello", "next"]

    async def test_a_client_away_too_long_begins_afresh(self, place: Place, stored: Database) -> None:
        token = await place.new_session()
        conversation = stored.read(lambda session: session.query(WebSession).one().conversation_id)
        stored.write(
            lambda session: session.add_all(
                Event(conversation_id=conversation, seq=number, kind="user", text=str(number))
                for number in range(1, MOST_REPLAYED + 11)
            )
        )
        async with place.chat(token) as (_, welcome):
            assert welcome["reset"]
            assert [event["seq"] for event in welcome["events"]] == list(range(11, MOST_REPLAYED + 11))

    async def test_two_windows_show_the_same(self, place: Place) -> None:
        token = await place.new_session()
        async with place.chat(token) as (one, _), place.chat(token) as (two, _):
            await one.say("hello")
            assert await one.events(2) == await two.events(2)

    async def test_other_conversations_stay_private(self, place: Place) -> None:
        async with (
            place.chat(await place.new_session()) as (mine, _),
            place.chat(await place.new_session()) as (other, welcome),
        ):
            await mine.say("my secret")
            await mine.events(2)
            assert welcome["events"] == []
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(other.connection.recv(), 0.2)


class TestLimits:
    async def test_too_many_messages_are_refused_one_by_one(self, at: At, rasa: Rasa) -> None:
        async with at(CARE_RATE_LIMIT="2") as place, place.chat(await place.new_session()) as (chat, _):
            for number in range(3):
                await chat.say("hello", f"client-{number}")
            problem = await chat.next("problem")
            assert (problem["client_id"], problem["code"]) == ("client-2", "rate")
            assert problem["text"] == wording.TOO_MANY

    async def test_a_flood_of_frames_ends_the_socket(self, at: At) -> None:
        async with at(CARE_RATE_LIMIT="20") as place, place.chat(await place.new_session()) as (chat, _):
            for number in range(101):
                await chat.say(" ", f"client-{number}")
            assert await chat.closed() == 1008

    async def test_a_conversation_has_a_bounded_number_of_windows(self, at: At) -> None:
        async with at(CARE_RATE_LIMIT="20") as place:
            token = await place.new_session()
            open_windows = [place.chat(token) for _ in range(5)]
            for window in open_windows:
                await window.__aenter__()
            async with place.connect() as connection:
                chat = Chat(connection)
                await chat.send(type="hello", session=token, last_seen=0)
                assert await chat.closed() == 1013
            for window in open_windows:
                await window.__aexit__(None, None, None)
            async with place.chat(token) as (_, welcome):  # places are given back
                assert welcome["reset"] is False

    async def test_an_address_has_a_bounded_number_of_sockets(self, at: At) -> None:
        async with at(CARE_RATE_LIMIT="20") as place:
            held = [await place.connect() for _ in range(50)]
            async with place.connect() as one_too_many:
                assert await Chat(one_too_many).closed() == 1013
            for connection in held:
                await connection.close()
            token = await place.new_session()
            async with place.chat(token) as (_, welcome):
                assert welcome["events"] == []


class TestSessionsEnd:
    async def test_a_session_that_ended_is_not_heard_any_more(self, place: Place, stored: Database, rasa: Rasa) -> None:
        async with place.chat(await place.new_session()) as (chat, _):
            await chat.say("hello")
            await chat.next("ack")  # the beginning, which counts as use, is over
            end_sessions(stored)
            await chat.say("anybody there?", "client-2")
            assert await chat.closed() == 4401
        assert rasa.messages in ([], ["hello"])

    async def test_nor_told_anything(
        self, place: Place, stored: Database, rasa: Rasa, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "CHECK_SECONDS", 0.1)
        async with place.chat(await place.new_session()) as (chat, _):
            await chat.say("hello")
            await chat.next("ack")
            end_sessions(stored)
            start = time.monotonic()
            assert await chat.closed() == 4401
            assert time.monotonic() - start < 10


def end_sessions(stored: Database) -> None:
    """All sessions have been idle for too long."""
    long_ago = now() - SESSION_IDLE - timedelta(seconds=1)
    stored.write(lambda session: session.execute(update(WebSession).values(active_at=long_ago)))
