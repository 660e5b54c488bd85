"""What people give for a ticket's fields, checked and brought into the form in which tickets keep it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from tickets.contact import international_number, valid_email
from tickets.ranges import find_ranges
from tickets.types import ticket_fields

MOST_NUMBERS = 200
_TOO_MANY = f"These are more than {MOST_NUMBERS} numbers. Give the range, like +39045123XX."
_NO_NUMBER = "Write phone numbers with their country code, like +39 045 1234567, and whole ranges like +39045123450X."
_LINE, _LONG = 200, 4000  # characters
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class InvalidValue(ValueError):
    """A value that a field cannot have; the message says what it may be."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


def clean(text: str) -> str:
    """A text without what nobody types and no database likes, and without blanks around it."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def checked_fields(given: Mapping[str, str | Sequence[str]]) -> dict[str, Any]:
    """The fields as tickets keep them; what was left empty is left out.

    Raises:
        InvalidValue: no such field, or a value that it cannot have.
    """
    checked = {name: _checked(name, value) for name, value in given.items()}
    return {name: value for name, value in checked.items() if value}


def _checked(name: str, value: str | Sequence[str]) -> str | list[str]:
    if name not in ticket_fields():
        raise InvalidValue(name, "There is no such field.")
    form = ticket_fields()[name].form
    if form == "numbers":
        return _numbers(name, value)
    if not isinstance(value, str):
        raise InvalidValue(name, "Give one text.")
    text = clean(value)
    if form != "long":
        text = " ".join(text.split())
    if len(text) > (most := _LONG if form == "long" else _LINE):
        raise InvalidValue(name, f"This is longer than {most} characters.")
    if form == "date" and text:
        return _date(name, text)
    if form == "email" and text and not valid_email(text):
        raise InvalidValue(name, "This is not an e-mail address.")
    return text


def _numbers(name: str, value: str | Sequence[str]) -> list[str]:
    parts = re.split(r"[,;\n]", value) if isinstance(value, str) else list(value)
    texts = [text for text in map(clean, parts) if text]
    if len(texts) > MOST_NUMBERS:
        raise InvalidValue(name, _TOO_MANY)
    numbers: list[str] = []
    for text in texts:
        ranges = [one for one in find_ranges(text, asked=True) if (one.start, one.end) == (0, len(text))]
        number = international_number(text)
        if number is None and not ranges:
            raise InvalidValue(name, _NO_NUMBER)
        numbers += ranges[0].numbers if ranges else [number or ""]
    if len(numbers) > MOST_NUMBERS:
        raise InvalidValue(name, _TOO_MANY)
    return list(dict.fromkeys(numbers))


def _date(name: str, text: str) -> str:
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise InvalidValue(name, "Write the date like 2026-01-31.")
