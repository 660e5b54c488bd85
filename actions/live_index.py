"""The index that answers now: follows changed content and newly built indexes without a restart."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys

from watchfiles import awatch

from actions.understanding import Understanding
from knowledge.faq import index
from knowledge.faq.embedder import OnnxEmbedder
from knowledge.faq.search import Search, Thresholds
from settings import ROOT, Settings
from triage.triage import Triage

log = logging.getLogger("care.index")

_LOOK_SECONDS = 0.2


class LiveIndex:
    """Holds the current `Understanding`; `watch` replaces it in one assignment when the index changes."""

    def __init__(self, settings: Settings) -> None:
        """Load the current index. Raises FileNotFoundError when none was built yet."""
        self.settings = settings
        self._folder = settings.models_dir / "index"
        self._embedder = OnnxEmbedder(settings.models_dir / "encoder")
        self.understanding = self._load()
        self.triage = Triage.load(settings, self.understanding.search)

    async def watch(self) -> None:
        """Rebuild on changed content, load what is built; never ends."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._follow_pointer())
            both.create_task(self._follow_content())

    async def _follow_pointer(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            manifest = index.read_manifest(self._folder)
            if manifest is None or manifest == self.understanding.search.index.manifest:
                continue
            try:
                self.understanding = await asyncio.to_thread(self._load)
                self.triage = await asyncio.to_thread(Triage.load, self.settings, self.understanding.search)
            except (OSError, ValueError) as error:
                log.error("the new index cannot be used, the old one goes on answering: %s", error)
                await asyncio.sleep(5)
                continue
            log.info("index %s is live", manifest.version)

    async def _follow_content(self) -> None:
        changed = asyncio.Event()
        changed.set()  # files may have changed while nobody watched
        async with asyncio.TaskGroup() as both:
            both.create_task(self._note_changes(changed))
            both.create_task(self._rebuild_when(changed))

    async def _note_changes(self, changed: asyncio.Event) -> None:
        async for _ in awatch(self.settings.content_dir, ROOT / "data", debounce=400, step=100):
            changed.set()

    async def _rebuild_when(self, changed: asyncio.Event) -> None:
        """First the changed answers with the known classifier (seconds), then the classifier (longer).

        A change meanwhile ends the second step: it would train on what is out of date already,
        and the newest change must be live within seconds too.
        """
        while True:
            await changed.wait()
            changed.clear()
            if await _build("--keep-classifier"):
                await _build(unless=changed)

    def _load(self) -> Understanding:
        return load_understanding(self.settings, self._embedder)


async def _build(*options: str, unless: asyncio.Event | None = None) -> bool:
    """Run the builder in a process of its own, until `unless` is set; whether it built. Logs what it says is wrong."""
    builder = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "knowledge.faq.build", *options),
        cwd=ROOT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    ended = asyncio.create_task(builder.communicate())
    overtaken = asyncio.create_task((unless or asyncio.Event()).wait())
    try:
        await asyncio.wait((ended, overtaken), return_when=asyncio.FIRST_COMPLETED)
    finally:  # it ended, was overtaken, or we are being stopped
        overtaken.cancel()
        if builder.returncode is None:
            builder.terminate()
        _, problems = await ended
    if builder.returncode not in (0, -signal.SIGTERM):
        log.error("changed content is not used, the old index goes on answering:\n%s", problems.decode())
    return builder.returncode == 0


def load_understanding(settings: Settings, embedder: OnnxEmbedder | None = None) -> Understanding:
    """The understanding of the current index. Raises FileNotFoundError when none was built yet."""
    thresholds = Thresholds.load(settings.content_dir / "search.yml")
    embedder = embedder or OnnxEmbedder(settings.models_dir / "encoder")
    return Understanding(Search(index.load(settings.models_dir / "index"), embedder, thresholds))
