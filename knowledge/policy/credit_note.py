"""The credit note for bought hardware that is converted to HWaaS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from knowledge.policy.credit_bands import Band, Bands, band_on, bands_timeline
from knowledge.policy.fields import Field, InvalidInput, Policy, Values
from knowledge.policy.inputs import MOST, Item, checked_price
from knowledge.policy.money import LARGEST, Money
from knowledge.policy.outcome import Figure, Outcome
from knowledge.policy.parameters import tables
from knowledge.policy.wording import counted, day_text, echo, exact_text, listed, rounded_text


@dataclass(frozen=True)
class CreditNoteInputs:
    """The lines of hardware with the day of their order; converted today where no day is given."""

    items: Sequence[Item]
    conversion_date: date | None = None


@dataclass(frozen=True)
class _Line:
    """An item with its place, its band and its amounts."""

    name: str
    item: Item
    band: Band

    @property
    def price(self) -> Money | None:
        """The price of the whole line."""
        if self.item.price is None:
            return None
        return self.item.price * (self.item.quantity if self.item.each else 1)

    @property
    def credit(self) -> Money | None:
        """What is credited for the line, not rounded."""
        return None if self.price is None else self.price * (Decimal(self.band.percent) / 100)


def hwaas_credit_note(inputs: CreditNoteInputs, today: date) -> Outcome:
    """What is credited for bought hardware that is converted to HWaaS, and until when.

    By age from the order to the conversion: under 1 year 100 %, under 2 years 80 %, under 3 years
    60 %, under 4 years 40 %, under 5 years 20 %, older none; on the exact anniversary, of which the
    published text is silent, the lower band holds (billing/hwaas-credit-note, which names no date
    from which this holds). A price counts for its line, “each” multiplies it by the quantity.

    Raises:
        InvalidInput: no items, an order in the future or after the conversion, a price or quantity
            that cannot be.
    """
    converted = inputs.conversion_date or today
    _check(inputs, converted, today)
    record = tables("hwaas_credit_note")["bands"].at(converted)
    bands: Bands = record.value
    lines = [
        _Line(_name(item, place, len(inputs.items)), item, band_on(bands, item.day, converted))
        for place, item in enumerate(inputs.items, 1)
    ]
    totals = _totals(lines)
    days = {item.day for item in inputs.items}
    any_credit = any(line.band.percent for line in lines)
    figures: dict[str, Figure] = {"converted_on": converted}
    if len(lines) == 1:
        figures |= _line_figures(lines[0])
    else:
        figures["items"] = [_line_figures(line) for line in lines]
    if len(totals) == 1:
        figures["credit_note"] = totals[0]
    elif totals:
        figures["credit_notes"] = [*totals]
    steps = [step for line in lines for step in _line_steps(line, converted)]
    if len(lines) > 1:
        steps += [step for total in totals for step in _total_steps(lines, total, several=len(totals) > 1)]
    return Outcome(
        policy="hwaas_credit_note",
        decision=_decision(lines, totals, bands[-1]["under_years"]),
        verdict="credit_note" if any_credit else "no_credit_note",
        figures=figures,
        steps=tuple(steps),
        sources=HWAAS_CREDIT_NOTE.sources,
        caveats=tuple(_caveats(lines)),
        inputs=echo(HWAAS_CREDIT_NOTE, {"items": inputs.items, "conversion_date": converted}),
        holds_from=record.since,
        ticket="billing.credit_note" if any_credit or any(line.band.on_anniversary for line in lines) else None,
        # items of several days make no clear picture
        timeline=bands_timeline(bands, days.pop(), converted) if len(days) == 1 else None,
    )


def _name(item: Item, place: int, of: int) -> str:
    return item.name or (f"Item {place}" if of > 1 else "")


def _totals(lines: list[_Line]) -> list[Money]:
    """The sum of the lines with a price, one a currency; amounts without currency go with the only one named."""
    credits = [line.credit for line in lines if line.credit is not None]
    named = {credit.currency for credit in credits if credit.currency}
    sums: dict[str | None, Money] = {}
    for credit in credits:
        key = next(iter(named)) if len(named) == 1 else credit.currency
        sums[key] = sums[key] + credit if key in sums else credit
    return list(sums.values())


def _line_figures(line: _Line) -> dict[str, Figure]:
    figures: dict[str, Figure] = {
        "ordered_on": line.item.day,
        "age_years": line.band.years,
        "percent": line.band.percent,
        "band_until": line.band.until,
    }
    if line.name:
        figures["name"] = line.name
    if line.price is not None and line.credit is not None:
        figures |= {"price": line.price, "credit": line.credit}
    return figures


def _line_steps(line: _Line, converted: date) -> list[str]:
    band = line.band
    name = f"{line.name}, ordered" if line.name else "Ordered"
    age = f"{name} on {day_text(line.item.day)}: on {day_text(converted)} this is {band.age}"
    if band.until is None:
        return [f"{age}, so there is no credit note any more."]
    steps = [f"{age}, so {band.percent} % of the cost is credited."]
    if line.price is not None and line.credit is not None and line.item.price is not None:
        if line.item.each and line.item.quantity > 1:
            steps.append(f"{line.item.quantity} × {line.item.price} = {line.price}.")
        steps.append(f"{band.percent} % of {line.price} = {rounded_text(line.credit)}.")
    then = f"{band.percent_after} %" if band.percent_after else "there is none any more"
    steps.append(f"{band.percent} % holds for a conversion until {day_text(band.until)}; after that, {then}.")
    return steps


def _total_steps(lines: list[_Line], total: Money, *, several: bool) -> list[str]:
    parts = [
        exact_text(Money(line.credit.amount))
        for line in lines
        if line.credit is not None and (not several or line.credit.currency == total.currency)
    ]
    return [f"Together: {' + '.join(parts)} = {rounded_text(total)}."] if len(parts) > 1 else []


def _decision(lines: list[_Line], totals: list[Money], oldest: int) -> str:
    if not any(line.band.percent for line in lines):
        what = "the hardware was" if len(lines) == 1 else "all items were"
        return f"No credit note: {what} ordered {counted(oldest, 'year')} ago or more."
    if len(lines) == 1:
        band = lines[0].band
        until = f", for a conversion until {day_text(band.until)}" if band.until else ""
        if totals:
            return f"The credit note is {totals[0]}: {band.percent} % of {lines[0].price}{until}."
        return f"The credit note is {band.percent} % of the cost{until}."
    if totals:
        unpriced = sum(line.price is None for line in lines)
        that = {0: "", 1: ", without 1 item that has no price"}
        without = that.get(unpriced, f", without {unpriced} items that have no price")
        return f"The credit note is {listed(map(str, totals))} for {counted(len(lines) - unpriced, 'item')}{without}."
    parts = [f"{f'{line.band.percent} %' if line.band.percent else 'none'} ({line.name})" for line in lines]
    return f"The credit note by item is {listed(parts)}."


def _caveats(lines: list[_Line]) -> list[str]:
    caveats = []
    if any(line.band.on_anniversary for line in lines):
        caveats.append(
            "The conversion is exactly on an anniversary of the order. The published text is silent on this day: the "
            "lower band is taken, please ask Customer Care."
        )
    elif any(line.band.until for line in lines):
        caveats.append(
            "The published text is silent on the exact anniversary of the order: from that day on the lower "
            "band is taken."
        )
    if any(line.price is not None for line in lines):
        caveats.append("The percentage is of the cost: the price that you gave is taken as the cost of its line.")
    currencies = {line.price.currency for line in lines if line.price is not None}
    if None in currencies and len(currencies) == 2:
        caveats.append("The amounts without a currency are taken to be in the one that you named.")
    return caveats


def _check(inputs: CreditNoteInputs, converted: date, today: date) -> None:
    if not inputs.items:
        raise InvalidInput("items", "At least one item is needed, with the day of its order.")
    for item in inputs.items:
        if item.day > today:
            raise InvalidInput("items", f"{day_text(item.day)} is in the future. On which day was the item ordered?")
        if item.day > converted:
            raise InvalidInput(
                "conversion_date",
                f"A conversion on {day_text(converted)} would be before the order on {day_text(item.day)}.",
            )
        if not 1 <= item.quantity <= MOST:
            raise InvalidInput("items", f"A quantity of {item.quantity} cannot be: give a number from 1 to {MOST:,}.")
        if item.price is not None:
            checked_price("items", item.price)
            if item.each and item.price.amount * item.quantity > LARGEST:
                raise InvalidInput("items", f"The price of the line is too large: the largest is {LARGEST:,}.")


def _compute(values: Values, today: date) -> Outcome:
    return hwaas_credit_note(CreditNoteInputs(values["items"], values.get("conversion_date")), today)


HWAAS_CREDIT_NOTE = Policy(
    id="hwaas_credit_note",
    title="Credit note for hardware converted to HWaaS",
    fields=(
        Field(
            "items",
            "items",
            "Hardware",
            "On which day was the hardware ordered? If you like, with its price, for example: 12 May 2023, 240 EUR.",
            past=True,
        ),
        Field(
            "conversion_date", "date", "Conversion", "On which day is it converted? (Default: today.)", optional=True
        ),
    ),
    sources=("billing/hwaas-credit-note",),
    compute=_compute,
)
