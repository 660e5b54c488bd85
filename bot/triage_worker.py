"""Has tickets triaged that came without a conversation or were added to: stored first, judged when `actions` is there.

What is due stands in the database, so that nothing is forgotten by a restart. Nobody waits for this.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import aiohttp
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.health import Health
from tickets import changes
from tickets.access import Viewer, viewer_of
from tickets.changes import Judged
from tickets.comparable import comparable
from tickets.database import Database
from tickets.states import Targets
from tickets.ticket_models import Partner, Ticket, TicketEvent
from tickets.types import queues, ticket_types

log = logging.getLogger("care.triage")

_LOOK_SECONDS = 1.0
_ANSWER_SECONDS = 20.0
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 300.0  # before a ticket is tried again that `actions` could not judge
_AT_ONCE = 20  # tickets looked at in one round
_MOST_TEXT = 20_000  # characters judged


class _Answer(BaseModel):
    """What we take from the answer of `actions`; all of it is kept beside the ticket."""

    model_config = ConfigDict(extra="allow")

    type: str
    queue: str
    priority: Literal["urgent", "high", "normal", "low"]
    fields: dict[str, Any] = Field(default_factory=dict)


@dataclass(frozen=True)
class _Due:
    number: int
    name: str
    text: str
    question: dict[str, Any]


class TriageWorker:
    """One task beside all others; `wake` when a ticket was just stored."""

    def __init__(
        self,
        database: Database,
        health: Health,
        actions_url: str,
        token: str,
        targets: Targets,
        on_ticket: Callable[[Ticket], None] = lambda ticket: None,
    ) -> None:
        """`on_ticket` is told of each ticket that was triaged."""
        self._database = database
        self._health = health
        self._actions_url = actions_url
        self._token = token
        self._targets = targets
        self._on_ticket = on_ticket
        self._awake = asyncio.Event()
        self._failures: dict[int, tuple[int, float]] = {}  # number → how often in vain, when to try again

    def wake(self) -> None:
        """Something is due now."""
        self._awake.set()

    async def run(self) -> None:
        """Keep triaging; never returns."""
        headers = {"Authorization": f"Bearer {self._token}"}
        timeout = aiohttp.ClientTimeout(total=_ANSWER_SECONDS)
        async with aiohttp.ClientSession(self._actions_url, headers=headers, timeout=timeout) as actions:
            while True:
                self._awake.clear()
                try:
                    if self._health.actions:
                        await self._round(actions)
                except SQLAlchemyError as error:
                    log.error("tickets due for triage could not be read or written: %s", type(error).__name__)
                try:
                    await asyncio.wait_for(self._awake.wait(), _LOOK_SECONDS)
                except TimeoutError:
                    continue

    async def _round(self, actions: aiohttp.ClientSession) -> None:
        at = time.monotonic()
        later = [number for number, (_, again) in self._failures.items() if again > at]
        for due in await asyncio.to_thread(self._database.read, partial(_due, later=later)):
            try:
                answer = await self._ask(actions, due)
            except aiohttp.ClientConnectorError:
                return  # `actions` went away: no ticket's fault
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                self._put_off(due, type(error).__name__)
                continue
            self._failures.pop(due.number, None)
            work = partial(_write, due=due, answer=answer, targets=self._targets)
            ticket = await asyncio.wrap_future(self._database.submit(work))
            if ticket is not None:
                self._on_ticket(ticket)

    async def _ask(self, actions: aiohttp.ClientSession, due: _Due) -> _Answer:
        async with actions.post("/triage", json=due.question) as response:
            response.raise_for_status()
            answer = _Answer.model_validate(await response.json())
        if answer.type not in ticket_types() or answer.queue not in queues():
            raise ValueError("a type or queue that there is not")
        return answer

    def _put_off(self, due: _Due, why: str) -> None:
        times = self._failures.get(due.number, (0, 0.0))[0] + 1
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (times - 1)) * random.uniform(0.5, 1.0)  # noqa: S311
        self._failures[due.number] = times, time.monotonic() + pause
        log.warning("%s could not be triaged (%s); again in %.0f s", due.name, why, pause)


def _due(session: Session, later: list[int]) -> list[_Due]:
    """The oldest tickets that are due, without those that are tried again later."""
    query = select(Ticket).where(Ticket.triage_due, Ticket.number.not_in(later)).order_by(Ticket.number).limit(_AT_ONCE)
    return [
        _Due(ticket.number, ticket.name, _text(session, ticket), _question(session, ticket))
        for ticket in session.scalars(query)
    ]


def _write(session: Session, due: _Due, answer: _Answer, targets: Targets) -> Ticket | None:
    """Write a triage down, unless another replica did or the partner has said more since."""
    ticket = session.get(Ticket, due.number, with_for_update=True, populate_existing=True)
    if ticket is None or not ticket.triage_due or _text(session, ticket) != due.text:
        return None
    judged = Judged(answer.type, answer.queue, answer.priority, targets)
    return changes.triaged(session, ticket, answer.fields, answer.model_dump(mode="json"), judged).ticket


def _question(session: Session, ticket: Ticket) -> dict[str, Any]:
    """What `actions` is asked: the type only where it stays."""
    viewer = _opener(session, ticket)
    text = _text(session, ticket)
    others = comparable(session, viewer, text, ticket.fields, but=ticket.number)
    return {
        "text": text,
        "type": ticket.type if "type" in changes.settled(session, ticket) else None,
        "fields": ticket.fields,
        "candidates": [
            {"number": one.name, "text": f"{one.subject}\n{one.description}"[:_MOST_TEXT], "fields": one.fields}
            for one in others
        ],
    }


def _opener(session: Session, ticket: Ticket) -> Viewer:
    partner = session.get(Partner, ticket.partner_id) if ticket.partner_id else None
    if partner is not None:
        return Viewer(None, partner.id, partner.company, partner.issuer)
    return viewer_of(session, ticket.conversation_id) if ticket.conversation_id else Viewer()


def _text(session: Session, ticket: Ticket) -> str:
    """All that the partner said: subject, description, comments."""
    comments = select(TicketEvent.text).where(TicketEvent.ticket_number == ticket.number, TicketEvent.kind == "comment")
    said = [ticket.subject, ticket.description, *session.scalars(comments.order_by(TicketEvent.id))]
    return "\n".join(said)[:_MOST_TEXT]
