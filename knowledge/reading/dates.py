"""Days in a sentence, as people write them; what can be two days is never guessed."""

from __future__ import annotations

import re
from datetime import date

from knowledge.reading.day_words import WEEKDAY, FoundDay, Reader
from knowledge.reading.found import longest_first
from knowledge.reading.relative_dates import relative_dates
from knowledge.reading.written_dates import written_dates

_WEEKDAY_ONLY = re.compile(rf"(?:on\s+|since\s+|by\s+|until\s+)?{WEEKDAY}\.?", re.IGNORECASE)
_BESIDE = re.compile(r"[\s,(]*(?:the\s+|on\s+)?", re.IGNORECASE)


def find_days(text: str, today: date, past: bool = False) -> list[FoundDay]:
    """The days named in a text, in its order.

    Args:
        today: the present day, from which “yesterday” and years not written are reckoned.
        past: only the past makes sense; a date without a year is then the nearest in the past,
            else the nearest to come. The places found do not depend on it.

    Returns:
        For each its readings: one where it is clear; two for “12/05/2023” or “next Friday” where
        both can be meant; none with the reason for 31 February, a month or year without its day
        (with its `period`) or “about two years ago”.
    """
    reader = Reader(today, past)
    found = longest_first([*written_dates(text, reader), *relative_dates(text, reader)])
    dated = [one for one in found if not _WEEKDAY_ONLY.fullmatch(one.text)]
    return [one for one in found if one in dated or not any(_beside(text, one, other) for other in dated)]


def _beside(text: str, weekday: FoundDay, other: FoundDay) -> bool:
    """Whether a weekday only belongs to the date next to it: “Tuesday, 5 March”."""
    first, second = sorted((weekday, other), key=lambda one: one.start)
    return _BESIDE.fullmatch(text, first.end, second.start) is not None
