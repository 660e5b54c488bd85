"""What reading a message for a calculation starts from, and what it gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Unclear:
    """A value that cannot be taken as it stands: two `readings` to choose from, or none and a `reason`."""

    field: str
    text: str
    readings: tuple[Any, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Read:
    """What a message says for the inputs of a calculation.

    Attributes:
        values: by input, as the calculation takes them.
        unclear: what must be asked back, in the order of the message.
        notes: what was filled in by input (“No year was named …”), for the certificate.
        part: of an item without its day: its price and quantity, kept until the day is known.
    """

    values: dict[str, Any] = field(default_factory=dict)
    unclear: tuple[Unclear, ...] = ()
    notes: dict[str, str] = field(default_factory=dict)
    part: Mapping[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.values or self.unclear or self.part)


@dataclass(frozen=True)
class Known:
    """What the conversation has so far.

    Attributes:
        values: by input, in the order in which they were given.
        asked: the input that was asked for last.
        part: price and quantity of an item whose day is not known yet.
        said: words of values that were not clear, by input.
        changed: inputs that the message before gave.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    asked: str | None = None
    part: Mapping[str, Any] = field(default_factory=dict)
    said: Mapping[str, str] = field(default_factory=dict)
    changed: Sequence[str] = ()
