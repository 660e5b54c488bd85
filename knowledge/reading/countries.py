"""Countries in a sentence: by name, adjective or ISO code (“Germany”, “German numbers”, “UK”, “DE”)."""

from __future__ import annotations

import re
from pathlib import Path

from knowledge import strict_yaml
from knowledge.reading.found import Found, longest_first

_NAMES: dict[str, list[str]] = strict_yaml.load(
    (Path(__file__).parent / "countries.yml").read_text(encoding="utf-8")
)
_CODES = {name: code for code, names in _NAMES.items() for name in names}
_PREFIX = r"(?<![\w-])(?<!new )(?<!New )"  # New Mexico and New Jersey are neither Mexico nor Jersey
_NAME = re.compile(
    rf"{_PREFIX}(?:{'|'.join(map(re.escape, sorted(_CODES, key=len, reverse=True)))})(?![\w-])", re.IGNORECASE
)
# Capital letters that also are words or other things (IT department, NO, S/N, WMS in …) count only after “in”, “for” …
_AMBIGUOUS = {"AD", "AI", "AM", "AS", "AT", "BE", "BY", "CC", "CD", "DO", "ID", "IN", "IS", "IT", "LA", "ME", "MY",
              "NO", "PC", "PM", "PS", "SC", "SN", "SO", "TO", "TV", "US"}
_CODE = re.compile(r"(?<![\w/.-])(?P<before>(?:in|from|for|country:?|of)\s+(?:the\s+)?)?(?P<code>[A-Z]{2})(?![\w/.'’-])")
_NOT_IT = re.compile(r"\s+(?:department|team|people|guy|staff|manager|admin|support|system|is|has|was|works?)\b", re.I)


def find_countries(text: str) -> list[Found[str]]:
    """ISO codes of the countries that a text names."""
    found = [
        Found(match.start(), match.end(), match.group(), (_CODES[match.group().lower()],))
        for match in _NAME.finditer(text)
    ]
    alone = text.strip(" .,;!?")
    if alone.upper() in _NAMES and len(alone) == 2:  # the answer to “which country?”
        start = text.index(alone)
        return [Found(start, start + 2, alone, (alone.upper(),))]
    for match in _CODE.finditer(text):
        code = match["code"]
        sure = code not in _AMBIGUOUS or code == "US"
        named = match["before"] and not _NOT_IT.match(text, match.end())
        if code in _NAMES and (sure or named) and not text.isupper():
            found.append(Found(match.start("code"), match.end("code"), code, (code,)))
    return longest_first(found)
