"""A ticket's text as triage reads it: bounded, cleaned, cut into sentences; what is no content left out."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from knowledge import strict_yaml

LONGEST = 6000  # characters that are read; the end of a longer text is what comments added, so both ends are kept
_MOST_PASSAGES = 24  # each costs an embedding
_ENDS = re.compile(r"(?<=[.!?])[\"'”’)]*\s+(?=[\"'“‘(]?[A-Z0-9¿+])|(?<=[!?])\s+|\n+|\s+[-–—•*]\s+(?=[A-Z])|;\s+")
_LONGEST_PASSAGE = 800  # characters; nobody writes a longer sentence
_FEWEST_LETTERS = 3
_FEWEST_WORDS = 12  # that a partner writes above a mail that is itself what is wanted
_LONGEST_SIGNATURE = 5  # sentences or lines


@dataclass(frozen=True)
class Passages:
    """A text and its sentences.

    Attributes:
        content: the sentences that can say what is wanted; never empty unless the text is.
        signed: where in the text the signature begins, whose numbers are the writer's own; -1 where there is none.
    """

    text: str
    sentences: tuple[str, ...]
    content: tuple[str, ...]
    signed: int = -1


def read_passages(text: str) -> Passages:
    """Cut a text of any size and kind."""
    cleaned = clean(text)
    sentences = tuple(part.strip() for part in _ENDS.split(_without_abbreviations(cleaned)) if part and part.strip())
    sentences = tuple(sentence.replace(_DOT, ".") for sentence in sentences)
    whole = cleaned.replace(_DOT, ".")
    content: list[str] = []
    signed = -1
    for position, sentence in enumerate(sentences):
        if _passes_on(sentence, content):
            signed = -1
            continue
        if signed >= 0:
            continue
        after = sentences[position + 1 :]
        late = len(after) < _LONGEST_SIGNATURE and not any(_words("greeting").match(one) for one in after)
        late = late and _words("sign_off").fullmatch(sentence) is not None
        if content and (late or _words("signature").match(sentence)):
            signed = whole.rfind(sentence)
            continue
        if _words("quoted").match(sentence):
            continue
        rest = _words("greeting").sub("", sentence).strip()
        if sum(character.isalpha() for character in rest) >= _FEWEST_LETTERS and not _words("empty").fullmatch(rest):
            content.append(rest[:_LONGEST_PASSAGE])
    kept = content if content else list(sentences)
    return Passages(whole, sentences, tuple(kept[:_MOST_PASSAGES]), signed)


def _passes_on(sentence: str, above: list[str]) -> bool:
    """Whether a line begins a mail that is passed on."""
    hardly_a_word = sum(len(one.split()) for one in above) <= _FEWEST_WORDS
    head = _words("forwarded").match(sentence) or (hardly_a_word and _words("original").match(sentence))
    return bool(head)


def clean(text: str) -> str:
    """Compatibility characters folded, invisible ones dropped, lines kept, at most LONGEST characters."""
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]}\n{text[-LONGEST // 2 :]}"
    folded = unicodedata.normalize("NFKC", text)[:LONGEST]
    visible = "".join(
        "\n" if c in "\n\r\u2028\u2029" else " " if c.isspace() else c
        for c in folded
        if c.isspace() or unicodedata.category(c)[0] != "C"
    )
    lines = (" ".join(line.split()) for line in visible.split("\n"))
    return "\n".join(line for line in lines if line)


_DOT = "\ue000"  # stands for the point of an abbreviation while sentences are cut


def _without_abbreviations(text: str) -> str:
    return _words("abbreviation").sub(lambda found: found.group().replace(".", _DOT), text.replace(_DOT, " "))


@cache
def _words(name: str) -> re.Pattern[str]:
    return re.compile(_patterns()[name], re.IGNORECASE)


@cache
def _patterns() -> dict[str, Any]:
    content: dict[str, Any] = strict_yaml.load((Path(__file__).parent / "passages.yml").read_text(encoding="utf-8"))
    return {name: "|".join(parts) for name, parts in content.items()}
