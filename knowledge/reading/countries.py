"""Countries in a sentence: by name, adjective or ISO code (“Germany”, “German numbers”, “UK”, “DE”)."""

from __future__ import annotations

import re
from pathlib import Path

from knowledge import strict_yaml
from knowledge.reading.found import Found, longest_first

_NAMES: dict[str, list[str]] = strict_yaml.load((Path(__file__).parent / "countries.yml").read_text(encoding="utf-8"))
_CODES = {name: code for code, names in _NAMES.items() for name in names}
_PREFIX = r"(?<![\w-])"
_NOT_NEW = re.compile(r"\bnew (?:mexico|jersey)\b", re.IGNORECASE)  # neither Mexico nor Jersey
_NAME = re.compile(
    rf"{_PREFIX}(?:{'|'.join(map(re.escape, sorted(_CODES, key=len, reverse=True)))})(?![\w-])", re.IGNORECASE
)
# Two capital letters are often something else (IT department, CN for credit note, LT, S/N): most count only after
# “in”, “for” and so on, some only after “country”.
_SURE = re.compile("DE|FR|ES|GB|US|CH|NL|PL|PT|CZ|SK|HU|DK|SE|FI|GR|RO|BG|UA|BR|MX|AU|NZ|JP|ZA|AE")
_OTHER_MEANING = {"CC", "CN", "HW", "LT", "MS", "PC", "SN"}
_CODE = re.compile(
    r"(?<![\w/.-])(?P<before>(?:in|from|for|country:?|of)\s+(?:the\s+)?)?(?P<code>[A-Z]{2})(?![\w/.'’-])"
)
_NOT_IT = re.compile(r"\s+(?:department|team|people|guy|staff|manager|admin|support|system|is|has|was|works?)\b", re.I)


def find_countries(text: str) -> list[Found[str]]:
    """ISO codes of the countries that a text names."""
    found = [
        Found(match.start(), match.end(), match.group(), (_CODES[match.group().lower()],))
        for match in _NAME.finditer(text)
        if not _NOT_NEW.match(text, max(0, match.start() - len("new ")))
    ]
    alone = text.strip(" .,;!?")
    if alone.upper() in _NAMES and len(alone) == 2:  # the answer to “which country?”
        start = text.index(alone)
        return [Found(start, start + 2, alone, (alone.upper(),))]
    for match in _CODE.finditer("" if text.isupper() else text):
        code, before = match["code"], (match["before"] or "").lower()
        introduced = before and not _NOT_IT.match(text, match.end()) and code not in _OTHER_MEANING
        if code in _NAMES and (_SURE.fullmatch(code) or introduced or "country" in before):
            found.append(Found(match.start("code"), match.end("code"), code, (code,)))
    return longest_first(found)
