"""What is known of words: the English vocabulary, the words of other languages, and those that say nothing."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_HERE = Path(__file__).parent
_KNOWN = 100  # frequency in the English list from which a word counts as English
_COMMON = 2000  # and from which a slip of the keyboard may be taken for it
_SHORTEST, _LONGEST = 5, 20  # words in which a slip is looked for
_PLAIN = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe"})
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


@dataclass(frozen=True)
class Words:
    """All lists, lower case."""

    english: frozenset[str]
    common: frozenset[str]
    function: frozenset[str]
    shared: frozenset[str]  # those function words that are written like words of other languages
    foreign: dict[str, frozenset[str]]
    neutral: frozenset[str]

    def is_slip(self, word: str) -> bool:
        """One slip away from a common English word: letters swapped, doubled or left out."""
        if not (_SHORTEST <= len(word) <= _LONGEST and word.isascii()):
            return False
        swapped = (word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1))
        doubled = (word[:i] + word[i + 1 :] for i in range(len(word) - 1) if word[i] == word[i + 1])
        letters = "abcdefghijklmnopqrstuvwxyz"
        left_out = (word[:i] + letter + word[i:] for i in range(1, len(word)) for letter in letters)
        return any(candidate in self.common for way in (swapped, doubled, left_out) for candidate in way)


@lru_cache(maxsize=1)
def words() -> Words:
    """The lists, read at the first call: it takes a tenth of a second, which no start should wait for."""
    from spellchecker import SpellChecker

    frequency: dict[str, int] = SpellChecker(language="en", distance=1).word_frequency.dictionary
    only_english, shared, trade = (frozenset(_listed(part)) for part in _text("english.txt").split("\n\n")[1:])
    neutral = frozenset(_listed(_text("neutral.txt")))
    english = frozenset(word for word, count in frequency.items() if count >= _KNOWN) | trade
    common = frozenset(word for word in english if frequency.get(word, 0) >= _COMMON and len(word) > 3) | trade
    function = only_english | shared
    return Words(english, common, function, shared, _foreign(english, function | neutral), neutral)


def _foreign(english: frozenset[str], taken: frozenset[str]) -> dict[str, frozenset[str]]:
    """Word → languages; also as it is written without accents, unless that makes it an English word."""
    found: dict[str, set[str]] = {}
    for line in _text("foreign.txt").splitlines():
        if line.startswith("#"):
            continue
        language, _, listed = line.partition(": ")
        for word in listed.split():
            spellings = {plain(word), plain(word.translate(_GERMAN))} if language == "de" else {plain(word)}
            usable = {spelling for spelling in spellings if len(spelling) > 2 and spelling not in english}
            for spelling in {word} | usable:
                if spelling not in taken:
                    found.setdefault(spelling, set()).add(language)
    return {word: frozenset(languages) for word, languages in found.items()}


def plain(word: str) -> str:
    """`word` without accents."""
    marked = unicodedata.normalize("NFD", word.translate(_PLAIN))
    return "".join(letter for letter in marked if not unicodedata.combining(letter))


def _text(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _listed(text: str) -> list[str]:
    return [word for line in text.splitlines() if not line.startswith("#") for word in line.split()]
