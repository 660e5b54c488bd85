"""Amounts of money in a sentence: 1.2k €, EUR 1.200,00, 1,200.00, $50; “1.200 EUR” can be read in two ways."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from knowledge.policy.money import LARGEST, Currency, Money
from knowledge.reading.found import Found, just_before, longest_first

_CURRENCIES: dict[str, Currency] = {
    **dict.fromkeys(("€", "eur", "euro", "euros", "eu"), "EUR"),
    **dict.fromkeys(("$", "us$", "usd", "dollar", "dollars"), "USD"),
    **dict.fromkeys(("£", "gbp", "pound", "pounds", "quid"), "GBP"),
}
_OTHERS = r"(?:CHF|PLN|SEK|NOK|DKK|CZK|HUF|RON|CAD|AUD|JPY|INR|ZAR|BRL|francs?|zloty|kroner|kronor|yen|rupees?|₹|¥)"
_CURRENCY = rf"(?:€|US\$|\$|£|(?:eur|euros?|usd|dollars?|gbp|pounds?|quid)(?![^\W\d_])|{_OTHERS}(?![^\W\d_]))"
_SPACE = "[ \u00a0\u202f]"
_NUMBER = (
    rf"(?:[0-9]{{1,3}}(?:{_SPACE}[0-9]{{3}})+(?:[.,][0-9]{{1,4}})?|[0-9]{{1,3}}(?:['’][0-9]{{3}})+(?:[.,][0-9]{{1,4}})?"
    r"|[0-9]+(?:[.,][0-9]+)*)"
)
_SCALE = r"(?:\s?(?P<scale>k|thousand|mio|million|mln)\b|(?P<dash>[.,]-{1,2}|[.,]–))?"
_SIGN = r"(?P<sign>[-−]\s?)?"
_START = r"(?<![\w.,:/+'’-])"
_BEFORE = re.compile(
    rf"{_START}{_SIGN}(?P<currency>{_CURRENCY})\s?{_SIGN.replace('sign', 'sign2')}(?P<number>{_NUMBER}){_SCALE}", re.I
)
_AFTER = re.compile(rf"{_START}{_SIGN}(?P<number>{_NUMBER}){_SCALE}\s?(?P<currency>{_CURRENCY})", re.IGNORECASE)
# Without a currency: with decimals or thousands, or after a word for a price; any number where one was asked for.
_PRICE = (
    r"\b(?:price|prices|priced|cost|costs|costing|fee|fees|rent|rental|amount|for|at|pay|paid|paying|charge|charged|worth|"
    r"value|billed|invoiced|flat|capex)(?:\s+(?:is|was|were|of|are|it|at|to|only|just|price|a\s+month|per\s+month))*\s*[:=]?\s*$"
)
_PRICED = re.compile(_PRICE, re.IGNORECASE)
_BARE = re.compile(rf"{_START}{_SIGN}(?P<number>{_NUMBER}){_SCALE}(?![\w%/:-]|[.,][0-9])", re.IGNORECASE)
_UNIT_AFTER = re.compile(
    r"\s*-?(?:x\b|×|y\b|m\b|%|percent|years?|yrs?|months?|weeks?|days?|hours?|pcs|pieces?|units?|phones?|users?|"
    r"licen[cs]es?|basic|ess|essentials?|business|premium|dids?|numbers?|items?|devices?|handsets?|headsets?|bases?|"
    r"boxes|channels|calls|flats?|st\b|nd\b|rd\b|th\b|am\b|pm\b|o['’]?clock)",
    re.IGNORECASE,
)
_NO_NOUN = re.compile(
    r"\s*(?:$|[.,;:!?)/+&-]|(?:and|each|per|a|an|monthly|yearly|in|on|from|with|but|plus|or|for|net|vat|apiece|is|was|"
    r"bought|ordered|to|which|while|when|if|then|since|until|till|by|under|so|what|how)\b)",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_EACH = re.compile(
    r"\s*(?:each|apiece|a\s+piece|per\s+(?:piece|unit|item|phone|device|one)|/\s?(?:pc|piece|unit))\b", re.I
)


@dataclass(frozen=True)
class FoundMoney(Found[Money]):
    """An amount in a sentence. `each`: it was said to be the price of one piece."""

    each: bool = False


def find_money(text: str, asked: bool = False) -> list[FoundMoney]:
    """Amounts in a text, with their currency where one is named.

    Args:
        asked: an amount was asked for, so that a number alone is one, too.

    Returns:
        “1.200 EUR” and “1,200 EUR” with two readings (1200 and 1.20); a currency that we have no
        prices in, and an amount beyond all limits, with none and the reason.
    """
    found = [_money(text, match) for pattern in (_BEFORE, _AFTER) for match in pattern.finditer(text)]
    for match in _BARE.finditer(text):
        if _UNIT_AFTER.match(text, match.end()):
            continue
        priced = _PRICED.search(just_before(text, match.start())) and _NO_NOUN.match(text, match.end())
        precise = re.search(r"[.,][0-9]{2}$", match["number"]) or match["scale"]
        if asked or precise or (priced and not _YEAR.fullmatch(match["number"])):
            found.append(_money(text, match))
    return longest_first(found)


def _money(text: str, match: re.Match[str]) -> FoundMoney:
    groups = match.groupdict()
    place = match.start(), match.end(), match.group()
    each = bool(_EACH.match(text, match.end()))
    named = (groups.get("currency") or "").lower()
    currency = _CURRENCIES.get(named)
    if named and currency is None:
        reason = f"{groups['currency']} is not one of our currencies. Please give the amount in USD, EUR or GBP."
        return FoundMoney(*place, (), reason)
    sign = -1 if groups.get("sign") or groups.get("sign2") else 1
    amounts = [sign * amount for amount in _amounts(groups["number"], groups.get("scale") or "")]
    if named in ("$", "us$", "£") and "," in groups["number"]:
        amounts = amounts[:1]  # no country that writes the sign in front has a decimal comma
    if any(abs(amount) > LARGEST for amount in amounts):
        return FoundMoney(*place, (), f"The amount is too large: the largest is {LARGEST:,}.")
    return FoundMoney(*place, tuple(Money(amount, currency) for amount in amounts), each=each)


def _amounts(number: str, scale: str) -> list[Decimal]:
    """What the digits can mean: one amount, or two where a point or comma can be either of its kinds."""
    factor = {"": 1, "k": 1000, "thousand": 1000}.get(scale.lower(), 1_000_000)
    plain = re.sub(rf"{_SPACE}|['’]", "", number)
    marks = re.findall(r"[.,]", plain)
    if not marks:
        return [Decimal(plain) * factor]
    whole, last = re.split(r"[.,](?=[^.,]*$)", plain)
    decimal = Decimal(f"{re.sub(r'[.,]', '', whole)}.{last}") * factor
    grouped = Decimal(re.sub(r"[.,]", "", plain)) * factor
    if len(set(marks)) > 1 or plain != number:  # 1.200,50: the last is for the decimals; so it is in 1 200.50
        return [decimal]
    if len(marks) > 1:  # 1.200.000
        return [grouped]
    is_group = len(last) == 3 and len(whole) <= 3 and whole.lstrip("0") == whole and not scale
    return [grouped, decimal] if is_group else [decimal]
