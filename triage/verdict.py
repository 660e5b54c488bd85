"""What triage says of a ticket, and the small types it is asked with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Verdict:
    """What an agent should know of a ticket before reading it.

    Attributes:
        confidence: that the type is right, 0 to 1; 1 where it was settled before.
        type_reason, priority_reason: why, in words an agent can read.
        alternatives: the next best types with their probability, best first.
        fields: what the text says, by the names of tickets/types.yml; dates in ISO form.
        missing: fields that the type needs and nobody has said yet.
        also_asks: a second request in words (“cancel 2 numbers”), "" where there is none.
        also_type: the type of the second request, "" where there is none.
        findings: outcomes of calculations that the text gives enough for.
        suggested: the FAQ answer nearest to the text: entry, question, confidence, text.
        version: of the trained model.
    """

    type: str
    confidence: float
    type_reason: str
    alternatives: tuple[tuple[str, float], ...]
    queue: str
    priority: str
    priority_reason: str
    fields: dict[str, Any] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    also_asks: str = ""
    also_type: str = ""
    findings: tuple[dict[str, Any], ...] = ()
    suggested: dict[str, Any] | None = None
    version: str = ""

    def to_json(self) -> dict[str, Any]:
        """The same in JSON types only."""
        alternatives = [[type_id, share] for type_id, share in self.alternatives]
        return {**asdict(self), "alternatives": alternatives, "findings": list(self.findings)}


@dataclass(frozen=True)
class Candidate:
    """An open ticket that a new one may be about the same thing as."""

    number: str
    text: str
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Similar:
    """A likely duplicate. `score` is 0 to 1; `reason` says what both share: “the same number +39…”."""

    number: str
    score: float
    reason: str
