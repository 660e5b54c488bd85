"""What Slack delivered, in the database: stored once whatever is delivered again, worked in order, by one process.

Slack delivers at least once and in any order, sometimes the same message as two events. An entry is
`pending`, `taken` by a process that stores it as a turn of its conversation, `stored` while that turn runs, `done`.
Whoever takes an entry holds it for 30 seconds and says again and again that it lives; what a dead process held is
taken over. The next of a conversation is taken once the one before is stored, by the same process, which keeps order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    Integer,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from tickets import outbox
from tickets.base import UtcTime, insert, now, run
from tickets.conversations import append, conversation_for, conversation_named
from tickets.database import ring_after_commit
from tickets.models import Button, Conversation
from tickets.slack_models import Place, SlackInbox

CHANNEL: Final = "slack"
BELL: Final = "slack-inbox"
LEASE: Final = timedelta(seconds=30)
_JUST_NOW: Final = timedelta(hours=1)  # entries are kept for longer than that

PENDING, TAKEN, STORED, DONE = "pending", "taken", "stored", "done"
_OPEN: Final = (PENDING, TAKEN, STORED)


def _workable() -> Select[SlackInbox]:
    """What `owner` can work at this time."""
    owner: BindParameter[str] = bindparam("owner")
    at = bindparam("at", type_=UtcTime)
    other = aliased(SlackInbox)
    # Said twice what is open, for the index: what is done stays for days.
    open_too = and_(other.state.in_(_OPEN), other.conversation_id == SlackInbox.conversation_id)
    of_the_conversation = and_(open_too, other.id != SlackInbox.id)
    earlier = or_(other.ts < SlackInbox.ts, and_(other.ts == SlackInbox.ts, other.id < SlackInbox.id))
    held = or_(other.state == TAKEN, and_(other.state == STORED, other.owner != owner))
    # Nothing overtakes what waits or is being stored; one that comes late does not either.
    blocked = exists().where(of_the_conversation, or_(held, other.state == PENDING), or_(earlier, held))
    lost = and_(SlackInbox.state.in_((TAKEN, STORED)), SlackInbox.leased_until <= at)
    behind = exists().where(of_the_conversation, or_(held, other.state == PENDING), earlier)
    return (
        select(SlackInbox)
        .where(or_(and_(SlackInbox.state == PENDING, ~blocked), and_(lost, ~behind)))
        .order_by(SlackInbox.id)
        .limit(bindparam("most", type_=Integer))
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )


_WORKABLE: Final = _workable()  # made once: that takes longer than carrying it out


def put_message(
    session: Session,
    place: Place,
    *,
    event_key: str,
    message_key: str,
    ts: str,
    user: str,
    text: str,
    invited: bool,
    user_team: str | None = None,
) -> bool:
    """Keep a message; False where it is known, or is said in a thread that we take no part in.

    Args:
        invited: it is for us (a direct message, a mention); else it counts only in a thread of ours.
        user_team: the writer's own workspace, without which nobody knows them.
    """
    if not invited and not _takes_part(session, place):
        return False
    conversation = conversation_for(session, CHANNEL, place.name)
    return _put(session, conversation, event_key, message_key, ts, (user_team, user), {"text": text})


def put_question(session: Session, place: Place, *, event_key: str, ts: str, user: str, text: str, shown: str) -> bool:
    """Keep a question asked elsewhere than it is answered. False where it is known.

    Args:
        user: of the place's own workspace.
        shown: what stands above the answer, as it was written.
    """
    conversation = conversation_for(session, CHANNEL, place.name)
    if not _put(session, conversation, event_key, None, ts, (place.team, user), {"text": text}):
        return False
    quoted = "\n".join(f"> {line}" for line in shown.splitlines())
    append(session, conversation.id, kind="notice", text=quoted, data={"type": "asked"})
    return True


def put_press(
    session: Session,
    team: str,
    channel: str,
    *,
    token: str,
    message: str,
    ts: str,
    user: str,
    user_team: str | None = None,
) -> bool:
    """Keep a press of a button and have the buttons replaced by what was chosen; False where that was done before.

    Args:
        message: ts of the message with the button.
        user_team: the own workspace of whoever presses.
    """
    button = session.get(Button, token)
    conversation = session.get(Conversation, button.conversation_id) if button is not None else None
    if button is None or conversation is None or conversation.channel != CHANNEL:
        return False
    place = Place.of(conversation.external_id)
    if (place.team, place.channel) != (team, channel):
        return False
    if not _put(session, conversation, f"{team}:{token}", None, ts, (user_team, user), {"button": token}):
        return False
    _replace(session, conversation, button.seq, token, message, user)
    return True


@dataclass(frozen=True)
class Kept:
    """A form that was filled in.

    Attributes:
        event_key: the same however often it comes.
        writer: the own workspace of whoever filled it in, and they.
        text: what it says, in words.
        payload: what the engine is sent.
        button: what was pressed to open it, under the event `seq` in `message` (its ts).
    """

    event_key: str
    conversation_id: str
    writer: tuple[str, str]
    text: str
    payload: str
    button: str
    seq: int
    message: str


def put_filled(session: Session, kept: Kept, ts: str) -> bool:
    """Keep a form and have the button that opened it replaced; False where that was done before."""
    conversation = session.get(Conversation, kept.conversation_id)
    if conversation is None:
        return False
    body = {"text": kept.text, "payload": kept.payload}
    if not _put(session, conversation, kept.event_key, None, ts, kept.writer, body):
        return False
    _replace(session, conversation, kept.seq, kept.button, kept.message, kept.writer[1])
    return True


def is_kept(session: Session, event_key: str) -> bool:
    """Whether something was kept under this key."""
    return session.scalar(select(SlackInbox.id).where(SlackInbox.event_key == event_key)) is not None


def begins(session: Session, place: Place, ts: str) -> bool:
    """Whether the conversation at a place began just now, with the message of this time."""
    conversation = conversation_named(session, CHANNEL, place.name)
    if conversation is None or conversation.created_at < now() - _JUST_NOW:
        return False
    earlier = exists().where(SlackInbox.conversation_id == conversation.id, SlackInbox.ts < ts)
    return not session.scalar(select(earlier))


def claim(session: Session, owner: str, at: datetime, most: int = 8) -> list[SlackInbox]:
    """Take what can be worked now, at most one of a conversation; the oldest first."""
    found = session.scalars(_WORKABLE, {"owner": owner, "at": at, "most": most}).all()
    taken = {"state": TAKEN, "owner": owner, "leased_until": at + LEASE}
    run(session, update(SlackInbox).where(SlackInbox.id.in_([entry.id for entry in found])).values(**taken))
    return list(found)


def mark(
    session: Session, owner: str, *, stored: Sequence[int] = (), done: Sequence[int] = (), failed: Sequence[int] = ()
) -> None:
    """Note what has become of entries.

    Args:
        stored: they are turns, so that the next may be taken.
        done: they are over; what was said stands in the transcript then, not here.
        failed: they are to be taken again after the lease.
    """
    mine = and_(SlackInbox.id.in_(stored), SlackInbox.owner == owner, SlackInbox.state == TAKEN)
    over = {"state": DONE, "done_at": now(), "leased_until": None, "body": {}}
    if stored:
        run(session, update(SlackInbox).where(mine).values(state=STORED))
    if done:
        run(session, update(SlackInbox).where(SlackInbox.id.in_(done)).values(**over))
    if failed:
        run(session, update(SlackInbox).where(SlackInbox.id.in_(failed), SlackInbox.owner == owner).values(owner=""))


def still_here(session: Session, owner: str, at: datetime) -> None:
    """Hold what this process has taken for longer."""
    mine = and_(SlackInbox.owner == owner, SlackInbox.state.in_((TAKEN, STORED)))
    run(session, update(SlackInbox).where(mine).values(leased_until=at + LEASE))


def release(session: Session, at: datetime, owner: str | None = None) -> None:
    """Let others take what a process held: one that ends, or (None) every other, where there can be no other."""
    held = SlackInbox.state.in_((TAKEN, STORED))
    whose = held if owner is None else and_(held, SlackInbox.owner == owner)
    run(session, update(SlackInbox).where(whose).values(leased_until=at))


def forget_done(session: Session, before: datetime) -> int:
    """Delete what was worked before then; how much."""
    return run(session, delete(SlackInbox).where(SlackInbox.state == DONE, SlackInbox.done_at < before))


def _takes_part(session: Session, place: Place) -> bool:
    return conversation_named(session, CHANNEL, place.name) is not None


def _replace(session: Session, conversation: Conversation, seq: int, button: str, message: str, user: str) -> None:
    """Have the buttons under an event be replaced by what was chosen."""
    chosen = {"conversation": conversation.id, "seq": seq, "button": button, "message": message, "user": user}
    outbox.put(session, CHANNEL, Place.of(conversation.external_id).target, chosen)


def _put(
    session: Session,
    conversation: Conversation,
    event_key: str,
    message_key: str | None,
    ts: str,
    writer: tuple[str | None, str],
    body: dict[str, Any],
) -> bool:
    row = {
        "event_key": event_key,
        "message_key": message_key,
        "conversation_id": conversation.id,
        "ts": ts,
        "user": writer[1],
        "user_team": writer[0],
        "body": body,
        "state": PENDING,
        "owner": "",
        "created_at": now(),
    }
    statement = insert(session, SlackInbox).on_conflict_do_nothing().returning(SlackInbox.id)
    if session.scalar(statement, row) is None:
        return False
    ring_after_commit(session, BELL)
    return True
