"""Agents' passwords: which are accepted, how they are kept (Argon2id), and that guessing learns nothing.

Hashing takes about 45 ms and 46 MB; whoever calls sees to it that few run at once.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST, MOST = 12, 128
AT_ONCE = 4

_HASHER = PasswordHasher(time_cost=1, memory_cost=47_104, parallelism=1)
_LOOKALIKE = str.maketrans("013457@$!", "oleastasi")
_WALKS = (
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qazwsxedcrfvtgbyhnujmikolp",
)
_SHORTEST_WALK = 4
_ENOUGH_WORDS = 4  # so many common words together are a passphrase
_OWN_WORDS = ("wildix", "customercare")


class WeakPassword(ValueError):
    """The password is not accepted; the message says why, in words for people."""


def check(password: str, name: str) -> None:
    """Raises WeakPassword where a password is too short, too long, or among those tried first.

    Args:
        name: the user's name; a password made of it is as weak as a common one.
    """
    if len(password) < LEAST:
        raise WeakPassword(f"The password needs at least {LEAST} characters; a sentence of several words is best.")
    if len(password) > MOST:
        raise WeakPassword(f"The password can have at most {MOST} characters.")
    if _is_common(password, name):
        raise WeakPassword("This password is among those that are guessed first. Several unrelated words are better.")


def make_hash(password: str) -> str:
    """What is stored of a password."""
    return _HASHER.hash(_as_typed(password))


def matches(stored: str | None, password: str) -> bool:
    """Whether this is the password; a user who is not there (None) takes as long as one who is."""
    try:
        return _HASHER.verify(stored or _nobody(), _as_typed(password)) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def outdated(stored: str) -> bool:
    """Whether a hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


@cache
def _nobody() -> str:
    return make_hash(secrets.token_urlsafe(32))


def _as_typed(password: str) -> str:
    """The same password, whichever way a keyboard composes its letters."""
    return unicodedata.normalize("NFC", password)


def _is_common(password: str, name: str) -> bool:
    """Whether nothing is left without the user's name, a few common words, digits, walks and repetitions."""
    own = re.sub(r"[\W_]", "", name.casefold())
    words = sorted({*_common_words(), *_OWN_WORDS, own} - {""}, key=len, reverse=True)
    plain = re.sub(r"[\W_]", "", password.casefold())
    for text in (plain, re.sub(r"[\W_]", "", password.casefold().translate(_LOOKALIKE))):
        if len(set(text)) < 5 or re.fullmatch(r"(.{1,6})\1+", text):
            return True
        left, used = text, 0
        for word in words:
            if len(word) >= 3 and word in left:
                left, used = left.replace(word, ""), used + 1
        if len(re.sub(r"\d", "", _without_walks(left))) < 4 and used < _ENOUGH_WORDS:
            return True
    return False


def _without_walks(text: str) -> str:
    for walk in (*_WALKS, *(walk[::-1] for walk in _WALKS)):
        for length in range(len(walk), _SHORTEST_WALK - 1, -1):
            for start in range(len(walk) - length + 1):
                text = text.replace(walk[start : start + length], "")
    return text


@cache
def _common_words() -> tuple[str, ...]:
    lines = (Path(__file__).parent / "common_passwords.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))
