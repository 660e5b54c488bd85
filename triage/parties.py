"""Who or what moves from where to where: numbers between PBXs, customers and resellers between partners."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from triage.codes import Code
from triage.names import NAME, find_name, tidy
from triage.patterns import content, pattern

OWN = "own company"  # “to us”: the writer's own company counts as given
_MOST = 12


def moved(plain: str, text: str, codes: Sequence[Code]) -> tuple[str, str]:
    """The PBX that numbers are on and the one they shall go to; "" where it isn't said.

    A name counts where it is called a system, or where two names face each other (“from Graz to Linz”).

    Args:
        plain: the text with codes blanked out; `codes` those of PBXs, with their places.
    """
    places: list[tuple[int, str, str]] = [(code.start, code.text, _side(text[: code.start])) for code in codes]
    if not codes and (arrow := _arrow().search(plain)) and tidy(arrow["name"]) and tidy(arrow["other"]):
        return tidy(arrow["name"]), tidy(arrow["other"])
    weak: set[str] = set()
    for which in ("from", "to") if len(places) < 2 else ():  # two codes say it all
        for tries, match in enumerate(_named(which).finditer(plain)):
            name = tidy(match["name"])
            if name and tries < _MOST and all(abs(match.start("name") - place) > 1 for place, _, _ in places):
                places.append((match.start("name"), name, _side(plain[: match.start("name")])))
                if not _is_called_system(plain[: match.start("name")]):
                    weak.add(name)
    for match in _beside_system().finditer(plain) if len(codes) < 2 else ():
        name = tidy(match["name"])
        weak.discard(name)
        if name and all(not (name == known or match.start("name") == place) for place, known, _ in places):
            places.append((match.start("name"), name, _side(plain[: match.start("name")])))
    sides = {side for _, name, side in places if name in weak}
    if codes or sides != {"from", "to"}:
        places = [place for place in places if place[1] not in weak]
    places.sort()
    source = next((value for _, value, side in places if side == "from"), "")
    target = next((value for _, value, side in places if side == "to" and value != source), "")
    spare = list(dict.fromkeys(value for _, value, _ in places if value not in (source, target)))
    if len(spare) == 1 and bool(source) != bool(target):  # where one side is said, the only other place is the other
        return source or spare[0], target or spare[0]
    return source, target


def _side(before: str) -> str:
    """Whether the words before a place say that numbers come from there or go there; the nearest counts."""
    before = re.split(r"[.!?]\s|\n", pattern("names", "system_of", whole_words=False).sub("", before[-80:]))[-1]
    found: dict[str, tuple[int, int]] = {}
    for which in ("from", "to"):
        ends = [(match.end(), match.end() - match.start()) for match in _side_words(which).finditer(before)]
        if ends and not re.search(r"[□;]|\b(?:from|to)\b", before[ends[-1][0] :]):
            found[which] = ends[-1]
    return max(found, key=lambda which: found[which]) if found else ""


def _is_called_system(before: str) -> bool:
    """Whether the words before a name call it a system: “the PBX of”."""
    found = _system_words().search(before[-60:])
    return found is not None and pattern("names", "system_words").search(found.group()) is not None


@cache
def _system_words() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{content('names')['system']})$", re.IGNORECASE)


@cache
def _side_words(which: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{content('names')[which][0]})(?!\w)", re.IGNORECASE)


@cache
def _arrow() -> re.Pattern[str]:
    return re.compile(rf"{NAME} ?(?:->|-->|→|=>|>>) ?{NAME.replace('?P<name>', '?P<other>')}")


@cache
def _named(which: str) -> re.Pattern[str]:
    words, system = content("names")[which][0], content("names")["system"]
    return re.compile(rf"(?<!\w)(?i:{words}) (?i:{system})(?i:(?:the|our|customer|client) )*[\"'“]?{NAME}")


@cache
def _beside_system() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w’'-]){NAME}(?i:(?:'s|’s)? (?:pbx|system|one|machine))(?!\w)")


def ownership(text: str) -> dict[str, str]:
    """Who moves, from which partner, to which: a name, or the writer's own company."""
    found: dict[str, str] = {}
    for field, key in (("from_party", "party_from"), ("to_party", "party_to")):
        for match in _party(key).finditer(text):
            said = match["name"] and tidy(match["name"])
            value = said or (OWN if match["own"] else "")
            if value:
                found[field] = value
                break
    who = find_name(text, "moving")
    if who and who not in found.values():
        found["moving_party"] = who
    elif reseller := pattern("names", "moving_plain").search(text):
        found["moving_party"] = reseller.group()
    return found


@cache
def _party(key: str) -> re.Pattern[str]:
    words, own = content("names")[key], content("names")["own_company"]
    return re.compile(rf"(?<!\w)(?i:{words})(?:(?P<own>(?i:{own}))(?!\w)|[\"'“]?{NAME})")
