"""What is ordered or attached, in the writer's words: subscription, services, licences, special numbers, consents."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache

from triage.passages import Passages
from triage.patterns import content, pattern

_LONGEST = 200
_WORDS = {"zero": "0", "none": "0", "no more": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5"}
_WORDS |= {"six": "6", "seven": "7", "eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12"}
_WORDS |= {"fifteen": "15", "twenty": "20", "thirty": "30", "forty": "40", "fifty": "50", "a dozen": "12"}


def subscription(text: str) -> str:
    """Its code: 1m, 1y, 3y, 5y, lifetime; "" where none or more than one is named."""
    named = [code for code in content("fields")["subscription"] if pattern("fields", "subscription", code).search(text)]
    return str(named[0]) if named else ""


def since(text: str) -> str:
    """Since when something is so, in the writer's words."""
    never = pattern("fields", "not_since")
    for one in content("fields")["since"]:
        for match in _since(one).finditer(text):
            if not never.match(match.group()):
                said = match.group().strip(" .,")
                return re.sub(r"^(?:ever )?since (?:about |the )?|^from |^for (?:about )?", "", said, flags=re.I)
    return ""


@cache
def _since(one: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{one})(?!\w)", re.IGNORECASE)


def wanted_services(type_id: str, passages: Passages) -> str:
    """What is attached to a PBX (x-bees: also “none”), or what a demo PBX shall get."""
    if type_id == "xbees.conversion":
        if pattern("fields", "attached", "none").search(passages.text):
            some = pattern("fields", "attached", "some").search(
                pattern("fields", "attached", "none").sub(" ", passages.text)
            )
            return some.group() if some else "none"
        found = [match.group() for match in pattern("fields", "attached", "some").finditer(passages.text)]
        return ", ".join(dict.fromkeys(found))[:_LONGEST]
    for sentence in passages.content:
        for match in pattern("fields", "services").finditer(sentence):
            what = re.sub(content("fields")["demo_words"], "", match["what"], flags=re.IGNORECASE).strip(" ,.?!:")
            if not pattern("fields", "no_service", whole_words=False).fullmatch(what):
                return what[:_LONGEST]
    named = [match.group() for match in pattern("fields", "service_names").finditer(" ".join(passages.content))]
    return ", ".join(dict.fromkeys(named))[:_LONGEST]


def licences(type_id: str, passages: Passages) -> str:
    """The licences that are wanted: a number for Teams, else the words that count them."""
    text = " ".join(passages.content)
    if type_id == "classound.teams_licenses":
        for key in ("final", "plain"):
            for one in content("fields")["licences"][key]:
                if match := _count(one).search(text):
                    return _WORDS.get(match["n"].casefold(), match["n"])
        if pattern("fields", "no_licences").search(text):
            return "0"
        return ""
    if pattern("fields", "licence_words").search(text):
        return _clause(text)
    return ""


def _clause(text: str) -> str:
    """The clause that counts licences, from its verb on."""
    clauses = [part for part in re.split(r"[,;:]\s|[.!?]\s|\n|\bso please\b", text) if part]
    counted = [part for part in clauses if pattern("fields", "licence_words").search(part)] or [text]
    best = max(counted, key=lambda part: len(pattern("fields", "licence_verbs").findall(part)))
    verb = pattern("fields", "licence_verbs").search(best)
    words = pattern("fields", "licence_words").search(best)
    start = min(one.start() for one in (verb, words) if one) if verb or words else 0
    return best[start : start + _LONGEST].strip(" .")


@cache
def _count(one: str) -> re.Pattern[str]:
    counted = content("fields")["licences"]["count"]
    return re.compile(rf"(?<!\w)(?:{one.replace('{C}', f'(?:{counted})')})(?!\w)", re.IGNORECASE)


def special_number(text: str, codes: Collection[str]) -> str:
    """A short or premium number that shall be reachable, as written: the longest of several."""
    before = re.compile(content("fields")["not_special_before"], re.IGNORECASE)
    found = []
    for match in pattern("fields", "special", whole_words=False).finditer(text):
        said = match["code"].strip(" .-/")
        digits = re.sub(r"\D", "", said)
        if digits in codes or before.search(text[max(0, match.start() - 30) : match.start()]):
            continue
        if 3 <= len(digits) <= 13 and not _LOOKS_LIKE_DATE.fullmatch(said) and not re.fullmatch(r"20[0-9]{2}", said):
            found.append(said)
    return max(found, key=len, default="")


_LOOKS_LIKE_DATE = re.compile(r"[0-9]{1,2}[./-][0-9]{1,2}(?:[./-][0-9]{2,4})?|[0-9]{4}-[0-9]{2}-[0-9]{2}")


def confirmations(text: str) -> str:
    """What is said of the written confirmations; "" where it is only asked which are needed."""
    for sentence in re.split(r"(?<=[.!?;])\s+|\n", text):
        if sentence.rstrip().endswith("?"):
            continue
        match = pattern("fields", "confirmations").search(sentence)
        if match and not re.search(content("fields")["no_confirmations"], sentence[: match.start()], re.IGNORECASE):
            return sentence[:_LONGEST].strip()
    return ""
