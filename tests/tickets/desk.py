"""Partners, agents and tickets for tests, made the way the product makes them."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from tickets.agent_models import Agent
from tickets.conversations import conversation_for
from tickets.opening import NewTicket, open_ticket
from tickets.ticket_models import Partner, Ticket

TARGETS = {name: timedelta(hours=hours) for name, hours in {"urgent": 1, "high": 4, "normal": 24, "low": 72}.items()}


def partner(session: Session, name: str = "Ann", **values: Any) -> Partner:
    """A partner whom a portal vouches for."""
    given = {
        "id": secrets.token_hex(16),
        "issuer": "https://portal.example.com",
        "subject": name.lower(),
        "company": "acme",
        "company_name": "Acme",
        "name": name,
        "email": f"{name.lower()}@acme.example",
        **values,
    }
    made = Partner(**given)
    session.add(made)
    session.flush()
    return made


def agent(session: Session, name: str = "olga") -> Agent:
    """An agent."""
    made = Agent(id=secrets.token_hex(16), name=name, shown=name.title(), role="agent", password="-")
    session.add(made)
    session.flush()
    return made


def ticket(session: Session, owner: Partner | None = None, *, key: str = "", **values: Any) -> Ticket:
    """A ticket, from a web conversation of its partner's where there is one."""
    given = {"type": "orders.tracking", "subject": "Where is it?", "description": "Order 4711 has not come.", **values}
    conversation = None
    if owner is not None:
        conversation = conversation_for(session, "web", f"partner:{owner.id}")
        conversation.partner_id = owner.id
        session.flush()
    made, _ = open_ticket(
        session,
        key or secrets.token_hex(8),
        NewTicket(**given),
        channel="web",
        targets=TARGETS,
        conversation_id=conversation.id if conversation else None,
    )
    return made
