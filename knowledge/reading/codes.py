"""Names of single things in a sentence: serial numbers, invoice and order numbers, WMS versions."""

from __future__ import annotations

import re

from knowledge.reading.found import Found, longest_first

_NUMBER_WORD = r"(?:\s*(?:numbers?|no\.?|nr\.?|num\.?|id|n[°º]|#)){0,2}"
_IS = r"\s*(?:is|are|was|:|=|#)?\s*"
_CODE = r"(?P<code>[A-Za-z0-9](?:[A-Za-z0-9]|[-_./:](?=[A-Za-z0-9])){3,31})(?![\w])"
_SERIAL = re.compile(rf"\b(?:s/?n|serials?|seriennummer|matricola){_NUMBER_WORD}{_IS}{_CODE}", re.IGNORECASE)
_MAC = re.compile(r"(?<![\w:-])(?P<code>[0-9A-F]{2}(?:[:-][0-9A-F]{2}){5}|9C7514[0-9A-F]{6})(?![\w:-])", re.IGNORECASE)
_INVOICE = re.compile(rf"\b(?:invoices?|inv\.?|fattura|rechnung|bills?){_NUMBER_WORD}{_IS}{_CODE}", re.IGNORECASE)
_INVOICE_CODE = re.compile(
    r"(?<![\w/-])(?P<code>(?:INV|FT)[-_/ ]?[0-9][A-Z0-9/_-]{2,24}|(?:RE|SI)-[0-9][0-9/_-]{3,24})(?!\w)", re.I
)
# “orders 5000 phones” names no order: a short number needs the word “number”.
_ORDER = re.compile(
    rf"\b(?:order|po|purchase\s+order)(?:\s*(?:numbers?|no\.?|nr\.?|id|#)|(?=\s*:?\s*[\w/-]{{6}})){_IS}{_CODE}", re.I
)
_ORDER_CODE = re.compile(r"(?<![\w/-])(?P<code>(?:ORD|SO|PO)[-_/ ]?[0-9][A-Z0-9/_-]{2,24})(?!\w)", re.IGNORECASE)
_ALONE = re.compile(rf"\s*#?{_CODE}[.!]?\s*")
_DATE = re.compile(r"[0-9]{1,2}([./-])[0-9]{1,2}\1[0-9]{2,4}|[0-9]{4}([./-])[0-9]{1,2}\2[0-9]{1,2}|(?:19|20)[0-9]{2}")

_DOTTED = r"[0-9]{1,2}(?:\.(?:[0-9]{1,8}|x))*"
_VERSION = re.compile(
    rf"\b(?:wms|pbx\s+version|version|ver\.?|release|firmware|v\.?)\s*(?:version|ver\.?|v\.?|release|is|:)?\s*(?P<code>{_DOTTED})(?![\w]|[.-][0-9])",
    re.IGNORECASE,
)
_LIFETIME_VERSION = re.compile(  # 3.88, where it is no price
    r"(?<![\w.,€$£])(?<![€$£] )(?P<code>3\.8[0-9x])(?![\w]|[.,][0-9]|\s?(?:€|\$|£|eur|usd|gbp|dollar|pound))",
    re.IGNORECASE,
)
_VERSION_ALONE = re.compile(rf"\s*v?(?P<code>{_DOTTED})\s*[.!]?\s*", re.IGNORECASE)


def find_serials(text: str, asked: bool = False) -> list[Found[str]]:
    """Serial numbers in capital letters; `asked`: the whole text is the answer to the question for one."""
    return _found(text, (_SERIAL, _MAC), asked)


def find_invoices(text: str, asked: bool = False) -> list[Found[str]]:
    """Invoice numbers; `asked`: the whole text is the answer to the question for one."""
    return _found(text, (_INVOICE, _INVOICE_CODE), asked)


def find_orders(text: str, asked: bool = False) -> list[Found[str]]:
    """Order numbers; `asked`: the whole text is the answer to the question for one."""
    return _found(text, (_ORDER, _ORDER_CODE), asked)


def find_versions(text: str, asked: bool = False) -> list[Found[str]]:
    """WMS versions as written, without the name: 3.88, 4, 5.03.20210623.1, 3.x."""
    found = [
        Found(match.start(), match.end(), match.group(), (match["code"].lower(),))
        for pattern in (_VERSION, _LIFETIME_VERSION)
        for match in pattern.finditer(text)
    ]
    if not found and asked and (match := _VERSION_ALONE.fullmatch(text)):
        return [Found(match.start("code"), match.end("code"), match["code"], (match["code"].lower(),))]
    return longest_first(found)


def _found(text: str, patterns: tuple[re.Pattern[str], ...], asked: bool) -> list[Found[str]]:
    """Codes after their name or in a form of their own; a word without a digit or a date is none."""
    found = [
        Found(match.start(), match.end(), match.group(), (match["code"].upper(),))
        for pattern in patterns
        for match in pattern.finditer(text)
        if _is_code(match["code"])
    ]
    if not found and asked and (match := _ALONE.fullmatch(text)) and _is_code(match["code"]):
        return [Found(match.start("code"), match.end("code"), match["code"], (match["code"].upper(),))]
    return longest_first(found)


def _is_code(code: str) -> bool:
    return (
        bool(re.search(r"[0-9]", code)) and not _DATE.fullmatch(code) and not re.fullmatch(r"[0-9]+(st|nd|rd|th)", code)
    )
