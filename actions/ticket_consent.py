"""Yes, no, not yet, I don't have it: messages about a draft that are no text of the ticket."""

from __future__ import annotations

import re
from functools import cache

from actions.ticket_words import any_of, listed, only

_SIGNS = re.compile(r"\W*[👍👌✅]\W*")
_NO = only("denies", then=("polite", "denies", "denies_more"))
_LEAVES = only("no_thanks", then=("polite",))
_SOFTLY = rf"\W*(?:{any_of('softens')}\b\W*)*"
_HOLDS = re.compile(
    rf"{_SOFTLY}(?:{any_of('holds')}\W+)*(?:{any_of('holds')}|{any_of('holds_because')}\b.{{0,80}})\W*", re.IGNORECASE
)
_STOPS = re.compile(rf"{_SOFTLY}{any_of('stops')}\b.{{0,80}}", re.IGNORECASE)
_SENDS = re.compile(
    rf"(?P<rest>.{{1,200}}?)(?:[,.;!]|\b(?:and|then|so|now)\b)\W*(?:(?:please|pls|you can|so|then|and|now)\W+)*"
    rf"{any_of('sends_it')}(?:\W+{any_of('polite')})*\W*",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(rf"\b{any_of('conditions')}\b", re.IGNORECASE)
_UNKNOWN = only("has_not", then=("polite",))
_CLAUSE = re.compile(r"[,.;!\n]+|\s[-–]\s|\b(?:but|so)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_LONG_DRAWN = re.compile(r"(.)\1+")
_LONGEST = 240  # characters
_MOST_WORDS = 16  # a longer message says more than yes
_MOST_EXCUSE = 14  # words of “I'm driving, I don't have it here”
_FEWEST_OF_CLAUSE = 2  # “no” beside something else may belong to that


def is_yes(text: str) -> bool:
    """Whether a message only agrees, in whatever words: “Yes, of course, please open it!”, “certo, procedi”."""
    return len(text) <= _LONGEST and (_SIGNS.fullmatch(text) is not None or _agrees(text))


def is_no(text: str) -> bool:
    """Whether a message only denies."""
    return _only(_NO, text)


def leaves(text: str) -> bool:
    """Whether “shall I open it?” is answered with “no, thanks”: there shall be no ticket."""
    return _only(_LEAVES, text)


def holds(text: str) -> bool:
    """Whether the ticket shall wait: “not yet, I must ask the customer first”."""
    return _only(_HOLDS, text)


def stops(text: str) -> bool:
    """Whether the ticket must not go out as it is: “no!! don't send it, wrong customer”."""
    return _only(_STOPS, text)


def before_sending(text: str) -> str:
    """What a message says before it ends with “open it now”; "" where it doesn't, or only on a condition."""
    found = _SENDS.fullmatch(text) if len(text) <= _LONGEST else None
    return "" if found is None or _CONDITION.search(text) else found["rest"].strip()


def has_not(text: str) -> bool:
    """Whether a message says that the partner doesn't have what was asked, all of it or one clause of a short one."""
    if has_nothing_but(text):
        return True
    clauses = [clause.strip() for clause in _CLAUSE.split(text) if clause and clause.strip()]
    return (
        len(text) <= _LONGEST
        and len(text.split()) <= _MOST_EXCUSE
        and any(len(clause.split()) >= _FEWEST_OF_CLAUSE and _UNKNOWN.fullmatch(clause) for clause in clauses)
    )


def has_nothing_but(text: str) -> bool:
    """Whether a message says that the partner doesn't have it, and nothing else."""
    return _only(_UNKNOWN, text)


def _only(words: re.Pattern[str], text: str) -> bool:
    """Whether a message is nothing but these words; a long one is not, and is not looked at: patterns take time."""
    return len(text) <= _LONGEST and words.fullmatch(text) is not None


def _agrees(text: str) -> bool:
    """Whether every word is one of agreement, in this language or another, or stands beside one."""
    words = [_short(word) for word in _WORD.findall(text.casefold().replace("’", "'"))]
    if " ".join(words) in _words("agreeing_phrases"):
        return True
    if not words or len(words) > _MOST_WORDS or "?" in text or any(letter.isdigit() for letter in text):
        return False
    yes, beside = _words("agreeing"), _words("beside_agreeing")
    return any(word in yes for word in words) and all(word in yes or word in beside for word in words)


def _short(word: str) -> str:
    """“yesss” is “yes”; a word that is known stays as it is."""
    known = _words("agreeing") | _words("beside_agreeing")
    return word if word in known else _LONG_DRAWN.sub(r"\1", word)


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset(listed(name))
