"""Erasing a partner, or tickets of long ago: which rows, in which order, and the traces that others' rows hold.

The rows are found by the columns that lead to them (`ticket_number`, `conversation_id`, `partner_id`),
so that a table added later is erased too; tests/tickets/test_erasure.py wants every other table named.
What remains is an entry in the audit log that names nobody, and the ids of what was erased, which mean
nothing any more but in a restored backup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, String, Table, and_, cast, delete, func, or_, select, text, update
from sqlalchemy.orm import Session

from tickets import agents_channel
from tickets.agent_models import Audit
from tickets.base import Base, run
from tickets.models import Button, Conversation, Event, Feedback, Question, Turn
from tickets.slack_models import SlackCode, SlackInbox, SlackUser
from tickets.states import ACTIVE
from tickets.ticket_models import Delivery, Partner, Ticket, TicketEvent

ERASED: Final = "(erased)"
_CHUNK = 500  # values in one statement
TICKET_NAME: Final = re.compile(r"CC-\d{6,}")


class Unclear(LookupError):
    """Nobody, or more than one partner, is called so; the message says which."""


@dataclass(frozen=True)
class Found:
    """What is to be erased. Ids are random and mean nothing without the rows; numbers are not used again.

    Attributes:
        tickets: number → id.
        subjects: name → subject; what others' rows may quote of a ticket.
        emails: addresses of the partners, in lower case.
        threads: conversations in which other partners write too, as in a channel of Slack's.
        named_elsewhere: tickets of others whose text names an address; a person has to look at them.
    """

    partners: list[str] = field(default_factory=list)
    conversations: list[str] = field(default_factory=list)
    threads: list[str] = field(default_factory=list)
    tickets: dict[int, str] = field(default_factory=dict)
    subjects: dict[str, str] = field(default_factory=dict)
    emails: list[str] = field(default_factory=list)
    named_elsewhere: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.partners or self.conversations or self.tickets)


def of_partner(session: Session, who: str) -> Found:
    """Everything of a partner.

    Args:
        who: our id of the partner, the issuer's (where only one issuer calls somebody so), or an e-mail
            address: then also what was opened with it by people whom nobody vouches for.

    Raises:
        Unclear: nobody is found, or several.
    """
    if "@" in who:
        address = who.strip().lower()
        partners = session.scalars(select(Partner).where(func.lower(Partner.email) == address)).all()
        typed = func.lower(Ticket.contact["email"].as_string()) == address
        found = _all_of(session, [partner.id for partner in partners], typed)
        emails = [address]
    else:
        partners = session.scalars(select(Partner).where(or_(Partner.id == who, Partner.subject == who))).all()
        if len(partners) > 1:
            ids = ", ".join(f"{partner.id} ({partner.issuer})" for partner in partners)
            raise Unclear(f"Several issuers call a partner so. Give one of these ids: {ids}.")
        found = _all_of(session, [partner.id for partner in partners])
        emails = sorted({partner.email.lower() for partner in partners if partner.email})
    if not found:
        raise Unclear("No partner, ticket or conversation of that id or e-mail address is here.")
    named = _named_elsewhere(session, emails, found.tickets)
    return replace(found, emails=emails, named_elsewhere=named)


def older_than(session: Session, before: datetime) -> Found:
    """The tickets that were closed before then; their conversations have a time of their own."""
    return _with_tickets(session, Ticket.closed_at < before)


def again(session: Session, partners: Sequence[str], conversations: Sequence[str], tickets: Sequence[str]) -> Found:
    """What of an erasure list is here (again), because a backup was restored; all three are ids."""
    found = Found()
    for part in _chunks(partners):
        found.partners.extend(session.scalars(select(Partner.id).where(Partner.id.in_(part))))
    for part in _chunks(conversations):
        found.conversations.extend(session.scalars(select(Conversation.id).where(Conversation.id.in_(part))))
    for part in _chunks(tickets):
        some = _with_tickets(session, Ticket.id.in_(part))
        found.tickets.update(some.tickets)
        found.subjects.update(some.subjects)
    if found.partners:  # all that hangs on them, in the form that the backup had
        more = _all_of(session, found.partners)
        found.conversations.extend(set(more.conversations) - set(found.conversations))
        found.threads.extend(more.threads)
        found.tickets.update(more.tickets)
        found.subjects.update(more.subjects)
        emails = session.scalars(select(Partner.email).where(Partner.id.in_(found.partners), Partner.email != ""))
        found.emails.extend(email.lower() for email in emails)
    return found


def erase(session: Session, found: Found, *, actor: str, why: str) -> dict[str, int]:
    """Delete it, with the traces in others' rows; how many rows of each table. Leaves a line in the audit log."""
    with overwriting(session):
        traces = _comments_elsewhere(session, found) + _subjects_elsewhere(session, found)
        traces += _words_in_threads(session, found)
        to_them = func.lower(Delivery.target).in_(found.emails)
        mails = delete(Delivery).where(Delivery.destination == "email", to_them)
        counts = {"deliveries": run(session, mails) if found.emails else 0}
        counts["deliveries"] += _slack_users(session, found)
        for part in _chunks(list(found.tickets)):
            agents_channel.withdraw(session, part)
        rows = delete_rows(
            session, tickets=list(found.tickets), conversations=found.conversations, partners=found.partners
        )
        for name, count in rows.items():
            counts[name] = counts.get(name, 0) + count
    counts = {name: count for name, count in {**counts, "traces": traces}.items() if count}
    session.add(Audit(actor=actor[:80], what="erased", detail={"why": why, **counts}))
    session.flush()
    return counts


def delete_rows(
    session: Session,
    *,
    tickets: Sequence[int] = (),
    conversations: Sequence[str] = (),
    partners: Sequence[str] = (),
) -> dict[str, int]:
    """Delete these and every row that leads to them; how many of each table."""
    counts: dict[str, int] = {}
    for table in reversed(Base.metadata.sorted_tables):  # those that refer to others come first
        for column, values in ways(table, tickets, conversations, partners):
            for part in _chunks(values):
                count = run(session, delete(table).where(column.in_(part)))
                counts[table.name] = counts.get(table.name, 0) + count
    return counts


def ways(
    table: Table, tickets: Sequence[Any], conversations: Sequence[Any], partners: Sequence[Any]
) -> list[tuple[ColumnElement[Any], Sequence[Any]]]:
    """The columns of a table that lead to what is erased, with their values."""
    own = {Ticket.__tablename__: ("number", tickets), Conversation.__tablename__: ("id", conversations)}
    own[Partner.__tablename__] = ("id", partners)
    if table.name in own:  # a ticket outlives its conversation, and neither is all of its partner's
        name, values = own[table.name]
        return [(table.c[name], values)]
    named = {"ticket_number": tickets, "conversation_id": conversations, "partner_id": partners}
    return [(table.c[name], values) for name, values in named.items() if name in table.c]


@contextmanager
def overwriting(session: Session) -> Iterator[None]:
    """Have SQLite overwrite what is deleted, instead of only forgetting where it was; PostgreSQL gets time for it."""
    if session.get_bind().dialect.name != "sqlite":
        session.execute(text("SET LOCAL statement_timeout = '120s'"))
        yield
        return
    connection = session.connection()
    connection.exec_driver_sql("PRAGMA secure_delete = ON")
    try:
        yield
    finally:
        connection.exec_driver_sql("PRAGMA secure_delete = OFF")


def _all_of(session: Session, partners: list[str], *also: ColumnElement[bool]) -> Found:
    """Tickets and conversations of partners, and of the tickets that `also` names."""
    first = _with_tickets(session, or_(Ticket.partner_id.in_(partners), *also))
    came_from = select(Ticket.conversation_id).where(or_(Ticket.partner_id.in_(partners), *also))
    wrote_in = select(Turn.conversation_id).where(Turn.partner_id.in_(partners))
    own = Conversation.partner_id.in_(partners)
    theirs = or_(own, Conversation.id.in_(came_from), Conversation.id.in_(wrote_in))
    conversations = list(session.scalars(select(Conversation.id).where(theirs).order_by(Conversation.id)))
    threads = [one for one in conversations if _shared(session, one, partners)]
    conversations = [one for one in conversations if one not in threads]
    for part in list(_chunks(conversations)):  # those that a conversation's session began over the API
        begun = func.substr(Conversation.external_id, 1, 33).in_([f"{id_}:" for id_ in part])
        conversations.extend(session.scalars(select(Conversation.id).where(begun, Conversation.id.not_in(part))))
    tickets, subjects = dict(first.tickets), dict(first.subjects)
    for part in _chunks(conversations):
        nobody_elses = or_(Ticket.partner_id.is_(None), Ticket.partner_id.in_(partners))
        more = _with_tickets(session, and_(Ticket.conversation_id.in_(part), nobody_elses))
        tickets.update(more.tickets)
        subjects.update(more.subjects)
    return Found(partners, conversations, threads, tickets, subjects)


def _shared(session: Session, conversation_id: str, partners: Sequence[str]) -> bool:
    """Whether a conversation that is nobody's own is one of other partners too."""
    conversation = session.get_one(Conversation, conversation_id)
    if conversation.partner_id is not None and conversation.partner_id in partners:
        return False
    wrote = select(Turn.partner_id).where(Turn.conversation_id == conversation_id)
    opened = select(Ticket.partner_id).where(Ticket.conversation_id == conversation_id)
    return bool(set(session.scalars(wrote.union(opened))) - {*partners, None})


def _words_in_threads(session: Session, found: Found) -> int:
    """What the partners said among others, and were answered: it stays as a turn, without words.

    What somebody unknown said there goes too: it may be theirs, from before their account was linked.
    """
    names = {f"CC-{number:06d}" for number in found.tickets}
    changed = 0
    for thread in found.threads:
        theirs = or_(Turn.partner_id.is_(None), Turn.partner_id.in_(found.partners))
        turns = {turn.id: turn for turn in session.scalars(select(Turn).where(Turn.conversation_id == thread, theirs))}
        gone: set[int] = set()
        for event in session.scalars(select(Event).where(Event.conversation_id == thread)):
            if event.turn_id in turns or (event.turn_id is None and event.data.get("number") in names):
                event.text, event.data, event.buttons = ERASED, {}, []
                gone.add(event.seq)
        for turn in turns.values():
            turn.message, turn.partner_id = "", None
            turn.state = "done" if turn.state == "done" else "failed"
        for table in (Question, Feedback):
            for part in _chunks(list(turns)):
                run(session, delete(table).where(table.turn_id.in_(part)))
        for button in session.scalars(select(Button).where(Button.conversation_id == thread)):
            if button.seq in gone:
                session.delete(button)
        for delivery in session.scalars(select(Delivery).where(_about_conversation(thread))):
            if delivery.body.get("seq") in gone:
                session.delete(delivery)
        changed += len(gone)
    session.flush()
    return changed


def _slack_users(session: Session, found: Found) -> int:
    """Who the partners are in Slack, in what was heard from there and in what is told there; how many deliveries."""
    users = session.execute(select(SlackUser.team, SlackUser.user).where(SlackUser.partner_id.in_(found.partners)))
    gone = 0
    for team, user in users.all():
        run(session, delete(SlackCode).where(SlackCode.team == team, SlackCode.user == user))
        heard = and_(SlackInbox.user == user, or_(SlackInbox.user_team == team, SlackInbox.user_team.is_(None)))
        run(session, delete(SlackInbox).where(heard, SlackInbox.state != "done"))
        run(session, update(SlackInbox).where(heard).values(user="", user_team=None))  # known, if it comes again
        told = Delivery.destination.in_(("slack", agents_channel.DESTINATION))
        named = and_(told, Delivery.body["user"].as_string() == user)
        gone += run(session, delete(Delivery).where(named))
    for conversation in found.conversations:
        gone += run(session, delete(Delivery).where(_about_conversation(conversation)))
    return gone


def _about_conversation(conversation_id: str) -> ColumnElement[bool]:
    """Deliveries to Slack of what is said in a conversation."""
    return and_(Delivery.destination == "slack", Delivery.body["conversation"].as_string() == conversation_id)


def _with_tickets(session: Session, which: ColumnElement[bool]) -> Found:
    rows = session.execute(select(Ticket.number, Ticket.id, Ticket.subject).where(which).order_by(Ticket.number)).all()
    names = {f"CC-{number:06d}": subject for number, _, subject in rows}
    return Found(tickets={number: id_ for number, id_, _ in rows}, subjects=names)


def _comments_elsewhere(session: Session, found: Found) -> int:
    """What the partners added to colleagues' tickets: the change stays in the history, without words and name."""
    if not found.partners:
        return 0
    query = select(TicketEvent).where(TicketEvent.author_kind == "partner", TicketEvent.author_id.in_(found.partners))
    events = [event for event in session.scalars(query) if event.ticket_number not in found.tickets]
    touched = {event.ticket_number for event in events}
    for delivery in session.scalars(select(Delivery).where(Delivery.ticket_number.in_(touched))):
        if delivery.body.get("event", {}).get("id") in {event.id for event in events}:
            session.delete(delivery)
    for event in events:
        event.author, event.author_id, event.text, event.data = ERASED, None, "", {}
    for ticket in session.scalars(select(Ticket).where(Ticket.number.in_(touched))):
        ticket.triage, ticket.triage_due = {}, ticket.state in ACTIVE  # it may quote what is gone
    read = TicketEvent.ticket_number.in_(touched), TicketEvent.kind == "triaged"
    for event in session.scalars(select(TicketEvent).where(*read)):
        event.data = {name: value for name, value in event.data.items() if name not in ("fields", "before")}
    session.flush()
    return len(events)


def _subjects_elsewhere(session: Session, found: Found) -> int:
    """Replies to colleagues that showed them one of the tickets, as a similar one say: without its subject."""
    mention = or_(*(cast(column, String).like("%CC-%") for column in (Event.text, Event.data, Event.buttons)))
    changed = 0
    for event in session.scalars(select(Event).where(mention)):
        if event.conversation_id in found.conversations:
            continue
        said = f"{event.text} {event.data} {event.buttons}"
        hidden = {found.subjects[name] for name in TICKET_NAME.findall(said) if name in found.subjects}
        if not hidden:
            continue
        event.text, event.data, event.buttons = without([event.text, event.data, event.buttons], hidden)
        for button in session.scalars(select(Button).where(Button.conversation_id == event.conversation_id)):
            button.title = without(button.title, hidden)
        changed += 1
    session.flush()
    return changed


def without(value: Any, hidden: set[str]) -> Any:
    """The same with these words gone, in whatever JSON is made of."""
    if isinstance(value, str):
        for words in hidden:
            value = value.replace(words, ERASED)
        return value
    if isinstance(value, list):
        return [without(part, hidden) for part in value]
    if isinstance(value, Mapping):
        return {name: without(part, hidden) for name, part in value.items()}
    return value


def _named_elsewhere(session: Session, emails: list[str], tickets: Mapping[int, str]) -> list[str]:
    names: set[str] = set()
    for email in emails:
        like = f"%{email.replace('%', '')}%"
        said = select(TicketEvent.ticket_number).where(TicketEvent.text.ilike(like))
        named = select(Ticket.number).where(or_(Ticket.description.ilike(like), Ticket.number.in_(said)))
        names |= {f"CC-{number:06d}" for number in session.scalars(named) if number not in tickets}
    return sorted(names)


def _chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK))
