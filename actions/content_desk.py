"""What `bot` asks for its leads: entries, groups of questions, trials of a phrasing, and writing one down."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actions.live_index import LiveIndex
from actions.trials import Busy, Trials, shown
from knowledge.faq import editing, groups
from knowledge.faq.editing import NotAdded
from knowledge.faq.entries import Entry

BUSY = "Another phrasing is being tried. Please wait until that is over."
GONE = "This trial is not the last one any more. Please try the phrasing again."
_LONGEST_SEARCH = 500

Body = dict[str, Any]
Answer = Callable[[Body], Awaitable[Response]]
Read = Callable[[Request], Awaitable[Body | Response]]


class ContentDesk:
    """Its routes; `read` gives a request's body, or the answer that refuses it."""

    def __init__(self, live: LiveIndex, read: Read) -> None:
        self._live = live
        self._read = read
        self._trials = Trials()

    def routes(self) -> list[Route]:
        """All of them."""
        answers = {
            "/entries": self._entries,
            "/group": self._group,
            "/trial": self._start,
            "/trial/state": self._state,
            "/phrasings": self._add,
        }
        return [Route(path, self._checked(answer), methods=["POST"]) for path, answer in answers.items()]

    async def stop(self) -> None:
        """End what runs."""
        await self._trials.stop()

    def _checked(self, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            body = await self._read(request)
            if isinstance(body, Response):
                return body
            try:
                return await answer(body)
            except (KeyError, TypeError, ValueError) as error:
                return JSONResponse({"error": f"not understood: {type(error).__name__}"}, 422)
            except NotAdded as no:
                return JSONResponse({"problem": str(no)}, 409)

        return endpoint

    async def _entries(self, body: Body) -> Response:
        """Those nearest to a text, by meaning, then by its words; all for none."""
        search = self._live.understanding.search
        text = _text(body, "text")[:_LONGEST_SEARCH].strip()
        entries = search.index.entries
        if not text:
            return JSONResponse({"entries": [_shown(entry) for _, entry in sorted(entries.items())]})
        result = await asyncio.to_thread(search.search, text)
        found = {hit.id: _shown(search.entry(hit.id), hit.confidence) for hit in result.hits}
        words = re.findall(r"\w+", text.casefold())
        for entry in entries.values():
            there = f"{entry.id} {entry.question} {entry.published_as}".casefold()
            if words and all(word in there for word in words):
                found.setdefault(entry.id, _shown(entry))
        return JSONResponse({"entries": list(found.values())})

    async def _group(self, body: Body) -> Response:
        texts = body["texts"]
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise ValueError("not texts")
        if len(texts) > groups.MOST_TEXTS:
            return JSONResponse({"error": f"more than {groups.MOST_TEXTS} texts"}, 413)
        whole = [text.encode(errors="replace").decode() for text in texts]
        found = await asyncio.to_thread(groups.group, self._live.understanding.search, whole)
        return JSONResponse({"groups": [asdict(group) for group in found]})

    async def _start(self, body: Body) -> Response:
        text, entry_id, by = editing.clean(_text(body, "text")), _text(body, "entry"), _text(body, "by")
        entry = self._live.understanding.search.index.entries.get(entry_id)
        if entry is None:
            raise NotAdded("There is no such entry any more.")
        if not re.search(r"\w", text):
            raise NotAdded("A phrasing needs words.")
        try:
            self._trials.start(text, entry_id, entry.question, by)
        except Busy:
            raise NotAdded(BUSY) from None
        return JSONResponse(shown(self._trials.last), 202)

    async def _state(self, _: Body) -> Response:
        return JSONResponse(shown(self._trials.last))

    async def _add(self, body: Body) -> Response:
        trial = self._trials.last
        if trial.id != _text(body, "trial") or trial.state not in ("done", "added"):
            raise NotAdded(GONE)
        if trial.state == "added":  # asked again after a lost answer
            entry = self._live.understanding.search.index.entries.get(trial.entry)
            return JSONResponse({"entry": trial.entry, "phrasings": len(entry.phrasings) if entry else 0})
        trial.state = "added"  # nobody writes it a second time meanwhile
        try:
            folder = self._live.settings.content_dir
            count = await asyncio.to_thread(
                editing.add_phrasing, folder, trial.entry, trial.text, expected=trial.content
            )
        except BaseException:
            trial.state = "done"
            raise
        return JSONResponse({"entry": trial.entry, "phrasings": count})


def _shown(entry: Entry, confidence: float | None = None) -> dict[str, Any]:
    return {
        "id": entry.id,
        "question": entry.question,
        "section": entry.section,
        "answered": entry.answered,
        "confidence": confidence,
    }


def _text(body: Body, name: str) -> str:
    value = body[name]
    if not isinstance(value, str):
        raise ValueError("not a text")
    return value.encode(errors="replace").decode()
