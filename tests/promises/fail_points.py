"""Builds of `bot` that kill themselves once, at a named point of opening a ticket.

They die only when told to (`arm`), so that a test chooses the moment and the bot that is started again lives on.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from bot import deliveries, ticket_turns
from bot.triage_worker import TriageWorker
from bot.web import socket as web_socket
from bot.web import tickets_api
from bot.windows import Frame, Windows
from settings import Settings
from tickets import opening, outbox
from tickets.database import Database
from tickets.ticket_models import Delivery, Ticket

_ARMED = "armed"


def arm(data_dir: Path) -> None:
    """Have the bot of this data folder die when it comes to its fail point."""
    (data_dir / _ARMED).touch()


def _die() -> None:
    try:
        (Settings.load().data_dir / _ARMED).unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def _open_with(around: Callable[..., tuple[Ticket, bool]]) -> None:
    for module in (ticket_turns, tickets_api):
        vars(module)["open_ticket"] = around


def dies_before_the_insert() -> None:
    """Nothing is written yet."""
    open_ticket = opening.open_ticket

    def dying(*args: Any, **named: Any) -> tuple[Ticket, bool]:
        _die()
        return open_ticket(*args, **named)

    _open_with(dying)


def dies_after_the_insert() -> None:
    """The ticket is written, and not committed."""
    open_ticket = opening.open_ticket

    def dying(*args: Any, **named: Any) -> tuple[Ticket, bool]:
        opened = open_ticket(*args, **named)
        _die()
        return opened

    _open_with(dying)


def dies_after_the_commit() -> None:
    """The ticket is on disk, and nobody in this process knows it yet."""
    try_commit = Database._try_commit

    def dying(self: Database, group: Any) -> Any:
        outcomes, bells = try_commit(self, group)
        if any(isinstance(one, Ticket) for _, result, _ in outcomes if isinstance(result, tuple) for one in result):
            _die()
        return outcomes, bells

    Database._try_commit = dying  # type: ignore[method-assign]


def dies_before_the_answer() -> None:
    """Whoever waits for the number is not told: neither over HTTP nor in an open chat."""
    wake, publish = TriageWorker.wake, Windows.publish

    def dying_wake(self: TriageWorker) -> None:
        _die()
        wake(self)

    def dying_publish(self: Windows, conversation: str, message: Frame) -> None:
        if _shows_ticket(message):
            _die()
        publish(self, conversation, message)

    TriageWorker.wake = dying_wake  # type: ignore[method-assign]
    Windows.publish = dying_publish  # type: ignore[method-assign]


def dies_after_sending() -> None:
    """The number has gone to the open chat."""
    send = web_socket._Chat._send

    async def dying(self: Any, message: Frame) -> None:
        await send(self, message)
        if _shows_ticket(message):
            _die()

    web_socket._Chat._send = dying  # type: ignore[method-assign]


def dies_before_the_outbox() -> None:
    """What is to be told elsewhere is on disk, and nobody has taken it."""
    _impatient()
    claim = outbox.claim

    def dying(*args: Any, **named: Any) -> list[Delivery]:
        found = claim(*args, **named)
        if found:
            _die()
        return found

    vars(outbox)["claim"] = dying


def dies_before_the_mark() -> None:
    """What is told elsewhere has been sent, and is not marked so."""
    _impatient()
    done = outbox.done

    def dying(session: Session, *args: Any, **named: Any) -> None:
        _die()
        done(session, *args, **named)

    vars(outbox)["done"] = dying


def _impatient() -> None:
    """A lease of two seconds, so that nobody has to wait for half a minute."""
    outbox.LEASE = timedelta(seconds=2)
    deliveries._POLL_SECONDS = 0.5


def _shows_ticket(message: Frame) -> bool:
    return bool(message["type"] == "event" and message["event"]["data"].get("type") == "ticket")


FAIL_POINTS: dict[str, Callable[[], None]] = {
    point.__name__: point
    for point in (
        dies_before_the_insert,
        dies_after_the_insert,
        dies_after_the_commit,
        dies_before_the_answer,
        dies_after_sending,
        dies_before_the_outbox,
        dies_before_the_mark,
    )
}
