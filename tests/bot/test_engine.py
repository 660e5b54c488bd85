"""The engine's client: one message in, whole replies out, and every failure told apart from an answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from bot.engine import ENGINE_SECONDS, Engine, EngineFailure, as_text
from tests.bot.peers import Answer, Rasa, nothing, said
from tests.service import free_port


def always(response: Response) -> Answer:
    """Answer every message with this."""

    async def answer(_: dict[str, Any]) -> Response:
        return response

    return answer


async def hang(_: dict[str, Any]) -> Response:
    await asyncio.sleep(1.5)
    return said("too late")


async def drip(_: dict[str, Any]) -> Response:
    """A byte now and then: no single read is ever late."""

    async def bytes_() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" "
            await asyncio.sleep(0.1)
        yield b'[{"custom": {"replies": [{"text": "too late", "buttons": [], "data": {}}], "record": {}}}]'

    return StreamingResponse(bytes_(), media_type="application/json")


async def test_a_message_is_sent_as_rasas_rest_channel_takes_it(engine: Engine, rasa: Rasa) -> None:
    await engine.send("conversation", "How do I pay?", "turn")
    assert rasa.heard == [{"sender": "conversation", "message": "How do I pay?", "metadata": {"turn_id": "turn"}}]


async def test_all_that_several_actions_said_is_one_answer(engine: Engine, rasa: Rasa) -> None:
    button = {"title": "Yes, thanks", "payload": "/helpful"}

    def part(text: str, record: dict[str, Any]) -> dict[str, Any]:
        reply = {"text": text, "buttons": [button], "data": {"type": "faq", "id": "pbx/sla"}}
        return {"recipient_id": "x", "custom": {"replies": [reply], "record": record}}

    rasa.answer = always(JSONResponse([part("One.", {"question": {"a": 1}}), part("Two.", {"feedback": {"b": 2}})]))
    answer = await engine.send("c", "hello", "t")

    assert [reply["text"] for reply in answer.replies] == ["One.", "Two."]
    assert answer.replies[0] == {"text": "One.", "buttons": [button], "data": {"type": "faq", "id": "pbx/sla"}}
    assert answer.record == {"question": {"a": 1}, "feedback": {"b": 2}}


NO_ANSWERS = {
    "an empty list: an action failed": nothing,
    "an error of the server": always(JSONResponse([], 500)),
    "not JSON": always(PlainTextResponse("Bad gateway")),
    "not UTF-8": always(Response(b"\xff\xfe[", media_type="application/json")),
    "an object": always(JSONResponse({"replies": []})),
    "null": always(JSONResponse(None)),
    "a number": always(JSONResponse(7)),
    "a list of numbers": always(JSONResponse([7])),
    "a text without our form, as a fixed response gives": always(JSONResponse([{"text": "Ticket opened!"}])),
    "custom of another form": always(JSONResponse([{"custom": {"replies": "many", "record": {}}}])),
    "no replies in it": always(JSONResponse([{"custom": {"replies": [], "record": {}}}])),
    "an empty text": always(said("")),
    "more than our form has": always(JSONResponse([{"custom": {"replies": [], "record": {}, "html": "<b>"}}])),
    "one part good, one bad": always(
        JSONResponse([{"custom": {"replies": [{"text": "a", "buttons": [], "data": {}}], "record": {}}}, {"text": "b"}])
    ),
    "a redirect": always(Response(status_code=302, headers={"location": "http://127.0.0.1:9/"})),
    "nothing for too long": hang,
    "a byte at a time for too long": drip,
}


@pytest.mark.parametrize("answer", NO_ANSWERS.values(), ids=NO_ANSWERS.keys())
async def test_what_is_no_answer_of_ours_is_a_failure_within_its_time(
    engine: Engine, rasa: Rasa, answer: Callable[[dict[str, Any]], Awaitable[Response]]
) -> None:
    rasa.answer = answer
    start = time.monotonic()
    with pytest.raises(EngineFailure):
        await engine.send("c", "hello", "t")
    assert time.monotonic() - start < 5

    rasa.answer = always(said("All right."))
    assert (await engine.send("c", "hello", "t")).replies[0]["text"] == "All right."


async def test_a_failure_names_no_partners_words(engine: Engine, rasa: Rasa) -> None:
    """It is logged."""
    rasa.answer = always(JSONResponse([{"custom": {"replies": "the partner's words", "record": {}}}]))
    with pytest.raises(EngineFailure) as failed:
        await engine.send("c", "the partner's words", "t")
    assert "words" not in str(failed.value)


async def test_an_engine_that_is_not_there_fails_at_once() -> None:
    engine = Engine(f"http://127.0.0.1:{free_port()}")
    start = time.monotonic()
    with pytest.raises(EngineFailure, match="Connect"):
        await engine.send("c", "hello", "t")
    assert not await engine.healthy()
    assert time.monotonic() - start < 5
    await engine.close()


async def test_health_is_rasas_own_greeting(engine: Engine, rasa: Rasa) -> None:
    assert await engine.healthy()
    rasa.alive = PlainTextResponse("starting", 503)
    assert not await engine.healthy()


def test_the_engine_is_given_more_time_than_an_action_and_less_than_its_lock_lives() -> None:
    """Deadlines inside out: action < bot's wait for the engine < the API's answer < the engine's lock."""
    from actions.server import ACTION_SECONDS
    from bot.supervisor import _LOCK_SECONDS
    from bot.web.chat_api import _ANSWER_SECONDS

    assert ACTION_SECONDS < ENGINE_SECONDS < _ANSWER_SECONDS <= 15 < float(_LOCK_SECONDS)


@given(
    st.builds(
        "".join, st.tuples(st.text(" \t\n\u2003\u200b\u2060/／", max_size=3), st.sampled_from(["", "/"]), st.text())
    )
)
def test_no_text_begins_like_a_payload_once_rasa_has_stripped_it(text: str) -> None:
    sent = as_text(text)
    assert not sent.strip().startswith("/")
    assert sent.removeprefix("\u2060") == text.removeprefix("\u2060")


@pytest.mark.parametrize("text", ["How much is 1/2 of it?", "and/or", "\\restart", "／restart", "EXTERNAL: x", ""])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert as_text(text) == text
