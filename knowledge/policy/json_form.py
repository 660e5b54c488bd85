"""A calculation in JSON: what it wants, and its outcome from inputs as scripts and the portal give them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from knowledge.policy import inputs
from knowledge.policy.fields import InvalidInput, Policy
from knowledge.policy.outcome import to_json
from knowledge.policy.parameters import tables


class MissingInputs(InvalidInput):
    """Values that are still needed; `names` lists them."""

    def __init__(self, names: list[str]) -> None:
        super().__init__("", f"Still needed: {', '.join(names)}.")
        self.names = names


def describe(policy: Policy) -> dict[str, Any]:
    """A calculation as a machine reads it: inputs, sources, dated parameters."""
    return {
        "policy": policy.id,
        "title": policy.title,
        "sources": list(policy.sources),
        "inputs": [
            {
                "name": field.name,
                "kind": field.kind,
                "label": field.label,
                "question": field.question,
                "choices": dict(field.choices),
                "optional": field.optional,
            }
            for field in policy.fields
        ],
        "parameters": {
            table.name: {
                "description": table.description,
                "unit": table.unit,
                "records": [
                    {
                        "value": record.value,
                        "from": record.since.isoformat() if record.since else None,
                        "source": record.source,
                        "checked_on": record.checked_on.isoformat(),
                        "notes": record.notes,
                    }
                    for record in table.records
                ],
            }
            for table in tables(policy.id).values()
        },
    }


def calculate(policy: Policy, given: dict[str, Any], now: datetime, today: date | None = None) -> dict[str, Any]:
    """The outcome of a calculation in JSON types, from inputs in JSON types.

    Args:
        now: the time, with its zone; stands in for a moment that is not given.
        today: the day to reckon on, where it is not now's.

    Raises:
        MissingInputs: values are still needed.
        InvalidInput: a value cannot be.
    """
    values = inputs.from_json(policy, given)
    for field in policy.fields:
        if field.default_now and field.name not in values:
            values[field.name] = now
    missing = policy.missing(values)
    if missing:
        raise MissingInputs([field.name for field in missing])
    return to_json(policy.compute(values, today or now.date()))
