"""Addresses of people, as every door checks them: e-mail addresses, and phone numbers in international form."""

from __future__ import annotations

import re

import phonenumbers

from tickets.ranges import whole_part

_LONGEST_ADDRESS = 254
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
_TOP = re.compile(r"[A-Za-z]{2,63}|[Xx][Nn]--[A-Za-z0-9-]{1,59}")
_PHONE = re.compile(r"\+[0-9][0-9 ()./-]{4,28}[0-9]X{0,6}")
_PLACES = re.compile(r" ?X{1,6}$")  # the last digits of a whole range


def valid_email(text: str) -> bool:
    """Whether a text is one e-mail address of the usual form: no comments, no quotes, no bare host."""
    local, at, domain = text.rpartition("@")
    labels = domain.split(".")
    return (
        bool(at)
        and len(text) <= _LONGEST_ADDRESS
        and len(local) <= 64
        and _LOCAL.fullmatch(local) is not None
        and len(labels) > 1
        and all(_LABEL.fullmatch(label) for label in labels)
        and _TOP.fullmatch(labels[-1]) is not None
    )


def international_number(text: str) -> str | None:
    """A phone number with its country code as +390451234567, a range as +39045123XX; None where it is none."""
    text = _PLACES.sub(lambda places: places[0].strip(), text.strip())
    text = "+" + text[2:] if text.startswith("00") else text
    if not _PHONE.fullmatch(text) or whole_part(text):
        return None
    places = len(found[0]) if (found := _PLACES.search(text)) else 0
    # The digits behind X are only places: zeros stand for them while the number is checked.
    try:
        number = phonenumbers.parse(_PLACES.sub("0" * places, text), None)
    except phonenumbers.NumberParseException:
        return None
    if not (places or phonenumbers.is_possible_number(number)):
        return None
    whole = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return whole[: len(whole) - places] + "X" * places
