"""P11: answers keep the order of the questions, each once, without the engine's one-second steps.

And a client that was away, however long, is where a fresh client is: snapshot + events = fresh state, for
random histories. Red controls: a build that sends bursts straight to the engine; a client that takes every
welcome for a sequel.
"""

from __future__ import annotations

import asyncio
import secrets
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from actions.follow_ups import is_follow_up
from bot.windows import frame
from knowledge.faq.entries import Content
from tests.promises.bots import Bot
from tests.promises.clients import ChatClient
from tests.promises.conftest import Size
from tests.service import Service
from tickets import conversations
from tickets.base import Base, now
from tickets.models import Event, Turn

_SLACK = 2.5  # other work on the machine may stretch a turn by this factor


@dataclass(frozen=True)
class Bare:
    """Questions with the entry that answers each, and what one turn takes when nothing else goes on."""

    answers: dict[str, str]
    turn_seconds: float


@pytest.fixture(scope="module")
def bare(service: Service, content: Content) -> Bare:
    """Twenty questions that have one answer each whatever was said before, asked one after the other."""
    answers: dict[str, str] = {}
    seconds = []
    chat = httpx.Client(base_url=service.url, timeout=20, verify=False)
    for entry in content.entries.values():
        if not entry.answered or is_follow_up(entry.question):
            continue
        started = time.monotonic()
        asked = chat.post("/api/chat", json={"sender": f"alone with {entry.id}", "message": entry.question})
        seconds.append(time.monotonic() - started)
        replies = asked.json()["replies"]
        if len(replies) == 1 and replies[0]["data"].get("id") == entry.id:
            answers[entry.question] = entry.id
        if len(answers) == 20:
            return Bare(answers, statistics.median(seconds))
    raise AssertionError(f"only {len(answers)} entries answer their own question")


async def test_bursts_are_answered_in_order_each_once(
    service: Service, bare: Bare, size: Size, figures: Callable[[str], None]
) -> None:
    burst = list(bare.answers)[: size(10, 20)]
    clients = [ChatClient(service.port) for _ in range(size(10, 50))]
    for client in clients:
        await client.start()
    seconds = await asyncio.gather(*(ask_all(client, burst) for client in clients))
    for client in clients:
        assert [event["data"].get("id") for event in client.events("bot")] == [bare.answers[text] for text in burst]
        assert [event["text"] for event in client.events("user")] == burst
        assert client.faults == []
        await client.stop()
    figures(f"{len(clients)} conversations × {len(burst)} questions: in order, last answer after {max(seconds):.1f} s")


async def test_a_burst_takes_no_longer_than_its_turns(
    service: Service, bare: Bare, figures: Callable[[str], None]
) -> None:
    answered, seconds = await burst_alone(service, bare)
    figures(f"{answered} of 10 questions at once in {seconds:.2f} s; one alone {bare.turn_seconds:.3f} s (median)")
    assert answered == 10


async def test_red_control_bursts_straight_to_the_engine_are_noticed(
    start_bot: Callable[..., Bot], bare: Bare, figures: Callable[[str], None]
) -> None:
    wrong = start_bot(wrong="bursts_straight_to_the_engine")
    answered, seconds = await burst_alone(wrong, bare)
    figures(f"{answered} of 10 questions straight to the engine in {seconds:.2f} s")
    assert answered < 10


async def burst_alone(service: Service, bare: Bare) -> tuple[int, float]:
    """Ask ten questions at once: how many are answered in the time of ten turns and a second, and the seconds taken."""
    client = ChatClient(service.port)
    await client.start()
    seconds = await ask_all(client, list(bare.answers)[:10], most=10 * bare.turn_seconds * _SLACK + 1.0)
    await client.stop()
    return len(client.events("bot")), seconds


async def ask_all(client: ChatClient, texts: list[str], most: float = 300.0) -> float:
    """Ask all at once; seconds until the last answer, or until `most` have passed."""
    started = time.monotonic()
    for text in texts:
        client.say(text)
    while len(client.events("bot")) < len(texts) and time.monotonic() < started + most:
        await asyncio.sleep(0.01)
    return time.monotonic() - started


# Snapshot + events = fresh state.


@dataclass
class Reader:
    """A client, told what happened by one welcome after another."""

    known: list[dict[str, Any]] = field(default_factory=list)
    resets: int = 0
    heeds_reset: bool = True

    def catch_up(self, session: Session, conversation: str) -> None:
        last_seen = self.known[-1]["seq"] if self.known else 0
        events, reset = conversations.events_after(session, conversation, last_seen)
        self.resets += reset
        if reset and self.heeds_reset:
            self.known = []
        self.known += [frame(event) for event in events]


Step = tuple[str, int]  # what happens, and how many times; or which reader comes back
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("messages"), st.integers(1, 5)),
        st.tuples(st.just("answers"), st.integers(1, 4)),
        st.tuples(st.just("notices"), st.integers(1, 2)),
        st.tuples(st.just("long talk"), st.integers(60, 250)),
        st.tuples(st.just("reader"), st.integers(0, 2)),
    ),
    max_size=12,
)


@pytest.fixture
def store() -> Iterator[Session]:
    """An empty database in memory."""
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session


def test_snapshot_and_events_are_the_fresh_state(store: Session, size: Size) -> None:
    resets = 0

    @settings(max_examples=size(60, 500), deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
    @given(_STEPS)
    def check(steps: list[Step]) -> None:
        nonlocal resets
        # The third reader comes from a database that was restored to an older state since.
        readers = [Reader(), Reader(), Reader([{"seq": 10_000}])]
        assert disagreements(store, steps, readers) == []
        resets += readers[0].resets

    check()
    assert resets > 0, "no history was long enough for a snapshot"


def test_red_control_a_reader_that_ignores_resets_is_noticed(store: Session) -> None:
    away_too_long = [("messages", 3), ("reader", 0), ("long talk", 250)]
    assert disagreements(store, away_too_long, [Reader()]) == []
    assert disagreements(store, away_too_long, [Reader(heeds_reset=False)]) != []


def disagreements(session: Session, steps: list[Step], readers: list[Reader]) -> list[str]:
    """Play a history in a new conversation; where the readers, when all came back, differ from a fresh one."""
    conversation = conversations.conversation_for(session, "web", secrets.token_hex(8)).id
    for what, number in steps:
        if what == "reader":
            readers[number].catch_up(session, conversation)
        else:
            _PLAY[what](session, conversation, number)
    fresh = Reader()
    fresh.catch_up(session, conversation)
    found = []
    for number, reader in enumerate(readers):
        reader.catch_up(session, conversation)
        seqs = [event["seq"] for event in reader.known]
        if seqs != list(range(seqs[0], seqs[0] + len(seqs)) if seqs else []):
            found.append(f"reader {number} has holes")
        if reader.known[len(reader.known) - len(fresh.known) :] != fresh.known:
            found.append(f"reader {number} does not end as a fresh one")
    return found


def _messages(session: Session, conversation: str, count: int) -> None:
    for _ in range(count):
        conversations.receive(session, conversation, text="Hi?", message="Hi?", client_id=None, retry=True)


def _answers(session: Session, conversation: str, count: int) -> None:
    for turn in _open(session, conversation)[:count]:
        reply = {"text": "Yes.", "data": {"type": "faq"}, "buttons": [{"title": "No", "payload": "/deny"}]}
        conversations.finish(session, turn.id, [reply] * count, {})


def _notices(session: Session, conversation: str, count: int) -> None:
    for turn in _open(session, conversation)[:count]:
        conversations.notice(session, turn.id, "Later.", {"type": "slow"}, give_up=count == 2)


def _long_talk(session: Session, conversation: str, count: int) -> None:
    first = conversations.last_seq(session, conversation) + 1
    session.add_all(
        Event(conversation_id=conversation, seq=seq, kind="user", text=f"line {seq}", buttons=[], data={}, at=now())
        for seq in range(first, first + count)
    )
    session.flush()


def _open(session: Session, conversation: str) -> list[Turn]:
    return [turn for turn in conversations.open_turns(session) if turn.conversation_id == conversation]


_PLAY: dict[str, Callable[[Session, str, int], None]] = {
    "messages": _messages,
    "answers": _answers,
    "notices": _notices,
    "long talk": _long_talk,
}
