"""What happens to tickets, told to every open window; and who looks at or writes in which.

The database's events are the truth: whoever changes a ticket calls `publish`, which only wakes the
one who reads them, and what another process wrote is found within two seconds all the same. The
sessions of all open windows are looked at every three seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.console.markup import tame
from bot.limits import Window
from tickets import agents
from tickets.agents import SignedIn
from tickets.conversations import token_hash
from tickets.database import Database
from tickets.ticket_models import Ticket, TicketEvent

log = logging.getLogger("care.console")

_LOOK_SECONDS = 2.0  # for what other processes wrote
_SESSION_SECONDS = 3.0
_LOOK_BACK = 200  # events whose numbers were given out before, but which were committed later
_MOST_WAITING = 64
_MOST_A_SESSION = 12
_MOST_BAD_FRAMES = 5
_CLOSE_POLICY, _CLOSE_TRY_LATER, _CLOSE_SESSION, _CLOSE_TOO_MANY, _CLOSE_GONE = 1008, 1013, 4401, 4429, 1006

Told = dict[str, Any]


class Here(BaseModel):
    """What a window says: which ticket it shows ("" none), and whether its agent is writing."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["here"]
    ticket: str = Field(max_length=32, pattern=r"^[0-9a-f]*$")
    writing: bool


@dataclass(eq=False)
class _Seat:
    """One open window."""

    signed_in: SignedIn
    hashed: str
    ticket: str = ""
    writing: bool = False
    told: asyncio.Queue[Told | None] = field(default_factory=lambda: asyncio.Queue(_MOST_WAITING))
    close_code: int = _CLOSE_TRY_LATER

    def tell(self, what: Told) -> None:
        """Queue something; a window that does not read is closed."""
        try:
            self.told.put_nowait(what)
        except asyncio.QueueFull:
            self.close(_CLOSE_TRY_LATER)

    def close(self, code: int) -> None:
        """Hang up, whatever still waits."""
        self.close_code = code
        while self.told.full():
            self.told.get_nowait()
        self.told.put_nowait(None)


class Live:
    """All open windows of the console."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seats: set[_Seat] = set()
        self._wake = asyncio.Event()
        self._last = -1  # number of the last event told
        self._seen: set[int] = set()
        self._looked_at = 0.0  # when the sessions were
        self._frames = Window(120, 60)

    def publish(self, ticket_id: str = "", what: str = "") -> None:
        """Something happened to a ticket, and is in the database: look now. The arguments are for the log."""
        log.debug("ticket %s: %s", ticket_id, what)
        self._wake.set()

    def look_at_sessions(self) -> None:
        """A session may be over: look now."""
        self._looked_at = 0.0
        self._wake.set()

    async def watch(self) -> None:
        """Tell what is new until cancelled."""
        while True:
            self._wake.clear()
            try:
                await self._look()
            except SQLAlchemyError as error:  # the next look is in two seconds
                log.error("the console's windows could not be told: %s", type(error).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _LOOK_SECONDS)

    async def talk(self, socket: WebSocket, signed_in: SignedIn, token: str) -> None:
        """One window, from accepting it until either side hangs up."""
        await socket.accept()
        seat = _Seat(signed_in, token_hash(token))
        if sum(other.hashed == seat.hashed for other in self._seats) >= _MOST_A_SESSION:
            await socket.close(_CLOSE_TOO_MANY, "too many windows")
            return
        self._seats.add(seat)
        tasks = [asyncio.create_task(self._hear(socket, seat, token)), asyncio.create_task(self._tell(socket, seat))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._seats.discard(seat)
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            self._tell_present(seat.ticket)
        for error in ended:
            if isinstance(error, Exception) and not isinstance(error, WebSocketDisconnect):
                raise error

    async def _hear(self, socket: WebSocket, seat: _Seat, token: str) -> None:
        bad = 0
        while True:
            try:
                here = Here.model_validate_json(await socket.receive_text())
            except (ValidationError, KeyError):
                bad += 1
                if bad >= _MOST_BAD_FRAMES:
                    seat.close(_CLOSE_POLICY)
                continue
            if not self._frames.allows(seat.hashed):
                seat.close(_CLOSE_POLICY)
                continue
            if not await self._still_there(seat, token, here.writing):
                seat.close(_CLOSE_SESSION)
                continue
            before, seat.ticket, seat.writing = seat.ticket, here.ticket, here.writing
            for ticket in {before, here.ticket}:
                self._tell_present(ticket)
            if not here.ticket:  # a list: who is where
                for ticket in {other.ticket for other in self._seats} - {""}:
                    seat.tell(self._present(ticket))

    async def _still_there(self, seat: _Seat, token: str, writing: bool) -> bool:
        """Look at the session again; an agent who writes is not idle."""
        found = await asyncio.to_thread(self._database.read, lambda session: agents.signed_in(session, token))
        if found is None:
            return False
        if writing and agents.worth_touching(found.session):
            await asyncio.wrap_future(self._database.submit(lambda session: agents.touch(session, seat.hashed)))
        return True

    async def _tell(self, socket: WebSocket, seat: _Seat) -> None:
        while True:
            what = await seat.told.get()
            try:
                if what is None:
                    await socket.close(seat.close_code)
                    return
                await socket.send_text(json.dumps(what))
            except RuntimeError as error:  # closed under us
                raise WebSocketDisconnect(_CLOSE_GONE) from error

    def _present(self, ticket: str) -> Told:
        people: dict[str, dict[str, Any]] = {}
        for seat in self._seats:
            if seat.ticket == ticket:
                agent = seat.signed_in.agent
                known = people.setdefault(agent.id, {"id": agent.id, "name": tame(agent.shown), "writing": False})
                known["writing"] = known["writing"] or seat.writing
        return {"type": "present", "ticket": ticket, "people": sorted(people.values(), key=lambda one: one["name"])}

    def _tell_present(self, ticket: str) -> None:
        if not ticket:
            return
        present = self._present(ticket)
        for seat in self._seats:
            if seat.ticket in ("", ticket):
                seat.tell(present)

    async def _look(self) -> None:
        if time.monotonic() - self._looked_at >= _SESSION_SECONDS:
            self._looked_at = time.monotonic()
            await self._end_what_is_over()
        for what in await asyncio.to_thread(self._database.read, self._news):
            for seat in list(self._seats):
                seat.tell(what)

    async def _end_what_is_over(self) -> None:
        hashes = {seat.hashed for seat in self._seats}
        if not hashes:
            return
        valid = await asyncio.to_thread(self._database.read, lambda session: agents.still_valid(session, hashes))
        for seat in list(self._seats):
            if seat.hashed in hashes - valid:
                seat.close(_CLOSE_SESSION)

    def _news(self, session: Session) -> list[Told]:
        """Events not told yet, those with the same ticket together."""
        if self._last < 0:  # the first look: what is there already is no news
            self._last = session.scalar(select(func.max(TicketEvent.id))) or 0
            recent = select(TicketEvent.id).where(TicketEvent.id > self._last - _LOOK_BACK)
            self._seen = set(session.scalars(recent))
            return []
        query = (
            select(TicketEvent, Ticket.id, Ticket.number)
            .join(Ticket, Ticket.number == TicketEvent.ticket_number)
            .where(TicketEvent.id > self._last - _LOOK_BACK)
            .order_by(TicketEvent.id)
        )
        news: dict[str, Told] = {}
        for event, ticket, number in session.execute(query):
            if event.id in self._seen:
                continue
            self._seen.add(event.id)
            self._last = max(self._last, event.id)
            told = news.setdefault(ticket, {"type": "changed", "ticket": ticket, "number": f"CC-{number:06d}"})
            told.setdefault("kinds", []).append(event.kind)
            if event.author_kind != "system" or "by" not in told:  # what follows by itself is not who did it
                told["by"], told["by_id"] = tame(event.author), event.author_id
        self._seen = {known for known in self._seen if known > self._last - _LOOK_BACK}
        return list(news.values())
