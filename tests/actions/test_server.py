"""The `actions` process over HTTP: Rasa's remote NLU endpoint, its action server, the health check."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from actions.live_index import LiveIndex
from actions.server import create_app
from settings import ROOT, Settings
from tests.actions.partner import empty_database
from tests.service import free_port

TOKEN = "of-this-installation"
WRONG_TOKENS = [
    None,
    "",
    "other",
    "of-this-installatio",
    "of-this-installation ",
    7,
    ["of-this-installation"],
    "ü",
    "\ud800",
]
QUESTION = "How long can I dispute an invoice?"


@pytest.fixture(scope="module")
def live(settings: Settings) -> LiveIndex:
    return LiveIndex(settings)


@pytest.fixture
async def actions(live: LiveIndex) -> AsyncIterator[httpx.AsyncClient]:
    """The application in this process, on a day of the test's choice, with the right token in the header."""
    transport = httpx.ASGITransport(
        create_app(live, empty_database(), TOKEN, now=lambda: datetime(2030, 1, 1, tzinfo=UTC))
    )
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://actions", headers=headers) as client:
        yield client


def action_call(name: str | None, **latest_message: Any) -> dict[str, Any]:
    """What the engine posts to run an action."""
    tracker = {
        "sender_id": "someone",
        "slots": {"awaiting": None},
        "latest_message": latest_message,
        "latest_event_time": 1.0,
        "paused": False,
        "events": [{"event": "action", "name": "action_listen", "timestamp": 1.0}],
        "latest_input_channel": "rest",
        "active_loop": {},
        "latest_action_name": "action_listen",
    }
    return {
        "next_action": name,
        "sender_id": "someone",
        "tracker": tracker,
        "domain": {"intents": []},
        "version": "3.6.21",
    }


GREETING = action_call("action_smalltalk", text="hi", intent={"name": "greet", "confidence": 1.0}, entities=[])


# POST /model/parse


async def test_a_message_is_parsed_as_the_engine_asks_for_it(actions: httpx.AsyncClient) -> None:
    """The token travels in the body, and the sender under the name of a message id: Rasa's client does so."""
    response = await actions.post("/model/parse", json={"token": TOKEN, "text": QUESTION, "message_id": "someone"})
    assert response.status_code == 200
    parsed = response.json()
    assert parsed["text"] == QUESTION
    assert parsed["intent"]["name"] == "question"
    assert parsed["search"][0]["hits"][0]["id"] == "billing/dispute-period"


@pytest.mark.parametrize("token", WRONG_TOKENS)
async def test_parsing_needs_the_token_in_the_body(actions: httpx.AsyncClient, token: object) -> None:
    body = json.dumps({"token": token, "text": QUESTION})
    response = await actions.post("/model/parse", content=body)
    assert response.status_code == 401
    assert "search" not in response.text


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[]", b'"text"', b'{"text": "hi"}'])
async def test_a_body_without_a_token_is_refused(actions: httpx.AsyncClient, body: bytes) -> None:
    assert (await actions.post("/model/parse", content=body)).status_code == 401


@pytest.mark.parametrize("text", [None, 7, ["hi"]])
async def test_a_message_must_be_a_text(actions: httpx.AsyncClient, text: object) -> None:
    assert (await actions.post("/model/parse", json={"token": TOKEN, "text": text})).status_code == 422


async def test_half_a_character_is_no_failure(actions: httpx.AsyncClient) -> None:
    body = json.dumps({"token": TOKEN, "text": "how long does porting take \ud83d"})
    response = await actions.post("/model/parse", content=body)
    assert response.json()["intent"]["name"] == "question"


# POST /webhook


async def test_an_action_answers_with_one_custom_message_and_slots(actions: httpx.AsyncClient) -> None:
    parsed = (await actions.post("/model/parse", json={"token": TOKEN, "text": QUESTION})).json()
    response = await actions.post("/webhook", json=action_call("action_answer", **parsed))
    assert response.status_code == 200
    (message,) = response.json()["responses"]
    (reply,) = message["custom"]["replies"]
    assert reply["data"]["id"] == "billing/dispute-period"
    assert reply["data"]["review_overdue"] is True  # the day is the application's, not the clock's
    assert message["custom"]["record"]["question"]["text"] == QUESTION
    slots = {event["name"]: event["value"] for event in response.json()["events"] if event["event"] == "slot"}
    assert slots["last_entry"] == "billing/dispute-period"


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer other", f"Basic {TOKEN}", "Bearer ü".encode()])
async def test_an_action_needs_the_token_in_the_header(actions: httpx.AsyncClient, header: str | bytes | None) -> None:
    del actions.headers["Authorization"]
    headers = {} if header is None else {b"Authorization": header if isinstance(header, bytes) else header.encode()}
    response = await actions.post("/webhook", json=GREETING, headers=headers)
    assert response.status_code == 401
    assert "custom" not in response.text


@pytest.mark.parametrize(
    "call",
    [
        action_call("action_of_nobody"),
        action_call(None),
        {"next_action": "action_smalltalk"},
        action_call("action_smalltalk", text="my secret words"),  # parsed by nobody: no intent
        action_call("action_answer", text="my secret words", search=[{"hits": "my secret words"}]),
    ],
)
async def test_a_failing_action_is_a_500_without_details(
    actions: httpx.AsyncClient, call: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        response = await actions.post("/webhook", json=call)
    assert (response.status_code, response.json()) == (500, {"error": "the action failed"})
    assert "failed" in caplog.text
    assert "secret" not in caplog.text
    assert (await actions.post("/webhook", json=GREETING)).status_code == 200


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b" " * (4 * 1024 * 1024 + 1)])
async def test_a_call_that_is_no_json_object_is_refused(actions: httpx.AsyncClient, body: bytes) -> None:
    assert (await actions.post("/webhook", content=body)).status_code == 422


# GET /healthz, and nothing else


async def test_health_names_the_index(actions: httpx.AsyncClient, live: LiveIndex) -> None:
    del actions.headers["Authorization"]
    response = await actions.get("/healthz")
    assert response.json() == {"status": "ok", "index": live.understanding.search.index.manifest.version}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/actions", 404),
        ("GET", "/docs", 404),
        ("GET", "/webhook", 405),
        ("GET", "/model/parse", 405),
    ],
)
async def test_nothing_else_is_served(actions: httpx.AsyncClient, method: str, path: str, status: int) -> None:
    assert (await actions.request(method, path)).status_code == status


# The process


def test_the_process_serves_on_loopback_and_ends_with_its_parent(own_folders: dict[str, str]) -> None:
    port = free_port()
    own = {**own_folders, "CARE_INTERNAL_TOKEN": TOKEN, "CARE_ACTIONS_PORT": str(port)}
    other = {name: value for name, value in os.environ.items() if not name.startswith("CARE_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "actions.server"], cwd=ROOT, env={**other, **own}, stdin=subprocess.PIPE
    )
    url = f"http://127.0.0.1:{port}"
    wait_for(url)
    refused = httpx.post(f"{url}/model/parse", json={"token": "other", "text": QUESTION})
    parsed = httpx.post(f"{url}/model/parse", json={"token": TOKEN, "text": QUESTION})
    assert refused.status_code == 401
    assert parsed.json()["intent"]["name"] == "question"
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(timeout=5) == 0


def wait_for(url: str) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            if httpx.get(f"{url}/healthz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"{url} did not answer")
