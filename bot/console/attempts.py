"""Failed attempts, counted by key in a sliding window: counted before the try, forgiven when it succeeds.

Counting first keeps a hundred guesses made at once from passing before the first has failed.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque

_MOST_KEYS = 50_000


class Attempts:
    """At most `most` attempts in `seconds` for each key."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()

    def begin(self, key: str) -> bool:
        """Count an attempt; False, and not counted, when it is one too many."""
        at = time.monotonic()
        times = self._seen.setdefault(key, deque())
        self._seen.move_to_end(key)
        while times and times[0] <= at - self._seconds:
            times.popleft()
        if len(times) >= self._most:
            return False
        times.append(at)
        while len(self._seen) > _MOST_KEYS:
            self._seen.popitem(last=False)
        return True

    def forgive(self, key: str) -> None:
        """The last attempt was none that counts."""
        times = self._seen.get(key)
        if times:
            times.pop()
        if not times:
            self._seen.pop(key, None)
