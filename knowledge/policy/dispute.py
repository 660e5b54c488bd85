"""Until when an invoice can be disputed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from knowledge.policy.calendars import add_years
from knowledge.policy.fields import Field, InvalidInput, Policy, Values
from knowledge.policy.money import Currency, Money
from knowledge.policy.outcome import Figure, Mark, Outcome, Timeline
from knowledge.policy.paid_services import CURRENCY_FIELD, fee_record
from knowledge.policy.parameters import tables
from knowledge.policy.wording import counted, day_text, echo, fee_text


@dataclass(frozen=True)
class DisputeInputs:
    """`currency` is the partner's, where known; only the fee is shown in it."""

    invoice_date: date
    currency: Currency | None = None


def dispute_window(inputs: DisputeInputs, today: date) -> Outcome:
    """Whether an invoice can still be disputed, and until when.

    A dispute is accepted for 1 year, up to and including the first anniversary of the invoice
    (billing/dispute-period). A credit note request that is rejected for lack of justification costs
    100 (general/paid-services). The sources name no date from which this holds.

    Raises:
        InvalidInput: an invoice of the future.
    """
    if inputs.invoice_date > today:
        raise InvalidInput(
            "invoice_date", f"{day_text(inputs.invoice_date)} is in the future. Which date is on the invoice?"
        )
    period = tables("dispute_window")["period_years"].at(today)
    fee = Money(Decimal(fee_record("rejected_credit_note", today).value), inputs.currency)
    last_day = add_years(inputs.invoice_date, period.value)
    days = (last_day - today).days
    figures: dict[str, Figure] = {"last_day": last_day, "rejected_request_fee": fee}
    if days >= 0:
        verdict = "accepted"
        figures["days_left"] = days
        left = f"{counted(days, 'day')} left" if days else "today is the last day"
        decision = f"Yes, the invoice can still be disputed, until {day_text(last_day)}: {left}."
        compared = f"Today is {day_text(today)}: {counted(days, 'day')} left."
    else:
        verdict = "too_late"
        figures["days_late"] = -days
        decision = f"No, it is {counted(-days, 'day')} too late: the last day was {day_text(last_day)}."
        compared = f"Today is {day_text(today)}: {counted(-days, 'day')} after it."
    return Outcome(
        policy="dispute_window",
        decision=decision,
        verdict=verdict,
        figures=figures,
        steps=(
            f"The invoice is of {day_text(inputs.invoice_date)}. "
            f"{counted(period.value, 'year')} later, the last day of the dispute period, is {day_text(last_day)}.",
            compared,
            f"A credit note request that is rejected because its justification is missing costs {fee_text(fee)}.",
        ),
        sources=DISPUTE_WINDOW.sources,
        caveats=(
            "The published text says only “1 year”: it is counted from the date of the invoice, and the last day is "
            "taken to be inside.",
            "The fee may change without notice.",
        ),
        inputs=echo(DISPUTE_WINDOW, vars(inputs)),
        holds_from=period.since,
        ticket="billing.dispute" if verdict == "accepted" else None,
        timeline=Timeline(
            tuple(
                sorted(
                    (
                        Mark(inputs.invoice_date, "Invoice"),
                        Mark(last_day, "Last day to dispute", "end"),
                        Mark(today, "Today", "own"),
                    ),
                    key=lambda mark: mark.day,
                )
            ),
            ((inputs.invoice_date, last_day, "Dispute accepted"),),
        ),
    )


def _compute(values: Values, today: date) -> Outcome:
    return dispute_window(DisputeInputs(values["invoice_date"], values.get("currency")), today)


DISPUTE_WINDOW = Policy(
    id="dispute_window",
    title="Disputing an invoice",
    fields=(
        Field("invoice_date", "date", "Invoice date", "Which date is on the invoice?", past=True),
        CURRENCY_FIELD,
    ),
    sources=("billing/dispute-period", "general/paid-services"),
    compute=_compute,
)
