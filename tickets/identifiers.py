"""What names one case: phone numbers, serials, invoices, orders; when two of them are the same however written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

NAMING = ("invoice_number", "order_number", "serial_number", "special_number")  # beside did_numbers
_MOST_NUMBERS = 50
_FEWEST_LETTERS = 5  # a shorter code stands in a text by chance
_LOCAL_DIGITS = 8  # of a phone number, which a text may give without its country code


def plain(value: Any) -> str:
    """A code without what people write between its letters; "" for what is no code."""
    return re.sub(r"[\W_]", "", str(value)).casefold() if isinstance(value, str) else ""


def numbers(fields: Mapping[str, Any]) -> list[str]:
    """The phone numbers and ranges of a ticket."""
    value = fields.get("did_numbers")
    return [str(one) for one in value[:_MOST_NUMBERS]] if isinstance(value, (list, tuple)) else []


def overlap(one: str, other: str) -> bool:
    """Whether two numbers or ranges have a number in common: X stands for any digit."""
    return len(one) == len(other) and all(a == b or "X" in (a, b) for a, b in zip(one, other, strict=True))


def may_name_the_same(fields: Mapping[str, Any], text: str, other: Mapping[str, Any]) -> bool:
    """Whether another ticket names what this one names in its fields, or maybe in its text.

    Args:
        text: of this one, plain.
        other: the fields of the other one.
    """
    for name in NAMING:
        code = plain(other.get(name))
        if code and (code == plain(fields.get(name)) or (len(code) >= _FEWEST_LETTERS and code in text)):
            return True
    theirs = numbers(other)
    if not theirs:
        return False
    if any(overlap(one, known) for one in numbers(fields) for known in theirs):
        return True
    ends = (re.sub(r"\D", "", known.partition("X")[0])[-_LOCAL_DIGITS:] for known in theirs)
    return any(len(end) == _LOCAL_DIGITS and end in text for end in ends)
