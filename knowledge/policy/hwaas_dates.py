"""The dates of a HWaaS item: from when it is billed, and from when it can go back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from knowledge.policy.calendars import add_months, begun_months
from knowledge.policy.fields import Field, InvalidInput, Policy, Values
from knowledge.policy.outcome import Figure, Mark, Outcome, Timeline
from knowledge.policy.parameters import tables
from knowledge.policy.wording import counted, day_text, echo


@dataclass(frozen=True)
class HwaasInputs:
    """`commitment_end` is the day on which the Commitment of the PBX expires, None where there is none."""

    shipped_on: date
    commitment_end: date | None = None
    returned_on: date | None = None


@dataclass(frozen=True)
class _Dates:
    """What follows from the shipment alone, and from the Commitment."""

    days: int
    months: int
    billing_from: date
    term_full: date  # from here the minimum term is over
    earliest: date


def hwaas_dates(inputs: HwaasInputs, today: date) -> Outcome:
    """Start of billing, minimum term and earliest return of a HWaaS item.

    Billing starts 14 calendar days after the shipment (hwaas/billing-start). The minimum term is 6
    months, counted from there. Under a Commitment nothing can be returned before it expires
    (hwaas/minimum-term): the later of the two is the earliest return, and before the 6 months are
    full the rest of them is due. The sources name no date from which this holds.

    Raises:
        InvalidInput: a return before the shipment.
    """
    if inputs.returned_on is not None and inputs.returned_on < inputs.shipped_on:
        raise InvalidInput(
            "returned_on",
            f"{day_text(inputs.returned_on)} is before the shipment on {day_text(inputs.shipped_on)}. "
            "On which day should the item go back?",
        )
    dates = _dates(inputs, today)
    figures: dict[str, Figure] = {
        "billing_starts": dates.billing_from,
        "minimum_term_full_on": dates.term_full,
        "earliest_return": dates.earliest,
    }
    steps = [
        f"Shipped on {day_text(inputs.shipped_on)}. Billing starts {dates.days} calendar days later, on "
        f"{day_text(dates.billing_from)}.",
        f"The minimum term is {counted(dates.months, 'month')}: it is full on {day_text(dates.term_full)}.",
    ]
    if inputs.commitment_end is not None:
        steps.append(
            f"Under a Commitment nothing can be returned before it expires, on {day_text(inputs.commitment_end)}. "
            f"The later of the two is {day_text(dates.earliest)}."
        )
    verdict, decision = _judge(inputs, dates, figures, steps)
    return Outcome(
        policy="hwaas_dates",
        decision=decision,
        verdict=verdict,
        figures=figures,
        steps=tuple(steps),
        sources=HWAAS_DATES.sources,
        caveats=tuple(_caveats(inputs, verdict)),
        inputs=echo(HWAAS_DATES, vars(inputs)),
        ticket="hwaas.return",
        timeline=_timeline(inputs, dates, today),
    )


def _dates(inputs: HwaasInputs, today: date) -> _Dates:
    table = tables("hwaas_dates")
    days: int = table["billing_starts_after"].at(today).value
    months: int = table["minimum_months"].at(today).value
    billing_from = inputs.shipped_on + timedelta(days=days)
    term_full = add_months(billing_from, months)
    return _Dates(days, months, billing_from, term_full, max(term_full, inputs.commitment_end or term_full))


def _judge(inputs: HwaasInputs, dates: _Dates, figures: dict[str, Figure], steps: list[str]) -> tuple[str, str]:
    """Verdict and decision; for a return also the months left, with their working."""
    earliest, day = day_text(dates.earliest), inputs.returned_on
    if day is None:
        return "dates", (
            f"Billing starts on {day_text(dates.billing_from)}; the earliest return without a fee is on {earliest}."
        )
    if inputs.commitment_end is not None and day < inputs.commitment_end:
        return "bound_by_commitment", (
            f"No return on {day_text(day)}: the Commitment binds until {day_text(inputs.commitment_end)}. "
            f"The earliest return without a fee is on {earliest}."
        )
    if day >= dates.term_full:
        figures["months_left"] = 0
        steps.append(f"On {day_text(day)} the {dates.months} months are full, so nothing of the term is left.")
        return "free", f"A return on {day_text(day)} is free of a fee; the earliest such day is {earliest}."
    begun = begun_months(dates.billing_from, day) if day >= dates.billing_from else 0
    left = dates.months - begun
    figures["months_left"] = left
    steps.append(
        f"On {day_text(day)} {counted(begun, 'month')} of the billing "
        f"{'has' if begun == 1 else 'have'} begun: {dates.months} − {begun} = {counted(left, 'month')} left."
    )
    rest = f"its rest, {counted(left, 'month')}, is due" if left else "its last month, which has begun, is due in full"
    return "fee_due", (
        f"A return on {day_text(day)} is too early to be free: the term is full on {day_text(dates.term_full)}, "
        f"and {rest}."
    )


def _caveats(inputs: HwaasInputs, verdict: str) -> list[str]:
    caveats = [
        "The published text does not say from when the 6 months count: the start of billing is taken, and not the "
        "shipment."
    ]
    if verdict == "fee_due":
        caveats.append("That the rest of the term is due on an early return is assumed, as it is for a lost item.")
    if inputs.commitment_end is None:
        caveats.append("No Commitment is assumed. Under a Commitment nothing can be returned before it expires.")
    else:
        caveats.append(
            "The published text says “not before the expiry date” of the Commitment, so a return on that very day is "
            "taken to be possible. Please ask before you plan it for that day."
        )
    return caveats


def _timeline(inputs: HwaasInputs, dates: _Dates, today: date) -> Timeline:
    marks = [
        Mark(inputs.shipped_on, "Shipped"),
        Mark(dates.billing_from, "Billing starts"),
        Mark(dates.term_full, f"{dates.months} months full", "end"),
    ]
    if inputs.commitment_end is not None:
        marks.append(Mark(inputs.commitment_end, "Commitment expires", "end"))
    marks.append(Mark(inputs.returned_on, "Your return", "own") if inputs.returned_on else Mark(today, "Today", "own"))
    return Timeline(
        tuple(sorted(marks, key=lambda mark: mark.day)), ((dates.billing_from, dates.term_full, "Minimum term"),)
    )


def _compute(values: Values, today: date) -> Outcome:
    return hwaas_dates(HwaasInputs(**values), today)


HWAAS_DATES = Policy(
    id="hwaas_dates",
    title="Billing start and return of HWaaS",
    fields=(
        Field("shipped_on", "date", "Shipped on", "On which day was the HWaaS order shipped?"),
        Field(
            "commitment_end",
            "date",
            "End of the Commitment",
            "On which day does the Commitment of the PBX expire?",
            optional=True,
        ),
        Field("returned_on", "date", "Day of the return", "On which day should the item go back?", optional=True),
    ),
    sources=("hwaas/billing-start", "hwaas/minimum-term"),
    compute=_compute,
)
