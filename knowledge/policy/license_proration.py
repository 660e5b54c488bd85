"""Which period a licence is charged for, and what that part of a term costs about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from knowledge.policy.calendars import add_months, full_months
from knowledge.policy.fields import Field, InvalidInput, Policy, Values
from knowledge.policy.inputs import checked_price
from knowledge.policy.money import Money
from knowledge.policy.outcome import Figure, Outcome
from knowledge.policy.parameters import tables
from knowledge.policy.wording import counted, day_text, echo

_TERMS = {"1m": "1 month (1m)", "1y": "1 year (1y)", "5y": "5 years (5y)"}
_PBX = {"new": "New PBX", "existing": "Existing PBX"}


@dataclass(frozen=True)
class ProrationInputs:
    """`expires_on` is the expiry of an existing PBX; `price` is the price of a full term."""

    ordered_on: date
    term: str
    pbx: str
    expires_on: date | None = None
    price: Money | None = None


def license_proration(inputs: ProrationInputs, today: date) -> Outcome:
    """The period that a licence is charged for at first, its renewal, and an estimate of the cost.

    On a new PBX one full term from the order, renewed each full term. On an existing PBX from the
    order to the expiry of the PBX, then renewed with it for full terms (pbx/license-cost). The
    estimate is the whole months left over the months of the term, or the days where not a whole
    month is left. All services of a PBX share its term and expiry, so nothing monthly can be on a
    yearly or 5-year PBX (classound/monthly-did-on-yearly-pbx). The examples published are of 2021;
    the sources name no date from which the rule holds.

    Raises:
        InvalidInput: an unknown term or PBX, an expiry before the order, a price that is not positive.
    """
    months = _term_months(inputs, today)
    if inputs.price:
        checked_price("price", inputs.price)
    if inputs.pbx == "new":
        return _on_new(inputs, months, today)
    if inputs.pbx == "existing" and inputs.expires_on is not None:
        if inputs.expires_on < inputs.ordered_on:
            raise InvalidInput(
                "expires_on",
                f"{day_text(inputs.expires_on)} is before the order on {day_text(inputs.ordered_on)}. "
                "On which day does the PBX expire?",
            )
        return _on_existing(inputs, inputs.expires_on, months, today)
    if inputs.pbx == "existing":
        raise InvalidInput("expires_on", "For an existing PBX, the day on which it expires is needed.")
    raise InvalidInput("pbx", "Is the licence for a new PBX or for an existing one?")


def _term_months(inputs: ProrationInputs, today: date) -> int:
    terms: dict[str, int] = tables("license_proration")["term_months"].at(today).value
    if inputs.term not in terms:
        raise InvalidInput("term", f"Licences are ordered for {', '.join(terms)}. Which of them is it?")
    return terms[inputs.term]


def _on_new(inputs: ProrationInputs, months: int, today: date) -> Outcome:
    until = add_months(inputs.ordered_on, months)
    figures: dict[str, Figure] = {
        "charged_from": inputs.ordered_on,
        "charged_until": until,
        "months": months,
        "renews_on": until,
    }
    if inputs.price:
        figures["cost"] = inputs.price
    steps = [
        f"New PBX: one full term of {_length(months)} is charged from the order on {day_text(inputs.ordered_on)}, "
        f"until {day_text(until)}.",
        f"It is renewed on {day_text(until)}, and then {_every(months)}, for the next full term.",
    ]
    cost = f", for {inputs.price}" if inputs.price else ""
    return _outcome(
        inputs,
        f"Charged for a full term: {day_text(inputs.ordered_on)} to {day_text(until)}{cost}.",
        "full_term",
        figures,
        steps,
        _caveats(inputs, today),
    )


def _on_existing(inputs: ProrationInputs, expires_on: date, months: int, today: date) -> Outcome:
    monthly: str = tables("license_proration")["monthly_term"].at(today).value
    if inputs.term == monthly and expires_on > add_months(inputs.ordered_on, months):
        return _outcome(
            inputs,
            f"Not possible: a PBX that expires on {day_text(expires_on)} has a longer term than one month, and nothing "
            "monthly can be on it.",
            "not_possible",
            {"renews_on": expires_on},
            [
                f"A monthly PBX ordered on {day_text(inputs.ordered_on)} would expire by "
                f"{day_text(add_months(inputs.ordered_on, months))}; this one expires on {day_text(expires_on)}.",
                "All services of a PBX share its term and its expiry, so there are no monthly licences and no monthly "
                "DIDs on a yearly or 5-year PBX.",
            ],
            ["That the PBX is not monthly is taken from its expiry, which is more than a month after the order."],
        )
    whole = full_months(inputs.ordered_on, expires_on)
    days = (expires_on - add_months(inputs.ordered_on, whole)).days
    figures: dict[str, Figure] = {
        "charged_from": inputs.ordered_on,
        "charged_until": expires_on,
        "months_left": whole,
        "days_left": days,
        "renews_on": expires_on,
    }
    steps = [
        f"Existing PBX: the licence is charged from the order on {day_text(inputs.ordered_on)} to the expiry of the "
        f"PBX on {day_text(expires_on)}: {_left(whole, days)}."
    ]
    cost = ""
    if inputs.price:
        estimate = _estimate(inputs, inputs.price, whole, days, months, steps)
        figures["cost"] = estimate
        cost = f", about {estimate}"
    steps.append(
        f"On {day_text(expires_on)} it is renewed together with all licences of the PBX, and then "
        f"{_every(months)}, for the next full term."
    )
    return _outcome(
        inputs,
        f"Charged until the PBX expires: {day_text(inputs.ordered_on)} to {day_text(expires_on)}{cost}.",
        "until_expiry",
        figures,
        steps,
        _caveats(
            inputs, today, estimated=bool(inputs.price), longer=expires_on > add_months(inputs.ordered_on, months)
        ),
    )


def _estimate(inputs: ProrationInputs, price: Money, whole: int, days: int, months: int, steps: list[str]) -> Money:
    """The part of the full price; its working goes to `steps`."""
    if whole:
        share, total, unit = whole, months, "month"
    else:
        share, total, unit = days, (add_months(inputs.ordered_on, months) - inputs.ordered_on).days, "day"
    estimate = Money(price.amount * share / Decimal(total), price.currency)
    steps.append(f"Estimate: {price} × {share} of {counted(total, unit)} = {estimate}.")
    return Money(estimate.rounded, estimate.currency)


def _caveats(inputs: ProrationInputs, today: date, estimated: bool = False, longer: bool = False) -> list[str]:
    caveats = []
    example: int | None = tables("license_proration")["published_example_months"].at(today).value.get(inputs.term)
    if example is not None:
        caveats.append(
            f"The published example of this term (April 2021 to April 2025) is {_length(example)} long, although it "
            "is renewed after the whole term. The whole term is computed here."
        )
    if estimated:
        caveats.append(
            "The cost is an estimate by the whole months left (by days where there is not a whole month): the price "
            "list in the Portal decides."
        )
    elif inputs.price:
        caveats.append("The price list in the Portal decides; the price that you gave is taken for the full term.")
    if longer:
        caveats.append(
            "The PBX runs longer than the term of this licence. All services of a PBX share its term and its expiry."
        )
    return caveats


def _outcome(
    inputs: ProrationInputs,
    decision: str,
    verdict: str,
    figures: dict[str, Figure],
    steps: list[str],
    caveats: list[str],
) -> Outcome:
    return Outcome(
        policy="license_proration",
        decision=decision,
        verdict=verdict,
        figures=figures,
        steps=tuple(steps),
        sources=LICENSE_PRORATION.sources,
        caveats=tuple(caveats),
        inputs=echo(LICENSE_PRORATION, vars(inputs)),
        ticket="pbx.license_change",
    )


def _length(months: int) -> str:
    return counted(months, "month") if months % 12 else counted(months // 12, "year")


def _every(months: int) -> str:
    return f"every {_length(months).removeprefix('1 ')}"


def _left(months: int, days: int) -> str:
    if not days:
        return counted(months, "month")
    return f"{counted(months, 'month')} and {counted(days, 'day')}" if months else counted(days, "day")


def _compute(values: Values, today: date) -> Outcome:
    return license_proration(ProrationInputs(**values), today)


LICENSE_PRORATION = Policy(
    id="license_proration",
    title="Which period a licence is charged for",
    fields=(
        Field("ordered_on", "date", "Order date", "On which day is the licence ordered?"),
        Field("term", "choice", "Term", "For which term is the licence?", choices=_TERMS),
        Field("pbx", "choice", "PBX", "Is it for a new PBX, or for an existing one?", choices=_PBX),
        Field(
            "expires_on",
            "date",
            "Expiry of the PBX",
            "On which day does the existing PBX expire?",
            needed=lambda values: values.get("pbx") == "existing",
        ),
        Field("price", "money", "Price of a full term", "What is the price of a full term?", optional=True),
    ),
    sources=("pbx/license-cost", "classound/monthly-did-on-yearly-pbx"),
    compute=_compute,
)
