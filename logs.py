"""How processes log: one line an event, and of an exception where it arose, not what it says.

The message of an exception may quote what a partner wrote, or a row of the database.
"""

from __future__ import annotations

import logging
import sys
import traceback
from types import TracebackType

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def log_to_stderr(level: str) -> None:
    """Log to standard error from this level on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(QuietFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler])


class QuietFormatter(logging.Formatter):
    """Shows the frames and types of an exception and of its causes, without their messages."""

    def formatException(self, ei: _ExcInfo) -> str:
        error = ei[1]
        lines: list[str] = []
        while error is not None:
            lines = [*traceback.format_tb(error.__traceback__), f"{type(error).__qualname__}\n", *lines]
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "".join(lines).rstrip()
