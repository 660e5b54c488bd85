"""The type of a ticket: a classifier over the whole text and over what it asks for, then facts that decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from knowledge.faq.classifier import Classifier
from knowledge.faq.embedder import Vectors
from tickets.types import OTHER, ticket_types
from triage.facts import LONGEST_READ, facts
from triage.features import Eyes
from triage.passages import Passages
from triage.patterns import pattern
from triage.requests import asks_in_general, is_question, is_request

_SURE_ALSO = 0.5
_FEWEST_WORDS = 4
_LONGEST_ALSO = 160
_BILLING = "Billing"
_TAKE_QUESTIONS = {OTHER, "billing.payment", "classound.porting", "orders.delivery", "orders.tracking"}
_QUESTION = "a question in general, nothing is to be done"
_QUESTION_SURE = 0.4


@dataclass(frozen=True)
class Seen:
    """What the classifiers see of a text."""

    text: str
    features: Vectors

    def odds(self, classifier: Classifier) -> dict[str, float]:
        """The probability of each class."""
        row = classifier.probabilities([self.text], self.features)[0]
        return {name: max(float(share), 1e-6) for name, share in zip(classifier.labels, row, strict=True)}


@dataclass(frozen=True)
class Kind:
    """A type with what speaks for it; `odds` by type add up to 1, `seen` is the part of the text that was judged."""

    type: str
    reason: str
    odds: Mapping[str, float]
    seen: Seen
    also_asks: str = ""
    also_type: str = ""


class Kinds:
    """Tells the type of texts with one classifier."""

    def __init__(self, classifier: Classifier, eyes: Eyes) -> None:
        self._classifier, self._eyes = classifier, eyes

    @property
    def width(self) -> int:
        """How many features the classifier was trained on, n-grams not counted."""
        return int(self._classifier.dense.shape[1])

    def judge(self, passages: Passages) -> Kind:
        """The type, its reason, and a second request where the text has one."""
        main, also = split_requests(passages)
        seen = self._seen(main)
        odds, fact = with_facts(seen.odds(self._classifier), main)
        best = max(odds, key=lambda name: odds[name])
        reason = fact or f"sounds like “{ticket_types()[best].title}”"
        also_asks, also_type = self._also(also, best)
        return Kind(best, reason, odds, seen, also_asks, also_type)

    def _seen(self, passages: Passages) -> Seen:
        text = self._eyes.prepared(passages)
        return Seen(text, self._eyes.features([passages], [text]))

    def _also(self, sentences: list[str], best: str) -> tuple[str, str]:
        """The second request in its words, and its type."""
        for sentence in sentences:
            if len(sentence.split()) < _FEWEST_WORDS:
                continue
            one = Passages(sentence, (sentence,), (sentence,))
            odds, _ = with_facts(self._seen(one).odds(self._classifier), one)
            other = max(odds, key=lambda name: odds[name])
            if other != best and (odds[other] >= _SURE_ALSO or is_request(sentence) or is_question(sentence)):
                words = pattern("kinds", "also_words", whole_words=False).sub("", sentence).strip(" ,.;:!?-")
                return words[:_LONGEST_ALSO], other
        return "", ""


def split_requests(passages: Passages) -> tuple[Passages, list[str]]:
    """What the text mainly wants, and the sentences that ask for something else besides (“also …”, “by the way …”)."""
    main: list[str] = []
    also: list[str] = []
    for position, sentence in enumerate(passages.content):
        parts = pattern("kinds", "also_inside", whole_words=False).split(sentence, maxsplit=1)
        starts = pattern("kinds", "also", whole_words=False).match(sentence)
        if starts and position:
            also.append(sentence)
        elif len(parts) > 1 and len(parts[0].split()) >= _FEWEST_WORDS and len(parts[-1].split()) >= _FEWEST_WORDS:
            main.append(parts[0])
            also.append(parts[-1])
        else:
            main.append(sentence)
    kept = tuple(main) or passages.content
    text = passages.text
    for sentence in also:
        text = text.replace(sentence, " ")
    return Passages(text, passages.sentences, kept, passages.signed), also


def with_facts(odds: dict[str, float], passages: Passages) -> tuple[dict[str, float], str]:
    """The odds after the facts that decide, and the last of these in words; "" where none did."""
    text = " ".join(passages.content)[:LONGEST_READ]
    reason = ""
    best = max(odds, key=lambda name: odds[name])
    if asks_in_general(passages) and best not in _TAKE_QUESTIONS:
        queue = ticket_types()[best].queue
        target = "billing.payment" if queue == _BILLING else OTHER
        shifted = _shifted(odds, target, _QUESTION_SURE)
        return shifted, _QUESTION if max(shifted, key=lambda name: shifted[name]) == target else ""
    for fact in facts():
        if max(odds, key=lambda name: odds[name]) in fact.among and fact.holds(text):
            odds, reason = _shifted(odds, fact.type, fact.sure), fact.reason
    return odds, reason


def _shifted(odds: Mapping[str, float], target: str, share: float) -> dict[str, float]:
    """The odds with a share of all given to one type."""
    return {name: value * (1 - share) + share * (name == target) for name, value in odds.items()}
