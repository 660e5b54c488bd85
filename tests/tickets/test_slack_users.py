"""Which Slack users are partners: linked and unlinked, by code once and in time, who is seen in which conversation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.tickets import desk
from tests.tickets.test_erasure import counts, erase, everything
from tickets import conversations, erasure, outbox, slack_inbox, slack_users
from tickets.access import access_ticket, own_tickets, viewer_of
from tickets.base import now
from tickets.conversations import conversation_for
from tickets.database import Database
from tickets.models import Conversation, Event, Turn
from tickets.opening import NewTicket, open_ticket
from tickets.slack_models import Place, SlackCode, SlackInbox, SlackUser
from tickets.slack_users import SlackProblem
from tickets.ticket_models import Delivery, Partner, Ticket

DM, OTHER_DM, THREAD = Place("T1", "D1"), Place("T1", "D2"), Place("T1", "C1", "1.1")


def conversation(session: Session, place: Place = DM) -> str:
    """Its id."""
    return conversation_for(session, "slack", place.name).id


def say(session: Session, place: Place, user: str, text: str, team: str = "T1") -> Turn:
    """Somebody writes there; the turn."""
    return conversations.receive(
        session,
        conversation(session, place),
        text=text,
        message=text,
        client_id=None,
        retry=True,
        slack_user=(team, user),
    ).turn


def linked(session: Session, user: str, name: str, company: str = "acme") -> Partner:
    """A partner with a Slack user."""
    partner = desk.partner(session, name, company=company)
    slack_users.link(session, "T1", user, partner, "test")
    return partner


def opened(session: Session, turn: Turn, **values: str) -> Ticket:
    """A ticket opened in a turn, as the chat opens it."""
    new = NewTicket("", values.get("subject", "No sound"), values.get("text", "There is no sound."))
    viewer = viewer_of(session, turn.conversation_id, turn.id)
    key, more = turn.id, {"conversation_id": turn.conversation_id, "partner_id": viewer.partner_id}
    return open_ticket(session, key, new, channel="slack", targets=desk.TARGETS, **more)[0]


def numbers(session: Session, turn: Turn) -> list[int]:
    """The tickets that whoever wrote this turn may see there."""
    return sorted(one.number for one in own_tickets(session, viewer_of(session, turn.conversation_id, turn.id)))


class TestCodes:
    def test_a_code_links_once(self, database: Database) -> None:
        def work(session: Session) -> None:
            ann = desk.partner(session, "Ann")
            code = slack_users.new_code(session, "T1", "U1", conversation(session))
            assert slack_users.redeem(session, "000-000-000", ann) is None
            assert slack_users.redeem(session, f" {code.lower().replace('-', ' ')} ", ann) == conversation(session)
            assert slack_users.redeem(session, code, ann) is None, "it is used up"
            assert slack_users.partner_of(session, "T1", "U1") == ann
            assert slack_users.partner_of(session, "T2", "U1") is None, "another workspace's"

        database.write(work)

    def test_what_is_read_as_another_letter_is_taken_for_it(self, database: Database) -> None:
        def work(session: Session) -> None:
            code = slack_users.new_code(session, "T1", "U1", conversation(session))
            typed = code.replace("0", "O").replace("1", "l")
            assert slack_users.redeem(session, typed, desk.partner(session)) is not None

        for _ in range(3):
            database.write(lambda session: session.query(SlackUser).delete())
            database.write(lambda session: session.query(Conversation).update({"partner_id": None}))
            database.write(lambda session: session.query(Partner).delete())
            database.write(work)

    def test_only_the_newest_serves_and_only_for_ten_minutes(self, database: Database) -> None:
        def work(session: Session) -> None:
            ann, where = desk.partner(session, "Ann"), conversation(session)
            first = slack_users.new_code(session, "T1", "U1", where)
            second = slack_users.new_code(session, "T1", "U1", where)
            assert slack_users.redeem(session, first, ann) is None
            stored = session.get_one(SlackCode, ("T1", "U1"), populate_existing=True)
            assert timedelta(minutes=9) < stored.expires_at - now() <= timedelta(minutes=10)
            stored.expires_at = now() - timedelta(seconds=1)
            session.flush()
            assert slack_users.redeem(session, second, ann) is None
            slack_users.forget_expired(session, now())
            assert session.scalars(select(SlackCode)).all() == []

        database.write(work)

    def test_it_stands_nowhere(self, database: Database) -> None:
        code = database.write(lambda session: slack_users.new_code(session, "T1", "U1", conversation(session)))
        assert len(code) == 11
        assert code not in everything(database)
        assert code.replace("-", "") not in everything(database)

    def test_many_are_all_different(self, database: Database) -> None:
        def work(session: Session) -> set[str]:
            return {slack_users.new_code(session, "T1", f"U{n}", conversation(session)) for n in range(200)}

        assert len(database.write(work)) == 200


class TestLinks:
    def test_a_second_link_replaces_the_first(self, database: Database) -> None:
        def work(session: Session) -> None:
            ann, bob = linked(session, "U1", "Ann"), desk.partner(session, "Bob", company="bobs")
            theirs = opened(session, say(session, DM, "U1", "hello"))
            assert theirs.partner_id == ann.id
            slack_users.link(session, "T1", "U1", bob, "test")
            later = say(session, DM, "U1", "my tickets")
            assert numbers(session, later) == [], "they are Ann's"
            assert opened(session, later).partner_id == bob.id
            assert session.get_one(Conversation, later.conversation_id).partner_id == bob.id

        database.write(work)

    def test_two_users_of_one_partner_see_the_same(self, database: Database) -> None:
        def work(session: Session) -> None:
            ann = linked(session, "U1", "Ann")
            slack_users.link(session, "T1", "U2", ann, "test")
            ticket = opened(session, say(session, DM, "U1", "hello"))
            assert numbers(session, say(session, OTHER_DM, "U2", "my tickets")) == [ticket.number]
            assert slack_users.unlink(session, "T1", "U1", "test")
            assert slack_users.partner_of(session, "T1", "U2") == ann
            assert slack_users.unlink_partner(session, ann.id) == 1
            assert slack_users.everybody(session) == []

        database.write(work)

    def test_without_the_link_nothing_of_the_partner_is_seen(self, database: Database) -> None:
        def work(session: Session) -> None:
            linked(session, "U1", "Ann")
            first = say(session, DM, "U1", "hello")
            ticket = opened(session, first)
            assert numbers(session, first) == [ticket.number]
            assert slack_users.unlink(session, "T1", "U1", "test")
            assert not slack_users.unlink(session, "T1", "U1", "test")
            later = say(session, DM, "U1", "my tickets")
            assert numbers(session, later) == []
            assert access_ticket(session, viewer_of(session, later.conversation_id, later.id), ticket.name) is None
            assert session.get_one(Conversation, later.conversation_id).partner_id is None

        database.write(work)

    def test_what_was_opened_before_the_link_is_still_seen_there(self, database: Database) -> None:
        def work(session: Session) -> None:
            ticket = opened(session, say(session, DM, "U1", "hello"))
            linked(session, "U1", "Ann")
            assert numbers(session, say(session, DM, "U1", "my tickets")) == [ticket.number]

        database.write(work)


class TestThreads:
    def test_the_person_of_each_message_counts(self, database: Database) -> None:
        def work(session: Session) -> None:
            ann, eve = linked(session, "U1", "Ann"), linked(session, "U2", "Eve", "evil")
            of_ann = opened(session, say(session, THREAD, "U1", "open it"))
            of_eve = opened(session, say(session, THREAD, "U2", "open it"))
            of_nobody = opened(session, say(session, THREAD, "U3", "open it"))
            assert (of_ann.partner_id, of_eve.partner_id, of_nobody.partner_id) == (ann.id, eve.id, None)
            assert numbers(session, say(session, THREAD, "U1", "?")) == [of_ann.number, of_nobody.number]
            assert numbers(session, say(session, THREAD, "U2", "?")) == [of_eve.number, of_nobody.number]
            assert numbers(session, say(session, THREAD, "U3", "?")) == [of_nobody.number]
            assert session.get_one(Conversation, conversation(session, THREAD)).partner_id is None

        database.write(work)

    def test_what_was_opened_elsewhere_is_not_shown_where_others_read(self, database: Database) -> None:
        def work(session: Session) -> None:
            ann = linked(session, "U1", "Ann")
            elsewhere = desk.ticket(session, ann)
            here = say(session, THREAD, "U1", elsewhere.name)
            assert numbers(session, here) == []
            assert access_ticket(session, viewer_of(session, here.conversation_id, here.id), elsewhere.name) is None
            direct = say(session, DM, "U1", elsewhere.name)
            assert numbers(session, direct) == [elsewhere.number]

        database.write(work)

    def test_a_user_of_another_workspace_with_the_same_id_is_nobody(self, database: Database) -> None:
        def work(session: Session) -> None:
            linked(session, "U1", "Ann")
            assert say(session, THREAD, "U1", "hello", team="T2").partner_id is None

        database.write(work)


class TestErasing:
    @pytest.fixture
    def two(self, database: Database) -> dict[str, Any]:
        """Bob, who stays, and Canary, who wrote in direct messages and, with Bob, in a thread."""

        def busy(session: Session) -> dict[str, Any]:
            people = {"bob": linked(session, "U1", "Bob"), "canary": linked(session, "UCANARY", "Canary")}
            for user, name in (("U1", "Bob"), ("UCANARY", "Canary")):
                for place in (THREAD, Place("T1", f"D{name.upper()}")):
                    keys = {
                        "event_key": f"{THREAD.channel}-{len(user)}-{place.thread}",
                        "ts": "1.1",
                        "user": user,
                        "user_team": "T1",
                    }
                    given = {**keys, "text": f"{name} asks", "message_key": None}
                    slack_inbox.put_message(session, place, invited=True, **given)  # type: ignore[arg-type]
                    turn = say(session, place, user, f"I am {name}")
                    answer = {"text": f"Hello {name}", "buttons": [{"title": name, "payload": "/yes"}], "data": {}}
                    record = {"question": {"text": f"{name}?", "decisions": [], "hits": [], "index_version": "x"}}
                    conversations.finish(session, turn.id, [answer], record)
                    opened(session, turn, subject=f"{name}'s", text=f"{name} waits")
                    chosen = {"conversation": turn.conversation_id, "seq": turn.seq, "button": "b", "user": user}
                    outbox.put(session, "slack", place.target, chosen)
                slack_users.new_code(session, "T1", user, conversation(session, place))
            session.execute(SlackInbox.__table__.update().values(state="done", body={}))  # type: ignore[attr-defined]
            return {name: partner.id for name, partner in people.items()}

        return database.write(busy)

    def test_everything_of_the_partner_goes_and_the_others_words_stay(
        self, database: Database, two: dict[str, Any]
    ) -> None:
        before = counts(database)
        assert everything(database).lower().count("canary") > 15
        found = database.read(lambda session: erasure.of_partner(session, two["canary"]))
        thread = database.read(lambda session: conversation(session, THREAD))
        assert found.threads == [thread]
        assert thread not in found.conversations
        erase(database, found)
        assert "canary" not in everything(database).lower()
        after = counts(database)
        assert after["slack_users"] == after["slack_codes"] == 1
        assert after["tickets"] == before["tickets"] - 2
        said = select(Event.text).where(Event.conversation_id == thread)
        texts = database.read(lambda session: session.scalars(said).all())
        assert {"I am Bob", "Hello Bob"} <= set(texts)
        users = database.read(lambda session: session.scalars(select(Delivery.body["user"].as_string())).all())
        assert "UCANARY" not in users
        assert "U1" in users

    def test_a_restored_backup_is_erased_again(self, database: Database, two: dict[str, Any]) -> None:
        found = database.read(lambda session: erasure.of_partner(session, two["canary"]))
        lists = (found.partners, found.conversations, list(found.tickets.values()))
        again = database.read(lambda session: erasure.again(session, *lists))
        assert again.threads == found.threads
        erase(database, again, "again")
        assert "canary" not in everything(database).lower()

    def test_an_event_of_an_erased_user_that_comes_again_is_known(
        self, database: Database, two: dict[str, Any]
    ) -> None:
        erase(database, database.read(lambda session: erasure.of_partner(session, two["canary"])))

        def again(session: Session) -> bool:
            key = f"{THREAD.channel}-{len('UCANARY')}-{THREAD.thread}"
            given = {"event_key": key, "message_key": "m", "ts": "1.1", "user": "UCANARY", "text": "again"}
            return slack_inbox.put_message(session, THREAD, invited=True, **given)

        assert not database.write(again)

    def test_what_was_said_while_linked_goes_after_the_link_is_removed(
        self, database: Database, two: dict[str, Any]
    ) -> None:
        def unlink(session: Session) -> None:
            slack_users.unlink(session, "T1", "UCANARY", "test")
            say(session, Place("T1", "DCANARY"), "UCANARY", "hello again")

        database.write(unlink)
        erase(database, database.read(lambda session: erasure.of_partner(session, two["canary"])))
        assert "i am canary" not in everything(database).lower()
        assert "hello canary" not in everything(database).lower()


def link(session: Session, **values: str) -> None:
    """As the command line asks for it."""
    given = {"do": "link", "team": "T1", "user": "U1", "issuer": "https://portal.example.com", "subject": "ann"}
    unknown = {"company": "", "company_name": "", "name": "", "email": ""}
    slack_users.change_link(session, {**given, **unknown, "actor": "test", **values})


def test_an_operator_links_somebody_who_never_signed_in(database: Database) -> None:
    with pytest.raises(SlackProblem, match="company"):
        database.write(link)
    database.write(lambda session: link(session, company="acme", name="Ann"))
    database.write(lambda session: link(session, user="U2", company="other"))
    found = database.read(slack_users.everybody)
    assert [(one.user, one.linked_by, partner.name, partner.company) for one, partner in found] == [
        ("U1", "test", "Ann", "acme"),
        ("U2", "test", "Ann", "acme"),
    ], "who is known stays as the portal said"


@pytest.mark.parametrize("values", [{"team": "acme"}, {"user": "@ann"}, {"user": ""}, {"do": "unlink"}])
def test_what_cannot_be_linked_is_said(database: Database, values: dict[str, str]) -> None:
    with pytest.raises(SlackProblem):
        database.write(lambda session: link(session, company="acme", **values))
