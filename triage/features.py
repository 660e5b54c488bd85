"""What the classifiers see of a text: its meaning, the topics of the FAQ it is near, words it has, facts it names."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from knowledge.faq.classifier import Classifier
from knowledge.faq.embedder import Embedder, Vectors, unit
from knowledge.reading.found import blanked
from triage.codes import find_codes
from triage.facts import LONGEST_READ, facts
from triage.numbers import find_numbers
from triage.passages import Passages
from triage.patterns import content, pattern
from triage.priority import signals
from triage.requests import asks_in_general, asks_only, is_problem, is_question, is_request

_TOPIC, _TOPIC_PART, _CUE, _FACT = 2.0, 1.0, 0.5, 0.5  # how much each counts beside an embedding of length 1
_LONGEST = 1500  # characters of content that tell the type; what follows is detail
_FEWEST_WORDS, _MOST_SENTENCES, _LONGEST_SENTENCE = 3, 12, 400
_MOST_WANTED = 3  # sentences that want something
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
        parts = [self._of_sentences(one, *rows) for one, *rows in zip(passages, vectors, whole, strict=True)]
        wants, topics = np.vstack([one for one, _ in parts]), np.vstack([one for _, one in parts])
        cues = np.array([_cues(text, one) for text, one in zip(texts, passages, strict=True)], dtype=np.float32)
        blocks = [vectors, wants, _TOPIC * whole, _TOPIC_PART * topics, cues.reshape(len(texts), -1)]
        return np.asarray(np.hstack(blocks), dtype=np.float32)

    def _topics(self, texts: list[str], vectors: Vectors) -> Vectors:
        """How near each text is to each topic, 0 to 1."""
        probabilities = self.faq.probabilities(texts, vectors)
        columns = {label: number for number, label in enumerate(self.faq.labels)}
        topics = np.zeros((len(texts), len(self.topics)), dtype=np.float32)
        for place, label in enumerate(self.topics):
            if label in columns:
                topics[:, place] = np.sqrt(probabilities[:, columns[label]])
        return topics

    def _of_sentences(self, passages: Passages, vector: Vectors, topics: Vectors) -> tuple[Vectors, Vectors]:
        """What the sentences mean that want something, and how near the nearest sentence is to each topic.

        In a long text the whole is blurred.
        """
        sentences = [one for one in passages.content if len(one.split()) >= _FEWEST_WORDS][:_MOST_SENTENCES]
        if len(sentences) < 2:
            return vector, topics
        read = [self.read(one[:_LONGEST_SENTENCE]) for one in sentences]
        vectors = self.embedder.embed(read)
        wanting = [is_request(one) for one in sentences]
        if not any(wanting):
            wanting = [is_question(one) for one in sentences]
        wants = unit(vectors[np.array(wanting)][:_MOST_WANTED].mean(axis=0)) if any(wanting) else vector
        return wants, np.asarray(self._topics(read, vectors).max(axis=0), dtype=np.float32)


def _cues(text: str, passages: Passages) -> list[float]:
    groups = [_CUE * bool(pattern("cues", name).search(text)) for name in content("cues")]
    return [*groups, *(_FACT * one for one in (*_facts(passages), *signals(passages))), *_deciding(passages)]


def _deciding(passages: Passages) -> list[float]:
    """Which of the facts hold that decide between types."""
    text = " ".join(passages.content)[:LONGEST_READ]
    return [float(one.holds(text)) for one in facts()]


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
