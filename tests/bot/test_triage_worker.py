"""The triage worker: what is due is judged when `actions` is there, once, and nothing is forgotten."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, PlainTextResponse, Response

from bot import triage_worker as module
from bot.health import Health
from bot.triage_worker import TriageWorker
from tests.bot.peers import Rasa, after, first
from tickets import changes
from tickets.changes import Author
from tickets.database import Database
from tickets.opening import NewTicket, open_ticket
from tickets.partners import known_partner
from tickets.states import FIRST_ANSWER
from tickets.ticket_models import Ticket, TicketEvent

VERDICT = {
    "type": "classound.cancel_did",
    "queue": "CLASSOUND",
    "priority": "high",
    "confidence": 0.93,
    "fields": {"did_numbers": ["+390451234567"]},
    "suggested": None,
    "similar": [],
}

SOMEBODY = Author("system", None, "x")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorter pauses than a service has."""
    monkeypatch.setattr(module, "_LOOK_SECONDS", 0.02)
    monkeypatch.setattr(module, "_FIRST_PAUSE", 0.1)


class Questions(list[dict[str, Any]]):
    """What the worker asked, each answered with a verdict."""

    def __init__(self, **verdict: Any) -> None:
        super().__init__()
        self.verdict = {**VERDICT, **verdict}

    async def answer(self, question: dict[str, Any]) -> Response:
        self.append(question)
        return JSONResponse(self.verdict)


@pytest.fixture
def questions(rasa: Rasa) -> Questions:
    asked = Questions()
    rasa.triage = asked.answer
    return asked


@asynccontextmanager
async def working(database: Database, rasa: Rasa, health: Health, **more: Any) -> AsyncIterator[TriageWorker]:
    """A worker, as long as the block lasts."""
    worker = TriageWorker(database, health, rasa.url, "the token", FIRST_ANSWER, **more)
    task = asyncio.create_task(worker.run())
    yield worker
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def opened(database: Database, key: str = "1", company: str | None = None, **values: Any) -> int:
    """The number of a ticket that is due."""

    def work(session: Session) -> int:
        partner_id = None
        if company is not None:
            partner_id = known_partner(session, "portal", key, company, company_name="", name="", email="").id
        new = NewTicket(**{"type": "", "subject": "Numbers", "description": f"Cancel them ({key})", **values})
        return open_ticket(session, key, new, channel="api", targets=FIRST_ANSWER, partner_id=partner_id)[0].number

    return database.write(work)


def ticket(database: Database, number: int) -> Ticket:
    return database.read(lambda session: session.get_one(Ticket, number))


def said(database: Database, number: int, kind: str) -> list[TicketEvent]:
    query = select(TicketEvent).where(TicketEvent.ticket_number == number, TicketEvent.kind == kind)
    return list(database.read(lambda session: session.scalars(query).all()))


async def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


async def test_type_queue_priority_and_fields_are_taken_over(
    database: Database, rasa: Rasa, health: Health, questions: Questions
) -> None:
    number = opened(database)
    told: list[str] = []
    async with working(database, rasa, health, on_ticket=lambda one: told.append(one.name)):
        await until(lambda: not ticket(database, number).triage_due)
    found = ticket(database, number)
    assert (found.type, found.queue, found.priority, found.rank) == ("classound.cancel_did", "CLASSOUND", "high", 1)
    assert found.due_at == found.created_at + FIRST_ANSWER["high"]
    assert (found.fields, found.missing) == (VERDICT["fields"], ["pbx"])
    assert (found.triage["confidence"], found.triage["similar"]) == (0.93, [])
    (event,) = said(database, number, "triaged")
    assert event.data["changed"]["type"] == {"from": "general.other", "to": "classound.cancel_did"}
    assert questions == [
        {"text": "Numbers\nCancel them (1)", "type": None, "fields": {}, "candidates": []},
    ]
    assert rasa.authorization == "Bearer the token"
    assert told == [found.name]


async def test_a_type_that_the_caller_named_stays(
    database: Database, rasa: Rasa, health: Health, questions: Questions
) -> None:
    number = opened(database, type="tech.support")
    async with working(database, rasa, health):
        await until(lambda: not ticket(database, number).triage_due)
    found = ticket(database, number)
    assert (found.type, found.queue, found.priority) == ("tech.support", "Tech Support", "high")
    assert questions[0]["type"] == "tech.support"


async def judged(database: Database, rasa: Rasa, health: Health, number: int, **more: Any) -> Ticket:
    """A ticket once it is not due any more."""
    async with working(database, rasa, health, **more):
        await until(lambda: not ticket(database, number).triage_due)
    return ticket(database, number)


def change(database: Database, number: int, *done: Callable[[Session, Ticket], object]) -> None:
    def work(session: Session) -> None:
        for one in done:
            one(session, session.get_one(Ticket, number))

    database.write(work)


def set_open(session: Session, one: Ticket) -> None:
    changes.set_state(session, one, SOMEBODY, "open")


def set_low(session: Session, one: Ticket) -> None:
    changes.set_priority(session, one, SOMEBODY, "low", FIRST_ANSWER)


def set_rma(session: Session, one: Ticket) -> None:
    changes.set_type(session, one, SOMEBODY, "orders.rma")


def add(session: Session, one: Ticket) -> None:
    changes.comment(session, one, Author("partner", None, "Ann"), "Now all calls are down!")


async def test_what_an_agent_corrected_stays(
    database: Database, rasa: Rasa, health: Health, questions: Questions
) -> None:
    number = opened(database)
    change(database, number, set_low, set_rma)
    found = await judged(database, rasa, health, number)
    assert (found.type, found.queue, found.priority) == ("orders.rma", "Orders", "low")
    assert questions[0]["type"] == "orders.rma"
    change(database, number, set_open, add)
    found = await judged(database, rasa, health, number)
    assert (found.type, found.queue, found.priority) == ("orders.rma", "Orders", "low")
    assert said(database, number, "triaged")[-1].data["changed"] == {}


async def test_what_was_taken_before_it_was_judged_is_judged_too(
    database: Database, rasa: Rasa, health: Health, questions: Questions
) -> None:
    number = opened(database)
    change(database, number, set_open)
    found = await judged(database, rasa, health, number)
    assert (found.type, found.queue, found.priority) == ("classound.cancel_did", "CLASSOUND", "high")
    assert (found.state, found.fields) == ("open", VERDICT["fields"])
    assert questions[0]["type"] is None


async def test_the_queue_an_agent_chose_before_it_was_judged_stays(
    database: Database, rasa: Rasa, health: Health, questions: Questions
) -> None:
    number = opened(database)
    change(database, number, lambda session, one: changes.set_queue(session, one, SOMEBODY, "Billing"), set_open)
    found = await judged(database, rasa, health, number)
    assert (found.type, found.queue) == ("classound.cancel_did", "Billing")


@pytest.mark.parametrize("state", ["open", "waiting", "resolved", "closed"])
async def test_what_the_partner_adds_raises_the_priority_of_what_is_in_work(
    database: Database, rasa: Rasa, health: Health, questions: Questions, state: str
) -> None:
    questions.verdict["priority"] = "low"
    number = opened(database)
    await judged(database, rasa, health, number)
    change(database, number, lambda session, one: changes.set_state(session, one, SOMEBODY, state), add)
    questions.verdict |= {"priority": "urgent", "type": "tech.support", "queue": "Tech Support"}
    told: list[str] = []
    found = await judged(database, rasa, health, number, on_ticket=lambda one: told.append(one.name))
    assert (found.priority, found.rank, found.due_at) == ("urgent", 0, found.created_at + FIRST_ANSWER["urgent"])
    assert (found.type, found.queue) == ("classound.cancel_did", "CLASSOUND")  # an agent is at it
    assert questions[-1]["type"] == "classound.cancel_did"
    assert said(database, number, "triaged")[-1].data["changed"]["priority"] == {"from": "low", "to": "urgent"}
    assert told == [found.name]


async def test_what_is_in_work_never_becomes_less_urgent_by_itself(
    database: Database, rasa: Rasa, health: Health, questions: Questions
) -> None:
    number = opened(database)
    await judged(database, rasa, health, number)
    change(database, number, set_open, add)
    questions.verdict["priority"] = "low"
    found = await judged(database, rasa, health, number)
    assert (found.priority, found.due_at) == ("high", found.created_at + FIRST_ANSWER["high"])


async def test_while_it_is_new_what_the_partner_adds_changes_the_type_too(
    database: Database, rasa: Rasa, health: Health, questions: Questions
) -> None:
    number = opened(database)
    await judged(database, rasa, health, number)
    change(database, number, add)
    questions.verdict |= {"priority": "urgent", "type": "tech.support", "queue": "Tech Support"}
    found = await judged(database, rasa, health, number)
    assert questions[-1]["type"] is None  # what a triage thought is nobody's choice
    assert (found.type, found.queue, found.priority) == ("tech.support", "Tech Support", "urgent")


async def test_candidates_are_the_companys_other_open_tickets(
    database: Database, rasa: Rasa, health: Health, questions: Questions
) -> None:
    mine, colleague, _, closed = (
        opened(database, key, company) for key, company in (("1", "acme"), ("2", "acme"), ("3", "evil"), ("4", "acme"))
    )
    author = Author("system", None, "x")
    database.write(lambda session: changes.set_state(session, session.get_one(Ticket, closed), author, "closed"))
    async with working(database, rasa, health):
        await until(lambda: len(questions) == 4)
    about = {question["text"]: question["candidates"] for question in questions}
    assert about["Numbers\nCancel them (1)"] == [
        {"number": ticket(database, colleague).name, "text": "Numbers\nCancel them (2)", "fields": {}}
    ]
    assert about["Numbers\nCancel them (3)"] == []
    assert [one["number"] for one in about["Numbers\nCancel them (2)"]] == [ticket(database, mine).name]


async def test_while_actions_is_down_tickets_wait(
    database: Database, rasa: Rasa, health: Health, questions: Questions
) -> None:
    health.actions = False
    number = opened(database)
    async with working(database, rasa, health):
        await asyncio.sleep(0.2)
        assert questions == []
        health.actions = True
        await until(lambda: not ticket(database, number).triage_due)


async def test_a_restart_forgets_nothing(database: Database, rasa: Rasa, health: Health, questions: Questions) -> None:
    rasa.triage = after(5, questions.answer)
    number = opened(database)
    async with working(database, rasa, health):
        await asyncio.sleep(0.1)
    assert ticket(database, number).triage_due
    rasa.triage = questions.answer
    async with working(database, rasa, health):
        await until(lambda: not ticket(database, number).triage_due)
    assert len(said(database, number, "triaged")) == 1


@pytest.mark.parametrize(
    "bad",
    [
        JSONResponse({"error": "x"}, 500),
        JSONResponse({"error": "x"}, 401),
        PlainTextResponse("not JSON"),
        JSONResponse([]),
        JSONResponse({}),
        JSONResponse({**VERDICT, "type": "nothing.such"}),
        JSONResponse({**VERDICT, "queue": "Nowhere"}),
        JSONResponse({**VERDICT, "priority": "asap"}),
        JSONResponse({**VERDICT, "fields": ["x"]}),
    ],
)
async def test_a_bad_answer_changes_nothing_and_holds_nobody_else_up(
    database: Database, rasa: Rasa, health: Health, bad: Response, caplog: pytest.LogCaptureFixture
) -> None:
    asked = Questions()

    async def answer(question: dict[str, Any]) -> Response:
        return bad if "(1)" in question["text"] else await asked.answer(question)

    rasa.triage = answer
    poison, other = opened(database, "1"), opened(database, "2")
    async with working(database, rasa, health):
        await until(lambda: not ticket(database, other).triage_due)
        assert ticket(database, poison).triage_due
        assert ticket(database, poison).type == "general.other"
        rasa.triage = asked.answer
        await until(lambda: not ticket(database, poison).triage_due)
    assert f"{ticket(database, poison).name} could not be triaged" in caplog.text
    assert "Cancel them" not in caplog.text


async def test_tries_become_rarer(
    database: Database, rasa: Rasa, health: Health, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = 0

    async def answer(_: dict[str, Any]) -> Response:
        nonlocal tries
        tries += 1
        return JSONResponse({}, 500)

    rasa.triage = answer
    opened(database)
    async with working(database, rasa, health):
        await asyncio.sleep(1.0)
    assert 2 <= tries <= 6  # after 0.1, 0.2, 0.4 … seconds at most, half of that at least


async def test_what_the_partner_adds_meanwhile_is_judged_too(
    database: Database, rasa: Rasa, health: Health, questions: Questions
) -> None:
    number = opened(database)

    def add(session: Session) -> None:
        author = Author("partner", None, "Ann")
        changes.comment(session, session.get_one(Ticket, number), author, "And it is urgent!")

    async def slow(question: dict[str, Any]) -> Response:
        await asyncio.to_thread(database.write, add)
        return await questions.answer(question)

    rasa.triage = first(slow, then=questions.answer)
    async with working(database, rasa, health):
        await until(lambda: not ticket(database, number).triage_due)
    assert [question["text"] for question in questions] == [
        "Numbers\nCancel them (1)",
        "Numbers\nCancel them (1)\nAnd it is urgent!",
    ]
    assert len(said(database, number, "triaged")) == 1


async def test_two_workers_write_one_triage(
    database: Database, rasa: Rasa, health: Health, questions: Questions
) -> None:
    rasa.triage = after(0.2, questions.answer)
    number = opened(database)
    async with working(database, rasa, health), working(database, rasa, health):
        await until(lambda: not ticket(database, number).triage_due)
        await asyncio.sleep(0.4)
    assert len(said(database, number, "triaged")) == 1


async def test_a_bad_day_of_the_database_does_not_end_it(
    database: Database, rasa: Rasa, health: Health, questions: Questions, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    number = opened(database)
    database.write(lambda session: session.execute(text("ALTER TABLE partners RENAME TO elsewhere")))
    database.write(lambda session: session.execute(text("ALTER TABLE ticket_events RENAME TO gone")))
    async with working(database, rasa, health):
        await until(lambda: "could not be read or written" in caplog.text)
        database.write(lambda session: session.execute(text("ALTER TABLE gone RENAME TO ticket_events")))
        database.write(lambda session: session.execute(text("ALTER TABLE elsewhere RENAME TO partners")))
        await until(lambda: not ticket(database, number).triage_due)


async def test_an_old_ticket_with_the_same_number_is_compared(
    database: Database, rasa: Rasa, health: Health, questions: Questions
) -> None:
    old = opened(database, "old", "acme", fields={"did_numbers": ["+390451234567"]}, triage={"type": "x"})
    for at in range(55):
        opened(database, f"n{at}", "acme", triage={"type": "x"})
    number = opened(database, "new", "acme", fields={"did_numbers": ["+390451234567"]})
    async with working(database, rasa, health):
        await until(lambda: not ticket(database, number).triage_due)
    (question,) = questions
    assert question["candidates"][0]["number"] == f"CC-{old:06d}"
    assert len(question["candidates"]) == 51
