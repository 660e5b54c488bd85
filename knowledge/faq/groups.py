"""Texts that mean the same, put together: what leads look through to see what the FAQ lacks.

Alike is what is worded alike (embedding) and what the classifier takes for the same things. Both together
are far better than the embedding alone: on the 432 FAQ questions of benchmarks/questions.jsonl pairs put
together ask the same 94 times of 100, and 69 of 100 pairs that do are found (the embedding alone: 28 and 26).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import fcluster, linkage

from knowledge.faq.embedder import unit
from knowledge.faq.index import reader
from knowledge.faq.search import Decision, Search

MOST_TEXTS = 2000
_ALIKE = 0.5  # cosine of both together, on average in a group
_LONGEST = 2000  # characters of a text that are read


@dataclass(frozen=True)
class Group:
    """Texts by their positions, the middle one first; the nearest entry ("" none), and what is decided on it now."""

    texts: tuple[int, ...]
    entry: str
    question: str
    confidence: float
    decision: Decision


def group(search: Search, texts: Sequence[str]) -> list[Group]:
    """All texts in groups, the largest first. Nothing of them is kept."""
    if not texts:
        return []
    read = reader(search.index.terms, search.index.vocabulary)
    cleaned = [read(text[:_LONGEST]) for text in texts]
    vectors = _both(search, cleaned)
    groups: dict[int, list[int]] = {}
    for position, name in enumerate(_names(vectors)):
        groups.setdefault(int(name), []).append(position)
    ordered = sorted(groups.values(), key=lambda found: (-len(found), found[0]))
    return [_described(search, texts, _middle_first(found, vectors)) for found in ordered]


def _both(search: Search, texts: list[str]) -> npt.NDArray[np.float32]:
    """One row of length 1 a text: its embedding beside the classifier's view."""
    vectors = search.embedder.embed(texts)
    seen = search.index.classifier.probabilities(texts, vectors)
    rows = search.index.vectors
    usual = rows.reconstruct_n(0, rows.ntotal).mean(axis=0)  # what all questions have in common says nothing
    return unit(np.hstack([unit(vectors - usual), unit(np.sqrt(seen))]))


def _names(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.int32]:
    """The group of each row."""
    if len(vectors) == 1:
        return np.ones(1, dtype=np.int32)
    tree = linkage(vectors.astype(np.float64), "average", metric="cosine")
    return np.asarray(fcluster(np.maximum(tree, 0.0), 1 - _ALIKE, "distance"), dtype=np.int32)


def _middle_first(found: list[int], vectors: npt.NDArray[np.float32]) -> list[int]:
    own = vectors[found]
    nearness = own @ own.sum(axis=0)
    return [found[at] for at in np.argsort(-nearness, kind="stable")]


def _described(search: Search, texts: Sequence[str], found: list[int]) -> Group:
    result = search.search(texts[found[0]][:_LONGEST])
    entry = result.best or ""
    question = search.entry(entry).question if entry else ""
    return Group(tuple(found), entry, question, result.confidence, result.decision)
