"""The life of a ticket: its states, who may bring it from one to which, and by when a first answer is due."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from tickets.types import PRIORITIES

NEW, OPEN, WAITING, RESOLVED, CLOSED = "new", "open", "waiting", "resolved", "closed"
STATES: Final = (NEW, OPEN, WAITING, RESOLVED, CLOSED)
ACTIVE: Final = (NEW, OPEN, WAITING)  # somebody still has to do something

# What an agent may set, from each state. A partner's comment reopens whatever is not NEW.
NEXT: Final[dict[str, tuple[str, ...]]] = {
    NEW: (OPEN, WAITING, RESOLVED, CLOSED),
    OPEN: (WAITING, RESOLVED, CLOSED),
    WAITING: (OPEN, RESOLVED, CLOSED),
    RESOLVED: (OPEN, CLOSED),
    CLOSED: (OPEN,),
}

# How partners are told.
SHOWN: Final = {
    NEW: "new",
    OPEN: "in work",
    WAITING: "waiting for you",
    RESOLVED: "resolved",
    CLOSED: "closed",
}

Targets = dict[str, timedelta]
FIRST_ANSWER: Final[Targets] = {
    "urgent": timedelta(hours=1),
    "high": timedelta(hours=4),
    "normal": timedelta(days=1),
    "low": timedelta(days=3),
}


class NotAllowed(ValueError):
    """A change that the ticket's state does not allow; the message says why, in words for people."""


def check(present: str, wanted: str) -> None:
    """Raises NotAllowed where an agent may not bring a ticket from `present` to `wanted`."""
    if wanted not in NEXT.get(present, ()):
        raise NotAllowed(f"A ticket that is {SHOWN.get(present, present)} cannot become {SHOWN.get(wanted, wanted)}.")


def rank(priority: str) -> int:
    """0 for the most urgent; what lists are sorted by."""
    return PRIORITIES.index(priority)


def due(priority: str, since: datetime, targets: Targets) -> datetime:
    """By when a first answer is due."""
    return since + targets[priority]
