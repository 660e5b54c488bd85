"""Tickets over HTTP: opened once, in English, whoever else is down; seen and added to by those whom they belong to."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, PlainTextResponse

from bot import wording
from bot.web import tickets_api as module
from tests.bot.peers import Rasa, nothing
from tests.bot.web.conftest import MakeApp, caller
from tests.bot.web.test_sign_in import HEADERS, bearing, sign_in
from tests.gate_cases import GateCase, gate_cases
from tests.portals import SigningPortal
from tickets import changes
from tickets.agent_models import Agent
from tickets.changes import Author
from tickets.database import Database
from tickets.models import Conversation
from tickets.ticket_models import Ticket, TicketEvent

CONTACT = {"name": "Ann Lee", "company": "Acme", "email": "ann@acme.example"}
WANTED: dict[str, Any] = {
    "subject": "Cancel two numbers",
    "description": "Please cancel the numbers +39 045 1234567 and +39 045 1234568 on our PBX.",
    "contact": CONTACT,
}
ITALIAN = "Buongiorno, vorremmo disdire i due numeri del nostro cliente perché non li usa più."
Open = Callable[..., Any]


@pytest.fixture(scope="module")
def portal() -> SigningPortal:
    return SigningPortal()


@pytest.fixture
async def client(make_app: MakeApp, portal: SigningPortal) -> AsyncIterator[httpx.AsyncClient]:
    async with caller(make_app(**portal.settings)) as calling:
        yield calling


@pytest.fixture
async def ann(client: httpx.AsyncClient, portal: SigningPortal) -> dict[str, str]:
    """The headers of a partner."""
    return bearing((await sign_in(client, portal.token("ann", "acme")))["session"])


async def anonymous(client: httpx.AsyncClient) -> dict[str, str]:
    """The headers of somebody unknown who holds a session."""
    return bearing((await client.post("/api/web/session", json={}, headers=HEADERS)).json()["session"])


async def post(
    client: httpx.AsyncClient, headers: dict[str, str] | None = None, key: str = "key-0001", **changed: Any
) -> httpx.Response:
    """Open a ticket; a value that is None is left out."""
    body = {name: value for name, value in {**WANTED, **changed}.items() if value is not None}
    return await client.post("/api/tickets", json=body, headers={"idempotency-key": key, **(headers or {})})


async def comment(
    client: httpx.AsyncClient, number: str, text: str, headers: dict[str, str], key: str = "key-0001", **more: Any
) -> httpx.Response:
    return await client.post(
        f"/api/tickets/{number}/comments", json={"text": text, **more}, headers={"idempotency-key": key, **headers}
    )


def tickets(stored: Database) -> list[Ticket]:
    return list(stored.read(lambda session: session.scalars(select(Ticket).order_by(Ticket.number)).all()))


def events(stored: Database, kind: str) -> int:
    query = select(func.count()).select_from(TicketEvent).where(TicketEvent.kind == kind)
    return stored.read(lambda session: session.scalar(query) or 0)


class TestOpening:
    async def test_an_anonymous_ticket(self, client: httpx.AsyncClient, stored: Database) -> None:
        answer = await post(client)
        assert answer.status_code == 201, answer.text
        opened = answer.json()
        assert re.fullmatch(r"CC-\d{6}", opened["number"])
        assert (opened["state"], opened["type"], opened["priority"]) == ("new", "general.other", "normal")
        (ticket,) = tickets(stored)
        assert (ticket.name, ticket.channel, ticket.contact) == (opened["number"], "api", CONTACT)
        assert (ticket.partner_id, ticket.company, ticket.conversation_id) == (None, None, None)
        assert ticket.triage_due

    async def test_a_name_of_several_lines_becomes_one(self, client: httpx.AsyncClient, stored: Database) -> None:
        contact = {**CONTACT, "name": "Ann\r\nBcc: all@acme.example", "company": " Acme\n Ltd "}
        assert (await post(client, contact=contact)).status_code == 201
        (ticket,) = tickets(stored)
        assert (ticket.contact["name"], ticket.contact["company"]) == ("Ann Bcc: all@acme.example", "Acme Ltd")

    async def test_a_partners_ticket_belongs_to_the_partner_and_their_chat(
        self, client: httpx.AsyncClient, ann: dict[str, str], stored: Database, portal: SigningPortal
    ) -> None:
        assert (await post(client, ann, contact=None)).status_code == 201
        assert (
            await post(client, bearing(portal.token("ann", "acme")), "key-0002", contact=CONTACT)
        ).status_code == 201
        chat = (await sign_in(client, portal.token("ann", "acme")))["conversation"]
        for ticket in tickets(stored):
            assert ticket.contact == {"name": "Ann", "company": "Acme Ltd", "email": "ann@acme.example"}
            assert (ticket.company, ticket.conversation_id) == ("acme", chat)
            assert ticket.partner_id

    async def test_a_named_type_says_what_is_missing(self, client: httpx.AsyncClient, stored: Database) -> None:
        fields = {"did_numbers": ["+39 045 1234567", "0039 0451234568", "+39 045 1234567"]}
        opened = (await post(client, type="classound.cancel_did", fields=fields)).json()
        assert (opened["type"], opened["queue"], opened["missing"]) == ("classound.cancel_did", "CLASSOUND", ["pbx"])
        assert tickets(stored)[0].fields == {"did_numbers": ["+390451234567", "+390451234568"]}

    async def test_the_form_is_known_by_its_header(self, client: httpx.AsyncClient, stored: Database) -> None:
        await post(client, {"x-care-chat": "1", **await anonymous(client)})
        (ticket,) = tickets(stored)
        assert ticket.channel == "form"
        assert ticket.conversation_id is not None

    async def test_it_works_while_the_engine_and_actions_are_down(
        self, client: httpx.AsyncClient, rasa: Rasa, stored: Database
    ) -> None:
        rasa.alive, rasa.healthz, rasa.answer = PlainTextResponse("", 503), PlainTextResponse("", 503), nothing
        assert (await post(client)).status_code == 201
        assert tickets(stored)[0].triage_due

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"contact": None}, "contact"),
            ({"contact": {**CONTACT, "email": "ann at acme"}}, "contact.email"),
            ({"contact": {**CONTACT, "email": "ann@acme"}}, "contact.email"),
            ({"contact": {**CONTACT, "name": " \x00 "}}, "contact.name"),
            ({"subject": " \u200b "}, "subject"),
            ({"description": "\n\n"}, "description"),
            ({"fields": {"nothing": "x"}}, "nothing"),
            ({"fields": {"did_numbers": ["045 1234567"]}}, "did_numbers"),
            ({"fields": {"did_numbers": "+39 1"}}, "did_numbers"),
            ({"fields": {"invoice_date": "31/01/2026"}}, "invoice_date"),
            ({"fields": {"invoice_date": "2026-02-30"}}, "invoice_date"),
            ({"fields": {"email": "nobody"}}, "email"),
            ({"fields": {"pbx": ["one", "two"]}}, "pbx"),
            ({"fields": {"pbx": "x" * 201}}, "pbx"),
        ],
        ids=str,
    )
    async def test_what_cannot_be_is_named(
        self, client: httpx.AsyncClient, stored: Database, changed: dict[str, Any], field: str
    ) -> None:
        answer = await post(client, **changed)
        assert answer.status_code == 422
        assert answer.json()["field"] == field
        assert answer.json()["detail"]
        assert tickets(stored) == []

    @pytest.mark.parametrize(
        "changed",
        [
            {"subject": None},
            {"subject": "x" * 201},
            {"description": "word " * 2000},
            {"type": "nothing.such"},
            {"fields": {"pbx": 5}},
            {"fields": []},
            {"english": "yes"},
            {"contact": {"name": "Ann"}},
            {"contact": {**CONTACT, "phone": "1"}},
            {"priority": "urgent"},
            {"state": "closed"},
        ],
        ids=str,
    )
    async def test_a_body_of_another_form(
        self, client: httpx.AsyncClient, stored: Database, changed: dict[str, Any]
    ) -> None:
        answer = await post(client, **changed)
        assert (answer.status_code, tickets(stored)) == (422, [])
        assert answer.json()["detail"]

    @pytest.mark.parametrize("key", ["", "short", "x" * 201, "with spaces in it", "nön-ascii-kéy"])
    async def test_a_key_is_needed(self, client: httpx.AsyncClient, stored: Database, key: str) -> None:
        headers = {"idempotency-key": key.encode()} if key else {}
        answer = await client.post("/api/tickets", json=WANTED, headers=headers)  # type: ignore[arg-type]
        assert (answer.status_code, tickets(stored)) == (422, [])

    async def test_foreign_pages_and_forms_cannot(self, client: httpx.AsyncClient, stored: Database) -> None:
        assert (await post(client, {"origin": "https://evil.example"})).status_code == 403
        assert (await post(client, {"sec-fetch-site": "cross-site"})).status_code == 403
        headers = {"idempotency-key": "key-0001", "content-type": "text/plain"}
        assert (await client.post("/api/tickets", content=b"{}", headers=headers)).status_code in (415, 422)
        assert tickets(stored) == []

    async def test_a_listed_portal_page_can(self, make_app: MakeApp) -> None:
        portal = {"origin": "https://portal.example.com", "sec-fetch-site": "cross-site"}
        async with caller(make_app(CARE_WIDGET_ORIGINS="https://portal.example.com")) as client:
            for path in ("/api/tickets", "/api/tickets/CC-000001", "/api/tickets/CC-000001/comments", "/api/chat"):
                asked = await client.options(path, headers=portal)
                assert asked.status_code == 200, path
                assert {"authorization", "idempotency-key"} <= set(
                    asked.headers["access-control-allow-headers"].split(", ")
                )
            assert (await post(client, portal)).status_code == 201

    async def test_a_database_that_is_full_is_told_and_nothing_is_claimed(
        self, client: httpx.AsyncClient, stored: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: Any, **__: Any) -> None:
            raise OperationalError("INSERT", {}, Exception("database or disk is full"))

        monkeypatch.setattr(module, "open_ticket", full)
        answer = await post(client)
        assert (answer.status_code, answer.json()) == (503, {"detail": wording.NOT_SAVED})
        monkeypatch.undo()
        assert (await post(client)).status_code == 201


class TestLanguage:
    async def test_another_language_is_refused_with_its_name(self, client: httpx.AsyncClient, stored: Database) -> None:
        greeted = f"Hello, {ITALIAN}"
        for description, subject in ((ITALIAN, WANTED["subject"]), (greeted, "Cancel numbers")):
            answer = await post(client, description=description, subject=subject, english=True)
            assert answer.status_code == 422
            assert answer.json() == {
                "detail": wording.LANGUAGE_REFUSED,
                "code": "language_refused",
                "language": "it",
                "field": "description",
            }
        assert tickets(stored) == []

    @pytest.mark.parametrize("case", gate_cases(), ids=str)
    async def test_each_text_of_a_ticket_is_judged(
        self, client: httpx.AsyncClient, stored: Database, case: GateCase
    ) -> None:
        place = {case.at: case.text} if case.at in WANTED else {"fields": {case.at: case.text}}
        answer = await post(client, type=case.type, **place)
        if case.language:
            said = {name: answer.json()[name] for name in ("code", "language", "field")}
            assert said == {"code": "language_refused", "language": case.language, "field": case.at}
            assert tickets(stored) == []
        else:
            assert answer.status_code == 201, answer.text

    @pytest.mark.parametrize(
        ("at", "unsure"),
        [
            ("description", "Display defekt WP480"),
            ("symptom", "Display defekt WP480 und Netzteil defekt since two days"),
        ],
    )
    async def test_on_doubt_the_writer_is_asked(
        self, client: httpx.AsyncClient, stored: Database, at: str, unsure: str
    ) -> None:
        place = {at: unsure} if at in WANTED else {"fields": {at: unsure}}
        asked = await post(client, **place)
        assert asked.status_code == 422, asked.text
        assert (asked.json()["code"], asked.json()["field"]) == ("language_doubt", at)
        assert tickets(stored) == []
        assert (await post(client, **place, english=True)).status_code == 201

    async def test_foreign_names_and_two_words_are_english(self, client: httpx.AsyncClient) -> None:
        for number, (subject, text) in enumerate(
            [
                ("PBX down", "no calls"),
                ("Return", "Please collect the phone at Via Roma 12, 37121 Verona, Hotel Città di Bolzano."),
                ("Login", "The portal says “Passwort ist falsch” since today."),
            ]
        ):
            answer = await post(client, key=f"key-000{number}", subject=subject, description=text)
            assert answer.status_code == 201, (subject, answer.text)


class TestKeys:
    async def test_the_same_request_again_gives_the_same_answer(
        self, client: httpx.AsyncClient, ann: dict[str, str], stored: Database
    ) -> None:
        for headers in ({}, ann, await anonymous(client)):
            answers = [await post(client, headers) for _ in range(3)]
            assert {answer.status_code for answer in answers} == {201}
            assert len({answer.text for answer in answers}) == 1
        assert len(tickets(stored)) == 3

    async def test_fifty_at_once_are_one_ticket_and_fifty_equal_answers(
        self, make_app: MakeApp, portal: SigningPortal, stored: Database
    ) -> None:
        async with caller(make_app(**portal.settings, CARE_RATE_LIMIT="20")) as client:
            ann = bearing((await sign_in(client, portal.token("ann")))["session"])
            answers = await asyncio.gather(*(post(client, ann) for _ in range(50)))
            assert {answer.status_code for answer in answers} == {201}
            assert len({answer.text for answer in answers}) == 1
            number = answers[0].json()["number"]
            added = await asyncio.gather(*(comment(client, number, "one more thing", ann) for _ in range(50)))
            assert {answer.status_code for answer in added} == {201}
            assert len({answer.text for answer in added}) == 1
        assert len(tickets(stored)) == 1
        assert events(stored, "comment") == 1

    async def test_an_answer_stays_the_same_when_the_ticket_has_changed(
        self, client: httpx.AsyncClient, ann: dict[str, str], stored: Database
    ) -> None:
        before = await post(client, ann)

        def change(session: Session) -> None:
            ticket = session.scalars(select(Ticket)).one()
            author = Author("agent", None, "Agent")
            changes.set_type(session, ticket, author, "tech.support")
            changes.set_state(session, ticket, author, "resolved")

        stored.write(change)
        assert (await post(client, ann)).text == before.text

    async def test_other_content_under_the_same_key_is_refused(
        self, client: httpx.AsyncClient, ann: dict[str, str], stored: Database
    ) -> None:
        first = (await post(client, ann)).json()["number"]
        for changed in (
            {"subject": "Cancel three numbers"},
            {"description": "Please cancel the other number."},
            {"type": "classound.cancel_did"},
            {"fields": {"pbx": "Hotel X"}},
        ):
            answer = await post(client, ann, **changed)
            assert (answer.status_code, answer.json()["code"]) == (422, "key_reused"), changed
        assert [ticket.name for ticket in tickets(stored)] == [first]

    async def test_a_key_is_the_callers_own(
        self, client: httpx.AsyncClient, ann: dict[str, str], portal: SigningPortal, stored: Database
    ) -> None:
        bob = bearing((await sign_in(client, portal.token("bob", "acme")))["session"])
        numbers = {
            (await post(client, headers)).json()["number"]
            for headers in (ann, bob, {}, await anonymous(client), await anonymous(client))
        }
        assert len(numbers) == 5
        assert (await post(client, bearing(portal.token("ann", "acme")))).json() == (await post(client, ann)).json()

    async def test_a_comments_key(self, client: httpx.AsyncClient, ann: dict[str, str], stored: Database) -> None:
        one, two = [(await post(client, ann, key)).json()["number"] for key in ("key-0001", "key-0002")]
        first = await comment(client, one, "It is number three.", ann)
        assert first.status_code == 201
        assert (await comment(client, one, "It is number three.", ann)).text == first.text
        for number, text in ((one, "It is number four."), (two, "It is number three.")):
            refused = await comment(client, number, text, ann)
            assert (refused.status_code, refused.json()["code"]) == (422, "key_reused")
        assert events(stored, "comment") == 1


class TestLooking:
    async def test_a_ticket_with_what_was_said_but_nothing_internal(
        self, client: httpx.AsyncClient, ann: dict[str, str], stored: Database
    ) -> None:
        number = (await post(client, ann, type="classound.cancel_did", fields={"pbx": "Hotel X"})).json()["number"]
        await comment(client, number, "It is urgent now.", ann, "key-0002")

        def answer(session: Session) -> None:
            session.add(Agent(id="agent", name="eve", shown="Eve", role="agent", password="x"))
            session.flush()
            ticket, author = session.scalars(select(Ticket)).one(), Author("agent", "agent", "Eve")
            changes.note(session, ticket, author, "internal canary")
            changes.reply(session, ticket, author, "Both are cancelled.")

        stored.write(answer)
        shown = await client.get(f"/api/tickets/{number}", headers=ann)
        ticket = shown.json()
        assert [(one["kind"], one["author"], one["text"]) for one in ticket["said"]] == [
            ("comment", "Ann", "It is urgent now."),
            ("reply", "Eve", "Both are cancelled."),
        ]
        assert (ticket["state"], ticket["state_text"], ticket["missing"]) == (
            "waiting",
            "waiting for you",
            ["did_numbers"],
        )
        assert (ticket["subject"], ticket["description"]) == (WANTED["subject"], WANTED["description"])
        assert (ticket["fields"], ticket["own"]) == ({"pbx": "Hotel X"}, True)
        assert "internal canary" not in shown.text
        assert "triage" not in ticket

    async def test_one_sees_ones_companys_and_nobody_elses(
        self, client: httpx.AsyncClient, ann: dict[str, str], portal: SigningPortal
    ) -> None:
        number = (await post(client, ann)).json()["number"]
        bob = bearing((await sign_in(client, portal.token("bob", "acme")))["session"])
        eve = bearing((await sign_in(client, portal.token("eve", "evil")))["session"])
        listed = (await client.get("/api/tickets", headers=bob)).json()
        assert [(one["number"], one["own"]) for one in listed] == [(number, False)]
        assert (await client.get(f"/api/tickets/{number}", headers=bob)).status_code == 200
        assert (await comment(client, number, "We need it too.", bob)).status_code == 201

        for stranger in (eve, await anonymous(client)):
            assert (await client.get("/api/tickets", headers=stranger)).json() == []
            for path in (number, number[3:], str(int(number[3:])), "CC-999999", "nonsense", "0", "%00", "-1", "9" * 30):
                foreign = await client.get(f"/api/tickets/{path}", headers=stranger)
                assert (foreign.status_code, foreign.json()) == (404, {"detail": wording.NO_SUCH_TICKET}), path
                added = await comment(client, path, "Mine now.", stranger, "key-0009")
                assert (added.status_code, added.json()) == (404, {"detail": wording.NO_SUCH_TICKET}), path

    async def test_the_ticket_of_an_anonymous_session_is_seen_from_it_only(self, client: httpx.AsyncClient) -> None:
        one, other = await anonymous(client), await anonymous(client)
        number = (await post(client, one)).json()["number"]
        assert (await client.get(f"/api/tickets/{number}", headers=one)).json()["own"] is True
        assert (await client.get(f"/api/tickets/{number}", headers=other)).status_code == 404
        assert (await comment(client, number, "And one more.", one)).status_code == 201

    async def test_without_a_session_there_is_nothing_to_see(self, client: httpx.AsyncClient) -> None:
        number = (await post(client)).json()["number"]
        for path in ("/api/tickets", f"/api/tickets/{number}", "/api/tickets/CC-999999"):
            answer = await client.get(path)
            assert (answer.status_code, answer.json()) == (401, {"detail": wording.NO_SESSION})
        assert (await comment(client, number, "Mine.", {})).status_code == 401

    async def test_only_active_ones_where_asked(
        self, client: httpx.AsyncClient, ann: dict[str, str], stored: Database
    ) -> None:
        one, two = [(await post(client, ann, key)).json()["number"] for key in ("key-0001", "key-0002")]
        number = int(one[3:])
        author = Author("agent", None, "Agent")
        stored.write(lambda session: changes.set_state(session, session.get_one(Ticket, number), author, "closed"))
        assert [t["number"] for t in (await client.get("/api/tickets", headers=ann)).json()] == [two, one]
        assert [t["number"] for t in (await client.get("/api/tickets?active=true", headers=ann)).json()] == [two]

    async def test_types_say_what_they_need(self, client: httpx.AsyncClient) -> None:
        types = {one["id"]: one for one in (await client.get("/api/ticket-types")).json()}
        assert len(types) == 29
        note = types["billing.credit_note"]
        assert [field["name"] for field in note["needs"]] == ["invoice_number", "justification"]
        assert note["needs"][0]["instead"] == ["order_number"]
        assert all(field["question"] for one in types.values() for field in one["needs"])


class TestComments:
    async def test_a_comment_reopens_and_is_triaged_again(
        self, client: httpx.AsyncClient, ann: dict[str, str], stored: Database
    ) -> None:
        number = (await post(client, ann)).json()["number"]

        def resolve(session: Session) -> None:
            ticket = session.scalars(select(Ticket)).one()
            ticket.triage_due = False
            changes.set_state(session, ticket, Author("agent", None, "Agent"), "resolved")

        stored.write(resolve)
        assert (await comment(client, number, "It is back again.", ann)).status_code == 201
        (ticket,) = tickets(stored)
        assert (ticket.state, ticket.triage_due) == ("open", True)

    async def test_the_same_gate(self, client: httpx.AsyncClient, ann: dict[str, str], stored: Database) -> None:
        number = (await post(client, ann)).json()["number"]
        refused = await comment(client, number, ITALIAN, ann)
        assert (refused.status_code, refused.json()["code"], refused.json()["language"]) == (
            422,
            "language_refused",
            "it",
        )
        empty = await comment(client, number, " \x00\n", ann)
        assert (empty.status_code, empty.json()["code"]) == (422, "empty")
        assert events(stored, "comment") == 0


class TestLimits:
    async def test_tickets_a_day(self, make_app: MakeApp, portal: SigningPortal, stored: Database) -> None:
        settings = {"CARE_HOST": "0.0.0.0", "CARE_ANONYMOUS": "yes", "CARE_RATE_LIMIT": "20", **portal.settings}
        async with caller(make_app(**settings), "203.0.113.5") as client:
            statuses = [(await post(client, key=f"key-{number:04}")).status_code for number in range(12)]
            assert statuses == [201] * 10 + [429] * 2
            refused = await post(client, key="key-0011")
            assert refused.json() == {"detail": wording.TOO_MANY_TICKETS}
            assert (await post(client, key="key-0001")).status_code == 201, "a request sent again is no new ticket"
            ann = bearing((await sign_in(client, portal.token("ann")))["session"])
            statuses = [(await post(client, ann, f"key-{number:04}")).status_code for number in range(32)]
            assert statuses == [201] * 30 + [429] * 2
            for foreign in ({}, await anonymous(client)):
                assert (await post(client, foreign, "key-0012")).status_code == 429
        assert len(tickets(stored)) == 40

    async def test_comments_a_minute(self, make_app: MakeApp, portal: SigningPortal) -> None:
        async with caller(make_app(CARE_RATE_LIMIT="3", **portal.settings)) as client:
            ann = bearing((await sign_in(client, portal.token("ann")))["session"])
            number = (await post(client, ann)).json()["number"]
            statuses = [
                (await comment(client, number, f"Number {n}.", ann, f"key-{n:04}")).status_code for n in range(5)
            ]
            assert statuses == [201, 201, 201, 429, 429]

    async def test_requests_a_minute(self, make_app: MakeApp, portal: SigningPortal) -> None:
        async with caller(make_app(CARE_RATE_LIMIT="20", **portal.settings)) as client:
            ann = bearing((await sign_in(client, portal.token("ann")))["session"])
            statuses = [(await client.get("/api/tickets", headers=ann)).status_code for _ in range(202)]
            assert statuses == [200] * 200 + [429] * 2


class TestTriage:
    async def test_what_was_stored_is_triaged(
        self, client: httpx.AsyncClient, ann: dict[str, str], rasa: Rasa, stored: Database
    ) -> None:
        asked: list[dict[str, Any]] = []

        async def judge(question: dict[str, Any]) -> JSONResponse:
            asked.append(question)
            said = {"type": "classound.cancel_did", "queue": "CLASSOUND", "priority": "high", "confidence": 0.9}
            return JSONResponse({**said, "fields": {"did_numbers": ["+390451234567"]}, "similar": []})

        rasa.triage = judge
        number = (await post(client, ann)).json()["number"]
        shown: dict[str, Any] = {}
        for _ in range(400):
            shown = (await client.get(f"/api/tickets/{number}", headers=ann)).json()
            if shown["type"] != "general.other":
                break
            await asyncio.sleep(0.02)
        assert (shown["type"], shown["queue"], shown["priority"]) == ("classound.cancel_did", "CLASSOUND", "high")
        assert shown["missing"] == ["pbx"]
        assert asked[0]["type"] is None


async def test_the_partners_conversation_is_not_made_twice(
    client: httpx.AsyncClient, portal: SigningPortal, stored: Database
) -> None:
    """Opening by the portal's token alone makes the chat that agents' answers go to."""
    await post(client, bearing(portal.token("ann", "acme")))
    await sign_in(client, portal.token("ann", "acme"))
    query = select(func.count()).select_from(Conversation).where(Conversation.channel == "web")
    assert stored.read(lambda session: session.scalar(query)) == 1
