"""P25: quiet and closed: what people write and what opens doors is in no log, error, metric or command line.

One service is used as on a bad day, with canaries in everything that is said to it: refused sign-ins, bad bodies,
an engine and an `actions` that are killed, a database that is locked, a webhook and a mail server that are dead. No
socket is opened but on this machine, and only CARE_PORT is open to others. Red controls: Rasa as it is by default,
and a process that looks links up.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import secrets
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import psutil
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from bot.supervisor import engine_command, engine_environment
from settings import Settings
from tests.portals import SigningPortal
from tests.promises.bots import Bot, actions_url, engine_url
from tests.promises.canaries import STRACE, Canaries, Seen, beyond_loopback, sockets_beyond, watching_arguments
from tests.promises.conftest import Size
from tests.service import ROOT, Service, free_port

OWN = {"x-care-chat": "1"}
ENGLISH = "Our customer cannot call anybody since yesterday. Please help us as soon as you can."
CONSOLE_PAGES = ("", "?q={}", "/tickets/{}", "/{}", "/account?{}", "/sign-in?next={}")
POSTS = (
    *("/api/chat", "/api/web/session", "/api/tickets", "/api/tickets/CC-000001/comments"),
    *("/api/policies/dispute_window", "/api/policies/device_return", "/console/sign-in", "/console/bulk"),
    *("/console/account/password", "/console/account/end-session", "/console/reports", "/nowhere"),
)


class Traced(Service):
    """`care run` with every connect and bind written down, where there is strace."""

    def __init__(self, data_dir: Path, settings: dict[str, str]) -> None:
        super().__init__(data_dir, settings)
        self.trace = data_dir.parent / f"{data_dir.name}.sockets"

    def start(self, wait: bool = True) -> None:
        tracer = [*STRACE, str(self.trace)] if shutil.which("strace") else []
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(
                [*tracer, sys.executable, "-m", "cli.main", "run"],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        if wait:
            self.wait_ready(240)

    def command(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """A command of `care` beside it, with something typed."""
        command = [sys.executable, "-m", "cli.main", *arguments]
        return subprocess.run(
            command, env=self._environment, cwd=ROOT, input=typed, capture_output=True, text=True, check=True
        )


@dataclass
class Day:
    """A bad day: what was said where, and what came back."""

    service: Traced
    canaries: Canaries
    seen: Seen
    portal: SigningPortal
    errors: dict[str, list[str]] = field(default_factory=dict)  # canary's place → error bodies in which one was
    refusals: int = 0
    answers: int = 0
    open_to_others: set[int] = field(default_factory=set)
    outputs: list[Path] = field(default_factory=list)

    def __post_init__(self) -> None:
        hooks: Any = {"response": [self._look_at]}
        self.http = httpx.Client(base_url=self.service.url, timeout=40, verify=False, event_hooks=hooks)

    def _look_at(self, response: httpx.Response) -> None:
        response.read()
        self.answers += 1
        if response.status_code >= 400:
            self.refusals += 1
            self._error(f"{response.request.method} {response.request.url.path} {response.status_code}", response.text)
        for name, value in response.headers.items():
            if name not in ("set-cookie", "location", "content-security-policy"):  # the last names the host asked for
                self._error(f"header {name}", value)

    def _error(self, where: str, text: str) -> None:
        if found := self.canaries.found_in(text):
            self.errors.setdefault(where, []).extend(f"{what} in {text[:300]}" for what in found)

    def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        """A request of our own page."""
        given = {**OWN, "idempotency-key": self.canaries.word("idempotency key"), **headers}
        return self.http.post(path, json=body, headers=given)

    def session(self, **who: Any) -> str:
        """A session, anonymous or of a partner whose portal says something of them."""
        wanted = {"token": self.canaries.keep("portal token", self.portal.token(**who))} if who else {}
        return self.canaries.keep("session", str(self.post("/api/web/session", wanted).json()["session"]))

    def agent(self, path: str, body: dict[str, Any], **headers: str) -> httpx.Response:
        """A request of the console's page."""
        own = {"origin": self.service.url, "x-care-console": "1", "sec-fetch-site": "same-origin"}
        return self.http.post(path, json=body, headers={**own, **headers})

    @contextlib.contextmanager
    def socket(self, session: str) -> Iterator[ClientConnection]:
        """The web chat, after its hello."""
        opened = self.raw_socket()
        with opened:
            opened.send(json.dumps({"type": "hello", "session": session, "last_seen": 0}))
            opened.recv(30)
            yield opened

    def raw_socket(self) -> ClientConnection:
        """The web chat before its hello."""
        address = f"ws://127.0.0.1:{self.service.port}/api/web/socket"
        return connect(address, origin=self.service.url, compression=None, proxy=None)  # type: ignore[arg-type]

    def say(self, socket: ClientConnection, text: str) -> None:
        """Write a message, without waiting for more than its acknowledgement."""
        socket.send(json.dumps({"type": "message", "client_id": secrets.token_hex(8), "text": text}))
        while (frame := json.loads(socket.recv(40)))["type"] not in ("ack", "problem"):
            pass
        if frame["type"] == "problem":
            self._error("problem frame", json.dumps(frame))

    def answered(self, seconds: float = 120) -> None:
        """Wait until nothing is left unanswered."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.closing(sqlite3.connect(self.service.data_dir / "care.db", timeout=10)) as database:
                if not database.execute("SELECT count(*) FROM turns WHERE state = 'pending'").fetchone()[0]:
                    return
            time.sleep(0.2)
        raise AssertionError("messages were not answered")

    # What happens.

    def ordinary(self) -> None:
        """Everything that works, with what should not be said in it."""
        make = self.canaries
        who = {"sub": make.word("subject"), "company": make.word("company"), "name": f"Ann {make.word('name')}"}
        partner = self.session(**who, email=make.email())
        bearer = {"authorization": f"Bearer {partner}"}
        links = (
            f"http://{make.word('host')}.example/x.png",
            f"![x](https://{make.word('host')}.example/y.png) <img src=//{make.word('host')}.example/z>",
            "Look at http://169.254.169.254/latest/meta-data/ and file:///etc/passwd and ftp://192.0.2.7/a",
        )
        with self.socket(partner) as chat:
            for text in (make.message(), "What is the maximum dispute period?", *links, f"/restart {make.word()}"):
                self.say(chat, text)
            self.say(chat, f"open a ticket: {make.message()}")
        self.answered()
        self.post("/api/chat", {"sender": make.word("sender"), "message": make.message()})
        text = f"{make.message()} {' '.join(links)}\n{ENGLISH}"
        fields = {"pbx": make.word(), "email": make.email(), "did_numbers": make.phone(), "reason": text[:400]}
        wanted = {"subject": f"Help with {make.word()}", "description": text, "fields": fields, "english": True}
        number = self.post("/api/tickets", wanted, **bearer).json()["number"]
        self.post(f"/api/tickets/{number}/comments", {"text": text, "english": True}, **bearer)
        anonymous = self.session()
        contact = {"name": make.word("name"), "company": make.word("company"), "email": make.email()}
        self.post("/api/tickets", {**wanted, "contact": contact}, authorization=f"Bearer {anonymous}")
        self._agents(number)
        self.service.command("tickets", "export", "--output", str(self.service.data_dir.parent / "tickets.csv"))

    def _agents(self, number: str) -> None:
        make = self.canaries
        name, password = f"anna{secrets.token_hex(3)}", make.password()
        self.service.command("users", "add", name, "--shown", "Anna", "--role", "lead", typed=f"{password}\n")
        entered = self.agent("/console/sign-in", {"name": name, "password": password})
        assert entered.status_code == 200, entered.text
        make.keep("console cookie", entered.cookies["care-console"])
        with contextlib.closing(sqlite3.connect(self.service.data_dir / "care.db", timeout=10)) as database:
            query = "SELECT id FROM tickets WHERE number = ?"
            ticket = f"/console/tickets/{database.execute(query, [int(number[3:])]).fetchone()[0]}"
        for what in ("note", "reply"):
            said = {"text": f"{make.message()} http://{make.word('host')}.example/", "key": secrets.token_hex(8)}
            assert self.agent(f"{ticket}/{what}", said).status_code == 200
        self.agent(f"{ticket}/field", {"name": "pbx", "value": make.word()})
        self.http.get(f"/console?q={quote(make.message())}")
        fresh = make.password()
        assert self.agent("/console/account/password", {"present": password, "new": fresh}).status_code == 200
        self.agent("/console/account/password", {"present": make.password(), "new": make.password()})

    def refused(self) -> None:
        """Who may not in."""
        make = self.canaries
        for _ in range(3):
            self.agent("/console/sign-in", {"name": make.word("user name"), "password": make.password()})
        bad = [
            self.portal.token(exp=1, sub=make.word("subject")),
            SigningPortal("HS256").token(name=make.word("name")),
            f"{self.portal.token()}x",
            make.word("token"),
        ]
        for token in bad:
            make.keep("refused token", token)
            for scheme in ("Bearer", "Basic", "bearer x"):
                self.http.get("/api/tickets", headers={"authorization": f"{scheme} {token}"})
            self.post("/api/web/session", {"token": token})
            with contextlib.suppress(ConnectionClosed), self.raw_socket() as opened:  # closed at once: it is too long
                opened.send(json.dumps({"type": "hello", "session": token, "last_seen": 0}))
                self._error("refusal", str(opened.recv(30)))
        fresh = httpx.Client(base_url=self.service.url, timeout=40, verify=False, event_hooks=self.http.event_hooks)
        with fresh:
            for page in CONSOLE_PAGES:
                cookie = make.keep("cookie", secrets.token_urlsafe(32))
                fresh.get(f"/console{page.format(make.word())}", headers={"cookie": f"care-console={cookie}"})
            fresh.post(
                "/console/bulk", json={"to": make.word()}, headers={"origin": f"https://{make.word('host')}.example"}
            )
        with contextlib.suppress(InvalidStatus):
            connect(f"ws://127.0.0.1:{self.service.port}/console/live?token={make.word('token')}", proxy=None).close()

    def malformed(self) -> None:
        """Bodies, addresses, headers and frames of no form that is known."""
        make = self.canaries
        own = {**OWN, "origin": self.service.url, "x-care-console": "1", "sec-fetch-site": "same-origin"}
        for path in POSTS:
            for body in self._bad_bodies():
                headers = {**own, "content-type": "application/json", "idempotency-key": make.word("idempotency key")}
                self.http.post(path, content=body, headers=headers)
            self.http.post(path, content=make.message(), headers={**own, "content-type": f"text/{make.word()}"})
            self.http.post(path, json={}, headers={**own, "idempotency-key": "x"})
        for path in ("/api/tickets/{}", "/api/policies/{}", "/static/{}", "/{}", "/console/tickets/{}", "/metrics?{}"):
            said = {
                "user-agent": make.word(),
                "referer": f"https://{make.word('host')}.example/",
                "x-what": make.word(),
            }
            self.http.request("GET", path.format(make.word()), headers=said)
            self.http.request("DELETE", path.format(make.word()), headers=said)
        self.http.get("/healthz", headers={"host": f"{make.word('host')}.example"})
        with self.socket(self.session()) as chat:
            for frame in (
                make.message(),
                json.dumps({"type": make.word()}),
                json.dumps({"type": "message", make.word(): 1}),
            ):
                chat.send(frame)
                self._error("problem frame", str(chat.recv(30)))
            chat.send(json.dumps({"type": "press", "client_id": secrets.token_hex(8), "button": f"btn_{make.word()}"}))
            self._error("problem frame", str(chat.recv(30)))
        with contextlib.suppress(ConnectionClosed), self.raw_socket() as opened:
            opened.send(make.message().encode())
            opened.recv(10)
        self._inside()

    def _bad_bodies(self) -> Iterator[bytes]:
        make = self.canaries
        word = make.word()
        yield f'{{"message": "{make.message()}'.encode()
        yield json.dumps([make.message()]).encode()
        yield json.dumps(make.message()).encode()
        names = {
            *("sender", "message", "token", "subject", "description", "contact", "fields", "name", "password", "text"),
            *("type", "invoice_date", "present", "new", "session", "do", "to"),
        }
        for wrong in ([word], {"value": word}, f"{word} " * 4000, f"\ud800{word}", None):
            yield json.dumps(dict.fromkeys(names, wrong)).encode()
        yield f"\xff\xfe{word}".encode("latin-1")

    def _inside(self) -> None:
        """What the engine and `actions` may be sent by whoever is on this machine."""
        make = self.canaries
        token = make.keep("internal token", (self.service.data_dir / "internal-token").read_text().strip())
        engine, actions = engine_url(self.service), actions_url(self.service)
        trackers: list[Any] = [
            {"latest_message": {"text": make.message()}, "slots": make.word()},
            {"sender_id": [make.word()], "slots": {"calculation": make.message(), "draft": make.message()}},
            {
                "sender_id": make.word(),
                "slots": {},
                "latest_message": {"text": {"x": make.word()}, "intent": make.word()},
            },
            make.message(),
        ]
        names = ("validate_policy_form", "action_decide", "action_answer", make.word())
        with httpx.Client(timeout=40, verify=False, event_hooks=self.http.event_hooks) as http:
            for tracker in trackers:
                for name in names:
                    call = {"next_action": name, "sender_id": make.word(), "tracker": tracker, "domain": {}}
                    http.post(f"{actions}/webhook", json=call, headers={"authorization": f"Bearer {token}"})
            for asked in (
                {"text": [make.message()], "token": token},
                {"text": make.message(), "token": make.word("token")},
            ):
                http.post(f"{actions}/model/parse", json=asked)
            for wanted in (
                {"text": make.message(), "candidates": [{"x": make.word()}]},
                {make.word(): 1},
                [make.word()],
            ):
                http.post(f"{actions}/triage", json=wanted, headers={"authorization": f"Bearer {token}"})
            for body in (f'{{"sender": "{make.word()}', json.dumps({"sender": make.word()}), make.message()):
                http.post(f"{engine}/webhooks/rest/webhook?token={make.word('token')}", content=body)
                http.post(f"{engine}/model/parse", content=body)

    def killed(self, who: str) -> None:
        """The engine or `actions` dies while messages are on their way; what waited is answered."""
        make = self.canaries
        with self.socket(self.session()) as chat:
            self.say(chat, make.message())
            self.service.child(who).kill()
            for _ in range(3):
                self.say(chat, make.message())
            self.post("/api/chat", {"sender": make.word("sender"), "message": make.message()})
            bearer = {"authorization": f"Bearer {self.session(sub=make.word('subject'), email=make.email())}"}
            wanted = {
                "subject": f"Help with {make.word()}",
                "description": f"{make.message()} {ENGLISH}",
                "english": True,
            }
            assert self.post("/api/tickets", wanted, **bearer).status_code == 201
            self.service.wait_ready(240)
        self.answered(240)

    def locked(self) -> None:
        """Nothing can be written for longer than anybody waits."""
        make = self.canaries
        session = self.session()
        with contextlib.closing(sqlite3.connect(self.service.data_dir / "care.db", timeout=10)) as database:
            database.isolation_level = None
            database.execute("BEGIN IMMEDIATE")
            contact = {"name": make.word("name"), "company": make.word("company"), "email": make.email()}
            wanted = {
                "subject": f"Help with {make.word()}",
                "description": f"{make.message()} {ENGLISH}",
                "contact": contact,
            }
            answer = self.post("/api/tickets", {**wanted, "english": True}, authorization=f"Bearer {session}")
            assert answer.status_code == 503, answer.text
            self.post("/api/chat", {"sender": make.word("sender"), "message": make.message()})
            self.agent("/console/sign-in", {"name": make.word("user name"), "password": make.password()})
            database.execute("ROLLBACK")

    def look(self) -> None:
        """What is told of oneself."""
        self.open_to_others |= beyond_loopback(self.service.process)
        for path in ("/metrics", "/readyz", "/healthz", "/openapi.json"):
            self._error(path, self.http.get(path).text)


@pytest.fixture(scope="module")
def day(service: Service, tmp_path_factory: pytest.TempPathFactory, size: Size) -> Day:
    """The whole of it, once."""
    canaries, portal = Canaries(random.Random(25)), SigningPortal("HS256")
    password = canaries.word("password")
    settings = {
        **portal.settings,
        "CARE_PORTAL_KEYS": canaries.keep("portal key", portal.key),
        "CARE_HOST": "0.0.0.0",
        "CARE_ANONYMOUS": "yes",
        "CARE_SMTP_URL": f"smtp://care:{password}@127.0.0.1:{free_port()}",
        "CARE_MAIL_FROM": "Customer Care <care@care.example>",
        "CARE_NOTIFY_EMAIL": canaries.email(),
        "CARE_WEBHOOK_URL": f"http://127.0.0.1:{free_port()}/hook?key={canaries.word('token')}",
        "CARE_WEBHOOK_SECRET": canaries.keep("webhook secret", secrets.token_urlsafe(32)),
    }
    running = Traced(tmp_path_factory.mktemp("quiet") / "var", settings)
    with watching_arguments(canaries) as seen:
        running.start()
        made = Day(running, canaries, seen, portal)
        try:
            for _ in range(size(1, 5)):
                made.look()
                made.ordinary()
                made.refused()
                made.malformed()
                for who in ("actions", "engine"):
                    made.killed(who)
                made.locked()
                made.look()
            time.sleep(3)  # deliveries that fail again
        finally:
            made.http.close()
            running.stop()
    made.outputs = [running._output, *(running.data_dir / "logs").iterdir()]
    return made


def test_no_log_and_no_output_holds_any(day: Day, figures: Callable[[str], None]) -> None:
    told = sum(len(path.read_text(errors="replace")) for path in day.outputs)
    figures(f"{len(day.canaries.made)} canaries, {day.answers} answers, {told} characters in {len(day.outputs)} logs")
    assert {path.name for path in day.outputs} >= {"actions.log", "engine.log", "var.out"}
    output = day.service.output()
    for sign in ("engine ended", "actions ended", "delivery", "was refused", "failed (", "writes failed"):
        assert sign in output, f"the day was not bad enough: nothing says {sign!r}"
    assert day.canaries.found_in_files(day.outputs) == []


def test_no_error_no_header_and_no_metric_tells_any(day: Day, figures: Callable[[str], None]) -> None:
    figures(f"{day.refusals} refusals and errors of {day.answers} answers")
    assert day.refusals > 100
    assert day.errors == {}


def test_no_command_line_names_any(day: Day, figures: Callable[[str], None]) -> None:
    figures(f"looked {day.seen.looks} times")
    assert day.seen.looks > 100
    assert day.seen.arguments == []


def test_only_our_port_is_open_to_others(day: Day) -> None:
    assert day.open_to_others == {day.service.port}


def test_no_socket_leads_elsewhere(day: Day, figures: Callable[[str], None]) -> None:
    if not day.service.trace.exists():
        pytest.skip("strace is not installed: apt-get install strace")
    trace = day.service.trace.read_text()
    figures(f"{trace.count('connect(')} connects, {trace.count('bind(')} binds")
    assert trace.count("connect(") > 50
    assert sockets_beyond(trace, day.service.port) == []


def test_logs_are_for_their_owner_only(day: Day) -> None:
    assert {path.stat().st_mode & 0o777 for path in day.outputs if path.parent.name == "logs"} == {0o600}


class TestBrokenEngine:
    """An engine whose answers are of no form that is known, with what the partner said in them."""

    def test_what_it_says_is_not_logged(self, service: Service, start_bot: Callable[..., Bot]) -> None:
        canaries = Canaries(random.Random(26))
        said = iter(_bad_answers(canaries))

        async def answer(request: Request) -> Response:
            await request.json()
            return next(said, JSONResponse([]))

        with _serving(answer) as url:
            bot = start_bot(CARE_ENGINE_URL=url)
            for _ in _bad_answers(Canaries(random.Random(0))):
                bot.ask(canaries.message(), sender=canaries.word("sender"))
        assert "failed" in bot.output()
        assert canaries.found_in(bot.output()) == []


def _bad_answers(make: Canaries) -> list[Response]:
    """Answers of an engine that is broken."""

    def record(**what: Any) -> Response:
        reply = {"text": make.message(), "buttons": [], "data": {"type": "answer"}}
        return JSONResponse([{"custom": {"replies": [reply], "record": what}}])

    draft = {"draft": "a" * 16, "type": make.word(), "subject": make.message(), "description": make.message()}
    whole = {
        **draft,
        "fields": {},
        "contact": {},
        "queue": "Billing",
        "priority": "low",
        "language": "en",
        "triage": {},
    }
    return [
        PlainTextResponse(make.message(), 500),
        PlainTextResponse(make.message()),
        JSONResponse([{"text": make.message()}]),
        JSONResponse([{"custom": {"replies": [{"text": make.message()}], "record": {}}}]),
        JSONResponse({"custom": make.message()}),
        record(ticket=draft),
        record(ticket=whole),
        record(ticket={**whole, "priority": make.word()}),
        record(comment={"ticket": [make.word()], "text": make.message()}),
        record(question=make.message(), confidence=make.word(), search=make.message(), feedback=make.word()),
    ]


@contextlib.contextmanager
def _serving(answer: Callable[[Request], Any]) -> Iterator[str]:
    """An engine that answers so."""
    port = free_port()
    routes = [
        Route("/webhooks/rest/webhook", answer, methods=["POST"]),
        Route("/", lambda _: JSONResponse({})),
    ]
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


class TestRedControls:
    def test_rasa_as_it_is_by_default_is_noticed(self, service: Service, tmp_path: Path) -> None:
        """It logs what is said, and listens for everybody."""
        canaries, port = Canaries(random.Random(27)), free_port()
        settings = Settings.load({"CARE_DATA_DIR": str(tmp_path)})
        token = (service.data_dir / "internal-token").read_text().strip()
        environment = {**engine_environment(settings, token, actions_url(service)), "LOG_LEVEL": "DEBUG"}
        command = engine_command(settings, port)
        at = command.index("-i")
        del command[at : at + 2]
        log = tmp_path / "engine.log"
        with log.open("wb") as output:
            engine = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
        try:
            message = canaries.message()
            _until_it_answers(f"http://127.0.0.1:{port}")
            body = {"sender": canaries.word("sender"), "message": message}
            httpx.post(f"http://127.0.0.1:{port}/webhooks/rest/webhook", json=body, timeout=60)
            assert port in beyond_loopback(psutil.Process(engine.pid))
        finally:
            engine.kill()
            engine.wait()
        assert len(canaries.found_in_files([log])) >= 5

    def test_a_process_that_looks_links_up_is_noticed(self, tmp_path: Path) -> None:
        if not shutil.which("strace"):
            pytest.skip("strace is not installed: apt-get install strace")
        trace = tmp_path / "sockets"
        look_up = (
            "import socket, contextlib\n"
            "v4, v6 = socket.AF_INET, socket.AF_INET6\n"
            "for family, where in ((v4, '192.0.2.1'), (v6, '2001:db8::1'), (v4, '127.0.0.1')):\n"
            "    with contextlib.suppress(OSError), socket.socket(family) as s:\n"
            "        s.settimeout(0.2); s.connect((where, 80))\n"
            "with contextlib.suppress(OSError): socket.getaddrinfo('link.evil.example', 80)\n"
            "s = socket.socket(); s.bind(('0.0.0.0', 0))\n"
        )
        command = [*[part for part in STRACE if part != "-D"], str(trace), sys.executable, "-c", look_up]
        subprocess.run(command, check=True, env={"PATH": os.environ["PATH"]})
        found = sockets_beyond(trace.read_text(), 8080)
        assert any("connect INET 192.0.2.1" in what for what in found)
        assert any("connect INET6 2001:db8::1" in what for what in found)
        assert any("port 53" in what for what in found)
        assert any("bind INET 0.0.0.0" in what for what in found)
        assert not any("127.0.0.1" in what for what in found)

    def test_a_command_line_that_names_one_is_noticed(self) -> None:
        canaries = Canaries(random.Random(28))
        with watching_arguments(canaries) as seen:
            subprocess.run([sys.executable, "-c", "import time; time.sleep(1)", canaries.word("token")], check=True)
        assert len(seen.arguments) == 1


def _until_it_answers(url: str) -> None:
    end = time.monotonic() + 180
    while time.monotonic() < end:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(url, timeout=2).status_code == 200:
                return
        time.sleep(0.2)
    raise AssertionError(f"nothing answers at {url}")
