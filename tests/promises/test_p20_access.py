"""P20: nobody gets at anything of somebody else's: 0 foreign successes in the full matrix of access.yml.

Every route and WebSocket message that a partner can reach × every kind of caller. The routes are read from
the application: one without a policy fails. Foreign and missing tickets are answered alike, and nothing of
the owner's is in a foreign answer or changed by one. Red controls: builds with one check taken out.

The bot is the real one; a server that echoes stands in for the engine, which decides nothing about access.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
import uvicorn
import yaml
from pydantic import BaseModel
from starlette.responses import Response
from websockets.exceptions import ConnectionClosed

from bot.web import socket as web_socket
from bot.web.app import create_app
from settings import Settings
from tests.bot.peers import Rasa, said
from tests.portals import SigningPortal
from tests.promises.clients import open_socket
from tests.promises.forks import NOWHERE
from tests.promises.test_p21_tokens import running
from tests.service import Service, free_port
from tickets.conversations import token_hash

CALLERS = ("nobody", "session", "company", "expired", "signed_out", "colleague", "owner")
CANARY = "zebrafinch"
QUESTION = f"What is the maximum dispute period? {CANARY}"
MATRIX: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("access.yml").read_text(encoding="utf-8"))
OWN = {"x-care-chat": "1"}


class World:
    """A bot with a partner's chat and ticket in it, and everybody else who calls."""

    def __init__(self, bot: Service, portal: SigningPortal) -> None:
        self.bot = bot
        self._portal = portal
        self.http = httpx.Client(base_url=bot.url, timeout=20, verify=False)
        self.sessions = {
            "nobody": "",
            "session": self.open({}),
            "company": self.sign_in("eve", "evil"),
            "expired": self.sign_in("ann", "acme"),
            "signed_out": self.sign_in("ann", "acme"),
            "colleague": self.sign_in("bob", "acme"),
            "owner": self.sign_in("ann", "acme"),
        }
        self.conversation, self.button = asyncio.run(self._chat())
        self.ticket = self._open_ticket()
        self.names = {
            "ticket": self.ticket,
            "missing": "CC-999999",
            "button": self.button,
            "sender": "ann's own sender",
        }
        self.ask("owner")
        self.request("DELETE", "/api/web/session", "signed_out")
        with closing(sqlite3.connect(bot.data_dir / "care.db", timeout=10)) as database, database:
            expired = ["2020-01-01 00:00:00.000000", token_hash(self.sessions["expired"])]
            database.execute("UPDATE web_sessions SET active_at = ? WHERE token_sha256 = ?", expired)

    def open(self, wanted: dict[str, str]) -> str:
        """A session's token."""
        answer = self.http.post("/api/web/session", json=wanted, headers=OWN)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["session"])

    def sign_in(self, user: str, company: str) -> str:
        return self.open({"token": self._portal.token(user, company)})

    def headers(self, caller: str, key: str = "") -> dict[str, str]:
        session = self.sessions[caller]
        return {
            **OWN,
            **({"authorization": f"Bearer {session}"} if session else {}),
            "idempotency-key": key or secrets.token_hex(8),
        }

    def request(self, method: str, path: str, caller: str, body: Any = None, key: str = "") -> httpx.Response:
        headers = self.headers(caller, key)
        return self.http.request(method, path, json=body, headers=headers)

    def ask(self, caller: str) -> None:
        body = {"sender": self.names["sender"], "message": f"a question with a {CANARY} in it"}
        assert self.request("POST", "/api/chat", caller, body).status_code == 200

    def owners(self) -> dict[str, Any]:
        """All that is the owner's in the database, once everything the owner said is answered."""
        end = time.monotonic() + 20
        while self._one(
            "SELECT count(*) FROM turns WHERE state = 'pending' AND conversation_id = ?", self.conversation
        ):
            assert time.monotonic() < end
            time.sleep(0.02)
        count = "SELECT count(*) FROM {} WHERE {} = ?"
        return {
            "events of the ticket": self._one(count.format("ticket_events", "ticket_number"), int(self.ticket[3:])),
            "events of the chat": self._one(count.format("events", "conversation_id"), self.conversation),
            "use of the button": self._one("SELECT used_at FROM buttons WHERE token = ?", self.button),
        }

    def _one(self, query: str, value: str | int) -> Any:
        uri = f"file:{self.bot.data_dir / 'care.db'}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=10)) as database:
            return database.execute(query, [value]).fetchone()[0]

    def filled(self, template: Any, caller: str, **names: str) -> Any:
        """A path, body or frame of access.yml with its places filled in."""
        text = json.dumps(template)
        for name, value in {**self.names, "session": self.sessions[caller], **names}.items():
            text = text.replace(f"{{{name}}}", json.dumps(value)[1:-1])
        return json.loads(text)

    async def frames(self, caller: str, *frames: dict[str, Any]) -> tuple[list[str], str]:
        """What comes back to each of these frames after hello, and all the text of it."""
        kinds, heard = [], ""
        hello = {"type": "hello", "session": self.sessions[caller] or "none", "last_seen": 0}
        try:
            async with open_socket(self.bot.port, "127.0.0.1") as socket:
                for frame in (hello, *frames):
                    await socket.send(json.dumps(frame))
                    while True:
                        text = str(await asyncio.wait_for(socket.recv(), 20))
                        heard += text
                        kind = json.loads(text)["type"]
                        if kind in ("welcome", "refused", "ack", "problem"):
                            kinds.append(kind)
                            break
        except ConnectionClosed:
            kinds += [kinds[-1]] if kinds else ["closed"]
        return kinds, heard

    async def _chat(self) -> tuple[str, str]:
        """The owner asks in the web chat: the conversation, and a button that came with the answer."""
        hello = {"type": "hello", "session": self.sessions["owner"], "last_seen": 0}
        async with open_socket(self.bot.port, "127.0.0.1") as socket:
            await socket.send(json.dumps(hello))
            welcome = json.loads(await socket.recv())
            await socket.send(json.dumps({"type": "message", "client_id": "client-0000", "text": QUESTION}))
            while True:
                frame = json.loads(await asyncio.wait_for(socket.recv(), 30))
                if frame["type"] == "event" and frame["event"]["buttons"]:
                    return welcome["conversation"], frame["event"]["buttons"][0]["payload"]

    def _open_ticket(self) -> str:
        body = {"subject": f"The {CANARY}", "description": f"Please help with the {CANARY} on our PBX."}
        answer = self.request("POST", "/api/tickets", "owner", body, "the owner's key".replace(" ", "-"))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["number"])


def breaches(world: World) -> list[str]:
    """Where the matrix is not kept."""
    found: list[str] = []
    before = world.owners()
    for last in (False, True):  # first what leaves the sessions open
        for name, rule in MATRIX["routes"].items():
            if rule.get("last", False) == last:
                for caller, wanted in rule["gets"].items():
                    found += _route(world, name, rule, caller, wanted)
        for name, rule in MATRIX["messages"].items() if not last else ():
            for caller, wanted in rule["gets"].items():
                found += _message(world, name, rule, caller, wanted)
    after = world.owners()
    # The owner and the colleague each add one comment, the owner asks once and presses the button once.
    may = {"events of the ticket": before["events of the ticket"] + 2}
    found += [f"{what}: {before[what]} became {after[what]}" for what, most in may.items() if after[what] != most]
    return found


def _route(world: World, name: str, rule: dict[str, Any], caller: str, wanted: int) -> list[str]:
    method = name.split()[0]
    key = str(rule.get("key", "")).replace(" ", "-")
    body = world.filled(rule["body"], caller) if "body" in rule else None
    owned = world.owners()
    answer = world.request(method, world.filled(rule["path"], caller), caller, body, key)
    found = []
    if answer.status_code != wanted:
        found.append(f"{name} by {caller}: {answer.status_code} instead of {wanted}")
    if caller not in rule.get("sees", []) and caller != "owner" and CANARY in answer.text:
        found.append(f"{name} by {caller}: the answer holds what the owner wrote")
    if caller not in ("owner", "colleague") and world.owners() != owned:
        found.append(f"{name} by {caller}: something of the owner's has changed")
    if rule.get("missing") and wanted in (401, 404):
        path = world.filled(rule["path"].replace("{ticket}", "{missing}"), caller)
        missing = world.request(method, path, caller, body)
        if (missing.status_code, missing.text) != (answer.status_code, answer.text):
            found.append(f"{name} by {caller}: a foreign ticket is answered otherwise than a missing one")
    return found


def _message(world: World, name: str, rule: dict[str, Any], caller: str, wanted: str) -> list[str]:
    frames = [world.filled(rule["frame"], caller)] if "frame" in rule else []
    owned = world.owners()
    kinds, heard = asyncio.run(world.frames(caller, *frames))
    found = []
    if kinds[-1] != wanted:
        found.append(f"{name} by {caller}: {kinds[-1]} instead of {wanted}")
    if caller != "owner" and CANARY in heard:
        found.append(f"{name} by {caller}: the owner's words are told")
    if caller != "owner" and world.owners() != owned:
        found.append(f"{name} by {caller}: something of the owner's has changed")
    return found


@pytest.fixture(scope="module")
def portal() -> SigningPortal:
    return SigningPortal()


@pytest.fixture(scope="module")
def engine() -> Iterator[str]:
    """Where an engine answers that gives a button with every answer."""

    async def answer(body: dict[str, Any]) -> Response:
        return said(f"re: {body['message']}", buttons=[{"title": "Yes, thanks", "payload": "/helpful"}])

    rasa, port = Rasa(), free_port()
    rasa.answer = answer
    server = uvicorn.Server(uvicorn.Config(rasa.app, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@contextmanager
def peopled(folder: Path, engine: str, portal: SigningPortal, wrong: str | None = None) -> Iterator[World]:
    """A bot with somebody's things in it."""
    with running(folder / "var", wrong, **portal.settings, CARE_ENGINE_URL=engine, CARE_ACTIONS_URL=engine) as bot:
        world = World(bot, portal)
        yield world
        world.http.close()


def test_nobody_gets_at_anything_of_somebody_elses(
    tmp_path: Path, engine: str, portal: SigningPortal, figures: Callable[[str], None]
) -> None:
    cells = sum(len(rule["gets"]) for part in ("routes", "messages") for rule in MATRIX[part].values())
    figures(f"{cells} cells of the matrix: 0 foreign successes")
    assert cells > 80
    with peopled(tmp_path, engine, portal) as world:
        assert breaches(world) == []


@pytest.mark.parametrize(
    ("wrong", "sign"),
    [
        ("tickets_are_everybodys", "GET /api/tickets/{number} by company: 200 instead of 404"),
        ("sessions_never_end", "hello by signed_out: welcome instead of refused"),
        ("buttons_are_everybodys", "something of the owner's has changed"),
    ],
)
def test_red_control_a_build_without_one_check_is_noticed(
    tmp_path: Path, engine: str, portal: SigningPortal, wrong: str, sign: str, figures: Callable[[str], None]
) -> None:
    with peopled(tmp_path, engine, portal, wrong) as world:
        found = breaches(world)
    figures(f"{wrong}: {len(found)} breaches")
    assert any(sign in breach for breach in found), found


def test_every_route_has_a_policy(tmp_path: Path) -> None:
    app = create_app(Settings.load({"CARE_DATA_DIR": str(tmp_path)}), NOWHERE, NOWHERE)
    found = {name for name in routes(app.routes) if not _elsewhere(name)}
    assert len(found) > 15
    assert {"GET /api/tickets/{number}", "DELETE /api/web/session", "GET /static"} <= found
    named = {" ".join(name.split()[:2]) for name in MATRIX["routes"]}
    assert named <= found, "policies of routes that are not there"
    without = sorted(name for name in found - named if not any(_fits(rule, name) for rule in MATRIX["open"]))
    assert without == []


def test_every_message_has_a_policy() -> None:
    models: list[type[BaseModel]] = [web_socket.Hello, *get_args(web_socket.Say | web_socket.Press)]
    kinds = {get_args(model.model_fields["type"].annotation)[0] for model in models}
    assert kinds == set(MATRIX["messages"])


def test_every_policy_speaks_of_every_caller() -> None:
    """A caller may be left out only where the cell makes no sense: it is named here."""
    senseless = {
        "POST /api/chat with the owner's button": {"owner"},  # it would be used up
        "POST /api/web/session with a session for a token": {"nobody"},
        "DELETE /api/web/session": {"expired"},  # it may end what is over
    }
    for part in ("routes", "messages"):
        for name, rule in MATRIX[part].items():
            assert set(rule["gets"]) == set(CALLERS) - senseless.get(name, set()), name


def routes(found: Any) -> Iterator[str]:
    """Method and path of every route, mounted folders and included routers too."""
    for route in found:
        if hasattr(route, "original_router"):
            yield from routes(route.original_router.routes)
        elif getattr(route, "methods", None):
            yield from (f"{method} {route.path}" for method in route.methods if method != "HEAD")
        elif not hasattr(route, "endpoint") or "WebSocket" not in type(route).__name__:
            yield f"GET {route.path}"


def _elsewhere(name: str) -> bool:
    return any(name.split()[1].startswith(prefix) for prefix in MATRIX["elsewhere"])


def _fits(rule: str, name: str) -> bool:
    return re.fullmatch(re.escape(rule).replace(r"\*", ".*"), name) is not None
