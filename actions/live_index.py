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

log = logging.getLogger("care.index")

_LOOK_SECONDS = 0.2


class LiveIndex:
    """Holds the current `Understanding`; `watch` replaces it in one assignment when the index changes."""

    def __init__(self, settings: Settings) -> None:
        """Load the current index. Raises FileNotFoundError when none was built yet."""
        self._settings = settings
        self._folder = settings.models_dir / "index"
        self._embedder = OnnxEmbedder(settings.models_dir / "encoder")
        self.understanding = self._load()

    async def watch(self) -> None:
        """Rebuild on changed content, load what is built; never ends."""
        await asyncio.gather(self._follow_pointer(), self._follow_content())

    async def _follow_pointer(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            manifest = index.read_manifest(self._folder)
            if manifest is None or manifest == self.understanding.search.index.manifest:
                continue
            try:
                self.understanding = await asyncio.to_thread(self._load)
            except (OSError, ValueError) as error:
                log.error("the new index cannot be used, the old one goes on answering: %s", error)
                await asyncio.sleep(5)
                continue
            log.info("index %s is live", manifest.version)

    async def _follow_content(self) -> None:
        changed = asyncio.Event()
        changed.set()  # files may have changed while nobody watched
        await asyncio.gather(self._note_changes(changed), self._rebuild_when(changed))

    async def _note_changes(self, changed: asyncio.Event) -> None:
        async for _ in awatch(self._settings.content_dir, ROOT / "data", debounce=400, step=100):
            changed.set()

    async def _rebuild_when(self, changed: asyncio.Event) -> None:
        """First the changed answers with the known classifier (seconds), then the classifier (longer).

        A change meanwhile ends the second step: it would train on what is out of date already,
        and the newest change must be live within seconds too.
        """
        while True:
            await changed.wait()
            changed.clear()
            if await _finish(await _start_builder("--keep-classifier")):
                await _finish(await _start_builder(), unless=changed)

    def _load(self) -> Understanding:
        return load_understanding(self._settings, self._embedder)


async def _start_builder(*options: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "knowledge.faq.build", *options),
        cwd=ROOT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )


async def _finish(builder: asyncio.subprocess.Process, unless: asyncio.Event | None = None) -> bool:
    """Whether it built; logs what it says is wrong.

    One that was stopped, when `unless` was set or with this process, built nothing, and nothing is wrong.
    """
    overtaken = asyncio.create_task((unless or asyncio.Event()).wait())
    overtaken.add_done_callback(lambda _: builder.returncode is None and builder.terminate())
    try:
        _, problems = await builder.communicate()
    finally:
        overtaken.cancel()
    if builder.returncode not in (0, -signal.SIGTERM):
        log.error("changed content is not used, the old index goes on answering:\n%s", problems.decode())
    return builder.returncode == 0


def load_understanding(settings: Settings, embedder: OnnxEmbedder | None = None) -> Understanding:
    """The understanding of the current index. Raises FileNotFoundError when none was built yet."""
    thresholds = Thresholds.load(settings.content_dir / "search.yml")
    embedder = embedder or OnnxEmbedder(settings.models_dir / "encoder")
    return Understanding(Search(index.load(settings.models_dir / "index"), embedder, thresholds))
