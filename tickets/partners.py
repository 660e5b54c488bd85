"""Partners whom a portal vouches for, and the sessions they talk in. Every function takes a session of the database.

A session's token is shown once and kept as a hash. A partner has one web conversation, on every device.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, delete, or_, select
from sqlalchemy.orm import Session

from tickets.base import insert, now
from tickets.conversations import SESSION_IDLE, SESSION_LIFE, conversation_for, token_hash
from tickets.models import Conversation, UsedToken, WebSession
from tickets.ticket_models import Partner, Ticket

PARTNER_IDLE = timedelta(hours=1)  # then the portal is asked again who it is
PARTNER_LIFE = timedelta(hours=8)
MOST_SESSIONS = 20  # of one partner; each page that is opened begins one


class TokenUsed(ValueError):
    """The portal's token was used before."""


@dataclass(frozen=True)
class Holder:
    """What an open session stands for. `partner_id` is None for an anonymous one."""

    conversation_id: str
    partner_id: str | None
    active_at: datetime


def use_token(session: Session, issuer: str, token_id: str, expires_at: datetime) -> None:
    """Use a token up.

    Raises:
        TokenUsed: it was, here or on another replica.
    """
    row = {"sha256": token_hash(f"{issuer}\n{token_id}"), "expires_at": expires_at}
    statement = insert(session, UsedToken).values(**row).on_conflict_do_nothing(index_elements=["sha256"])
    if session.scalar(statement.returning(UsedToken.sha256)) is None:
        raise TokenUsed


def known_partner(
    session: Session, issuer: str, subject: str, company: str, *, company_name: str, name: str, email: str
) -> Partner:
    """The partner whom an issuer calls so, brought up to date."""
    said = {"company": company, "company_name": company_name, "name": name, "email": email}
    row = {"id": secrets.token_hex(16), "issuer": issuer, "subject": subject, "created_at": now(), **said}
    statement = (
        insert(session, Partner).values(**row).on_conflict_do_update(index_elements=["issuer", "subject"], set_=said)
    )
    found = session.get_one(Partner, session.scalar(statement.returning(Partner.id)))
    session.refresh(found)
    return found


def partner_conversation(session: Session, partner: Partner) -> Conversation:
    """The partner's web conversation, made if there is none."""
    conversation = conversation_for(session, "web", f"partner:{partner.id}")
    conversation.partner_id = partner.id
    session.flush()
    return conversation


def open_partner_session(session: Session, partner: Partner) -> tuple[str, str]:
    """A new session of this partner: its token, shown only now, and its conversation's id."""
    conversation = partner_conversation(session, partner)
    older = select(WebSession.token_sha256).where(WebSession.partner_id == partner.id)
    surplus = session.scalars(older.order_by(WebSession.created_at.desc()).offset(MOST_SESSIONS - 1)).all()
    session.execute(delete(WebSession).where(WebSession.token_sha256.in_(surplus)))
    token = secrets.token_urlsafe(32)
    session.add(WebSession(token_sha256=token_hash(token), conversation_id=conversation.id, partner_id=partner.id))
    session.flush()
    return token, conversation.id


def session_holder(session: Session, token: str, at: datetime) -> Holder | None:
    """What a session's token stands for; None when unknown, ended or expired."""
    found = session.get(WebSession, token_hash(token))
    if found is None or not _lives(found, at):
        return None
    return Holder(found.conversation_id, found.partner_id, found.active_at)


def living_sessions(session: Session, hashes: Collection[str], at: datetime) -> set[str]:
    """Those of these sessions, named by the hashes of their tokens, that are still open."""
    found = session.scalars(select(WebSession).where(WebSession.token_sha256.in_(hashes)))
    return {one.token_sha256 for one in found if _lives(one, at)}


def end_session(session: Session, token: str) -> bool:
    """Sign a session out; False when there was none."""
    done = session.execute(delete(WebSession).where(WebSession.token_sha256 == token_hash(token)))
    assert isinstance(done, CursorResult)
    return done.rowcount == 1


def reached(session: Session, ticket: Ticket, at: datetime) -> bool:
    """Whether an answer can reach whoever opened a ticket: in Slack, by API, in a chat that they can come back to.

    Who is vouched for can: they sign in again.
    """
    if ticket.partner_id is not None:
        return True
    conversation = session.get(Conversation, ticket.conversation_id) if ticket.conversation_id else None
    if conversation is None or conversation.channel != "web":
        return conversation is not None
    known = select(WebSession).where(WebSession.conversation_id == conversation.id)
    return any(_lives(one, at) for one in session.scalars(known))


def forget_expired(session: Session, at: datetime) -> None:
    """Delete sessions and used tokens that nobody can use any more."""
    session.execute(delete(UsedToken).where(UsedToken.expires_at < at))
    session.execute(
        delete(WebSession).where(
            or_(
                WebSession.active_at < at - SESSION_IDLE,
                WebSession.created_at < at - SESSION_LIFE,
                WebSession.partner_id.is_not(None) & (WebSession.active_at < at - PARTNER_IDLE),
                WebSession.partner_id.is_not(None) & (WebSession.created_at < at - PARTNER_LIFE),
            )
        )
    )


def _lives(found: WebSession, at: datetime) -> bool:
    idle, life = (SESSION_IDLE, SESSION_LIFE) if found.partner_id is None else (PARTNER_IDLE, PARTNER_LIFE)
    return at - found.active_at <= idle and at - found.created_at <= life
