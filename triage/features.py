"""What the classifiers see of a text: its meaning, the topics of the FAQ it is near, words it has, facts it names."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from knowledge.faq.classifier import Classifier
from knowledge.faq.embedder import Embedder, Vectors
from knowledge.reading.found import blanked
from triage.codes import find_codes
from triage.numbers import find_numbers
from triage.passages import Passages
from triage.patterns import content, pattern
from triage.priority import signals
from triage.requests import asks_in_general, asks_only, is_problem, is_request

_TOPIC, _TOPIC_PART, _CUE, _FACT = 2.0, 1.0, 0.5, 0.5  # how much each counts beside an embedding of length 1
_LONGEST = 1500  # characters of content that tell the type; what follows is detail
_FEWEST_WORDS, _MOST_SENTENCES, _LONGEST_SENTENCE = 3, 12, 400
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w.-]{1,80}")


@dataclass(frozen=True)
class Eyes:
    """Turns texts into features.

    Attributes:
        read: how the FAQ reads a text: clean, typing mistakes mended.
        faq: the FAQ's own classifier. It has seen thousands of questions on the same matters, so its opinion tells
            more of a ticket than the ticket's words alone.
        topics: its classes as they were when triage was trained; a class that is gone counts nothing.
    """

    embedder: Embedder
    read: Callable[[str], str]
    faq: Classifier
    topics: tuple[str, ...]

    def prepared(self, passages: Passages) -> str:
        """The text that is embedded and whose n-grams count: its content with mended spelling."""
        return self.read(_EMAIL.sub("e-mail", " ".join(passages.content))[:_LONGEST])

    def features(self, passages: Sequence[Passages], texts: Sequence[str]) -> Vectors:
        """One row a text; `texts` is what `prepared` made of each."""
        vectors = self.embedder.embed(list(texts))
        whole = self._topics(list(texts), vectors)
        parts = np.vstack([self._of_sentences(one, row) for one, row in zip(passages, whole, strict=True)])
        cues = np.array([_cues(text, one) for text, one in zip(texts, passages, strict=True)], dtype=np.float32)
        return np.asarray(
            np.hstack([vectors, _TOPIC * whole, _TOPIC_PART * parts, cues.reshape(len(texts), -1)]), dtype=np.float32
        )

    def _topics(self, texts: list[str], vectors: Vectors) -> Vectors:
        """How near each text is to each topic, 0 to 1."""
        probabilities = self.faq.probabilities(texts, vectors)
        columns = {label: number for number, label in enumerate(self.faq.labels)}
        topics = np.zeros((len(texts), len(self.topics)), dtype=np.float32)
        for place, label in enumerate(self.topics):
            if label in columns:
                topics[:, place] = np.sqrt(probabilities[:, columns[label]])
        return topics

    def _of_sentences(self, passages: Passages, whole: Vectors) -> Vectors:
        """The same of the sentence that is nearest to each topic: in a long text the whole is blurred."""
        sentences = [one for one in passages.content if len(one.split()) >= _FEWEST_WORDS][:_MOST_SENTENCES]
        if len(sentences) < 2:
            return whole
        read = [self.read(one[:_LONGEST_SENTENCE]) for one in sentences]
        return np.asarray(self._topics(read, self.embedder.embed(read)).max(axis=0), dtype=np.float32)


def _cues(text: str, passages: Passages) -> list[float]:
    groups = [_CUE * bool(pattern("cues", name).search(text)) for name in content("cues")]
    return [*groups, *(_FACT * one for one in (*_facts(passages), *signals(passages)))]


def _facts(passages: Passages) -> list[float]:
    """What kinds of values a text names, and what its sentences do."""
    text = _EMAIL.sub("□", passages.text)
    numbers = find_numbers(text)
    codes = find_codes(blanked(text, numbers))
    kinds = {code.label or code.form for code in codes} | {code.form for code in codes}
    return [
        float(one)
        for one in (
            *(kind in kinds for kind in ("pbx", "serial", "invoice", "order")),
            bool(numbers),
            "@" in passages.text,
            bool(asks_only(passages)),
            asks_in_general(passages),
            any(is_request(one) for one in passages.content),
            any(is_problem(one) for one in passages.content),
            len(passages.content) > 3,
        )
    ]
