"""P14, a busy database never reaches a user, and a full disk is said, not hidden.

8 writers open tickets over HTTP while other processes read and copy the database: 0 errors in N, and every
number that was given is in the database and in no copy that was made before it. The same writers inside one
process, beside a checkpoint that empties the log all the time. A full disk answers 503 with a sentence, what
was acknowledged is there, and with room again it goes on without a restart.
Red controls: SQLite's plain BEGIN, and a build that acknowledges before the commit.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot import wording
from tests.promises.bots import LoneBot
from tests.promises.conftest import Size
from tests.promises.server_log import reading
from tests.service import Service
from tests.tickets import desk
from tickets.database import Database

WRITERS = 8
_READS = """
import sqlite3, sys, time
connection = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True, timeout=0.1)
while True:
    (tickets,) = connection.execute("SELECT count(*) FROM tickets").fetchone()
    (events,) = connection.execute("SELECT count(*) FROM ticket_events").fetchone()
    connection.execute("SELECT description FROM tickets ORDER BY updated_at").fetchall()
    print(tickets, events, flush=True)
    time.sleep(0.01)
"""
_COPIES = """
import sqlite3, sys, time
number = 0
while True:
    with sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True, timeout=5) as connection:
        connection.execute("VACUUM INTO ?", [f"{sys.argv[2]}/{number}.part"])
    import os
    os.rename(f"{sys.argv[2]}/{number}.part", f"{sys.argv[2]}/{number}.db")
    print(number, flush=True)
    number += 1
    time.sleep(float(sys.argv[3]))
"""


@pytest.fixture
def alone() -> Iterator[Callable[..., LoneBot]]:
    """Starts a `bot` without engine and `actions`: tickets need neither."""
    started: list[LoneBot] = []

    def start(data_dir: Path, wrong: str | None = None) -> LoneBot:
        started.append(LoneBot(data_dir, wrong))
        started[-1].start()
        return started[-1]

    yield start
    for bot in started:
        bot.kill()  # a wrong build may hang


async def test_writers_meet_no_error_beside_readers_and_copies(
    alone: Callable[..., LoneBot], tmp_path: Path, size: Size, figures: Callable[[str], None]
) -> None:
    bot = await asyncio.to_thread(alone, tmp_path / "var")
    database, copies = tmp_path / "var" / "care.db", tmp_path / "copies"
    copies.mkdir()
    todo = list(range(size(400, 10_000)))
    seconds: list[float] = []
    given: list[str] = []
    errors: list[str] = []

    async def write(http: httpx.AsyncClient) -> None:
        while todo:
            number = todo.pop()
            start = time.monotonic()
            try:
                response = await http.post("/api/tickets", json=wanted(number), headers=key())
            except httpx.HTTPError as error:
                errors.append(repr(error))
                continue
            seconds.append(time.monotonic() - start)
            if response.status_code in (200, 201):
                given.append(response.json()["number"])
            else:
                errors.append(f"{response.status_code} {response.text}")

    with beside(_READS, database) as reads, beside(_READS, database), beside(_COPIES, database, copies, 0.2) as made:
        async with httpx.AsyncClient(base_url=bot.url, timeout=30) as http:
            await asyncio.gather(*(write(http) for _ in range(WRITERS)))

    assert errors == []
    assert len(given) == len(set(given)) == size(400, 10_000)
    assert numbers(database) == set(given)
    seen = [tuple(map(int, line.split())) for line in reads()]
    assert len(seen) > 20
    assert all(before <= after for (before, _), (after, _) in pairwise(seen))
    whole = list(copies.glob("*.db"))
    assert len(whole) >= 2
    for path in whole:
        assert numbers(path) <= set(given)
    quickest, slowest = min(seconds), max(seconds)
    figures(
        f"{len(given)} tickets by {WRITERS} writers beside {len(seen)} looks and {len(made())} copies: 0 errors, "
        f"{quickest * 1000:.0f} to {slowest * 1000:.0f} ms"
    )


def test_writers_meet_no_error_beside_a_checkpoint_that_never_rests(
    tmp_path: Path, size: Size, figures: Callable[[str], None]
) -> None:
    each = size(400, 10_000) // WRITERS
    with closing(Database(f"sqlite:///{tmp_path / 'care.db'}")) as database:
        database.migrate()
        errors: list[BaseException] = []
        over = threading.Event()
        checkpoints: list[int] = []

        def write() -> None:
            for _ in range(each):
                try:
                    database.write(lambda session: desk.ticket(session).number)
                except Exception as error:
                    errors.append(error)

        def empty_the_log() -> None:
            while not over.is_set():
                checkpoints.append(database.alone(checkpoint).result())

        def look() -> None:
            while not over.is_set():
                database.read(lambda session: session.scalar(text("SELECT sum(length(description)) FROM tickets")))

        writers = [threading.Thread(target=write) for _ in range(WRITERS)]
        others = [threading.Thread(target=work) for work in (empty_the_log, look, look)]
        for thread in [*writers, *others]:
            thread.start()
        for thread in writers:
            thread.join()
        over.set()
        for thread in others:
            thread.join()
    assert errors == []
    assert len(numbers(tmp_path / "care.db")) == each * WRITERS
    figures(f"{each * WRITERS} tickets beside {len(checkpoints)} checkpoints: 0 errors")


def test_red_control_plain_begin_meets_a_locked_database(tmp_path: Path) -> None:
    """Without `BEGIN IMMEDIATE` and the one writer: a reader cannot become a writer while another writes."""
    with closing(Database(f"sqlite:///{tmp_path / 'care.db'}")) as database:
        database.migrate()
        errors: list[str] = []

        def write() -> None:
            for _ in range(25):
                try:
                    with Session(database.engine) as session:  # not the writer's: its transaction begins plainly
                        desk.ticket(session)
                        session.commit()
                except OperationalError as error:
                    errors.append(str(error.orig))

        writers = [threading.Thread(target=write) for _ in range(WRITERS)]
        for thread in writers:
            thread.start()
        for thread in writers:
            thread.join()
    assert any("locked" in error for error in errors), "plain BEGIN met no lock: the test above tests nothing"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of a few megabytes."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("a small disk needs root, who may mount one")
    folder = tmp_path / "small"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if done.returncode != 0:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)


async def test_a_full_disk_is_said_and_nothing_acknowledged_is_lost(
    alone: Callable[..., LoneBot], small_disk: Path, figures: Callable[[str], None]
) -> None:
    bot = await asyncio.to_thread(alone, small_disk / "var")
    process = bot.process
    acknowledged, refusals = await until_full(bot, small_disk)

    assert {response.status_code for response in refusals} == {503}
    assert {response.json()["detail"] for response in refusals} <= {wording.NOT_SAVED}
    async with httpx.AsyncClient(base_url=bot.url, timeout=10) as http:  # another door
        chat = await http.post("/api/web/session", json={}, headers={"x-care-chat": "1"})
    assert (chat.status_code, chat.json()) == (503, {"detail": wording.NOT_SAVED})
    assert httpx.get(f"{bot.url}/healthz").status_code == 200

    (small_disk / "filler").unlink()
    response = await open_ticket(bot, 9999)
    assert response.status_code in (200, 201), response.text
    acknowledged.append(response.json()["number"])
    assert bot.process == process, "it was restarted"
    assert numbers(small_disk / "var" / "care.db") == set(acknowledged)
    assert "Traceback" not in bot.output()
    figures(f"{len(acknowledged)} tickets acknowledged, {len(refusals)} answers of 503 while the disk was full")


async def test_red_control_an_answer_before_the_commit_is_noticed(
    alone: Callable[..., LoneBot], small_disk: Path
) -> None:
    bot = await asyncio.to_thread(alone, small_disk / "var", "answers_before_the_commit")
    acknowledged, _ = await until_full(bot, small_disk)
    (small_disk / "filler").unlink()
    assert set(acknowledged) - numbers(small_disk / "var" / "care.db"), "the wrong build passed for a right one"


async def until_full(bot: Service, disk: Path) -> tuple[list[str], list[httpx.Response]]:
    """Open tickets, fill the disk, go on until five are refused: the numbers given, and the refusals."""
    acknowledged: list[str] = []
    refusals: list[httpx.Response] = []
    for number in range(5):
        acknowledged.append((await open_ticket(bot, number)).json()["number"])
    with (disk / "filler").open("wb", buffering=0) as filler:
        for block in (1 << 16, 1 << 12):
            try:
                while True:
                    filler.write(b"x" * block)
            except OSError:
                continue
    for number in range(5, 400):
        try:
            response = await open_ticket(bot, number, "x" * 4000)
        except httpx.ReadTimeout:  # a wrong build may not even answer any more
            break
        if response.status_code in (200, 201):
            acknowledged.append(response.json()["number"])
        else:
            refusals.append(response)
        if len(refusals) == 5:
            break
    return acknowledged, refusals


async def open_ticket(bot: Service, number: int, more: str = "") -> httpx.Response:
    """One try."""
    async with httpx.AsyncClient(base_url=bot.url, timeout=10) as http:
        return await http.post("/api/tickets", json=wanted(number, more), headers=key())


def wanted(number: int, more: str = "") -> dict[str, Any]:
    """A ticket to open."""
    return {
        "type": "orders.tracking",
        "subject": f"Where is our order {number}?",
        "description": f"We ordered three phones last week and order {number} has not arrived yet. {more}",
        "contact": {"name": "Ann Partner", "company": "Acme", "email": "ann@acme.example"},
    }


def key() -> dict[str, str]:
    """An intention."""
    return {"idempotency-key": secrets.token_hex(8)}


def numbers(database: Path) -> set[str]:
    """The tickets in a database that is whole."""
    with reading(database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        found = {f"CC-{number:06d}" for (number,) in connection.execute("SELECT number FROM tickets")}
        opened = "SELECT count(DISTINCT ticket_number) FROM ticket_events WHERE kind = 'opened'"
        assert connection.execute(opened).fetchone() == (len(found),)
        return found


def checkpoint(connection: sqlite3.Connection) -> int:
    """Empty the log; in the writer, beside readers: see fact 10 of the reliability notes."""
    return int(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])


@contextmanager
def beside(program: str, *arguments: object) -> Iterator[Callable[[], list[str]]]:
    """A process of its own that does something all the time; what it printed. It must not fail."""
    process = subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    lines: list[str] = []
    assert process.stdout is not None
    follow = threading.Thread(target=lambda: lines.extend(process.stdout or ()), daemon=True)
    follow.start()
    try:
        yield lambda: lines
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
    finally:
        process.kill()
        process.wait()
        follow.join(5)
