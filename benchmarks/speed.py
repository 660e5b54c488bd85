"""Speed and memory: `python -m benchmarks.speed`, or `make bench`.

Every figure is taken in one run on one machine; what counts are the ratios. The bare turn
is the same Rasa engine with a constant understanding and a no-op action.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import faiss
import httpx
import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.engines import start_engine, wait_for
from settings import ROOT
from tests.service import Service, free_port

_TURNS = 130
_WARM_UP = 30
_SECONDS = 8.0
_QUESTIONS = 150
_PARTNERS = (1, 8, 32)
_SIZES = (100, 10_000, 1_000_000)
_SEARCHES = {100: 500, 10_000: 200, 1_000_000: 20}

_console = Console(width=100)


def main() -> None:
    """Print all tables."""
    _console.print(
        f"{datetime.now(UTC):%Y-%m-%d} · {platform.machine()}, {os.cpu_count()} cores, "
        f"{psutil.virtual_memory().total / 2**30:.0f} GiB, Python {platform.python_version()}"
    )
    with tempfile.TemporaryDirectory() as folder:
        actions_ready(Path(folder))
        service = Service(Path(folder) / "var")
        service.start()
        peer, engine, bare_url = start_bare_engine(Path(folder))
        try:
            asyncio.run(turns(service, bare_url))
            memory(service)
        finally:
            engine.terminate()
            peer.terminate()
            engine.wait()
            peer.wait()
            service.stop()
    search_alone()


def actions_ready(folder: Path) -> None:
    """From its start until `actions` answers, and what it then holds in memory."""
    port = free_port()
    environment = {**os.environ, "CARE_DATA_DIR": str(folder), "CARE_ACTIONS_PORT": str(port)}
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "actions.server"],
        cwd=ROOT,
        env={**environment, "CARE_INTERNAL_TOKEN": "bench"},
        stdin=subprocess.PIPE,
    )
    wait_for(f"http://127.0.0.1:{port}/healthz", process)
    table = Table("`actions` alone", "")
    table.add_row("ready after (wanted: at most 3 s)", f"{time.perf_counter() - started:.1f} s")
    table.add_row("resident", f"{psutil.Process(process.pid).memory_info().rss / 2**20:.0f} MiB")
    _console.print(table)
    process.terminate()
    process.wait()


def start_bare_engine(folder: Path) -> tuple[subprocess.Popen[bytes], subprocess.Popen[bytes], str]:
    """The stock engine with our dialogue model and benchmarks/bare_peer.py behind it."""
    peer_port = free_port()
    peer = subprocess.Popen([sys.executable, "-m", "benchmarks.bare_peer", str(peer_port)], cwd=ROOT)
    engine, url = start_engine(folder, "bare", f"http://127.0.0.1:{peer_port}")
    return peer, engine, url


async def turns(service: Service, bare_url: str) -> None:
    """A FAQ turn beside the bare turn, and throughput of both."""
    questions = [
        json.loads(line)["text"]
        for line in (ROOT / "benchmarks" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
        if '"kind": "faq"' in line
    ]
    # A question that tells a case begins a calculation, which would come back in every later turn of its sender.
    asked = itertools.cycle([text for text in questions[:_QUESTIONS] if answered(service, text)])
    senders = (f"bench-{number}" for number in itertools.count())
    async with httpx.AsyncClient(timeout=30) as client:

        async def ours(sender: str) -> None:
            body = {"sender": sender, "message": next(asked)}
            response = await client.post(f"{service.url}/api/chat", json=body)
            assert response.json()["replies"][0]["data"]["type"] != "error", response.text

        async def bare(sender: str) -> None:
            body = {"sender": sender, "message": next(asked), "metadata": {"turn_id": "x"}}
            response = await client.post(f"{bare_url}/webhooks/rest/webhook", json=body)
            assert response.json(), "the bare engine said nothing"

        times: dict[str, list[float]] = {"ours": [], "bare": []}
        for number in range(_TURNS):  # taking turns, so that both meet the same machine
            for name, turn in (("ours", ours), ("bare", bare)):
                started = time.perf_counter()
                await turn(f"{name}-{number % 10}")
                if number >= _WARM_UP:
                    times[name].append(time.perf_counter() - started)
        table = Table("one partner, one turn at a time", "median ms", "p95 ms")
        for name, title in (("bare", "bare Rasa turn"), ("ours", "FAQ turn through /api/chat")):
            table.add_row(title, f"{statistics.median(times[name]) * 1e3:.1f}", f"{_p95(times[name]) * 1e3:.1f}")
        ratio = statistics.median(times["ours"]) / statistics.median(times["bare"])
        table.add_row("ratio of the medians (wanted: at most 2)", f"{ratio:.2f}", "")
        _console.print(table)

        table = Table("partners at once", "ours, turns/s", "p95 ms", "bare, turns/s", "p95 ms", "ours / bare")
        for partners in _PARTNERS:
            ours_rate, ours_p95 = await throughput(ours, [next(senders) for _ in range(partners)])
            bare_rate, bare_p95 = await throughput(bare, [next(senders) for _ in range(partners)])
            table.add_row(
                *(str(partners), f"{ours_rate:.1f}", f"{ours_p95 * 1e3:.0f}", f"{bare_rate:.1f}"),
                *(f"{bare_p95 * 1e3:.0f}", f"{ours_rate / bare_rate:.2f}"),
            )
        _console.print(table)


def answered(service: Service, question: str) -> bool:
    """Whether a question is a FAQ turn: answered, offered or not known, and no calculation."""
    return service.ask(question, sender=f"sorting-{question[:80]}")[-1]["data"]["type"] in (
        "faq",
        "choices",
        "no_answer",
    )


async def throughput(turn: Callable[[str], Awaitable[None]], senders: list[str]) -> tuple[float, float]:
    """Turns a second and the 95th percentile of their seconds, each sender asking one after the other."""
    end = time.perf_counter() + _SECONDS
    times: list[float] = []

    async def one(sender: str) -> None:
        while (started := time.perf_counter()) < end:
            await turn(sender)
            times.append(time.perf_counter() - started)

    started = time.perf_counter()
    await asyncio.gather(*(one(sender) for sender in senders))
    return len(times) / (time.perf_counter() - started), _p95(times)


def memory(service: Service) -> None:
    """Resident memory of each process after the load."""
    table = Table("process", "resident MiB")
    table.add_row("bot", f"{service.process.memory_info().rss / 2**20:.0f}")
    for name in ("actions", "engine"):
        table.add_row(name, f"{service.child(name).memory_info().rss / 2**20:.0f}")
    _console.print(table)


def search_alone() -> None:
    """FAISS's exact search by number of vectors."""
    random = np.random.default_rng(7)
    table = Table("vectors", "search ms", "against 100 vectors")
    first = 0.0
    faiss.omp_set_num_threads(1)
    for size in _SIZES:
        vectors = random.standard_normal((size, 384), dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        index = faiss.IndexFlatIP(384)
        index.add(vectors)
        started = time.perf_counter()
        for query in vectors[: min(100, size)].repeat(20, axis=0)[: _SEARCHES[size]]:
            index.search(query[None], 20)
        seconds = (time.perf_counter() - started) / _SEARCHES[size]
        first = first or seconds
        table.add_row(f"{size:,}", f"{seconds * 1e3:.3f}", f"{seconds / first:,.0f} ×")
    _console.print(table)


def _p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


if __name__ == "__main__":
    main()
