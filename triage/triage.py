"""The triage of a ticket, one readable path: type, priority, fields, what is missing, findings, a suggested reply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from knowledge.faq.classifier import Classifier
from knowledge.faq.search import Search
from settings import Settings
from tickets.types import ticket_types
from triage.build import current_version, prepared
from triage.verdict import Candidate, Similar, Verdict


class Triage:
    """Judges tickets with one trained model. Make a new one when the model or the index changes."""

    def __init__(self, types: Classifier, priorities: Classifier, search: Search, version: str) -> None:
        self._types, self._priorities = types, priorities
        self._search = search
        self._version = version

    @classmethod
    def load(cls, settings: Settings, search: Search) -> Triage:
        """Read models/triage; the embedder is the search's.

        Raises:
            FileNotFoundError: nothing was trained yet.
        """
        folder: Path = settings.models_dir / "triage"
        version = current_version(folder)
        if not version or not (folder / version / "type.npz").exists():
            raise FileNotFoundError(f"No triage in {folder}. Run `care train`.")
        place = folder / version
        return cls(Classifier.load(place / "type.npz"), Classifier.load(place / "priority.npz"), search, version)

    def judge(
        self, text: str, now: datetime, *, type_id: str | None = None, known: Mapping[str, Any] | None = None
    ) -> Verdict:
        """Judge a ticket by its text: subject, description and comments together."""
        read = prepared(text)
        vector = self._search._embedder.embed([read])
        odds = self._types.probabilities([read], vector)[0]
        order = sorted(zip(self._types.labels, map(float, odds), strict=True), key=lambda pair: -pair[1])
        best = type_id or order[0][0]
        kind = ticket_types()[best]
        fields = dict(known or {})
        return Verdict(
            type=best,
            confidence=1.0 if type_id else round(order[0][1], 4),
            type_reason="settled before" if type_id else "the words",
            alternatives=tuple((one, round(share, 4)) for one, share in order[:4] if one != best)[:3],
            queue=kind.queue,
            priority="normal",
            priority_reason="a request",
            fields=fields,
            missing=kind.missing(fields),
            version=self._version,
        )

    def read(self, type_id: str, text: str, now: datetime, *, asked: str | None = None) -> dict[str, Any]:
        """The fields that one message of the partner gives for a ticket of this type."""
        return {}

    def similar(self, text: str, fields: Mapping[str, Any], candidates: Sequence[Candidate]) -> list[Similar]:
        """Likely duplicates among open tickets, best first."""
        return []
