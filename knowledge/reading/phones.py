"""DID numbers and ranges in a sentence: +4989123450XX, 0049 89 1234 5678, a national number with its country."""

from __future__ import annotations

import re

import phonenumbers

from knowledge.reading.found import Found, just_before

_SEPARATOR = "[ \u00a0.()/\u2010-\u2015-]"
_PHONE = re.compile(
    rf"(?<![\w.,:/+*-])(?P<plus>\+(?! )|(?<![0-9)] )\+ (?!0)|\(?00{_SEPARATOR}?)?"
    rf"(?P<digits>\(?[0-9](?:{_SEPARATOR}{{0,3}}[0-9*]){{4,20}})(?:{_SEPARATOR}?(?P<range>[xX]{{1,6}}))?(?![\w*]|[.:/-][0-9])"
)
_DATE = re.compile(r"(?:[0-9]{1,2}([./-])[0-9]{1,2}\1[0-9]{2,4}|[0-9]{4}([./-])[0-9]{1,2}\2[0-9]{1,2})")
_NAMED = re.compile(
    r"\b(?:dids?|numbers?|nr\.?|tel\.?|phone|fax|range|block|ported?|call|main|no\.?)(?:\s+(?:is|are|of|range|number|from|to))*"
    r"\s*[:#]?\s*$",
    re.IGNORECASE,
)
_SHORTEST = 7  # digits of a number without its country that is not announced as one


def find_phones(text: str, country: str | None = None, asked: bool = False) -> list[Found[str]]:
    """DID numbers in international form, a range with its X: “+4989123450XX”.

    Args:
        country: ISO code of the country of numbers written without their country code.
        asked: a number was asked for, so that digits alone are one, too.

    Returns:
        A national number without a known country and one that cannot exist come with no reading and
        the reason. Hidden digits (*) and more than three X are kept: the rule says what to do.
    """
    found = []
    for match in _PHONE.finditer(text):
        digits = re.sub(r"[^0-9*]", "", match["digits"])
        if not match["plus"] and not _is_national(text, match, digits, asked):
            continue
        readings, reason = _read(match["plus"], digits, (match["range"] or "").upper(), country)
        found.append(Found(match.start(), match.end(), match.group(), readings, reason))
    return found


def _is_national(text: str, match: re.Match[str], digits: str, asked: bool) -> bool:
    """Whether digits without + or 00 are a phone number, and not a date, an amount or a code."""
    if _DATE.fullmatch(match["digits"]):
        return False
    announced = bool(_NAMED.search(just_before(text, match.start())))
    return (
        bool(match["range"] and len(digits) > 3)
        or asked
        or announced
        or (digits.startswith("0") and len(digits) >= _SHORTEST)
    )


def _read(plus: str | None, digits: str, suffix: str, country: str | None) -> tuple[tuple[str, ...], str]:
    if not plus and (country is None or "*" in digits):
        return (), "Please give the number with its country code, such as +49…, or name the country."
    if "*" in digits:  # as in the published example: kept as written, and nothing can be checked
        return (f"+{digits}{suffix}",), ""
    # The digits behind X are only places: zeros stand for them while the number is checked.
    whole = f"{'+' if plus else ''}{digits}{'0' * len(suffix)}"
    try:
        number = phonenumbers.parse(whole, None if plus else country)
    except phonenumbers.NumberParseException:
        return (), f"{whole} is not a phone number that exists. Please write it again with its country code."
    short = len(digits) + len(suffix) < _SHORTEST
    if short or (not suffix and not phonenumbers.is_possible_number(number)):
        return (), f"{_shown(number, suffix)} has too many or too few digits. Please write it again."
    return (_shown(number, suffix),), ""


def _shown(number: phonenumbers.PhoneNumber, suffix: str) -> str:
    whole = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{whole[: len(whole) - len(suffix)]}{suffix}"


def country_of(number: str) -> str | None:
    """ISO code of the country of a number in international form; None where several share it or it has none."""
    try:
        parsed = phonenumbers.parse(number.rstrip("X") + "0" * (len(number) - len(number.rstrip("X"))), None)
    except phonenumbers.NumberParseException:
        return None
    region = phonenumbers.region_code_for_number(parsed)
    if region is None:
        regions = phonenumbers.region_codes_for_country_code(parsed.country_code or 0)
        return regions[0] if len(regions) == 1 else None
    return region if region.isalpha() else None
