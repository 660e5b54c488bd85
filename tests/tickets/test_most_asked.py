"""What is asked most: published questions only, by how often they were answered, none that was asked once."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from tickets import conversations
from tickets.database import Database
from tickets.most_asked import most_asked

ASKED: dict[str, Any] = {"text": "x", "decisions": ["answer"], "hits": [], "index_version": "1"}


def ask(session: Session, question: str, times: int, kind: str = "faq") -> None:
    """Have a published question answered that often."""
    conversation = conversations.conversation_for(session, "api", "someone").id
    for _ in range(times):
        received = conversations.receive(session, conversation, text="x", message="x", client_id=None, retry=True)
        reply = {"text": "an answer", "buttons": [], "data": {"type": kind, "question": question}}
        conversations.finish(session, received.turn.id, [reply], {"question": ASKED})


def test_the_most_asked_come_first(database: Database) -> None:
    def asked(session: Session) -> None:
        ask(session, "Seldom?", 2)
        ask(session, "Often?", 4)
        ask(session, "Once?", 1)
        ask(session, "Worked out?", 9, kind="decision")
        ask(session, "At times?", 3)

    database.write(asked)
    assert database.read(lambda session: most_asked(session, 2)) == ["Often?", "At times?"]
    assert database.read(lambda session: most_asked(session, 9)) == ["Often?", "At times?", "Seldom?"]


def test_before_anybody_asked_there_is_nothing(database: Database) -> None:
    assert database.read(lambda session: most_asked(session, 5)) == []
