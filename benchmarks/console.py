"""The console's lists at a hundred thousand tickets: what each view costs on the server, over SQLite.

    python -m benchmarks.console [--tickets 100000] [--url sqlite:///…]

Each view is asked for as a browser does it, through the whole application (session, counts, list,
page), five times. What counts is the processor time, of which everything here consists; the time on
the clock is beside it and grows with whatever else the machine does. A tenth of the tickets is still
to be worked on, and once all are.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import random
import secrets
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import insert

from bot.web.app import create_app
from settings import Settings
from tickets import agents
from tickets.base import now
from tickets.database import Database
from tickets.passwords import make_hash
from tickets.queue import View
from tickets.states import FIRST_ANSWER, rank
from tickets.ticket_models import Ticket
from tickets.types import PRIORITIES, ticket_types

MOST_MS = 150.0
_ROUNDS = 5
_WORDS = """
    invoice credit dispute number porting license PBX order serial address cancel move activate portal access
    customer partner subscription yearly monthly device phone gateway emergency date confirmed wrong missing
    double charged delivered broken replaced warranty hotel office branch Verona Berlin Paris Madrid
"""
VIEWS = {
    "all to work on": View(),
    "mine": View(assignee="me"),
    "nobody's": View(assignee="nobody"),
    "overdue": View(overdue=True),
    "one queue": View(queue="Billing"),
    "one type": View(type="orders.rma"),
    "one priority": View(priority="low"),
    "waiting": View(state="waiting"),
    "closed": View(state="closed"),
    "all there are": View(state="any"),
    "all, changed last": View(state="any", sort="changed"),
    "oldest first": View(sort="oldest"),
    "newest first": View(sort="newest"),
    "incomplete": View(incomplete=True),
    "a rare language": View(language="fr", state="any"),
    "a language that is not there": View(language="xx", state="any"),
    "five filters": View(queue="Orders", type="orders.rma", priority="high", incomplete=True, assignee="nobody"),
    "a rare word": View(q="zanzibar"),
    "a common word": View(q="invoice"),
    "two words": View(q="porting Verona"),
    "the beginning of a word": View(q="inv"),
    "a telephone number": View(q="+39 045 1000777"),
    "many short words": View(q="a b c d e f g i l m n o"),
    "many common words": View(q="invoice credit porting license order serial address customer"),
    "beginnings of words": View(q="pa co in"),
    "an address everybody has": View(q="a@example.com"),
    "a common word, newest first": View(q="invoice", sort="newest", state="any"),
    "a word in one queue": View(q="warranty", queue="HWaaS"),
}


def rows(count: int, agent_ids: list[str], active: float) -> Iterator[dict[str, Any]]:
    """Tickets as they come in over two years."""
    chance = random.Random(7)
    words = _WORDS.split()
    at = now()
    types = list(ticket_types().values())
    for number in range(1, count + 1):
        kind = chance.choice(types)
        priority = chance.choices(PRIORITIES, (2, 18, 60, 20))[0]
        created = at - timedelta(minutes=10 * (count - number), seconds=chance.random() * 300)
        is_active = chance.random() < active
        state = chance.choice(("new", "open", "waiting")) if is_active else chance.choice(("resolved", "closed"))
        text = " ".join(chance.choices(words, k=chance.randint(20, 120)))
        over = None if is_active else created + timedelta(days=2)
        yield {
            "number": number,
            "id": secrets.token_hex(16),
            "key": f"bench-{number}",
            "fingerprint": "-",
            "contact": {
                "name": f"Partner {number % 900}",
                "company": f"Company {number % 300}",
                "email": "a@example.com",
            },
            "channel": "web",
            "subject": " ".join(chance.choices(words, k=6)) + (" zanzibar" if number % 9_973 == 0 else ""),
            "description": text,
            "language": "fr" if number % 5_000 == 0 else "en",
            "queue": kind.queue,
            "type": kind.id,
            "priority": priority,
            "rank": rank(priority),
            "state": state,
            "assignee_id": chance.choice([*agent_ids, None]) if state != "new" else None,
            "fields": {"did_numbers": [f"+39045{1_000_000 + number}"], "invoice_number": f"INV-{number}"},
            "missing": ["invoice_date"] if number % 4 == 0 else [],
            "incomplete": number % 4 == 0,
            "triage": {"type": kind.id, "confidence": 0.9, "type_reason": "words of this type"},
            "triage_due": False,
            "created_at": created,
            "updated_at": created + timedelta(hours=chance.random() * 50),
            "due_at": created + FIRST_ANSWER[priority],
            "first_answer_at": created + timedelta(hours=1) if state != "new" else None,
            "resolved_at": over,
            "closed_at": over if state == "closed" else None,
        }


def fill(database: Database, count: int, active: float) -> str:
    """Make the tickets and twenty agents; the token of the first."""
    everybody = [f"agent{number}" for number in range(20)]
    hashed = make_hash(secrets.token_urlsafe(16))
    made = database.write(
        lambda session: [agents.add(session, name, name.title(), "agent", hashed).id for name in everybody]
    )
    batch: list[dict[str, Any]] = []
    for row in rows(count, made, active):
        batch.append(row)
        if len(batch) == 2_000:
            add(database, batch)
            batch = []
    if batch:
        add(database, batch)
    return database.write(lambda session: agents.sign_in(session, agents.named(session, everybody[0]), "benchmark"))


def add(database: Database, batch: list[dict[str, Any]]) -> None:
    """Write a batch of rows."""
    database.write(lambda session: session.execute(insert(Ticket), batch))


async def measure(app: Any, token: str) -> dict[str, dict[str, float]]:
    """Milliseconds of each view: median and worst, the first round being for warming up."""
    found = {}
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 50_000))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1:8080", cookies={"care-console": token}
        ) as client,
    ):
        for name, view in VIEWS.items():
            times, clock = [], []
            for _ in range(_ROUNDS):
                begin, worked = time.perf_counter(), time.process_time()
                response = await client.get(f"/console{view.query()}")
                times.append((time.process_time() - worked) * 1000)
                clock.append((time.perf_counter() - begin) * 1000)
                assert response.status_code == 200, response.text
                assert "data-list" in response.text
            found[name] = {
                "cpu_ms": round(statistics.median(times), 1),
                "cpu_worst_ms": round(max(times[1:]), 1),
                "clock_ms": round(statistics.median(clock), 1),
            }
    return found


def main() -> int:
    """Fill, measure, print; 1 where a view is too slow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--url", default="", help="a fresh database; empty: SQLite in a temporary folder")
    options = parser.parse_args()
    slow = False
    for share in (0.1, 1.0):
        with tempfile.TemporaryDirectory() as folder:
            url = options.url or f"sqlite:///{Path(folder) / 'care.db'}"
            settings = Settings.load({"CARE_DATA_DIR": folder, "CARE_DATABASE_URL": url})
            database = Database(url)
            database.migrate()
            begin = time.perf_counter()
            token = fill(database, options.tickets, share)
            print(f"{options.tickets} tickets, {share:.0%} to work on, made in {time.perf_counter() - begin:.0f} s")
            database.close()
            app = create_app(settings, "http://127.0.0.1:9", "http://127.0.0.1:9")
            gc.collect()
            gc.freeze()  # as `care run` does
            found = asyncio.run(measure(app, token))
        for name, times in found.items():
            mark = "" if times["cpu_worst_ms"] < MOST_MS else f"  more than {MOST_MS:.0f} ms"
            slow = slow or bool(mark)
            shown = (
                f"{times['cpu_ms']:6.1f} ms, worst {times['cpu_worst_ms']:.1f}, on the clock {times['clock_ms']:.1f}"
            )
            print(f"  {name:30} {shown}{mark}")
        print(json.dumps({"console": {"tickets": options.tickets, "active": share, "views": found}}))
        if options.url:
            break
    return int(slow)


if __name__ == "__main__":
    raise SystemExit(main())
