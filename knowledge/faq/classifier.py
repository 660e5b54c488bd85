"""Which class a message belongs to: an entry of the FAQ, an intent of the dialogue, or neither.

One multinomial logistic regression over the message's embedding beside its character n-grams.
Training needs scikit-learn; answering needs only the weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack

from knowledge.faq import lexical
from knowledge.faq.embedder import Vectors

UNKNOWN = "unanswerable"
_INVERSE_REGULARISATION = 10.0
_TOLERANCE = 1e-3
_MOST_ITERATIONS = 200


@dataclass(frozen=True)
class Classifier:
    """Class probabilities of a message. `labels` are entry ids, `intent:<name>` and UNKNOWN."""

    labels: tuple[str, ...]
    dense: npt.NDArray[np.float32]  # (classes, embedding)
    sparse: npt.NDArray[np.float32]  # (n-gram buckets, classes)
    bias: npt.NDArray[np.float32]
    ngram_weights: npt.NDArray[np.float32]

    def probabilities(self, texts: list[str], vectors: Vectors) -> npt.NDArray[np.float32]:
        """Shape (texts, labels); each row sums to 1."""
        grams = lexical.features(texts, self.ngram_weights)
        scores = vectors @ self.dense.T + grams @ self.sparse + self.bias
        scores -= scores.max(axis=1, keepdims=True)
        odds = np.exp(scores)
        return np.asarray(odds / odds.sum(axis=1, keepdims=True), dtype=np.float32)

    def save(self, path: Path) -> None:
        """Write to one .npz file."""
        np.savez(
            path,
            labels=np.array(self.labels),
            dense=self.dense,
            sparse=self.sparse,
            bias=self.bias,
            ngram_weights=self.ngram_weights,
        )

    @classmethod
    def load(cls, path: Path) -> Classifier:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as stored:
            arrays: dict[str, Any] = {name: stored[name] for name in stored.files}
        return cls(labels=tuple(str(label) for label in arrays.pop("labels")), **arrays)


def train(
    texts: list[str],
    vectors: Vectors,
    labels: list[str],
    *,
    tolerance: float = _TOLERANCE,
    most_iterations: int = _MOST_ITERATIONS,
) -> Classifier:
    """Fit to examples: one text, its embedding (or other features) and its label each.

    Args:
        tolerance, most_iterations: how near its end the fitting is brought.
    """
    from sklearn.linear_model import LogisticRegression

    weights = lexical.fit_weights(texts)
    both = csr_matrix(hstack([csr_matrix(vectors), lexical.features(texts, weights)]))
    regression = LogisticRegression(C=_INVERSE_REGULARISATION, tol=tolerance, max_iter=most_iterations)
    regression.fit(both, labels)
    width = vectors.shape[1]
    return Classifier(
        labels=tuple(str(label) for label in regression.classes_),
        dense=np.ascontiguousarray(regression.coef_[:, :width], dtype=np.float32),
        sparse=np.ascontiguousarray(regression.coef_[:, width:].T, dtype=np.float32),
        bias=np.asarray(regression.intercept_, dtype=np.float32),
        ngram_weights=weights,
    )
