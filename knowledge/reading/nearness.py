"""How near the words that say what a value is stand to it, and which value is for which words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from knowledge.reading.answers import words
from knowledge.reading.found import Found

FARTHEST = 60.0  # characters between a value and its words,
ANYWHERE = 250.0  # and where it is the only value
_NEW_SENTENCE, _NEW_CLAUSE, _OTHER_VALUE, _BEHIND = 45, 12, 20, 8  # what makes words farther than they stand
_LONGEST_WORDS = 40  # characters of the words themselves
_SENTENCE_ENDS = re.compile(r"[.!?;\n](?=\s|$)")
_CLAUSE_ENDS = re.compile(r",|\b(?:and|but|then)\b")


def distance(
    near: str, text: str, value: Found[Any], others: Iterable[Found[Any]] = (), farthest: float = FARTHEST
) -> float | None:
    """How far the nearest of some words stands from a value, in characters; None where all are too far away.

    Words before a value count more than words behind it; the end of a clause or sentence, or
    another value in between, makes them farther.

    Args:
        near: the words, as in cues.yml.
        others: the other values of the same kind.
    """
    others = [other for other in others if other is not value]
    begin, end = max(0, value.start - int(farthest) - _LONGEST_WORDS), value.end + int(farthest)
    distances = [
        found
        for cue in words(near).finditer(text, begin, min(len(text), end + _LONGEST_WORDS))
        if (found := _between(text, cue.span(), (value.start, value.end), others)) <= farthest
    ]
    return min(distances, default=None)


def nearest(distances: Sequence[Sequence[float | None]]) -> dict[int, int]:
    """Row → column, each at most once, so that the sum of their distances is as small as can be.

    A row that gets no column counts as a little farther than FARTHEST.
    """
    alone = FARTHEST + 1
    columns = len(distances[0]) if distances else 0
    # The best assignment of the columns so far, by the set of rows that have one: few rows, so few sets.
    best: dict[frozenset[int], tuple[float, dict[int, int]]] = {frozenset(): (alone * len(distances), {})}
    for column in range(columns):
        for rows, (cost, given) in list(best.items()):
            for row, one in enumerate(distances):
                step = one[column]
                if row in rows or step is None:
                    continue
                wider, total = rows | {row}, cost - alone + step
                if wider not in best or total < best[wider][0]:
                    best[wider] = total, {**given, row: column}
    return min(best.values(), key=lambda each: each[0])[1]


def _between(text: str, cue: tuple[int, int], value: tuple[int, int], others: Sequence[Found[Any]]) -> float:
    if cue[1] <= value[0]:
        begin, end, behind = cue[1], value[0], 0
    elif cue[0] >= value[1]:
        begin, end, behind = value[1], cue[0], _BEHIND
    else:
        return 0.0  # “due 3 days ago”: the words are part of the value
    between = text[begin:end]
    return (
        behind
        + len(between)
        + _NEW_SENTENCE * len(_SENTENCE_ENDS.findall(between))
        + _NEW_CLAUSE * len(_CLAUSE_ENDS.findall(between))
        + _OTHER_VALUE * sum(begin <= other.start < end for other in others)
    )
