"""Addresses in a text: a street with its number and a town or postal code; what “address:” announces."""

from __future__ import annotations

import re
from functools import cache

from triage.patterns import content, pattern

_WORD = r"[A-ZÀ-ÖØ-ÞĀ-Ž][\w'’.-]{0,30}"
_JOIN = (
    r"(?:de|del|della|delle|dei|degli|dell['’]|di|da|do|dos|das|des|du|d['’]|la|le|les|los|las|el|der|den|dem|of|the|"
    r"van|von|zum|zur|am|im|an|in|au|aux|auf|et|und|y|i|e)"
)
_NUMBER = r"[0-9]{1,5}(?![0-9])(?:\s?[a-zA-Z](?!\w)|[/-][0-9]{1,4}[a-zA-Z]?)?"
_LONGEST = 160
_MOST = 20


def find_addresses(text: str) -> list[str]:
    """The addresses of a text, in its order, each once."""
    found: list[tuple[int, int]] = []
    for match in _written().finditer(text):
        if len(found) >= _MOST:
            break
        whole = match.group()
        if _has_postcode(whole, match) or _street().search(whole):
            found.append(match.span())
    for match in _announced().finditer(text):
        start = match.end()
        if any(begin - _LONGEST / 2 <= start <= end for begin, end in found):
            continue
        rest = re.split(r"[\n;!?]|\.(?:\s|$)", text[start : start + _LONGEST], maxsplit=1)[0]
        stop = pattern("addresses", "end").search(rest, 3)
        rest = rest[: stop.start()] if stop else rest
        if any(c.isdigit() for c in rest) and len(rest.split()) > 2 and "@" not in rest and "+" not in rest:
            found.append((start, start + len(rest)))
    texts = [_one_sentence(text[start:end]) for start, end in sorted(found)]
    return list(dict.fromkeys(" ".join(one.split()) for one in texts))


def _one_sentence(text: str) -> str:
    """Without what a full stop parts from it; one after a short form (“St. ”, “Str. ”) parts nothing."""
    parts = re.split(r"(?<=\w{4}\.)\s|(?<=[0-9]\.)\s", text)
    return (parts[0] if any(c.isdigit() for c in parts[0]) else text).strip(" \n,.;:-()")


def _has_postcode(whole: str, match: re.Match[str]) -> bool:
    """Whether a postal code stands behind the number of the house."""
    return _postcode().search(whole) is not None and sum(c.isdigit() for c in whole) > 4 and match["tail"] is not None


@cache
def _written() -> re.Pattern[str]:
    lower = content("addresses")["street"][0]
    end = content("addresses")["street"][2]
    codes = "|".join(content("addresses")["postcode"])
    named = rf"(?:(?i:{lower})\s+(?:{_JOIN}\s?){{0,2}})?(?:{_WORD})(?:[ -](?:{_JOIN}[ ]?){{0,2}}{_WORD}){{0,4}}"
    loose = rf"(?i:{lower})\s+(?:[\w'’.-]+ ){{1,4}}?(?=[0-9])"
    tail = rf"(?P<tail>(?:[,\n]?\s*(?:{codes}|{_WORD}|{_JOIN}(?=\s+[A-ZÀ-Ý])|[A-Z]{{2}}\b)){{1,8}})?"
    after = rf"(?:{loose}|{named},?\s){_NUMBER}"
    before = rf"{_NUMBER},?\s+(?:{named}|(?:[\w'’.-]+ ){{1,3}}(?i:{end})(?!\w))(?:\s(?i:{end})(?!\w))?"
    return re.compile(rf"(?<![\w+./-])(?:{before}|{after}){tail}")


@cache
def _postcode() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{'|'.join(content('addresses')['postcode'])})(?!\w)")


@cache
def _street() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(content('addresses')['street'])})(?!\w)", re.IGNORECASE)


@cache
def _announced() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{content('addresses')['announced']})\W{{1,3}}", re.IGNORECASE)
