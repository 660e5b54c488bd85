"""What our buttons carry to the engine: `/intent` or `/intent{"key": "value"}`, parsed strictly.

`bot` sends payloads only for buttons that it gave out itself, and never lets a partner's
text begin with "/". What does not match here exactly is no payload.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from actions.sessions import START
from knowledge.policy.catalogue import POLICIES

_FORM = re.compile(r"/(?P<intent>[a-z_]{1,40})(?P<values>\{.{0,200}\})?", re.DOTALL)
_NAME = re.compile(r"[a-z_]{1,40}")
# What a button may carry under each key.
_VALUES = {
    "entry": re.compile(r"[a-z]{1,20}/[a-z0-9-]{1,60}"),
    "policy": _NAME,
    "field": _NAME,
    "value": re.compile(r"[A-Za-z0-9 .:+_-]{1,60}"),
    "draft": re.compile(r"[0-9a-f]{8,64}"),
    "ticket": re.compile(r"CC-[0-9]{6,9}"),
}

# Intent → what it must carry. Feedback names the entry; open_ticket the calculation that led to it, or, as `value`,
# the turn that asked what it is about.
_KNOWN: dict[str, frozenset[str]] = {
    "show_entry": frozenset({"entry"}),
    "helpful": frozenset(),
    "not_helpful": frozenset(),
    "none_of_these": frozenset(),
    "open_ticket": frozenset(),
    "calculate": frozenset({"policy"}),
    "inform": frozenset({"policy", "field", "value"}),
    "deny": frozenset(),
    "ticket_choice": frozenset({"draft", "value"}),
    "ticket_add": frozenset({"ticket"}),
    "ticket_status": frozenset({"ticket"}),
    "my_tickets": frozenset(),
    START: frozenset(),  # no button's: `bot` sends it between two turns
}
_OPTIONAL = {
    "helpful": frozenset({"entry"}),
    "not_helpful": frozenset({"entry"}),
    "open_ticket": frozenset({"policy", "value"}),
}


@dataclass(frozen=True)
class Payload:
    """A button that was pressed."""

    intent: str
    values: dict[str, str]


def payload(intent: str, **values: str) -> str:
    """The text that a button carries. Raises ValueError for one that `parse` would refuse."""
    text = _write(intent, values)
    if parse(text) is None:
        raise ValueError(f"{text} is not a payload of ours")
    return text


def parse(text: str) -> Payload | None:
    """The payload in `text`, or None if it is not exactly one of ours."""
    form = _FORM.fullmatch(text)
    if form is None or form["intent"] not in _KNOWN:
        return None
    try:
        values = json.loads(form["values"] or "{}")
    except ValueError:
        return None
    if values.keys() - _OPTIONAL.get(form["intent"], frozenset()) != _KNOWN[form["intent"]]:
        return None
    if not all(isinstance(value, str) and _VALUES[key].fullmatch(value) for key, value in values.items()):
        return None
    if values.get("policy", next(iter(POLICIES))) not in POLICIES:
        return None
    # Other spaces, a key twice, an escaped letter: JSON reads them, but no button of ours writes them.
    return Payload(form["intent"], values) if text == _write(form["intent"], values) else None


def _write(intent: str, values: dict[str, str]) -> str:
    return f"/{intent}" + (json.dumps(values) if values else "")
