"""Which entry answers a message, and how sure that is: answer, choices, or none.

The score of an entry is its class probability times the cosine of its nearest phrasing
(the product tells unanswerable messages apart best, see docs/evaluation.md). The best
entry's score is calibrated to a confidence, from which the decision follows.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import yaml

from knowledge.faq.embedder import Embedder, Vectors
from knowledge.faq.entries import Entry
from knowledge.faq.index import Index, plain, reader
from knowledge.policy.catalogue import POLICIES

Decision = Literal["answer", "choices", "none"]

MOST_CHOICES = 3
_HITS = 5
_KEPT = 64  # texts understood last
_LONGEST_TOGETHER = 400  # characters of a message with what was said before it
_SAME_WORDS = 0.97  # cosine from which a message is a phrasing typed again
_SAME_WORDS_SCORE = 0.95


@dataclass(frozen=True)
class Thresholds:
    """Calibration and decision limits, from `search.yml`."""

    slope: float
    offset: float
    answer: float
    choices: float
    intent: float

    @classmethod
    def load(cls, path: Path) -> Thresholds:
        """Read `search.yml`.

        Raises:
            ValueError: it does not give exactly one number for each of them.
        """
        try:
            numbers = yaml.safe_load(path.read_text(encoding="utf-8"))
        except yaml.YAMLError as error:
            raise ValueError(f"{path}: not valid YAML: {error}") from error
        names = [field.name for field in fields(cls)]
        if not isinstance(numbers, dict) or set(numbers) != set(names):
            raise ValueError(f"{path}: must give exactly {', '.join(names)}.")
        for name, number in numbers.items():
            if not isinstance(number, (int, float)):
                raise ValueError(f"{path}: {name}: must be a number such as 0.5.")
        return cls(**numbers)

    def confidence(self, score: float) -> float:
        """The calibrated probability, 0 to 1, that an entry with this score is the right answer."""
        bounded = min(max(score, 1e-6), 1 - 1e-6)
        return 1 / (1 + math.exp(-(self.slope * math.log(bounded / (1 - bounded)) + self.offset)))


@dataclass(frozen=True)
class Hit:
    """An entry found, with the confidence that it is the right one."""

    id: str
    confidence: float


@dataclass(frozen=True)
class Result:
    """What a message was taken for. `hits` are best first; `intent` is set when it is no question."""

    hits: tuple[Hit, ...]
    decision: Decision
    intent: str | None
    intent_confidence: float
    index_version: str
    policy: str | None = None  # the calculation that the message is most likely about
    policy_confidence: float = 0.0  # that it is about it at all, whether to explain or to work out
    policy_request: float = 0.0  # how much it sounds like wanting a case worked out, 0 to 1

    @property
    def best(self) -> str | None:
        """The entry found first, if any."""
        return self.hits[0].id if self.hits else None

    @property
    def confidence(self) -> float:
        """That the entry found first is the right one; 0 where none was found."""
        return self.hits[0].confidence if self.hits else 0.0

    @property
    def choices(self) -> tuple[Hit, ...]:
        """The entries to offer when unsure."""
        return self.hits[:MOST_CHOICES]


class Search:
    """Searches one index. Make a new one when the index changes."""

    def __init__(self, index: Index, embedder: Embedder, thresholds: Thresholds) -> None:
        """Raises ValueError when another model made the index."""
        if index.manifest.model != embedder.name:
            raise ValueError(f"The index was built with {index.manifest.model}, not {embedder.name}. Run `care index`.")
        self.index = index
        self.embedder = embedder
        self._thresholds = thresholds
        self._read = reader(index.terms, index.vocabulary)
        # A turn asks for the same text several times: alone, without the last answer, with the text before it.
        self._understood = lru_cache(_KEPT)(self._understand)
        self._ids = tuple(index.entries)
        self._position = {entry: i for i, entry in enumerate(self._ids)}
        self._row_entry = np.array([self._position[row.entry] for row in index.rows])
        labels = index.classifier.labels
        # An entry newer than the classifier has no class yet; its nearest phrasing still finds it.
        self._columns = np.array([labels.index(entry) if entry in labels else -1 for entry in self._ids])
        self._policies = {label.removeprefix("policy:"): i for i, label in enumerate(labels) if label[:7] == "policy:"}
        self._shared = Counter(column for policy in self._policies for column in self._sources(policy))
        self._intents = {label.removeprefix("intent:"): i for i, label in enumerate(labels) if label[:7] == "intent:"}

    def entry(self, entry_id: str) -> Entry:
        """The entry with this id; KeyError if there is none."""
        return self.index.entries[entry_id]

    def search(self, message: str, *, besides: frozenset[str] = frozenset()) -> Result:
        """Find the entries that answer `message`, and decide what to do with them.

        Args:
            besides: entries to leave out, because the partner has just read them.
        """
        text = self._read(message)
        example = self.index.examples.get(plain(message))
        if not any(character.isalnum() for character in text):  # a lone emoji may still be a greeting
            return Result((), "none", example, float(example is not None), self.index.manifest.version)
        probabilities, all_scores = self._understood(text)
        policy, policy_confidence, policy_request = self._policy(probabilities)
        scores = all_scores.copy()
        for entry in besides & self._position.keys():
            scores[self._position[entry]] = 0.0
        best = np.argsort(-scores)[:_HITS]
        hits = tuple(Hit(self._ids[i], round(self._thresholds.confidence(float(scores[i])), 4)) for i in best)
        intent, intent_confidence = self._intent(probabilities, float(scores[best[0]]))
        if example is not None:  # word by word an example: "help" alone looks like "hello" to the classifier
            intent, intent_confidence = example, 1.0
        return Result(
            *(hits, self._decide(hits), intent, intent_confidence, self.index.manifest.version),
            *(policy, policy_confidence, policy_request),
        )

    def _understand(self, text: str) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Class probabilities of a text, and the score of each entry."""
        vector = self.embedder.embed([text])
        probabilities = self.index.classifier.probabilities([text], vector)[0]
        return probabilities, self._scores(vector, self._folded(probabilities))

    def search_after(self, message: str, before: str, *, besides: frozenset[str] = frozenset()) -> Result:
        """Find what answers `message` when it leans on what was said `before` it (“and how much is it?”).

        An entry's confidence comes from the message alone and from both together, as of two
        witnesses: 1 - (1 - a)(1 - b). Entries in `besides` have been answered already.
        """
        alone = self.search(message)
        together = self.search(f"{before} {message}"[-_LONGEST_TOGETHER:], besides=besides)
        doubts: dict[str, float] = {}
        for hit in (*alone.hits, *together.hits):
            if hit.id not in besides:
                doubts[hit.id] = doubts.get(hit.id, 1.0) * (1.0 - hit.confidence)
        merged = [Hit(entry, round(1.0 - doubt, 4)) for entry, doubt in doubts.items()]
        hits = tuple(sorted(merged, key=lambda hit: -hit.confidence)[:_HITS])
        return replace(alone, hits=hits, decision=self._decide(hits) if hits else "none", intent=None)

    def _scores(self, vector: Vectors, probabilities: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        cosines = self._nearest(vector)
        by_entry = np.where(self._columns >= 0, probabilities[self._columns], 0.0)
        scores = by_entry * np.clip(cosines, 0.0, 1.0)
        return np.where(cosines >= _SAME_WORDS, np.maximum(scores, _SAME_WORDS_SCORE * cosines), scores)

    def _folded(self, probabilities: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """A request to work a case out counts for the entry that explains its rule, too."""
        folded = probabilities.copy()
        for policy, column in self._policies.items():
            sources = self._sources(policy)
            if sources:
                folded[max(sources, key=lambda source: probabilities[source])] += probabilities[column]
        return folded

    def _policy(self, probabilities: npt.NDArray[np.float32]) -> tuple[str | None, float, float]:
        """The likeliest calculation, how likely it is the topic, and how much a case is to be worked out."""
        best: tuple[str | None, float, float] = None, 0.0, 0.0
        for policy, column in self._policies.items():
            asked = float(probabilities[column])
            explained = sum(float(probabilities[source]) / self._shared[source] for source in self._sources(policy))
            if asked + explained > best[1]:
                best = policy, round(asked + explained, 4), round(asked / (asked + explained), 4)
        return best

    def _sources(self, policy: str) -> list[int]:
        """The classes of the entries that a calculation rests on."""
        entries = POLICIES[policy].sources if policy in POLICIES else ()
        columns = [int(self._columns[self._position[entry]]) for entry in entries if entry in self._position]
        return [column for column in columns if column >= 0]

    def _nearest(self, vector: Vectors) -> npt.NDArray[np.float32]:
        """Cosine of each entry's nearest text: the best phrasing counts for its entry."""
        found, rows = self.index.vectors.search(vector, len(self._row_entry))
        nearest = np.full(len(self._ids), -1.0, dtype=np.float32)
        np.maximum.at(nearest, self._row_entry[rows[0]], found[0])
        return nearest

    def _intent(self, probabilities: npt.NDArray[np.float32], best_score: float) -> tuple[str | None, float]:
        name = max(self._intents, key=lambda intent: probabilities[self._intents[intent]])
        confidence = float(probabilities[self._intents[name]])
        if confidence >= self._thresholds.intent and confidence > best_score:
            return name, round(confidence, 4)
        return None, 0.0

    def _decide(self, hits: tuple[Hit, ...]) -> Decision:
        if hits[0].confidence >= self._thresholds.answer:
            return "answer"
        return "choices" if hits[0].confidence >= self._thresholds.choices else "none"
