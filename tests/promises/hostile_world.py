"""A bot in which strangers have filled every field with hostile texts, and agents have answered with them."""

from __future__ import annotations

import json
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

from bot.console.gate import PLAIN_COOKIE
from tests.portals import SigningPortal
from tests.promises.hostile_texts import EVIL, Hostile, mailbox
from tests.promises.server_log import reading
from tests.service import Service
from tickets import agents
from tickets.database import Database
from tickets.opening import NewTicket, open_ticket
from tickets.passwords import make_hash
from tickets.states import FIRST_ANSWER
from tickets.types import ticket_fields

PASSWORD = "tangled yarn beneath the bridge"
# Their names are the agents' own business; here they are hostile too.
AGENTS = {"anna": "<img src=x onerror=alert(9001)>", "bruno": '"><svg onload=alert(9002)> \u202eonurb'}
ENGLISH = "\nThis text is shown on the display of the phone of our customer since yesterday. Please help us."
SUBJECT = " is shown on the display of the phone since yesterday"  # the gate looks at it too
OWN = {"x-care-chat": "1"}
LONGEST = 100_000
A_CHAT = 45  # messages; with an answer each they are what a ticket's page shows of its chat


class World:
    """Fills a bot. `tickets` is the text that each ticket is full of, by the ticket's number."""

    def __init__(self, bot: Service, signing: SigningPortal) -> None:
        self.bot = bot
        self.http = httpx.Client(base_url=bot.url, timeout=30, verify=False)
        self.tickets: dict[str, Hostile] = {}
        self.shown: dict[str, dict[str, Any]] = {}  # what the API says of each
        self.chats: dict[str, list[Hostile]] = {}  # who → what they typed
        self.chat_tickets: dict[str, str] = {}
        self._signing = signing
        cookie = self.cookie()
        self._anna = f"{cookie['name']}={cookie['value']}"

    def fill(self, texts: Sequence[Hostile]) -> None:
        """A ticket full of each text, then chats that consist of them, then what agents write."""
        with ThreadPoolExecutor(8) as pool:
            wait_for(pool.map(self.write_ticket, texts))
            wait_for(pool.map(self._chat_of, [texts[at : at + A_CHAT] for at in range(0, len(texts), A_CHAT)]))
            wait_for(pool.map(self.answer, self.tickets.keys(), self.tickets.values()))
            for who, part in self.chats.items():
                address = self.address(self.chat_tickets[who])
                for text in part:
                    self.act(f"{address}/reply", {"text": text.text, "key": secrets.token_hex(8)})

    def _chat_of(self, texts: Sequence[Hostile]) -> None:
        who = f"chatter{texts[0].number}"
        session = self.partner(who)
        self.chat(session, [text.text for text in texts])
        self.chats[who] = list(texts)
        opened = self.open(session, f"Chat {texts[0].number}", "We said it all in the chat." + ENGLISH)
        self.chat_tickets[who] = opened["number"]

    def write_ticket(self, text: Hostile) -> str:
        """A ticket with a text in every field that takes it, and a comment; its number."""
        written = text.text
        nameable = written.isprintable() and written.strip() == written
        session = self.partner(f"p{text.number}", written, mailbox(text.number)) if nameable else self.anonymous()
        fields = {name: written for name, field in ticket_fields().items() if field.form in ("text", "long")}
        sentences = [name for name, field in ticket_fields().items() if field.form == "long" and name != "address"]
        fields |= dict.fromkeys(sentences, written + ENGLISH)
        fields["email"] = mailbox(text.number) if text.number % 8 < 7 else f"a@{EVIL}"
        contact = {"name": written, "company": written, "email": f"{text.number}@{EVIL}"}
        opened = self.open(session, written + SUBJECT, written + ENGLISH, fields=fields, contact=contact)
        number = str(opened["number"])
        said = {"text": written + ENGLISH, "english": True}
        self._post(f"/api/tickets/{number}/comments", said, session)
        self.tickets[number] = text
        shown = self.http.get(f"/api/tickets/{number}", headers={"authorization": f"Bearer {session}"})
        self.shown[number] = shown.raise_for_status().json()
        return number

    def answer(self, number: str, text: Hostile) -> None:
        """What agents can write about a ticket."""
        address = self.address(number)
        self.act(f"{address}/note", {"text": text.text, "key": secrets.token_hex(8)})
        self.act(f"{address}/reply", {"text": text.text, "key": secrets.token_hex(8)})
        self.act(f"{address}/field", {"name": "pbx", "value": text.text + " "})
        self.act(f"{address}/field", {"name": "since", "value": ""})
        self.act(f"{address}/change", {"what": "assignee", "value": self.agent_id("bruno")})

    def open(self, session: str, subject: str, description: str, **more: Any) -> dict[str, Any]:
        """A ticket of whoever holds a session."""
        wanted = {"subject": subject, "description": description, "english": True, **more}
        return self._post("/api/tickets", wanted, session)

    def partner(self, user: str, name: str = "", email: str = "") -> str:
        """The session of a partner whose portal says these things of them."""
        said = {"name": name or user.title(), "company_name": name or "Acme", "email": email or f"{user}@acme.example"}
        return self._session({"token": self._signing.token(user, "acme", **said)})

    def anonymous(self) -> str:
        """A session of nobody known."""
        return self._session({})

    def chat(self, session: str, messages: Sequence[str]) -> None:
        """Write messages and wait until each is answered."""
        with self.socket(session) as socket:
            answered = 0
            for said, message in enumerate(messages, start=1):
                socket.send(json.dumps({"type": "message", "client_id": secrets.token_hex(8), "text": message}))
                while answered < said:
                    frame = json.loads(socket.recv(60))
                    assert frame["type"] != "problem", (frame, message)
                    answered += frame["type"] == "event" and frame["event"]["kind"] == "bot"

    def socket(self, session: str) -> ClientConnection:
        """A web chat's socket after its hello."""
        opened = connect(
            f"ws://127.0.0.1:{self.bot.port}/api/web/socket",
            origin=self.bot.url,  # type: ignore[arg-type]
            compression=None,
            proxy=None,
        )
        opened.send(json.dumps({"type": "hello", "session": session, "last_seen": 0}))
        assert json.loads(opened.recv(30))["type"] == "welcome"
        return opened

    def cookie(self, name: str = "anna") -> dict[str, Any]:
        """An agent signed in, as a browser keeps it."""
        with httpx.Client(base_url=self.bot.url, timeout=30, verify=False) as fresh:
            entered = fresh.post("/console/sign-in", json={"name": name, "password": PASSWORD}, headers=self._own)
            assert entered.status_code == 200, entered.text
            return {"name": PLAIN_COOKIE, "value": entered.cookies[PLAIN_COOKIE], "url": self.bot.url}

    def act(self, path: str, body: dict[str, Any]) -> None:
        """Do something as Anna."""
        done = self.http.post(path, json=body, headers={**self._own, "cookie": self._anna})
        assert done.status_code == 200, (path, body, done.text)

    def address(self, number: str) -> str:
        """The console's page of a ticket."""
        return f"/console/tickets/{self._one('SELECT id FROM tickets WHERE number = ?', int(number[3:]))}"

    def agent_id(self, name: str) -> str:
        """What the console calls an agent."""
        return str(self._one("SELECT id FROM agents WHERE name = ?", name))

    def wait(self, query: str, seconds: float) -> None:
        """Wait until a count in the database is 0."""
        end = time.monotonic() + seconds
        while self._one(query):
            assert time.monotonic() < end, query
            time.sleep(0.1)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query finds."""
        with reading(self.bot.data_dir / "care.db") as connection:
            return list(connection.execute(query).fetchall())

    @property
    def _own(self) -> dict[str, str]:
        return {"origin": self.bot.url, "x-care-console": "1", "sec-fetch-site": "same-origin"}

    def _session(self, wanted: dict[str, str]) -> str:
        opened = self.http.post("/api/web/session", json=wanted, headers=OWN)
        assert opened.status_code == 200, opened.text
        return str(opened.json()["session"])

    def _post(self, path: str, body: dict[str, Any], session: str) -> dict[str, Any]:
        headers = {**OWN, "authorization": f"Bearer {session}", "idempotency-key": secrets.token_hex(8)}
        done = self.http.post(path, json=body, headers=headers)
        assert done.status_code == 201, (body, done.text)
        said: dict[str, Any] = done.json()
        return said

    def _one(self, query: str, *values: Any) -> Any:
        with reading(self.bot.data_dir / "care.db") as connection:
            return connection.execute(query, values).fetchone()[0]


def wait_for(done: Iterable[Any]) -> None:
    """Let threads end; raises what went wrong in one."""
    list(done)


def prepare(data_dir: Path, beside: Service) -> None:
    """Agents, and tickets of a size that no door lets in, in the database of a bot that does not run yet.

    Its `actions` will be those of a service that runs: it needs that one's token.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    shutil.copy(beside.data_dir / "internal-token", data_dir / "internal-token")
    with closing(Database(f"sqlite:///{data_dir / 'care.db'}")) as database:
        database.migrate()
        for name, shown in AGENTS.items():
            database.write(_new_agent(name, shown))
        for number, text in enumerate(long_texts()):
            database.write(_new_ticket(number, text))


def long_texts() -> Iterator[str]:
    """Lines of 100 kB, and as many lines."""
    for piece in ("W", "\u00a0", "<b>", "Z\u0301\u0327\u0489", "\u202ea", "https://ok.example/", "\u0e01\u0e49", "\n"):
        yield (piece * LONGEST)[: LONGEST - 1] + "x"


def _new_agent(name: str, shown: str) -> Callable[[Any], Any]:
    return lambda session: agents.add(session, name, shown, "lead", make_hash(PASSWORD))


def _new_ticket(number: int, text: str) -> Callable[[Any], Any]:
    short = text[:2000]
    contact = {"name": short, "company": short, "email": f"{number}@{EVIL}"}
    fields = {"pbx": short, "reason": text, "did_numbers": [f"+3904512{n:05d}" for n in range(200)]}
    new = NewTicket("billing.dispute", text[:200], text, fields, contact)
    return lambda session: open_ticket(session, f"long{number}", new, channel="web", targets=FIRST_ANSWER)
