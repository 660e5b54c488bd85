"""A value found in a sentence: where it stands, and what it can mean."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from knowledge.policy.fields import InvalidInput

T = TypeVar("T")
_FEW_WORDS = 60  # characters
_NO_MEANING = "□"  # neither a letter nor a space: what stands before and behind must not grow together


@dataclass(frozen=True)
class Found(Generic[T]):
    """A value in a sentence.

    Attributes:
        start, end: its place in the text.
        text: the words as written.
        readings: what it can mean. One: clear. Several: ask which. None: `reason` says why not.
        reason: why it cannot be taken, or what is still to be said, for the partner.
        note: what was filled in or taken as meant, in words that fit into the steps.
    """

    start: int
    end: int
    text: str
    readings: tuple[T, ...]
    reason: str = ""
    note: str = ""

    @property
    def value(self) -> T:
        """The only reading.

        Raises:
            InvalidInput: there is none, or more than one; its field is empty, its reason fit for the partner.
        """
        if len(self.readings) == 1:
            return self.readings[0]
        raise InvalidInput("", self.reason or f"“{self.text}” can be read in {len(self.readings)} ways.")


AnyFound = TypeVar("AnyFound", bound=Found)  # type: ignore[type-arg]  # of any kind of value


def longest_first(found: Iterable[AnyFound]) -> list[AnyFound]:
    """What stands at places of its own: of several that overlap the longest stays; in the order of the text."""
    kept: list[AnyFound] = []
    for one in sorted(found, key=lambda each: (each.start - each.end, each.start)):
        if all(one.end <= other.start or other.end <= one.start for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda each: each.start)


def just_before(text: str, position: int) -> str:
    """The words before a place, as many as can matter: a search in them stays quick in a long text."""
    return text[max(0, position - _FEW_WORDS) : position]


def blanked(text: str, found: Iterable[AnyFound]) -> str:
    """The text with a sign of no meaning where values were found, so that no part of them is read as something else."""
    for one in found:
        text = f"{text[: one.start]}{_NO_MEANING * (one.end - one.start)}{text[one.end :]}"
    return text
