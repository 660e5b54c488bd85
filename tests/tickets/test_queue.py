"""The agents' lists: what a view shows, in which order, page by page; and what the search finds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, update

from tickets import agents, changes
from tickets.agent_models import Agent
from tickets.base import now
from tickets.changes import Author
from tickets.database import Database
from tickets.opening import NewTicket, open_ticket
from tickets.queue import Page, View, is_overdue, read_counts, read_page, search_expression
from tickets.states import FIRST_ANSWER
from tickets.ticket_models import Ticket, TicketEvent
from tickets.types import PRIORITIES, ticket_types

PARTNER = Author("partner", None, "Partner")


def opened(database: Database, **what: Any) -> Ticket:
    """A ticket."""
    values = {"type": "general.other", "subject": "Subject", "description": "Text", **what}

    def work(session: Any) -> Ticket:
        key = f"key-{session.query(Ticket).count()}"
        return open_ticket(session, key, NewTicket(**values), channel="web", targets=FIRST_ANSWER)[0]

    return database.write(work)


def agent(database: Database, name: str) -> Agent:
    """An agent."""
    return database.write(lambda session: agents.add(session, name, name.title(), "agent", "-"))


def numbers(database: Database, view: View, me: str = "me", **how: Any) -> list[int]:
    """The numbers that a view shows."""
    return [row.number for row in database.read(lambda session: read_page(session, view, me, **how)).tickets]


def change(database: Database, ticket: Ticket, **values: Any) -> None:
    """Set columns."""
    database.write(lambda session: session.execute(update(Ticket).where(Ticket.id == ticket.id).values(**values)))


def become(database: Database, ticket: Ticket, state: str) -> None:
    """Bring a ticket to a state."""
    database.write(
        lambda session: changes.set_state(session, session.get_one(Ticket, ticket.number), changes.SYSTEM, state)
    )


class TestFilters:
    def test_what_is_over_is_left_out_unless_asked_for(self, database: Database) -> None:
        new, waiting, resolved, closed = (opened(database) for _ in range(4))
        become(database, waiting, "waiting")
        become(database, resolved, "resolved")
        become(database, closed, "closed")
        assert numbers(database, View()) == [new.number, waiting.number]
        assert numbers(database, View(state="any")) == [new.number, waiting.number, resolved.number, closed.number]
        for state, ticket in (("new", new), ("waiting", waiting), ("resolved", resolved), ("closed", closed)):
            assert numbers(database, View(state=state)) == [ticket.number]
        become(database, closed, "open")
        assert closed.number in numbers(database, View())

    def test_each_filter_alone_and_all_together(self, database: Database) -> None:
        anna = agent(database, "anna")
        plain = opened(database)
        wanted = opened(database, type="orders.rma", priority="high", language="it", fields={"fault": "dead"})
        database.write(
            lambda session: changes.assign(session, session.get_one(Ticket, wanted.number), changes.SYSTEM, anna)
        )
        alone = [
            *(View(queue="Orders"), View(type="orders.rma"), View(priority="high"), View(language="it")),
            *(View(incomplete=True), View(assignee="me"), View(assignee=anna.id), View(state="open")),
        ]
        for view in alone:
            assert numbers(database, view, anna.id) == [wanted.number], view
        together = View(
            queue="Orders",
            type="orders.rma",
            priority="high",
            state="open",
            assignee="me",
            language="it",
            incomplete=True,
        )
        assert numbers(database, together, anna.id) == [wanted.number]
        assert numbers(database, View(assignee="nobody")) == [plain.number]
        assert numbers(database, View(queue="Billing")) == []

    def test_overdue_is_what_waits_for_its_first_answer_too_long(self, database: Database) -> None:
        late, early, answered, over = (opened(database) for _ in range(4))
        past = now() - timedelta(minutes=1)
        for ticket in (late, answered, over):
            change(database, ticket, due_at=past)
        database.write(
            lambda session: changes.reply(session, session.get_one(Ticket, answered.number), changes.SYSTEM, "Hello")
        )
        become(database, over, "closed")
        assert numbers(database, View(overdue=True)) == [late.number]
        rows = database.read(lambda session: read_page(session, View(state="any"), "me")).tickets
        assert [row.number for row in rows if is_overdue(row)] == [late.number]
        assert early.number in numbers(database, View())

    def test_the_numbers_beside_the_views(self, database: Database) -> None:
        anna = agent(database, "anna")
        first, second = opened(database), opened(database, type="orders.rma")
        opened(database, type="orders.tracking")
        become(database, opened(database), "closed")
        change(database, first, due_at=now() - timedelta(hours=1))
        database.write(
            lambda session: changes.assign(session, session.get_one(Ticket, second.number), changes.SYSTEM, anna)
        )
        counts = database.read(lambda session: read_counts(session, anna.id))
        assert (counts.active, counts.mine, counts.unassigned, counts.overdue) == (3, 1, 2, 1)
        assert counts.queues == {"General Questions": 1, "Orders": 2}


class TestOrder:
    def made(self, database: Database) -> list[Ticket]:
        """Tickets of all priorities, opened and changed at various times."""
        made = []
        for number in range(12):
            ticket = opened(database, priority=PRIORITIES[number % 4])
            at = now() - timedelta(hours=(number * 7) % 5)
            change(
                database,
                ticket,
                created_at=at,
                due_at=at + timedelta(hours=3),
                updated_at=at + timedelta(minutes=number),
            )
            made.append(ticket)
        return made

    @pytest.mark.parametrize("sort", ["priority", "oldest", "newest", "changed"])
    def test_pages_follow_each_other_without_gap_or_repetition(self, database: Database, sort: str) -> None:
        made = self.made(database)
        view = View(sort=sort)
        whole = numbers(database, view)
        assert sorted(whole) == [ticket.number for ticket in made]
        pages: list[int] = []
        after, more = "", True
        while more:
            page = database.read(partial(read_page, view=view, me="me", after=after, size=5))
            assert page.total == 12
            pages += [row.number for row in page.tickets]
            after, more = page.tickets[-1].id, page.more
        assert pages == whole

    def test_the_urgent_come_first_and_among_them_what_is_due_first(self, database: Database) -> None:
        self.made(database)
        rows: Sequence[Any] = database.read(lambda session: read_page(session, View(), "me")).tickets
        keys = [(PRIORITIES.index(row.priority), row.due_at, row.number) for row in rows]
        assert keys == sorted(keys)

    def test_by_age_and_by_change(self, database: Database) -> None:
        self.made(database)

        def times(sort: str, column: str) -> list[Any]:
            page = database.read(lambda session: read_page(session, View(sort=sort), "me"))
            return [getattr(row, column) for row in page.tickets]

        assert times("oldest", "created_at") == sorted(times("oldest", "created_at"))
        assert times("newest", "created_at") == sorted(times("newest", "created_at"), reverse=True)
        assert times("changed", "updated_at") == sorted(times("changed", "updated_at"), reverse=True)

    def test_a_page_after_a_ticket_that_is_not_there_is_the_first(self, database: Database) -> None:
        ticket = opened(database)
        assert numbers(database, View(), after="0" * 32) == [ticket.number]


class TestSearch:
    @pytest.mark.parametrize(
        "q",
        [
            *("müller", "MULLER", "Mull", "dispute", "INV-2026/77", "inv 77", "+39 045 1234567", "390451234567"),
            *("0451234567"[1:], "Zoë Ängström", "angstrom", "b@example.it", "wombat", "wom", "CC-000001", "cc 1", "1"),
            *("dispute wombat", "secret note"),
        ],
    )
    def test_what_is_found(self, database: Database, q: str) -> None:
        ticket = opened(
            database,
            type="billing.dispute",
            subject="For Hotel Müller",
            description="We dispute it. Call 451234567.",
            fields={"did_numbers": ["+390451234567"], "invoice_number": "INV-2026/77"},
            contact={"name": "Zoë Ängström", "email": "b@example.it"},
        )
        opened(database, subject="Something else")

        def talk(session: Any) -> None:
            changes.comment(session, session.get_one(Ticket, ticket.number), PARTNER, "A wombat called.")
            changes.note(session, session.get_one(Ticket, ticket.number), changes.SYSTEM, "A secret note.")

        database.write(talk)
        assert numbers(database, View(q=q)) == [ticket.number]

    @pytest.mark.parametrize(
        "q",
        [
            "zebra",
            "disputed",
            "ispute",
            "wombat zebra",
            "CC-000009",
            '"',
            "* OR subject:x",
            "a:*&!|",
            "()",
            "-",
            "'--",
            "\\",
        ],
    )
    def test_what_is_not_found_and_never_an_error(self, database: Database, q: str) -> None:
        opened(database, subject="For Hotel Müller", description="We dispute it")
        assert numbers(database, View(q=q)) == []

    def test_it_looks_at_what_is_over_too_and_keeps_to_the_filters(self, database: Database) -> None:
        first, second = opened(database, subject="A wombat"), opened(database, subject="A wombat", type="orders.rma")
        become(database, first, "closed")
        assert numbers(database, View(q="wombat")) == [first.number, second.number]
        assert numbers(database, View(q="wombat", queue="Orders")) == [second.number]
        assert numbers(database, View(q="wombat", state="closed")) == [first.number]

    def test_it_forgets_what_is_changed_or_deleted(self, database: Database) -> None:
        ticket = opened(database, subject="A wombat", fields={"question": "About a zebra"})
        database.write(
            lambda session: changes.comment(session, session.get_one(Ticket, ticket.number), PARTNER, "An okapi too")
        )
        for q in ("wombat", "zebra", "okapi"):
            assert numbers(database, View(q=q)) == [ticket.number]
        change(database, ticket, subject="Erased", fields={})
        assert numbers(database, View(q="wombat")) == numbers(database, View(q="zebra")) == []
        database.write(lambda session: session.execute(update(TicketEvent).values(text="")))
        assert numbers(database, View(q="okapi")) == []
        assert numbers(database, View(q="erased")) == [ticket.number]
        database.write(lambda session: session.execute(delete(TicketEvent)))
        database.write(lambda session: session.execute(delete(Ticket)))
        assert numbers(database, View(q="erased")) == []

    def test_short_words_are_looked_for_as_they_are(self, database: Database) -> None:
        ticket = opened(database, subject="An invoice to pay in 3 parts")
        assert numbers(database, View(q="in 3")) == [ticket.number]
        assert numbers(database, View(q="inv")) == [ticket.number]
        assert numbers(database, View(q="pa")) == []

    def test_a_search_that_leaves_older_ones_out_says_so(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        old = opened(database, subject="An invoice", type="orders.tracking")
        monkeypatch.setattr("tickets.queue.MOST_FOUND", 3)
        for _ in range(2):
            opened(database, subject="An invoice")

        def read(view: View) -> Page:
            return database.read(lambda session: read_page(session, view, "me"))

        assert [row.number for row in read(View(q="invoice", queue="Orders")).tickets] == [old.number]
        assert not read(View(q="invoice")).cut
        opened(database, subject="An invoice")
        assert read(View(q="invoice", queue="Orders")).cut
        assert read(View(q=old.name, queue="Orders")).tickets
        assert not read(View(q=old.name)).cut

    def test_a_very_long_text_is_searched_by_its_beginning_at_least(self, database: Database) -> None:
        ticket = opened(database, description="wombat " + "x" * 100_000 + " " + "y" * 100_000)
        assert numbers(database, View(q="wombat")) == [ticket.number]

    @given(st.text(max_size=60))
    def test_no_text_whatever_gives_an_expression_of_its_own(self, q: str) -> None:
        for dialect in ("sqlite", "postgresql"):
            expression = search_expression(q, dialect)
            words = expression.replace('"', " ").replace("*", " ").replace(":", " ").replace("&", " ").split()
            assert all(word.isalnum() for word in words)


class TestAddresses:
    @pytest.mark.parametrize(
        "view",
        [
            View(),
            View(q="a b & c=d", sort="newest"),
            View(queue="PBX/Licenses", type="orders.rma", priority="low", state="any", assignee="me", language="it"),
            View(incomplete=True, overdue=True),
        ],
    )
    def test_a_view_is_its_address(self, view: View) -> None:
        from urllib.parse import parse_qsl

        assert View.read(dict(parse_qsl(view.query().removeprefix("?")))) == view
        assert (view.query() == "") is (view == View())

    def test_what_an_address_should_not_have_is_left_out(self) -> None:
        given = {
            "queue": "Nothing",
            "type": "'; DROP TABLE",
            "priority": "x",
            "state": "gone",
            "sort": "random()",
            "assignee": "../x",
            "language": "<b>",
            "incomplete": "yes",
            "q": "  a \x00 b  ",
            "more": "x",
        }
        assert View.read(given) == View(q="a b")

    def test_all_types_and_queues_are_known(self) -> None:
        for kind in ticket_types().values():
            assert View.read({"type": kind.id, "queue": kind.queue}) == View(type=kind.id, queue=kind.queue)
