"""Ranges of phone numbers as people write them: “+39 045 1234500 - 09”, “from +390451234500 to +390451234519”.

A whole ten, hundred or thousand becomes one range as tickets keep it (+39045123450X), anything else its numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import phonenumbers

MOST_NUMBERS = 100  # of a range that is no whole block
_BEFORE = 60  # characters in which a word says that numbers are meant, not a change from one to another
_SHORTEST = 9  # digits of a first number, with its country code; fewer may be the half of one
_FIRST = re.compile(r"(?<![\w+.])(?P<plus>\+|00)(?P<digits>[1-9][0-9 \u00a0()./-]{5,20}[0-9])$")
_THEN = re.compile(
    r"(?P<between>[ \u00a0]{0,3}[\u2010-\u2015][ \u00a0]{0,3}|[ \u00a0]{1,3}-[ \u00a0]{1,3}|[-/]"
    r"|\s{1,3}(?:to|till|until|up\ to|through|thru)\s{1,3})"
    r"(?P<last>(?:\+|00)[1-9][0-9 \u00a0()./-]{5,20}[0-9]|[0-9][0-9 ]{4,14}[0-9]|[0-9]{1,4})(?![\w*]|[.:/-]?[0-9])",
    re.IGNORECASE,
)
# Behind digits that are no end of a range: “- 22 Walcot Terrace”, “- 12 users”.
_COUNTED = re.compile(r"[ \u00a0](?!(?:and|are|at|belong|from|in|is|of|on|please|shall|should|will)\b)[A-Za-z]")
_TAIL = 4  # digits of a last number that only names its end
_MANY = re.compile(r"\b(?:ranges?|blocks?|series|between|numbers|dids|all)\b", re.IGNORECASE)


@dataclass(frozen=True)
class NumberRange:
    """A range in a text, and what it stands for."""

    start: int
    end: int
    numbers: tuple[str, ...]


def find_ranges(text: str, asked: bool = False) -> Iterator[NumberRange]:
    """The ranges in a text, in its order. What may as well be one number, or two, is none.

    Args:
        asked: numbers were asked for, so that “A to B” changes none into another.
    """
    end = 0
    for then in _THEN.finditer(text):
        first = _FIRST.search(text, max(end, then.start() - 24), then.start())
        if first is None or not _is_one(first, then):
            continue
        said = asked or bool(_MANY.search(text, max(0, first.start() - _BEFORE), first.start()))
        numbers = _numbers(_digits(first["digits"]), then["last"])
        whole_block = len(numbers) == 1
        if _COUNTED.match(text, then.end()) and len(then["last"]) <= _TAIL:
            continue
        if numbers and (whole_block or _is_meant(first, then, said)):
            end = then.end()
            yield NumberRange(first.start(), end, numbers)


def whole_part(text: str) -> str:
    """The number before digits that only look like a part of it, “+390451234567-12”; "" where there are none."""
    before, dash, after = re.sub(r"[/\u2010-\u2015\u2026]|\.{2,}", "-", text).rpartition("-")
    apart = before.endswith((" ", "\u00a0")) and after.startswith((" ", "\u00a0"))  # “- 3 users”
    half = dash and len(after.strip()) < 4 and _exists(before) and (apart or not _exists(before + after))
    return before.strip() if half else ""


def _is_one(first: re.Match[str], then: re.Match[str]) -> bool:
    """Whether the first is a whole number, and what follows no further group of its digits."""
    digits, between = _digits(first["digits"]), then["between"]
    if len(digits) < _SHORTEST or not _exists(f"+{digits}"):
        return False
    if then["last"].startswith(("+", "00")) or _is_word(between):
        return True
    # “089 1234-500” is how Germans write one number.
    return between not in first["digits"] and not (between in "-/" and _exists(f"+{digits}{_digits(then['last'])}"))


def _is_meant(first: re.Match[str], then: re.Match[str], said: bool) -> bool:
    """Whether numbers that are no whole block are a range: not one changed to another, and not one in groups."""
    if said or _is_word(then["between"]):
        return said
    return then["last"].startswith(("+", "00")) or not _exists(f"+{_digits(first['digits'])}{_digits(then['last'])}")


def _numbers(first: str, last: str) -> tuple[str, ...]:
    digits = _digits(last.removeprefix("00") if last.startswith("00") and len(last) > _SHORTEST else last)
    whole = _with_end(first, digits)
    if len(whole) == len(first) and int(whole) < int(first) and digits.startswith("0"):
        digits = digits[1:]
        whole = _with_end(first, digits)
    count = int(whole) - int(first) + 1
    if len(whole) != len(first) or count < 2:
        return ()
    for places in (1, 2, 3):
        if count == 10**places and first.endswith("0" * places):
            return (f"+{first[:-places]}{'X' * places}",)
    if count > MOST_NUMBERS or len(digits) == 1:
        return ()
    return tuple(f"+{number}" for number in range(int(first), int(whole) + 1))


def _with_end(first: str, digits: str) -> str:
    """A number like the first with these digits at its end."""
    return first[: -len(digits)] + digits if len(digits) < len(first) else digits


def _is_word(between: str) -> bool:
    return between.strip()[:1].isalpha()


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)


def _exists(number: str) -> bool:
    number = number.strip()
    try:
        read = phonenumbers.parse("+" + number[2:] if number.startswith("00") else number, None)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number(read)
