"""spaCy without torch, which it imports where it is installed: 3 s and 250 MB that serving has no use for."""

from __future__ import annotations

import sys

sys.modules.setdefault("torch", None)  # type: ignore[arg-type]
import spacy  # noqa: E402
from spacy.lang.en.stop_words import STOP_WORDS  # noqa: E402
from spacy.language import Language  # noqa: E402
from spacy.tokens import Span  # noqa: E402

if sys.modules["torch"] is None:
    del sys.modules["torch"]

__all__ = ["STOP_WORDS", "Language", "Span", "spacy"]
