"""The words of ticket_words.yml as parts of patterns."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import yaml


@cache
def _lists() -> dict[str, list[str]]:
    text = (Path(__file__).parent / "ticket_words.yml").read_text(encoding="utf-8")
    return {name: [str(word) for word in words] for name, words in yaml.safe_load(text).items()}


def any_of(*names: str) -> str:
    """A group that matches one word of these lists.

    A word that stands in two of them is one alternative: repeated, two would be tried in every combination.
    """
    return "(?:" + "|".join(dict.fromkeys(word for name in names for word in _lists()[name])) + ")"


def listed(name: str) -> list[str]:
    """The words of a list as they are."""
    return _lists()[name]


def only(*names: str, then: tuple[str, ...] = ()) -> re.Pattern[str]:
    """Matches a whole message that says one word of these lists, and after it any of `then`."""
    more = rf"(?:\W+{any_of(*then)})*" if then else ""
    return re.compile(rf"\W*{any_of(*names)}{more}\W*", re.IGNORECASE)


def anywhere(*names: str) -> re.Pattern[str]:
    """Finds a word of these lists in a message."""
    return re.compile(rf"\b{any_of(*names)}\b", re.IGNORECASE)


def called(name: str) -> list[str]:
    """Other names of a ticket's field, in small letters."""
    return _lists().get(f"called_{name}", [])
