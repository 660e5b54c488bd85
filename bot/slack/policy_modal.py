"""The values of a calculation as a form: its inputs as the calculation describes them, checked as in the chat."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from bot.slack import modal
from bot.slack.blocks import words
from bot.slack.modal import Entry
from knowledge.policy import inputs
from knowledge.policy.countries import checked_country, country_codes, country_name
from knowledge.policy.fields import Field, InvalidInput, Policy
from knowledge.policy.inputs import Item, checked_price, from_json
from knowledge.policy.money import CURRENCIES, LARGEST, Money
from knowledge.policy.parameters import tables
from knowledge.policy.wording import echo
from knowledge.reading.countries import find_countries

_CURRENCY: Final = "@currency"  # of all amounts of the form; no input is called so
_MORE_LINES: Final = 3  # empty lines of an order beyond those that are known
_MOST_LINES: Final = 40  # of an order; further ones stay as they are
_WHOLE = re.compile(r"-?[0-9]{1,15}", re.ASCII)
_SMALLEST: Final = "0.01"
_YES, _NO = "yes", "no"


@dataclass
class Read:
    """What a form says: values in JSON form, and by entry what is wrong."""

    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def readable(policy: Policy, values: dict[str, Any]) -> bool:
    """Whether values in JSON form are such as the calculation takes."""
    try:
        from_json(policy, values)
    except InvalidInput:
        return False
    return True


def opened_with(data: Mapping[str, Any]) -> dict[str, Any]:
    """What is known where the chat asks, in JSON form; a line of an order may still lack its day."""
    values, part = dict(data.get("values") or {}), data.get("part")
    if part and len(values.get("items", [])) < _MOST_LINES:
        values["items"] = [*values.get("items", []), part]
    return values


def entries(policy: Policy, known: Mapping[str, Any]) -> list[Entry]:
    """The form's inputs.

    Args:
        known: what it is opened with.
    """
    found: list[Entry] = []
    for one in policy.fields:
        optional = not _required(policy, one)
        if one.kind == "items":
            found += _lines(one, known.get(one.name) or [], optional=optional)
        elif one.kind == "tiers":
            counts = known.get(one.name) or {}
            found += [
                Entry(
                    f"{one.name}.{tier}",
                    tier.title(),
                    _count(counts.get(tier)),
                    one.question if number == 0 else "",
                    optional=True,
                )
                for number, tier in enumerate(_tiers())
            ]
        else:
            element = _element(one, known.get(one.name), optional=optional)
            found.append(Entry(one.name, one.label, element, one.question, optional))
    if any(one.kind in ("money", "items") for one in policy.fields):
        named = {str(one["currency"]) for one in _amounts(known) if one.get("currency")}
        chosen = named.pop() if len(named) == 1 else None
        options: dict[str, str] = {one: one for one in CURRENCIES}
        element = modal.choice(options, chosen, optional=True)
        found.append(Entry(_CURRENCY, words()["form_currency"], element, words()["form_currency_hint"], optional=True))
    return found


def read(policy: Policy, given: Mapping[str, str], known: Mapping[str, Any], now: datetime) -> Read:
    """The values that a form was filled in with, and what the chat would say against them.

    Args:
        given: what was typed, by entry.
        known: what it was opened with.
        now: the present moment, with its zone.
    """
    found = Read()
    first: dict[str, str] = {}
    for one in policy.fields:
        first[one.name] = _first_entry(one)
        try:
            value = _value(one, given, known.get(one.name))
            if value is not None:
                _check(one, from_json(policy, {one.name: value})[one.name])
                found.values[one.name] = value
        except InvalidInput as refused:
            found.errors[first[one.name]] = refused.reason
    if found.errors:
        return found
    typed = from_json(policy, found.values) | {
        one.name: now for one in policy.fields if one.default_now and one.name not in found.values
    }
    missing = policy.missing(typed)
    found.errors = {first[one.name]: words()["form_needed"].format(question=one.question) for one in missing}
    if not missing:
        try:
            policy.compute(typed, now.date())
        except InvalidInput as refused:
            found.errors[first.get(refused.field) or next(iter(first.values()))] = refused.reason
    return found


def shown(policy: Policy, values: Mapping[str, Any]) -> dict[str, str]:
    """Values in JSON form in words, by label."""
    return echo(policy, from_json(policy, dict(values)))


def _required(policy: Policy, one: Field) -> bool:
    """Whether a value is needed whatever the others are."""
    if one.optional or not one.needed({}):
        return False
    return all(one.needed({other.name: sample}) for other in policy.fields for sample in _samples(other))


def _samples(one: Field) -> list[Any]:
    """Values that an input can have, for looking whether another is needed beside them."""
    if one.kind == "choice":
        return [*one.choices]
    found: dict[str, list[Any]] = {
        "date": [date.today()],
        "moment": [datetime.now(UTC)],
        "money": [Money(Decimal(1))],
        "count": [1],
        "yes_no": [True, False],
        "country": ["IT"],
        "text": ["1"],
        "items": [[Item(date.today())]],
        "tiers": [{_tiers()[0]: 1}],
    }
    return found[one.kind]


def _element(one: Field, value: Any, *, optional: bool) -> modal.Element:
    match one.kind:
        case "date":
            return modal.day(value)
        case "moment":
            return modal.moment(int(datetime.fromisoformat(value).timestamp()) if value else None)
        case "money":
            return _amount(value)
        case "count":
            return _count(value)
        case "choice":
            return modal.choice(one.choices, value, optional=optional)
        case "yes_no":
            known = {True: _YES, False: _NO}.get(value)
            options = {_YES: words()["form_yes"], _NO: words()["form_no"]}
            return modal.choice(options, known, optional=optional)
        case "country":
            return modal.line(country_name(checked_country(one.name, value)) if value else None, inputs.LONGEST_TEXT)
        case _:
            return modal.line(value, inputs.LONGEST_TEXT)


def _amount(value: Mapping[str, Any] | None) -> modal.Element:
    amount = str(value["amount"]) if value else None
    return modal.number(amount, decimals=True, least=_SMALLEST, most=str(LARGEST))


def _count(value: int | None) -> modal.Element:
    return modal.number(None if value is None else str(value), decimals=False, least="0", most=str(inputs.MOST))


def _lines(one: Field, items: list[dict[str, Any]], *, optional: bool) -> list[Entry]:
    """Lines of an order, each a day and a price."""
    rows: list[Mapping[str, Any]] = [*items[:_MOST_LINES]]
    rows += [{}] * max(0, min(_MORE_LINES, _MOST_LINES - len(rows)))
    found = []
    for number, row in enumerate(rows):
        what = str(row.get("name") or one.label)
        quantity = f"{row['quantity']} × " if row.get("quantity", 1) != 1 else ""
        title = f"{quantity}{what} ({number + 1})"
        price = words()["form_price_each" if row.get("each") else "form_price"].format(item=title)
        hint = one.question if number == 0 else ""
        day = words()["form_ordered_on"].format(item=title)
        found.append(Entry(_name(one, number, "day"), day, modal.day(row.get("date")), hint, optional or number > 0))
        found.append(Entry(_name(one, number, "price"), price, _amount(row.get("price")), optional=True))
    return found


def _tiers() -> list[str]:
    """The kinds of licences, lowest first."""
    return [*tables("concurrent_calls")["calls_per_user"].at(date.today()).value]


def _name(one: Field, number: int, what: str) -> str:
    return f"{one.name}.{number}.{what}"


def _first_entry(one: Field) -> str:
    if one.kind == "items":
        return _name(one, 0, "day")
    return f"{one.name}.{_tiers()[0]}" if one.kind == "tiers" else one.name


def _value(one: Field, given: Mapping[str, str], known: Any) -> Any:
    """What was typed for an input, in JSON form; None where nothing was. Raises InvalidInput."""
    if one.kind == "items":
        return _items(one, given, known or [])
    if one.kind == "tiers":
        counts = {tier: _whole(text) for tier in _tiers() if (text := given.get(f"{one.name}.{tier}"))}
        return counts or None
    text = given.get(one.name)
    if text is None:
        return None
    match one.kind:
        case "moment":
            return _moment(text, known)
        case "money":
            return _money(one, text, given, known)
        case "count":
            return _whole(text)
        case "yes_no":
            return {_YES: True, _NO: False}.get(text)
        case "country":
            return _country(one, text)
        case _:
            return text


def _items(one: Field, given: Mapping[str, str], known: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
    """The lines of an order; name, quantity and “each” of those that are known stay."""
    found: list[dict[str, Any]] = []
    for number in range(_MOST_LINES):
        day, price = given.get(_name(one, number, "day")), given.get(_name(one, number, "price"))
        before: dict[str, Any] = known[number] if number < len(known) else {}
        if day is None and price is not None:
            raise InvalidInput(one.name, words()["form_line_without_day"].format(number=number + 1))
        if day is not None:
            kept: dict[str, Any] = {key: before[key] for key in ("name", "quantity", "each") if key in before}
            priced: dict[str, Any] = {"price": _money(one, price, given, before.get("price"))} if price else {}
            found.append({**kept, "date": day, **priced})
    return [*found, *known[_MOST_LINES:]] or None


def _money(one: Field, text: str, given: Mapping[str, str], known: Mapping[str, Any] | None) -> dict[str, Any]:
    amount = format(Decimal(text), "f") if modal.NUMBER.fullmatch(text) else text  # “.5” is an amount to Slack
    return {"amount": amount, "currency": given.get(_CURRENCY) or (known or {}).get("currency")}


def _whole(text: str) -> int | str:
    return int(text) if _WHOLE.fullmatch(text) else text


def _moment(text: str, known: str | None) -> str:
    """A moment as it was known where it is the same, else in UTC."""
    if known is not None and text == str(int(datetime.fromisoformat(known).timestamp())):
        return known
    return datetime.fromtimestamp(int(text), UTC).isoformat() if re.fullmatch(r"[0-9]{1,11}", text) else text


def _country(one: Field, text: str) -> str:
    names = {country_name(code).casefold(): code for code in country_codes()}
    if code := names.get(text.casefold()):
        return code
    said = {code for found in find_countries(text) for code in found.readings}
    return said.pop() if len(said) == 1 else checked_country(one.name, text)


def _check(one: Field, value: Any) -> None:
    """Raises InvalidInput for a price that cannot be one, of which a calculation would name only the first."""
    if isinstance(value, Money):
        checked_price(one.name, value)
    elif one.kind == "items":
        for item in value:
            if item.price is not None:
                checked_price(one.name, item.price)


def _amounts(known: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The amounts among values in JSON form."""
    listed = [value for value in known.values() if isinstance(value, dict)]
    listed += [one["price"] for value in known.values() if isinstance(value, list) for one in value if one.get("price")]
    return [one for one in listed if "amount" in one]
