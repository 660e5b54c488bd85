"""The outbox: what is to be told elsewhere is written with the change it tells of, and sent afterwards, at least once.

A delivery is claimed for 30 seconds before it is sent, and its outcome is written after. Whoever
dies in between leaves it to be claimed again: the receiver knows it by its id. What goes to one
target goes there in its order; while one has to be tried again, those behind it wait.
"""

from __future__ import annotations

import random
import secrets
import threading
import time
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from tickets.base import UtcTime, now, run
from tickets.database import ring_after_commit
from tickets.ticket_models import Delivery

BELL = "outbox"  # rung after a commit that put something in: see Database.on_commit
LEASE = timedelta(seconds=30)
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0  # seconds; doubled after each failure
LIFE = timedelta(hours=24)  # then a delivery is dead, and the console shows it

PENDING, SENDING, SENT, DEAD = "pending", "sending", "sent", "dead"
_OPEN: Final = (PENDING, SENDING)
_UNSEEN: Final = {"synchronize_session": False}


def _due() -> Select[Delivery]:
    """What is due at a time, at most one for each target."""
    at = bindparam("at", type_=UtcTime)
    due = or_(
        and_(Delivery.state == PENDING, Delivery.next_at <= at),
        and_(Delivery.state == SENDING, Delivery.leased_until <= at),  # whoever had it is gone
    )
    earlier = aliased(Delivery)
    blocked = exists().where(
        earlier.destination == Delivery.destination,
        earlier.target == Delivery.target,
        earlier.state.in_(_OPEN),
        earlier.id < Delivery.id,
    )
    return (
        select(Delivery)
        .where(due, ~blocked, Delivery.destination.in_(bindparam("destinations", expanding=True)))
        .order_by(Delivery.id)
        .limit(bindparam("most", type_=Integer))
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )


# Of every round, made once: SQLAlchemy takes longer to make them than a database to carry them out.
_DUE: Final = _due()
_GIVEN_UP: Final = (
    update(Delivery)
    .where(
        Delivery.state == SENDING,
        Delivery.leased_until <= bindparam("at", type_=UtcTime),
        Delivery.created_at <= bindparam("made_before", type_=UtcTime),
    )
    .values(state=DEAD, leased_until=None, problem="no outcome within a day")
    .execution_options(**_UNSEEN)
)
_TAKE: Final = (
    update(Delivery)
    .where(
        Delivery.id == bindparam("taken"), Delivery.state == bindparam("as"), Delivery.attempts == bindparam("tried")
    )
    .values(state=SENDING, attempts=Delivery.attempts + 1, leased_until=bindparam("until", type_=UtcTime))
    .returning(Delivery)
    .execution_options(populate_existing=True, **_UNSEEN)
)
_DONE: Final = (
    update(Delivery)
    .where(Delivery.id == bindparam("sent"), Delivery.state != SENT)
    .values(state=SENT, sent_at=bindparam("at", type_=UtcTime), leased_until=None, problem="")
    .execution_options(**_UNSEEN)
)


def put(
    session: Session,
    destination: str,
    target: str,
    body: dict[str, Any],
    ticket_number: int | None = None,
    *,
    after: timedelta = timedelta(0),
) -> Delivery:
    """Have something delivered once the caller's transaction is on disk.

    Args:
        destination: how: email, webhook, slack.
        target: where to; what goes to one target keeps its order.
        after: not before that; what comes later for the target waits too.
    """
    named = {"destination": destination, "target": target, "body": body, "ticket_number": ticket_number}
    delivery = Delivery(id=_next_id(), next_at=now() + after, **named)
    session.add(delivery)
    ring_after_commit(session, BELL)
    return delivery


def claim(session: Session, destinations: Collection[str], at: datetime, most: int = 8) -> list[Delivery]:
    """Take what is due, at most one for each target; nobody else takes it until the lease is over."""
    session.execute(_GIVEN_UP, {"at": at, "made_before": at - LIFE})
    found = session.scalars(_DUE, {"destinations": list(destinations), "at": at, "most": most}).all()
    return [delivery for delivery in found if _take(session, delivery, at)]


def done(session: Session, delivery: Delivery, at: datetime) -> None:
    """It arrived, whoever holds the lease by now."""
    session.execute(_DONE, {"sent": delivery.id, "at": at})


def failed(
    session: Session,
    delivery: Delivery,
    at: datetime,
    problem: str,
    *,
    permanent: bool,
    retry_after: float = 0.0,
    paced: bool = False,
) -> tuple[str, datetime]:
    """It did not arrive. The state that it has now, and when it is tried again where it is pending.

    Args:
        problem: a few words for the console, none of them the partner's.
        permanent: trying again would not help.
        retry_after: seconds that the receiver asked us to wait.
        paced: it is well, and only sets the pace: no longer pauses of our own.
    """
    own_pause = pause(1 if paced else delivery.attempts)
    next_at = at + timedelta(seconds=max(own_pause, min(retry_after, LIFE.total_seconds())))
    dead = permanent or at - delivery.created_at >= LIFE
    values = {"state": DEAD if dead else PENDING, "next_at": next_at, "leased_until": None, "problem": problem[:200]}
    mine = and_(Delivery.id == delivery.id, Delivery.state == SENDING, Delivery.attempts == delivery.attempts)
    if not run(session, update(Delivery).where(mine).values(**values)):
        return SENDING, next_at  # the lease was over, and somebody else has it
    return str(values["state"]), next_at


def last_sent(session: Session, destination: str, target: str) -> datetime | None:
    """When something last arrived at a target, whichever process sent it."""
    sent = select(func.max(Delivery.sent_at)).where(Delivery.target == target, Delivery.destination == destination)
    return session.scalar(sent)


def pause(attempts: int) -> float:
    """Seconds before the next try: anything up to a limit that doubles, so that many do not come at once."""
    return random.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(attempts - 1, 20)))  # noqa: S311 - no secret


def revive(session: Session, delivery_id: str) -> bool:
    """Try a dead delivery again, for another day; False when it is not dead."""
    return _revive(session, Delivery.id == delivery_id) == 1


def revive_all(session: Session) -> int:
    """Try all dead deliveries again, for another day; how many there were."""
    return _revive(session)


def _revive(session: Session, *which: ColumnElement[bool]) -> int:
    again = {"state": PENDING, "next_at": now(), "created_at": now(), "problem": ""}
    revived = run(session, update(Delivery).where(Delivery.state == DEAD, *which).values(**again))
    if revived:
        ring_after_commit(session, BELL)
    return revived


def _take(session: Session, delivery: Delivery, at: datetime) -> bool:
    as_it_was = {"taken": delivery.id, "as": delivery.state, "tried": delivery.attempts, "until": at + LEASE}
    return session.scalar(_TAKE, as_it_was) is not None


_id_lock = threading.Lock()
_last = 0


def _next_id() -> str:
    """Time and chance, in hex: ids of one process sort in the order in which they were made."""
    global _last
    with _id_lock:
        _last = max(_last + 1, time.time_ns())
        return f"{_last:016x}{secrets.token_hex(8)}"
