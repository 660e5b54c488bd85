"""What agents press in Slack, and which channels show what: once on both databases, on two replicas too."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from tests.postgres import Postgres
from tests.tickets import desk
from tickets import (
    agents,
    agents_channel,
    agents_presses,
    changes,
    erasure,
    outbox,
    retention,
    slack_agents,
    slack_users,
)
from tickets.agent_models import Agent, Audit
from tickets.agents_presses import Press
from tickets.base import now
from tickets.changes import Author
from tickets.conversations import conversation_for
from tickets.database import Database
from tickets.notices import Notify
from tickets.slack_models import Place, SlackAgent, SlackPress, SlackTicket
from tickets.slack_users import FOR_AGENT, SlackProblem
from tickets.ticket_models import Delivery, Ticket, TicketEvent

CHANNELS = {"Billing": "C1", "*": "C2"}


def told(work: Any) -> Any:
    """The same write, of a process whose agents have channels."""

    def do(session: Session) -> Any:
        session.info["notify"] = Notify(agents_channels=CHANNELS)
        return work(session)

    return do


def hired(session: Session, name: str, user: str) -> Agent:
    """An agent with a Slack user."""
    agent = desk.agent(session, name)
    slack_agents.link(session, "T1", user, agent, "test")
    return agent


def billing(session: Session, **values: Any) -> Ticket:
    """A ticket of Billing's, whose message is in its channel."""
    made = desk.ticket(session, type="billing.dispute", triage={"type": "billing.dispute"}, **values)
    agents_channel.note_shown(session, made.number, "C1", "1.1", "x")
    return made


def press(ticket: Ticket, user: str, **values: str) -> Press:
    """A press of “take”."""
    given = {"team": "T1", "channel": "C1", "message": "1.1", "ts": "2.2", "user_team": "T1", "do": "take", **values}
    return Press(**given, user=user, ticket_id=ticket.id)  # type: ignore[arg-type]


def carry_out(session: Session, pressed: Press) -> changes.Changed | None:
    """Do it."""
    return agents_presses.carry_out(session, pressed, desk.TARGETS, served=True)


def count(session: Session, kind: type[Any], which: Any = None) -> int:
    """How many rows."""
    query = select(func.count()).select_from(kind)
    return session.scalar(query if which is None else query.where(which)) or 0


def assigned(ticket: Ticket) -> Any:
    """The events in which somebody got it."""
    return and_(TicketEvent.ticket_number == ticket.number, TicketEvent.kind == "assigned")


def whispers(ticket: Ticket) -> Any:
    """What is told to one person about it."""
    return and_(Delivery.ticket_number == ticket.number, Delivery.target.like("C1:%"))


class TestPresses:
    def test_a_press_acts_once_whatever_comes_between(self, database: Database) -> None:
        def work(session: Session) -> None:
            hired(session, "olga", "U1")
            ticket = billing(session)
            high = press(ticket, "U1", do="priority", priority="high")
            assert carry_out(session, high)
            assert carry_out(session, replace(high, ts="3.3", priority="low"))
            assert carry_out(session, high) is None
            assert ticket.priority == "low"
            assert count(session, SlackPress) == 2

        database.write(told(work))

    def test_an_agent_takes_a_ticket_once_and_no_colleagues(self, database: Database) -> None:
        def work(session: Session) -> None:
            olga, _ = hired(session, "olga", "U1"), hired(session, "bruno", "U2")
            ticket = billing(session)
            assert carry_out(session, press(ticket, "U1"))
            assert carry_out(session, press(ticket, "U1", ts="3.3")) is None
            assert carry_out(session, press(ticket, "U2")) is None
            assert (ticket.assignee_id, ticket.state) == (olga.id, "open")
            (said,) = session.scalars(select(Delivery).where(Delivery.target == "C1:U2"))
            assert said.body == {
                "tell": "agents_taken",
                "channel": "C1",
                "user": "U2",
                "values": {"who": "Olga", "name": ticket.name},
            }

        database.write(told(work))

    def test_two_replicas_give_it_to_one(self, postgres: Postgres) -> None:
        with postgres.fresh() as url:
            replicas = [Database(url), Database(url)]
            try:
                for round_ in range(10):

                    def prepare(session: Session, round_: int = round_) -> Ticket:
                        for user in ("U1", "U2"):
                            hired(session, f"{user.lower()}-{round_}", user)
                        return billing(session)

                    ticket = replicas[0].write(told(prepare))
                    presses = [press(ticket, user, ts=f"{round_}.{user[1]}") for user in ("U1", "U2")] * 2
                    works = [told(partial(carry_out, pressed=one)) for one in presses]
                    with ThreadPoolExecutor(4) as pool:
                        list(pool.map(lambda one: replicas[one[0] % 2].write(one[1]), enumerate(works)))
                    assert replicas[0].read(partial(count, kind=TicketEvent, which=assigned(ticket))) == 1
                    assert replicas[0].read(partial(count, kind=Delivery, which=whispers(ticket))) == 1
            finally:
                for replica in replicas:
                    replica.close()

    def test_presses_are_forgotten_after_a_week_and_with_their_ticket(self, database: Database) -> None:
        def work(session: Session) -> None:
            hired(session, "olga", "U1")
            one, two = billing(session), billing(session)
            carry_out(session, press(one, "U1"))
            carry_out(session, press(two, "U1", ts="3.3"))
            erasure.delete_rows(session, tickets=[one.number])
            assert count(session, SlackPress) == count(session, SlackTicket) == 1
            retention.tidy(session, now() + timedelta(days=6))
            assert count(session, SlackPress) == 1
            retention.tidy(session, now() + timedelta(days=8))
            assert count(session, SlackPress) == 0

        database.write(told(work))


class TestChannels:
    def test_a_ticket_that_was_there_before_the_channel_is_not_posted(self, database: Database) -> None:
        def work(session: Session) -> None:
            old = desk.ticket(session, type="billing.dispute")
            session.info["notify"] = Notify(agents_channels=CHANNELS)
            changes.set_priority(session, old, Author.of(desk.agent(session)), "low", desk.TARGETS)
            assert count(session, Delivery) == 0
            changes.set_queue(session, old, Author.of(session.scalars(select(Agent)).one()), "Orders")
            assert [one.target for one in session.scalars(select(Delivery))] == ["C2"], "it is new to that queue"

        database.write(work)

    def test_the_message_is_kept_up_to_date_where_it_was_and_is(self, database: Database) -> None:
        def work(session: Session) -> None:
            ticket = billing(session)
            changes.set_type(session, ticket, Author.of(desk.agent(session)), "orders.delivery")
            assert agents_channel.known_channels(session, ticket.number) == ["C1", "C2"]
            targets = [one.target for one in session.scalars(select(Delivery).order_by(Delivery.id))]
            assert targets == ["C1", "C1", "C2"]

        database.write(told(work))

    def test_what_was_lost_for_good_is_looked_for(self, database: Database) -> None:
        def work(session: Session) -> None:
            ticket = billing(session)
            (first,) = session.scalars(select(Delivery))
            assert not agents_channel.may_be_there(session, first)
            first.state = outbox.DEAD
            agents_channel.bring_up_to_date(session, ticket.number, "C1")
            second = session.scalars(select(Delivery).where(Delivery.id != first.id)).one()
            assert agents_channel.may_be_there(session, second)

        database.write(told(work))

    def test_a_partner_who_pressed_is_in_nothing_that_is_told(self, database: Database) -> None:
        def work(session: Session) -> None:
            ann = desk.partner(session)
            slack_users.link(session, "T1", "U9", ann, "test")
            assert carry_out(session, press(billing(session), "U9")) is None
            assert count(session, Delivery, Delivery.target == "C1:U9") == 1
            erasure.erase(session, erasure.of_partner(session, "ann"), actor="test", why="partner")
            assert count(session, Delivery, Delivery.target == "C1:U9") == 0

        database.write(told(work))

    @pytest.mark.parametrize("way", ["partner", "retention"])
    def test_a_deleted_ticket_s_messages_are_withdrawn(self, database: Database, way: str) -> None:
        def work(session: Session) -> None:
            ann = desk.partner(session)
            ticket = desk.ticket(session, ann, type="billing.dispute", subject="Secret")
            agents_channel.note_shown(session, ticket.number, "C1", "1.1", "x")
            ticket.closed_at = now()
            session.flush()
            if way == "partner":
                erasure.erase(session, erasure.of_partner(session, "ann"), actor="test", why="partner")
            else:
                retention.tidy(session, now() + timedelta(days=4 * 365))
            left = session.scalars(select(Delivery)).all()
            assert [(one.target, one.body, one.ticket_number) for one in left] == [("C1", {"delete": "1.1"}, None)]

        database.write(told(work))


class TestLinks:
    def test_a_code_is_for_an_agent_or_for_a_partner(self, database: Database) -> None:
        def work(session: Session) -> None:
            where = conversation_for(session, "slack", Place("T1", "D1").name).id
            olga, ann = desk.agent(session), desk.partner(session)
            for_partner = slack_users.new_code(session, "T1", "U2", where)
            code = slack_users.new_code(session, "T1", "U1", where, FOR_AGENT)
            assert slack_agents.redeem(session, for_partner, olga) is None
            assert slack_users.redeem(session, code, ann) is None
            assert slack_agents.redeem(session, code.lower(), olga) == where
            assert slack_agents.redeem(session, code, olga) is None, "it is used up"
            assert slack_agents.agent_of(session, "T1", "U1") == olga
            assert slack_agents.agent_of(session, "T2", "U1") is None
            assert slack_users.partner_of(session, "T1", "U1") is None

        database.write(work)

    def test_links_are_replaced_listed_ended_and_written_down(self, database: Database) -> None:
        def work(session: Session) -> None:
            agents.add(session, "olga", "Olga", "agent", "-")
            bruno = agents.add(session, "bruno", "Bruno", "agent", "-")
            asked = {"do": "link", "team": "T1", "user": "U1", "actor": "somebody"}
            slack_agents.change_link(session, {**asked, "name": "olga"})
            slack_agents.change_link(session, {**asked, "name": "Bruno"})
            assert [(one.user, agent.name) for one, agent in slack_agents.everybody(session)] == [("U1", "bruno")]
            assert [one.user for one in slack_agents.of_agent(session, bruno)] == ["U1"]
            slack_agents.change_link(session, {**asked, "do": "unlink"})
            with pytest.raises(SlackProblem, match="linked to no agent"):
                slack_agents.change_link(session, {**asked, "do": "unlink"})
            with pytest.raises(agents.AgentProblem, match="no user nobody"):
                slack_agents.change_link(session, {**asked, "name": "nobody"})
            with pytest.raises(SlackProblem, match="Slack calls workspaces"):
                slack_agents.change_link(session, {**asked, "team": "acme", "name": "olga"})
            assert count(session, SlackAgent) == 0
            said = session.scalars(select(Audit).where(Audit.what.like("slack%")).order_by(Audit.id))
            assert [(one.what, one.actor, one.detail["user"]) for one in said] == [
                ("slack_agent_linked", "somebody", "olga"),
                ("slack_agent_linked", "somebody", "bruno"),
                ("slack_agent_unlinked", "somebody", "bruno"),
            ]

        database.write(work)
