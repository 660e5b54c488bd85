"""Whether and how a UC PBX can be switched to x-bees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from knowledge.policy.fields import Field, InvalidInput, Policy, Values
from knowledge.policy.outcome import Figure, Outcome
from knowledge.policy.parameters import Table, tables
from knowledge.policy.wording import echo, listed

_SUBSCRIPTIONS = {"1m": "1 month (1m)", "1y": "1 year (1y)", "5y": "5 years (5y)", "lifetime": "Lifetime"}


@dataclass(frozen=True)
class ConversionInputs:
    """`accepts_new_licenses` matters only for a SKIT-free PBX; `attached`: HWaaS or CLASSOUND is on the PBX."""

    skit_free: bool
    accepts_new_licenses: bool | None = None
    attached: bool = False
    subscription: str | None = None


def xbees_conversion(inputs: ConversionInputs, today: date) -> Outcome:
    """The way from a UC subscription to x-bees, or that there is none.

    Looked at in this order: a SKIT-free PBX only where the partner accepts to pay for new
    licences; HWaaS or CLASSOUND attached takes a ticket; then the subscription: 1 month, delete
    the UC and buy any x-bees; 1 year, by ticket and to the same 1 year only, without credit note;
    5 years, by ticket, to 1 month or 1 year with a 3-year Commitment, after a review. Lifetime is
    not published. The switch is final, and x-bees is meant for new business
    (xbees/convert-from-uc). Ordering x-bees takes the training first (xbees/start-ordering). The
    sources name no date from which this holds.

    Raises:
        InvalidInput: a SKIT-free PBX without the answer on new licences, an unknown subscription.
    """
    table = tables("xbees_conversion")
    steps = ["x-bees is meant for new business. The switch is final: there is no test or trial."]
    if inputs.skit_free:
        if inputs.accepts_new_licenses is None:
            raise InvalidInput("accepts_new_licenses", "Does the Partner accept to be charged for new licences?")
        if not inputs.accepts_new_licenses:
            return _not_eligible(inputs, table, today, steps)
        steps.append("SKIT-free PBX: possible, as you accept to be charged for new licences.")
    if inputs.subscription not in _SUBSCRIPTIONS:
        raise InvalidInput("subscription", f"Which UC subscription is it: {listed(_SUBSCRIPTIONS.values(), 'or')}?")
    if inputs.attached:
        steps.append("HWaaS or CLASSOUND is attached: the switch is requested with a Customer Care ticket.")
    targets: list[str] = table["targets"].at(today).value.get(inputs.subscription, [])
    years: int | None = table["commitment_years"].at(today).value.get(inputs.subscription)
    alone = inputs.subscription in table["by_partner"].at(today).value and not inputs.attached
    reviewed = inputs.subscription in table["reviewed"].at(today).value
    figures: dict[str, Figure] = {
        "targets": [*targets],
        "ticket_needed": not alone,
        "commitment_years": years,
        "reviewed": reviewed,
    }
    if not targets:
        verdict = "not_published"
        decision = "How a lifetime subscription is switched to x-bees is not published: please ask with a ticket."
        steps.append("Lifetime: the published rules name only subscriptions of 1 month, 1 year and 5 years.")
    else:
        steps.append(_subscription_step(inputs.subscription, alone, table, today))
        wanted = _target_text(targets, years)
        if alone:
            verdict, decision = "do_it_yourself", f"Yes: delete the UC subscription and buy {wanted} yourself."
        elif reviewed:
            verdict, decision = "ticket_review", f"Possible after a review, by ticket: to {wanted}."
        else:
            verdict, decision = "ticket", f"Possible by ticket: to {wanted}."
    steps.append(_training_step(table, today))
    return _outcome(inputs, decision, verdict, figures, steps)


def _not_eligible(inputs: ConversionInputs, table: dict[str, Table], today: date, steps: list[str]) -> Outcome:
    steps += [
        "SKIT-free PBX: not eligible, unless the Partner confirms to be charged for new licences.",
        _training_step(table, today),
    ]
    figures: dict[str, Figure] = {"targets": [], "ticket_needed": False, "commitment_years": None, "reviewed": False}
    return _outcome(
        inputs,
        "No: a SKIT-free PBX can be switched to x-bees only if you accept to be charged for new licences.",
        "not_eligible",
        figures,
        steps,
    )


def _subscription_step(subscription: str, alone: bool, table: dict[str, Table], today: date) -> str:
    wanted = _target_text(
        table["targets"].at(today).value[subscription], table["commitment_years"].at(today).value.get(subscription)
    )
    text = f"{_SUBSCRIPTIONS[subscription]}:"
    if alone:
        text += f" delete the UC subscription and buy {wanted}. If that option is not there, submit a ticket."
    else:
        text += f" Customer Care may help to switch to {wanted}."
    if subscription in table["no_credit_note"].at(today).value:
        text += " There are no credit notes and no adjustments."
    if subscription in table["reviewed"].at(today).value:
        text += " This is reviewed before it is approved."
    return text


def _target_text(targets: list[str], years: int | None) -> str:
    if targets == ["any"]:
        return "any x-bees subscription"
    text = f"an x-bees subscription of {listed((_SUBSCRIPTIONS[target] for target in targets), 'or')}"
    if len(targets) == 1:
        text += " only"
    return f"{text}, with a {years}-year Commitment" if years else text


def _training_step(table: dict[str, Table], today: date) -> str:
    platform: str = table["training"].at(today).value
    return (
        f"To order x-bees at all, complete the x-bees training on the {platform} first, and then request the x-bees "
        "option from Customer Care."
    )


def _outcome(
    inputs: ConversionInputs, decision: str, verdict: str, figures: dict[str, Figure], steps: list[str]
) -> Outcome:
    caveats = []
    if inputs.skit_free and inputs.accepts_new_licenses:
        caveats.append("The published text does not say how you confirm the charge for new licences: a ticket does it.")
    if figures["ticket_needed"]:
        caveats.append("Customer Care decides on the request; no result is promised by the published text.")
    return Outcome(
        policy="xbees_conversion",
        decision=decision,
        verdict=verdict,
        figures=figures,
        steps=tuple(steps),
        sources=XBEES_CONVERSION.sources,
        caveats=tuple(caveats),
        inputs=echo(XBEES_CONVERSION, vars(inputs)),
        ticket="xbees.conversion" if caveats else None,
    )


def _can_go_on(values: Values) -> bool:
    """Whether the rest is needed: not once a SKIT-free PBX is ruled out."""
    return not (values.get("skit_free") and values.get("accepts_new_licenses") is False)


def _compute(values: Values, today: date) -> Outcome:
    return xbees_conversion(ConversionInputs(**values), today)


XBEES_CONVERSION = Policy(
    id="xbees_conversion",
    title="Switching a UC PBX to x-bees",
    fields=(
        Field("skit_free", "yes_no", "SKIT-free PBX", "Is it a SKIT-free PBX?"),
        Field(
            "accepts_new_licenses",
            "yes_no",
            "New licences accepted",
            "A SKIT-free PBX can be switched only with new licences that are charged. Do you accept this?",
            needed=lambda values: bool(values.get("skit_free")),
        ),
        Field(
            "attached",
            "yes_no",
            "HWaaS or CLASSOUND attached",
            "Is HWaaS or CLASSOUND attached to the PBX?",
            needed=_can_go_on,
        ),
        Field(
            "subscription",
            "choice",
            "UC subscription",
            "Which UC subscription does the PBX have?",
            choices=_SUBSCRIPTIONS,
            needed=_can_go_on,
        ),
    ),
    sources=("xbees/convert-from-uc", "xbees/start-ordering"),
    compute=_compute,
)
