"""Erasing: all of a partner and nothing of others, the traces in others' rows, and again in a restored backup."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Table, func, select, text
from sqlalchemy.orm import Session

from tests.tickets import desk
from tickets import changes, conversations, erasure, outbox
from tickets.agent_models import Agent, Audit
from tickets.base import Base, now
from tickets.changes import Author
from tickets.database import Database
from tickets.erasure import ERASED, Found, Unclear
from tickets.models import Button, Conversation, Event, Feedback, Question
from tickets.ticket_models import Correction, Delivery, Partner, Ticket, TicketEvent

# Tables that hold nothing of a partner, or nothing that leads to one.
OF_NO_PARTNER = {"agents", "agent_sessions", "audit", "slack_agents", "used_tokens"}


def everything(database: Database) -> str:
    """All rows of all tables as text."""

    def read(session: Session) -> str:
        tables = Base.metadata.sorted_tables
        return "\n".join(f"{table.name}: {row}" for table in tables for row in session.execute(select(table)))

    return database.read(read)


def counts(database: Database) -> dict[str, int]:
    """Rows by table."""

    def read(session: Session) -> dict[str, int]:
        count = select(func.count())
        return {t.name: session.scalar(count.select_from(t)) or 0 for t in Base.metadata.sorted_tables}

    return database.read(read)


def busy_life(session: Session, name: str, company: str = "acme", colleague: int | None = None) -> Ticket:
    """A partner who went through every door; every word of theirs contains their name."""
    partner = desk.partner(session, name, company=company, company_name=f"{name} & Co")
    ticket = desk.ticket(
        session,
        partner,
        subject=f"{name}'s order",
        description=f"{name} waits",
        fields={"order_number": f"{name}-4711"},
        triage={"type_reason": f"{name} says order"},
    )
    conversation = ticket.conversation_id
    assert conversation is not None
    received = conversations.receive(
        session, conversation, text=f"I am {name}", message=name, client_id=f"{name}-1", retry=True
    )
    reply = {"text": f"Hello {name}", "buttons": [{"title": f"Yes, {name}", "payload": "/yes"}], "data": {"who": name}}
    record = {
        "question": {"text": f"{name}?", "decisions": [], "hits": [], "index_version": "x"},
        "feedback": {"entry": None, "helpful": True, "offered": [name]},
    }
    conversations.finish(session, received.turn.id, [reply], record)
    agent = session.scalar(select(Agent)) or desk.agent(session)
    author, self = Author.of(agent), Author("partner", partner.id, name)
    changes.reply(session, ticket, author, f"Dear {name}")
    changes.note(session, ticket, author, f"{name} is right")
    changes.comment(session, ticket, self, f"{name} again")
    changes.set_type(session, ticket, author, "orders.delivery")
    changes.set_field(session, ticket, author, "address", f"{name} street")
    changes.set_state(session, ticket, author, "closed")
    outbox.put(session, "webhook", "https://hook.example", {"event": {"id": 1}, "text": name}, ticket.number)
    outbox.put(session, "email", partner.email, {"subject": name, "text": name}, ticket.number)
    if colleague is not None:
        theirs = session.get_one(Ticket, colleague)
        added = changes.comment(session, theirs, self, f"{name} asks too")
        assert added.event is not None
        body = {"event": {"id": added.event.id}, "text": name}
        outbox.put(session, "webhook", "https://hook.example", body, colleague)
        shown = {
            "text": f"Is it {ticket.name}, “{ticket.subject}”?",
            "buttons": [{"title": f"{ticket.name}: {ticket.subject}", "payload": "/same"}],
            "data": {"similar": [{"number": ticket.name, "subject": ticket.subject}]},
        }
        assert theirs.conversation_id is not None
        turn = conversations.receive(
            session, theirs.conversation_id, text="is it slow?", message="x", client_id=None, retry=True
        ).turn
        conversations.finish(session, turn.id, [shown], {})
    session.flush()
    return ticket


@pytest.fixture
def two(database: Database) -> tuple[Ticket, Ticket]:
    """Bob, who stays, and Canary, who is to be erased and was in Bob's ticket too."""
    bob = database.write(lambda session: busy_life(session, "Bob"))
    return bob, database.write(lambda session: busy_life(session, "Canary", colleague=bob.number))


def erase(database: Database, found: Found, why: str = "partner") -> dict[str, int]:
    """Erase it."""
    return database.write(lambda session: erasure.erase(session, found, actor="test", why=why))


class TestAPartner:
    @pytest.mark.parametrize("who", ["canary@acme.example", "Canary@ACME.example", "canary"])
    def test_everything_of_the_partner_goes_and_everything_of_others_stays(
        self, database: Database, two: tuple[Ticket, Ticket], who: str
    ) -> None:
        bob, _ = two
        before = counts(database)
        assert everything(database).lower().count("canary") > 30
        erase(database, database.read(lambda session: erasure.of_partner(session, who)))

        assert "canary" not in everything(database).lower()
        after = counts(database)
        assert after["partners"] == after["tickets"] == 1
        for table in ("corrections", "buttons", "questions", "feedback"):
            assert 0 < after[table] < before[table], table
        left = database.read(lambda session: session.get_one(Ticket, bob.number))
        assert (left.subject, left.contact["name"]) == ("Bob's order", "Bob")

    def test_our_own_id_is_understood(self, database: Database, two: tuple[Ticket, Ticket]) -> None:
        assert two[1].partner_id is not None
        found = database.read(lambda session: erasure.of_partner(session, str(two[1].partner_id)))
        assert list(found.tickets) == [two[1].number]

    def test_a_comment_on_a_colleagues_ticket_stays_as_a_change_without_words_and_name(
        self, database: Database, two: tuple[Ticket, Ticket]
    ) -> None:
        bob, _ = two
        erase(database, database.read(lambda session: erasure.of_partner(session, "canary")))
        query = select(TicketEvent).where(TicketEvent.ticket_number == bob.number, TicketEvent.author == ERASED)
        (event,) = database.read(lambda session: session.scalars(query).all())
        assert (event.kind, event.text, event.author_id) == ("comment", "", None)

    def test_nor_does_a_triage_there_tell_what_it_read(self, database: Database, two: tuple[Ticket, Ticket]) -> None:
        bob, _ = two

        def triage(session: Session) -> None:
            ticket = session.get_one(Ticket, bob.number)
            ticket.triage = {"type_reason": "canary says so"}
            changes.triaged(session, ticket, {"reason": "canary said so", "person": "Bob"}, {})
            changes.set_field(session, ticket, changes.SYSTEM, "reason", "x")

        database.write(triage)
        erase(database, database.read(lambda session: erasure.of_partner(session, "canary")))
        query = select(TicketEvent.data).where(TicketEvent.ticket_number == bob.number, TicketEvent.kind == "triaged")
        told = database.read(lambda session: session.scalars(query).all())
        assert told
        assert "canary" not in str(told)

    def test_a_reply_that_showed_the_ticket_to_a_colleague_loses_its_subject(
        self, database: Database, two: tuple[Ticket, Ticket]
    ) -> None:
        bob, canary = two
        erase(database, database.read(lambda session: erasure.of_partner(session, "canary")))
        query = select(Event).where(Event.conversation_id == bob.conversation_id, Event.text.like("Is it CC-%"))
        (event,) = database.read(lambda session: session.scalars(query).all())
        assert event.text == f"Is it {canary.name}, “{ERASED}”?"
        assert event.data["similar"][0]["subject"] == ERASED

    def test_what_was_opened_anonymously_with_the_address_goes_with_its_conversation(self, database: Database) -> None:
        def anonymous(session: Session) -> None:
            _, conversation = conversations.open_web_session(session)
            conversations.append(session, conversation, kind="user", text="canary is my name")
            contact = {"name": "canary", "email": "Canary@home.example"}
            ticket = desk.ticket(session, contact=contact)
            ticket.conversation_id = conversation
            desk.ticket(session, contact={"email": "other@home.example"})

        database.write(anonymous)
        erase(database, database.read(lambda session: erasure.of_partner(session, "canary@home.example")))
        assert "canary" not in everything(database).lower()
        assert counts(database)["tickets"] == 1
        assert counts(database)["conversations"] == 0

    def test_others_who_name_the_address_are_told_to_the_operator_and_stay(self, database: Database) -> None:
        def named(session: Session) -> str:
            desk.partner(session, "Canary")
            return desk.ticket(session, description="Give access to canary@acme.example please").name

        name = database.write(named)
        found = database.read(lambda session: erasure.of_partner(session, "canary@acme.example"))
        assert found.named_elsewhere == [name]
        assert found.tickets == {}

    def test_nobody_of_that_name_is_said(self, database: Database, two: tuple[Ticket, Ticket]) -> None:
        for who in ("nobody", "nobody@acme.example", "%", "@"):
            with pytest.raises(Unclear, match="No partner"):
                database.read(partial(erasure.of_partner, who=who))

    def test_two_issuers_who_call_somebody_so_are_named(self, database: Database) -> None:
        def twins(session: Session) -> list[str]:
            return [desk.partner(session, "Ann", issuer=issuer).id for issuer in ("one", "two")]

        ids = database.write(twins)
        with pytest.raises(Unclear) as unclear:
            database.read(lambda session: erasure.of_partner(session, "ann"))
        assert all(id_ in str(unclear.value) for id_ in ids)

    def test_the_audit_log_says_that_and_how_much_but_not_whom(
        self, database: Database, two: tuple[Ticket, Ticket]
    ) -> None:
        erase(database, database.read(lambda session: erasure.of_partner(session, "canary")))
        (entry,) = database.read(lambda session: session.scalars(select(Audit)).all())
        assert (entry.actor, entry.what, entry.detail["why"]) == ("test", "erased", "partner")
        assert (entry.detail["tickets"], entry.detail["partners"]) == (1, 1)
        assert entry.at is not None

    def test_nothing_is_erased_when_a_part_fails(self, database: Database, two: tuple[Ticket, Ticket]) -> None:
        before = everything(database)
        found = database.read(lambda session: erasure.of_partner(session, "canary"))

        def half(session: Session) -> None:
            erasure.erase(session, found, actor="test", why="partner")
            raise LookupError

        with pytest.raises(LookupError):
            database.write(half)
        assert everything(database) == before


class TestOldTickets:
    def test_those_closed_before_go_and_their_conversations_stay(
        self, database: Database, two: tuple[Ticket, Ticket]
    ) -> None:
        _, canary = two

        def age(session: Session) -> None:
            session.get_one(Ticket, canary.number).closed_at = now() - timedelta(days=1100)

        database.write(age)
        before = counts(database)
        found = database.read(lambda session: erasure.older_than(session, now() - timedelta(days=1095)))
        assert found.tickets == {canary.number: canary.id}
        erase(database, found, "older than")
        after = counts(database)
        assert after["tickets"] == 1
        for table in ("partners", "conversations", "events"):
            assert after[table] == before[table]

    def test_open_ones_stay_however_old(self, database: Database) -> None:
        def old(session: Session) -> None:
            desk.ticket(session).created_at = now() - timedelta(days=5000)

        database.write(old)
        assert not database.read(lambda session: erasure.older_than(session, now()))


class TestAgain:
    def test_a_restored_backup_is_erased_again(self, database: Database, two: tuple[Ticket, Ticket]) -> None:
        found = database.read(lambda session: erasure.of_partner(session, "canary"))
        lists = (found.partners, found.conversations, list(found.tickets.values()))
        again = database.read(lambda session: erasure.again(session, *lists))
        assert (again.partners, set(again.conversations)) == (found.partners, set(found.conversations))
        erase(database, again, "again")
        assert "canary" not in everything(database).lower()
        assert not database.read(lambda session: erasure.again(session, *lists))

    def test_a_partner_who_came_back_stays(self, database: Database, two: tuple[Ticket, Ticket]) -> None:
        found = database.read(lambda session: erasure.of_partner(session, "canary"))
        erase(database, found)
        database.write(lambda session: busy_life(session, "Canary"))
        lists = (found.partners, found.conversations, list(found.tickets.values()))
        assert not database.read(lambda session: erasure.again(session, *lists))


class TestFiles:
    def test_compacting_leaves_nothing_deleted_in_the_files(self, sqlite_database: Database, tmp_path: Any) -> None:
        database = sqlite_database
        database.write(lambda session: busy_life(session, "Bob"))
        canary = database.write(lambda session: busy_life(session, "Canary"))

        def bytes_of() -> bytes:
            return b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file()).lower()

        assert b"canary" in bytes_of()
        found = database.read(lambda session: erasure.of_partner(session, str(canary.partner_id)))
        erase(database, found)
        database.compact()
        assert b"canary" not in bytes_of()
        assert b"bob" in bytes_of()

    def test_compacting_postgresql_leaves_everything_else(self, postgres_database: Database) -> None:
        postgres_database.write(lambda session: busy_life(session, "Bob"))
        before = counts(postgres_database)
        postgres_database.compact()
        assert counts(postgres_database) == before
        with postgres_database.engine.connect() as connection:
            assert connection.execute(text("SHOW statement_timeout")).scalar() == "5s"

    def test_writes_go_on_after_compacting(self, database: Database) -> None:
        futures = [database.submit(lambda session: desk.ticket(session).number) for _ in range(10)]
        database.compact()
        assert database.write(lambda session: desk.ticket(session).number) > max(f.result() for f in futures)


def test_every_table_leads_to_what_it_holds_of_a_partner_or_holds_nothing() -> None:
    """Guards the erasure: a new table has to have one of the columns, or to be named above."""
    tables: list[Table] = Base.metadata.sorted_tables
    assert len(tables) > 10
    leading = {table.name for table in tables if erasure.ways(table, [1], ["a"], ["b"])}
    assert {table.name for table in tables} - leading == OF_NO_PARTNER & {table.name for table in tables}
    for kind in (Button, Question, Feedback, Event, Conversation, Partner, Ticket, TicketEvent, Correction, Delivery):
        assert kind.__tablename__ in leading
