"""What a filled-in form carries to the engine: every value exactly as it was given, never text that is read again.

`bot` writes it, `actions` reads it. A form belongs to one state of one calculation or draft, named by its stamp:
what was said in words meanwhile is not overwritten by a form that was opened before.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final, Literal

Kind = Literal["policy", "ticket"]
KINDS: Final = ("policy", "ticket")
_BEGINS: Final = "/fill"
_LONGEST: Final = 100_000  # characters


@dataclass(frozen=True)
class Filled:
    """A filled-in form.

    Attributes:
        kind: of a calculation's values, or of a ticket's draft.
        of: the calculation's name, or the draft's id.
        stamp: of the values that the form was opened with.
        values: all values of the form; what is not there is not known.
    """

    kind: Kind
    of: str
    stamp: str
    values: dict[str, Any]

    def payload(self) -> str:
        """The text that the engine is sent."""
        return _BEGINS + json.dumps([self.kind, self.of, self.stamp, self.values])


def read(text: str) -> Filled | None:
    """The form in `text`, or None if it is not exactly one of ours."""
    if not text.startswith(_BEGINS) or len(text) > _LONGEST:
        return None
    try:
        kind, of, stamp, values = json.loads(text.removeprefix(_BEGINS))
    except (ValueError, TypeError, RecursionError):
        return None
    strings = isinstance(of, str) and isinstance(stamp, str)
    if kind not in KINDS or not strings or not isinstance(values, dict):
        return None
    found = Filled(kind, of, stamp, values)
    return found if found.payload() == text else None


def stamp(values: Any) -> str:
    """What names a state: the same for the same values, in whatever order."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]
