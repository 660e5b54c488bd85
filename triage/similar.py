"""Open tickets that a new one probably repeats: the same number, serial, invoice, order or PBX, or the same words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from knowledge.faq.embedder import Vectors
from tickets.identifiers import numbers, overlap, plain
from triage.verdict import Candidate, Similar

_SHARED = {  # by field: how much sharing it says, and its name
    "invoice_number": (0.85, "invoice"),
    "order_number": (0.85, "order"),
    "serial_number": (0.85, "serial number"),
    "special_number": (0.8, "special number"),
    "email": (0.7, "e-mail address"),
    "pbx": (0.6, "PBX"),
    "source_pbx": (0.6, "PBX"),
    "target_pbx": (0.6, "PBX"),
}
_NUMBER = 0.8
_FITTING = 0.3  # cosine from which two texts with a shared value are about one matter
_FITTING_WEAK = 0.45  # the same for a PBX or an e-mail address, which many matters share
_SAME_MEANING = 0.86
_MOST = 10
_MOST_READ = 200
_LONGEST = 1000


def find_similar(
    text: str, fields: Mapping[str, Any], candidates: Sequence[Candidate], embed: Callable[[list[str]], Vectors]
) -> list[Similar]:
    """The likely duplicates among the candidates, best first."""
    candidates = list(candidates)[:_MOST_READ]
    if not candidates or not text.strip():
        return []
    own, *others = embed([text[:_LONGEST], *(one.text[:_LONGEST] for one in candidates)])
    found = []
    for candidate, vector in zip(candidates, others, strict=True):
        cosine = float(np.dot(own, vector))
        score, reason = _shared(fields, candidate.fields)
        needed = _FITTING_WEAK if score and score < _NUMBER else _FITTING
        if score and cosine >= needed:
            found.append(Similar(candidate.number, round(min(1.0, score + 0.2 * cosine), 4), f"the same {reason}"))
        elif cosine >= _SAME_MEANING and not _differ(fields, candidate.fields):
            found.append(Similar(candidate.number, round(cosine, 4), "nearly the same words"))
    return sorted(found, key=lambda one: -one.score)[:_MOST]


def _shared(own: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[float, str]:
    """How much it says that both name the same, and what: nothing is 0."""
    best: tuple[float, str] = (0.0, "")
    for name, (score, label) in _SHARED.items():
        value = own.get(name)
        if isinstance(value, str) and score > best[0] and plain(value) and plain(value) == plain(other.get(name)):
            best = score, f"{label} {value}"
    for number in numbers(own):
        for known in numbers(other):
            if best[0] < _NUMBER and overlap(number, known):
                best = _NUMBER, f"number {number}" if number == known else f"numbers: {number} and {known}"
    return best


def _differ(own: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether both name things of one kind, and not the same: two cases told in the same words."""
    mine, theirs = numbers(own), numbers(other)
    if mine and theirs and not any(overlap(a, b) for a in mine for b in theirs):
        return True
    return any(own.get(name) and other.get(name) and plain(own[name]) != plain(other[name]) for name in _SHARED)
