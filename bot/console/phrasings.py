"""From a question that was not answered to content: tried as a phrasing of an entry, or drafted as a new entry."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import date
from json import dumps
from pathlib import Path
from typing import Any

from pydantic import Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.console import wording
from bot.console.content import Away, Content, EntryFound, No, Trial
from bot.console.gate import Body, Call, Refused
from bot.console.insights import PATH
from bot.console.pages import Pages
from tickets import agents
from tickets.base import now
from tickets.insights import SECTIONS, read_texts

LONGEST_PHRASING = 300
_MOST_OTHERS = 12
_MOST_PHRASINGS = 60
_ID = re.compile(r"[0-9a-f]{32}")
_PHASES = {
    "build": "An index with the phrasing is built and trained",
    "replay": "The evaluation questions are replayed",
}


class TryPhrasing(Body):
    """A text, and the entry that shall answer it."""

    text: str = Field(max_length=LONGEST_PHRASING)
    entry: str = Field(max_length=80)


class AddPhrasing(Body):
    """The trial whose phrasing is accepted."""

    trial: str = Field(max_length=32)


class Draft(Body):
    """A new entry for an editor to finish."""

    question: str = Field(max_length=200)
    section: str = Field(max_length=40)
    phrasings: list[str] = Field(max_length=_MOST_PHRASINGS)
    answer: str = Field(default="", max_length=10_000)


class Phrasings:
    """Its routes."""

    def __init__(self, pages: Pages, content: Content, drafts: Path) -> None:
        self._pages = pages
        self._content = content
        self._drafts = drafts

    async def show(self, call: Call) -> Response:
        """The question in the address, the entries that it may belong to, and the trial."""
        given = call.request.query_params
        wanted = [given.get("question", ""), *given.getlist("also")[:_MOST_OTHERS]]
        ids = list(dict.fromkeys(one for one in wanted if _ID.fullmatch(one)))
        found = await call.read(lambda session: read_texts(session, ids))
        texts = [(one, found[one].text) for one in ids if one in found]
        text = one_line(texts[0][1]) if texts else ""
        q = " ".join(given.get("q", "").split())[:200]
        try:
            near = await self._content.entries(q or text) if q or text else []
            trial, away = await self._content.trial(), False
        except Away:
            near, trial, away = [], Trial(state="none"), True
        entry = given.get("entry", "")
        return self._pages.show(
            "insights_phrasing.html",
            call.signed_in,
            here=f"{PATH}/phrasing",
            ids=ids,
            gone=bool(ids) and not texts,
            texts=texts,
            text=text[:LONGEST_PHRASING],
            longest=LONGEST_PHRASING,
            q=q,
            near=near,
            chosen=entry if any(one.id == entry for one in near) else _likely(near),
            sections=SECTIONS,
            section=near[0].id.split("/")[0] if near else "",
            trial=trial,
            phase=_PHASES.get(trial.phase, ""),
            counts={v: sum(flip.verdict == v for flip in trial.flips) for v in ("worse", "better", "other")},
            away=away,
        )

    async def try_it(self, call: Call, body: TryPhrasing) -> dict[str, Any]:
        """Begin to replay the evaluation questions with and without a phrasing."""
        text = one_line(body.text)
        if not text:
            raise Refused(422, wording.EMPTY)
        try:
            trial = await self._content.start_trial(text, body.entry, call.me.shown)
        except No as no:
            raise Refused(409, str(no)) from None
        except Away:
            raise Refused(503, wording.CONTENT_AWAY) from None
        return {"trial": trial.id}

    async def add(self, call: Call, body: AddPhrasing) -> dict[str, Any]:
        """Accept the phrasing of a finished trial: noted first, then written into its entry's file."""
        actor = call.me.name
        try:
            trial = await self._content.trial()
            if trial.id != body.trial or trial.state not in ("done", "added"):
                raise Refused(409, wording.TRIAL_GONE)
            if trial.state == "done":
                noted = {"entry": trial.entry, "trial": trial.id, "answers_changed": len(trial.flips)}
                await call.write(lambda session: agents.log(session, actor, "phrasing_accepted", **noted))
            added = await self._content.add(trial.id)
        except No as no:
            await self._note_refusal(call, body.trial)
            raise Refused(409, str(no)) from None
        except Away:
            await self._note_refusal(call, body.trial)
            raise Refused(503, wording.CONTENT_AWAY) from None
        return {"entry": added.entry, "phrasings": added.phrasings}

    async def draft(self, call: Call, body: Draft) -> dict[str, Any]:
        """Write a draft of a new entry, beside those that are there."""
        question = one_line(body.question)
        if not question or body.section not in SECTIONS:
            raise Refused(422, wording.DRAFT_NEEDS)
        phrasings = list(dict.fromkeys(filter(None, map(one_line, body.phrasings))))
        actor, name = call.me.name, ""

        def work(session: Session) -> str:
            path = write_draft(self._drafts, body.section, question, phrasings, body.answer, now().date())
            agents.log(session, actor, "entry_drafted", file=path.name, phrasings=len(phrasings))
            return path.name

        try:
            name = await call.write(work)
        except OSError as error:
            raise Refused(409, wording.DRAFT_NOT_WRITTEN.format(why=error.strerror)) from None
        return {"file": f"drafts/{name}"}

    async def _note_refusal(self, call: Call, trial: str) -> None:
        actor = call.me.name
        await call.write(lambda session: agents.log(session, actor, "phrasing_not_added", trial=trial))


def write_draft(folder: Path, section: str, question: str, phrasings: Sequence[str], answer: str, today: date) -> Path:
    """A draft in the form of an entry (docs/content.md) under a name that is free; its path."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    words = re.findall(r"[a-z0-9]+", question.lower())[:6]
    stem = f"{section}-{'-'.join(words) or 'question'}"[:80]
    text = _draft(section, question, phrasings, answer, today)
    for number in range(1, 1000):
        path = folder / (f"{stem}.md" if number == 1 else f"{stem}-{number}.md")
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        return path
    raise FileExistsError(17, "there are too many drafts of this name", str(folder))


def one_line(text: str) -> str:
    """Without line breaks, doubled spaces and what cannot be seen."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _draft(section: str, question: str, phrasings: Sequence[str], answer: str, today: date) -> str:
    lines = [
        "---",
        f"question: {_quoted(question)}",
        'published_as: ""  # the published question, exactly as in catalogue.tsv',
        "page: customer-care-faq",
        "answered: true",
        'owner: ""',
        f"last_reviewed: {today}",
        f"review_by: {today}  # to be set",
        "related: []",
        f"phrasings:  # at least 15; the entry's place is entries/{section}/",
        *(f"  - {_quoted(phrasing)}" for phrasing in phrasings),
        "---",
        answer.replace("\r\n", "\n").strip() or "**The answer in one sentence.**",
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return dumps(text, ensure_ascii=False)


def _likely(near: Sequence[EntryFound]) -> str:
    """The entry to begin with."""
    return near[0].id if near else ""
