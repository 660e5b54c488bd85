"""P18: a partner who is erased is gone, in every byte that we keep.

40 canary strings go in by every door: the portal's token, web chat, API, tickets, comments, a colleague's ticket,
what agents write, the outbox, an anonymous ticket with the same address. Then `care tickets erase`, with the bot
running: 0 of them in database, log, free pages, the engine's trackers, logs, output, exports; a line in the audit
log says that it happened. A restored backup is erased again before it serves. Red control: DELETE without VACUUM.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from bot.erasing import LIST
from tests.portals import SigningPortal
from tests.promises.bots import LoneBot
from tests.promises.clients import ChatClient
from tests.service import ROOT, Service, free_port
from tests.tickets import desk
from tickets import changes
from tickets.changes import Author
from tickets.database import Database
from tickets.notices import Notify
from tickets.ticket_models import Ticket, TicketEvent

CANARIES = 40
OWN = {"x-care-chat": "1"}


class Canaries:
    """40 words that occur nowhere else."""

    def __init__(self) -> None:
        self.words = [f"zqcanary{number:02d}{secrets.token_hex(4)}" for number in range(CANARIES)]
        self._left = list(self.words)

    def next(self) -> str:
        """One more that is planted somewhere."""
        return self._left.pop(0)

    def used(self) -> bool:
        """Whether all are planted."""
        return not self._left

    def in_files(self, *places: Path) -> set[str]:
        """Those that are in any byte of these files and folders."""
        files = [path for place in places for path in ([place] if place.is_file() else place.rglob("*"))]
        whole = b"\0".join(path.read_bytes() for path in files if path.is_file()).lower()
        assert whole
        return {word for word in self.words if word.encode() in whole}


@pytest.fixture
def portal() -> SigningPortal:
    """Who vouches for partners."""
    return SigningPortal()


@pytest.fixture
def served(tmp_path: Path, portal: SigningPortal) -> Iterator[Service]:
    """A whole service that partners sign in to, and that has somebody to tell of everything."""
    nowhere = f"127.0.0.1:{free_port()}"
    running = Service(
        tmp_path / "var",
        {
            **portal.settings,
            "CARE_WEBHOOK_URL": f"http://{nowhere}/hook",
            "CARE_WEBHOOK_SECRET": "s" * 32,
            "CARE_SMTP_URL": f"smtp://{nowhere}",
            "CARE_MAIL_FROM": "care@example.com",
            "CARE_NOTIFY_EMAIL": "desk@example.com",
        },
    )
    running.start()
    yield running
    running.stop()


async def test_nothing_of_an_erased_partner_is_left_in_any_byte(
    served: Service, portal: SigningPortal, tmp_path: Path, figures: Callable[[str], None]
) -> None:
    canaries = Canaries()
    email = f"{canaries.next()}@acme.example"
    number = await plant(served, portal, canaries, email)
    await asyncio.to_thread(served.stop)
    plant_as_agent(served.data_dir, canaries, number)
    assert canaries.used()
    backup = tmp_path / "backup"
    backup.mkdir()
    with closing(sqlite3.connect(served.data_dir / "care.db")) as database:
        database.execute("VACUUM INTO ?", [str(backup / "care.db")])
    shutil.copy(served.data_dir / "tracker.db", backup)
    bot = LoneBot(served.data_dir, settings=portal.settings)  # the engine has said all that it will
    await asyncio.to_thread(bot.start)
    output = tmp_path / "var.out"
    assert canaries.in_files(served.data_dir) == set(canaries.words), "a canary never got in"

    start = time.monotonic()
    done = await asyncio.to_thread(care, served, "tickets", "erase", "--partner", email, "--yes")
    seconds = time.monotonic() - start
    assert done.returncode == 0, done.stderr
    for form in ("csv", "json"):
        export = await asyncio.to_thread(
            care, served, "tickets", "export", "--format", form, "--output", str(tmp_path / f"after.{form}")
        )
        assert export.returncode == 0, export.stderr
    places = [served.data_dir, output, tmp_path / "after.csv", tmp_path / "after.json"]
    assert canaries.in_files(*places) == set()
    assert "Bob's own" in (tmp_path / "after.csv").read_text(), "a colleague's ticket went too"
    tombstone = audit(served.data_dir, "erased")
    assert tombstone["why"] == "partner"
    assert (tombstone["tickets"], tombstone["partners"]) == (2, 1)

    await asyncio.to_thread(bot.stop)
    assert canaries.in_files(*places) == set()
    for end in ("care.db-wal", "care.db-shm", "tracker.db-journal"):
        (served.data_dir / end).unlink(missing_ok=True)
    for name in ("care.db", "tracker.db"):
        shutil.copy(backup / name, served.data_dir)
    assert (served.data_dir / LIST).exists()
    await asyncio.to_thread(bot.start)
    await asyncio.to_thread(bot.stop)
    assert canaries.in_files(*places) == set(), "a restored backup serves what was erased"
    assert audit(served.data_dir, "erased")["why"] == "again"
    size = (served.data_dir / "care.db").stat().st_size // 1024
    figures(f"{CANARIES} canaries planted, 0 left after {seconds:.1f} s ({size} KB), 0 after a restored backup")


async def test_red_control_deleting_without_rewriting_leaves_words_in_the_file(tmp_path: Path) -> None:
    canaries = Canaries()
    path = tmp_path / "var" / "care.db"
    with closing(Database(f"sqlite:///{path}")) as database:
        database.migrate()
        for word in canaries.words:
            database.write(partial(desk.ticket, description=word))
        for table in (TicketEvent, Ticket):
            database.write(lambda session, table=table: session.execute(delete(table)))  # type: ignore[misc]
    assert canaries.in_files(path.parent), "DELETE alone leaves nothing: the test above tests nothing"


async def plant(served: Service, portal: SigningPortal, canaries: Canaries, email: str) -> str:
    """Everything that partners can do, over HTTP and the web socket; a colleague's ticket."""
    claims = {"name": f"Ann {canaries.next()}", "email": email}
    async with httpx.AsyncClient(base_url=served.url, timeout=30) as http:

        async def sign_in(sub: str, **more: Any) -> str:
            token = portal.token(sub, "acme", company_name="Acme", **more)
            answer = await http.post("/api/web/session", json={"token": token}, headers=OWN)
            return str(answer.raise_for_status().json()["session"])

        async def post(path: str, session: str, body: dict[str, Any]) -> dict[str, Any]:
            headers = {**OWN, "authorization": f"Bearer {session}", "idempotency-key": secrets.token_hex(8)}
            answer = await http.post(path, json=body, headers={k: v for k, v in headers.items() if v != "Bearer "})
            assert answer.status_code in (200, 201), answer.text
            said: dict[str, Any] = answer.json()
            return said

        ann, bob = await sign_in(canaries.next(), **claims), await sign_in("bob")
        for question in ("How long does porting take for {}?", "{}", "What is an RMA, asks {}?", "Does {} pay VAT?"):
            await post("/api/chat", ann, {"sender": "script", "message": question.format(canaries.next())})
        await post("/api/chat", ann, {"sender": "script", "message": "open a ticket"})
        await post("/api/chat", ann, {"sender": "script", "message": f"The phone of {canaries.next()} is broken"})
        client = ChatClient(served.port)
        client._session = ann
        await client.start()
        for text in ("I need a human, says {}", "My customer {} wants to port a number", "thanks, {}"):
            client.say(text.format(canaries.next()))
            await client.until_answered(30)
        await client.stop()
        wanted = {
            "type": "orders.tracking",
            "subject": f"Order of {canaries.next()}",
            "description": f"We are waiting for the order of our customer {canaries.next()} since last week.",
            "fields": {"order_number": canaries.next().upper()},
        }
        number = str((await post("/api/tickets", ann, wanted))["number"])
        for text in ("Please also look at the invoice of {}", "The address is {} street"):
            await post(f"/api/tickets/{number}/comments", ann, {"text": text.format(canaries.next())})
        await post("/api/chat", ann, {"sender": "script", "message": f"{number}: the customer is {canaries.next()}"})
        await post("/api/chat", ann, {"sender": "script", "message": f"what about {number}?"})
        theirs = {
            **wanted,
            "subject": "Bob's own order",
            "description": "We are waiting for our own order, please help.",
        }
        colleague = str((await post("/api/tickets", bob, {**theirs, "fields": {}}))["number"])
        text = f"I am waiting for this order too, says {canaries.next()}"
        await post(f"/api/tickets/{colleague}/comments", ann, {"text": text})
        await post("/api/chat", bob, {"sender": "script", "message": f"what about {number}?"})
        contact = {"name": f"Ann {canaries.next()}", "company": f"Acme {canaries.next()}", "email": email}
        alone = {**wanted, "subject": f"From home: {canaries.next()}", "contact": contact, "fields": {}}
        alone["description"] = f"I write from home because {canaries.next()} has no portal access today."
        await post("/api/tickets", "", alone)
    return number


def plant_as_agent(data_dir: Path, canaries: Canaries, number: str) -> None:
    """What agents write about the partner; with the bot stopped, as there is one writer."""
    notify = Notify("http://127.0.0.1:9/hook", partners_by_email=True, agents_email="desk@example.com")
    with closing(Database(f"sqlite:///{data_dir / 'care.db'}", {"notify": notify})) as database:

        def write(session: Session) -> None:
            ticket = session.get_one(Ticket, int(number[3:]))
            agent = desk.agent(session)
            author = Author.of(agent)
            changes.assign(session, ticket, author, agent)
            for text in ("Dear {}", "Our answer to {}"):
                changes.reply(session, ticket, author, text.format(canaries.next()))
            changes.note(session, ticket, author, f"{canaries.next()} is an old customer")
            changes.set_field(session, ticket, author, "address", f"{canaries.next()} street 1")
            changes.set_field(session, ticket, author, "address", f"{canaries.next()} street 2")
            changes.set_type(session, ticket, author, "orders.delivery")
            changes.triaged(session, ticket, {"pbx": canaries.next()}, {"type_reason": canaries.next()})
            while not canaries.used():
                changes.comment(session, ticket, Author("partner", ticket.partner_id, "Ann"), canaries.next())
            changes.set_state(session, ticket, author, "closed")

        database.write(write)


def care(served: Service, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line, as the operator uses it beside the running bot."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CARE_")}
    environment["CARE_DATA_DIR"] = str(served.data_dir)
    command = [sys.executable, "-m", "cli.main", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)


def audit(data_dir: Path, what: str) -> dict[str, Any]:
    """The newest line of the audit log."""
    query = "SELECT detail FROM audit WHERE what = ? ORDER BY id DESC LIMIT 1"
    with closing(sqlite3.connect(f"file:{data_dir / 'care.db'}?mode=ro", uri=True)) as database:
        found: dict[str, Any] = json.loads(database.execute(query, [what]).fetchone()[0])
        return found
