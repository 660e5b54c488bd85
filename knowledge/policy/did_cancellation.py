"""What it costs to cancel a DID number, and from when it is free."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from knowledge.policy.calendars import add_months, begun_months
from knowledge.policy.fields import Field, InvalidInput, Policy, Values
from knowledge.policy.money import Money
from knowledge.policy.outcome import Figure, Mark, Outcome, Timeline
from knowledge.policy.parameters import tables
from knowledge.policy.wording import counted, day_text, echo

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class CancellationInputs:
    """`rent` and `flat` are monthly and matter only where months are left; `commitment_end` is its last day."""

    activated_on: date
    cancelled_on: date
    rent: Money | None = None
    flat: Money | None = None
    numbers: int = 1
    commitment_end: date | None = None


def did_early_cancellation(inputs: CancellationInputs, today: date) -> Outcome:
    """The fee for cancelling new DID numbers before their minimum term is over.

    A new DID must be kept 6 months. Cancelled earlier, each month left costs the monthly rent plus
    one CLASSOUND Flat, for each DID; a month runs from its day to the day before the next, and a
    begun one counts as used. Under a Commitment the DID cannot end before the Commitment does, its
    last day included, whatever the age of the DID (classound/did-minimum-term). Cancelling takes a
    Customer Care ticket (classound/cancel-did). The sources name no date from which this holds.

    Raises:
        InvalidInput: an impossible order of days, an amount that is not positive, two currencies.
    """
    _check(inputs, today)
    table = tables("did_early_cancellation")
    months: int = table["minimum_months"].at(today).value
    flats: int = table["flats_per_did"].at(today).value
    begun = begun_months(inputs.activated_on, inputs.cancelled_on)
    left = max(months - begun, 0)
    term_end = add_months(inputs.activated_on, months) - _DAY
    free_from = add_months(inputs.activated_on, months - 1)
    figures: dict[str, Figure] = {"minimum_term_until": term_end, "months_begun": begun, "months_left": left}
    if inputs.commitment_end is not None and inputs.cancelled_on <= inputs.commitment_end:
        earliest = inputs.commitment_end + _DAY
        figures |= {"earliest_cancellation": earliest}
        if earliest < free_from:
            figures |= {"free_from": free_from}
        steps = _commitment_steps(inputs.commitment_end, inputs.cancelled_on, earliest, free_from)
        verdict = "bound_by_commitment"
        decision = (
            f"Not possible on {day_text(inputs.cancelled_on)}: the Commitment of the PBX runs until "
            f"{day_text(inputs.commitment_end)}, and the DID cannot be cancelled before it ends."
        )
    else:
        figures |= {"free_from": free_from}
        steps = _term_steps(inputs, months, begun, left, term_end)
        if left == 0:
            verdict = "no_fee"
            figures |= {"fee": Money((inputs.rent or inputs.flat or Money(_ZERO)).amount * 0, _currency(inputs))}
            decision = f"No fee: on {day_text(inputs.cancelled_on)} no month of the {months}-month minimum term is left."
        else:
            verdict = "fee"
            decision = f"{counted(left, 'month')} of the {months}-month minimum term left"
    return Outcome("", decision, verdict, figures, tuple(steps), ())
