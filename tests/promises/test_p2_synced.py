"""P2: nothing is acknowledged before it is on disk: every acknowledgement comes after a sync that follows its write.

strace watches the running bot: for each ticket's number over HTTP and each message's acknowledgement
in the widget, the write to SQLite's log, then a sync of it, then the answer on the socket. Red control:
`synchronous=NORMAL`. PostgreSQL that does not sync is refused at the start.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.postgres import MISSING, Postgres, binaries, postgres
from tests.promises.clients import ChatClient
from tests.promises.conftest import Size
from tests.promises.forks import NOWHERE, ForkedBot
from tests.promises.ticket_talk import CONTACT as WHO
from tests.service import ROOT, free_port
from tickets.database import Database

__all__ = ["postgres"]
_FULL = 2
_ALL_CONNECTIONS = 15  # what SQLAlchemy's pool gives at most
_CALL = re.compile(r"^(\d+)\s+(?:<\.\.\. )?(\w+)(?:\(| resumed>)")


@pytest.mark.parametrize("kind", ["tickets", "messages"])
async def test_every_acknowledgement_follows_a_sync(
    kind: str, tmp_path: Path, size: Size, figures: Callable[[str], None]
) -> None:
    marks, trace = await traced(tmp_path, kind, size(20, 200), None)
    early = unsynced(trace, marks)
    figures(f"{len(marks)} acknowledgements of {kind}, {len(early)} before their sync; {trace.syncs} syncs")
    assert early == []


@pytest.mark.parametrize("kind", ["tickets", "messages"])
async def test_red_control_synchronous_normal_is_noticed(kind: str, tmp_path: Path) -> None:
    marks, trace = await traced(tmp_path, kind, 10, "syncs_later")
    early = unsynced(trace, marks)
    assert len(early) > len(marks) / 2
    assert set(early) <= set(marks), "not all was seen"


def test_every_pooled_connection_syncs(database: Database) -> None:
    with ExitStack() as stack:
        opened = [stack.enter_context(database.engine.connect()) for _ in range(_ALL_CONNECTIONS)]
        assert [one.exec_driver_sql("PRAGMA synchronous").scalar() for one in opened] == [_FULL] * _ALL_CONNECTIONS
    assert database.write(lambda session: session.connection().exec_driver_sql("PRAGMA synchronous").scalar()) == _FULL


def test_a_postgresql_that_acknowledges_early_is_refused(postgres: Postgres, tmp_path: Path) -> None:
    with postgres.fresh() as url:
        with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
            connection.execute(f'ALTER DATABASE "{url.rsplit("/", 1)[1]}" SET synchronous_commit = off')
        assert "synchronous_commit=off" in refusal(url, tmp_path)


def test_a_postgresql_that_never_syncs_is_refused(tmp_path: Path) -> None:
    if binaries() is None:
        pytest.skip(MISSING)
    server = Postgres()
    try:
        server.start(fsync="off")
        assert "fsync=off" in refusal(server.url("postgres"), tmp_path)
    finally:
        server.stop()


def refusal(url: str, tmp_path: Path) -> str:
    """What `care run` says when it does not start on this database."""
    settings = {"CARE_DATABASE_URL": url, "CARE_DATA_DIR": str(tmp_path / "var"), "CARE_PORT": str(free_port())}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CARE_")}
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "run"],
        cwd=ROOT,
        env={**kept, **settings, "CARE_ENGINE_URL": NOWHERE, "CARE_ACTIONS_URL": NOWHERE},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1, done
    return done.stderr


@dataclass(frozen=True)
class Call:
    """One system call, from the line where it begins to the line where it returns."""

    name: str
    began: int
    ended: int
    text: str


class Trace:
    """What strace wrote, call by call."""

    def __init__(self, path: Path) -> None:
        self.calls: list[Call] = []
        waiting: dict[str, tuple[str, int, str]] = {}
        with path.open(errors="replace") as lines:
            for number, line in enumerate(lines):
                found = _CALL.match(line)
                if found is None:
                    continue
                thread, name = found[1], found[2]
                if "resumed>" in line[: found.end() + 1] and thread in waiting:
                    name, began, text = waiting.pop(thread)
                    self.calls.append(Call(name, began, number, text))
                elif line.rstrip().endswith("<unfinished ...>"):
                    waiting[thread] = (name, number, line)
                else:
                    self.calls.append(Call(name, number, number, line))

    @property
    def syncs(self) -> int:
        """How often SQLite's log was synced."""
        return sum(call.name in ("fdatasync", "fsync") and "-wal>" in call.text for call in self.calls)

    def first(self, mark: str, *, on_disk: bool) -> Call | None:
        """The first write of something marked, to SQLite's log or to a socket."""
        return next(
            (call for call in self.calls if mark in call.text and ("-wal>" if on_disk else "socket:[") in call.text),
            None,
        )

    def synced_between(self, after: int, before: int) -> bool:
        """Whether a sync of the log lies wholly between two lines."""
        return any(
            call.name in ("fdatasync", "fsync") and "-wal>" in call.text and after < call.began and call.ended < before
            for call in self.calls
        )


def unsynced(trace: Trace, marks: list[str]) -> list[str]:
    """The marks that were told before their write was synced, or not seen at all."""
    found = []
    for mark in marks:
        written, told = trace.first(mark, on_disk=True), trace.first(mark, on_disk=False)
        if written is None or told is None:
            found.append(f"{mark}: not seen ({written=}, {told=})")
        elif not trace.synced_between(written.ended, told.began):
            found.append(mark)
    return found


async def traced(tmp_path: Path, kind: str, count: int, wrong: str | None) -> tuple[list[str], Trace]:
    """Have tickets or messages acknowledged under strace; what marks each, and the trace."""
    if shutil.which("strace") is None:
        pytest.skip("no strace here: install Debian's package `strace`")
    bot = ForkedBot(tmp_path / "var", wrong)
    try:
        await asyncio.to_thread(bot.start)
        await until_healthy(bot)
        watch = await asyncio.to_thread(attach, bot.process.pid, tmp_path / "trace")
        marks = await (open_tickets(bot, count) if kind == "tickets" else say_messages(bot, count))
    finally:
        await asyncio.to_thread(bot.close)
    await asyncio.to_thread(watch.wait, 30)
    return marks, Trace(tmp_path / "trace")


def attach(pid: int, trace: Path) -> subprocess.Popen[str]:
    """Watch a process and all its threads; skips the test where that is not allowed."""
    calls = "trace=pwrite64,pwritev,write,writev,fdatasync,fsync,sendto,sendmsg"
    watch = subprocess.Popen(
        ["strace", "-f", "-y", "-s", "6000", "-e", calls, "-o", str(trace), "-p", str(pid)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert watch.stderr is not None
    said = watch.stderr.readline()
    if "attached" not in said:
        watch.kill()
        watch.wait()
        pytest.skip(f"strace may not watch processes here: {said.strip()}")
    time.sleep(0.2)
    return watch


async def until_healthy(bot: ForkedBot) -> None:
    async with httpx.AsyncClient(base_url=bot.url, verify=False) as http, asyncio.timeout(60):
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await http.get("/healthz")).status_code == 200:
                    return
            await asyncio.sleep(0.05)


async def open_tickets(bot: ForkedBot, count: int) -> list[str]:
    """Over the API, some at the same time so that they share commits; the subjects, which the answers repeat."""
    marks = [f"phone {secrets.token_hex(8)} does not ring" for _ in range(count)]

    async def open_one(http: httpx.AsyncClient, subject: str) -> None:
        ticket = {"subject": subject, "description": "It has not rung since yesterday.", "contact": WHO}
        key = {"Idempotency-Key": secrets.token_hex(16)}
        assert (await http.post("/api/tickets", json=ticket, headers=key)).status_code == 201

    async with httpx.AsyncClient(base_url=bot.url, timeout=60, verify=False) as http:
        for at in range(0, count, 4):
            await asyncio.gather(*(open_one(http, subject) for subject in marks[at : at + 4]))
    return marks


async def say_messages(bot: ForkedBot, count: int) -> list[str]:
    """In two chats; the messages' own ids, which the acknowledgements repeat."""
    clients = [ChatClient(bot.port) for _ in range(2)]
    marks = []
    for client in clients:
        await client.start()
    for number in range(count):
        client = clients[number % len(clients)]
        marks.append(client.say(f"hello there ({number})"))
        if number % 4 == 3:
            await client.until(lambda client=client: client.unacknowledged == 0, 60, "acknowledged")  # type: ignore[misc]
    for client in clients:
        await client.until(lambda client=client: client.unacknowledged == 0, 60, "acknowledged")  # type: ignore[misc]
        await client.stop()
    return marks
