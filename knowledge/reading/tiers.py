"""Licences by tier in a sentence: “three premium, 2 ess and five basic”, “Basic: 5”, “no business”."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from knowledge.policy.inputs import MOST
from knowledge.reading.counts import NONE, NUMBER, read_number
from knowledge.reading.found import Found

_TIERS = {
    "basic": r"basics?|basi[ck]s?|bsc",
    "essential": r"essentials?|ess|esse?ntials?|essencials?|essental",
    "business": r"business(?:es)?|biz|bus|busines|bussines{1,2}|buisness|bizness",
    "premium": r"premiums?|prem|premim|premuim|prm",
}
_OTHER_WORDS = {"premise", "premises", "basis", "bases", "basil"}  # spelled nearly like a tier
_EACH_NAME = "|".join(f"(?P<{tier}>{names})" for tier, names in _TIERS.items())
_NAME = rf"(?:UC[-\s]?|PBX[-\s]?)?(?:{_EACH_NAME})(?:-(?:1m|1y|5y))?"
_FILLER = (
    r"(?:\s*[x×*]\s*|\s+(?:of|the|our|users?|seats?|people|licen[cs]es?|are|on|with|have|in|for|UC|wildix)\b){0,4}"
)
_TOKEN = re.compile(
    rf"(?P<number>{NUMBER}|{NONE}|\b(?:an?\s+)?single\b|(?<![\w.,])[0-9]{{1,6}}(?=\s?[x×]\s))|\b(?P<name>{_NAME})\b"
    r"|\b(?P<word>[a-z]{5,12})\b",
    re.IGNORECASE,
)
_BETWEEN_BEFORE = re.compile(rf"{_FILLER}\s*-?\s*", re.IGNORECASE)
_BETWEEN_AFTER = re.compile(r"\s*(?:users?|licen[cs]es?)?\s*(?:[:=x×(,-]|is|are)?\s*", re.IGNORECASE)
_NO_COUNT_AFTER = re.compile(r"\s*(?:years?|months?|yrs?|y\b|m\b|€|\$|£|eur|usd|gbp|%)", re.IGNORECASE)


@dataclass(frozen=True)
class _Token:
    """A number or the name of a tier."""

    start: int
    end: int
    count: int | None
    tier: str | None


def find_tiers(text: str) -> Found[dict[str, int]] | None:
    """The licences that a text counts, by tier, as one value; None where it counts none.

    A tier that is named twice with different numbers, or a number too large, gives no reading but
    the reason.
    """
    pairs = list(_pairs(text, list(_tokens(text))))
    if not pairs:
        return None
    start = min(number.start for number, _ in pairs)
    end = max(name.end for _, name in pairs)
    start, end = min(start, *(name.start for _, name in pairs)), max(end, *(number.end for number, _ in pairs))
    licences: dict[str, int] = {}
    for number, name in pairs:
        count, tier = number.count or 0, name.tier or ""
        if abs(count) > MOST:
            return Found(start, end, text[start:end], (), f"{count:,} is too large: the largest number is {MOST:,}.")
        if licences.setdefault(tier, count) != count:
            reason = (
                f"{tier.title()} is named twice, with {licences[tier]} and {count}. How many {tier.title()} are there?"
            )
            return Found(start, end, text[start:end], (), reason)
    return Found(start, end, text[start:end], (licences,))


def _tokens(text: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text):
        if match["name"]:
            yield _Token(*match.span(), None, next(tier for tier in _TIERS if match[tier]))
        elif match["word"]:
            tier = _misspelled(match["word"].lower())
            if tier:
                yield _Token(*match.span(), None, tier)
        elif not _NO_COUNT_AFTER.match(text, match.end()):
            yield _Token(*match.span(), read_number(re.sub(r"\bany\b|\ban?\s+(?=single)", "", match.group())), None)


def _misspelled(word: str) -> str | None:
    """The tier that a word is nearly spelled like: “essentail”, “bussiness”."""
    if word in _OTHER_WORDS:
        return None
    for tier in _TIERS:
        far = OSA.distance(word.removesuffix("s") if tier != "business" else word, tier, score_cutoff=2)
        if far <= (1 if len(tier) < 6 else 2) and word[0] == tier[0]:
            return tier
    return None


def _pairs(text: str, tokens: list[_Token]) -> Iterator[tuple[_Token, _Token]]:
    """Each number with its tier: “5 basic” where the list begins with a number, “basic: 5” where with a name."""
    named_first = bool(tokens) and tokens[0].tier is not None
    position = 0
    while position + 1 < len(tokens):
        first, second = tokens[position : position + 2]
        between = text[first.end : second.start]
        if first.count is not None and second.tier and not named_first and _BETWEEN_BEFORE.fullmatch(between):
            yield first, second
            position += 2
        elif (
            first.tier
            and second.count is not None
            and _BETWEEN_AFTER.fullmatch(between)
            and not (_belongs_to_next(text, tokens[position + 1 :]) and not named_first)
        ):
            yield second, first
            position += 2
        else:
            named_first = second.tier is not None
            position += 1


def _belongs_to_next(text: str, tokens: list[_Token]) -> bool:
    """Whether a number is followed by the name that it counts."""
    if len(tokens) < 2 or tokens[1].tier is None:
        return False
    return _BETWEEN_BEFORE.fullmatch(text[tokens[0].end : tokens[1].start]) is not None
