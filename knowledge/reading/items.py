"""Lines of an order in a message: “2 phones on 3 May 2023 for 300 EUR and a base on 1 June 2024 for 150”."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from knowledge.policy.fields import InvalidInput
from knowledge.policy.inputs import Item, checked_price
from knowledge.policy.money import Money
from knowledge.policy.wording import day_text
from knowledge.reading.amounts import FoundMoney
from knowledge.reading.day_words import FoundDay
from knowledge.reading.found import Found
from knowledge.reading.read import Known

_MORE = re.compile(r"\b(?:also|another|plus|too|as well|additionally|in addition|more)\b", re.IGNORECASE)
_EACH = re.compile(r"\b(?:each|apiece|a piece|per (?:piece|unit|item|phone|device|one|pc))\b", re.IGNORECASE)
_UNCOUNTED = re.compile(r"\s*(?:years?|months?|weeks?|days?|%|percent|st\b|nd\b|rd\b|th\b)", re.IGNORECASE)


@dataclass(frozen=True)
class ReadItems:
    """Lines of an order; `part` is a price and quantity without a day; `unclear`: (text, readings, reason)."""

    items: list[Item] = field(default_factory=list)
    unclear: list[tuple[str, tuple[Any, ...], str]] = field(default_factory=list)
    part: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


def read_items(
    text: str,
    days: Sequence[FoundDay],
    money: Sequence[FoundMoney],
    counts: Sequence[Found[int]],
    known: Known,
    name: str,
    today: date,
) -> ReadItems:
    """The order lines that a message names or changes.

    A day without a price takes over what is known of a single line, and the other way round. A bare
    year changes the year of the day that is known.
    """
    old: list[Item] = list(known.values.get(name, ()))
    counts = [count for count in counts if count.readings and not _UNCOUNTED.match(text, count.end)]
    unclear: list[tuple[str, tuple[Any, ...], str]] = [
        (count.text, (), f"A quantity of {count.value} cannot be: the number is not negative or zero.")
        for count in counts
        if count.value < 1
    ]
    counts = [count for count in counts if count.value >= 1]
    prices = [_price(name, found, unclear) for found in money]
    if not days:
        return _changed(old, [p for p in prices if p], counts, known, unclear, each=_each(text, money))
    if any(found.readings for found in days):  # “18 months ago … this week”: a week beside a day names no other day
        days = [found for found in days if found.readings or found.period is None]
    clear, note = [], ""
    for found in days:
        day = found.in_year_of(old[0].day) if len(old) == 1 and not found.readings else None
        if day is not None:
            found = replace(found, readings=(day,), note=f"Only the year was named: {day_text(day)} is taken.")
        past = tuple(day for day in found.readings if day <= today)
        if found.readings and not past:
            unclear.append((found.text, (), f"{day_text(found.readings[0])} is in the future."))
        elif len(past) != 1:
            unclear.append((found.text.strip(), past, found.reason))
        else:
            clear.append((found, past[0]))
            note = note or found.note
    lines = []
    for i, (found, day) in enumerate(clear):
        around = (clear[i - 1][0].end if i else 0, clear[i + 1][0].start if i + 1 < len(clear) else len(text))
        price = _of_line(i, found, len(clear), money, prices, (found.end, around[1]))
        count = _of_line(i, found, len(clear), counts, [c.value for c in counts], (around[0], found.start))
        own = money[i].each if len(money) == len(clear) else _each(text, money)
        each = price is not None and (own if len(clear) > 1 else _each(text, money))
        lines.append(Item(day, price, count if count is not None else 1, each=each))
    part = _part(prices, counts, text, money) if not lines else {}
    if len(lines) == 1 and not _MORE.search(text):
        base = old[0] if len(old) == 1 else Item(lines[0].day, **known.part)
        lines = [
            replace(
                base,
                day=lines[0].day,
                price=lines[0].price or base.price,
                quantity=lines[0].quantity if counts else base.quantity,
                each=lines[0].each if lines[0].price else base.each,
            )
        ]
    elif lines and old and _MORE.search(text):
        lines = [*old, *lines]
    return ReadItems(lines, unclear, part, note)


def _changed(
    old: list[Item],
    prices: list[Money],
    counts: Sequence[Found[int]],
    known: Known,
    unclear: list[tuple[str, tuple[Any, ...], str]],
    *,
    each: bool,
) -> ReadItems:
    """A message without a day: price or quantity of the line that is known, or of the one to come."""
    if unclear or not (prices or counts):
        return ReadItems(unclear=unclear)
    said: dict[str, Any] = {"price": prices[0], "each": each} if prices else {}
    if counts:
        said["quantity"] = counts[0].value
    if len(old) == 1:
        return ReadItems([replace(old[0], **said)])
    return ReadItems(part={**known.part, **said}) if not old else ReadItems()


def _part(
    prices: Sequence[Money | None], counts: Sequence[Found[int]], text: str, money: Sequence[FoundMoney]
) -> dict[str, Any]:
    """What is known of a line whose day must still be asked for."""
    part: dict[str, Any] = {}
    if len(prices) == 1 and prices[0]:
        part |= {"price": prices[0], "each": _each(text, money)}
    if len(counts) == 1:
        part["quantity"] = counts[0].value
    return part


def _price(name: str, found: FoundMoney, unclear: list[tuple[str, tuple[Any, ...], str]]) -> Money | None:
    if len(found.readings) != 1:
        unclear.append((found.text.strip(), found.readings, found.reason))
        return None
    try:
        return checked_price(name, found.readings[0])
    except InvalidInput as refused:
        unclear.append((found.text.strip(), (), refused.reason))
        return None


def _of_line(
    position: int,
    day: FoundDay,
    lines: int,
    found: Sequence[Found[Any]],
    values: Sequence[Any],
    place: tuple[int, int],
) -> Any:
    """The value of a line: the one at its place where there are as many as days, else the one beside its day."""
    if len(found) == lines:
        return values[position]
    if lines == 1 and found:
        nearest = min(
            range(len(found)), key=lambda i: min(abs(found[i].start - day.end), abs(day.start - found[i].end))
        )
        return values[nearest]
    inside = [i for i, one in enumerate(found) if place[0] <= one.start and one.end <= place[1]]
    return values[inside[0]] if len(inside) == 1 else None


def _each(text: str, money: Sequence[FoundMoney]) -> bool:
    return any(found.each for found in money) or (bool(money) and _EACH.search(text) is not None)
