"""The inputs of a calculation: what is asked for, in which form, and when it is needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from knowledge.policy.outcome import Outcome

Kind = Literal[
    "date",  # a past or future day
    "moment",  # a day and time with zone
    "money",  # an amount, with a currency where named
    "count",  # a whole number, 0 allowed
    "choice",  # one of `choices`
    "yes_no",
    "country",  # ISO code
    "text",  # a serial number, a phone number: kept as a value, never interpreted
    "items",  # several dated, priced lines
    "tiers",  # licences by tier: {"basic": 5, …}
]
Values = Mapping[str, Any]


class InvalidInput(ValueError):
    """A value that cannot be; `field` names the input, the message says why in the partner's words."""

    def __init__(self, field_name: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field_name
        self.reason = reason


@dataclass(frozen=True)
class Field:
    """One input. `question` asks the partner for it; `label` names it in the certificate."""

    name: str
    kind: Kind
    label: str
    question: str
    choices: Mapping[str, str] = field(default_factory=dict)  # value → title of its button
    optional: bool = False
    past: bool | None = None  # a date only the past (True) or only the future (False) makes sense for
    needed: Callable[[Values], bool] = lambda values: True
    default_now: bool = False  # a moment: who calls fills in the present time where none is given


@dataclass(frozen=True)
class Policy:
    """A calculation as conversation, API and command line see it: its inputs and its function.

    `compute(values, today)` takes values by field name (missing optional ones absent), checks
    them (InvalidInput), and is pure. `sources` are the FAQ entries it rests on.
    """

    id: str
    title: str
    fields: tuple[Field, ...]
    sources: tuple[str, ...]
    compute: Callable[[Values, date], Outcome]

    def missing(self, values: Values) -> list[Field]:
        """The inputs still needed, in the order in which they are asked for."""
        return [
            wanted
            for wanted in self.fields
            if not wanted.optional and wanted.name not in values and wanted.needed(values)
        ]
