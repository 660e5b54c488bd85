"""Which date of a text is which: the invoice's, the confirmed and the wanted one, the day of a purchase or a loss."""

from __future__ import annotations

import re
from datetime import date
from functools import cache

from knowledge.reading.dates import find_days
from knowledge.reading.day_words import FoundDay
from knowledge.reading.found import Found
from triage.patterns import content, pattern, words

_BEFORE, _AFTER = 40, 24  # characters in which the words of a date stand
_MOST = 12


def find_role(text: str, role: str, today: date, beside: list[Found[str]] | None = None) -> str:
    """The date of a text with this role, in ISO form (only the month where no more is said); "" where there is none.

    Args:
        beside: codes that the date may stand right behind: the number of the invoice.
    """
    past = bool(content("fields")["dates"][role]["past"])
    days = [one for one in _named(text, today, past)[:_MOST] if _iso(one, today, past)]
    scored = [(_score(text, one, role, beside or []), -position, one) for position, one in enumerate(days)]
    likely = [entry for entry in scored if entry[0] > 0]
    neutral = [one for score, _, one in scored if score == 0]
    if not likely and len(neutral) == 1:
        return _iso(neutral[0], today, past)
    return _iso(max(likely, key=lambda entry: entry[:2])[2], today, past) if likely else ""


def find_change(text: str, today: date) -> dict[str, str]:
    """The confirmed and the wanted date of a porting that is to be moved."""
    days = [one for one in _named(text, today)[:_MOST] if _iso(one, today, past=False)]
    if not days:
        return {}
    if len(days) == 1:
        wanted = _score(text, days[0], "wanted_date", [])
        confirmed = _score(text, days[0], "confirmed_date", [])
        return {"wanted_date" if wanted > confirmed else "confirmed_date": _iso(days[0], today, past=False)}
    best = max(
        ((i, j) for i in range(len(days)) for j in range(len(days)) if i != j and days[i].readings != days[j].readings),
        key=lambda pair: (
            _score(text, days[pair[0]], "confirmed_date", []) + _score(text, days[pair[1]], "wanted_date", []),
            pair[0] < pair[1],
        ),
        default=(0, 0),
    )
    found = {"confirmed_date": _iso(days[best[0]], today, past=False)}
    if best[1] != best[0] and not _is_bound(text, days[best[1]]):
        found["wanted_date"] = _iso(days[best[1]], today, past=False)
    return found


def _is_bound(text: str, one: FoundDay) -> bool:
    """Whether a day is only one before or after which another shall be found (“some day after the 7th”)."""
    before = text[max(0, one.start - _BEFORE) : one.start]
    return pattern("fields", "bound", whole_words=False).search(before) is not None


def _named(text: str, today: date, past: bool = False) -> list[FoundDay]:
    """The days of a text without a mere “now”, which tells of another (“confirmed now for the 3rd”)."""
    return [one for one in find_days(text, today, past=past) if one.text.casefold() not in words("fields", "no_date")]


def _iso(one: FoundDay, today: date, past: bool) -> str:
    """A day that is clear; of “12/05/2026” the reading that can be, where only one can."""
    readings = one.readings
    if len(readings) > 1:
        possible = [day for day in readings if (day <= today) == past]
        readings = tuple(possible) if len(possible) == 1 else ()
    if readings:
        return readings[0].isoformat()
    if one.period and one.period[0].month == one.period[1].month:
        return one.period[0].isoformat()[:7]
    return ""


def _score(text: str, one: FoundDay, role: str, beside: list[Found[str]]) -> float:
    """How much the words around a date say that it has this role: the nearer, the more."""
    start = one.start + (2 if one.text.lower().startswith("of the") else 0)  # “instead of the 15th”
    before, after = text[max(0, start - _BEFORE) : start], text[one.end : one.end + _AFTER]
    before, after = re.split(r"[.!?]\s|\n", before)[-1], re.split(r"[.!?]\s|\n", after)[0]
    score = 0.0
    for match in _words(role, "for").finditer(before):
        score = max(score, 1.0 - (len(before) - match.end()) / (2 * _BEFORE))
    for match in _words(role, "for").finditer(after):
        score = max(score, 0.6 - match.start() / (2 * _AFTER))
    for match in _words(role, "not").finditer(before):
        score -= 1.2 - (len(before) - match.end()) / (2 * _BEFORE)
    for code in beside:
        if 0 <= one.start - code.end < _AFTER and not re.search(r"[.!?]\s", text[code.end : one.start]):
            score += 1.0
    return score


@cache
def _words(role: str, which: str) -> re.Pattern[str]:
    words = content("fields")["dates"][role][which]
    return re.compile(rf"(?<!\w)(?:{'|'.join(words) or '(?!)'})(?!\w)", re.IGNORECASE)


def clear_day(one: FoundDay, today: date, role: str) -> str:
    """A date given as an answer, in ISO form; "" where it can be two days."""
    past = bool(content("fields")["dates"].get(role, {}).get("past", False))
    return _iso(one, today, past)
