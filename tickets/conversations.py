"""Conversations in the database: every function takes a session and does one thing.

A user's message is stored with its turn before anybody is told that it arrived. The replies,
the buttons they carry and what editors learn are stored together with the turn's end.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from tickets import outbox
from tickets.base import insert, now
from tickets.models import Button, Conversation, Event, Feedback, Question, Turn, WebSession
from tickets.slack_models import Place, SlackCode, SlackInbox, SlackUser
from tickets.states import CLOSED
from tickets.ticket_models import Ticket

SESSION_IDLE = timedelta(hours=24)
SESSION_LIFE = timedelta(days=7)
MOST_FORGOTTEN = 1_000  # conversations in one transaction: others wait for it
MOST_REPLAYED = 200  # events that a client away too long is given at most
MOST_ATTEMPTS = 5
FILLED = "filled"  # the type of a user's event that was given in a form

# Of every message: made once, because SQLAlchemy takes longer to make them than SQLite to carry them out.
_NAMED = select(Conversation).where(
    Conversation.channel == bindparam("channel"), Conversation.external_id == bindparam("external_id")
)
_OF_CLIENT = select(Event).where(
    Event.conversation_id == bindparam("conversation"), Event.client_id == bindparam("client_id")
)
_LAST_SEQ = select(func.max(Event.seq)).where(Event.conversation_id == bindparam("conversation"))
_ACTIVE = (
    update(Conversation)
    .where(Conversation.id == bindparam("conversation"))
    .values(active_at=bindparam("at"))
    .execution_options(synchronize_session=False)
)


class UnknownButton(LookupError):
    """The button was not given out in this conversation."""


class UsedButton(LookupError):
    """The button was pressed before; `payload` is what it carries."""

    def __init__(self, payload: str) -> None:
        super().__init__()
        self.payload = payload


@dataclass(frozen=True)
class Received:
    """A message stored. `new` is False when the same client message had arrived before."""

    event: Event
    turn: Turn
    new: bool


def conversation_for(session: Session, channel: str, external_id: str) -> Conversation:
    """The conversation that a channel calls by this name, made if there is none."""
    found = conversation_named(session, channel, external_id)
    if found is None:  # another process may make it now: then it is theirs that both use
        row = {"id": secrets.token_hex(16), "channel": channel, "external_id": external_id}
        session.execute(insert(session, Conversation).values(**row).on_conflict_do_nothing())
        found = conversation_named(session, channel, external_id)
        assert found is not None
    return found


def conversation_named(session: Session, channel: str, external_id: str) -> Conversation | None:
    """The conversation that a channel calls by this name, None where there is none."""
    return session.scalar(_NAMED, {"channel": channel, "external_id": external_id})


def receive(
    session: Session,
    conversation_id: str,
    *,
    text: str,
    message: str,
    client_id: str | None,
    retry: bool,
    button: str | None = None,
    slack_user: tuple[str, str] | None = None,
    filled: bool = False,
) -> Received:
    """Store a user's message and its turn.

    Args:
        text: what the transcript shows.
        message: what the engine is sent.
        client_id: the client's own id of the message; a second arrival changes nothing.
        button: token of the button that was pressed; it is used up.
        slack_user: who writes in Slack, workspace and user.
        filled: it was given in a form, so that nobody has read it in the conversation yet.

    Raises:
        UnknownButton, UsedButton: the button cannot be pressed.
    """
    conversation = _lock(session, conversation_id)
    if client_id is not None:
        known = _by_client_id(session, conversation_id, client_id)
        if known is not None:
            turn = session.scalar(select(Turn).where(Turn.conversation_id == conversation_id, Turn.seq == known.seq))
            assert turn is not None
            return Received(known, turn, new=False)
    if button is not None:
        pressed = session.get(Button, button)
        if pressed is None or pressed.conversation_id != conversation_id:
            raise UnknownButton
        if pressed.used_at is not None:
            raise UsedButton(pressed.payload)
        pressed.used_at = now()
        text, message = pressed.title, pressed.payload
    data = {"type": FILLED} if filled else {}
    partner_id = _partner_in_slack(session, conversation, slack_user) if slack_user else None
    turn_id = secrets.token_hex(16)
    event = append(session, conversation_id, kind="user", text=text, data=data, client_id=client_id, turn_id=turn_id)
    turn = Turn(id=turn_id, conversation_id=conversation_id, seq=event.seq, message=message, retry=retry)
    turn.partner_id = partner_id
    session.add(turn)
    session.flush()
    return Received(event, turn, new=True)


def seen_before(session: Session, conversation_id: str, client_id: str) -> bool:
    """Whether a message with this client id has arrived."""
    return _by_client_id(session, conversation_id, client_id) is not None


def is_over(session: Session, turn_id: str) -> bool:
    """Whether a turn was answered, or is not there at all. Until the commit no other process can answer it."""
    turn = session.get(Turn, turn_id, with_for_update=True)
    return turn is None or turn.state == "done"


def finish(session: Session, turn_id: str, replies: list[dict[str, Any]], record: dict[str, Any]) -> list[Event]:
    """Store a turn's replies and what editors learn from it; [] if the turn was finished before."""
    turn = session.get(Turn, turn_id, with_for_update=True)
    if turn is None or turn.state == "done":
        return []
    events = []
    for reply in replies:
        event = append(
            session, turn.conversation_id, kind="bot", text=reply["text"], data=reply["data"], turn_id=turn_id
        )
        event.buttons = [_give_out(session, event, button) for button in reply["buttons"]]
        events.append(event)
    turn.state, turn.finished_at = "done", now()
    if question := record.get("question"):
        session.add(Question(turn_id=turn_id, conversation_id=turn.conversation_id, **question))
    if feedback := record.get("feedback"):
        session.add(Feedback(turn_id=turn_id, conversation_id=turn.conversation_id, **feedback))
    session.flush()
    return events


def notice(session: Session, turn_id: str, text: str, data: dict[str, Any], *, give_up: bool) -> list[Event]:
    """Tell the partner that a turn could not run now; `give_up` ends it."""
    turn = session.get(Turn, turn_id, with_for_update=True)
    if turn is None or turn.state != "pending":
        return []
    event = append(session, turn.conversation_id, kind="notice", text=text, data=data, turn_id=turn_id)
    turn.attempts += 1
    if give_up:
        turn.state, turn.finished_at = "failed", now()
    session.flush()
    return [event]


def count_attempt(session: Session, turn_id: str) -> None:
    """Note that a turn was tried again in vain."""
    session.execute(update(Turn).where(Turn.id == turn_id).values(attempts=Turn.attempts + 1))


def open_turns(session: Session) -> list[Turn]:
    """Turns that have not been answered and shall be; a conversation's in their order, whatever the clock did."""
    return list(session.scalars(select(Turn).where(Turn.state == "pending").order_by(Turn.seq, Turn.created_at)))


def events_after(session: Session, conversation_id: str, seq: int) -> tuple[list[Event], bool]:
    """Events after `seq`, and whether they are a fresh start (a client away too long) rather than a sequel."""
    newer = select(Event).where(Event.conversation_id == conversation_id, Event.seq > seq)
    last = last_seq(session, conversation_id)
    if seq > last or last - seq > MOST_REPLAYED:
        newer = select(Event).where(Event.conversation_id == conversation_id, Event.seq > max(0, last - MOST_REPLAYED))
        return list(session.scalars(newer.order_by(Event.seq))), True
    return list(session.scalars(newer.order_by(Event.seq))), False


def turn_events(session: Session, turn_id: str) -> list[Event]:
    """A turn's replies and notices."""
    query = select(Event).where(Event.turn_id == turn_id, Event.kind != "user").order_by(Event.seq)
    return list(session.scalars(query))


def last_seq(session: Session, conversation_id: str) -> int:
    """The number of the last event, 0 before the first."""
    return session.scalar(_LAST_SEQ, {"conversation": conversation_id}) or 0


def open_web_session(session: Session) -> tuple[str, str]:
    """A new anonymous chat: its token, shown only now, and its conversation's id."""
    token = secrets.token_urlsafe(32)
    conversation = conversation_for(session, "web", token_hash(token))
    session.add(WebSession(token_sha256=token_hash(token), conversation_id=conversation.id))
    return token, conversation.id


def touch_web_session(session: Session, token: str) -> None:
    """Note that a session is in use."""
    session.execute(update(WebSession).where(WebSession.token_sha256 == token_hash(token)).values(active_at=now()))


def token_hash(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def forget_old(session: Session, before: datetime, partners_before: datetime | None = None) -> list[str]:
    """Delete conversations without a sign of life since then, at most MOST_FORGOTTEN at once; their ids.

    Those that a ticket came from stay until it is closed: agents read them, and answer there.

    Args:
        before: for those of anonymous people.
        partners_before: for those of partners whom a channel vouches for; None keeps them all.
    """
    silent = and_(Conversation.partner_id.is_(None), Conversation.active_at < before)
    if partners_before is not None:
        silent = or_(silent, and_(Conversation.partner_id.is_not(None), Conversation.active_at < partners_before))
    pending = exists().where(Ticket.conversation_id == Conversation.id, Ticket.state != CLOSED)
    old = list(session.scalars(select(Conversation.id).where(silent, ~pending).limit(MOST_FORGOTTEN)))
    for table in (Feedback, Question, Button, Turn, Event, WebSession, SlackInbox, SlackCode):
        session.execute(delete(table).where(table.conversation_id.in_(old)))
    session.execute(delete(Conversation).where(Conversation.id.in_(old)))
    return old


def _partner_in_slack(session: Session, conversation: Conversation, user: tuple[str, str]) -> str | None:
    """The partner whom a Slack user is linked to now; their direct messages are the partner's conversation."""
    link = session.get(SlackUser, user, populate_existing=True)  # it may be another since this session began
    partner_id = link.partner_id if link else None
    if Place.of(conversation.external_id).direct:
        conversation.partner_id = partner_id
    return partner_id


def _lock(session: Session, conversation_id: str) -> Conversation:
    """Have other processes wait for our commit before they look at what this conversation holds (PostgreSQL)."""
    return session.get_one(Conversation, conversation_id, with_for_update=True)


def _by_client_id(session: Session, conversation_id: str, client_id: str) -> Event | None:
    return session.scalar(_OF_CLIENT, {"conversation": conversation_id, "client_id": client_id})


def append(session: Session, conversation_id: str, **values: Any) -> Event:
    """Put an event at the end of a conversation."""
    # The update locks the row: two processes count one after the other (PostgreSQL).
    session.execute(_ACTIVE, {"conversation": conversation_id, "at": now()})
    event = Event(
        conversation_id=conversation_id,
        seq=last_seq(session, conversation_id) + 1,
        **{"buttons": [], "data": {}, "client_id": None, "turn_id": None, "at": now(), **values},
    )
    if event.kind != "user" or event.data.get("type") == FILLED:  # what somebody wrote stands there already
        _send_on(session, event)
    session.add(event)
    return event


def _send_on(session: Session, event: Event) -> None:
    """Slack has no window that is open here: what is said there goes by the outbox, and is read when it is sent."""
    conversation = session.get(Conversation, event.conversation_id)
    if conversation is not None and conversation.channel == "slack":
        body = {"conversation": conversation.id, "seq": event.seq}
        outbox.put(session, "slack", Place.of(conversation.external_id).target, body)


def _give_out(session: Session, event: Event, button: dict[str, str]) -> dict[str, str]:
    token = "btn_" + secrets.token_hex(14)
    session.add(
        Button(
            token=token,
            conversation_id=event.conversation_id,
            seq=event.seq,
            title=button["title"][:200],
            payload=button["payload"],
        )
    )
    return {"title": button["title"], "payload": token}
