"""Which questions of the FAQ are asked most, in the words of the FAQ."""

from __future__ import annotations

from collections import Counter
from typing import Final

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from tickets.models import Event, Question

_LATEST: Final = 300  # questions that are looked at
_LEAST: Final = 2  # what one person asked once is nobody else's to see


def most_asked(session: Session, most: int) -> list[str]:
    """The published questions that were answered most of late, the most asked first."""
    latest = select(Question.conversation_id, Question.turn_id).order_by(Question.at.desc()).limit(_LATEST).subquery()
    of_the_turn = and_(Event.conversation_id == latest.c.conversation_id, Event.turn_id == latest.c.turn_id)
    told = session.scalars(select(Event.data).join(latest, of_the_turn).where(Event.kind == "bot"))
    counted = Counter(str(data["question"]) for data in told if data.get("type") == "faq" and data.get("question"))
    return [question for question, times in counted.most_common(most) if times >= _LEAST]
