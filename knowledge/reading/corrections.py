"""What a correction takes back: “3 years not 5”, “not 12 May but 13 May”, “March instead of April”."""

from __future__ import annotations

import re

from knowledge.reading.counts import NUMBER
from knowledge.reading.day_words import MONTH, WEEKDAY

_VALUE = (
    rf"(?:[€$£]\s?)?(?:[0-9][0-9.,/:'’-]*[0-9a-z%€]*|{NUMBER}|{MONTH}\b(?:\s[0-9]{{1,2}}(?:st|nd|rd|th)?\b)?|{WEEKDAY}\b|basic|essential|business|premium|"
    r"monthly|yearly|lifetime|yesterday|today|tomorrow)"
)
_MORE = (
    rf"(?:\s*-?(?:\s(?:of\s)?(?:{MONTH}\b|[0-9]{{4}}\b|['’][0-9]{{2}}\b|years?|months?|weeks?|days?|eur|euros?|usd|gbp|"
    r"dollars?|pounds?|ago|basic|ess(?:ential)?s?|business|premium|licen[cs]es?|users?|dids?|numbers?)|[€$£%]))*"
)
_REJECTED = re.compile(
    rf"\b(?:and\s+)?(?:not|instead\s+of|rather\s+than|no\s+longer|isn['’]?t|wasn['’]?t|don['’]?t\s+mean)\s+"
    rf"(?:(?:the|on|in|at|from|a)\s+){{0,2}}{_VALUE}{_MORE}",
    re.IGNORECASE,
)
_KEPT = re.compile(r"\bnot\s+(?:yet|more|less|later|only|before|after|over|under)\b", re.IGNORECASE)
_CORRECTS = re.compile(
    r"^\s*(?:sorry|oops|no[,!.\s]|actually|wait|correction|i\s+mean[t]?|pardon|excuse\s+me|my\s+mistake|my\s+bad|rather)"
    r"|\b(?:i\s+meant|should\s+(?:be|have\s+been)|instead\s+of|rather\s+than)\b",
    re.IGNORECASE,
)


def without_rejected(text: str) -> str:
    """The text with spaces where a value is taken back, so that places stay the same and only the right one is read."""
    return _REJECTED.sub(lambda match: match.group() if _KEPT.match(match.group()) else " " * len(match.group()), text)


def is_correction(text: str) -> bool:
    """Whether a text sounds like putting something right."""
    return bool(_CORRECTS.search(text) or without_rejected(text) != text)
