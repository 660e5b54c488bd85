"""Whether a Toll-Free number can be used to call out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from knowledge.policy.countries import checked_country, country_name
from knowledge.policy.fields import Field, Policy, Values
from knowledge.policy.outcome import Outcome
from knowledge.policy.parameters import tables
from knowledge.policy.wording import echo, listed


@dataclass(frozen=True)
class TollFreeInputs:
    """`country` is that of the Toll-Free number."""

    country: str


def toll_free_outbound(inputs: TollFreeInputs, today: date) -> Outcome:
    """Whether outbound calls are allowed with a Toll-Free number.

    Only with those of the USA and Canada; of the other territories under +1 the published text does
    not speak (classound/toll-free-outbound; the source names no date from which this holds).

    Raises:
        InvalidInput: a country that does not exist.
    """
    country = checked_country("country", inputs.country)
    name = country_name(country)
    table = tables("toll_free_outbound")
    allowed: list[str] = table["allowed_countries"].at(today).value
    both = listed(map(country_name, allowed))
    rule = f"Only Toll-Free numbers of {both} are allowed for outbound calls."
    caveats: tuple[str, ...] = ()
    if country in allowed:
        verdict, decision = (
            "allowed",
            f"Yes: Toll-Free numbers of this country ({name}) can be used for outbound calls.",
        )
        step = f"The number is of one of these ({name})."
    elif country in table["territories_not_stated"].at(today).value:
        verdict, decision = (
            "not_clear",
            f"Not stated: the published text does not speak of Toll-Free numbers of this territory ({name}).",
        )
        step = f"The number ({name}) is under +1 too, but it is of neither."
        caveats = (
            f"The published text names only {both} and not the other territories under +1. Taken literally it excludes "
            "them: please ask Customer Care with a ticket.",
        )
    else:
        verdict, decision = (
            "not_allowed",
            f"No: Toll-Free numbers of this country ({name}) cannot be used for outbound calls.",
        )
        step = f"The number is of another country ({name})."
    return Outcome(
        policy="toll_free_outbound",
        decision=decision,
        verdict=verdict,
        figures={"country": country, "allowed": {"allowed": True, "not_allowed": False}.get(verdict)},
        steps=(rule, step),
        sources=TOLL_FREE_OUTBOUND.sources,
        caveats=caveats,
        inputs=echo(TOLL_FREE_OUTBOUND, vars(inputs)),
        ticket="general.other" if verdict == "not_clear" else None,
    )


def _compute(values: Values, today: date) -> Outcome:
    return toll_free_outbound(TollFreeInputs(values["country"]), today)


TOLL_FREE_OUTBOUND = Policy(
    id="toll_free_outbound",
    title="Outbound calls with a Toll-Free number",
    fields=(
        Field("country", "country", "Country of the Toll-Free number", "From which country is the Toll-Free number?"),
    ),
    sources=("classound/toll-free-outbound",),
    compute=_compute,
)
