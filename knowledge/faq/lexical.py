"""Lexical evidence: hashed, weighted character n-grams of a text.

Character n-grams forgive what partners mistype (clasound, hwass, portng) and tell apart what
embeddings blur (CN, LT, 911, 5y). Hashing keeps no vocabulary: the same few lines serve
training and answering.
"""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

BUCKETS = 1 << 14
_SHORTEST, _LONGEST = 2, 4
_WORD = re.compile(r"[a-z0-9]+(?:[-'.][a-z0-9]+)*")


def ngrams(text: str) -> Counter[str]:
    """Character n-grams of the words of `text`, word borders marked by a space."""
    found: Counter[str] = Counter()
    for word in _WORD.findall(text.lower()):
        padded = f" {word} "
        for size in range(_SHORTEST, _LONGEST + 1):
            found.update(padded[start : start + size] for start in range(len(padded) - size + 1))
    return found


def counts(texts: list[str]) -> csr_matrix:
    """Damped n-gram counts, one row a text: shape (texts, BUCKETS)."""
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    for row, text in enumerate(texts):
        buckets: Counter[int] = Counter()
        for gram, count in ngrams(text).items():
            buckets[zlib.crc32(gram.encode()) % BUCKETS] += count
        rows += [row] * len(buckets)
        columns += buckets.keys()
        values += (1.0 + math.log(count) for count in buckets.values())
    return csr_matrix((values, (rows, columns)), shape=(len(texts), BUCKETS), dtype=np.float32)


def fit_weights(texts: list[str]) -> npt.NDArray[np.float32]:
    """Inverse document frequency of each bucket; 0 where a bucket was met in one text only."""
    frequency = np.asarray((counts(texts) > 0).sum(axis=0)).ravel()
    weights = np.log((1 + len(texts)) / (1 + frequency)) + 1
    weights[frequency < 2] = 0
    return np.asarray(weights, dtype=np.float32)


def features(texts: list[str], weights: npt.NDArray[np.float32]) -> csr_matrix:
    """Weighted n-grams of each text, rows of length 1."""
    weighted = csr_matrix(counts(texts).multiply(weights))
    length = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1))).ravel()
    return csr_matrix(weighted.multiply(1 / np.maximum(length, 1e-9)[:, None]))
