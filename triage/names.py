"""Names in a text: a PBX by its customer, persons, partners. Read where the words of names.yml announce them."""

from __future__ import annotations

import re
from functools import cache

from knowledge.reading.countries import find_countries
from triage.numbers import country_of_text
from triage.patterns import content, pattern, words

_CAPITAL = r"[A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĘĚĞĢĪİĶĻŁŃŅŇŌŐŘŚŞŠŤŪŮŰŹŻŽȘȚ]"
# “Scuola Rosmini 3 licences”: a number before these is no part of a name.
_COUNTED = (
    r"(?i: (?:x |more |new |additional |extra |uc-?)*"
    r"(?:licen|users?\b|basics?\b|essentials?\b|business\b|premiums?\b|seats?\b|teams\b))"
)
_FIRST = rf"{_CAPITAL}[\w’'&.-]{{0,30}}"
_WORD = rf"(?:{_FIRST}|[0-9]{{1,3}}(?![\w.,:/-]|{_COUNTED}))"
_JOIN = (
    r"(?:de|del|della|delle|dello|dei|di|da|do|dos|du|des|la|le|les|lo|el|los|las|van|von|vom|der|den|of|the|und|y|e|et"
    r"|&|\+|and|zum|zur|am|im|in|a|à|al|alla|ter|op|og|och|i|for|for the)"
)
NAME = rf"(?P<name>{_FIRST}(?:(?: {_JOIN}){{0,2}} {_WORD}){{0,4}}(?: d\.o\.o\.| s\.r\.[lo]\.| s\.p\.a\.|/S\b)?)"
_LONGEST = 60
_MOST_TRIES = 40
_PLACE = re.compile(rf"(?<!\w)(?i:to) (?i:the )?{NAME}(?:, (?P<more>{_FIRST}))?")
# What goes there is said, so that the place need not be known.
_GOES = re.compile(
    rf"(?<!\w)(?i:deliver\w*|ship\w*|send\w*|transport\w*|freight)(?: [^\s.?!]+){{0,6}} (?i:to|in) (?i:the )?{NAME}"
)
_TITLE = re.compile(r"(?:mr|mrs|ms|herr|frau|ing|sig|sig\.ra)\.? ", re.IGNORECASE)
_CONTRACTION = re.compile(r"\w+['’](?:ll|re|ve|d|m|t)$", re.IGNORECASE)


def find_name(text: str, kind: str) -> str:
    """The name that the patterns of a kind (`pbx`, `person`, `trained`, `moving`) find first; "" where none does.

    Of a PBX's, what the weaker patterns find counts less where it is one word, for that may be anything.
    """
    single = ""
    for number in range(len(content("names")[kind])):
        weak = kind == "pbx" and number >= content("names")["strong"]
        for tries, match in enumerate(_announced(kind, number).finditer(text)):
            if tries > _MOST_TRIES:
                break
            name = tidy(match["name"])
            if not name or _is_elsewhere(text, match, kind) or (weak and not _may_be_name(name)):
                continue
            if " " in name or not weak:
                return name
            single = single or name
    return single


def find_place(text: str) -> str:
    """The first town or country that something goes to; "" where none is named."""
    for match in list(_PLACE.finditer(text))[:_MOST_TRIES]:
        name = ", ".join(filter(None, (tidy(match["name"]), match["more"] and tidy(match["more"]))))
        if name and (country_of_text(name) or find_countries(name)):
            return name
    goes = _GOES.search(text)
    return tidy(goes["name"]) if goes else ""


def _may_be_name(name: str) -> bool:
    """Whether a name found by weak evidence is neither a town, a country nor an abbreviation."""
    if " " in name:
        return True
    return not (name.isupper() or country_of_text(name) or find_countries(name))


def only_name(text: str) -> str:
    """The only name in a text that is nothing else: no person, place, carrier or signature; "" where several are."""
    found: dict[str, str] = {}
    for match in _anywhere().finditer(text):
        name = tidy(match["name"])
        begins = match.start() == 0 or text[: match.start()].rstrip(' "“(')[-1:] in ".!?:\n"
        if name and " " not in name and (begins or _is_common(text, name)):
            continue
        if name and begins and not match["name"].startswith(name):
            continue
        if name and not _is_elsewhere(text, match, "pbx") and _may_be_name(name):
            found.setdefault(name.casefold(), name)
    whole = [name for key, name in found.items() if not any(key != other and key in other for other in found)]
    return whole[0] if len(whole) == 1 else ""


def tidy(name: str) -> str:
    """A name without what is no part of it at its edges; "" where nothing is left."""
    edges, never = words("names", "not_names"), words("names", "never_within")
    parts = re.split(r"(?<=[^\W\d_]{4}[.!?])\s|(?<=[!?,;:])\s", name)[0].split(" of the ")[-1][:_LONGEST].split()
    while parts and (_plain(parts[0]) in edges or _plain(parts[0]).isdigit() or _CONTRACTION.match(parts[0])):
        parts.pop(0)
        while parts and re.fullmatch(_JOIN, parts[0]):
            parts.pop(0)
    kept: list[str] = []
    for position, part in enumerate(parts):
        if position and (part == "in" or _plain(part) in never or _CONTRACTION.match(part)):  # where it is: no name
            break
        kept.append(part)
        if part.endswith(("'s", "’s")):
            break
    while kept and (re.fullmatch(_JOIN, kept[-1]) or (_plain(kept[-1]) in never and len(kept) > 1)):
        kept.pop()
    whole = " ".join(kept)
    whole = whole if whole.endswith((".o.", ".l.", ".a.")) else whole.rstrip(".,;:!?)-'’\"”")
    whole = re.sub(r"['’]s$", "", whole)
    return whole if sum(c.isalpha() for c in whole) >= 2 else ""


def is_shouted(text: str) -> bool:
    """Whether a text is in capitals, so that they announce no names."""
    letters = [c for c in text if c.isalpha()]
    return len(letters) > 12 and sum(c.isupper() for c in letters) > 0.7 * len(letters)


def _is_elsewhere(text: str, match: re.Match[str], kind: str) -> bool:
    """Whether the words before a name say that it is somebody or something else: a carrier, a person, a town."""
    if kind not in ("pbx", "moving"):
        return False
    if _TITLE.match(match["name"]):
        return True
    start = match.start("name")
    return pattern("names", "elsewhere").search(text[max(0, start - 40) : start].rstrip() + "§") is not None


def _is_common(text: str, name: str) -> bool:
    """Whether the text has the same word in small letters."""
    return re.search(rf"(?<!\w){re.escape(name.lower())}(?!\w)", text) is not None


def _plain(word: str) -> str:
    return re.sub(r"['’]s$", "", word.strip(".,;:!?()'’\"“”").casefold())


@cache
def _anywhere() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w’'@./-]){NAME}")


@cache
def _announced(kind: str, number: int) -> re.Pattern[str]:
    before, after = content("names")[kind][number].split("{NAME}")
    start = rf"(?<!\w)(?i:{before})" if before else r"(?<![\w’'-])"
    return re.compile(rf"{start}{NAME}{f'(?i:{after})' if after else ''}")
