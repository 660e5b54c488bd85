"""The classifier: learns from examples with scikit-learn, answers from its weights alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from knowledge.faq.classifier import UNKNOWN, Classifier, train
from tests.knowledge.small_faq import FakeEmbedder

EXAMPLES = {
    "water/when": ["when do I water", "water in the evening", "watering time"],
    "intent:greet": ["hello", "hello there", "good morning"],
    UNKNOWN: ["will it rain", "rain today", "is there rain"],
}
TEXTS = [text for texts in EXAMPLES.values() for text in texts]
LABELS = [label for label, texts in EXAMPLES.items() for _ in texts]


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return train(TEXTS, FakeEmbedder().embed(TEXTS), LABELS)


def guess(classifier: Classifier, text: str) -> str:
    probabilities = classifier.probabilities([text], FakeEmbedder().embed([text]))[0]
    return classifier.labels[int(probabilities.argmax())]


def test_it_knows_its_examples_again(classifier: Classifier) -> None:
    assert sorted(classifier.labels) == sorted(EXAMPLES)
    assert [guess(classifier, text) for text in TEXTS] == LABELS


def test_probabilities_of_one_text_sum_to_one(classifier: Classifier) -> None:
    texts = [*TEXTS, "", "something else", "x" * 2000]
    found = classifier.probabilities(texts, FakeEmbedder().embed(texts))
    assert found.shape == (len(texts), 3)
    assert np.allclose(found.sum(axis=1), 1.0, atol=1e-5)


def test_spelling_counts_where_the_embedding_says_nothing(classifier: Classifier) -> None:
    assert guess(classifier, "wattering") == "water/when"
    assert guess(classifier, "rainy") == UNKNOWN


def test_a_stored_classifier_answers_the_same(classifier: Classifier, tmp_path: Path) -> None:
    classifier.save(tmp_path / "classifier.npz")
    stored = Classifier.load(tmp_path / "classifier.npz")
    vectors = FakeEmbedder().embed(TEXTS)
    assert stored.labels == classifier.labels
    assert np.array_equal(stored.probabilities(TEXTS, vectors), classifier.probabilities(TEXTS, vectors))
