"""What is told elsewhere of a ticket's changes, and to whom: the one place that decides it.

Partners get e-mail only at an address that a channel vouches for; an address that somebody typed
could be anybody's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy.orm import Session

from tickets import agents_channel, outbox
from tickets.states import SHOWN
from tickets.ticket_models import Partner, Ticket, TicketEvent

# Kinds of events that a webhook is told; notes, assignments and corrections stay among agents.
_TOLD: Final = {
    "opened": "ticket.opened",
    "comment": "ticket.commented",
    "reply": "ticket.replied",
    "state": "ticket.state_changed",
}


@dataclass(frozen=True)
class Notify:
    """Where notices go. `Database` attaches it to every writing session, as "notify" of its info.

    Attributes:
        webhook_url: "" tells no webhook.
        partners_by_email: whether partners are written to.
        agents_email: who is written to about each new ticket; "" is nobody.
        agents_channels: channel of Slack's by queue, "*" for all others.
    """

    webhook_url: str = ""
    partners_by_email: bool = False
    agents_email: str = ""
    agents_channels: Mapping[str, str] = field(default_factory=dict)


def put_for(session: Session, ticket: Ticket, event: TicketEvent) -> None:
    """Put into the outbox what this event is told of it, in the transaction that made it."""
    notify = session.info.get("notify")
    if not isinstance(notify, Notify):
        return
    agents_channel.put_for(session, ticket, event, notify.agents_channels)
    if event.kind not in _TOLD:
        return
    if notify.webhook_url:
        outbox.put(session, "webhook", notify.webhook_url, _webhook(ticket, event), ticket.number)
    if notify.agents_email and event.kind == "opened":
        outbox.put(session, "email", notify.agents_email, _to_agents(ticket), ticket.number)
    if notify.partners_by_email and event.author_kind == "agent" and event.kind in ("reply", "state"):
        partner = session.get(Partner, ticket.partner_id) if ticket.partner_id else None
        if partner is not None and partner.email:
            outbox.put(session, "email", partner.email, _to_partner(partner, ticket, event), ticket.number)


def _webhook(ticket: Ticket, event: TicketEvent) -> dict[str, Any]:
    return {
        "type": _TOLD[event.kind],
        "ticket": {
            "number": ticket.name,
            "id": ticket.id,
            "subject": ticket.subject,
            "queue": ticket.queue,
            "type": ticket.type,
            "priority": ticket.priority,
            "state": ticket.state,
            "channel": ticket.channel,
            "company": ticket.company,
            "contact": ticket.contact,
            "missing": ticket.missing,
            "created_at": ticket.created_at.isoformat(),
        },
        "event": {
            "id": event.id,
            "kind": event.kind,
            "author_kind": event.author_kind,
            "author": event.author,
            "text": event.text,
            "data": event.data,
            "at": event.at.isoformat(),
        },
    }


def _to_agents(ticket: Ticket) -> dict[str, Any]:
    missing = f"\nStill missing: {', '.join(ticket.missing)}" if ticket.missing else ""
    who = " · ".join(ticket.contact[name] for name in ("name", "company", "email") if ticket.contact.get(name))
    text = (
        f"{ticket.name}: {ticket.subject}\n"
        f"Queue: {ticket.queue} · type: {ticket.type} · priority: {ticket.priority}{missing}\n"
        f"From: {who or 'unknown'}\n\n{ticket.description}\n"
    )
    return {"subject": f"[{ticket.priority}] {ticket.name}: {ticket.subject}", "text": text}


def _to_partner(partner: Partner, ticket: Ticket, event: TicketEvent) -> dict[str, Any]:
    hello = f"Hello {partner.name},\n\n" if partner.name else "Hello,\n\n"
    end = f"\n\nTo answer, write to the Customer Care bot in the portal and name {ticket.name}.\n"
    if event.kind == "reply":
        text = f"{hello}{event.author} has answered your ticket {ticket.name}, “{ticket.subject}”:\n\n{event.text}{end}"
        return {"subject": f"{ticket.name}: {ticket.subject}", "text": text}
    shown = SHOWN[str(event.data.get("to", ticket.state))]
    text = f"{hello}Your ticket {ticket.name}, “{ticket.subject}”, is now {shown}.{end}"
    return {"subject": f"{ticket.name} is {shown}: {ticket.subject}", "text": text}
