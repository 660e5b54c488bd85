"""What is kept how long: at its age it goes, a day before it stays; docs/operations.md says the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from settings import ROOT
from tests.tickets import desk
from tickets import changes, conversations, outbox, retention, slack_inbox
from tickets.agent_models import Audit
from tickets.base import now
from tickets.changes import Author
from tickets.database import Database
from tickets.models import Conversation
from tickets.slack_models import Place, SlackInbox, SlackPress
from tickets.states import STATES
from tickets.ticket_models import Delivery, Ticket

DAY = timedelta(days=1)


def anonymous(session: Session, at: datetime) -> None:
    """An anonymous conversation, last active then."""
    _, conversation = conversations.open_web_session(session)
    conversations.append(session, conversation, kind="user", text="hello")
    session.get_one(Conversation, conversation).active_at = at


def partners(session: Session, at: datetime) -> None:
    """A partner's conversation, last active then."""
    anonymous(session, at)
    (conversation,) = session.scalars(select(Conversation)).all()
    conversation.partner_id = desk.partner(session).id


def closed(session: Session, at: datetime) -> None:
    """A ticket closed then."""
    desk.ticket(session).closed_at = at


def sent(session: Session, at: datetime) -> None:
    """Something delivered then."""
    made = outbox.put(session, "webhook", "https://a.example", {})
    made.state, made.sent_at = outbox.SENT, at


def dead(session: Session, at: datetime) -> None:
    """Something given up, and put then."""
    made = outbox.put(session, "webhook", "https://a.example", {})
    made.state, made.created_at = outbox.DEAD, at


def heard_in_slack(session: Session, at: datetime) -> None:
    """A message from Slack that was answered then."""
    where = Place("T1", "C1", "1.1")
    keys = {"event_key": "T1:Ev1", "message_key": "T1:C1:1.1", "ts": "1.1", "user": "U1"}
    assert slack_inbox.put_message(session, where, text="hello", invited=True, **keys)
    (entry,) = session.scalars(select(SlackInbox)).all()
    slack_inbox.mark(session, "", done=[entry.id])
    session.refresh(entry)
    entry.done_at = at


def audited(session: Session, at: datetime) -> None:
    """A line of the audit log of then."""
    session.add(Audit(actor="test", what="exported", at=at))


KINDS: list[tuple[Callable[[Session, datetime], None], type[Any], timedelta]] = [
    (anonymous, Conversation, retention.ANONYMOUS_CONVERSATIONS),
    (partners, Conversation, retention.PARTNER_CONVERSATIONS),
    (closed, Ticket, retention.CLOSED_TICKETS),
    (sent, Delivery, retention.SENT_DELIVERIES),
    (dead, Delivery, retention.DEAD_DELIVERIES),
    (heard_in_slack, SlackInbox, retention.SLACK_EVENTS),
    (audited, Audit, retention.AUDIT),
]


def tidy(database: Database) -> retention.Tidied:
    """One step."""
    return database.write(lambda session: retention.tidy(session, now()))


@pytest.mark.parametrize(("before", "left"), [(-DAY, 1), (DAY, 0)], ids=["a day short", "a day over"])
@pytest.mark.parametrize(("make", "kind", "kept"), KINDS, ids=lambda value: getattr(value, "__name__", ""))
def test_at_its_age_it_goes_and_a_day_before_it_stays(
    database: Database,
    make: Callable[[Session, datetime], None],
    kind: type[Any],
    kept: timedelta,
    before: timedelta,
    left: int,
) -> None:
    database.write(lambda session: make(session, now() - kept - before))
    assert not tidy(database).more
    own = [Audit.actor == "test"] if kind is Audit else []
    assert len(database.read(lambda session: session.scalars(select(kind).where(*own)).all())) == left


@pytest.mark.parametrize("make", [anonymous, partners])
@pytest.mark.parametrize("state", STATES)
def test_a_conversation_stays_until_its_ticket_is_closed(
    database: Database, make: Callable[[Session, datetime], None], state: str
) -> None:
    def old(session: Session) -> None:
        ticket = desk.ticket(session)
        make(session, now() - DAY * 400)
        (conversation,) = session.scalars(select(Conversation)).all()
        ticket.conversation_id, ticket.state = conversation.id, state

    database.write(old)
    assert len(tidy(database).conversations) == (1 if state == "closed" else 0)


def test_closing_the_ticket_is_a_sign_of_life(database: Database) -> None:
    def old(session: Session) -> None:
        ticket = desk.ticket(session)
        anonymous(session, now() - DAY * 400)
        (conversation,) = session.scalars(select(Conversation)).all()
        ticket.conversation_id = conversation.id
        changes.set_state(session, ticket, Author.of(desk.agent(session)), "closed")

    database.write(old)
    assert tidy(database).conversations == []


def test_the_engine_is_told_which_conversations_went(database: Database) -> None:
    database.write(lambda session: anonymous(session, now() - DAY * 31))
    (gone,) = tidy(database).conversations
    assert len(gone) == 32
    assert tidy(database).conversations == []


def test_a_ticket_deleted_for_its_age_is_in_the_audit_log(database: Database) -> None:
    database.write(lambda session: closed(session, now() - DAY * 1200))
    assert tidy(database).tickets == 1
    (entry,) = database.read(lambda session: session.scalars(select(Audit)).all())
    assert (entry.what, entry.detail) == ("erased", {"why": "retention", "tickets": 1})


def logged(database: Database) -> list[dict[str, Any]]:
    """What the audit log says of deletions."""
    query = select(Audit.detail).where(Audit.what == "erased").order_by(Audit.id)
    return database.read(lambda session: list(session.scalars(query)))


def test_whatever_is_deleted_for_its_age_is_counted_in_the_audit_log(database: Database) -> None:
    def old(session: Session) -> None:
        at = now() - DAY * 1200
        anonymous(session, at)
        for make in (closed, sent, dead, dead, heard_in_slack, audited):
            make(session, at)
        session.add(SlackPress(key="T1:1", ticket_number=desk.ticket(session).number, at=at))

    database.write(old)
    tidy(database)
    counts = {"conversations": 1, "tickets": 1, "deliveries": 3, "slack_events": 1, "presses": 1, "audit": 1}
    assert logged(database) == [{"why": "retention", **counts}]
    tidy(database)
    assert len(logged(database)) == 1  # nothing was deleted


def test_many_old_tickets_go_in_several_steps(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_MOST_TICKETS", 3)
    for _ in range(4):
        database.write(lambda session: closed(session, now() - DAY * 1200))
    assert (tidy(database).more, tidy(database).more) == (True, False)
    assert database.read(lambda session: session.scalars(select(Ticket)).all()) == []


def test_the_table_in_the_docs_is_this_one() -> None:
    docs = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    said = dict(re.findall(r"^\| (\w[^|]*?) \| (\d+) days", docs, re.MULTILINE))
    assert said == {
        "anonymous conversations": str(retention.ANONYMOUS_CONVERSATIONS.days),
        "partners' conversations": str(retention.PARTNER_CONVERSATIONS.days),
        "closed tickets": str(retention.CLOSED_TICKETS.days),
        "presses in agents' channels": str(retention.SLACK_EVENTS.days),
        "deliveries that arrived": str(retention.SENT_DELIVERIES.days),
        "Slack's events that were answered": str(retention.SLACK_EVENTS.days),
        "deliveries given up": str(retention.DEAD_DELIVERIES.days),
        "audit log": str(retention.AUDIT.days),
    }
