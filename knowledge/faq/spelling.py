"""Typing mistakes mended: a word that is neither English nor ours becomes the nearest of our words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

_WORD = re.compile(r"[A-Za-z]+")
_SHORTEST = 4
_LONG = 9  # from this length on two wrong letters are forgiven
_COMMON = 4  # how often a word of ours must occur before others are mended to it
_OURS = 2  # how often it must occur before it is never mended itself
_ENGLISH = 100  # frequency in the English list from which a word counts as English


class Spelling:
    """Mends words by the vocabulary of the FAQ's own texts, leaving English words and names alone."""

    def __init__(self, vocabulary: dict[str, int]) -> None:
        self._english = _english()
        self._vocabulary = vocabulary
        self._common = [word for word, count in vocabulary.items() if count >= _COMMON]
        self._mended: dict[str, str] = {}

    def mend(self, text: str) -> str:
        """`text` with unknown lower-case words replaced by the nearest common word, where there is one."""
        return _WORD.sub(lambda found: self._word(found.group()), text)

    def _word(self, word: str) -> str:
        if len(word) < _SHORTEST or not word.islower() or self._vocabulary.get(word, 0) >= _OURS:
            return word
        if self._english[word] >= _ENGLISH:
            return word
        if word not in self._mended:
            if len(self._mended) > 10_000:  # hostile input must not fill the memory
                self._mended.clear()
            near = process.extract(
                word, self._common, scorer=DamerauLevenshtein.distance, score_cutoff=2 if len(word) >= _LONG else 1
            )
            same_start = [(self._vocabulary[found], found) for found, _, _ in near if found[0] == word[0]]
            self._mended[word] = max(same_start)[1] if same_start else word
        return self._mended[word]


@cache
def _english() -> Mapping[str, int]:
    """How often English words occur. Read once: every new index needs it, and reading takes a while."""
    from spellchecker import SpellChecker

    words: Mapping[str, int] = SpellChecker(language="en", distance=1).word_frequency
    return words


def count_words(texts: Iterable[str]) -> dict[str, int]:
    """How often each word occurs in `texts`, for `Spelling`."""
    return dict(Counter(word for text in texts for word in _WORD.findall(text.lower()) if len(word) > 2))
