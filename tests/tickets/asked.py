"""Questions, what partners said of their answers, and tickets of other days: what leads look at, for tests."""

from __future__ import annotations

import random
import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from tests.tickets.desk import TARGETS
from tickets import changes
from tickets.agent_models import Agent
from tickets.changes import Author
from tickets.conversations import conversation_for
from tickets.models import Feedback, Question, Turn
from tickets.opening import NewTicket, open_ticket
from tickets.ticket_models import Ticket

PHRASES = {
    "billing/dispute-period": ("how long can i complain about a bill", "too late to dispute the march invoice?"),
    "orders/doa-replacement": ("phone arrived broken, how do i send it back", "return a defective gateway"),
    "pbx/terminate-wizywebinar": ("stop our wizywebinar", "how do i end the webinar license"),
    "classound/porting-duration": ("how long does porting take", "when is my number moved"),
}
OPEN_PHRASES = (
    "can i pay in bitcoin",
    "do you take bitcoin for invoices",
    "is crypto payment possible",
    "who do i call on sundays",
    "emergency phone of support at the weekend",
    "weekend hotline number",
    "change the voice of the auto attendant",
    "does the app run on a smart watch",
)


def turn(session: Session, chat: str, at: datetime) -> tuple[str, str]:
    """A turn of a chat: conversation and turn."""
    conversation = conversation_for(session, "web", f"asked-{chat}")
    made = secrets.token_hex(16)
    session.add(
        Turn(
            id=made,
            conversation_id=conversation.id,
            seq=secrets.randbelow(10**9),
            message="-",
            state="done",
            created_at=at,
        )
    )
    session.flush()
    return conversation.id, made


def question(
    session: Session, text: str, decision: str, entry: str = "", *, at: datetime, chat: str = ""
) -> tuple[str, str]:
    """Something asked; its conversation and turn. Several decisions and entries are told apart by a space."""
    conversation, made = turn(session, chat or secrets.token_hex(8), at)
    decisions = decision.split()
    hits = [[{"id": one, "confidence": 0.5}] for one in entry.split()] or [[] for _ in decisions]
    session.add(
        Question(
            turn_id=made,
            conversation_id=conversation,
            text=text,
            decisions=decisions,
            hits=hits,
            index_version="1",
            at=at,
        )
    )
    session.flush()
    return conversation, made


def feedback(session: Session, helpful: bool, entry: str | None, *, at: datetime, chat: str) -> None:
    """What a partner says of an answer."""
    conversation, made = turn(session, chat, at)
    session.add(Feedback(turn_id=made, conversation_id=conversation, entry=entry, helpful=helpful, at=at))
    session.flush()


def ticket(
    session: Session,
    *,
    at: datetime,
    answered: float | None = None,
    triaged: bool = True,
    chat: str = "",
    **values: Any,
) -> Ticket:
    """A ticket opened at a time; `answered` so many hours later."""
    given = {"type": "orders.tracking", "subject": "Where is it?", "description": "Order 4711 has not come.", **values}
    conversation = conversation_for(session, "web", f"asked-{chat}").id if chat else None
    made, _ = open_ticket(
        session, secrets.token_hex(8), NewTicket(**given), channel="web", targets=TARGETS, conversation_id=conversation
    )
    first = at + timedelta(hours=answered) if answered is not None else None
    session.execute(
        update(Ticket)
        .where(Ticket.number == made.number)
        .values(
            created_at=at,
            due_at=at + TARGETS[made.priority],
            first_answer_at=first,
            state="new" if first is None else "waiting",
            triage={"type": made.type} if triaged else {},
        )
    )
    session.refresh(made)
    return made


def correct(session: Session, made: Ticket, agent: Agent, what: str, right: str) -> None:
    """An agent's correction."""
    author = Author.of(agent)
    if what == "type":
        changes.set_type(session, made, author, right)
    elif what == "queue":
        changes.set_queue(session, made, author, right)
    else:
        changes.set_priority(session, made, author, right, TARGETS)


def a_busy_month(session: Session, agent: Agent, at: datetime) -> None:
    """Thirty days of chats and tickets, the same each time."""
    chance = random.Random(5)
    entries = list(PHRASES)
    for day in range(29, -1, -1):
        for number in range(
            chance.randint(1, 4) if (at - timedelta(days=day)).weekday() > 4 else chance.randint(6, 16)
        ):
            when = at - timedelta(days=day, minutes=chance.randint(5, 600))
            chat, entry = f"{day}-{number}", chance.choice(entries)
            kind = chance.choices(("answer", "choices", "none"), (70, 12, 18))[0]
            text = chance.choice(PHRASES[entry]) if kind != "none" else chance.choice(OPEN_PHRASES)
            question(session, text, kind, entry, at=when, chat=chat)
            if kind == "answer" and chance.random() < 0.5:
                good = chance.random() < (0.35 if entry == "orders/doa-replacement" else 0.85)
                feedback(session, good, entry, at=when + timedelta(minutes=1), chat=chat)
            if (kind != "answer" and chance.random() < 0.4) or chance.random() < 0.08:
                answered = chance.choice((0.4, 1, 2, 5, 9, 22, 30, 50)) if day or chance.random() < 0.3 else None
                kinds = ("orders.rma", "billing.dispute", "tech.support", "general.other", "classound.porting")
                made = ticket(session, at=when, answered=answered, chat=chat, type=chance.choice(kinds))
                if chance.random() < 0.12:
                    what, right = chance.choice(
                        (("type", "pbx.stopped"), ("queue", "Tech Support"), ("priority", "urgent"))
                    )
                    correct(session, made, agent, what, right)
