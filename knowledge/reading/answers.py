"""Answers in words: yes or no, and which of an input's choices a message means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from knowledge.policy.fields import Field
from knowledge.reading.found import just_before

_NOT = re.compile(
    r"(?:\b(?:not|instead of|rather than|no longer|never)|n['’]t)\s+(?:(?:a|an|the|by|was|been|it)\s+){0,2}$",
    re.IGNORECASE,
)
_YES = re.compile(
    r"^\W*(?:y|yes|yep|yeah|yea|ya|sure|correct|right|true|ok(?:ay)?|of course|exactly|si|sì|ja|oui|indeed|"
    r"it (?:is|does|has)|(?:i|we|they) do|he does|absolutely|positive|affirmative|definitely)\b",
    re.IGNORECASE,
)
_NO = re.compile(
    r"^\W*(?:n|no|nope|nah|not|never|negative|none|nein|non|it (?:is|does|has)(?: not|n['’]?t)|"
    r"(?:i|we) do(?: not|n['’]?t))\b",
    re.IGNORECASE,
)


@cache
def words(pattern: str) -> re.Pattern[str]:
    """The words of cues.yml as a pattern that finds them whole."""
    return re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.IGNORECASE)


def chosen(choices: Mapping[Any, str], text: str) -> Any:
    """The choice whose words a text has, and doesn't deny; the one that is listed first where several have; or None."""
    for value, pattern in choices.items():
        for found in words(pattern).finditer(text):
            if not rejected(text, found.start()):
                return value
    return None


def rejected(text: str, position: int) -> bool:
    """Whether what stands at a place is taken back: “not stolen”."""
    return _NOT.search(just_before(text, position)) is not None


def answered(one: Field, text: str) -> Any:
    """An answer to the question itself: yes or no, a choice by its name or title; None where it is neither."""
    if one.kind == "yes_no":
        return False if _NO.match(text) else True if _YES.match(text) else None
    said = text.strip(" .,!?;\n").casefold()
    for value, title in one.choices.items():
        if said in (value.casefold(), title.casefold(), re.sub(r"\s*\(.*\)", "", title).casefold()):
            return value
    return None
