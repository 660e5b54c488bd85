"""What agents do to tickets: each a change of tickets/changes.py, then told to the partner's chat and all windows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.console import wording
from bot.console.gate import Body, Call, Nothing, Refused
from bot.console.live import Live
from bot.messages import Messages
from tickets import agents, changes, outbox
from tickets.access import access_by_id
from tickets.agent_models import Agent
from tickets.changes import Author, Changed
from tickets.given import clean
from tickets.states import CLOSED, STATES, NotAllowed, Targets
from tickets.ticket_models import Ticket, TicketEvent
from tickets.types import PRIORITIES, queues, ticket_fields, ticket_types

MOST_TEXT = 20_000
MOST_AT_ONCE = 100
_KEY = r"^[A-Za-z0-9-]{8,64}$"
_PHONE = re.compile(r"\+[1-9]\d{5,14}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]{2,}")


class Reply(Body):
    """A public answer; `then` the state that follows (waiting for the partner, unless said)."""

    text: str = Field(max_length=MOST_TEXT)
    key: str = Field(pattern=_KEY)
    then: Literal["", "resolved", "closed"] = ""


class Note(Body):
    """A note among agents."""

    text: str = Field(max_length=MOST_TEXT)
    key: str = Field(pattern=_KEY)


class Change(Body):
    """One property and its new value."""

    what: Literal["assignee", "state", "queue", "type", "priority"]
    value: str = Field(max_length=80)


class SetField(Body):
    """A field and its value; "" removes it."""

    name: str = Field(max_length=40)
    value: str = Field(max_length=2000)


class Bulk(Body):
    """The same for many tickets: give them to somebody ("" nobody), or close them."""

    tickets: list[str] = Field(min_length=1, max_length=MOST_AT_ONCE)
    do: Literal["assign", "close"]
    to: str = Field(default="", max_length=32)


@dataclass(frozen=True)
class _Sent:
    """What an agent wrote, under the key that their window made for it."""

    key: str
    kind: str
    text: str
    then: str = ""

    def done_before(self, session: Session, ticket: Ticket, author: Author) -> TicketEvent | None:
        """What it did when it came before and its answer was lost, if it did.

        Raises:
            Refused: something else came under this key, so to call it done would lose this.
        """
        known = session.scalar(select(TicketEvent).where(TicketEvent.key == _key(author, self.key)))
        if known is None:
            return None
        done = (known.ticket_number, known.kind, known.text, known.data.get("then", ""))
        if done != (ticket.number, self.kind, self.text, self.then):
            raise Refused(409, wording.SENT_OTHERWISE)
        return known


class TicketActions:
    """The routes that change tickets."""

    def __init__(self, messages: Messages, live: Live, targets: Targets) -> None:
        self._messages = messages
        self._live = live
        self._targets = targets

    async def reply(self, call: Call, body: Reply) -> dict[str, str] | None:
        """Answer the partner; says where that reaches nobody."""
        text = _said(body.text)

        def work(session: Session, ticket: Ticket, author: Author) -> list[Changed]:
            done = [changes.reply(session, ticket, author, text, key=_key(author, body.key), then=body.then)]
            if body.then:
                done.append(changes.set_state(session, ticket, author, body.then))
            return done

        events = await self._change(call, work, _Sent(body.key, "reply", text, body.then))
        lost = any(event.data.get("unreached") for event in events)
        return {"unreached": wording.UNREACHED} if lost else None

    async def note(self, call: Call, body: Note) -> None:
        """Write a note."""
        text = _said(body.text)
        await self._change(
            call,
            lambda session, ticket, author: [changes.note(session, ticket, author, text, key=_key(author, body.key))],
            _Sent(body.key, "note", text),
        )

    async def change(self, call: Call, body: Change) -> None:
        """Change one property."""
        await self._change(call, lambda session, ticket, author: [self._set(session, ticket, author, body)])

    async def set_field(self, call: Call, body: SetField) -> None:
        """Correct, add or remove a field."""
        if body.name not in ticket_fields():
            raise Refused(422, wording.NO_SUCH_VALUE.format(value=body.name))
        value = field_value(ticket_fields()[body.name].form, body.value)
        await self._change(
            call, lambda session, ticket, author: [changes.set_field(session, ticket, author, body.name, value)]
        )

    async def bulk(self, call: Call, body: Bulk) -> dict[str, Any]:
        """Change many tickets; what the state of one does not allow is left, and named."""
        author = Author.of(call.me)

        def work(session: Session) -> tuple[list[Changed], list[str]]:
            assignee = _assignee(session, body.to) if body.do == "assign" else None
            done, left = [], []
            for ticket_id in dict.fromkeys(body.tickets):
                ticket = access_by_id(session, ticket_id)
                if ticket is None:
                    raise Refused(404, wording.NOT_FOUND)
                try:
                    if body.do == "assign":
                        done.append(changes.assign(session, ticket, author, assignee))
                    else:
                        done.append(changes.set_state(session, ticket, author, CLOSED))
                except NotAllowed as no:
                    left.append(f"{ticket.name}: {no}")
            return done, left

        done, left = await call.write(work)
        self._tell(done)
        return {"changed": sum(changed.event is not None for changed in done), "left": left}

    async def deliver_again(self, call: Call, _: Nothing) -> dict[str, int]:
        """Try the notifications that were given up once more."""

        def work(session: Session) -> int:
            again = outbox.revive_all(session)
            if again:
                agents.log(session, call.me.name, "delivered_again", notifications=again)
            return again

        return {"again": await call.write(work)}

    def _set(self, session: Session, ticket: Ticket, author: Author, body: Change) -> Changed:
        if body.what == "assignee":
            return changes.assign(session, ticket, author, _assignee(session, body.value))
        choices = {"state": STATES, "queue": queues(), "type": tuple(ticket_types()), "priority": PRIORITIES}
        if body.value not in choices[body.what]:
            raise Refused(422, wording.NO_SUCH_VALUE.format(value=body.value))
        if body.what == "state":
            return changes.set_state(session, ticket, author, body.value)
        if body.what == "priority":
            return changes.set_priority(session, ticket, author, body.value, self._targets)
        change = changes.set_queue if body.what == "queue" else changes.set_type
        return change(session, ticket, author, body.value)

    async def _change(self, call: Call, change: Any, sent: _Sent | None = None) -> list[TicketEvent]:
        """One change of the ticket in the address, once for the key of what is sent; what it did, now or before."""
        ticket_id, author = call.request.path_params["ticket_id"], Author.of(call.me)

        def work(session: Session) -> tuple[list[Changed], TicketEvent | None]:
            ticket = access_by_id(session, ticket_id)
            if ticket is None:
                raise Refused(404, wording.NOT_FOUND)
            if sent is not None and (known := sent.done_before(session, ticket, author)) is not None:
                return [], known
            try:
                done: list[Changed] = change(session, ticket, author)
            except NotAllowed as no:
                raise Refused(409, str(no)) from None
            return done, None

        done, known = await call.write(work)
        self._tell(done)
        events = [known, *(changed.event for changed in done)]
        return [event for event in events if event is not None]

    def _tell(self, done: list[Changed]) -> None:
        for changed in done:
            self._messages.windows.tell(changed.chat)
            if changed.event is not None:
                self._live.publish(changed.ticket.id, changed.event.kind)


def field_value(form: str, typed: str) -> Any:
    """A field's value as it is kept; None for nothing.

    Raises:
        Refused: it is not of the field's form.
    """
    typed = clean(typed)
    if not typed:
        return None
    if form == "date":
        try:
            return date.fromisoformat(typed).isoformat()
        except ValueError:
            raise Refused(422, f"“{typed[:40]}” is not a date like 2026-11-30.") from None
    if form == "numbers":
        numbers = [re.sub(r"[\s()./-]", "", part) for part in re.split(r"[,;\n]", typed) if part.strip()]
        for number in numbers:
            if not _PHONE.fullmatch(number):
                raise Refused(422, f"“{number[:40]}” is not a phone number with its country code, like +390451234567.")
        return numbers
    if form == "email" and not _EMAIL.fullmatch(typed):
        raise Refused(422, f"“{typed[:60]}” is not an e-mail address.")
    return typed


def _said(text: str) -> str:
    text = text.replace("\x00", "").strip()
    if not any(letter.isprintable() and not letter.isspace() for letter in text):
        raise Refused(422, wording.EMPTY)
    return text


def _assignee(session: Session, agent_id: str) -> Agent | None:
    if not agent_id:
        return None
    agent = session.get(Agent, agent_id)
    if agent is None or agent.disabled_at is not None:
        raise Refused(422, wording.NO_SUCH_AGENT)
    return agent


def _key(author: Author, key: str) -> str:
    return f"console:{author.id}:{key}"
