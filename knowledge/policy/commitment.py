"""The discount of a Commitment: who can have it, how much it is, and what it binds to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from knowledge.policy.calendars import add_months
from knowledge.policy.fields import Field, InvalidInput, Policy, Values
from knowledge.policy.inputs import checked_price
from knowledge.policy.money import Money
from knowledge.policy.outcome import Figure, Mark, Outcome, Timeline
from knowledge.policy.parameters import tables
from knowledge.policy.wording import counted, day_text, echo, listed, rounded_text

_SUBSCRIPTIONS = {"1m": "1 month", "1y": "1 year", "5y": "5 years", "lifetime": "LifeTime"}
_LENGTHS = {"3y": "3 years", "5y": "5 years"}
_CONSEQUENCES = (
    "Until the Commitment ends, no service can be detached, HWaaS and DIDs cannot be returned, and the renewal "
    "(monthly or yearly) cannot be changed.",
    "Services can be added; they are billed from the date of their order.",
    "Licence upgrades go through a ticket to Customer Care, which evaluates them.",
    "The Commitment renews itself: ask Customer Care before that to change licences or to remove it.",
    "It secures no prices: new prices apply to all PBXs.",
)


@dataclass(frozen=True)
class CommitmentInputs:
    """`subscription` is 1m, 1y, 5y or lifetime; the rest is needed only where it can have a Commitment."""

    subscription: str
    length: str | None = None
    created_on: date | None = None
    next_renewal: date | None = None
    present_price: Money | None = None
    new_price: Money | None = None


def commitment_discount(inputs: CommitmentInputs, today: date) -> Outcome:
    """Whether a PBX can have a Commitment, and what discount it gets from when.

    Only PBXs with a 1-month or 1-year subscription, only systems created less than 3 months ago. 15 %
    for 3 years, 20 % for 5 years; present licences from the next renewal on, newly added ones at once
    (pbx/commitment, billing/additional-discount). It binds all services until it ends and secures no
    prices (billing/commitment-secured-prices). The sources name no date from which this holds.

    Raises:
        InvalidInput: an unknown choice, a creation in the future, a renewal in the past, a price that
            cannot be, or an input that is needed and missing.
    """
    _check(inputs, today)
    table = tables("commitment_discount")
    subscriptions: list[str] = table["eligible_subscriptions"].at(today).value
    months: int = table["newest_months"].at(today).value
    right_subscription = inputs.subscription in subscriptions
    last_day = add_months(inputs.created_on, months) - timedelta(days=1) if inputs.created_on else None
    new_enough = last_day is None or today <= last_day
    named = listed((_SUBSCRIPTIONS[name] for name in subscriptions), "or")
    figures: dict[str, Figure] = {}
    steps = [
        f"Only PBXs with a subscription of {named} can have a Commitment; this one has "
        f"{_SUBSCRIPTIONS[inputs.subscription]}: {'yes' if right_subscription else 'no'}."
    ]
    if inputs.created_on and last_day:
        figures["last_day_to_apply"] = last_day
        steps.append(
            f"Only systems created less than {counted(months, 'month')} ago: created on {day_text(inputs.created_on)}, "
            f"this is until {day_text(last_day)}. Today is {day_text(today)}: {'yes' if new_enough else 'no'}."
        )
    if not right_subscription:
        verdict = "not_eligible_subscription"
        decision = f"No: a Commitment is only for PBXs with a subscription of {named}."
    elif last_day and not new_enough:
        verdict = "not_eligible_age"
        decision = (
            f"No: a Commitment is only for systems created less than {counted(months, 'month')} ago, and for this one "
            f"the last day was {day_text(last_day)}."
        )
    else:
        verdict = "eligible"
        decision = _discount(inputs, table["discount_percent"].at(today).value, figures, steps)
        steps += _CONSEQUENCES
    return Outcome(
        policy="commitment_discount",
        decision=decision,
        verdict=verdict,
        figures=figures,
        steps=tuple(steps),
        sources=COMMITMENT_DISCOUNT.sources,
        caveats=tuple(_caveats(inputs, verdict)),
        inputs=echo(COMMITMENT_DISCOUNT, vars(inputs)),
        holds_from=table["discount_percent"].at(today).since,
        ticket="pbx.commitment" if verdict == "eligible" else None,
        timeline=_timeline(inputs, last_day, today),
    )


def _discount(inputs: CommitmentInputs, percents: dict[str, int], figures: dict[str, Figure], steps: list[str]) -> str:
    """The decision for a PBX that can have it; adds the amounts to `figures` and their working to `steps`."""
    if inputs.length is None or inputs.created_on is None:
        name = "length" if inputs.length is None else "created_on"
        raise InvalidInput(name, "The length of the Commitment and the day on which the PBX was created are needed.")
    percent = percents[inputs.length]
    figures["percent"] = percent
    steps.append(f"A Commitment of {_LENGTHS[inputs.length]} gives {percent} %.")
    renewal = f"the next renewal on {day_text(inputs.next_renewal)}" if inputs.next_renewal else "the next renewal"
    if inputs.next_renewal:
        figures["present_licences_from"] = inputs.next_renewal
    steps.append(f"The present licences get it from {renewal}, newly added ones at once.")
    after: dict[str, str] = {}
    for name, title, price in (
        ("present", "Present licences", inputs.present_price),
        ("new", "Newly added licences", inputs.new_price),
    ):
        if price is None:
            continue
        exact = price * (Decimal(percent) / 100)
        saving = Money(exact.rounded, exact.currency)
        figures |= {f"{name}_saving": saving, f"{name}_price_after": price - saving}
        after[name] = f" ({price - saving} instead of {price})"
        steps.append(f"{title}: {percent} % of {price} = {rounded_text(exact)}; {price} − {saving} = {price - saving}.")
    return (
        f"Yes: {percent} % with a Commitment of {_LENGTHS[inputs.length]}, for present licences from {renewal}"
        f"{after.get('present', '')}, for newly added ones at once{after.get('new', '')}."
    )


def _check(inputs: CommitmentInputs, today: date) -> None:
    if inputs.subscription not in _SUBSCRIPTIONS:
        raise InvalidInput("subscription", f"The subscription is one of: {', '.join(_SUBSCRIPTIONS)}.")
    if inputs.length is not None and inputs.length not in _LENGTHS:
        raise InvalidInput("length", f"A Commitment is for one of: {', '.join(_LENGTHS)}.")
    if inputs.created_on is not None and inputs.created_on > today:
        raise InvalidInput("created_on", f"{day_text(inputs.created_on)} is in the future. When was the PBX created?")
    if inputs.next_renewal is not None and inputs.next_renewal < today:
        raise InvalidInput(
            "next_renewal", f"{day_text(inputs.next_renewal)} is in the past. When is the next renewal, from today on?"
        )
    for name, price in (("present_price", inputs.present_price), ("new_price", inputs.new_price)):
        if price is not None:
            checked_price(name, price)


def _caveats(inputs: CommitmentInputs, verdict: str) -> list[str]:
    if verdict != "eligible":
        return []
    caveats = [
        "The published text gives the immediate discount to licences added “before the Commitment” and does not say "
        "when exactly this is: newly added ones are taken to get it at once.",
        "It describes a Commitment on an existing PBX too, although it allows one only for new systems. If your "
        "decision depends on it, please ask Customer Care.",
    ]
    if inputs.present_price or inputs.new_price:
        caveats.append("The prices are those that you gave for one period; new prices can change them at any time.")
    return caveats


def _timeline(inputs: CommitmentInputs, last_day: date | None, today: date) -> Timeline | None:
    if inputs.created_on is None or last_day is None:
        return None
    marks = [
        Mark(inputs.created_on, "PBX created"),
        Mark(last_day, "Last day for a Commitment", "end"),
        Mark(today, "Today", "own"),
    ]
    if inputs.next_renewal is not None:
        marks.append(Mark(inputs.next_renewal, "Next renewal"))
    return Timeline(
        tuple(sorted(marks, key=lambda mark: mark.day)), ((inputs.created_on, last_day, "Commitment possible"),)
    )


def _can_have_one(values: Values) -> bool:
    """Whether the other inputs matter: the subscription can have a Commitment."""
    subscriptions: list[str] = tables("commitment_discount")["eligible_subscriptions"].records[-1].value
    return "subscription" not in values or values["subscription"] in subscriptions


def _compute(values: Values, today: date) -> Outcome:
    return commitment_discount(CommitmentInputs(**values), today)


COMMITMENT_DISCOUNT = Policy(
    id="commitment_discount",
    title="Discount with a Commitment",
    fields=(
        Field(
            "subscription", "choice", "Subscription", "Which subscription does the PBX have?", choices=_SUBSCRIPTIONS
        ),
        Field(
            "created_on",
            "date",
            "PBX created on",
            "On which day was the PBX created?",
            past=True,
            needed=_can_have_one,
        ),
        Field(
            "length",
            "choice",
            "Length of the Commitment",
            "How long should the Commitment be?",
            choices=_LENGTHS,
            needed=_can_have_one,
        ),
        Field(
            "next_renewal",
            "date",
            "Next renewal",
            "When is the next renewal of the PBX?",
            past=False,
            needed=_can_have_one,
        ),
        Field(
            "present_price", "money", "Price of present licences", "What do the present licences cost?", optional=True
        ),
        Field("new_price", "money", "Price of new licences", "What do the newly added licences cost?", optional=True),
    ),
    sources=("pbx/commitment", "billing/additional-discount", "billing/commitment-secured-prices"),
    compute=_compute,
)
