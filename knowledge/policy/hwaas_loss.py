"""What a lost, stolen or damaged HWaaS item costs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from knowledge.policy.calendars import add_months, begun_months
from knowledge.policy.fields import Field, InvalidInput, Policy, Values
from knowledge.policy.money import Money
from knowledge.policy.outcome import Figure, Mark, Outcome, Timeline
from knowledge.policy.parameters import Table, tables
from knowledge.policy.prices import check_prices
from knowledge.policy.wording import counted, day_text, echo

_EVENTS = {"lost": "Lost", "stolen": "Stolen", "fire": "Fire", "damage": "Other damage"}


@dataclass(frozen=True)
class LossInputs:
    """Everything but `what_happened` matters only for a lost item; `months_billed` None: the begun months count."""

    what_happened: str
    start_of_use: date | None = None
    lost_on: date | None = None
    capex_price: Money | None = None
    monthly_fee: Money | None = None
    months_billed: int | None = None
    serial_number: str | None = None
    commitment_end: date | None = None


def hwaas_loss(inputs: LossInputs, today: date) -> Outcome:
    """What is to be paid for a HWaaS item that is gone or damaged.

    Damage, fire and theft are covered. A lost item is charged at its CAPEX price; lost before the
    first 6 months of use are full, also at the monthly fee for the rest of them, less the months
    already billed (hwaas/lost-item, hwaas/minimum-term; the sources name no date from which this
    holds). A Commitment changes nothing in what a loss costs.

    Raises:
        InvalidInput: an unknown event, an impossible order of days, an amount that is not positive.
    """
    table = tables("hwaas_loss")
    if inputs.what_happened in table["covered_events"].at(today).value:
        return _covered(inputs)
    if inputs.what_happened in table["charged_events"].at(today).value:
        return _charged(inputs, table["minimum_months"].at(today).value, today)
    raise InvalidInput("what_happened", "Was the item lost, stolen, or damaged by fire or in another way?")


def _covered(inputs: LossInputs) -> Outcome:
    event = _EVENTS[inputs.what_happened]
    return Outcome(
        policy="hwaas_loss",
        decision="Nothing to pay: HWaaS covers any type of damage, including fire and theft.",
        verdict="covered",
        figures={"due": Money(Decimal(0))},
        steps=(
            f"{event}: HWaaS items are fully covered for any type of damage, including fire and theft.",
            _serial_step(inputs),
        ),
        sources=HWAAS_LOSS.sources,
        caveats=(
            "Stolen and lost are not the same: a lost item is charged. What proof of theft or fire is needed is "
            "not published.",
        ),
        inputs=echo(HWAAS_LOSS, vars(inputs)),
        ticket="hwaas.lost_item",
    )


def _charged(inputs: LossInputs, months: int, today: date) -> Outcome:
    _check(inputs, today)
    start, lost_on, capex = inputs.start_of_use, inputs.lost_on, inputs.capex_price
    if start is None or lost_on is None:
        missing = "start_of_use" if start is None else "lost_on"
        raise InvalidInput(missing, "For a lost item, the start of its use and the day of the loss are needed.")
    term_full = add_months(start, months)
    in_full_use = lost_on >= term_full
    billed = begun_months(start, lost_on) if inputs.months_billed is None else inputs.months_billed
    left = 0 if in_full_use else max(months - billed, 0)
    figures: dict[str, Figure] = {"term_full_on": term_full, "under_minimum_term": not in_full_use, "months_left": left}
    steps = [
        "A lost item is not covered: its CAPEX price is charged" + (f", {capex}." if capex else "."),
        f"In use from {day_text(start)}, lost on {day_text(lost_on)}. The {months} months are full on "
        f"{day_text(term_full)}: " + ("nothing of the term is left." if in_full_use else "the full term is due."),
    ]
    if not in_full_use:
        counted_how = "begun by the day of the loss" if inputs.months_billed is None else "already billed"
        steps.append(f"{counted(months, 'month')} less {billed} {counted_how}: {counted(left, 'month')} left.")
    decision = _add_up(inputs, left, figures, steps)
    if inputs.commitment_end is not None:
        steps.append(f"The Commitment until {day_text(inputs.commitment_end)} changes nothing in what the loss costs.")
    steps += [_serial_step(inputs), "An invoice follows; after that the HWaaS delivery is cancelled."]
    return Outcome(
        policy="hwaas_loss",
        decision=decision,
        verdict="charged_with_term" if left else "charged",
        figures=figures,
        steps=tuple(steps),
        sources=HWAAS_LOSS.sources,
        caveats=tuple(_caveats(inputs, in_full_use)),
        inputs=echo(HWAAS_LOSS, vars(inputs)),
        ticket="hwaas.lost_item",
        timeline=Timeline(
            tuple(
                sorted(
                    (
                        Mark(start, "Start of use"),
                        Mark(lost_on, "Your loss", "own"),
                        Mark(term_full, f"{months} months full", "end"),
                    ),
                    key=lambda mark: mark.day,
                )
            ),
            ((start, term_full, "Minimum term"),),
        ),
    )


def _add_up(inputs: LossInputs, left: int, figures: dict[str, Figure], steps: list[str]) -> str:
    """The decision; adds what is due to `figures` and its working to `steps`."""
    capex, fee = inputs.capex_price, inputs.monthly_fee
    rest = fee * left if left and fee else None
    if rest is not None:
        figures["rest_of_term"] = rest
        steps.append(f"Rest of the term: {left} × {fee} = {rest}.")
    if capex is None:
        steps.append("The CAPEX price is in the price list in the Portal.")
        months = f", plus {counted(left, 'month')} of its fee" if left else ""
        return f"The CAPEX price of the lost item is charged{months}."
    if not left:
        figures["due"] = capex
        return f"{capex} to pay: the CAPEX price of the lost item."
    if rest is None:
        figures["capex_price"] = capex
        return f"{capex} to pay for the lost item, plus {counted(left, 'month')} of its fee."
    due = capex + rest
    figures["due"] = due
    steps.append(f"Together: {capex} + {rest} = {due}.")
    return f"{due} to pay: the CAPEX price of the lost item and {counted(left, 'month')} of its fee."


def _serial_step(inputs: LossInputs) -> str:
    if inputs.serial_number:
        return f"Report the item with its serial number {inputs.serial_number} in the ticket."
    return "The serial number of the item is needed in the ticket."


def _caveats(inputs: LossInputs, in_full_use: bool) -> list[str]:
    caveats = ["The price list decides on the CAPEX price that is invoiced."]
    if not in_full_use:
        caveats.append(
            "The published text says “a fee for the full 6-month term will be applied”. It is assumed that months "
            "already billed are taken off, and that the 6 months run from the start of use."
        )
        if inputs.months_billed is None:
            caveats.append("The months begun by the day of the loss are taken as billed; an invoice may show others.")
    return caveats


def _check(inputs: LossInputs, today: date) -> None:
    for name, day in (("start_of_use", inputs.start_of_use), ("lost_on", inputs.lost_on)):
        if day is not None and day > today:
            raise InvalidInput(name, f"{day_text(day)} is in the future. Please give a day that is not after today.")
    if inputs.start_of_use and inputs.lost_on and inputs.lost_on < inputs.start_of_use:
        raise InvalidInput(
            "lost_on",
            f"{day_text(inputs.lost_on)} is before the start of use on {day_text(inputs.start_of_use)}. "
            "On which day was the item lost?",
        )
    check_prices({"capex_price": inputs.capex_price, "monthly_fee": inputs.monthly_fee})
    if inputs.months_billed is not None and inputs.months_billed < 0:
        raise InvalidInput("months_billed", f"{inputs.months_billed} months: the number cannot be negative.")


def _is_charged(values: Values) -> bool:
    charged: Table = tables("hwaas_loss")["charged_events"]
    return values.get("what_happened") in charged.records[-1].value


def _is_under_the_term(values: Values) -> bool:
    """Whether the monthly fee is needed: months of the minimum term are left."""
    start, lost_on = values.get("start_of_use"), values.get("lost_on")
    if not _is_charged(values) or start is None or lost_on is None or lost_on < start:
        return False
    months: Table = tables("hwaas_loss")["minimum_months"]
    return bool(lost_on < add_months(start, months.records[-1].value))


def _compute(values: Values, today: date) -> Outcome:
    return hwaas_loss(LossInputs(**values), today)


HWAAS_LOSS = Policy(
    id="hwaas_loss",
    title="Lost, stolen or damaged HWaaS item",
    fields=(
        Field(
            "what_happened",
            "choice",
            "What happened",
            "What happened to the item: is it lost, stolen, or damaged by fire or in another way?",
            choices=_EVENTS,
        ),
        Field(
            "start_of_use",
            "date",
            "Start of use",
            "Since which day was the lost item in use?",
            past=True,
            needed=_is_charged,
        ),
        Field("lost_on", "date", "Day of the loss", "On which day was it lost?", past=True, needed=_is_charged),
        Field("capex_price", "money", "CAPEX price", "What is the CAPEX price of the item?", needed=_is_charged),
        Field("monthly_fee", "money", "Monthly fee", "What is its monthly HWaaS fee?", needed=_is_under_the_term),
        Field(
            "months_billed",
            "count",
            "Months already billed",
            "How many months of the item are already billed?",
            optional=True,
        ),
        Field("serial_number", "text", "Serial number", "What is the serial number of the item?", optional=True),
        Field(
            "commitment_end",
            "date",
            "End of the Commitment",
            "Until which day does the Commitment of the PBX run?",
            optional=True,
        ),
    ),
    sources=("hwaas/lost-item", "hwaas/minimum-term"),
    compute=_compute,
)
