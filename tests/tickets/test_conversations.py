"""Conversations: what is stored of a message, of its answer, and what a client that comes back is given."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.orm import Session

from tickets import conversations
from tickets.base import Base, now
from tickets.conversations import MOST_REPLAYED, SESSION_IDLE, SESSION_LIFE, Received, UnknownButton, UsedButton
from tickets.database import Database
from tickets.models import Button, Conversation, Event, Feedback, Question, Turn, WebSession
from tickets.partners import session_holder

ANSWER: list[dict[str, Any]] = [
    {
        "text": "Within 30 days.",
        "buttons": [{"title": "Yes, thanks", "payload": "/helpful"}, {"title": "No", "payload": "/not_helpful"}],
        "data": {"type": "faq", "id": "billing/dispute-period"},
    }
]
QUESTION = {"text": "dispute?", "decisions": ["answer"], "hits": [[]], "index_version": "abc"}


@pytest.fixture
def conversation(database: Database) -> str:
    """A conversation's id."""
    return database.write(lambda session: conversations.conversation_for(session, "api", "someone").id)


def say(database: Database, conversation: str, text: str = "hello", **values: Any) -> Received:
    """A partner's message."""
    given = {"text": text, "message": text, "client_id": None, "retry": True, **values}
    return database.write(lambda session: conversations.receive(session, conversation, **given))


def finish(
    database: Database, turn: Turn, replies: list[dict[str, Any]] | None = None, record: dict[str, Any] | None = None
) -> list[Event]:
    """A turn's answer."""
    return database.write(lambda session: conversations.finish(session, turn.id, replies or ANSWER, record or {}))


def transcript(database: Database, conversation: str) -> list[tuple[int, str, str]]:
    """All events: number, kind, text."""
    events, _ = database.read(lambda session: conversations.events_after(session, conversation, 0))
    return [(event.seq, event.kind, event.text) for event in events]


def opened_by(session: Session, token: str, at: datetime) -> str | None:
    """The conversation that a session's token opens."""
    holder = session_holder(session, token, at)
    return holder.conversation_id if holder else None


class TestConversation:
    def test_a_channels_name_always_means_the_same_conversation(self, database: Database) -> None:
        ids = {
            database.write(lambda session: conversations.conversation_for(session, channel, name).id)  # noqa: B023
            for channel, name in [("api", "ann"), ("api", "ann"), ("api", "bob"), ("web", "ann")]
        }
        assert len(ids) == 3
        assert all(len(id_) == 32 for id_ in ids)


class TestReceiving:
    def test_a_message_is_in_the_transcript_and_waits_for_its_turn(self, database: Database, conversation: str) -> None:
        received = say(database, conversation, "How long does porting take?", message="engine's form")

        assert received.new
        assert transcript(database, conversation) == [(1, "user", "How long does porting take?")]
        (turn,) = database.read(conversations.open_turns)
        assert (turn.id, turn.message, turn.state, turn.seq) == (received.turn.id, "engine's form", "pending", 1)
        assert received.event.turn_id == turn.id

    def test_the_same_client_message_is_stored_once(self, database: Database, conversation: str) -> None:
        first = say(database, conversation, "hello", client_id="c-1")
        again = say(database, conversation, "hello", client_id="c-1")

        assert not again.new
        assert (again.event.seq, again.turn.id) == (first.event.seq, first.turn.id)
        assert len(transcript(database, conversation)) == 1

    def test_client_messages_of_two_conversations_are_two(self, database: Database, conversation: str) -> None:
        other = database.write(lambda session: conversations.conversation_for(session, "api", "other").id)
        assert say(database, conversation, client_id="c-1").new
        assert say(database, other, client_id="c-1").new

    def test_messages_are_numbered_in_their_order(self, database: Database, conversation: str) -> None:
        for number in range(5):
            say(database, conversation, str(number))
        assert transcript(database, conversation) == [(n + 1, "user", str(n)) for n in range(5)]


class TestButtons:
    @pytest.fixture
    def buttons(self, database: Database, conversation: str) -> list[dict[str, str]]:
        """The buttons that an answer gave out."""
        (event,) = finish(database, say(database, conversation).turn)
        return event.buttons

    def test_what_a_client_sees_is_not_what_the_engine_is_sent(self, buttons: list[dict[str, str]]) -> None:
        assert [button["title"] for button in buttons] == ["Yes, thanks", "No"]
        assert all(button["payload"].startswith("btn_") for button in buttons)
        assert len({button["payload"] for button in buttons}) == 2

    def test_a_pressed_button_says_its_title_and_sends_its_payload(
        self, database: Database, conversation: str, buttons: list[dict[str, str]]
    ) -> None:
        pressed = say(database, conversation, "ignored", button=buttons[1]["payload"])
        assert (pressed.event.text, pressed.turn.message) == ("No", "/not_helpful")

    def test_a_button_works_once(self, database: Database, conversation: str, buttons: list[dict[str, str]]) -> None:
        say(database, conversation, button=buttons[0]["payload"])
        before = transcript(database, conversation)
        with pytest.raises(UsedButton):
            say(database, conversation, button=buttons[0]["payload"])
        assert transcript(database, conversation) == before

    def test_a_press_sent_again_by_the_same_client_is_no_second_press(
        self, database: Database, conversation: str, buttons: list[dict[str, str]]
    ) -> None:
        first = say(database, conversation, button=buttons[0]["payload"], client_id="p-1")
        again = say(database, conversation, button=buttons[0]["payload"], client_id="p-1")
        assert (first.new, again.new) == (True, False)

    def test_a_button_works_only_in_its_conversation(
        self, database: Database, conversation: str, buttons: list[dict[str, str]]
    ) -> None:
        other = database.write(lambda session: conversations.conversation_for(session, "api", "other").id)
        with pytest.raises(UnknownButton):
            say(database, other, button=buttons[0]["payload"])
        with pytest.raises(UnknownButton):
            say(database, conversation, button="btn_" + "0" * 28)
        assert transcript(database, other) == []
        assert say(database, conversation, button=buttons[0]["payload"]).new  # still unused


class TestFinishing:
    def test_the_answer_its_buttons_and_the_end_of_the_turn_are_stored_together(
        self, database: Database, conversation: str
    ) -> None:
        turn = say(database, conversation).turn
        record = {
            "question": QUESTION,
            "feedback": {"entry": "billing/dispute-period", "helpful": False, "offered": ["pbx/sla"]},
        }
        (event,) = finish(database, turn, record=record)

        assert (event.seq, event.kind, event.text, event.turn_id) == (2, "bot", "Within 30 days.", turn.id)
        stored = database.read(lambda session: session.get_one(Turn, turn.id))
        assert stored.state == "done"
        assert stored.finished_at is not None
        question = database.read(lambda session: session.get_one(Question, turn.id))
        assert (question.text, question.decisions, question.index_version) == ("dispute?", ["answer"], "abc")
        feedback = database.read(lambda session: session.get_one(Feedback, turn.id))
        assert (feedback.helpful, feedback.offered) == (False, ["pbx/sla"])
        assert database.read(conversations.open_turns) == []

    def test_a_turn_is_answered_once(self, database: Database, conversation: str) -> None:
        turn = say(database, conversation).turn
        finish(database, turn)
        assert finish(database, turn) == []
        assert len(transcript(database, conversation)) == 2

    def test_a_turn_that_is_not_there_is_not_answered(self, database: Database) -> None:
        assert finish(database, Turn(id="forgotten")) == []

    def test_a_record_that_cannot_be_stored_stores_no_answer_either(
        self, database: Database, conversation: str
    ) -> None:
        turn = say(database, conversation).turn
        with pytest.raises(TypeError):
            finish(database, turn, record={"question": {"unheard": "of"}})
        assert transcript(database, conversation) == [(1, "user", "hello")]
        assert [open_turn.id for open_turn in database.read(conversations.open_turns)] == [turn.id]

    def test_a_long_title_is_cut_for_the_log_but_shown_whole(self, database: Database, conversation: str) -> None:
        title = "A very long related question " * 10
        reply = {"text": "x", "buttons": [{"title": title, "payload": "/helpful"}], "data": {}}
        (event,) = finish(database, say(database, conversation).turn, [reply])

        assert event.buttons[0]["title"] == title
        assert len(database.read(lambda session: session.get_one(Button, event.buttons[0]["payload"])).title) == 200


class TestNotices:
    def test_a_notice_counts_an_attempt_and_leaves_the_turn_open(self, database: Database, conversation: str) -> None:
        turn = say(database, conversation).turn
        notice = database.write(
            lambda session: conversations.notice(session, turn.id, "Later.", {"type": "error"}, give_up=False)
        )
        database.write(lambda session: conversations.count_attempt(session, turn.id))

        assert [(event.kind, event.text) for event in notice] == [("notice", "Later.")]
        (still_open,) = database.read(conversations.open_turns)
        assert still_open.attempts == 2

    def test_giving_up_ends_the_turn(self, database: Database, conversation: str) -> None:
        turn = say(database, conversation).turn
        database.write(lambda session: conversations.notice(session, turn.id, "Sorry.", {}, give_up=True))

        assert database.read(lambda session: session.get_one(Turn, turn.id)).state == "failed"
        assert database.read(conversations.open_turns) == []

    def test_an_answered_turn_gets_no_notice(self, database: Database, conversation: str) -> None:
        turn = say(database, conversation).turn
        finish(database, turn)
        late = database.write(lambda session: conversations.notice(session, turn.id, "Slow.", {}, give_up=False))
        assert late == []

    def test_a_turns_replies_and_notices_are_what_a_caller_is_given(
        self, database: Database, conversation: str
    ) -> None:
        turn = say(database, conversation).turn
        say(database, conversation, "another turn")
        database.write(lambda session: conversations.notice(session, turn.id, "Slow.", {}, give_up=False))
        finish(database, turn)
        events = database.read(lambda session: conversations.turn_events(session, turn.id))
        assert [(event.kind, event.text) for event in events] == [("notice", "Slow."), ("bot", "Within 30 days.")]


class TestOpenTurns:
    def test_a_conversations_turns_keep_their_order_when_the_clock_was_set_back(
        self, database: Database, conversation: str
    ) -> None:
        turns = [say(database, conversation, text).turn for text in ("first", "second", "third")]

        def set_back(session: Session) -> None:
            for minutes, turn in enumerate(turns):
                at = now() - timedelta(minutes=minutes)
                session.execute(update(Turn).where(Turn.id == turn.id).values(created_at=at))

        database.write(set_back)
        assert [turn.message for turn in database.read(conversations.open_turns)] == ["first", "second", "third"]


class TestComingBack:
    def test_a_client_gets_what_it_has_not_seen(self, database: Database, conversation: str) -> None:
        for number in range(1, 6):
            say(database, conversation, str(number))
        events, reset = database.read(lambda session: conversations.events_after(session, conversation, 3))
        assert ([event.text for event in events], reset) == (["4", "5"], False)

    @pytest.mark.parametrize(
        ("seen", "count", "reset"),
        [
            (0, MOST_REPLAYED, True),  # 0 of 201: away too long
            (1, MOST_REPLAYED, False),  # exactly as many as are replayed
            (201, 0, False),  # nothing new
            (202, MOST_REPLAYED, True),  # of another history than ours
        ],
    )
    def test_a_client_away_too_long_begins_afresh(
        self, database: Database, conversation: str, seen: int, count: int, reset: bool
    ) -> None:
        def fill(session: Session) -> None:
            for number in range(1, MOST_REPLAYED + 2):
                session.add(Event(conversation_id=conversation, seq=number, kind="user", text=str(number)))

        database.write(fill)
        events, fresh = database.read(lambda session: conversations.events_after(session, conversation, seen))
        assert (len(events), fresh) == (count, reset)
        assert [event.seq for event in events] == sorted(event.seq for event in events)
        assert not events or events[-1].seq == MOST_REPLAYED + 1

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        steps=st.lists(st.sampled_from(["say", "finish", "notice", "give up"]), max_size=12),
        seen=st.integers(0, 12),
    )
    def test_what_was_seen_and_what_follows_is_the_whole_transcript(
        self, database: Database, steps: list[str], seen: int
    ) -> None:
        """P11 in small: snapshot and events make the fresh state, for any history."""
        conversation = database.write(lambda session: conversations.open_web_session(session)[1])
        turns: list[Turn] = []
        for step in steps:
            if step == "say":
                turns.append(say(database, conversation).turn)
            elif turns and step == "finish":
                finish(database, turns[-1])
            elif turns:
                give_up = step == "give up"
                database.write(partial(conversations.notice, turn_id=turns[-1].id, text="n", data={}, give_up=give_up))
        whole = transcript(database, conversation)
        seen = min(seen, len(whole))
        events, reset = database.read(lambda session: conversations.events_after(session, conversation, seen))
        assert not reset
        assert whole[:seen] + [(event.seq, event.kind, event.text) for event in events] == whole
        assert [seq for seq, _, _ in whole] == list(range(1, len(whole) + 1))


class TestWebSessions:
    def test_a_token_opens_its_conversation_and_is_not_stored(self, database: Database) -> None:
        token, conversation = database.write(conversations.open_web_session)

        opened = database.read(lambda session: opened_by(session, token, now()))
        assert opened == conversation
        assert len(token) >= 43  # 256 bits
        stored = database.read(
            lambda session: repr([row.__dict__ for kind in (WebSession, Conversation) for row in session.query(kind)])
        )
        assert token not in stored

    @pytest.mark.parametrize("token", ["", "x", "a" * 200, "\u2060", "../", "0" * 43])
    def test_any_other_token_opens_nothing(self, database: Database, token: str) -> None:
        database.write(conversations.open_web_session)
        assert database.read(lambda session: opened_by(session, token, now())) is None

    def test_a_session_ends_when_it_is_idle_or_old(self, database: Database) -> None:
        token, conversation = database.write(conversations.open_web_session)
        second = timedelta(seconds=1)

        def opens(later: timedelta) -> str | None:
            return database.read(lambda session: opened_by(session, token, now() + later))

        assert opens(SESSION_IDLE - second) == conversation
        assert opens(SESSION_IDLE + second) is None

        def use(session: Session) -> None:
            session.execute(update(WebSession).values(active_at=now() + SESSION_LIFE))

        database.write(use)
        assert opens(SESSION_LIFE - second) == conversation
        assert opens(SESSION_LIFE + second) is None

    def test_use_keeps_a_session_alive(self, database: Database) -> None:
        token, conversation = database.write(conversations.open_web_session)
        database.write(lambda session: session.execute(update(WebSession).values(active_at=now() - SESSION_IDLE)))
        database.write(lambda session: conversations.touch_web_session(session, token))
        assert database.read(lambda session: opened_by(session, token, now())) == conversation


class TestForgetting:
    def test_an_old_conversation_is_forgotten_with_all_that_hangs_on_it(
        self, database: Database, conversation: str
    ) -> None:
        token, old = database.write(conversations.open_web_session)
        for where in (old, conversation):
            turn = say(database, where).turn
            feedback: dict[str, Any] = {"entry": None, "helpful": True, "offered": []}
            finish(database, turn, record={"question": QUESTION, "feedback": feedback})
        month_ago = now() - timedelta(days=31)
        database.write(
            lambda session: session.execute(
                update(Conversation).where(Conversation.id == old).values(active_at=month_ago)
            )
        )
        forgotten = database.write(lambda session: conversations.forget_old(session, now() - timedelta(days=30)))

        assert forgotten == [old]
        left = database.read(
            lambda session: {
                table.name: {row.conversation_id for row in session.query(table.c.conversation_id)}
                for table in Base.metadata.tables.values()
                if "conversation_id" in table.c
            }
        )
        assert set().union(*left.values()) == {conversation}
        assert left["feedback"] == left["questions"] == left["events"] == left["turns"] == {conversation}
        assert database.read(lambda session: opened_by(session, token, now())) is None

    def test_a_message_makes_a_conversation_young_again(self, database: Database, conversation: str) -> None:
        month_ago = now() - timedelta(days=31)
        database.write(lambda session: session.execute(update(Conversation).values(active_at=month_ago)))
        say(database, conversation)
        assert database.write(lambda session: conversations.forget_old(session, now() - timedelta(days=30))) == []
