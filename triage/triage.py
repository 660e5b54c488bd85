"""The triage of a ticket, one readable path: type, priority, fields, what is missing, findings, a suggested reply."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from knowledge.faq.classifier import Classifier
from knowledge.faq.index import reader
from knowledge.faq.search import Search
from settings import Settings
from tickets.types import ticket_types
from triage.build import current_version
from triage.features import Eyes
from triage.fields import Reading, read_fields
from triage.findings import find_findings
from triage.kinds import Kind, Kinds
from triage.passages import Passages, read_passages
from triage.priority import judge_priority
from triage.similar import find_similar
from triage.verdict import Candidate, Similar, Verdict

_ALTERNATIVES = 3
_LEAST_SUGGESTED = 0.3  # confidence from which a FAQ answer is suggested as a reply
_LONGEST_SEARCHED = 600


class Triage:
    """Judges tickets with one trained model. Make a new one when the model or the index changes."""

    def __init__(
        self, types: Classifier, priorities: Classifier, topics: tuple[str, ...], search: Search, version: str
    ) -> None:
        self._search = search
        self._eyes = Eyes(
            search.embedder, reader(search.index.terms, search.index.vocabulary), search.index.classifier, topics
        )
        self._kinds = Kinds(types, self._eyes)
        self._priorities = priorities
        self.version = version

    @classmethod
    def load(cls, settings: Settings, search: Search) -> Triage:
        """Read models/triage; the embedder is the search's.

        Raises:
            FileNotFoundError: nothing was trained yet, or by other code.
        """
        folder: Path = settings.models_dir / "triage"
        version = current_version(folder)
        if not version or not (folder / version / "type.npz").exists():
            raise FileNotFoundError(f"No triage in {folder}. Run `care train`.")
        place = folder / version
        topics = tuple(json.loads((place / "manifest.json").read_text(encoding="utf-8"))["topics"])
        types, priorities = Classifier.load(place / "type.npz"), Classifier.load(place / "priority.npz")
        triage = cls(types, priorities, topics, search, version)
        if not triage.fits():
            raise FileNotFoundError(
                f"The triage in {folder} was trained by another version of this code. Run `care train`."
            )
        return triage

    def fits(self) -> bool:
        """Whether the classifiers were trained on the features that texts have now."""
        nothing = read_passages("")
        width = self._eyes.features([nothing], [""]).shape[1]
        return bool(self._kinds.width == self._priorities.dense.shape[1] == width)

    def judge(
        self, text: str, now: datetime, *, type_id: str | None = None, known: Mapping[str, Any] | None = None
    ) -> Verdict:
        """Judge a ticket.

        Args:
            text: subject, description and comments together.
            now: when it was written.
            type_id: the type where an agent or a calculation settled it.
            known: fields known already; they stay.
        """
        passages = read_passages(text)
        kind = self._kinds.judge(passages)
        chosen = type_id if type_id in ticket_types() else kind.type
        ticket_type = ticket_types()[chosen]
        reading = Reading(chosen, passages, now.date())
        fields = {**read_fields(reading), **{name: value for name, value in (known or {}).items() if value}}
        priority = judge_priority(reading, kind.seen.odds(self._priorities))
        settled = type_id is not None
        return Verdict(
            type=chosen,
            confidence=1.0 if settled else round(kind.odds[chosen], 4),
            type_reason="settled before" if settled else kind.reason,
            alternatives=_alternatives(kind, chosen),
            queue=ticket_type.queue,
            priority=priority.name,
            priority_reason=priority.reason,
            fields=fields,
            missing=ticket_type.missing(fields),
            also_asks=kind.also_asks if kind.also_type != chosen else "",
            also_type=kind.also_type if kind.also_type != chosen else "",
            findings=find_findings(chosen, passages.text, fields, now),
            suggested=self._suggested(passages),
            version=self.version,
        )

    def read(self, type_id: str, text: str, now: datetime, *, asked: str | None = None) -> dict[str, Any]:
        """The fields that one message of the partner gives for a ticket of this type.

        Args:
            asked: the field just asked for, whose value the message probably is.
        """
        return read_fields(Reading(type_id, read_passages(text), now.date(), asked), complete=False)

    def similar(self, text: str, fields: Mapping[str, Any], candidates: Sequence[Candidate]) -> list[Similar]:
        """Likely duplicates among open tickets, best first."""
        return find_similar(text, fields, candidates, self._eyes.embedder.embed)

    def _suggested(self, passages: Passages) -> dict[str, Any] | None:
        """The FAQ answer nearest to the text."""
        result = self._search.search(" ".join(passages.content)[:_LONGEST_SEARCHED])
        if not result.hits or result.confidence < _LEAST_SUGGESTED:
            return None
        entry = self._search.entry(result.hits[0].id)
        if not entry.answered:
            return None
        return {
            "entry": entry.id,
            "question": entry.question,
            "confidence": result.confidence,
            "text": entry.answer,
        }


def _alternatives(kind: Kind, chosen: str) -> tuple[tuple[str, float], ...]:
    others = sorted((pair for pair in kind.odds.items() if pair[0] != chosen), key=lambda pair: -pair[1])
    return tuple((name, round(share, 4)) for name, share in others[:_ALTERNATIVES])
