"""The one path of a message: stored before anything, one at a time in its conversation, answered or honestly not."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from starlette.responses import JSONResponse, PlainTextResponse, Response

from bot import messages as module
from bot import wording
from bot.engine import Engine
from bot.health import Health
from bot.messages import MOST_CHARACTERS, Messages, NotAccepted
from tests.bot.peers import Rasa, after, echo, first, nothing, said
from tickets import conversations
from tickets.database import Database
from tickets.models import Turn

_PATIENCE = 20.0


@pytest.fixture
def conversation(database: Database) -> str:
    """A conversation's id."""
    return new_conversation(database, "someone")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses between attempts that tests can wait for."""
    monkeypatch.setattr(module, "_PAUSE", 0.01)


def new_conversation(database: Database, name: str) -> str:
    """Another conversation."""
    return database.write(lambda session: conversations.conversation_for(session, "api", name).id)


def transcript(database: Database, conversation: str) -> list[tuple[str, str]]:
    """What the partner sees: kind and text."""
    events, _ = database.read(lambda session: conversations.events_after(session, conversation, 0))
    return [(event.kind, event.text) for event in events]


def turn_state(database: Database, turn_id: str) -> tuple[str, int]:
    """A turn's state and how often it was tried in vain."""
    turn = database.read(lambda session: session.get_one(Turn, turn_id))
    return turn.state, turn.attempts


async def heard(listener: asyncio.Queue[dict[str, Any] | None]) -> AsyncIterator[dict[str, Any]]:
    """The frames that a listener gets, without the typing marks."""
    while True:
        frame = await asyncio.wait_for(listener.get(), _PATIENCE)
        assert frame is not None
        if frame["type"] == "event":
            yield frame["event"]


async def over(*events: asyncio.Event) -> None:
    """Wait until these turns are over."""
    await asyncio.wait_for(asyncio.gather(*(event.wait() for event in events)), _PATIENCE)


class TestReceiving:
    async def test_a_message_is_in_the_database_before_anybody_is_told(
        self, messages: Messages, database: Database, conversation: str, rasa: Rasa
    ) -> None:
        rasa.answer = after(0.1)
        received, done = await messages.receive(conversation, text="How do I pay?")

        assert transcript(database, conversation) == [("user", "How do I pay?")]
        assert turn_state(database, received.turn.id) == ("pending", 0)
        await over(done)
        assert transcript(database, conversation)[1:] == [("bot", "re: How do I pay?")]
        assert turn_state(database, received.turn.id) == ("done", 0)
        assert rasa.heard[0]["metadata"] == {"turn_id": received.turn.id}

    async def test_a_text_like_a_payload_reaches_the_engine_as_text(
        self, messages: Messages, conversation: str, database: Database, rasa: Rasa
    ) -> None:
        _, done = await messages.receive(conversation, text='/open_ticket{"a": 1}')
        await over(done)
        assert rasa.messages == ['\u2060/open_ticket{"a": 1}']
        assert transcript(database, conversation)[0] == ("user", '/open_ticket{"a": 1}')

    async def test_a_button_reaches_it_as_the_payload_we_made_and_only_once(
        self, messages: Messages, conversation: str, database: Database, rasa: Rasa
    ) -> None:
        rasa.answer = first(lambda _: _said_with_button(), then=echo)
        _, done = await messages.receive(conversation, text="hello")
        await over(done)
        events, _ = database.read(lambda session: conversations.events_after(session, conversation, 0))
        token = events[1].buttons[0]["payload"]

        _, done = await messages.receive(conversation, button=token)
        await over(done)
        assert rasa.messages == ["hello", "/helpful"]

        with pytest.raises(NotAccepted) as refused:
            await messages.receive(conversation, button=token)
        assert (refused.value.code, refused.value.text) == ("used_button", wording.USED_BUTTON)
        with pytest.raises(NotAccepted) as refused:
            await messages.receive(conversation, button="btn_" + "0" * 28)
        assert refused.value.code == "unknown_button"
        assert len(rasa.heard) == 2

    @pytest.mark.parametrize("text", ["", "   \n\t", "\x00", "\u200b\u2060", "\u00a0\u3000"])
    async def test_a_message_with_nothing_to_read_is_refused(
        self, messages: Messages, conversation: str, database: Database, text: str
    ) -> None:
        with pytest.raises(NotAccepted) as refused:
            await messages.receive(conversation, text=text)
        assert refused.value.code == "empty"
        assert transcript(database, conversation) == []

    async def test_the_longest_message_is_taken_and_a_longer_one_refused(
        self, messages: Messages, conversation: str, database: Database
    ) -> None:
        _, done = await messages.receive(conversation, text="x" * MOST_CHARACTERS)
        with pytest.raises(NotAccepted) as refused:
            await messages.receive(conversation, text="x" * (MOST_CHARACTERS + 1))
        assert refused.value.code == "too_long"
        assert str(MOST_CHARACTERS) in refused.value.text
        await over(done)
        assert len(transcript(database, conversation)) == 2

    async def test_the_same_client_message_is_run_once(
        self, messages: Messages, conversation: str, database: Database, rasa: Rasa
    ) -> None:
        rasa.answer = after(0.1)
        sent = [messages.receive(conversation, text="hello", client_id="client-1") for _ in range(5)]
        results = await asyncio.gather(*sent)
        await over(*(done for _, done in results))
        later, done = await messages.receive(conversation, text="hello", client_id="client-1")

        assert [received.new for received, _ in results] == [True, False, False, False, False]
        assert not later.new
        assert done.is_set()
        assert rasa.messages == ["hello"]
        assert len(transcript(database, conversation)) == 2

    async def test_a_caller_that_hangs_up_while_its_message_is_stored_loses_nothing(
        self, messages: Messages, conversation: str, database: Database, rasa: Rasa
    ) -> None:
        """The socket is cut between the commit and the queue: what is stored must be answered all the same."""
        request = asyncio.create_task(messages.receive(conversation, text="hello", client_id="client-1"))
        for _ in range(3):
            await asyncio.sleep(0)  # it has queued its write
        database.write(lambda _: None)  # blocks the loop: the write before is on disk, and the loop has not heard
        assert transcript(database, conversation) == [("user", "hello")]
        request.cancel()
        await asyncio.gather(request, return_exceptions=True)

        await _until(lambda: len(transcript(database, conversation)) == 2)
        assert rasa.messages == ["hello"]


class TestOrder:
    async def test_a_burst_is_answered_in_its_order_one_at_a_time(
        self, messages: Messages, conversation: str, database: Database, rasa: Rasa
    ) -> None:
        rasa.answer = after(0.005)
        results = [await messages.receive(conversation, text=str(number)) for number in range(20)]
        await over(*(done for _, done in results))

        assert rasa.messages == [str(number) for number in range(20)]
        assert rasa.most_at_once == 1
        answers = [text for kind, text in transcript(database, conversation) if kind == "bot"]
        assert answers == [f"re: {number}" for number in range(20)]

    async def test_messages_that_arrive_at_the_same_time_are_run_as_they_were_stored(
        self, messages: Messages, conversation: str, database: Database, rasa: Rasa
    ) -> None:
        results = await asyncio.gather(*(messages.receive(conversation, text=str(n)) for n in range(30)))
        await over(*(done for _, done in results))
        stored = [text for kind, text in transcript(database, conversation) if kind == "user"]
        assert rasa.messages == stored

    async def test_conversations_do_not_wait_for_each_other_but_the_engine_is_not_flooded(
        self, messages: Messages, database: Database, rasa: Rasa
    ) -> None:
        release = asyncio.Event()

        async def when_released(body: dict[str, Any]) -> Any:
            await release.wait()
            return await echo(body)

        rasa.answer = when_released
        many = [new_conversation(database, str(number)) for number in range(12)]
        results = [await messages.receive(conversation, text="hello") for conversation in many]
        await _until(lambda: rasa.running == 8)
        await asyncio.sleep(0.05)
        assert len(rasa.heard) == 8
        release.set()
        await over(*(done for _, done in results))
        assert len(rasa.heard) == 12


class TestFailures:
    async def test_a_failed_turn_is_told_once_and_tried_again_until_it_is_answered(
        self, messages: Messages, conversation: str, database: Database, rasa: Rasa, impatient: None
    ) -> None:
        rasa.answer = first(nothing, nothing)
        received, done = await messages.receive(conversation, text="hello")
        await over(done)

        assert transcript(database, conversation) == [
            ("user", "hello"),
            ("notice", wording.LATER),
            ("bot", "re: hello"),
        ]
        assert rasa.messages == ["hello"] * 3
        assert turn_state(database, received.turn.id) == ("done", 2)

    async def test_after_five_attempts_with_everything_up_the_partner_is_told_that_it_failed(
        self, messages: Messages, conversation: str, database: Database, rasa: Rasa, impatient: None
    ) -> None:
        rasa.answer = nothing
        received, done = await messages.receive(conversation, text="hello")
        await over(done)

        gave_up = wording.GAVE_UP.format(reference=received.turn.id[:8])
        assert transcript(database, conversation) == [
            ("user", "hello"),
            ("notice", wording.LATER),
            ("notice", gave_up),
        ]
        assert len(rasa.heard) == conversations.MOST_ATTEMPTS
        assert turn_state(database, received.turn.id)[0] == "failed"

        rasa.answer = echo
        _, done = await messages.receive(conversation, text="another")
        await over(done)
        assert transcript(database, conversation)[-1] == ("bot", "re: another")

    async def test_while_the_engine_is_down_a_turn_waits_however_long(
        self, messages: Messages, conversation: str, database: Database, rasa: Rasa, health: Health, impatient: None
    ) -> None:
        health.engine = False
        rasa.answer = nothing
        received, done = await messages.receive(conversation, text="hello")
        await _until(lambda: len(transcript(database, conversation)) == 2)
        await asyncio.sleep(0.7)
        assert (len(rasa.heard), done.is_set()) == (1, False)

        rasa.answer, health.engine = echo, True
        await over(done)
        assert transcript(database, conversation)[1:] == [("notice", wording.LATER), ("bot", "re: hello")]
        assert turn_state(database, received.turn.id)[0] == "done"

    async def test_who_waits_for_the_answer_is_told_at_once_to_try_again(
        self, messages: Messages, conversation: str, database: Database, rasa: Rasa
    ) -> None:
        """POST /api/chat: nobody would see an answer that comes after the response."""
        rasa.answer = first(nothing)
        received, done = await messages.receive(conversation, text="hello", retry=False)
        await over(done)

        assert transcript(database, conversation) == [("user", "hello"), ("notice", wording.TRY_AGAIN)]
        assert turn_state(database, received.turn.id)[0] == "failed"
        assert len(rasa.heard) == 1

    @pytest.mark.parametrize("fails", [False, True])
    async def test_a_long_conversation_gets_a_new_session_between_two_turns(
        self, messages: Messages, conversation: str, database: Database, rasa: Rasa, fails: bool
    ) -> None:
        async def long(_: dict[str, Any]) -> Response:
            return said("An answer.", record={"long": True})

        async def session(_: dict[str, Any]) -> Response:
            return PlainTextResponse("", 500) if fails else JSONResponse([])

        rasa.answer = first(long, session)
        _, done = await messages.receive(conversation, text="hello")
        _, last = await messages.receive(conversation, text="next")
        await over(done, last)

        assert rasa.messages == ["hello", "/session_start", "next"]
        assert "turn_id" not in rasa.heard[1]["metadata"]
        assert [text for kind, text in transcript(database, conversation) if kind != "user"] == [
            "An answer.",
            "re: next",
        ]

    async def test_an_error_of_our_own_is_told_too_and_stops_nothing(
        self,
        messages: Messages,
        conversation: str,
        database: Database,
        rasa: Rasa,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """A record that the database has no place for: a fault between `actions` and `bot`."""

        async def unknown_record(_: dict[str, Any]) -> Any:
            return said("An answer.", record={"question": {"no_such_column": 1}})

        rasa.answer = first(unknown_record)
        received, done = await messages.receive(conversation, text="hello")
        await over(done)

        gave_up = wording.GAVE_UP.format(reference=received.turn.id[:8])
        assert transcript(database, conversation) == [("user", "hello"), ("notice", gave_up)]
        assert turn_state(database, received.turn.id)[0] == "failed"
        assert received.turn.id in caplog.text
        _, done = await messages.receive(conversation, text="next")
        await over(done)
        assert transcript(database, conversation)[-1] == ("bot", "re: next")

    async def test_logs_carry_no_message_text(
        self,
        messages: Messages,
        conversation: str,
        rasa: Rasa,
        caplog: pytest.LogCaptureFixture,
        impatient: None,
    ) -> None:
        caplog.set_level(logging.DEBUG)

        async def too_much(_: dict[str, Any]) -> Any:
            return said("canary answer", record={"question": {"no_such_column": "canary record"}})

        rasa.answer = first(nothing, too_much, nothing, too_much)
        for retry in (True, False):
            _, done = await messages.receive(conversation, text="canary question", retry=retry)
            await over(done)
        assert "turn " in caplog.text
        assert "canary" not in caplog.text


class TestSlowTurns:
    @pytest.fixture(autouse=True)
    def quickly_slow(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "_SLOW_SECONDS", 0.1)

    async def test_a_partner_who_waits_is_told_once_that_it_takes_longer(
        self, messages: Messages, conversation: str, database: Database, rasa: Rasa
    ) -> None:
        rasa.answer = after(0.3)
        _, done = await messages.receive(conversation, text="hello")
        await over(done)
        assert transcript(database, conversation)[1:] == [("notice", wording.SLOW), ("bot", "re: hello")]

    async def test_waiting_for_other_conversations_counts(
        self, messages: Messages, database: Database, rasa: Rasa
    ) -> None:
        rasa.answer = after(0.2)
        many = [new_conversation(database, str(number)) for number in range(9)]
        results = [await messages.receive(conversation, text="hello") for conversation in many]
        await over(*(done for _, done in results))
        assert ("notice", wording.SLOW) in transcript(database, many[-1])

    async def test_who_waits_for_the_response_is_not(
        self, messages: Messages, conversation: str, database: Database, rasa: Rasa
    ) -> None:
        rasa.answer = after(0.3)
        _, done = await messages.receive(conversation, text="hello", retry=False)
        await over(done)
        assert transcript(database, conversation)[1:] == [("bot", "re: hello")]

    async def test_a_turn_that_ends_while_the_notice_is_being_stored_publishes_what_is_stored(
        self, messages: Messages, conversation: str, database: Database, rasa: Rasa
    ) -> None:
        release = asyncio.Event()

        async def when_released(body: dict[str, Any]) -> Any:
            await release.wait()
            return await echo(body)

        rasa.answer = first(when_released)
        listener = messages.windows.open(conversation)
        _, done = await messages.receive(conversation, text="hello")
        held = threading.Event()
        database.submit(lambda _: held.wait(_PATIENCE))  # the notice waits behind this
        await asyncio.sleep(0.2)
        release.set()
        await asyncio.sleep(0.05)
        held.set()
        await over(done)

        seen = [await anext(heard(listener)) for _ in range(len(transcript(database, conversation)))]
        assert [(event["kind"], event["text"]) for event in seen] == transcript(database, conversation)
        _, done = await messages.receive(conversation, text="next")
        await over(done)
        assert transcript(database, conversation)[-1] == ("bot", "re: next")


class TestListeners:
    async def test_every_window_hears_the_same_in_the_same_order(
        self, messages: Messages, conversation: str, rasa: Rasa
    ) -> None:
        one, two = messages.windows.open(conversation), messages.windows.open(conversation)
        other = messages.windows.open("another conversation")
        _, done = await messages.receive(conversation, text="hello", client_id="client-1")
        await over(done)
        await asyncio.sleep(0)

        frames = [one.get_nowait() for _ in range(one.qsize())]
        assert [two.get_nowait() for _ in range(two.qsize())] == frames
        assert other.empty()
        user, typing, answer, rest = frames
        assert user is not None
        assert user["event"]["client_id"] == "client-1"
        assert (user["event"]["seq"], user["event"]["kind"]) == (1, "user")
        assert typing == {"type": "typing", "on": True}
        assert answer is not None
        assert (answer["event"]["seq"], answer["event"]["text"]) == (2, "re: hello")
        assert rest == {"type": "typing", "on": False}

    async def test_a_window_that_does_not_read_is_told_to_hang_up_and_holds_nobody_up(
        self, messages: Messages, conversation: str
    ) -> None:
        stuck = messages.windows.open(conversation)
        for number in range(25):  # 3 frames each
            _, done = await messages.receive(conversation, text=str(number))
            await over(done)

        frames = [stuck.get_nowait() for _ in range(stuck.qsize())]
        assert frames[-1] is None
        assert len(frames) <= 64
        assert messages.windows.count(conversation) == 0

    async def test_who_left_hears_nothing(self, messages: Messages, conversation: str) -> None:
        gone = messages.windows.open(conversation)
        messages.windows.close(conversation, gone)
        messages.windows.close(conversation, gone)
        _, done = await messages.receive(conversation, text="hello")
        await over(done)
        assert gone.empty()
        assert messages.windows.count(conversation) == 0


class TestStoppingAndStarting:
    async def test_what_is_unanswered_when_the_bot_stops_is_answered_after_the_next_start(
        self, messages: Messages, conversation: str, database: Database, engine: Engine, rasa: Rasa
    ) -> None:
        rasa.answer = after(0.3)
        for text in ("one", "two", "three"):
            await messages.receive(conversation, text=text)
        await messages.stop()
        assert [kind for kind, _ in transcript(database, conversation)] == ["user"] * 3

        rasa.answer = echo
        again = Messages(database, engine, Health(engine=True, actions=True))
        assert await again.resume() == 3
        await _until(lambda: len(transcript(database, conversation)) == 6)
        answers = [text for kind, text in transcript(database, conversation) if kind == "bot"]
        assert answers == ["re: one", "re: two", "re: three"]
        assert await again.resume() == 0
        await again.stop()

    async def test_a_new_message_waits_behind_those_of_the_earlier_run(
        self, messages: Messages, conversation: str, database: Database, engine: Engine, rasa: Rasa
    ) -> None:
        rasa.answer = after(0.3)
        await messages.receive(conversation, text="old")
        await messages.stop()
        again = Messages(database, engine, Health(engine=True, actions=True))
        rasa.answer = after(0.05)
        await again.resume()
        _, done = await again.receive(conversation, text="new")
        await over(done)
        answers = [text for kind, text in transcript(database, conversation) if kind == "bot"]
        assert answers == ["re: old", "re: new"]
        await again.stop()


async def _said_with_button() -> Any:
    return said("Was this helpful?", buttons=[{"title": "Yes, thanks", "payload": "/helpful"}])


async def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)
