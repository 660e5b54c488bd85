"""Partners and their sessions, beside what test_sign_in.py tests through the doors."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.tickets import desk
from tests.tickets.test_conversations import say
from tickets import conversations, partners
from tickets.base import now
from tickets.database import Database
from tickets.models import Conversation
from tickets.partners import TokenUsed
from tickets.ticket_models import Partner


def known(database: Database, subject: str = "ann", issuer: str = "portal") -> Partner:
    return database.write(
        lambda session: partners.known_partner(session, issuer, subject, "acme", company_name="", name="", email="")
    )


def test_a_person_is_known_by_who_vouches_and_what_they_are_called_there(database: Database) -> None:
    assert known(database).id == known(database).id
    assert len({known(database).id, known(database, "Ann").id, known(database, issuer="slack").id}) == 3


def test_a_token_serves_once_for_each_issuer(database: Database) -> None:
    until = now() + timedelta(minutes=5)
    database.write(lambda session: partners.use_token(session, "portal", "1", until))
    database.write(lambda session: partners.use_token(session, "another", "1", until))
    with pytest.raises(TokenUsed):
        database.write(lambda session: partners.use_token(session, "portal", "1", until))
    database.write(lambda session: partners.forget_expired(session, until + timedelta(seconds=1)))
    database.write(lambda session: partners.use_token(session, "portal", "1", until))


def test_a_sign_in_that_fails_does_not_use_the_token_up(database: Database) -> None:
    until = now() + timedelta(minutes=5)

    def fails(session: object) -> None:
        partners.use_token(session, "portal", "1", until)  # type: ignore[arg-type]
        raise LookupError

    with pytest.raises(LookupError):
        database.write(fails)
    database.write(lambda session: partners.use_token(session, "portal", "1", until))


def test_living_sessions_are_those_neither_ended_nor_expired(database: Database) -> None:
    ann = known(database)

    def opened() -> str:
        return database.write(
            lambda session: partners.open_partner_session(session, session.get_one(Partner, ann.id))[0]
        )

    ended, living = opened(), opened()
    anonymous, _ = database.write(conversations.open_web_session)
    assert database.write(lambda session: partners.end_session(session, ended))
    assert not database.write(lambda session: partners.end_session(session, ended))
    names = {conversations.token_hash(token): token for token in (ended, living, anonymous, "unknown")}

    def alive(later: timedelta) -> set[str]:
        found = database.read(lambda session: partners.living_sessions(session, names.keys(), now() + later))
        return {names[one] for one in found}

    assert alive(timedelta()) == {living, anonymous}
    assert alive(partners.PARTNER_IDLE + timedelta(seconds=1)) == {anonymous}
    assert alive(conversations.SESSION_IDLE + timedelta(seconds=1)) == set()


def test_whoever_opened_a_ticket_is_reached_while_they_can_come_back(database: Database) -> None:
    def work(session: Session) -> None:
        anyone, here = conversations.open_web_session(session)
        thread = conversations.conversation_for(session, "slack", "T1:C1:1.1").id
        ann = desk.partner(session)
        at = now()
        for ways, reached in (
            ({"conversation_id": here}, True),
            ({"conversation_id": thread}, True),
            ({"conversation_id": "gone"}, False),
            ({"partner_id": ann.id}, True),  # signs in again
            ({"conversation_id": "gone", "partner_id": ann.id}, True),
            ({}, False),
        ):
            ticket = desk.ticket(session)
            ticket.conversation_id, ticket.partner_id = ways.get("conversation_id"), ways.get("partner_id")
            assert partners.reached(session, ticket, at) is reached, ways
        ticket = desk.ticket(session)
        ticket.conversation_id = here
        assert partners.reached(session, ticket, at)
        assert not partners.reached(session, ticket, at + conversations.SESSION_IDLE + timedelta(minutes=1))
        partners.end_session(session, anyone)
        assert not partners.reached(session, ticket, at)

    database.write(work)


def test_a_partners_conversation_is_kept_longer_than_an_anonymous_one(database: Database) -> None:
    ann = known(database)

    def own(session: object) -> str:
        return partners.partner_conversation(session, session.get_one(Partner, ann.id)).id  # type: ignore

    conversation = database.write(own)
    nobody = database.write(lambda session: conversations.open_web_session(session)[1])
    for one in (conversation, nobody):
        say(database, one)
    later = now() + timedelta(days=31)
    assert database.write(lambda session: conversations.forget_old(session, later)) == [nobody]
    forget = database.write(lambda session: conversations.forget_old(session, later, later - timedelta(days=365)))
    assert forget == []
    assert database.write(lambda session: conversations.forget_old(session, later, later)) == [conversation]
    assert database.read(lambda session: session.scalars(select(Conversation)).all()) == []
