"""How long what is kept, and the deletion of what is older. docs/operations.md shows the same table.

For the client's lawyer to fix; this is the only place to do so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from tickets import agents_channel, agents_presses, erasure, outbox, slack_inbox, slack_users
from tickets.agent_models import Audit
from tickets.base import run
from tickets.conversations import MOST_FORGOTTEN, forget_old
from tickets.partners import forget_expired
from tickets.ticket_models import Delivery, Ticket

ANONYMOUS_CONVERSATIONS: Final = timedelta(days=30)  # after the last message
PARTNER_CONVERSATIONS: Final = timedelta(days=365)
CLOSED_TICKETS: Final = timedelta(days=3 * 365)  # after closing
SENT_DELIVERIES: Final = timedelta(days=7)
SLACK_EVENTS: Final = timedelta(days=7)  # after they were worked, so that one delivered late is known
DEAD_DELIVERIES: Final = timedelta(days=30)
AUDIT: Final = timedelta(days=365)

_MOST_TICKETS = 200  # in one transaction: others wait for it


@dataclass(frozen=True)
class Tidied:
    """What was deleted.

    Attributes:
        conversations: their ids; the engine has to forget them too.
        more: whether there is more to delete at once.
    """

    conversations: list[str]
    tickets: int
    more: bool


def tidy(session: Session, at: datetime) -> Tidied:
    """Delete what is kept no longer, a limited number at once; how much of what is in the audit log.

    Sessions and codes that nobody can use any more are not counted: they hold nothing.
    """
    with erasure.overwriting(session):
        conversations = forget_old(session, at - ANONYMOUS_CONVERSATIONS, at - PARTNER_CONVERSATIONS)
        forget_expired(session, at)
        events = slack_inbox.forget_done(session, at - SLACK_EVENTS)
        presses = agents_presses.forget_presses(session, at - SLACK_EVENTS)
        slack_users.forget_expired(session, at)
        old = select(Ticket.number).where(Ticket.closed_at < at - CLOSED_TICKETS).limit(_MOST_TICKETS)
        tickets = list(session.scalars(old))
        agents_channel.withdraw(session, tickets)
        erasure.delete_rows(session, tickets=tickets)
        sent = delete(Delivery).where(Delivery.state == outbox.SENT, Delivery.sent_at < at - SENT_DELIVERIES)
        dead = delete(Delivery).where(Delivery.state == outbox.DEAD, Delivery.created_at < at - DEAD_DELIVERIES)
        counts = {
            "conversations": len(conversations),
            "tickets": len(tickets),
            "deliveries": run(session, sent) + run(session, dead),
            "slack_events": events,
            "presses": presses,
            "audit": run(session, delete(Audit).where(Audit.at < at - AUDIT)),
        }
    deleted = {what: count for what, count in counts.items() if count}
    if deleted:
        session.add(Audit(actor="system", what="erased", detail={"why": "retention", **deleted}))
    more = len(conversations) == MOST_FORGOTTEN or len(tickets) == _MOST_TICKETS
    return Tidied(conversations, len(tickets), more)
