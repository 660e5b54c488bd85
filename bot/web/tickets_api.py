"""Tickets over HTTP, for scripts, portals and the form: open one, look at one's own, add to them.

Nothing here needs the engine or `actions`: a ticket is stored at once and triaged when they are there.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Header, HTTPException, Request
from fastapi.responses import JSONResponse
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot import wording
from bot.limits import Limits
from bot.web.callers import Caller, Callers, check_caller, check_page
from bot.web.chat_api import PROBLEMS, Problem
from bot.web.ticket_shapes import (
    CommentWanted,
    Said,
    TicketListed,
    TicketOpened,
    TicketProblem,
    TicketShown,
    TicketWanted,
    TypeField,
    TypeShown,
)
from settings import Settings
from tickets import changes, gate
from tickets.access import access_ticket, own_tickets
from tickets.changes import Author
from tickets.contact import valid_email
from tickets.database import Database
from tickets.given import InvalidValue, checked_fields, clean
from tickets.opening import KeyReused, NewTicket, open_ticket
from tickets.partners import partner_conversation
from tickets.states import SHOWN
from tickets.ticket_models import Partner, Ticket, TicketEvent
from tickets.types import question, ticket_fields, ticket_types

_MOST_LISTED = 50
_PUBLIC = ("comment", "reply")
_T = TypeVar("_T")

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=200,
        pattern=r"^[!-~]+$",
        description="Names the intention, chosen by the caller at random. Sent again it changes nothing.",
    ),
]


class _Refused(Exception):
    def __init__(self, code: str, detail: str, **more: str) -> None:
        super().__init__(code)
        self.content = {"detail": detail, "code": code, **more}


_REFUSALS: dict[int | str, dict[str, Any]] = {
    **PROBLEMS,
    422: {"model": TicketProblem, "description": "Not of this form, or not in English, or the key has other content"},
    503: {"model": Problem, "description": "Nothing can be stored just now"},
}
_NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"model": Problem, "description": "There is none, or not for you"}}


def router(
    settings: Settings,
    database: Database,
    limits: Limits,
    callers: Callers,
    on_ticket: Callable[[Ticket], None] = lambda ticket: None,
) -> APIRouter:
    """The routes of this module; `on_ticket` is told of each ticket opened or added to."""
    routes = APIRouter(prefix="/api", tags=["tickets"], responses=_REFUSALS)

    @routes.get("/ticket-types", summary="Types of tickets and what each needs")
    async def types() -> list[TypeShown]:
        return _types()

    @routes.post("/tickets", status_code=201, summary="Open a ticket", response_model=TicketOpened)
    async def open_one(body: TicketWanted, request: Request, idempotency_key: IdempotencyKey) -> Any:
        check_caller(request, settings)
        caller = await _caller(request)
        key = _key("ticket", caller, idempotency_key)
        try:
            new = _new_ticket(body, caller)
            texts = gate.own_words(new.subject, new.description, new.fields)
            await _check_language(texts, new.subject, english=body.english)
            if not await _known(key) and not _may_open(caller, key):
                raise HTTPException(429, wording.TOO_MANY_TICKETS)
            ticket, opened = await _write(lambda session: _open(session, key, new, caller, _channel(request)))
        except _Refused as refusal:
            return JSONResponse(refusal.content, 422)
        on_ticket(ticket)
        return opened

    @routes.get("/tickets", summary="Your company's newest tickets")
    async def list_all(request: Request, active: bool = False) -> list[TicketListed]:
        caller = await _known_caller(request)
        return await asyncio.to_thread(database.read, lambda session: _list(session, caller, active))

    @routes.get("/tickets/{number}", responses=_NOT_FOUND, summary="A ticket of your company, like CC-000123")
    async def show(number: str, request: Request) -> TicketShown:
        caller = await _known_caller(request)
        found = await asyncio.to_thread(database.read, lambda session: _show(session, caller, number))
        if found is None:
            raise HTTPException(404, wording.NO_SUCH_TICKET)
        return found

    @routes.post(
        "/tickets/{number}/comments",
        status_code=201,
        responses=_NOT_FOUND,
        summary="Add to a ticket of your company",
        response_model=Said,
    )
    async def add(number: str, body: CommentWanted, request: Request, idempotency_key: IdempotencyKey) -> Any:
        check_caller(request, settings)
        caller = await _known_caller(request)
        key = _key("comment", caller, idempotency_key)
        text = clean(body.text)
        try:
            seen = await asyncio.to_thread(database.read, lambda session: _find(session, caller, number))
            if seen is None:
                raise HTTPException(404, wording.NO_SUCH_TICKET)
            if not text:
                raise _Refused("empty", wording.EMPTY, field="text")
            await _check_language({"text": text}, english=body.english)
            if not limits.message(f"{caller.scope} comments", key):
                raise HTTPException(429, wording.TOO_MANY)
            said = await _write(lambda session: _add(session, key, caller, number, text))
        except _Refused as refusal:
            return JSONResponse(refusal.content, 422)
        if said is None:
            raise HTTPException(404, wording.NO_SUCH_TICKET)
        on_ticket(said[0])
        return said[1]

    @routes.options("/tickets", include_in_schema=False)
    @routes.options("/ticket-types", include_in_schema=False)
    @routes.options("/tickets/{number}", include_in_schema=False)
    @routes.options("/tickets/{number}/comments", include_in_schema=False)
    async def preflight() -> dict[str, str]:
        return {}

    async def _caller(request: Request) -> Caller:
        check_page(request, settings)
        caller = await callers.of(request)
        if not limits.requests.allows(caller.scope):
            raise HTTPException(429, wording.TOO_MANY)
        return caller

    async def _known_caller(request: Request) -> Caller:
        """Whoever may have tickets to look at: somebody who names a session or a token."""
        caller = await _caller(request)
        if caller.partner is None and caller.conversation_id is None:
            raise HTTPException(401, wording.NO_SESSION, {"WWW-Authenticate": "Bearer"})
        return caller

    def _may_open(caller: Caller, key: str) -> bool:
        return limits.ticket(caller.partner.id if caller.partner else None, caller.address, key)

    async def _known(key: str) -> bool:
        query = select(Ticket.number).where(Ticket.key == key)
        return await asyncio.to_thread(database.read, lambda session: session.scalar(query)) is not None

    def _open(session: Session, key: str, new: NewTicket, caller: Caller, channel: str) -> tuple[Ticket, TicketOpened]:
        conversation_id = caller.conversation_id
        if caller.partner is not None:  # what agents answer is read there, wherever it was asked
            conversation_id = partner_conversation(session, session.get_one(Partner, caller.partner.id)).id
        try:
            ticket, _ = open_ticket(
                session, key, new, channel=channel, targets=settings.first_answer, conversation_id=conversation_id
            )
        except KeyReused:
            raise _Refused("key_reused", wording.KEY_REUSED) from None
        return ticket, _opened(session, ticket)

    async def _write(work: Callable[[Session], _T]) -> _T:
        try:
            return await asyncio.wrap_future(database.submit(work))
        except IntegrityError:  # another replica wrote the same at the same time: now it is there
            return await asyncio.wrap_future(database.submit(work))

    return routes


def _key(what: str, caller: Caller, given: str) -> str:
    """A key of the caller's own: nobody else's request can be taken for it."""
    return "api:" + hashlib.sha256(f"{what}\n{caller.scope}\n{given}".encode()).hexdigest()


def _channel(request: Request) -> str:
    return "form" if "x-care-chat" in request.headers else "api"


def _new_ticket(body: TicketWanted, caller: Caller) -> NewTicket:
    contact: dict[str, str] = {}
    if caller.partner is None:
        if body.contact is None:
            raise _Refused("contact", wording.CONTACT_MISSING, field="contact")
        contact = {name: " ".join(clean(value).split()) for name, value in body.contact.model_dump().items()}
        for name in ("name", "company"):
            if not contact[name]:
                raise _Refused("contact", wording.CONTACT_MISSING, field=f"contact.{name}")
        if not valid_email(contact["email"]):
            raise _Refused("contact", wording.NO_EMAIL, field="contact.email")
    subject, description = " ".join(clean(body.subject).split()), clean(body.description)
    for name, text in (("subject", subject), ("description", description)):
        if not any(character.isprintable() and not character.isspace() for character in text):
            raise _Refused("empty", wording.EMPTY, field=name)
    try:
        fields = checked_fields(body.fields)
    except InvalidValue as problem:
        raise _Refused("field", problem.reason, field=problem.field) from None
    return NewTicket(body.type or "", subject, description, fields, contact)


async def _check_language(texts: dict[str, str], subject: str = "", *, english: bool) -> None:
    """The gate: each of these texts is English, or its writer says so where that is in doubt."""
    said = await asyncio.to_thread(gate.judged, texts, subject)
    for field, language in said.refused.items():
        raise _Refused("language_refused", wording.LANGUAGE_REFUSED, language=language, field=field)
    if not english:
        for field, language in said.doubts.items():
            raise _Refused("language_doubt", wording.LANGUAGE_DOUBT, language=language, field=field)


def _opened(session: Session, ticket: Ticket) -> TicketOpened:
    """From the event of its opening, so that a later change does not change the answer."""
    opened = TicketEvent.ticket_number == ticket.number, TicketEvent.kind == "opened"
    event = session.scalars(select(TicketEvent).where(*opened)).one()
    return TicketOpened(
        number=ticket.name,
        state="new",
        type=event.data["type"],
        queue=event.data["queue"],
        priority=event.data["priority"],
        missing=event.data["missing"],
        subject=ticket.subject,
        created_at=event.at.isoformat(),
    )


def _list(session: Session, caller: Caller, active: bool) -> list[TicketListed]:
    found = own_tickets(session, caller.viewer, _MOST_LISTED, active=active)
    return [TicketListed(**_listed(ticket, caller)) for ticket in found]


def _show(session: Session, caller: Caller, number: str) -> TicketShown | None:
    ticket = access_ticket(session, caller.viewer, number)
    if ticket is None:
        return None
    events = select(TicketEvent).where(TicketEvent.ticket_number == ticket.number, TicketEvent.kind.in_(_PUBLIC))
    said = [_said(event) for event in session.scalars(events.order_by(TicketEvent.id))]
    listed = _listed(ticket, caller)
    return TicketShown(**listed, description=ticket.description, fields=ticket.fields, said=said)


def _find(session: Session, caller: Caller, number: str) -> Ticket | None:
    return access_ticket(session, caller.viewer, number)


def _add(session: Session, key: str, caller: Caller, number: str, text: str) -> tuple[Ticket, Said] | None:
    ticket = access_ticket(session, caller.viewer, number)
    if ticket is None:
        return None
    known = session.scalar(select(TicketEvent).where(TicketEvent.key == key))
    if known is not None:
        if (known.ticket_number, known.text) != (ticket.number, text):
            raise _Refused("key_reused", wording.KEY_REUSED)
        return ticket, _said(known)
    partner = caller.partner
    name = (partner.name if partner else ticket.contact.get("name")) or "Partner"
    changed = changes.comment(session, ticket, Author("partner", partner.id if partner else None, name), text, key=key)
    assert changed.event is not None
    return ticket, _said(changed.event)


def _listed(ticket: Ticket, caller: Caller) -> dict[str, Any]:
    return {
        "number": ticket.name,
        "subject": ticket.subject,
        "state": ticket.state,
        "state_text": SHOWN[ticket.state],
        "type": ticket.type,
        "queue": ticket.queue,
        "priority": ticket.priority,
        "missing": list(ticket.missing),
        "own": caller.partner is None or ticket.partner_id == caller.partner.id,
        "created_at": ticket.created_at.isoformat(),
        "updated_at": ticket.updated_at.isoformat(),
    }


def _said(event: TicketEvent) -> Said:
    return Said(kind=event.kind, author=event.author, text=event.text, at=event.at.isoformat())


def _types() -> list[TypeShown]:
    fields = ticket_fields()
    return [
        TypeShown(
            id=kind.id,
            title=kind.title,
            queue=kind.queue,
            needs=[
                TypeField(
                    name=first,
                    label=fields[first].label,
                    form=fields[first].form,
                    question=question(kind.id, first),
                    instead=list(others),
                )
                for first, *others in kind.needs
            ],
        )
        for kind in ticket_types().values()
    ]
