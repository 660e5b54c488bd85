"""What the calculations say of a ticket, where its text gives them enough: findings of tickets/types.yml."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from knowledge.policy.catalogue import POLICIES
from knowledge.policy.fields import InvalidInput, Policy
from knowledge.policy.outcome import to_json
from knowledge.reading.read import Known
from knowledge.reading.values import read_values
from tickets.types import ticket_types
from triage.patterns import content

_LONGEST = 2000  # characters in which values are looked for


def find_findings(type_id: str, text: str, fields: Mapping[str, Any], now: datetime) -> tuple[dict[str, Any], ...]:
    """The outcome of each of the type's calculations that the text and the fields give enough for."""
    outcomes = []
    for name in ticket_types()[type_id].findings:
        policy = POLICIES[name]
        values = {**_said(policy, text, now), **_known(policy, type_id, fields, now)}
        for one in policy.fields:
            if one.default_now and one.name not in values:
                values[one.name] = now
        if policy.missing(values):
            continue
        try:
            outcomes.append(to_json(policy.compute(values, now.date())))
        except InvalidInput:  # the words made no sense for it; an agent can work it out with right ones
            continue
    return tuple(outcomes)


def _said(policy: Policy, text: str, now: datetime) -> dict[str, Any]:
    return dict(read_values(policy, text[:_LONGEST], Known(), now).values)


def _known(policy: Policy, type_id: str, fields: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Inputs that the ticket's own fields give, surer than words read for the calculation alone."""
    known: dict[str, Any] = {}
    for name, source in content("findings")["from_fields"].get(policy.id, {}).items():
        day = _day(fields.get(source))
        if day is not None:
            known[name] = day
    known.update(content("findings")["by_type"].get(policy.id, {}).get(type_id, {}))
    if policy.id == "paid_service" and type_id == "general.move_ownership":
        party = str(fields.get("moving_party", "")).casefold()
        known["service"] = "reseller_transfer" if "reseller" in party else "end_user_transfer"
    if policy.id == "did_range" and (ranges := [one for one in fields.get("did_numbers", ()) if "X" in str(one)]):
        known["number_range"] = ranges[0]
    return known


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        return None
