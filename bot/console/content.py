"""What `actions` knows of the FAQ, asked over HTTP: its entries, groups of texts, trials of a phrasing."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Literal, TypeVar

import aiohttp
from pydantic import BaseModel, Field, ValidationError

_SECONDS = 10.0
_GROUP_SECONDS = 60.0  # two thousand texts that nobody asked for before
_KEPT_GROUPINGS = 8

_M = TypeVar("_M", bound=BaseModel)


class Away(Exception):
    """`actions` does not answer, or not as agreed."""


class No(Exception):
    """`actions` does not do it; the message says why, in words for people."""


class EntryFound(BaseModel):
    """An entry, and how sure it is that it answers what was searched for."""

    id: str
    question: str
    section: str
    answered: bool
    confidence: float | None = None


class Group(BaseModel):
    """Texts that mean the same, by their positions; the first is the middle one.

    `decision` is what the present index would do with it, and `entry` the nearest ("" none).
    """

    texts: list[int] = Field(min_length=1)
    entry: str
    question: str
    confidence: float
    decision: Literal["answer", "choices", "none"]


class Flip(BaseModel):
    """An evaluation question whose answer would be another."""

    id: str
    text: str
    after: str  # the question that it follows, "" none
    expected: list[str]
    before: str
    now: str
    verdict: Literal["better", "worse", "other"]


class Trial(BaseModel):
    """The trial that runs, or the last one. `state` is none where there was none."""

    state: Literal["none", "running", "failed", "done", "added"]
    id: str = ""
    text: str = ""
    entry: str = ""
    question: str = ""  # the entry's
    by: str = ""
    phase: str = ""
    done: int = 0
    of: int = 0
    problem: str = ""
    replayed: int = 0
    itself: list[str] = Field(default_factory=list)  # what the phrasing itself gets: before, now
    flips: list[Flip] = Field(default_factory=list)


class Added(BaseModel):
    """A phrasing that stands in its entry's file now: which entry, how many phrasings it has."""

    entry: str
    phrasings: int


class _Entries(BaseModel):
    entries: list[EntryFound]


class _Groups(BaseModel):
    groups: list[Group]


class Content:
    """The other end is actions/content_desk.py."""

    def __init__(self, actions_url: str, token: str) -> None:
        self._url = actions_url
        self._headers = {"Authorization": f"Bearer {token}"}
        self._groupings: OrderedDict[str, list[Group]] = OrderedDict()  # positions only, no texts

    async def entries(self, text: str = "") -> list[EntryFound]:
        """The entries nearest to a text; all of them, by id, for none. Raises Away."""
        return (await self._ask("/entries", {"text": text}, _Entries)).entries

    async def group(self, texts: Sequence[str], index: str) -> list[Group]:
        """Texts by meaning, the largest group first. Raises Away.

        Args:
            index: the version of the index that answers now; another one groups anew.
        """
        if not texts:
            return []
        key = hashlib.sha256(json.dumps([index, *texts]).encode()).hexdigest()
        found = self._groupings.get(key)
        if found is None:
            found = (await self._ask("/group", {"texts": texts}, _Groups, _GROUP_SECONDS)).groups
            if sorted(at for group in found for at in group.texts) != list(range(len(texts))):
                raise Away
            self._groupings[key] = found
            while len(self._groupings) > _KEPT_GROUPINGS:
                self._groupings.popitem(last=False)
        return found

    async def trial(self) -> Trial:
        """How far the trial is. Raises Away."""
        return await self._ask("/trial/state", {}, Trial)

    async def start_trial(self, text: str, entry: str, by: str) -> Trial:
        """Try a phrasing. Raises Away, and No where one runs or the phrasing cannot be one."""
        return await self._ask("/trial", {"text": text, "entry": entry, "by": by}, Trial)

    async def add(self, trial: str) -> Added:
        """Write the phrasing of a finished trial into its entry. Raises Away, and No where it cannot be written."""
        return await self._ask("/phrasings", {"trial": trial}, Added)

    async def _ask(self, path: str, body: dict[str, Any], form: type[_M], seconds: float = _SECONDS) -> _M:
        timeout = aiohttp.ClientTimeout(total=seconds)
        try:
            async with (
                aiohttp.ClientSession(self._url, headers=self._headers, timeout=timeout) as session,
                session.post(path, json=body) as response,
            ):
                answer = await response.json()
                if response.status == 409 and isinstance(answer, dict):
                    raise No(str(answer.get("problem", "")))
                response.raise_for_status()
                return form.model_validate(answer)
        except (aiohttp.ClientError, TimeoutError, ValidationError, ValueError) as error:
            raise Away from error
