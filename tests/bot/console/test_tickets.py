"""The list and a ticket: what they show, what an agent does there, and what the partner and the history see of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.console import wording
from bot.console.pages import moment
from settings import ROOT
from tests.bot.console.conftest import Desk
from tickets import changes, conversations
from tickets.base import now
from tickets.changes import Judged
from tickets.corrections import read_corrections
from tickets.models import Event, WebSession
from tickets.states import FIRST_ANSWER
from tickets.ticket_models import Correction, Delivery, Ticket
from tickets.types import ticket_fields, ticket_types
from triage.build import labelled, read_examples

EXAMPLES = ROOT / "triage" / "examples.yml"
KEY = "0123456789abcdef"


def path(ticket: Ticket, action: str = "") -> str:
    """A ticket's address."""
    return f"/console/tickets/{ticket.id}" + (f"/{action}" if action else "")


async def change(desk: Desk, ticket: Ticket, what: str, value: str) -> Any:
    """Change a property; the answer."""
    return await desk.post(path(ticket, "change"), {"what": what, "value": value})


class TestList:
    async def test_it_shows_what_is_to_be_done(self, anna: Desk) -> None:
        ticket = anna.open(
            type="orders.rma", subject="A dead <b>port</b>", contact={"name": "Zoë", "company": "Hotel Müller"}
        )
        page = (await anna.get("/console")).text
        for shown in (ticket.name, "A dead &lt;b&gt;port&lt;/b&gt;", "Hotel Müller · Zoë", "Defective device (RMA)"):
            assert shown in page
        assert "missing serial number, fault, date of purchase" in page
        assert f'href="/console/tickets/{ticket.id}"' in page
        assert "1 ticket<" in page

    async def test_filters_and_search_are_in_the_address(self, anna: Desk) -> None:
        anna.open(subject="A wombat")
        anna.open(subject="A zebra", type="orders.rma")
        page = (await anna.get("/console?queue=Orders")).text
        assert "A zebra" in page
        assert "A wombat" not in page
        assert '<option value="Orders" selected>' in page
        page = (await anna.get("/console", params={"q": 'wombat "<script>'})).text
        assert "<script>" not in page.replace('<script src="/console/static/theme.js">', "")
        assert "No ticket matches" in page
        assert "A wombat" in (await anna.get("/console?q=womb&sort=newest")).text

    async def test_a_search_that_leaves_older_ones_out_says_so(
        self, anna: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tickets.queue.MOST_FOUND", 1)
        anna.open(subject="A wombat")
        assert "are looked at here" not in (await anna.get("/console?q=wombat")).text
        anna.open(subject="A wombat")
        assert "are looked at here" in (await anna.get("/console?q=wombat")).text

    async def test_what_could_not_be_delivered_is_said(self, anna: Desk) -> None:
        ticket = anna.open()
        assert "could not be delivered" not in (await anna.get("/console")).text

        def fail(session: Any) -> None:
            session.add(
                Delivery(
                    id="d" * 32,
                    destination="email",
                    target="a@example.com",
                    ticket_number=ticket.number,
                    body={},
                    state="dead",
                )
            )

        anna.database.write(fail)
        page = (await anna.get("/console")).text
        assert "1 notification could not be delivered" in page
        assert f'<a href="/console/tickets/{ticket.id}">{ticket.name}</a> (email)' in page
        assert (await anna.post("/console/deliver-again", {})).json() == {"again": 1}
        assert "could not be delivered" not in (await anna.get("/console")).text
        assert (await anna.post("/console/deliver-again", {})).json() == {"again": 0}
        assert [what for _, what in anna.audit()].count("delivered_again") == 1  # nothing to do is nothing to note
        assert ("anna", "delivered_again") in anna.audit()

    async def test_pages(self, anna: Desk) -> None:
        tickets = [anna.open(subject=f"Number {number:03}") for number in range(53)]
        first = (await anna.get("/console?sort=oldest")).text
        assert first.count("data-ticket=") == 50
        assert f"/console?sort=oldest&amp;after={tickets[49].id}" in first
        second = (await anna.get(f"/console?sort=oldest&after={tickets[49].id}")).text
        assert second.count("data-ticket=") == 3
        assert "First page" in second
        assert "Next page" not in second

    async def test_many_are_assigned_and_closed_at_once(self, anna: Desk) -> None:
        tickets = [anna.open() for _ in range(3)]
        ids = [ticket.id for ticket in tickets]
        bruno = anna.agent("bruno")
        done = await anna.post("/console/bulk", {"tickets": [*ids, ids[0]], "do": "assign", "to": bruno.id})
        assert done.json() == {"changed": 3, "left": []}
        assert {anna.ticket(ticket).assignee_id for ticket in tickets} == {bruno.id}
        await change(anna, tickets[0], "state", "closed")
        done = await anna.post("/console/bulk", {"tickets": ids, "do": "close"})
        assert done.json()["changed"] == 2
        assert {anna.ticket(ticket).state for ticket in tickets} == {"closed"}

    async def test_one_ticket_that_is_not_there_changes_none(self, anna: Desk) -> None:
        ticket = anna.open()
        done = await anna.post("/console/bulk", {"tickets": [ticket.id, "0" * 32], "do": "close"})
        assert done.status_code == 404
        assert anna.ticket(ticket).state == "new"
        assert (await anna.post("/console/bulk", {"tickets": [ticket.id] * 101, "do": "close"})).status_code == 422
        assert (await anna.post("/console/bulk", {"tickets": [], "do": "close"})).status_code == 422


class TestAnswers:
    async def test_the_partner_gets_a_reply_in_the_chat(self, anna: Desk) -> None:
        ticket = anna.open(conversation_id=anna.conversation("Hello", "Hello!"))
        assert (await anna.post(path(ticket, "reply"), {"text": " We **look** ", "key": KEY})).status_code == 200
        said = anna.database.read(lambda session: session.scalars(select(Event).order_by(Event.seq.desc())).first())
        assert said is not None
        assert (said.kind, said.text, said.data["number"], said.data["author"]) == (
            "agent", "We **look**", ticket.name, "Anna",
        )  # fmt: skip
        now_it_is = anna.ticket(ticket)
        assert now_it_is.state == "waiting"
        assert now_it_is.first_answer_at is not None
        assert "We <strong>look</strong>" in (await anna.get(path(ticket))).text

    async def test_a_reply_that_reaches_nobody_says_so(self, anna: Desk) -> None:
        def chat(session: Session) -> str:
            return conversations.open_web_session(session)[1]

        def leave(session: Session) -> None:
            session.execute(update(WebSession).values(active_at=now() - conversations.SESSION_IDLE * 2))

        body = {"text": "It is on its way.", "key": KEY}
        ticket = anna.open(conversation_id=anna.database.write(chat))
        assert (await anna.post(path(ticket, "reply"), body)).json() == {"done": True}
        assert wording.UNREACHED not in (await anna.get(path(ticket))).text
        anna.database.write(leave)  # whoever opened it cannot come back to that chat
        answer = await anna.post(path(ticket, "reply"), {**body, "key": KEY[::-1]})
        assert answer.json() == {"unreached": wording.UNREACHED}
        again = await anna.post(path(ticket, "reply"), {**body, "key": KEY[::-1]})  # that answer was lost
        assert again.json() == answer.json()
        assert (await anna.get(path(ticket))).text.count(wording.UNREACHED) == 1

    async def test_a_reply_sent_again_is_one(self, anna: Desk) -> None:
        ticket = anna.open(conversation_id=anna.conversation("Hello"))
        body = {"text": "Hello", "key": KEY}
        answers = await asyncio.gather(*(anna.post(path(ticket, "reply"), body) for _ in range(5)))
        assert {answer.status_code for answer in answers} == {200}
        assert [event.kind for event in anna.events(ticket)].count("reply") == 1
        anna.become("bruno")  # another's key is another
        assert (await anna.post(path(ticket, "reply"), body)).status_code == 200
        assert [event.kind for event in anna.events(ticket)].count("reply") == 2

    @pytest.mark.parametrize(
        ("what", "changed"),
        [
            ("reply", {"text": "FRIDAY, sorry"}),
            ("reply", {"then": "resolved"}),
            ("note", {}),
        ],
        ids=["other words", "another state", "another kind"],
    )
    async def test_other_words_under_the_same_key_are_not_called_done(
        self, anna: Desk, what: str, changed: dict[str, str]
    ) -> None:
        ticket = anna.open(conversation_id=anna.conversation("Hello"))
        body = {"text": "We look at it on Monday", "key": KEY}
        assert (await anna.post(path(ticket, "reply"), body)).status_code == 200
        before = len(anna.events(ticket))
        refused = await anna.post(path(ticket, what), {**body, **changed})
        assert (refused.status_code, refused.json()["detail"]) == (409, wording.SENT_OTHERWISE)
        assert len(anna.events(ticket)) == before
        assert anna.ticket(ticket).state == "waiting"
        other = await anna.post(path(anna.open(), "reply"), body)  # another ticket
        assert other.status_code == 409
        assert (await anna.post(path(ticket, "reply"), body)).status_code == 200  # but the same is done

    async def test_a_reply_that_resolves_sent_again_is_one(self, anna: Desk) -> None:
        ticket = anna.open()
        body = {"text": "It is done.", "key": KEY, "then": "resolved"}
        for _ in range(2):
            assert (await anna.post(path(ticket, "reply"), body)).status_code == 200
        refused = await anna.post(path(ticket, "reply"), {**body, "then": ""})
        assert refused.status_code == 409
        assert [event.kind for event in anna.events(ticket)].count("reply") == 1

    async def test_a_reply_may_resolve(self, anna: Desk) -> None:
        ticket = anna.open()
        body = {"text": "It is done.", "key": KEY, "then": "resolved"}
        assert (await anna.post(path(ticket, "reply"), body)).status_code == 200
        assert anna.ticket(ticket).state == "resolved"

    async def test_where_the_second_half_is_not_allowed_nothing_is_sent(self, anna: Desk) -> None:
        ticket = anna.open(conversation_id=anna.conversation("Hello"))
        await change(anna, ticket, "state", "closed")
        before = len(anna.events(ticket))
        body = {"text": "It is done.", "key": KEY, "then": "resolved"}
        refused = await anna.post(path(ticket, "reply"), body)
        assert refused.status_code == 409
        assert "closed cannot become resolved" in refused.json()["detail"]
        assert len(anna.events(ticket)) == before

    async def test_a_note_reaches_nobody_else(self, anna: Desk) -> None:
        conversation = anna.conversation("Hello")
        ticket = anna.open(conversation_id=conversation)
        assert (await anna.post(path(ticket, "note"), {"text": "Careful", "key": KEY})).status_code == 200
        said = anna.database.read(lambda session: session.scalars(select(Event.text)).all())
        assert said == ["Hello"]
        assert anna.ticket(ticket).state == "new"
        assert "Careful" in (await anna.get(path(ticket))).text

    @pytest.mark.parametrize("text", ["", "  \n\t", "\u200b\u2060", "\x00"])
    @pytest.mark.parametrize("what", ["reply", "note"])
    async def test_nothing_is_not_sent(self, anna: Desk, what: str, text: str) -> None:
        ticket = anna.open()
        refused = await anna.post(path(ticket, what), {"text": text, "key": KEY})
        assert (refused.status_code, refused.json()["detail"]) == (422, wording.EMPTY)
        assert len(anna.events(ticket)) == 1

    async def test_too_much_is_not_sent(self, anna: Desk) -> None:
        ticket = anna.open()
        assert (await anna.post(path(ticket, "note"), {"text": "x" * 20_001, "key": KEY})).status_code == 422
        assert (await anna.post(path(ticket, "note"), {"text": "x" * 20_000, "key": KEY})).status_code == 200


class TestHistory:
    async def test_what_moves_with_a_correction_is_said(self, anna: Desk) -> None:
        ticket = anna.open()
        for what, value in (("queue", "HWaaS"), ("type", "billing.dispute"), ("priority", "high")):
            assert (await change(anna, ticket, what, value)).status_code == 200
        due = anna.ticket(ticket).due_at
        assert due is not None
        page = (await anna.get(path(ticket))).text
        title = ticket_types()["billing.dispute"].title
        assert f"to {title}; queue from HWaaS to Billing" in page
        assert f"changed priority from normal to high; first answer due by {moment(due)}" in page

    async def test_what_a_triage_did_is_said(self, anna: Desk) -> None:
        ticket = anna.open(type="", triage={"type": "orders.rma", "confidence": 0.7, "priority": "normal"})

        def triage(session: Session) -> None:
            judged = Judged("billing.dispute", "Billing", "urgent", FIRST_ANSWER)
            one = session.get_one(Ticket, ticket.number)
            changes.triaged(session, one, {"invoice_number": "<b>1/2</b>"}, {"type": "billing.dispute"}, judged)

        anna.database.write(triage)
        due = anna.ticket(ticket).due_at
        assert due is not None
        page = (await anna.get(path(ticket))).text
        for shown in (
            f"to {ticket_types()['billing.dispute'].title}; queue from General Questions to Billing",
            f"priority from normal to urgent; first answer due by {moment(due)}",
            f"added {ticket_fields()['invoice_number'].label}: &lt;b&gt;1/2&lt;/b&gt;",
            f"before, it was read as {ticket_types()['orders.rma'].title} (70%), normal",
        ):
            assert shown in page


class TestTraining:
    @pytest.mark.parametrize(
        ("corrected", "types"),
        [
            ([("type", "orders.rma")], ["orders.rma"]),
            ([("queue", "Tech Support")], ["tech.support"]),  # it has only one type
            ([("queue", "Billing")], []),  # which of its types, nobody said
            ([("queue", "Tech Support"), ("queue", "Orders")], []),
            ([("type", "orders.rma"), ("queue", "Tech Support")], ["orders.rma"]),
            ([("queue", "Tech Support"), ("type", "orders.rma")], ["orders.rma"]),
        ],
    )
    async def test_what_an_agent_corrects_is_what_the_next_training_learns(
        self, anna: Desk, corrected: list[tuple[str, str]], types: list[str]
    ) -> None:
        ticket = anna.open(type="", subject="Odd", description="No wombat says a word")
        for what, value in (*corrected, ("priority", "high")):
            assert (await change(anna, ticket, what, value)).status_code == 200
        url = anna.database.engine.url.render_as_string(hide_password=False)
        labels, priorities = labelled(read_examples(EXAMPLES), read_corrections(url))
        text = "Odd\nNo wombat says a word"
        assert [label for said, label in labels if said == text] == types
        assert [label for said, label in priorities if said == text] == ["high"]


class TestChanges:
    async def test_everything_can_be_corrected_and_corrections_are_kept(self, anna: Desk) -> None:
        ticket = anna.open(description="My device is broken")
        for what, value in (("type", "orders.rma"), ("priority", "high"), ("queue", "HWaaS")):
            assert (await change(anna, ticket, what, value)).status_code == 200
        after = anna.ticket(ticket)
        assert (after.type, after.priority, after.queue) == ("orders.rma", "high", "HWaaS")
        assert after.missing == ["serial_number", "fault", "purchase_date"]
        assert after.due_at is not None
        assert ticket.due_at is not None
        assert after.due_at < ticket.due_at
        kept = anna.database.read(lambda session: session.scalars(select(Correction).order_by(Correction.id)).all())
        assert [(one.what, one.wrong, one.right) for one in kept] == [
            ("type", "general.other", "orders.rma"), ("priority", "normal", "high"), ("queue", "Orders", "HWaaS"),
        ]  # fmt: skip
        assert {one.agent_id for one in kept} == {anna.agent("anna").id}
        page = (await anna.get(path(ticket))).text
        assert "changed type from General question to Defective device (RMA)" in page

    async def test_a_ticket_is_given_and_taken(self, anna: Desk) -> None:
        ticket = anna.open()
        assert (await change(anna, ticket, "assignee", anna.agent("bruno").id)).status_code == 200
        assert anna.ticket(ticket).state == "open"
        assert (await change(anna, ticket, "assignee", "")).status_code == 200
        assert anna.ticket(ticket).assignee_id is None
        page = (await anna.get(path(ticket))).text
        assert "gave it to Bruno" in page
        assert "gave it to nobody; it was with Bruno" in page
        assert (await change(anna, ticket, "assignee", anna.agent("anna").id)).status_code == 200
        assert "</b> <bdi>took it</bdi>" in (await anna.get(path(ticket))).text

    @pytest.mark.parametrize(
        ("what", "value", "status"),
        [
            ("state", "new", 409),
            ("state", "gone", 422),
            ("queue", "Nothing", 422),
            ("type", "billing", 422),
            ("priority", "asap", 422),
            ("assignee", "0" * 32, 422),
            ("assignee", "anna", 422),
            ("number", "7", 422),
            ("company", "x", 422),
        ],
    )
    async def test_what_is_no_choice_is_refused_in_words(self, anna: Desk, what: str, value: str, status: int) -> None:
        ticket = anna.open()
        await change(anna, ticket, "state", "open")
        before = len(anna.events(ticket))
        refused = await change(anna, ticket, what, value)
        assert refused.status_code == status
        assert len(refused.json()["detail"]) > 20
        assert len(anna.events(ticket)) == before

    async def test_nobody_is_given_tickets_who_is_disabled(self, anna: Desk) -> None:
        from tickets import agents

        bruno = anna.agent("bruno")
        ticket = anna.open()
        await change(anna, ticket, "assignee", bruno.id)
        anna.database.write(lambda session: agents.set_disabled(session, agents.named(session, "bruno"), True))
        other = anna.open()
        assert (await change(anna, other, "assignee", bruno.id)).status_code == 422
        assert "Bruno (away)" in (await anna.get(path(ticket))).text

    @pytest.mark.parametrize(
        ("name", "typed", "kept"),
        [
            ("pbx", " 12345 ", "12345"),
            ("invoice_date", "2026-02-28", "2026-02-28"),
            ("did_numbers", "+39 045 1234567, +49 (89) 12345-00", ["+390451234567", "+49891234500"]),
            ("email", "a@example.com", "a@example.com"),
        ],
    )
    async def test_a_field_is_added_and_removed(self, anna: Desk, name: str, typed: str, kept: Any) -> None:
        ticket = anna.open()
        assert (await anna.post(path(ticket, "field"), {"name": name, "value": typed})).status_code == 200
        assert anna.ticket(ticket).fields == {name: kept}
        assert (await anna.post(path(ticket, "field"), {"name": name, "value": " "})).status_code == 200
        assert anna.ticket(ticket).fields == {}

    @pytest.mark.parametrize(
        ("name", "typed", "words"),
        [
            ("invoice_date", "30.02.2026", "not a date"),
            ("invoice_date", "2026-02-30", "not a date"),
            ("did_numbers", "045 1234567", "country code"),
            ("email", "nobody", "not an e-mail"),
            ("colour", "red", "not one of"),
        ],
    )
    async def test_a_value_of_another_form_is_refused(self, anna: Desk, name: str, typed: str, words: str) -> None:
        ticket = anna.open()
        refused = await anna.post(path(ticket, "field"), {"name": name, "value": typed})
        assert refused.status_code == 422
        assert words in refused.json()["detail"]
        assert anna.ticket(ticket).fields == {}


TRIAGE: dict[str, Any] = {
    "type": "classound.emergency_activation",
    "confidence": 0.86,
    "type_reason": "“112” and a number",
    "alternatives": [["tech.support", 0.09], ["no.such.type", 0.05]],
    "queue": "CLASSOUND",
    "priority": "urgent",
    "priority_reason": "emergency calls don't work",
    "also_asks": "move 2 numbers",
    "also_type": "classound.move_service",
    "findings": [
        {
            "policy": "emergency_service",
            "decision": "It takes **1 day**.",
            "steps": ["First."],
            "caveats": ["Only Italy."],
            "sources": ["classound/emergency"],
        },
    ],
    "similar": [{"number": "CC-000001", "score": 0.71, "reason": "the same number"}],
    "suggested": {"entry": "classound/emergency", "question": "How?", "confidence": 0.8, "text": "Send the *address*."},
}


class TestTypesThatAreNoMore:
    """A type may leave types.yml while its tickets are there."""

    async def test_such_a_ticket_is_shown_and_can_be_changed(self, anna: Desk) -> None:
        ticket = anna.open(triage=TRIAGE)
        await change(anna, ticket, "assignee", anna.agent("anna").id)
        anna.database.write(lambda session: setattr(session.get_one(Ticket, ticket.number), "type", "billing.gone"))
        page = await anna.get(path(ticket))
        assert page.status_code == 200
        assert '<option value="billing.gone" selected disabled>billing.gone</option>' in page.text
        assert (await anna.get("/console")).status_code == 200
        assert (await anna.post(path(ticket, "field"), {"name": "pbx", "value": "12345"})).status_code == 200
        assert anna.ticket(ticket).fields == {"pbx": "12345"}
        assert (await change(anna, ticket, "type", "billing.gone")).status_code == 422
        assert (await change(anna, ticket, "type", "orders.rma")).status_code == 200
        assert anna.ticket(ticket).queue == "Orders"


class TestTriage:
    async def test_everything_it_found_is_shown_with_its_reason(self, anna: Desk) -> None:
        other = anna.open(subject="An older one")
        ticket = anna.open(
            type="classound.emergency_activation",
            fields={"did_numbers": ["+390451234567"]},
            triage=TRIAGE,
            contact={"name": "Giulia Bianchi"},
        )
        page = (await anna.get(path(ticket))).text
        for shown in (
            *("86%", "“112” and a number", "emergency calls don&#39;t work", "It takes <strong>1 day</strong>."),
            *("First.", "Only Italy.", "classound/emergency", "the same number", "71%", "Send the <em>address</em>."),
            *("move 2 numbers", "+390451234567", "Ask the partner for it", f"/console/tickets/{other.id}"),
            *('data-set="type" data-value="tech.support"', "Hello Giulia,", "thank you for your ticket"),
        ):
            assert shown in page, shown
        assert "no.such.type" not in page

    @pytest.mark.parametrize(
        "triage",
        [
            {},
            {"type": "gone", "findings": "x", "similar": [1, {"number": "CC-x"}], "suggested": "y", "alternatives": 7},
            {"type": None, "findings": [{}, {"decision": 5}], "suggested": {}, "alternatives": [["tech.support"]]},
            {"findings": [{"decision": "<b>x</b>", "steps": [{"a": 1}], "sources": None}], "similar": None},
            {"suggested": {"text": "only text"}, "confidence": "high"},
        ],
    )
    async def test_one_of_another_version_breaks_nothing(self, anna: Desk, triage: dict[str, Any]) -> None:
        page = await anna.get(path(anna.open(triage=triage)))
        assert page.status_code == 200
        assert "<b>x</b>" not in page.text

    async def test_a_corrected_type_is_marked(self, anna: Desk) -> None:
        ticket = anna.open(type="classound.emergency_activation", triage=TRIAGE)
        assert 'class="tag">corrected' not in (await anna.get(path(ticket))).text
        await change(anna, ticket, "type", "tech.support")
        page = (await anna.get(path(ticket))).text
        assert 'class="tag">corrected' in page
        assert "Handed over to Tech Support" in page


class TestConversation:
    async def test_what_led_to_it_and_what_followed(self, anna: Desk) -> None:
        conversation = anna.conversation("Nobody can call 112", "Shall I open a **ticket**?")
        ticket = anna.open(conversation_id=conversation)
        from tickets import conversations

        anna.database.write(
            lambda session: conversations.append(session, conversation, kind="user", text="And another thing")
        )
        page = (await anna.get(path(ticket))).text
        assert "The chat before it, 2 messages" in page
        assert "Shall I open a <strong>ticket</strong>?" in page
        assert "The chat went on, 1 message<" in page

    async def test_what_led_to_it_stays_when_the_chat_goes_on(self, anna: Desk) -> None:
        conversation = anna.conversation("Nobody can call 112", "Shall I open a ticket?")
        ticket = anna.open(conversation_id=conversation)
        from tickets import conversations

        def go_on(session: Any) -> None:
            for number in range(110):
                conversations.append(session, conversation, kind="user", text=f"Message {number}.")

        anna.database.write(go_on)
        page = (await anna.get(path(ticket))).text
        assert "The chat before it, 2 messages<" in page
        assert "Nobody can call 112" in page
        assert "The chat went on, its last 100 messages<" in page
        assert "Message 109." in page
        assert "Message 9." not in page

    async def test_the_opening_is_shown_however_much_was_done_since(self, anna: Desk) -> None:
        ticket = anna.open(description="The <b>first</b> words")

        def go_on(session: Any) -> None:
            for number in range(505):
                changes.note(session, session.get_one(Ticket, ticket.number), changes.SYSTEM, f"Note {number}.")

        anna.database.write(go_on)
        page = (await anna.get(path(ticket))).text
        assert "The &lt;b&gt;first&lt;/b&gt; words" in page
        assert "5 entries are left out here" in page
        assert "Note 504." in page
        assert "Note 4." not in page
        page = (await anna.get(path(ticket) + "?all=1")).text
        assert "Note 4." in page
        assert "left out" not in page

    async def test_a_chat_that_is_deleted_is_said(self, anna: Desk) -> None:
        ticket = anna.open(conversation_id="f" * 32)
        assert "is deleted" in (await anna.get(path(ticket))).text

    async def test_a_comment_of_the_partner_is_shown(self, anna: Desk) -> None:
        ticket = anna.open()
        partner = changes.Author("partner", None, "Giulia")
        anna.database.write(
            lambda session: changes.comment(
                session, session.get_one(Ticket, ticket.number), partner, "More <i>of it</i>"
            )
        )
        assert "More &lt;i&gt;of it&lt;/i&gt;" in (await anna.get(path(ticket))).text

    async def test_the_history_names_every_change(self, anna: Desk) -> None:
        ticket = anna.open()
        await change(anna, ticket, "state", "waiting")
        await anna.post(path(ticket, "field"), {"name": "pbx", "value": "12345"})
        page = (await anna.get(path(ticket))).text
        assert "set it from new to waiting for partner" in page
        assert "added PBX: 12345" in page
        assert page.count("<time") >= 4
        assert now() > ticket.created_at
