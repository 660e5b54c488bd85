"""What agents press under a ticket in Slack: carried out as in the console, once, in the transaction that keeps it.

Nothing is acknowledged before that is on disk, so that there is no queue of presses to be worked later.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import delete
from sqlalchemy.orm import Session

from tickets import changes, outbox, slack_agents
from tickets.access import access_by_id
from tickets.agent_models import Agent
from tickets.agents_channel import DESTINATION, bring_up_to_date
from tickets.base import insert, now, run
from tickets.changes import Author, Changed
from tickets.slack_models import SlackPress, SlackTicket
from tickets.states import NotAllowed, Targets
from tickets.ticket_models import Ticket


@dataclass(frozen=True)
class Press:
    """What somebody pressed under a ticket; `ts` is Slack's time of the press, `message` that of what was pressed."""

    team: str
    channel: str
    message: str
    ts: str
    user: str
    user_team: str
    do: Literal["take", "priority"]
    ticket_id: str
    priority: str = ""

    @property
    def key(self) -> str:
        """The same for every delivery of one press."""
        parts = (self.team, self.channel, self.message, self.ts, self.user, self.do)
        return hashlib.sha256(":".join(parts).encode()).hexdigest()


def carry_out(session: Session, press: Press, targets: Targets, served: bool) -> Changed | None:
    """Do what was pressed, as the console does it; whoever may not is told why. None where nothing changed.

    Args:
        served: the workspace of whoever presses is one that we serve.
    """
    ticket = access_by_id(session, press.ticket_id)
    row = session.get(SlackTicket, (ticket.number, press.channel)) if ticket else None
    if ticket is None or row is None or row.ts not in (None, press.message):
        tell(session, press.channel, press.user, None, "agents_gone")
        return None
    session.refresh(ticket, with_for_update=True)  # before the press, which refers to it: two would wait for each other
    kept = insert(session, SlackPress).values(key=press.key, ticket_number=ticket.number, at=now())
    if session.scalar(kept.on_conflict_do_nothing().returning(SlackPress.key)) is None:
        return None
    agent = slack_agents.agent_of(session, press.user_team, press.user)
    if not served or agent is None or agent.disabled_at is not None:
        why = "agents_not_served" if not served else "agents_not_linked" if agent is None else "agents_disabled"
        _refuse(session, press, ticket, why)
        return None
    author = Author.of(agent)
    if press.do == "priority":
        done = changes.set_priority(session, ticket, author, press.priority, targets)
    else:
        try:
            done = changes.take(session, ticket, agent)
        except NotAllowed:
            holder = session.get(Agent, ticket.assignee_id)
            _refuse(session, press, ticket, "agents_taken", who=holder.shown if holder else "")
            return None
    return done if done.event is not None else None


def forget_presses(session: Session, before: datetime) -> int:
    """Delete the presses of before then; how many."""
    return run(session, delete(SlackPress).where(SlackPress.at < before))


def tell(session: Session, channel: str, user: str, ticket: Ticket | None, what: str, **values: str) -> None:
    """Have somebody told something that only they see; it does not wait for the channel's messages.

    Args:
        what: of bot/slack/agents.yml; `values` and the ticket's name stand in it.
    """
    shown = {**values, **({"name": ticket.name} if ticket else {})}
    body: dict[str, Any] = {"tell": what, "channel": channel, "user": user, "values": shown}
    outbox.put(session, DESTINATION, f"{channel}:{user}", body, ticket.number if ticket else None)


def _refuse(session: Session, press: Press, ticket: Ticket, why: str, **values: str) -> None:
    tell(session, press.channel, press.user, ticket, why, **values)
    bring_up_to_date(session, ticket.number, press.channel, again=True)  # a menu shows what was chosen until then
