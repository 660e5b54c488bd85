"""The partner's own words on their way into a draft: the English gate, then triage."""

from __future__ import annotations

import re
from typing import Any

from actions.draft import Draft
from actions.ticket_values import MOST_LONG, is_doubtful
from actions.turns import Context
from tickets.language import judge
from tickets.types import ticket_fields

_SURE_FIELDS = {"did_numbers", "invoice_number", "order_number", "serial_number"}


def say(context: Context, draft: Draft, text: str, of: str) -> None:
    """Take the partner's own words, through the English gate.

    Args:
        of: description, comment, or the field that they are the value of.
    """
    found = judge(text)
    if (found.english and found.sure) or (not found.sure and draft.doubted):
        take(context, draft, text, of)
        return
    draft.doubted = draft.doubted or not found.sure
    draft.refused = {"text": text, "of": of, "language": found.language, "sure": found.sure}


def take(context: Context, draft: Draft, text: str, of: str) -> None:
    """Words that are English."""
    draft.refused = None
    if of in ticket_fields():
        read = context.triage.read(draft.type_id, text, context.now, asked=of)
        others = {name: value for name, value in read.items() if name != of}
        if others and not re.search(r"[^\W\d_]{2,}", text):  # a number alone
            read = others
        elif ticket_fields()[of].form == "long":
            read = {**read, of: text[:MOST_LONG]}
        draft.put(read)
        draft.misses = 0
        return
    draft.texts = [*draft.texts, text]
    if of != "comment":
        draft.triage = verdict(context, draft)


def verdict(context: Context, draft: Draft) -> dict[str, Any]:
    """Triage what is known so far, as JSON; a type that is settled stays."""
    settled = draft.type_id if draft.settled else None
    found = context.triage.judge(draft.text or draft.type.title, context.now, type_id=settled, known=draft.fields)
    if not draft.settled:
        draft.type_id = found.type
    draft.fields = {name: value for name, value in draft.fields.items() if _is_of_use(draft, name)}
    left_out = {*draft.fields, *draft.removed}
    new = {
        name: value
        for name, value in found.fields.items()
        if name not in left_out and _is_of_use(draft, name) and not is_doubtful(name, value)
    }
    if draft.finding:  # what was asked of a calculation says little else of the case
        new = {name: value for name, value in new.items() if name in _SURE_FIELDS}
    draft.put(new)
    return {**found.to_json(), "fields": draft.fields, "missing": draft.missing()}


def _is_of_use(draft: Draft, name: str) -> bool:
    """Whether the draft's type can use a field: what was told for another type says nothing here."""
    return ticket_fields()[name].form != "long" or any(name in group for group in draft.type.needs) or name == "address"
