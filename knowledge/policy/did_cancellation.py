"""What it costs to cancel a DID number, and from when it is free."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from knowledge.policy.calendars import add_months, begun_months
from knowledge.policy.fields import Field, InvalidInput, Policy, Values
from knowledge.policy.money import Money
from knowledge.policy.outcome import Figure, Mark, Outcome, Timeline
from knowledge.policy.parameters import Table, tables
from knowledge.policy.prices import check_prices
from knowledge.policy.wording import counted, day_text, echo

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class CancellationInputs:
    """`rent` and `flat` are monthly, and matter only where months are left; `commitment_end` is its last day."""

    activated_on: date
    cancelled_on: date
    rent: Money | None = None
    flat: Money | None = None
    numbers: int | None = None
    commitment_end: date | None = None


@dataclass(frozen=True)
class _Term:
    """The minimum term of a number as it stands on the day of cancelling."""

    months: int
    begun: int
    ends_on: date  # its last day
    free_from: date  # from here no month is left

    @property
    def left(self) -> int:
        return max(self.months - self.begun, 0)


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
    term = _term(inputs, table["minimum_months"].at(today).value)
    flats: int = table["flats_per_did"].at(today).value
    figures: dict[str, Figure] = {
        "minimum_term_until": term.ends_on,
        "months_begun": term.begun,
        "months_left": term.left,
        "free_from": term.free_from,
    }
    commitment_end = inputs.commitment_end
    steps = [
        f"A new DID must be kept {counted(term.months, 'month')}: activated on {day_text(inputs.activated_on)}, "
        f"until {day_text(term.ends_on)}."
    ]
    if commitment_end is not None and inputs.cancelled_on <= commitment_end:
        verdict = "bound_by_commitment"
        after = commitment_end + _DAY
        figures |= {"earliest_cancellation": after, "free_from": max(after, term.free_from)}
        decision = (
            f"Not possible on {day_text(inputs.cancelled_on)}: the DID cannot be cancelled before the Commitment of "
            f"the PBX ends, and it runs until {day_text(commitment_end)}."
        )
        steps.append(
            f"The Commitment runs until {day_text(commitment_end)}, and on its last day it still binds: the first day "
            f"on which cancelling is possible is {day_text(after)}."
        )
        if after < term.free_from:
            steps.append(f"Then the {term.months}-month rule holds again: no fee from {day_text(term.free_from)} on.")
    else:
        if commitment_end is not None:
            steps.append(f"The Commitment ended on {day_text(commitment_end)}, so the {term.months}-month rule holds.")
        verdict, decision = _fee(inputs, term, flats, figures, steps)
    steps.append(
        "Cancelling always takes a Customer Care ticket. Without one, a number that has been ported out stays on for "
        "outgoing calls only, and it is still renewed and billed."
    )
    return Outcome(
        policy="did_early_cancellation",
        decision=decision,
        verdict=verdict,
        figures=figures,
        steps=tuple(steps),
        sources=DID_EARLY_CANCELLATION.sources,
        caveats=tuple(_caveats(inputs, term, flats, verdict)),
        inputs=echo(DID_EARLY_CANCELLATION, vars(inputs)),
        holds_from=table["minimum_months"].at(today).since,
        ticket="classound.cancel_did",
        timeline=_timeline(inputs, term),
    )


def _term(inputs: CancellationInputs, months: int) -> _Term:
    return _Term(
        months=months,
        begun=begun_months(inputs.activated_on, inputs.cancelled_on),
        ends_on=add_months(inputs.activated_on, months) - _DAY,
        free_from=add_months(inputs.activated_on, months - 1),
    )


def _fee(
    inputs: CancellationInputs, term: _Term, flats: int, figures: dict[str, Figure], steps: list[str]
) -> tuple[str, str]:
    """Verdict and decision where no Commitment binds; adds the fee to `figures` and its working to `steps`."""
    begun = f"On {day_text(inputs.cancelled_on)} month {term.begun} has begun"
    if not term.left:
        figures["fee"] = Money(Decimal(0), inputs.rent.currency if inputs.rent else None)
        if inputs.cancelled_on > term.ends_on:
            steps.append(f"On {day_text(inputs.cancelled_on)} these {counted(term.months, 'month')} are over.")
            return "no_fee", f"No fee: the minimum term was over after {day_text(term.ends_on)}."
        steps.append(f"{begun}, so {term.months} − {term.begun} = 0 months left.")
        return "no_fee", f"No fee: on {day_text(inputs.cancelled_on)} the last month of the minimum term has begun."
    steps.append(f"{begun}, so {term.months} − {term.begun} = {counted(term.left, 'month')} left.")
    if inputs.rent is None or inputs.flat is None:
        flat = "one CLASSOUND Flat" if flats == 1 else f"{flats} CLASSOUND Flats"
        steps.append(f"For each DID and month left, the monthly rent and {flat} are due.")
        return "fee", f"There is a fee for {counted(term.left, 'month')}: for each DID the rent plus {flat} a month."
    monthly = inputs.rent + inputs.flat * flats
    per_did = monthly * term.left
    fee = per_did * (inputs.numbers or 1)
    figures |= {"fee_per_did": per_did, "fee": fee}
    steps.append(f"Rent plus {counted(flats, 'CLASSOUND Flat')}: {inputs.rent} + {inputs.flat * flats} = {monthly}.")
    steps.append(f"For one DID: {term.left} × {monthly} = {per_did}.")
    if inputs.numbers and inputs.numbers > 1:
        steps.append(f"For {inputs.numbers} DIDs: {inputs.numbers} × {per_did} = {fee}.")
    return "fee", (
        f"The fee is {fee}: {counted(term.left, 'month')} of the minimum term left for "
        f"{counted(inputs.numbers or 1, 'DID')}, each with the rent and {counted(flats, 'CLASSOUND Flat')}."
    )


def _caveats(inputs: CancellationInputs, term: _Term, flats: int, verdict: str) -> list[str]:
    caveats = []
    if verdict != "bound_by_commitment" and inputs.cancelled_on <= term.ends_on:
        caveats.append("The published text does not say how a begun month counts: it is taken as used.")
    if inputs.commitment_end is None:
        caveats.append(
            "No Commitment is assumed. Under a Commitment the DID cannot be cancelled before the Commitment ends."
        )
    if verdict == "fee":
        caveats.append(f"The published text says a minimum of {counted(flats, 'Flat')}: it is computed for each DID.")
        if inputs.numbers is None:
            caveats.append("One DID is assumed; for several, the fee is due for each.")
    caveats.append("The rule is published for new DID numbers; ported numbers are treated alike here.")
    return caveats


def _timeline(inputs: CancellationInputs, term: _Term) -> Timeline:
    marks = [
        Mark(inputs.activated_on, "Activated"),
        Mark(term.free_from, "No month left to pay"),
        Mark(term.ends_on, "Minimum term ends", "end"),
        Mark(inputs.cancelled_on, "Your cancellation", "own"),
    ]
    if inputs.commitment_end is not None:
        marks.append(Mark(inputs.commitment_end, "Commitment ends", "end"))
    return Timeline(
        tuple(sorted(marks, key=lambda mark: mark.day)), ((inputs.activated_on, term.ends_on, "Minimum term"),)
    )


def _check(inputs: CancellationInputs, today: date) -> None:
    if inputs.activated_on > today:
        raise InvalidInput(
            "activated_on", f"{day_text(inputs.activated_on)} is in the future. On which day was the number activated?"
        )
    if inputs.cancelled_on < inputs.activated_on:
        raise InvalidInput(
            "cancelled_on",
            f"{day_text(inputs.cancelled_on)} is before the activation on {day_text(inputs.activated_on)}. "
            "A number can be cancelled only after it was activated.",
        )
    check_prices({"rent": inputs.rent, "flat": inputs.flat})
    if inputs.numbers is not None and inputs.numbers < 1:
        raise InvalidInput("numbers", f"{inputs.numbers} DID numbers: please give at least one.")


def _months_are_left(values: Values) -> bool:
    """Whether prices are needed: no Commitment binds on that day, and a month of the term is left."""
    activated_on, cancelled_on = values.get("activated_on"), values.get("cancelled_on")
    if activated_on is None or cancelled_on is None or cancelled_on < activated_on:
        return False
    commitment_end = values.get("commitment_end")
    bound = commitment_end is not None and cancelled_on <= commitment_end
    months: Table = tables("did_early_cancellation")["minimum_months"]
    return not bound and _term(CancellationInputs(activated_on, cancelled_on), months.records[-1].value).left > 0


def _compute(values: Values, today: date) -> Outcome:
    return did_early_cancellation(CancellationInputs(**values), today)


DID_EARLY_CANCELLATION = Policy(
    id="did_early_cancellation",
    title="Cancelling a DID number early",
    fields=(
        Field("activated_on", "date", "Activated on", "On which day was the DID number activated?", past=True),
        Field("cancelled_on", "date", "Cancelled on", "On which day should it be cancelled?"),
        Field(
            "commitment_end",
            "date",
            "End of the Commitment",
            "Until which day does the Commitment of the PBX run?",
            optional=True,
        ),
        Field(
            "rent", "money", "Monthly rent of a DID", "What is the monthly rent of one DID?", needed=_months_are_left
        ),
        Field(
            "flat",
            "money",
            "Monthly price of one Flat",
            "What is the monthly price of one CLASSOUND Flat?",
            needed=_months_are_left,
        ),
        Field("numbers", "count", "DID numbers", "How many DID numbers are cancelled?", optional=True),
    ),
    sources=("classound/did-minimum-term", "classound/cancel-did"),
    compute=_compute,
)
