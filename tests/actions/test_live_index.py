"""Content changed while the bot runs: live within seconds, never a failed request; mistakes change nothing."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from actions.live_index import LiveIndex
from settings import Settings
from tests.service import Service

QUESTION = "How long can I dispute an invoice?"
ENTRY = "entries/billing/dispute-period.md"
LIVE_SECONDS = 5.0


@pytest.fixture
def own_service(own_folders: dict[str, str], tmp_path: Path) -> Iterator[Service]:
    """The running service with content and models of its own."""
    running = Service(tmp_path / "var", own_folders)
    running.start()
    yield running
    running.stop()


class Asker:
    """Asks the same question all the time, as partners do, and keeps every outcome."""

    def __init__(self, service: Service) -> None:
        self.outcomes: list[str] = []
        self._service = service
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> Asker:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _ask(self) -> None:
        while not self._stop.is_set():
            body = {"sender": "partner", "message": QUESTION}
            response = httpx.post(f"{self._service.url}/api/chat", json=body, timeout=20)
            self.outcomes.append(f"{response.status_code} {response.json()['replies'][0]['data']['type']}")
            self._stop.wait(0.1)


def answer(service: Service) -> str:
    """What the bot answers to the question now."""
    return str(service.ask(QUESTION, "editor")[0]["text"])


def seconds_until(condition: Callable[[], bool], most: float = 60.0) -> float:
    """How long it took, in seconds of a machine that has nothing else to do: others use the processors too."""
    passed, begun = 0.0, time.monotonic()
    while True:
        start, worked = time.monotonic(), time.thread_time()
        while time.thread_time() - worked < 0.05:
            pass
        slowness = max(1.0, (time.monotonic() - start) / 0.05)
        holds = condition()
        passed += (time.monotonic() - start) / slowness
        if holds:
            return passed
        assert time.monotonic() - begun < most


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_a_changed_file_is_live_within_seconds_and_a_broken_one_changes_nothing(
    own_service: Service, own_folders: dict[str, str]
) -> None:
    file = Path(own_folders["CARE_CONTENT_DIR"]) / ENTRY
    log = own_service.data_dir / "logs" / "actions.log"
    assert "for 1 year" in answer(own_service)
    with Asker(own_service) as asker:
        change(file, "for 1 year", "for one whole year")
        assert seconds_until(lambda: "for one whole year" in answer(own_service)) < LIVE_SECONDS
        # The classifier is being trained now: the next change does not wait for it.
        change(file, "for one whole year", "for twelve months")
        assert seconds_until(lambda: "for twelve months" in answer(own_service)) < LIVE_SECONDS
        change(file, "owner:", "ownr:")
        change(file, "for twelve months", "for ever")
        seconds_until(lambda: "ownr: unknown key" in log.read_text(encoding="utf-8"))
        time.sleep(1)
        assert "for twelve months" in answer(own_service)
    assert len(asker.outcomes) > 10
    assert set(asker.outcomes) == {"200 faq"}
    assert "entry billing/dispute-period: ownr" in log.read_text(encoding="utf-8")
    assert QUESTION not in log.read_text(encoding="utf-8")


# Without the other processes


@pytest.fixture
def live(own_folders: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> LiveIndex:
    for name, value in own_folders.items():
        monkeypatch.setenv(name, value)  # the builder is a process of its own
    return LiveIndex(Settings.load())


def test_without_an_index_the_message_says_what_to_do(own_folders: dict[str, str]) -> None:
    (Path(own_folders["CARE_MODELS_DIR"]) / "index" / "current").unlink()
    with pytest.raises(FileNotFoundError, match="Run `care index`"):
        LiveIndex(Settings.load(own_folders))


async def test_an_index_that_cannot_be_read_leaves_the_old_one(
    live: LiveIndex, own_folders: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    folder = Path(own_folders["CARE_MODELS_DIR"]) / "index"
    before = live.understanding
    manifest: dict[str, Any] = json.loads((folder / before.search.index.manifest.version / "manifest.json").read_text())
    (folder / "torn").mkdir()
    (folder / "torn" / "manifest.json").write_text(json.dumps({**manifest, "version": "torn"}))
    with caplog.at_level(logging.ERROR):
        watching = asyncio.create_task(live.watch())
        (folder / "current").write_text("torn")
        while "the new index cannot be used" not in caplog.text:
            await asyncio.sleep(0.1)
    assert live.understanding is before
    assert live.understanding.parse(QUESTION)["search"]
    watching.cancel()
    await asyncio.wait({watching})
