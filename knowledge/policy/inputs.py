"""Inputs in JSON form, as scripts, the portal and our tables of cases give them, turned into values."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from knowledge.policy.countries import checked_country
from knowledge.policy.fields import Field, InvalidInput, Policy
from knowledge.policy.money import CURRENCIES, LARGEST, Currency, Money

FIRST_YEAR, LAST_YEAR = 1990, 2100
MOST = 1_000_000  # of anything that is counted
MOST_ITEMS = 100
LONGEST_TEXT = 200
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_AMOUNT = re.compile(r"-?\d{1,15}(\.\d{1,4})?", re.ASCII)
_ITEM_KEYS = {"date", "price", "quantity", "name", "each"}


@dataclass(frozen=True)
class Item:
    """One line of an order. The price is that of the whole line, or of one piece where `each` is said."""

    day: date
    price: Money | None = None
    quantity: int = 1
    name: str = ""
    each: bool = False


def from_json(policy: Policy, given: dict[str, Any]) -> dict[str, Any]:
    """The values of a calculation from their JSON form, by field name; null is the same as not given.

    Only the form is checked here, and that sizes are sane; whether a value makes sense the
    calculation says. The form by kind: date "2026-11-22"; moment "2026-11-30T22:00:00+01:00"; money
    {"amount": "1200.00", "currency": "EUR"} (currency may be null); count 5; yes_no true; choice,
    text and country as text; tiers {"basic": 5}; items [{"date": …, "price": …, "quantity": 2,
    "name": "WP480", "each": true}] (all but the date may be left out).

    Raises:
        InvalidInput: an unknown name, or a value of the wrong form or an insane size.
    """
    fields = {field.name: field for field in policy.fields}
    for name in given:
        if name not in fields:
            raise InvalidInput(_short(name), f"There is no input “{_short(name)}”. There are: {', '.join(fields)}.")
    return {
        name: _READERS[fields[name].kind](fields[name], value) for name, value in given.items() if value is not None
    }


def as_json(value: Any) -> Any:
    """The JSON form of a value, from which `from_json` makes the same value again."""
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    if isinstance(value, Money):
        return {"amount": format(value.amount, "f"), "currency": value.currency}
    if isinstance(value, Item):
        price = {"price": as_json(value.price), "each": value.each} if value.price else {}
        name = {"name": value.name} if value.name else {}
        return {"date": as_json(value.day), "quantity": value.quantity, **name, **price}
    if isinstance(value, (list, tuple)):
        return [as_json(part) for part in value]
    return value


def checked_price(name: str, price: Money) -> Money:
    """The price given for `name`. Raises InvalidInput where it is not more than zero, too large or not to the cent."""
    if price.amount <= 0:
        raise InvalidInput(name, f"{price} cannot be a price: it must be more than zero.")
    if price.amount > LARGEST:
        raise InvalidInput(name, f"The amount is too large: the largest is {LARGEST:,}.")
    if price.amount != price.rounded:
        raise InvalidInput(name, f"{price.amount} has too many decimals: a price goes to the cent.")
    return price


def _date(field: Field, value: Any) -> date:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise InvalidInput(field.name, f"“{_short(value)}” is not a date. Write it like this: 2026-11-22.")
    try:
        day = date.fromisoformat(value)
    except ValueError as error:
        raise InvalidInput(field.name, f"The date {value} does not exist.") from error
    return _sane_year(field, day)


def _moment(field: Field, value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidInput(
            field.name,
            f"“{_short(value)}” is not a date and time with its zone. Write it like this: 2026-11-30T22:00:00+01:00.",
        )
    _sane_year(field, moment.date())
    return moment


def _sane_year(field: Field, day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise InvalidInput(field.name, f"The year {day.year} cannot be meant: use {FIRST_YEAR} to {LAST_YEAR}.")
    return day


def _money(field: Field, value: Any) -> Money:
    if not isinstance(value, dict) or "amount" not in value or value.keys() - {"amount", "currency"}:
        raise InvalidInput(
            field.name, 'An amount is written like this: {"amount": "1200.00", "currency": "EUR"} (or currency null).'
        )
    amount = str(value["amount"]) if type(value["amount"]) is int else value["amount"]
    if not isinstance(amount, str) or not _AMOUNT.fullmatch(amount):
        raise InvalidInput(field.name, f"“{_short(amount)}” is not an amount. Write it as text like this: “1200.00”.")
    if abs(Decimal(amount)) > LARGEST:
        raise InvalidInput(field.name, f"The amount is too large: the largest is {LARGEST:,}.")
    return Money(Decimal(amount), _currency(field, value.get("currency")))


def _currency(field: Field, value: Any) -> Currency | None:
    if value is None:
        return None
    for currency in CURRENCIES:
        if value == currency:
            return currency
    raise InvalidInput(field.name, f"“{_short(value)}” is not one of the currencies {', '.join(CURRENCIES)}.")


def _count(field: Field, value: Any) -> int:
    if type(value) is not int:
        raise InvalidInput(field.name, f"“{_short(value)}” is not a whole number.")
    if value < 0:
        raise InvalidInput(field.name, f"{_short(value)} cannot be: the number is not negative.")
    if value > MOST:
        raise InvalidInput(field.name, f"The number is too large: the largest is {MOST:,}.")
    return value


def _choice(field: Field, value: Any) -> str:
    if not isinstance(value, str) or value not in field.choices:
        raise InvalidInput(field.name, f"“{_short(value)}” is not one of: {', '.join(field.choices)}.")
    return value


def _yes_no(field: Field, value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput(field.name, f"“{_short(value)}” is neither true nor false.")
    return value


def _country(field: Field, value: Any) -> str:
    return checked_country(field.name, _text(field, value))


def _text(field: Field, value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise InvalidInput(field.name, f"“{_short(value)}” is not a line of text.")
    if len(value) > LONGEST_TEXT:
        raise InvalidInput(field.name, f"The text is too long: at most {LONGEST_TEXT} characters.")
    return value.strip()


def _items(field: Field, value: Any) -> list[Item]:
    if not isinstance(value, list) or not value:
        raise InvalidInput(field.name, "A list with at least one item is needed.")
    if len(value) > MOST_ITEMS:
        raise InvalidInput(field.name, f"There are too many items: at most {MOST_ITEMS}.")
    return [_item(field, item) for item in value]


def _item(field: Field, value: Any) -> Item:
    if not isinstance(value, dict) or "date" not in value or value.keys() - _ITEM_KEYS:
        raise InvalidInput(field.name, f"Each item needs its date, and may have: {', '.join(sorted(_ITEM_KEYS))}.")
    given = {key: part for key, part in value.items() if part is not None}
    return Item(
        _date(field, given.get("date")),
        _money(field, given["price"]) if "price" in given else None,
        _count(field, given.get("quantity", 1)),
        _text(field, given["name"]) if "name" in given else "",
        _yes_no(field, given.get("each", False)),
    )


def _tiers(field: Field, value: Any) -> dict[str, int]:
    if not isinstance(value, dict) or not value or not all(isinstance(tier, str) for tier in value):
        raise InvalidInput(field.name, 'Licences are written like this: {"basic": 5, "premium": 1}.')
    licences = {_short(tier).strip().lower(): _count(field, count) for tier, count in value.items()}
    if len(licences) < len(value):
        raise InvalidInput(field.name, "A tier is given twice.")
    return licences


def _short(value: Any) -> str:
    """A value as it may be repeated in a sentence."""
    text = str(value)
    return text if len(text) <= 40 else f"{text[:40]}…"


_READERS: dict[str, Callable[[Field, Any], Any]] = {
    "date": _date,
    "moment": _moment,
    "money": _money,
    "count": _count,
    "choice": _choice,
    "yes_no": _yes_no,
    "country": _country,
    "text": _text,
    "items": _items,
    "tiers": _tiers,
}
