"""Fit the triage's classifiers: the same shape as the FAQ's, but brought to the end of its fitting.

A few thousand long texts with many features need more steps than the FAQ's short questions: stopped as early as
those, every twentieth ticket more got the wrong type.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from knowledge.faq import lexical
from knowledge.faq.classifier import Classifier
from knowledge.faq.embedder import Vectors

_INVERSE_REGULARISATION = 10.0
_TOLERANCE = 1e-4
_MOST_ITERATIONS = 600


def learn(texts: Sequence[str], vectors: Vectors, labels: Sequence[str]) -> Classifier:
    """Fit to examples: one text, its features and its label each."""
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    weights = lexical.fit_weights(list(texts))
    both = csr_matrix(hstack([csr_matrix(vectors), lexical.features(list(texts), weights)]))
    regression = LogisticRegression(C=_INVERSE_REGULARISATION, tol=_TOLERANCE, max_iter=_MOST_ITERATIONS)
    regression.fit(both, list(labels))
    width = vectors.shape[1]
    return Classifier(
        labels=tuple(str(label) for label in regression.classes_),
        dense=np.ascontiguousarray(regression.coef_[:, :width], dtype=np.float32),
        sparse=np.ascontiguousarray(regression.coef_[:, width:].T, dtype=np.float32),
        bias=np.asarray(regression.intercept_, dtype=np.float32),
        ngram_weights=weights,
    )
