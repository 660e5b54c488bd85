"""DID numbers of a ticket in international form; a number without its country only where the text names it."""

from __future__ import annotations

import re
from functools import cache

import phonenumbers

from knowledge.reading.countries import find_countries
from knowledge.reading.found import Found, blanked, just_before
from knowledge.reading.phones import country_of, find_phones
from tickets.ranges import find_ranges, whole_part
from triage.codes import find_codes
from triage.patterns import content, pattern

_NEXT = re.compile(r"\s*(?:,|;|/|and\b|&|\n)\s*(?P<digits>[0-9]{10,14})(?![\w-])")
_MOST = 200  # numbers of one ticket
# In groups, as people write a number that begins with no 0 and no +: “22 540 1187”.
_GROUPED = re.compile(r"(?<![\w.,:/+*-])[1-9][0-9]{1,4}(?:[ /-][0-9]{2,4}){1,4}(?![\w*]|[.:/-][0-9]| [0-9])")
_DATE = re.compile(r"[0-9]{1,2}([/-])[0-9]{1,2}\1(?:[0-9]{2}){1,2}|[0-9]{4}([/-])[0-9]{1,2}\2[0-9]{1,2}")
_LIST = re.compile(
    r"(?P<first>\+[0-9][0-9 ()./-]{5,18}[0-9])"
    r"(?P<rest>(?:\s*(?:,|/|and|&|\+(?=\s)|;)\s*[0-9]{1,4}(?![0-9.:/\w-]|\s?[0-9]|\s[A-Z][a-z])){1,20})"
)


def find_numbers(text: str, now_asked: bool = False) -> list[Found[str]]:
    """The telephone numbers that the ticket is about, each once, in the order of the text.

    Args:
        now_asked: the text is the answer to the question for them.
    """
    country = country_of_text(text)
    whole, ranges = text, _ranges(text, now_asked)
    text = blanked(text, ranges)
    found = find_phones(text, country, asked=now_asked)
    found = sorted([*found, *_bare(blanked(text, found), country)], key=lambda one: one.start)
    kept: list[Found[str]] = []
    for one in map(_whole, found[:_MOST]):
        if len(one.readings) != 1 or _is_own(text, one):
            continue
        if not one.text.lstrip("( ").startswith(("+", "00")) and not _exists(one.readings[0]):
            continue
        kept.append(one)
    if not country:  # a later number in the country of the first
        spare = _countries(kept) or _countries([one for one in found if len(one.readings) == 1 and _is_own(text, one)])
        if len(spare) == 1:
            again = find_phones(blanked(text, kept), spare.pop(), asked=now_asked)
            kept += [one for one in again if len(one.readings) == 1 and not _is_own(text, one) and _exists(one.value)]
    kept = sorted([*kept, *_ends(text, kept)], key=lambda one: one.start)
    kept = sorted([*kept, *_without_plus(text, kept)], key=lambda one: one.start)
    kept = sorted([*kept, *(one for one in ranges if not _is_own(whole, one))], key=lambda one: one.start)
    return list({one.value: one for one in reversed(kept)}.values())[::-1]


def own_numbers(text: str) -> list[Found[str]]:
    """The numbers in a text by which its writer, or a customer's file, is reached: the ticket is not about them."""
    return [one for one in find_phones(text, country_of_text(text)) if _is_own(text, one)]


def without_kept(type_id: str, text: str, found: list[Found[str]]) -> list[Found[str]]:
    """The numbers that are to go, where a text also names those that stay (“only +48 22 555 01 42 stays”)."""
    if type_id not in content("numbers")["parted"]:
        return found
    gone = [one for one in found if not _stays(text, one)]
    return gone or found


def _countries(numbers: list[Found[str]]) -> set[str]:
    return {country for one in numbers if "X" not in one.value and (country := country_of(one.value))}


def _ranges(text: str, now_asked: bool) -> list[Found[str]]:
    return [
        Found(one.start, one.end, text[one.start : one.end], (number,))
        for one in find_ranges(text, now_asked)
        for number in one.numbers
    ]


def _whole(one: Found[str]) -> Found[str]:
    """A number without digits behind a dash that are none of it: nobody wrote the number that all would make."""
    part = whole_part(one.text)
    return Found(one.start, one.start + len(part), part, (_valid(part, None),)) if part else one


def _bare(text: str, country: str | None) -> list[Found[str]]:
    """Numbers in groups that begin with no 0 and that nothing announces, where a text names their country."""
    if country is None:
        return []
    codes = [code for code in find_codes(text) if code.label]
    found = []
    for match in _GROUPED.finditer(text):
        if any(code.start < match.end() and match.start() < code.end for code in codes):
            continue
        if not _DATE.fullmatch(match.group()) and (value := _valid(match.group(), country)):
            found.append(Found(match.start(), match.end(), match.group(), (value,)))
    return found


def _valid(written: str, country: str | None) -> str:
    """A number of a country in international form; "" where that country gives none like it."""
    try:
        number = phonenumbers.parse(written, country)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _stays(text: str, one: Found[str]) -> bool:
    before = re.split(r"[.!?;\n]\s|\n", text[max(0, one.start - 60) : one.start])[-1]
    after = re.split(r"[.!?;,\n)]\s|[.\n)]|\+", text[one.end : one.end + 40])[0]
    return bool(
        pattern("numbers", "stays_before", whole_words=False).search(before)
        or pattern("numbers", "stays").search(after)
    )


def country_of_text(text: str) -> str | None:
    """The ISO code of the only country that a text names, by its name, an adjective or a town; else None."""
    named = {one.value for one in find_countries(text) if one.readings}
    named |= {_places()[found.group().casefold()] for found in _any_place().finditer(text)}
    return named.pop() if len(named) == 1 else None


@cache
def _places() -> dict[str, str]:
    return {place.replace("\\", ""): code for code, places in content("numbers")["places"].items() for place in places}


@cache
def _any_place() -> re.Pattern[str]:
    places = sorted(map(re.escape, _places()), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(places)})(?!\w)", re.IGNORECASE)


def _ends(text: str, known: list[Found[str]]) -> list[Found[str]]:
    """“+33 5 56 55 01 80, 81 and 82”: numbers of which only the last digits are written."""
    by_start = {one.start: one.value for one in known}
    found = []
    for match in _LIST.finditer(text):
        whole = by_start.get(match.start())
        if whole is None or "X" in whole:
            continue
        for end in re.finditer(r"[0-9]+", match["rest"]):
            value = whole[: -len(end.group())] + end.group()
            place = match.start("rest") + end.start()
            if _exists(value):
                found.append(Found(place, place + len(end.group()), end.group(), (value,)))
    return found


def _without_plus(text: str, known: list[Found[str]]) -> list[Found[str]]:
    """“+39 02 12345671, 390212345672”: in a list of numbers one more, in full but for its “+”."""
    found: list[Found[str]] = []
    for one in known:
        next_one = _NEXT.match(text, one.end)
        if next_one is None or any(other.start == next_one.start("digits") for other in known):
            continue
        code = str(phonenumbers.parse(one.value.replace("X", "0"), None).country_code)
        value = f"+{next_one['digits']}"
        if next_one["digits"].startswith(code) and phonenumbers.is_valid_number(phonenumbers.parse(value, None)):
            found.append(Found(next_one.start("digits"), next_one.end("digits"), next_one["digits"], (value,)))
    return found


def _is_own(text: str, one: Found[str]) -> bool:
    """Whether a number is how the writer can be reached: announced so, or in a line of his signature."""
    line = text[text.rfind("\n", 0, one.start) + 1 :][:60]
    alone = pattern("numbers", "signature_line", whole_words=False).match(line) is not None
    before = just_before(text, one.start)
    filed = _announces("file_number", before) and not (len(one.text.split()) > 2 and _is_valid(one))
    return filed or _announces("own_number", before) or alone


def _announces(what: str, before: str) -> bool:
    return re.search(rf"(?<!\w)(?:{'|'.join(content('numbers')[what])})\W*$", before, re.IGNORECASE) is not None


def _is_valid(one: Found[str]) -> bool:
    return len(one.readings) == 1 and bool(_valid(one.readings[0], None))


@cache
def _exists(number: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number.replace("X", "0"), None))
    except phonenumbers.NumberParseException:
        return False
