"""The one path of a message: stored, queued in its conversation, run through the engine, answered, told.

Each conversation has one worker and sends the engine one message at a time (facts 4 and 5
of the reliability notes). A turn is in the database before anybody is told that the message
arrived, and stays there until its replies are in the database too.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from bot import metrics, wording
from bot.engine import Answer, Engine, EngineFailure, as_text
from bot.health import Health
from bot.ticket_turns import TicketRecord, carry_out, not_open, opened_by
from bot.windows import Windows
from tickets import conversations
from tickets.conversations import Received
from tickets.database import Database
from tickets.models import Event, Turn
from tickets.states import FIRST_ANSWER, Targets
from tickets.ticket_models import Ticket

log = logging.getLogger("care.messages")

MOST_CHARACTERS = 4000
_AT_ONCE = 8  # turns in the engine at the same time, over all conversations
_SLOW_SECONDS = 2.5
_PAUSE, _LONGEST_PAUSE = 0.5, 8.0  # before a turn is tried again; doubled each time
_NOT_STORED = (OperationalError, PoolTimeout)  # the database is full, locked, gone: it may be back in a while

_T = TypeVar("_T")


class NotAccepted(Exception):
    """A message that is refused, with a code for machines and a sentence for the partner."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code)
        self.code = code
        self.text = text


class TurnOver(asyncio.Event):
    """Set when a turn is over; `replies` are its replies then, where this process ran it."""

    def __init__(self) -> None:
        super().__init__()
        self.replies: list[Event] = []


@dataclass
class _Job:
    turn_id: str
    message: str
    retry: bool
    over: TurnOver = field(default_factory=TurnOver)
    queued_at: float = field(default_factory=time.monotonic)
    slow: asyncio.Task[None] | None = None


@dataclass
class _Worker:
    jobs: deque[_Job] = field(default_factory=deque)
    task: asyncio.Task[None] | None = None
    told_at: float = -math.inf  # when the partner was last told to wait

    def told(self, job: _Job) -> bool:
        """Whether the partner was told to wait since this message came: one notice does for all before it."""
        return self.told_at >= job.queued_at


class Messages:
    """Receives messages of every channel and publishes what comes of them."""

    def __init__(
        self,
        database: Database,
        engine: Engine,
        health: Health,
        targets: Targets = FIRST_ANSWER,
        on_ticket: Callable[[Ticket], None] = lambda ticket: None,
    ) -> None:
        """`targets`: by when tickets shall have a first answer; `on_ticket` is told of each that a partner changed."""
        self._database = database
        self._engine = engine
        self._health = health
        self._targets = targets
        self._on_ticket = on_ticket
        self._workers: dict[str, _Worker] = {}
        self.windows = Windows()
        self._engine_slots = asyncio.Semaphore(_AT_ONCE)

    async def receive(
        self,
        conversation: str,
        *,
        text: str = "",
        button: str | None = None,
        client_id: str | None = None,
        retry: bool = True,
        slack_user: tuple[str, str] | None = None,
        payload: str | None = None,
    ) -> tuple[Received, TurnOver]:
        """Store a message and queue its turn.

        Args:
            text: what the partner typed (ignored for a button).
            payload: what the engine is sent instead: a form that was filled in, which `text` tells in words.
            retry: whether an answer still helps after the partner was told to try again.
            slack_user: who writes in Slack, workspace and user.

        Returns:
            What was stored, and an event that is set when the turn is over.

        Raises:
            NotAccepted: nothing was stored.
        """
        text = text.replace("\x00", "")
        if button is None and payload is None:
            check_text(text)
        # A caller that hangs up between the commit and the queue must not leave a turn that nobody runs.
        taking = asyncio.create_task(self._take(conversation, text, button, client_id, retry, slack_user, payload))
        taking.add_done_callback(_look_at)
        return await asyncio.shield(taking)

    async def _take(
        self,
        conversation: str,
        text: str,
        button: str | None,
        client_id: str | None,
        retry: bool,
        slack_user: tuple[str, str] | None,
        payload: str | None,
    ) -> tuple[Received, TurnOver]:
        try:
            received = await self._write(
                lambda session: conversations.receive(
                    session,
                    conversation,
                    text=text,
                    message=payload or as_text(text),
                    client_id=client_id,
                    retry=retry,
                    button=button,
                    slack_user=slack_user,
                    filled=payload is not None,
                )
            )
        except conversations.UsedButton as used:
            payload = used.payload  # a second press of “open the ticket”: which ticket came of the first
            number = await asyncio.to_thread(
                self._database.read, lambda session: opened_by(session, conversation, payload)
            )
            text = wording.USED_TO_OPEN.format(number=number) if number else wording.USED_BUTTON
            raise NotAccepted("used_button", text) from None
        except conversations.UnknownButton:
            raise NotAccepted("unknown_button", wording.UNKNOWN_BUTTON) from None
        except _NOT_STORED:
            if client_id is None:  # over HTTP that is a 503
                raise
            raise NotAccepted("not_stored", wording.NOT_SAVED) from None
        if received.new:
            metrics.MESSAGES.inc()
            self.windows.tell([received.event])
            return received, self._queue(conversation, received.turn.id, received.turn.message, retry)
        return received, self._waiting(conversation, received.turn.id)

    async def resume(self) -> int:
        """Queue the turns that an earlier run of this process left open; how many."""
        turns = await asyncio.to_thread(self._database.read, conversations.open_turns)
        for turn in turns:
            self._queue(turn.conversation_id, turn.id, turn.message, turn.retry)
        return len(turns)

    def take_up(self, turn: Turn) -> TurnOver:
        """Run an open turn that another process left, unless it is queued here already."""
        worker = self._workers.get(turn.conversation_id)
        for job in worker.jobs if worker else ():
            if job.turn_id == turn.id:
                return job.over
        return self._queue(turn.conversation_id, turn.id, turn.message, turn.retry)

    async def stop(self) -> None:
        """Stop working; turns that are not answered stay in the database for `resume`."""
        workers = list(self._workers.values())
        tasks = [task for worker in workers for task in (worker.task, *(job.slow for job in worker.jobs)) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def turn_events(self, turn_id: str) -> list[Event]:
        """The replies and notices of a turn so far."""
        return await asyncio.to_thread(self._database.read, lambda session: conversations.turn_events(session, turn_id))

    async def _write(self, work: Callable[[Session], _T]) -> _T:
        return await asyncio.wrap_future(self._database.submit(work))

    def _queue(self, conversation: str, turn_id: str, message: str, retry: bool) -> TurnOver:
        worker = self._workers.setdefault(conversation, _Worker())
        job = _Job(turn_id, message, retry)
        worker.jobs.append(job)
        job.slow = asyncio.create_task(self._tell_slow(conversation, worker, job))
        if worker.task is None:
            worker.task = asyncio.create_task(self._work(conversation, worker))
        return job.over

    def _waiting(self, conversation: str, turn_id: str) -> TurnOver:
        worker = self._workers.get(conversation)
        for job in worker.jobs if worker else ():
            if job.turn_id == turn_id:
                return job.over
        over = TurnOver()
        over.set()
        return over

    async def _work(self, conversation: str, worker: _Worker) -> None:
        """Run the conversation's turns one after the other; ends when there are none."""
        try:
            while worker.jobs:
                job = worker.jobs[0]
                try:
                    await self._run(conversation, worker, job)
                except Exception as error:  # one of the two places that catch everything
                    log.error("turn %s failed inside the bot", job.turn_id, exc_info=error)
                    metrics.FAILURES.labels("internal").inc()
                    await self._apologise(conversation, worker, job)
                finally:
                    if job.slow is not None:
                        job.slow.cancel()
                    job.over.set()
                    worker.jobs.popleft()
        finally:
            self.windows.publish(conversation, {"type": "typing", "on": False})
            worker.task = None
            if not worker.jobs:
                self._workers.pop(conversation, None)

    async def _run(self, conversation: str, worker: _Worker, job: _Job) -> None:
        """Run one turn until it is answered or given up."""
        failures = 0
        while True:
            self.windows.publish(conversation, {"type": "typing", "on": True})
            try:
                with metrics.TURN_SECONDS.time():
                    async with self._engine_slots:
                        answer = await self._engine.send(conversation, job.message, job.turn_id)
            except EngineFailure as failure:
                metrics.FAILURES.labels("engine").inc()
                up = self._health.ready
                failures += up
                log.warning("turn %s failed (%s), engine %s", job.turn_id, failure, "up" if up else "down")
                give_up = not job.retry or failures >= conversations.MOST_ATTEMPTS
                await self._tell_failure(conversation, worker, job, give_up)
                if give_up:
                    return
                await self._until_ready(failures)
                continue
            finish = partial(self._finish, conversation, job.turn_id, answer)
            # What the engine worked out is kept; whoever does not wait for it is told to try again instead.
            events, ticket = await (self._until_stored(conversation, job, finish) if job.retry else self._write(finish))
            job.over.replies = events
            if ticket is not None:
                self._on_ticket(ticket)
            for event in events:
                metrics.REPLIES.labels(str(event.data.get("type", ""))).inc()
                self.windows.tell([event])
            if answer.record.get("long"):
                await self._begin_session(conversation, job)
            return

    async def _begin_session(self, conversation: str, job: _Job) -> None:
        """Keep what the engine carries through a long conversation small, after the answer is told."""
        job.over.set()
        try:
            async with self._engine_slots:
                await self._engine.begin_session(conversation)
        except EngineFailure as failure:  # the next turn says again that it is due
            log.warning("a long conversation goes on in its old session: %s", failure)

    def _finish(
        self, conversation: str, turn_id: str, answer: Answer, session: Session
    ) -> tuple[list[Event], Ticket | None]:
        """End a turn with its replies, and with the ticket or comment that it asks for, in one commit."""
        if conversations.is_over(session, turn_id):
            return [], None
        record = TicketRecord.model_validate(answer.record)
        said, ticket = carry_out(session, conversation, turn_id, record, self._targets)
        return conversations.finish(session, turn_id, [*said, *answer.replies], answer.record), ticket

    async def _apologise(self, conversation: str, worker: _Worker, job: _Job) -> None:
        """End a turn that cannot be answered; where not even that can be stored, it is tried again until it can."""
        try:
            await self._tell_failure(conversation, worker, job, give_up=True)
        except SQLAlchemyError as error:  # the next start takes it up
            log.error("the partner of turn %s could not be told: %s", job.turn_id, type(error).__name__)

    async def _tell_failure(self, conversation: str, worker: _Worker, job: _Job, give_up: bool) -> None:
        if give_up and job.retry:
            text = wording.GAVE_UP.format(reference=job.turn_id[:8])
        else:
            text = wording.LATER if job.retry else wording.TRY_AGAIN
        if worker.told(job) and not give_up:
            with contextlib.suppress(*_NOT_STORED):
                await self._write(lambda session: conversations.count_attempt(session, job.turn_id))
            return
        data = {"type": "error", "retry": not job.retry, "reference": job.turn_id[:8]}
        await self._notice(conversation, worker, job, text, data, give_up)

    async def _until_ready(self, failures: int) -> None:
        """Wait before a turn is tried again: until the others are back, then a little more each time."""
        await asyncio.sleep(min(_LONGEST_PAUSE, _PAUSE * 2**failures))
        while not self._health.ready:
            await asyncio.sleep(0.5)

    async def _tell_slow(self, conversation: str, worker: _Worker, job: _Job) -> None:
        """Say that it takes longer, also for a message that waits for those before it."""
        await asyncio.sleep(_SLOW_SECONDS)
        if worker.told(job) or not job.retry:
            return
        text = wording.SLOW if self._health.ready else wording.LATER
        await self._notice(conversation, worker, job, text, {"type": "slow"}, give_up=False)

    async def _notice(
        self, conversation: str, worker: _Worker, job: _Job, text: str, data: dict[str, Any], give_up: bool
    ) -> None:
        worker.told_at = time.monotonic()

        def store(session: Session) -> list[Event]:
            said = text + not_open(session, conversation, for_good=give_up)
            return conversations.notice(session, job.turn_id, said, data, give_up=give_up)

        try:
            events = await (self._until_stored(conversation, job, store) if give_up else self._write(store))
        except _NOT_STORED:
            self._tell_not_stored(conversation)
            return
        for event in events:
            self.windows.tell([event])

    async def _until_stored(self, conversation: str, job: _Job, work: Callable[[Session], _T]) -> _T:
        """Write the end of a turn, however long the database cannot; open windows are told so."""
        pause = _PAUSE
        while True:
            try:
                return await self._write(work)
            except _NOT_STORED as error:
                log.error("the end of turn %s is not stored yet: %s", job.turn_id, type(error).__name__)
                metrics.FAILURES.labels("database").inc()
            self._tell_not_stored(conversation)
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE, 2 * pause)

    def _tell_not_stored(self, conversation: str) -> None:
        """A notice that cannot be stored either: whoever has the chat open sees it now, and not again."""
        self.windows.publish(
            conversation, {"type": "problem", "client_id": None, "code": "not_stored", "text": wording.NOT_DONE_YET}
        )


def _look_at(taking: asyncio.Task[tuple[Received, TurnOver]]) -> None:
    """Where the caller hung up, nobody is left to be refused; errors of our own are logged all the same."""
    error = None if taking.cancelled() else taking.exception()
    if error is not None and not isinstance(error, NotAccepted):
        log.error("a message was not stored: %s", type(error).__name__)


def check_text(text: str) -> None:
    """Raises NotAccepted for a text that is empty or too long."""
    if not any(character.isprintable() and not character.isspace() for character in text):
        raise NotAccepted("empty", wording.EMPTY)
    if len(text) > MOST_CHARACTERS:
        raise NotAccepted("too_long", wording.TOO_LONG.format(limit=MOST_CHARACTERS))
