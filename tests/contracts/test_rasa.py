"""What we rest on in Rasa 3.6: an upgrade that breaks one of these facts is seen here, not by a partner.

A stock Rasa server runs as `care run` starts it; in the place of our `actions` stands a small server
that does as told and remembers what Rasa asked it. docs/architecture.md says what each fact is needed for.
"""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from actions.server import KEEP_ALIVE_SECONDS
from bot.supervisor import plan
from settings import ROOT, Settings
from tests.service import free_port

_START_SECONDS = 90.0
_LOCK_SECONDS = 2  # instead of 120, so that a test can wait for it
_RASA = str(ROOT / ".venv-rasa" / "bin" / "rasa")


class Actions:
    """A server in the place of `actions`, in a thread of its own."""

    def __init__(self) -> None:
        self.port = free_port()
        self.parsed: list[dict[str, Any]] = []
        self.calls: list[dict[str, Any]] = []
        self.authorisation = ""
        self.reset()
        routes = [
            Route("/model/parse", self._parse, methods=["POST"]),
            Route("/webhook", self._webhook, methods=["POST"]),
        ]
        config = uvicorn.Config(Starlette(routes=routes), port=self.port, log_level="error", access_log=False)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()

    def reset(self) -> None:
        """Forget what was asked; every message is a question, every action says "An answer."."""
        self.parsed, self.calls = [], []
        self.understand: Callable[[str], Response] = understood
        self.act: Callable[[dict[str, Any]], Response] = lambda _: said(custom=ANSWER)
        self.seconds = 0.0

    def stop(self) -> None:
        """Stop listening."""
        self._server.should_exit = True
        self._thread.join()

    async def _parse(self, request: Request) -> Response:
        body = await request.json()
        self.parsed.append(body)
        return self.understand(str(body["text"]))

    async def _webhook(self, request: Request) -> Response:
        body = await request.json()
        if body["next_action"] == "action_session_start":
            return JSONResponse({"events": [{"event": "session_started"}, LISTEN], "responses": []})
        self.calls.append(body)
        self.authorisation = request.headers.get("authorization", "")
        await asyncio.sleep(self.seconds)
        return self.act(body)


LISTEN = {"event": "action", "name": "action_listen", "policy": None, "confidence": None}
ANSWER: dict[str, Any] = {"replies": [{"text": "An answer.", "buttons": [], "data": {"type": "faq"}}], "record": {}}


def understood(text: str, intent: str = "question") -> Response:
    """A parse result, with something of ours beside what Rasa knows."""
    found = {"name": intent, "confidence": 1.0}
    parsed = {"text": text, "intent": found, "intent_ranking": [found], "entities": []}
    return JSONResponse({**parsed, "search": [{"id": "pbx/sla", "text": text}]})


def said(*, text: str | None = None, custom: dict[str, Any] | None = None, slot: str | None = None) -> Response:
    """What an action server answers: one utterance, and a slot set."""
    events = [{"event": "slot", "name": "last_question", "value": slot, "timestamp": None}] if slot else []
    return JSONResponse({"events": events, "responses": [{"text": text, "custom": custom or {}, "buttons": []}]})


class Rasa:
    """The running engine."""

    def __init__(self, url: str, process: psutil.Process, folder: Path) -> None:
        self.url = url
        self.process = process
        self.folder = folder

    def say(self, message: str, sender: str, **body: Any) -> Any:
        """What the REST channel answers, which is always 200."""
        request = {"sender": sender, "message": message, **body}
        response = httpx.post(f"{self.url}/webhooks/rest/webhook", json=request, timeout=20)
        assert response.status_code == 200
        return response.json()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Rasa, Actions]]:
    """The engine as `care run` starts it, but with a short lock and our stand-in behind it."""
    folder = tmp_path_factory.mktemp("engine")
    actions = Actions()
    settings = Settings.load({"CARE_DATA_DIR": str(folder), "CARE_ACTIONS_URL": f"http://127.0.0.1:{actions.port}"})
    planned = plan(settings)
    (engine,) = planned.children
    with (folder / "engine.out").open("wb") as output:
        process = subprocess.Popen(
            engine.command,
            cwd=ROOT,
            env={**engine.environment, "TICKET_LOCK_LIFETIME": str(_LOCK_SECONDS)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        wait_until_up(planned.engine_url, process, folder / "engine.out")
        yield Rasa(planned.engine_url, psutil.Process(process.pid), folder), actions
    finally:
        process.kill()
        process.wait()
        actions.stop()


@pytest.fixture(scope="module", autouse=True)
def validation(running: tuple[Rasa, Actions]) -> Iterator[subprocess.Popen[str]]:
    """`rasa data validate`, running beside the other tests."""
    process = subprocess.Popen(
        [_RASA, "data", "validate", "--config", "config.yml", "--domain", "domain.yml", "--data", "data"],
        cwd=ROOT,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(Path.home()),
            "RASA_TELEMETRY_ENABLED": "false",
            "PYTHONWARNINGS": "ignore",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    yield process
    process.kill()
    process.wait()


def wait_until_up(url: str, process: subprocess.Popen[bytes], output: Path) -> None:
    """Wait for Rasa's greeting."""
    end = time.monotonic() + _START_SECONDS
    while True:
        assert process.poll() is None, output.read_text()
        assert time.monotonic() < end, output.read_text()
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.1)


@pytest.fixture
def rasa(running: tuple[Rasa, Actions]) -> Rasa:
    """The running engine."""
    return running[0]


@pytest.fixture
def actions(running: tuple[Rasa, Actions]) -> Actions:
    """What stands in the place of `actions`, as new."""
    running[1].reset()
    return running[1]


class TestUnderstanding:
    def test_the_remote_nlu_is_asked_with_text_sender_and_a_token_in_the_body(
        self, rasa: Rasa, actions: Actions
    ) -> None:
        rasa.say("How do I pay?", "sender-1")
        (asked,) = actions.parsed
        token = (rasa.folder / "internal-token").read_text()
        assert asked == {"token": token, "text": "How do I pay?", "message_id": "sender-1"}

    @pytest.mark.parametrize(
        "text", ["/restart", "/back", "/session_start", "/greet", '/show_entry{"entry": "pbx/sla"}']
    )
    def test_a_payload_is_not_read_by_rasa_itself_but_by_us(self, rasa: Rasa, actions: Actions, text: str) -> None:
        """With a remote NLU Rasa leaves `/intent{…}` to it: what we refuse cannot restart a conversation."""
        sender = f"payload {text}"
        actions.act = lambda _: said(custom=ANSWER, slot="remembered")
        rasa.say("hello", sender)
        assert rasa.say(text, sender) == [{"recipient_id": sender, "custom": ANSWER}]
        assert actions.parsed[-1]["text"] == text
        tracker = actions.calls[-1]["tracker"]
        assert tracker["slots"]["last_question"] == "remembered"
        assert [event["text"] for event in tracker["events"] if event["event"] == "user"] == ["hello", text]

    @pytest.mark.parametrize("text", ["restart", "EXTERNAL: restart", "／restart", "\u2060/restart", "\u200b/restart"])
    def test_no_text_means_one_of_rasas_own_intents(self, rasa: Rasa, actions: Actions, text: str) -> None:
        sender = f"text {text}"
        actions.act = lambda _: said(custom=ANSWER, slot="remembered")
        rasa.say("hello", sender)
        rasa.say(text, sender)
        assert actions.calls[-1]["tracker"]["slots"]["last_question"] == "remembered"
        assert actions.calls[-1]["next_action"] == "action_answer"

    @pytest.mark.parametrize(
        ("sent", "arrives"),
        [
            ("  hello \n", "hello"),
            (" /helpful", "/helpful"),
            ("\u2003/helpful", "/helpful"),
            ("\u2060/helpful", "\u2060/helpful"),
        ],
    )
    def test_white_space_is_stripped_but_a_word_joiner_stays(
        self, rasa: Rasa, actions: Actions, sent: str, arrives: str
    ) -> None:
        """Why `bot` puts one before a text that begins like a payload: a space would not do."""
        rasa.say(sent, "strip")
        assert actions.parsed[-1]["text"] == arrives

    @pytest.mark.parametrize(
        "answer",
        [JSONResponse({"error": "unauthorised"}, 401), JSONResponse({}, 500), PlainTextResponse("no JSON")],
        ids=["401", "500", "no JSON"],
    )
    def test_a_failure_to_understand_is_an_empty_answer(self, rasa: Rasa, actions: Actions, answer: Response) -> None:
        """It looks like not understanding, and our rules say nothing then, so `bot` sees a failure."""
        actions.understand = lambda _: answer
        assert rasa.say("hello", "not understood") == []
        assert actions.calls == []

    def test_the_engine_closes_an_idle_connection_before_we_do(self) -> None:
        """It keeps connections for /model/parse and does not ask again when one is closed under it."""
        asks = (
            "import asyncio, aiohttp\n"
            "async def look(): return aiohttp.ClientSession().connector._keepalive_timeout\n"
            "print(asyncio.run(look()))"
        )
        python = ROOT / ".venv-rasa" / "bin" / "python"
        kept = subprocess.run([python, "-W", "ignore", "-c", asks], capture_output=True, text=True, check=True).stdout
        assert float(kept) < KEEP_ALIVE_SECONDS


class TestActions:
    def test_an_action_is_called_with_our_token_in_a_header(self, rasa: Rasa, actions: Actions) -> None:
        rasa.say("hello", "header")
        assert actions.authorisation == f"Bearer {(rasa.folder / 'internal-token').read_text()}"
        (call,) = actions.calls
        assert (call["next_action"], call["sender_id"]) == ("action_answer", "header")
        assert {"tracker", "domain", "version"} <= set(call)
        assert call["version"] == "3.6.21"

    def test_the_turns_id_reaches_the_action_in_the_trackers_metadata(self, rasa: Rasa, actions: Actions) -> None:
        rasa.say("hello", "metadata", metadata={"turn_id": "turn-1"})
        assert actions.calls[0]["tracker"]["latest_message"]["metadata"]["turn_id"] == "turn-1"

    def test_whatever_else_the_parse_result_holds_reaches_the_action(self, rasa: Rasa, actions: Actions) -> None:
        """Why one search a message is enough."""
        rasa.say("hello", "search")
        assert actions.calls[0]["tracker"]["latest_message"]["search"] == [{"id": "pbx/sla", "text": "hello"}]

    def test_a_json_message_arrives_whole_as_custom(self, rasa: Rasa, actions: Actions) -> None:
        deep = {
            "replies": [{"text": "ü", "buttons": [{"title": "a", "payload": "b"}], "data": {"n": [1, None]}}],
            "record": {},
        }
        actions.act = lambda _: said(custom=deep)
        assert rasa.say("hello", "custom") == [{"recipient_id": "custom", "custom": deep}]

    def test_a_text_beside_it_would_be_a_message_of_its_own(self, rasa: Rasa, actions: Actions) -> None:
        """Why a reply travels as one json_message."""
        actions.act = lambda _: said(text="Hello.", custom=ANSWER)
        answer = rasa.say("hello", "split")
        assert [sorted(part.keys() - {"recipient_id"}) for part in answer] == [["text"], ["custom"]]

    @pytest.mark.parametrize(
        "answer",
        [
            JSONResponse({"error": "it failed"}, 500),
            JSONResponse({"error": "it failed", "action_name": "action_answer"}, 400),
            PlainTextResponse("no JSON"),
        ],
        ids=["500", "400", "no JSON"],
    )
    def test_a_failed_action_is_an_empty_answer_with_200(self, rasa: Rasa, actions: Actions, answer: Response) -> None:
        """`[]` is a failure, and the only sign of it."""
        actions.act = lambda _: answer
        assert rasa.say("hello", "failed action") == []
        actions.act = lambda _: said(custom=ANSWER)
        assert rasa.say("hello", "failed action") == [{"recipient_id": "failed action", "custom": ANSWER}]

    def test_a_failure_names_the_partners_words_in_no_log(self, rasa: Rasa, actions: Actions) -> None:
        """At its usual log level Rasa writes the text of every message that it could not handle."""
        actions.understand = lambda _: JSONResponse({}, 500)
        rasa.say("a canary in the engine", "log")
        actions.reset()
        actions.act = lambda _: JSONResponse({}, 500)
        rasa.say("a canary in the engine", "log")
        assert "canary" not in (rasa.folder / "engine.out").read_text()


class TestOrder:
    def test_two_messages_at_once_are_a_second_apart(self, rasa: Rasa, actions: Actions) -> None:
        """The lock is polled once a second. Why `bot` keeps its own queue."""
        actions.seconds = 0.2
        with ThreadPoolExecutor(2) as together:
            start = time.monotonic()
            list(together.map(lambda number: rasa.say(str(number), "burst"), range(2)))
        assert time.monotonic() - start > 1.0
        assert len(actions.calls) == 2

    def test_a_message_that_waits_longer_than_the_lock_lives_is_lost(self, rasa: Rasa, actions: Actions) -> None:
        """And TICKET_LOCK_LIFETIME is heeded: with 60 s, the default, both would be answered."""
        actions.seconds = _LOCK_SECONDS + 1.5
        with ThreadPoolExecutor(2) as together:
            first = together.submit(rasa.say, "slow", "lock")
            while not actions.calls:
                time.sleep(0.01)
            second = together.submit(rasa.say, "waits", "lock")
            assert second.result() == []
            assert first.result() == [{"recipient_id": "lock", "custom": ANSWER}]
        assert [body["text"] for body in actions.parsed] == ["slow"]


class TestMemory:
    def test_a_conversation_remembers_and_is_kept_in_the_file_we_name(self, rasa: Rasa, actions: Actions) -> None:
        actions.act = lambda _: said(custom=ANSWER, slot="what was asked")
        rasa.say("first", "memory", metadata={"turn_id": "turn-7"})
        rasa.say("second", "memory")
        assert actions.calls[-1]["tracker"]["slots"]["last_question"] == "what was asked"
        with closing(sqlite3.connect(rasa.folder / "tracker.db")) as database:
            stored = [
                json.loads(data) for (data,) in database.execute("SELECT data FROM events WHERE sender_id = 'memory'")
            ]
        users = [event for event in stored if event["event"] == "user"]
        assert [event["text"] for event in users] == ["first", "second"]
        assert users[0]["metadata"]["turn_id"] == "turn-7"

    def test_a_failed_action_leaves_no_slot_but_its_question(self, rasa: Rasa, actions: Actions) -> None:
        """Rasa's own words: "Bot will continue, but the actions events are lost"."""
        actions.act = lambda _: JSONResponse({}, 500)
        rasa.say("lost", "events lost")
        actions.reset()
        rasa.say("next", "events lost")
        events = actions.calls[0]["tracker"]["events"]
        assert [event["text"] for event in events if event["event"] == "user"] == ["lost", "next"]


class TestClosed:
    def test_it_is_the_version_that_the_lock_file_names(self, rasa: Rasa) -> None:
        locked = re.search(r"^rasa==(\S+)", (ROOT / "requirements" / "engine.txt").read_text(), re.MULTILINE)
        assert locked is not None
        assert httpx.get(rasa.url).text == f"Hello from Rasa: {locked[1]}"

    def test_it_listens_on_loopback_only_and_talks_to_nobody_else(self, rasa: Rasa, actions: Actions) -> None:
        """Its default is all addresses; telemetry would call home."""
        rasa.say("hello", "sockets")
        processes = [rasa.process, *rasa.process.children(recursive=True)]
        sockets = [socket for process in processes for socket in process.net_connections("inet")]
        listening = {socket.laddr for socket in sockets if socket.status == psutil.CONN_LISTEN}
        assert listening == {("127.0.0.1", int(rasa.url.rsplit(":", 1)[1]))}
        assert {socket.raddr.ip for socket in sockets if socket.raddr} <= {"127.0.0.1"}

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/conversations/memory/tracker"),
            ("GET", "/conversations/memory/story"),
            ("POST", "/conversations/memory/tracker/events"),
            ("POST", "/conversations/memory/trigger_intent"),
            ("POST", "/conversations/memory/execute"),
            ("POST", "/model/parse"),
            ("PUT", "/model"),
            ("DELETE", "/model"),
            ("POST", "/model/train"),
            ("GET", "/domain"),
            ("GET", "/status"),
        ],
    )
    def test_its_open_interface_is_off(self, rasa: Rasa, method: str, path: str) -> None:
        """--enable-api would show and change every conversation without authentication."""
        assert httpx.request(method, rasa.url + path, json={}).status_code == 404


class TestValidation:
    def test_our_dialogue_files_are_valid_for_rasa(self, validation: subprocess.Popen[str]) -> None:
        output, _ = validation.communicate(timeout=120)
        assert validation.returncode == 0, output
        assert "No story structure conflicts found" in output, output
