"""Who may see which ticket: the only functions that turn a request's number or id into a ticket.

A ticket that is not there and one that belongs to somebody else look the same.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, false, or_, select
from sqlalchemy.orm import Session

from tickets.models import Conversation, Turn
from tickets.slack_models import Place
from tickets.states import ACTIVE
from tickets.ticket_models import Partner, Ticket

_NAME = re.compile(r"(?:CC[-\s]?)?0*(\d{1,9})", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class Viewer:
    """A partner as a channel knows them: by the conversation alone, or vouched for.

    Attributes:
        overheard: others read along, so that only what was opened in this very conversation is shown.
    """

    conversation_id: str | None = None
    partner_id: str | None = None
    company: str | None = None
    issuer: str | None = None
    overheard: bool = False


def viewer_of(session: Session, conversation_id: str, turn_id: str = "") -> Viewer:
    """Who writes in a conversation. In Slack, where several people may, that is who wrote this turn."""
    conversation = session.get(Conversation, conversation_id)
    partner_id = conversation.partner_id if conversation else None
    overheard = False
    if conversation is not None and conversation.channel == "slack":
        turn = session.get(Turn, turn_id) if turn_id else None
        partner_id = turn.partner_id if turn and turn.conversation_id == conversation_id else None
        overheard = not Place.of(conversation.external_id).direct
    return viewer(session, partner_id, conversation_id, overheard=overheard)


def viewer(session: Session, partner_id: str | None, conversation_id: str | None, *, overheard: bool = False) -> Viewer:
    """A partner, or nobody known, in a conversation."""
    partner = session.get(Partner, partner_id) if partner_id else None
    if partner is None:
        return Viewer(conversation_id, overheard=overheard)
    return Viewer(conversation_id, partner.id, partner.company, partner.issuer, overheard)


def access_ticket(session: Session, viewer: Viewer, name: str) -> Ticket | None:
    """The ticket called CC-000123 (or 123), where this viewer opened it or belongs to the same company."""
    number = _NAME.fullmatch(name.strip())
    if number is None:
        return None
    return session.scalar(select(Ticket).where(Ticket.number == int(number[1]), _visible(viewer)))


def own_tickets(session: Session, viewer: Viewer, most: int = 20, *, active: bool = False) -> Sequence[Ticket]:
    """The newest tickets that a viewer may see."""
    query = select(Ticket).where(_visible(viewer))
    if active:
        query = query.where(Ticket.state.in_(ACTIVE))
    return session.scalars(query.order_by(Ticket.number.desc()).limit(most)).all()


def own_active_fields(session: Session, viewer: Viewer) -> Sequence[Row[int, dict[str, Any]]]:
    """Number and fields of all open tickets that a viewer may see, newest first; not their texts."""
    query = select(Ticket.number, Ticket.fields).where(_visible(viewer), Ticket.state.in_(ACTIVE))
    return session.execute(query.order_by(Ticket.number.desc())).all()


def own_numbered(session: Session, viewer: Viewer, numbers: Collection[int]) -> Sequence[Ticket]:
    """Those with these numbers, of the tickets that a viewer may see, newest first."""
    if not numbers:
        return []
    query = select(Ticket).where(Ticket.number.in_(numbers), _visible(viewer))
    return session.scalars(query.order_by(Ticket.number.desc())).all()


def access_by_id(session: Session, ticket_id: str) -> Ticket | None:
    """The ticket with this id, for an agent: agents see all."""
    return session.scalar(select(Ticket).where(Ticket.id == ticket_id))


def _visible(viewer: Viewer) -> ColumnElement[bool]:
    ways: list[ColumnElement[bool]] = []
    if viewer.conversation_id is not None:
        # An anonymous ticket belongs to its conversation; identifying later does not make others' readable.
        ways.append(and_(Ticket.conversation_id == viewer.conversation_id, Ticket.partner_id.is_(None)))
    if viewer.partner_id is not None:
        ways.append(Ticket.partner_id == viewer.partner_id)
    if viewer.company is not None and viewer.issuer is not None:
        colleagues = select(Partner.id).where(Partner.company == viewer.company, Partner.issuer == viewer.issuer)
        ways.append(Ticket.partner_id.in_(colleagues))
    if viewer.overheard:
        return and_(Ticket.conversation_id == viewer.conversation_id, or_(*ways))
    return or_(*ways) if ways else false()
