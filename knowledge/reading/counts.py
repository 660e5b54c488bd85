"""Whole numbers in digits and in English words: 12, 1,200, three, twenty-five, a dozen, a hundred and ten."""

from __future__ import annotations

import re

from knowledge.policy.inputs import MOST
from knowledge.reading.found import Found

_SMALL = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ORDINALS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
]
_VALUES = (
    {word: value for value, word in enumerate(_SMALL)}
    | {word: 10 * value for value, word in enumerate(_TENS, 2)}
    | {"no": 0, "none": 0, "without": 0, "a": 1, "an": 1, "single": 1, "twice": 2, "fourty": 40, "couple": 2, "pair": 2}
)
_UNIT = "|".join(_SMALL[1:10])
_BELOW_100 = rf"(?:(?:{'|'.join(_TENS)}|fourty)(?:[\s-]?(?:{_UNIT})\b)?|{'|'.join(reversed(_SMALL))})"
_WORDS = (
    rf"(?:half\s+a\s+dozen|(?:(?:{_BELOW_100}|an?)\s+)?dozen|(?:an?\s+)?(?:couple|pair)\s+of"
    rf"|(?:{_BELOW_100}|a)\s+thousand(?:\s+(?:and\s+)?{_BELOW_100})?"
    rf"|(?:(?:{_BELOW_100}|a)\s+)?hundred(?:\s+(?:and\s+)?{_BELOW_100})?"
    rf"|{_BELOW_100}|twice)"
)
_DIGITS = r"(?:[0-9]{1,3}(?:[.,'’\u00a0\u202f][0-9]{3})+|[0-9]+)"
# A number that counts something: not a part of a longer number, code, date, amount or range.
NUMBER = rf"(?:(?<![\w.,:/+#'’-])-?{_DIGITS}(?![.,:/-]?[0-9])|\b{_WORDS}\b)"
NONE = r"\b(?:no|none|without(?:\s+any)?)\b"
ORDINAL = rf"(?:(?:{'|'.join(_TENS[:2])})[\s-](?:{'|'.join(_ORDINALS[:9])})|{'|'.join(reversed(_ORDINALS))}|thirtieth)"
_FOUND = re.compile(NUMBER, re.IGNORECASE)
_LONGEST = 20  # digits


def read_number(text: str) -> int:
    """The value of what NUMBER or NONE matched."""
    plain = re.sub(r"[.,'’\u00a0\u202f]", "", text.strip().lower())
    if plain.lstrip("-").isdecimal():
        return int(plain[:_LONGEST])
    if plain == "half a dozen":
        return 6
    total = part = 0
    for word in re.split(r"[\s-]+", plain):
        if word == "thousand":
            total, part = total + 1000 * max(part, 1), 0
        elif word == "hundred":
            part = 100 * max(part, 1)
        elif word == "dozen":
            part = 12 * max(part, 1)
        elif word in ("couple", "pair"):
            part = 2
        else:
            part += _VALUES.get(word, _together(word))
    return total + part


def read_ordinal(text: str) -> int:
    """The value of what ORDINAL matched: first is 1."""
    plain = text.strip().lower()
    if plain == "thirtieth":
        return 30
    *tens, last = re.split(r"[\s-]+", plain)
    return (_VALUES[tens[0]] if tens else 0) + _ORDINALS.index(last) + 1


def find_counts(text: str) -> list[Found[int]]:
    """Whole numbers that can count something, zero and negative ones too (the calculation refuses those)."""
    return [_count(match) for match in _FOUND.finditer(text)]


def _count(match: re.Match[str]) -> Found[int]:
    value = read_number(match.group())
    reason = f"{match.group()[:_LONGEST]} is too large: the largest number is {MOST:,}." if abs(value) > MOST else ""
    return Found(match.start(), match.end(), match.group(), () if reason else (value,), reason)


def _together(word: str) -> int:
    """“twentyfive”, written as one word; “and” and “of” count nothing."""
    tens = next((tens for tens in (*_TENS, "fourty") if word.startswith(tens)), "")
    return _VALUES[tens] + _VALUES.get(word.removeprefix(tens), 0) if tens else 0
