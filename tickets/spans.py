"""A period and a queue that leads look at, as an address names it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from tickets.types import queues

PERIODS: Final = (7, 30, 90)
USUAL_DAYS: Final = 30
LONGEST_DAYS: Final = 366
_LONGEST_BY_DAY = 45  # days; a longer period is shown by weeks


@dataclass(frozen=True)
class Span:
    """A period in days of UTC, both ends included, and a queue ("" all). Every span is an address.

    Attributes:
        days: how many days until today; 0: from `first` to `last`, whatever today is.
    """

    first: date
    last: date
    days: int = 0
    queue: str = ""

    @classmethod
    def read(cls, given: dict[str, str], today: date) -> Span:
        """The span of an address; what it does not know is left out."""
        queue = given.get("queue", "") if given.get("queue") in queues() else ""
        first, last = _day(given.get("from", "")), _day(given.get("to", ""))
        days = {str(known): known for known in PERIODS}.get(given.get("days", ""), 0)
        if not days and (first or last):
            last = min(last or today, today)
            first = min(first or last, today)
            first, last = min(first, last), max(first, last)
            return cls(max(first, last - timedelta(days=LONGEST_DAYS - 1)), last, queue=queue)
        days = days or USUAL_DAYS
        return cls(today - timedelta(days=days - 1), today, days, queue)

    def query(self, **changes: Any) -> str:
        """The part of the address after the path, "" for the usual span."""
        span = replace(self, **changes)
        told: dict[str, str] = {}
        if not span.days:
            told |= {"from": span.first.isoformat(), "to": span.last.isoformat()}
        elif span.days != USUAL_DAYS:
            told["days"] = str(span.days)
        if span.queue:
            told["queue"] = span.queue
        return f"?{urlencode(told)}" if told else ""

    @property
    def begin(self) -> datetime:
        return datetime.combine(self.first, time(), UTC)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return datetime.combine(self.last + timedelta(days=1), time(), UTC)

    def steps(self) -> list[tuple[date, date]]:
        """Its days, or its weeks where there are many; the first week may be shorter."""
        width = 1 if (self.last - self.first).days < _LONGEST_BY_DAY else 7
        steps: list[tuple[date, date]] = []
        last = self.last
        while last >= self.first:
            steps.append((max(self.first, last - timedelta(days=width - 1)), last))
            last -= timedelta(days=width)
        return steps[::-1]


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if date(2000, 1, 1) <= day <= date(2999, 12, 31) else None
