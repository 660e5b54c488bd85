"""Whether a DID number can call emergency services, and how that is activated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from knowledge.policy.countries import checked_country, country_name
from knowledge.policy.fields import Field, InvalidInput, Policy, Values
from knowledge.policy.outcome import Figure, Outcome
from knowledge.policy.parameters import Record, tables
from knowledge.policy.wording import echo

_KINDS = {
    "full_port": "Fully ported number",
    "new": "New number",
    "outbound": "Outbound with own number",
}


@dataclass(frozen=True)
class EmergencyInputs:
    """`kind` is full_port, new or outbound; `country` that of the number, not needed for outbound."""

    kind: str
    country: str | None = None


def emergency_service(inputs: EmergencyInputs, today: date) -> Outcome:
    """Whether a number can call emergency services and short codes, and what has to be done for it.

    Only fully ported numbers can (classound/emergency-from-outbound-did); new numbers are not named
    there, so nothing is promised for them. Germany: active by itself since 2021
    (classound/emergency-germany). Elsewhere by ticket with the user's address for each number,
    active after validation (classound/activate-emergency). The country's code is dialled without a
    country prefix (classound/dial-emergency).

    Raises:
        InvalidInput: an unknown kind, no country where it is needed, or one that does not exist.
    """
    if inputs.kind not in _KINDS:
        raise InvalidInput("kind", "A number was fully ported, ordered as a new one, or is outbound only.")
    table = tables("emergency_service")
    country = checked_country("country", inputs.country) if inputs.country is not None else None
    if inputs.kind in table["kinds_excluded"].at(today).value:
        return _outcome(
            inputs,
            "not_possible",
            "No: emergency and short-code calls are not possible from outbound DID numbers.",
            [
                "Only fully ported DID numbers can call emergency services and short codes.",
                "This number is outbound: it would have to be fully ported first.",
            ],
            [],
        )
    if country is None:
        raise InvalidInput("country", "The country of the number is needed.")
    automatic = table["automatic_countries"].at(today)
    dialling = (
        f"Dial the emergency code of the country ({', '.join(table['example_codes'].at(today).value)}, etc.) without a "
        "country prefix."
    )
    by_ticket = "Send a ticket to Customer Care with the address of the user's location for each number."
    if inputs.kind not in table["kinds_allowed"].at(today).value:
        return _for_new_number(inputs, country, automatic, [by_ticket, dialling])
    allowed = "The number is fully ported, so it can call emergency services and short codes."
    if country in automatic.value:
        return _outcome(
            inputs,
            "active",
            f"Nothing to do: Emergency Services are active by themselves ({country_name(country)}).",
            [allowed, _automatic(country, automatic), dialling],
            [
                "The published text gives the year and no day, and does not say whether numbers activated before then "
                "were included: for such a number, ask Customer Care with a ticket."
            ],
            automatic,
        )
    return _outcome(
        inputs,
        "by_ticket",
        "Yes, by a ticket to Customer Care: Emergency Services are active after validation of the user's address.",
        [
            allowed,
            f"They are not active by themselves in this country ({country_name(country)}).",
            by_ticket,
            "They are activated for each number once its validation is done.",
            dialling,
        ],
        ["The published text does not say how long the validation takes."],
    )


def _for_new_number(inputs: EmergencyInputs, country: str, automatic: Record, advice: list[str]) -> Outcome:
    """A new number: the text read literally leaves it out, and the entry about Germany seems to take it in."""
    steps = [
        "The published text allows emergency and short-code calls only for fully ported DID numbers.",
        "This number is a new one: new numbers are not named.",
    ]
    caveat = "Taken literally, the published text excludes new numbers; whether that is meant, Customer Care must say."
    if country in automatic.value:
        steps.append(_automatic(country, automatic))
        caveat += " The entry about this country speaks of all its DID numbers, so the two entries do not agree."
    return _outcome(
        inputs,
        "not_clear",
        "Not certain: the published text allows emergency calls only from fully ported numbers. Please ask by ticket.",
        [*steps, *advice],
        [caveat],
    )


def _automatic(country: str, automatic: Record) -> str:
    since = f" since {automatic.since.year}" if automatic.since else ""
    return (
        f"In this country ({country_name(country)}) Emergency Services for DID numbers activate by themselves{since}."
    )


def _outcome(
    inputs: EmergencyInputs,
    verdict: str,
    decision: str,
    steps: list[str],
    caveats: list[str],
    record: Record | None = None,
) -> Outcome:
    figures: dict[str, Figure] = {"possible": {"not_possible": False, "not_clear": None}.get(verdict, True)}
    if record is not None and record.since is not None:
        figures["automatic_since_year"] = record.since.year
    return Outcome(
        policy="emergency_service",
        decision=decision,
        verdict=verdict,
        figures=figures,
        steps=tuple(steps),
        sources=EMERGENCY_SERVICE.sources,
        caveats=tuple(caveats),
        inputs=echo(EMERGENCY_SERVICE, vars(inputs)),
        holds_from=record.since if record is not None else None,
        ticket="classound.emergency_activation" if verdict in ("by_ticket", "not_clear") else None,
    )


def _compute(values: Values, today: date) -> Outcome:
    return emergency_service(EmergencyInputs(values["kind"], values.get("country")), today)


EMERGENCY_SERVICE = Policy(
    id="emergency_service",
    title="Emergency calls from a DID number",
    fields=(
        Field("kind", "choice", "How the number came", "How did the number come to CLASSOUND?", choices=_KINDS),
        Field(
            "country",
            "country",
            "Country of the number",
            "From which country is the number?",
            needed=lambda values: values.get("kind") != "outbound",
        ),
    ),
    sources=(
        "classound/activate-emergency",
        "classound/emergency-germany",
        "classound/emergency-from-outbound-did",
        "classound/dial-emergency",
    ),
    compute=_compute,
)
