"""Tickets that are there: how one stands, which there are, which one something is added to."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import FollowupAction
from sqlalchemy.orm import Session

from actions import ticket_wording
from actions.draft import Draft
from actions.replies import Reply, reply
from actions.ticket_beginning import adding_to
from actions.ticket_requests import about_ticket, added_to_own
from actions.turns import Context, Turn
from actions.wording import say
from tickets.access import access_ticket, own_tickets, viewer_of
from tickets.ticket_models import Ticket

FORM = "ticket_form"


def begin() -> list[Any]:
    """The events that make the engine begin the form."""
    return [FollowupAction(FORM)]


def status(context: Context) -> Turn:
    """action_ticket_status: how a ticket stands, for those who may know."""
    found = None if context.pressed else about_ticket(context.text)
    name = found.ticket if found else context.entity("ticket") or ""
    return Turn([state_of(context, name)])


def mine(context: Context) -> Turn:
    """action_my_tickets: the tickets of whoever writes."""

    added = None if context.pressed else added_to_own(context.text)
    adding = added is not None

    def read(session: Session) -> tuple[list[Ticket], bool]:
        viewer = viewer_of(session, context.conversation, context.turn_id)
        return list(own_tickets(session, viewer, ticket_wording.MOST_LISTED + 1, active=adding)), viewer.overheard

    draft = Draft.from_slot(context.slot("ticket"))
    drafting = draft is not None and draft.state == "asking"
    tickets, overheard = context.read(read)
    if adding and len(tickets) == 1 and not (drafting or context.slot("calculation")):
        return Turn(slots={"ticket": adding_to(context, tickets[0].name, added or "").slot()}, events=begin())
    if overheard and not tickets:
        return Turn([reply(say("tickets_in_private"), type="tickets", numbers=[])])
    return Turn([ticket_wording.listed(tickets, drafting=drafting, adding=adding)])


def state_of(context: Context, name: str) -> Reply:
    """How a ticket stands; for those who may not know, that there is none."""
    return context.read(lambda session: _status(session, context, name))


def _status(session: Session, context: Context, name: str) -> Reply:
    viewer = viewer_of(session, context.conversation, context.turn_id)
    ticket = access_ticket(session, viewer, name)
    if ticket is None:
        text = say("ticket_in_private", number=name) if viewer.overheard else say("ticket_unknown", number=name)
        return reply(text, type="no_answer", ticket=name)
    return ticket_wording.card(session, ticket)
