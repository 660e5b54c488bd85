"""Codes in a text (of PBXs, devices, invoices, orders) and what each is the number of: codes.yml."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from triage.patterns import content, pattern

# In groups, as it stands on a label: “2208 4410 0932”, “2208-4410-0932”, “9C7514 22 0D E8”, “30C7 A881 5D11”.
_GROUPS = (
    r"[0-9]{4}(?:(?: [0-9]{4}){2,3}|(?:-[0-9]{4}){2,3})|9[cC]7514(?: [0-9A-Fa-f]{2}){3}"
    r"|(?=(?:[A-F -]*[0-9]){4})[0-9A-F]{4}(?: [0-9A-F]{4} [0-9A-F]{4}|-[0-9A-F]{4}-[0-9A-F]{4})"
)
_CODE = re.compile(rf"(?<![\w+@.,€$£])(?:{_GROUPS}|[A-Za-z0-9]{{1,24}}(?:[-/_:.][A-Za-z0-9]{{1,24}}){{0,6}})(?![\w@])")
_SPACED = re.compile(r"(?<![\w+.])(?=[0-9A-F ]{0,40}[A-F])[0-9A-F]{2,4}(?: [0-9A-F]{2,4}){2,5}(?![\w.])", re.IGNORECASE)
_DEVICE_DIGITS = 12  # of a serial number that is written in groups
# “2026/4471”, but no month
_NUMBERED = re.compile(r"(?!(?:0?[1-9]|1[0-2])/20[0-9]{2})(?:[0-9]{2,4}/[0-9]{3,7}|[0-9]{3,7}/[0-9]{2,4})")
_SHORTEST = 4
_NEAR = 48  # characters before a code in which its label stands
KINDS = ("pbx", "serial", "invoice", "order", "ticket")


@dataclass(frozen=True)
class Code:
    """One code. `label` is what the words before it call it, `form` what it looks like; "" where neither tells."""

    start: int
    end: int
    text: str
    label: str
    form: str


def find_codes(text: str) -> list[Code]:
    """All codes of a text in its order; digits alone are one where they are long or a word announces them."""
    found = _spaced(text)
    for match in _CODE.finditer(text):
        code = match.group()
        if any(one.start <= match.start() < one.end for one in found):
            continue
        if len(code) < _SHORTEST or not any(c.isdigit() for c in code):
            continue
        label = _label(text, match.start(), found)
        if pattern("codes", "not_codes", whole_words=False).fullmatch(code) and not (
            label and (code.isdigit() or (label in ("invoice", "order") and _NUMBERED.fullmatch(code)))
        ):
            continue
        form = _form(code)
        if code.isdigit() and len(code) < 7 and not label:
            continue
        if sum(c.isdigit() for c in code) < 2 and not label:
            continue
        found.append(Code(match.start(), match.end(), code.upper(), label, form))
    return sorted(found, key=lambda one: one.start)


def _spaced(text: str) -> list[Code]:
    """Serial numbers of devices in groups, “9C75 14 0F 33 21”, where a word announces them."""
    found: list[Code] = []
    for match in _SPACED.finditer(text):
        code = match.group().replace(" ", "").upper()
        if len(code) == _DEVICE_DIGITS and _label(text, match.start(), []) == "serial":
            found.append(Code(match.start(), match.end(), code, "serial", "serial"))
    return found


def _label(text: str, start: int, before: list[Code]) -> str:
    prefix = text[max(0, start - _NEAR) : start]
    announced = _announced().search(prefix)
    if announced:
        return announced.lastgroup or ""
    # “orders 77120-A and 77120-B”: a list has one label.
    if before and re.fullmatch(r"\s*(?:,|and|&|\+|/|or)\s*", text[before[-1].end : start]):
        return before[-1].label
    return ""


@cache
def _announced() -> re.Pattern[str]:
    labels = content("codes")["labels"]
    groups = "|".join(rf"(?P<{kind}>(?:{'|'.join(labels[kind])}))" for kind in KINDS)
    return re.compile(rf"(?<![\w-])(?:{groups})(?![\w-]){content('codes')['between']}$", re.IGNORECASE)


def _form(code: str) -> str:
    if re.fullmatch(_GROUPS, code):
        code = re.sub("[ -]", "", code)
    for kind in content("codes")["forms"]:
        if pattern("codes", "forms", kind, whole_words=False).fullmatch(code):
            return str(kind)
    return ""
