"""The words of a text that tell its language: quotations, identifiers, addresses, politeness and names set aside."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from tickets.language.phrases import (
    ABBREVIATED,
    FORWARDED,
    IDENTIFIER,
    INSIDE_NAMES,
    POLITE,
    QUOTED,
    REPORTED,
    STREET,
    is_short_report,
)
from tickets.language.words import words

_LENGTH = 8_000  # characters looked at: twice the longest message
_MOST = 0.6  # share of capitalised words that makes a headline
_LONGEST = 40  # letters of the longest word; longer ones are keys or noise
_TOKEN = re.compile(r"[^\W_]+(?:['’·-][^\W_]+)*|[.!?:;\n•]")


@dataclass(frozen=True)
class OwnWord:
    """One word in lower case, and whether its capital inside a sentence makes it look like a name."""

    text: str
    name: bool


@dataclass(frozen=True)
class Reading:
    """A text's own words where more or less of it is taken for its own."""

    words: tuple[OwnWord, ...]
    headline: bool = False  # most words begin with a capital, and that is not taken for a sign of names
    partial: bool = False  # set aside was what may be the text's own after all
    with_quotations: bool = False  # what stands in quotation marks is not set aside
    report: str = ""  # of what is set aside as reported: “short” as error messages are, or “long”


def readings(text: str) -> Iterator[Reading]:
    """The readings of a text, most set aside first; the others are for texts of which that leaves nothing."""
    text = ABBREVIATED.sub(r"\1", unicodedata.normalize("NFC", text[:_LENGTH]))
    unquoted = QUOTED.sub("\n", text)
    own = FORWARDED.sub("\n", unquoted)
    if own != unquoted:
        yield from _by_capitals(POLITE.sub("\n", REPORTED.sub(r"\1\n", own)), partial=True, report=_report(own))
    unreported = REPORTED.sub(r"\1\n", unquoted)
    if unreported != unquoted:
        yield from _by_capitals(POLITE.sub("\n", unreported), partial=True, report=_report(unquoted))
    yield from _by_capitals(POLITE.sub("\n", unquoted))
    yield from _by_capitals(unquoted)
    if unquoted != text:
        yield from _by_capitals(text, with_quotations=True)


def _report(text: str) -> str:
    return "" if not REPORTED.search(text) else "short" if is_short_report(text) else "long"


def _by_capitals(
    text: str, partial: bool = False, with_quotations: bool = False, report: str = ""
) -> Iterator[Reading]:
    """Where most words begin with a capital they may be many names or a headline: both readings."""
    neutral = words().neutral
    tokens = [token for token in _tokens(text) if len(token) <= _LONGEST and token.lower() not in neutral]
    plain = [token for token in tokens if token.isalpha() and not (token in INSIDE_NAMES or _camel_case(token))]
    shouting = len(plain) > 1 and sum(token.isupper() for token in plain) >= _MOST * len(plain)
    cased = [token for token in plain if not _acronym(token)]
    headline = len(cased) > 1 and sum(token[0].isupper() for token in cased) >= _MOST * len(cased)
    if not shouting:
        yield Reading(tuple(_telling(tokens, False, False)), False, partial or headline, with_quotations, report)
    yield Reading(tuple(_telling(tokens, shouting, True)), True, partial, with_quotations, report)


def _tokens(text: str) -> Iterator[str]:
    for line in text.splitlines():
        for chunk in line.split():
            if not IDENTIFIER.search(chunk):
                yield from _TOKEN.findall(chunk)
        yield "\n"


def _telling(tokens: list[str], shouting: bool, headline: bool) -> Iterator[OwnWord]:
    starts, after_name = True, False
    address = after_number = after_street = False
    for token, before_name in zip(tokens, _before_names(tokens), strict=True):
        if not token[0].isalnum():
            starts, after_name = True, False
            address = address and not token.isspace()
            continue
        town, after_number = address and after_number and token[0].isupper(), False
        if any(letter.isdigit() for letter in token):  # of a house, a town, a model, an order
            after_name = after_number = True
        elif STREET.match(token):
            after_name = after_street = address = True
        elif (_acronym(token) and not shouting) or _camel_case(token) or (town and not shouting):
            after_name = True
        elif token in INSIDE_NAMES and before_name and (after_street or (after_name and not headline)):
            continue
        elif after_street and token[0].isupper():
            after_street, after_name = False, True
        else:
            first, starts, after_street = starts, False, False
            after_name = token[0].isupper() and (not first or before_name)
            yield OwnWord(token.lower(), name=after_name and not headline)


def _before_names(tokens: list[str]) -> list[bool]:
    """For each token: does a capital follow, with nothing between but words that names have inside?"""
    before, following = [], False
    for token in reversed(tokens):
        before.append(following)
        following = (token[0].isupper() and not _acronym(token)) or (following and token in INSIDE_NAMES)
    return before[::-1]


def _acronym(token: str) -> bool:
    return token.isupper() and len(token) > 1


def _camel_case(token: str) -> bool:
    return any(before.islower() and after.isupper() for before, after in pairwise(token))
