"""Works what Slack delivered: each entry becomes a turn of its conversation, on the one path of all messages."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot import wording
from bot.bells import set_on_commit
from bot.limits import Limits
from bot.messages import Messages, NotAccepted, TurnOver
from bot.slack import linking
from bot.slack.events import Asked, Pressed, Said
from tickets import conversations, slack_inbox
from tickets.base import now
from tickets.database import Database
from tickets.slack_inbox import Kept
from tickets.slack_models import Place, SlackInbox

log = logging.getLogger("care.slack")

_T = TypeVar("_T")
_POLL_SECONDS = 2.0  # for what another process left behind
_GATHER_SECONDS = 0.02
_AT_ONCE = 4  # entries that become turns at the same time: storing what Slack delivers must never wait long
_MANY = 4  # deliveries that wait to be stored
_PAUSE = 1.0
_LIFE_SIGN_SECONDS = 8.0  # well within the lease


class Inbox:
    """Keeps what Slack delivers, and works it until it is stopped."""

    def __init__(self, database: Database, messages: Messages, limits: Limits, *, links: bool = True) -> None:
        """`links`: partners can link their accounts."""
        self._links = links
        self._database = database
        self._messages = messages
        self._limits = limits
        self._owner = secrets.token_hex(8)
        self._working: set[asyncio.Task[None]] = set()
        self._storing: set[int] = set()  # entries that are becoming turns now
        self._stored: set[int] = set()  # those that have become turns, and those that are over: to be noted
        self._done: set[int] = set()
        self._failed: set[int] = set()
        self._wake = asyncio.Event()
        self._keeping = 0  # of Slack's that are being stored now, while Slack waits

    async def keep_message(self, said: Said) -> bool:
        """Store a message, once; it is on disk when this returns. False where there was nothing to store."""
        return await self._keep(
            partial(
                slack_inbox.put_message,
                place=said.place,
                event_key=said.event_key,
                message_key=said.message_key,
                ts=said.ts,
                user=said.user,
                text=said.text,
                invited=said.invited,
                user_team=said.user_team,
            )
        )

    async def keep_question(self, asked: Asked, channel: str, meaning: str = "{text}") -> bool:
        """Store a question that is answered in this direct message, once; it is on disk when this returns.

        Args:
            meaning: what is asked, around the text that is shown.
        """
        return await self._keep(
            partial(
                slack_inbox.put_question,
                place=Place(asked.team, channel),
                event_key=asked.event_key,
                ts=f"{time.time():.6f}",
                user=asked.user,
                text=meaning.format(text=asked.text),
                shown=asked.text,
            )
        )

    async def keep_press(self, pressed: Pressed) -> bool:
        """Store the press of a button, once; it is on disk when this returns."""
        return await self._keep(
            partial(
                slack_inbox.put_press,
                team=pressed.team,
                channel=pressed.channel,
                token=pressed.token,
                message=pressed.message,
                ts=pressed.ts,
                user=pressed.user,
                user_team=pressed.user_team,
            )
        )

    async def keep_filled(self, kept: Kept) -> bool:
        """Store a form that was filled in, once; it is on disk when this returns."""
        return await self._keep(partial(slack_inbox.put_filled, kept=kept, ts=f"{time.time():.6f}"))

    async def run(self) -> None:
        """Work what is there; at once when something comes, else every two seconds."""
        set_on_commit(self._database, slack_inbox.BELL, self._wake)
        if self._database.is_sqlite:  # whoever held something was a run before this one
            await self._try(partial(slack_inbox.release, at=now()))
        living = asyncio.create_task(self._say_that_we_live())
        try:
            while True:
                self._wake.clear()
                for entry in await self._step():
                    self._storing.add(entry.id)
                    task = asyncio.create_task(self._work(entry))
                    self._working.add(task)
                    task.add_done_callback(partial(self._worked, entry.id))
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), _POLL_SECONDS)
                await asyncio.sleep(_GATHER_SECONDS)
        finally:
            living.cancel()

    async def stop(self) -> None:
        """Leave the rest to others, or to the next start."""
        for task in self._working:
            task.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)
        await self._step(most=0)
        await self._try(partial(slack_inbox.release, at=now(), owner=self._owner))

    async def _step(self, most: int = _AT_ONCE) -> list[SlackInbox]:
        """Note what was worked, and take what comes next: one short write for all of it."""
        stored, done, failed, at = list(self._stored), list(self._done), list(self._failed), now()
        # While Slack waits, what is acknowledged may: one at a time is begun then, so that nothing stands still.
        most = min(most, 1) if self._keeping > _MANY else most
        room = max(0, most - len(self._storing))

        def step(session: Session) -> list[SlackInbox]:
            slack_inbox.mark(session, self._owner, stored=stored, done=done, failed=failed)
            return slack_inbox.claim(session, self._owner, at, room) if room else []

        taken = await self._try(step)
        if taken is None:
            return []
        self._stored.difference_update(stored)
        self._done.difference_update(done)
        self._failed.difference_update(failed)
        return taken

    async def _work(self, entry: SlackInbox) -> None:
        try:
            wish = None if "payload" in entry.body else linking.wish(str(entry.body.get("text", "")))
            if wish is not None:
                self._check_pace(entry)
                await self._write(partial(linking.carry_out, entry=entry, wish=wish, links=self._links))
                return
            over = await self._receive(entry)
            self._stored.add(entry.id)
        except NotAccepted as refused:
            await self._write(partial(_refuse, entry=entry, text=refused.text))
            return
        finally:
            self._storing.discard(entry.id)
            self._wake.set()
        await over.wait()
        self._done.add(entry.id)
        self._wake.set()

    async def _receive(self, entry: SlackInbox) -> TurnOver:
        """Store the entry's turn, or find it where an earlier attempt stored it."""
        self._check_pace(entry)
        writer = (entry.user_team, entry.user) if entry.user_team else None
        while True:
            try:
                received, over = await self._messages.receive(
                    entry.conversation_id,
                    text=str(entry.body.get("text", "")),
                    button=entry.body.get("button"),
                    payload=entry.body.get("payload"),
                    client_id=f"slack-{entry.id}",
                    slack_user=writer,
                )
                break
            except NotAccepted as refused:
                if refused.code != "not_stored":
                    raise
            await asyncio.sleep(_PAUSE)  # it is acknowledged, so it waits until the database is back
        if not received.new and received.turn.state == "pending":
            return self._messages.take_up(received.turn)
        return over

    def _check_pace(self, entry: SlackInbox) -> None:
        if not self._limits.message(entry.conversation_id, f"slack-{entry.id}"):
            raise NotAccepted("rate", wording.TOO_MANY)

    async def _say_that_we_live(self) -> None:
        while True:
            await asyncio.sleep(_LIFE_SIGN_SECONDS)
            if self._working:
                await self._try(partial(slack_inbox.still_here, owner=self._owner, at=now()))

    def _worked(self, entry: int, task: asyncio.Task[None]) -> None:
        self._working.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("an entry of the Slack inbox is not worked yet", exc_info=error)
            self._failed.add(entry)

    async def _try(self, work: Callable[[Session], _T]) -> _T | None:
        try:
            return await self._write(work)
        except SQLAlchemyError as error:
            log.error("the Slack inbox cannot be used now: %s", type(error).__name__)
            return None

    async def _keep(self, work: Callable[[Session], bool]) -> bool:
        self._keeping += 1
        try:
            return await self._write(work)
        finally:
            self._keeping -= 1

    async def _write(self, work: Callable[[Session], _T]) -> _T:
        return await asyncio.wrap_future(self._database.submit(work))


def _refuse(session: Session, entry: SlackInbox, text: str) -> None:
    """Say why a message is not taken, in its conversation; a form, which stands nowhere else, is given back."""
    if "payload" in entry.body:
        text = "\n\n".join([text, "\n".join(f"> {line}" for line in str(entry.body["text"]).splitlines())])
    data: dict[str, Any] = {"type": "error"}
    conversations.append(session, entry.conversation_id, kind="notice", text=text, data=data)
    slack_inbox.mark(session, "", done=[entry.id])
