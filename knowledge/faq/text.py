"""What a message looks like before it is understood: cleaned, product names forgiven, abbreviations written out."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml
from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

MAX_CHARACTERS = 2000
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-/][A-Za-z0-9]+)*")
_SHORTEST_FORGIVEN = 5


@dataclass(frozen=True)
class Terms:
    """Abbreviations with their meaning and product names, as `terms.yml` lists them."""

    abbreviations: dict[str, str]
    products: tuple[str, ...]

    @classmethod
    def load(cls, path: Path) -> Terms:
        """Read `terms.yml`."""
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return cls(dict(content["abbreviations"]), tuple(content["products"]))

    def normalise(self, text: str) -> str:
        """The text as it is embedded: clean, with known names spelled right and short forms explained."""
        return _WORD.sub(lambda found: self._read(found.group()), clean(text))

    def product(self, word: str) -> str | None:
        """The product a word names, forgiving one wrong letter, or two in a long name."""
        plain = _plain(word)
        if len(plain) < _SHORTEST_FORGIVEN:
            return None
        if plain in self._names:
            return self._names[plain]
        allowed = 2 if len(plain) >= 8 else 1
        found = process.extractOne(plain, self._names.keys(), scorer=DamerauLevenshtein.distance, score_cutoff=allowed)
        # A word that begins otherwise is another word: "reporting" is not "porting".
        return self._names[found[0]] if found is not None and found[0][0] == plain[0] else None

    @cached_property
    def _names(self) -> dict[str, str]:
        return {_plain(name): name for name in self.products}

    def _read(self, word: str) -> str:
        # "did" is a verb unless written DID or DIDs; the same holds for "hw" or "cc".
        short = word[:-1] if word.endswith("s") and word[:-1].isupper() else word
        meaning = self.abbreviations.get(short.upper()) if short.isupper() else None
        if meaning is not None:
            return f"{word} ({meaning})"
        return self.product(word) or word


def clean(text: str) -> str:
    """Compatibility characters folded, invisible ones dropped, white space single, cut at MAX_CHARACTERS."""
    folded = unicodedata.normalize("NFKC", text[: 2 * MAX_CHARACTERS])
    visible = "".join(" " if c.isspace() else c for c in folded if c.isspace() or unicodedata.category(c)[0] != "C")
    # Again, because an accent may have stood behind an invisible character.
    whole = unicodedata.normalize("NFKC", " ".join(visible.split()))
    return whole[:MAX_CHARACTERS].rstrip()


def _plain(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.lower())
