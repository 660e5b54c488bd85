"""The agents' channels in Slack: which tickets stand in which of them, and what has to be shown anew.

With each change of a ticket a delivery says only that a channel's message of it is to be brought up to date: the
message is made of what the ticket is when it is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import and_, exists, select, update
from sqlalchemy.orm import Session

from tickets import outbox
from tickets.base import insert, now
from tickets.slack_models import SlackTicket
from tickets.ticket_models import Delivery, Ticket, TicketEvent
from tickets.types import ticket_types

DESTINATION: Final = "slack-agents"
ANY_QUEUE: Final = "*"
_TRIAGE: Final = timedelta(seconds=4)  # that a new ticket may be triaged, and be in the right queue, before it is shown
_SHOWN: Final = ("opened", "triaged", "assigned", "state", "corrected")  # kinds of events that a message shows


def put_for(session: Session, ticket: Ticket, event: TicketEvent, channels: Mapping[str, str]) -> None:
    """Have the channels show what this event changes: that of the ticket's queue, and those that had it before."""
    if not channels or event.kind not in _SHOWN:
        return
    channel = channel_of(_queue_after(ticket, event), channels)
    if channel is not None and _comes_to_a_queue(event):
        show_in(session, ticket.number, channel)
    untriaged = event.kind == "opened" and ticket.triage_due
    for known in known_channels(session, ticket.number):
        bring_up_to_date(session, ticket.number, known, after=_TRIAGE if untriaged else timedelta(0))


def known_channels(session: Session, number: int) -> Sequence[str]:
    """The channels that show a ticket, or are about to."""
    query = select(SlackTicket.channel).where(SlackTicket.ticket_number == number)
    return session.scalars(query.order_by(SlackTicket.channel)).all()


def show_in(session: Session, number: int, channel: str) -> None:
    """Have a channel show a ticket."""
    row = insert(session, SlackTicket).values(
        ticket_number=number, channel=channel, shown="", version=0, created_at=now()
    )
    session.execute(row.on_conflict_do_nothing())


def bring_up_to_date(
    session: Session, number: int, channel: str, *, again: bool = False, after: timedelta = timedelta(0)
) -> None:
    """Have a channel's message of a ticket made anew; `again` also where it would show the same."""
    body = {"ticket": number, **({"again": True} if again else {})}
    outbox.put(session, DESTINATION, channel, body, number, after=after)


def channel_of(queue: str, channels: Mapping[str, str]) -> str | None:
    """The channel of a queue's tickets; None where they have none."""
    return channels.get(queue, channels.get(ANY_QUEUE))


def note_shown(session: Session, number: int, channel: str, ts: str, shown: str) -> bool:
    """Keep what a channel shows now; False where the ticket was erased meanwhile."""
    row = and_(SlackTicket.ticket_number == number, SlackTicket.channel == channel)
    values = {"ts": ts, "shown": shown, "version": SlackTicket.version + 1}
    known = update(SlackTicket).where(row).values(**values).returning(SlackTicket.version)
    return session.scalar(known) is not None


def may_be_there(session: Session, delivery: Delivery) -> bool:
    """Whether an attempt whose outcome nobody knows may have posted the message of this delivery before."""
    if delivery.attempts > 1:
        return True
    before = and_(
        Delivery.destination == DESTINATION,
        Delivery.target == delivery.target,
        Delivery.ticket_number == delivery.ticket_number,
        Delivery.state == outbox.DEAD,
    )
    return bool(session.scalar(select(exists().where(before))))


def withdraw(session: Session, numbers: Sequence[int]) -> None:
    """Have the messages of tickets that are about to be deleted taken out of the channels."""
    query = select(SlackTicket).where(SlackTicket.ticket_number.in_(numbers), SlackTicket.ts.is_not(None))
    for row in session.scalars(query).all():
        outbox.put(session, DESTINATION, row.channel, {"delete": row.ts})


def _comes_to_a_queue(event: TicketEvent) -> bool:
    if event.kind == "triaged":
        return "queue" in event.data.get("changed", {})
    return event.kind == "opened" or (event.kind == "corrected" and event.data.get("what") in ("queue", "type"))


def _queue_after(ticket: Ticket, event: TicketEvent) -> str:
    """The queue once the event is over: a correction is noted before it is made."""
    what, to = event.data.get("what"), str(event.data.get("to"))
    if event.kind == "corrected" and what == "queue":
        return to
    return ticket_types()[to].queue if event.kind == "corrected" and what == "type" else ticket.queue
