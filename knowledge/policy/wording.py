"""Small phrases shared by the calculations: days, counts, fees, and the inputs as they were understood."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from knowledge.policy.countries import country_name
from knowledge.policy.fields import Field, Policy
from knowledge.policy.inputs import Item
from knowledge.policy.money import CURRENCIES, Money

_HISSING = ("s", "x", "z", "ch", "sh")
_VOWELS = "aeiou"


def day_text(day: date) -> str:
    """A date as people of every country read it: 22 November 2026."""
    return f"{day.day} {day:%B %Y}"


def moment_text(moment: datetime) -> str:
    """A day and time with its distance from UTC: 30 November 2026, 22:00 (UTC+01:00)."""
    clock = f"{moment:%H:%M:%S}" if moment.second else f"{moment:%H:%M}"
    return f"{day_text(moment)}, {clock} ({moment:%Z})" if moment.tzinfo else f"{day_text(moment)}, {clock}"


def counted(count: int, noun: str) -> str:
    """A number with its noun in singular or plural: 1 day, 2 days, 0 boxes, 1,200 CLASSOUND Flats."""
    return f"{count:,} {noun if count == 1 else plural(noun)}"


def plural(noun: str) -> str:
    """The plural of a noun that follows the rules: days, boxes, entries, master boxes."""
    if noun.endswith(_HISSING):
        return f"{noun}es"
    if noun.endswith("y") and noun[-2:-1] not in _VOWELS:
        return f"{noun[:-1]}ies"
    return f"{noun}s"


def listed(parts: Iterable[str], last: str = "and") -> str:
    """Some words in a row: “A”, “A and B”, “A, B and C”."""
    words = list(parts)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def fee_text(fee: Money) -> str:
    """A fee in its currency, or in all of them alike where none is known: 50.00 USD, EUR or GBP."""
    return str(fee) if fee.currency else f"{fee} {listed(CURRENCIES, 'or')}"


def exact_text(money: Money) -> str:
    """An amount with all its decimals, for sums that are rounded only at their end: 4.9995 EUR."""
    if money.amount == money.rounded:
        return str(money)
    amount = f"{money.amount:,f}".rstrip("0")
    return f"{amount} {money.currency}" if money.currency else amount


def rounded_text(money: Money) -> str:
    """The result of a sum, with its rounding where there is one: 4.9995 EUR, rounded 5.00 EUR."""
    return str(money) if money.amount == money.rounded else f"{exact_text(money)}, rounded {money}"


def echo(policy: Policy, values: Mapping[str, Any]) -> dict[str, str]:
    """The inputs as understood, label → text, in the order they are asked for; what is not given is left out."""
    return {
        field.label: _value_text(field, values[field.name])
        for field in policy.fields
        if values.get(field.name) is not None
    }


def _value_text(field: Field, value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, date):
        return day_text(value)
    if field.kind == "choice":
        return field.choices.get(value, str(value))
    if field.kind == "country":
        return country_name(value.strip().upper())
    if field.kind == "items":
        return "; ".join(map(item_text, value))
    if field.kind == "tiers":
        return listed(f"{count} {tier.title()}" for tier, count in value.items())
    return str(value).strip()


def item_text(item: Item) -> str:
    """One line of an order: 2 × WP480 of 12 May 2023, 120.00 EUR each."""
    if item.quantity > 1:
        what = f"{item.quantity} × {item.name} of " if item.name else f"{counted(item.quantity, 'item')} of "
        price = f", {item.price} {'each' if item.each else 'together'}" if item.price else ""
    else:
        what = f"{item.name} of " if item.name else ""
        price = f", {item.price}" if item.price else ""
    return f"{what}{day_text(item.day)}{price}"
