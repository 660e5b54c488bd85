"""Open tickets that are likely about the same as a draft: looked for again whenever the draft says something new."""

from __future__ import annotations

from sqlalchemy.orm import Session

from actions.draft import Draft
from actions.turns import Context
from tickets.access import viewer_of
from tickets.comparable import comparable
from triage.verdict import Candidate

_MOST_OFFERED = 3


def look(context: Context, draft: Draft, *, at_the_end: bool = False) -> bool:
    """Look for similar tickets where the draft has changed since the last look; whether any are to be offered.

    A new number or code is looked for at once. More text changes little, so it waits until the draft is shown.
    """
    seen = draft.matter
    if draft.looked != seen and (at_the_end or draft.looked[:1] != seen[:1]):
        draft.looked = seen
        draft.similar = context.read(lambda session: _similar(session, context, draft))
    return bool(draft.similar)


def refuse(draft: Draft) -> None:
    """What was offered is another matter: it is not offered again."""
    draft.refused_similar = [*draft.refused_similar, *(one["number"] for one in draft.similar)]
    draft.similar = []


def _similar(session: Session, context: Context, draft: Draft) -> list[dict[str, str]]:
    """Open tickets of the same company that are likely about the same."""
    viewer = viewer_of(session, context.conversation, context.turn_id)
    text = draft.text or draft.type.title
    others = {one.name: one for one in comparable(session, viewer, text, draft.fields)}
    candidates = [
        Candidate(name, f"{one.subject}\n{one.description}", one.fields)
        for name, one in others.items()
        if name not in draft.refused_similar
    ]
    found = context.triage.similar(text, draft.fields, candidates)[:_MOST_OFFERED]
    return [{"number": one.number, "reason": one.reason, "subject": others[one.number].subject} for one in found]
