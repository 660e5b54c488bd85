"""The sentence of a text that says why, what is wrong, what shall be changed, what is asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from knowledge.reading.found import Found
from triage.codes import Code
from triage.passages import Passages
from triage.patterns import pattern, words

_LONGEST = 300
_ENOUGH_WORDS = 2
_WORD = re.compile(r"[^\W\d_]{2,}")


def saying(field: str, passages: Passages, codes: Sequence[Code], numbers: Sequence[Found[str]]) -> str:
    """The sentence, as written; "" where no sentence says more than the bare request.

    Args:
        codes, numbers: what was found in the text: it says nothing by itself.
    """
    values = [*(code.text for code in codes), *(number.text for number in numbers)]
    says = pattern("fields", "says", field)
    best, best_score = "", 0.0
    for position, sentence in enumerate(passages.content):
        rest = sentence
        for value in values:
            rest = re.sub(re.escape(value), " ", rest, flags=re.IGNORECASE)
        telling = [word for word in _WORD.findall(rest) if word.casefold() not in _bare(field)]
        alone = len(passages.content) == 1 and _needs_little(field)
        if len(telling) < _ENOUGH_WORDS and not (telling and (alone or (rest == sentence and says.search(rest)))):
            continue
        score = len(says.findall(sentence)) + min(len(telling), 6) / 12 - position / 100
        if field == "question" and "?" in sentence:
            score += 2
        if score > best_score:
            best, best_score = sentence, score
    return best[:_LONGEST].strip()


def _needs_little(field: str) -> bool:
    """“broken phone”, “stolen”: one word says it."""
    return field in ("fault", "what_happened", "symptom", "change")


@cache
def _bare(field: str) -> frozenset[str]:
    return words("fields", "bare", "common") | words("fields", "bare", field)
