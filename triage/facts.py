"""What a text says that decides between types of tickets: facts.yml."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from triage.patterns import content

LONGEST_READ = 3000  # characters in which facts are looked for


@dataclass(frozen=True)
class Fact:
    """Something said that decides between types."""

    reason: str
    type: str
    among: tuple[str, ...]
    all: tuple[re.Pattern[str], ...]
    none: tuple[re.Pattern[str], ...]
    sure: float

    def holds(self, text: str) -> bool:
        """Whether it is said in a text, and nothing against it."""
        return all_found(self.all, text) and not any(one.search(text) for one in self.none)


def all_found(patterns: tuple[re.Pattern[str], ...], text: str) -> bool:
    """Whether each of the patterns is found."""
    return all(one.search(text) for one in patterns)


@cache
def facts() -> tuple[Fact, ...]:
    """All facts, in the order in which they are asked for."""
    return tuple(
        Fact(**{**one, **{key: tuple(_compiled(each) for each in one.get(key, ())) for key in ("all", "none")}})
        for one in content("facts")["facts"]
    )


def _compiled(one: str) -> re.Pattern[str]:
    return re.compile(one, re.IGNORECASE)
