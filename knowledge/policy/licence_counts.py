"""What follows from the licences of a PBX: its CLASSOUND Flats and its concurrent calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from knowledge.policy.fields import Field, InvalidInput, Policy, Values
from knowledge.policy.outcome import Outcome
from knowledge.policy.parameters import tables
from knowledge.policy.wording import counted, echo, listed

_PBX_KINDS = {
    "stand_alone": "Stand-alone PBX",
    "server": "Server (Master) PBX",
    "client": "Client (Slave) PBX",
}


@dataclass(frozen=True)
class FlatInputs:
    """Licences by tier; of a client PBX those of its server PBX. `pbx_kind` None where it was not said."""

    licences: Mapping[str, int]
    pbx_kind: str | None = None


@dataclass(frozen=True)
class CallInputs:
    """Licences by tier, one a user."""

    licences: Mapping[str, int]


def flat_allocation(inputs: FlatInputs, today: date) -> Outcome:
    """How many CLASSOUND Flats a PBX with DID numbers gets.

    One for each Essential, Business and Premium licence; Basic licences get none and are charged
    per minute. On a client PBX in a WMS network the licences of the server PBX count
    (classound/flat-allocation; the source names no date from which this holds).

    Raises:
        InvalidInput: an unknown tier or kind of PBX, a negative count, no licences at all.
    """
    table = tables("flat_allocation")
    with_flat: list[str] = table["tiers_with_flat"].at(today).value
    without_flat: list[str] = table["tiers_without_flat"].at(today).value
    licences = _checked(inputs.licences, [*without_flat, *with_flat])
    if inputs.pbx_kind is not None and inputs.pbx_kind not in _PBX_KINDS:
        raise InvalidInput("pbx_kind", "A PBX is stand-alone, a server or a client in a WMS network.")
    client = inputs.pbx_kind == "client"
    flats = sum(licences[tier] for tier in with_flat)
    per_minute = sum(licences[tier] for tier in without_flat)

    steps = []
    if client:
        steps.append("On a client PBX in a WMS network the licences of its server PBX count.")
    elif inputs.pbx_kind == "server":
        steps.append("A server PBX counts its own licences, and its client PBXs show the same number of Flats.")
    steps.append(
        f"One Flat for each {_named(with_flat)} licence: "
        f"{' + '.join(f'{licences[tier]:,} {tier.title()}' for tier in with_flat)} = {flats:,}."
    )
    if per_minute:
        steps.append(
            f"No Flat for {counted(per_minute, f'{_named(without_flat)} licence')}: "
            "calls through DID numbers are charged per minute there."
        )
    if client:
        steps.append(
            "To change this number, change the licences of the server PBX or set the client PBX as stand-alone."
        )
    if flats:
        decision = f"{'The client PBX' if client else 'The PBX'} gets {counted(flats, 'CLASSOUND Flat')}."
    else:
        decision = "The PBX gets no CLASSOUND Flat: its calls through DID numbers are charged per minute."
    caveats = [
        "The Flats come with DID numbers (new, fully ported, outbound or FreePhone): without any there are none."
    ]
    if inputs.pbx_kind is None:
        caveats.append(
            "A stand-alone or server PBX is assumed. On a client PBX in a WMS network the licences of the server PBX "
            "count instead."
        )
    elif client:
        caveats.append("The licences that you gave are taken to be those of the server PBX.")
    return Outcome(
        policy="flat_allocation",
        decision=decision,
        verdict="flats" if flats else "per_minute_only",
        figures={"flats": flats, "licences_per_minute": per_minute},
        steps=tuple(steps),
        sources=FLAT_ALLOCATION.sources,
        caveats=tuple(caveats),
        inputs=echo(FLAT_ALLOCATION, {"licences": inputs.licences, "pbx_kind": inputs.pbx_kind}),
    )


def concurrent_calls(inputs: CallInputs, today: date) -> Outcome:
    """How many calls the users of a PBX may have at the same time.

    The licence of the user decides, not the DID number: Basic 2, Essential 4, Business 8,
    Premium 8 for each user (classound/concurrent-calls; the source names no date).

    Raises:
        InvalidInput: an unknown tier, a negative count, no licences at all.
    """
    per_user: dict[str, int] = tables("concurrent_calls")["calls_per_user"].at(today).value
    licences = _checked(inputs.licences, per_user)
    users = {tier: count for tier, count in licences.items() if count}
    by_tier = {tier: count * per_user[tier] for tier, count in users.items()}
    total = sum(by_tier.values())
    steps = [
        f"{tier.title()}: {counted(count, 'user')} × {counted(per_user[tier], 'call')} = {by_tier[tier]:,}."
        for tier, count in users.items()
    ]
    if len(by_tier) > 1:
        steps.append(f"Together: {' + '.join(f'{calls:,}' for calls in by_tier.values())} = {total:,}.")
    everyone = sum(users.values())
    decision = f"Up to {counted(total, 'concurrent call')}: " + ", ".join(
        f"{per_user[tier]} for each {tier.title()} user" for tier in users
    )
    return Outcome(
        policy="concurrent_calls",
        decision=f"{decision}.",
        verdict="calls",
        figures={
            "total": total,
            "users": everyone,
            "by_tier": {**by_tier},
            "per_user": {tier: per_user[tier] for tier in users},
        },
        steps=tuple(steps),
        sources=CONCURRENT_CALLS.sources,
        caveats=(
            "The published text gives the calls of one user and names no limit for a DID number or a whole PBX; "
            "the totals are the users added up.",
        ),
        inputs=echo(CONCURRENT_CALLS, {"licences": inputs.licences}),
    )


def _checked(licences: Mapping[str, int], tiers: Iterable[str]) -> dict[str, int]:
    """The count of every tier, in order; a tier not named is none of it."""
    known = list(tiers)
    for tier, count in licences.items():
        if tier not in known:
            raise InvalidInput("licences", f"I don't know a licence “{tier}”. There are {_named(known, 'and')}.")
        if count < 0:
            raise InvalidInput("licences", f"{count} {tier.title()} licences: the number cannot be negative.")
    if not any(licences.values()):
        raise InvalidInput("licences", "No licences are given. Please give the number of at least one kind.")
    return {tier: licences.get(tier, 0) for tier in known}


def _named(tiers: Iterable[str], last: str = "or") -> str:
    return listed((tier.title() for tier in tiers), last)


def _compute_flats(values: Values, today: date) -> Outcome:
    return flat_allocation(FlatInputs(values["licences"], values.get("pbx_kind")), today)


def _compute_calls(values: Values, today: date) -> Outcome:
    return concurrent_calls(CallInputs(values["licences"]), today)


_LICENCES: dict[str, Any] = {"name": "licences", "kind": "tiers", "label": "Licences"}

FLAT_ALLOCATION = Policy(
    id="flat_allocation",
    title="CLASSOUND Flats of a PBX",
    fields=(
        Field(
            **_LICENCES,
            question="How many Basic, Essential, Business and Premium licences are there? "
            "(For a client PBX: the licences of its server PBX.)",
        ),
        Field(
            "pbx_kind",
            "choice",
            "Kind of PBX",
            "Is it a stand-alone PBX, or a server or client PBX in a WMS network?",
            choices=_PBX_KINDS,
            optional=True,
        ),
    ),
    sources=("classound/flat-allocation",),
    compute=_compute_flats,
)

CONCURRENT_CALLS = Policy(
    id="concurrent_calls",
    title="Concurrent calls",
    fields=(Field(**_LICENCES, question="How many users have a Basic, Essential, Business or Premium licence?"),),
    sources=("classound/concurrent-calls",),
    compute=_compute_calls,
)
