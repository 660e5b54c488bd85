"""Whether a Toll-Free number can be used to call out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from knowledge.policy.countries import checked_country, country_name
from knowledge.policy.fields import Field, Policy, Values
from knowledge.policy.outcome import Outcome
from knowledge.policy.parameters import tables
from knowledge.policy.wording import echo


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
    rule = f"Outbound calls are allowed only with Toll-Free numbers of {' and '.join(map(country_name, allowed))}."
    caveats: tuple[str, ...] = ()
    if country in allowed:
        verdict, decision = "allowed", f"Yes: Toll-Free numbers ({name}) can be used for outbound calls."
        step = f"The number is of one of these ({name})."
    elif country in table["territories_not_stated"].at(today).value:
        verdict, decision = "not_clear", f"Not stated: the published text does not say it for Toll-Free numbers ({name})."
        step = f"The number ({name}) is under +1 too, but of neither of the two."
        caveats = (
            "The published text names only USA and Canada and not the other territories under +1. Taken literally it "
            "excludes them: please ask Customer Care with a ticket.",
        )
    else:
        verdict, decision = "not_allowed", f"No: Toll-Free numbers ({name}) cannot be used for outbound calls."
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
    fields=(Field("country", "country", "Country of the Toll-Free number", "From which country is the Toll-Free number?"),),
    sources=("classound/toll-free-outbound",),
    compute=_compute,
)
