"""Slack users become known partners, end to end: the code in Slack, the portal's session, what changes then."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, Response

from bot import wording
from bot.slack import linking
from bot.slack.blocks import words
from tests.bot.peers import Rasa, said
from tests.bot.slack.conftest import App, RunApp
from tests.portals import ISSUER, SigningPortal
from tests.slack_world import ANNA, BEN, BOT, CHANNEL, DM, TEAM, Fault, Posted, Slack
from tickets import slack_users
from tickets.database import Database
from tickets.models import Conversation, Turn
from tickets.partners import known_partner
from tickets.slack_models import SlackUser
from tickets.ticket_models import Partner, Ticket

CODE = re.compile(r"\b[0-9A-Z]{3}-[0-9A-Z]{3}-[0-9A-Z]{3}\b")
PAGE = "https://portal.example/slack"
HOME = {"type": "app_home_opened", "user": ANNA, "channel": DM, "tab": "home"}


class Portal:
    """Somebody signed in to the portal."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._signer = SigningPortal()
        self.settings = {**self._signer.settings, "CARE_SLACK_LINK_URL": PAGE}

    def reach(self, app: App) -> None:
        """Talk to this application."""
        self._app = app

    async def session(self, subject: str = "ann", **claims: Any) -> dict[str, str]:
        """The header of a session."""
        named = {"name": "Ann <Boss>", "company_name": "Acme", **claims}
        token = self._signer.token(subject, **named)
        headers = {"x-care-chat": "1"}
        answer = await self._app.client.post("/api/web/session", json={"token": token}, headers=headers)
        return {"authorization": f"Bearer {answer.json()['session']}"}


@pytest.fixture
def portal() -> Portal:
    return Portal(App(None))  # type: ignore[arg-type]


@pytest.fixture
async def app(run_app: RunApp, portal: Portal) -> AsyncIterator[App]:
    """The application, with a portal."""
    async with run_app(**portal.settings) as running:
        portal.reach(running)
        yield running


def code_in(message: Posted) -> str:
    """The code that a message shows."""
    (code,) = CODE.findall(message.text)
    return str(code)


async def link(slack: Slack, app: App, portal: Portal, user: str = ANNA, channel: str = DM) -> None:
    """Link a Slack user to Ann, the way partners do."""
    before = len(slack.said(channel))
    await app.post(slack.message("Link my account!", user=user, channel=channel))
    shown = (await slack.until(before + 1, channel))[-1]
    answer = await app.client.post("/api/slack/link", json={"code": code_in(shown)}, headers=await portal.session())
    assert answer.status_code == 200, answer.text
    await slack.until(before + 2, channel)


async def rows(stored: Database, kind: type[Any]) -> list[Any]:
    """All rows of a table."""
    return list(await asyncio.to_thread(stored.read, lambda session: session.scalars(select(kind)).all()))


async def confirm(body: dict[str, Any]) -> Response:
    """An engine in which everything said confirms a draft."""
    ticket = {
        "draft": body["metadata"]["turn_id"],
        "type": "general.other",
        "subject": body["message"],
        "description": body["message"],
        "fields": {},
        "contact": {"name": "Typed"},
        "queue": "General Questions",
        "priority": "normal",
        "language": "en",
        "triage": {"type": "general.other"},
    }
    return said(record={"ticket": ticket})


class TestByThePartner:
    async def test_a_code_is_shown_entered_and_confirmed(
        self, slack: Slack, app: App, portal: Portal, rasa: Rasa, stored: Database
    ) -> None:
        await app.post(slack.message("Please link my account."))
        (shown,) = await slack.until(1, DM)
        assert f"<{PAGE}>" in shown.text
        session = await portal.session()
        entered = {"code": code_in(shown).lower().replace("-", " ")}
        answer = await app.client.post("/api/slack/link", json=entered, headers=session)
        assert (answer.status_code, answer.json()) == (200, {"name": "Ann <Boss>", "company": "Acme"})
        _, told = await slack.until(2, DM)
        assert "I know you now as Ann &lt;Boss&gt;, Acme" in told.text
        assert rasa.heard == [], "the engine has no part in it"
        again = await app.client.post("/api/slack/link", json=entered, headers=session)
        assert (again.status_code, again.json()["detail"]) == (404, wording.NO_SUCH_CODE)
        (row,) = await rows(stored, SlackUser)
        (partner,) = await rows(stored, Partner)
        assert (row.team, row.user, row.partner_id, row.linked_by) == (TEAM, ANNA, partner.id, "partner")

    async def test_nobody_and_anonymous_callers_link_nothing(self, slack: Slack, app: App, portal: Portal) -> None:
        await app.post(slack.message("link my account"))
        (shown,) = await slack.until(1, DM)
        anonymous = await app.client.post("/api/web/session", json={}, headers={"x-care-chat": "1"})
        for headers in ({}, {"authorization": f"Bearer {anonymous.json()['session']}"}):
            for method in ("POST", "DELETE"):
                body = {"code": code_in(shown)} if method == "POST" else None
                answer = await app.client.request(method, "/api/slack/link", json=body, headers=headers)
                assert answer.status_code == 401
        good = await app.client.post("/api/slack/link", json={"code": code_in(shown)}, headers=await portal.session())
        assert good.status_code == 200, "it was not used up"

    async def test_guesses_are_limited(self, slack: Slack, app: App, portal: Portal) -> None:
        session = await portal.session()
        guesses = [
            (await app.client.post("/api/slack/link", json={"code": f"000-000-00{n}"}, headers=session)).status_code
            for n in range(12)
        ]
        assert guesses == [404] * 10 + [429] * 2
        await app.post(slack.message("link my account"))
        (shown,) = await slack.until(1, DM)
        answer = await app.client.post("/api/slack/link", json={"code": code_in(shown)}, headers=session)
        assert answer.status_code == 429, "a right one too"

    async def test_a_foreign_page_and_a_form_link_nothing(self, app: App, portal: Portal) -> None:
        session = await portal.session()
        foreign = await app.client.post(
            "/api/slack/link", json={"code": "x"}, headers={**session, "origin": "https://evil.example"}
        )
        form = await app.client.post("/api/slack/link", data={"code": "x"}, headers=session)
        assert (foreign.status_code, form.status_code) == (403, 422)

    async def test_in_a_channel_no_code_is_shown(self, slack: Slack, app: App, rasa: Rasa, stored: Database) -> None:
        await app.post(slack.message(f"<@{BOT}> link my account", channel=CHANNEL, kind="app_mention"))
        (answer,) = await slack.until(1)
        assert answer.text == words()["link_in_private"]
        assert rasa.heard == []

    async def test_a_code_that_may_have_arrived_is_not_shown_twice_and_works(
        self, slack: Slack, app: App, portal: Portal
    ) -> None:
        bad = [Fault(cut=True, taken=True)]
        slack.weather = lambda method, _: bad.pop() if method == "chat.postMessage" and bad else None
        await app.post(slack.message("link my account"))
        await app.post(slack.message("hello"))
        shown, _ = await slack.until(2, DM)
        answer = await app.client.post("/api/slack/link", json={"code": code_in(shown)}, headers=await portal.session())
        assert answer.status_code == 200

    async def test_a_code_stands_in_no_table(self, slack: Slack, app: App, stored: Database) -> None:
        await app.post(slack.message("link my account"))
        (shown,) = await slack.until(1, DM)
        await asyncio.sleep(0.3)

        def dump(session: Session) -> str:
            raw = session.connection().connection.driver_connection
            assert raw is not None
            return "\n".join(raw.iterdump())

        text = await asyncio.to_thread(stored.read, dump)
        assert "slack_codes" in text
        assert code_in(shown) not in text
        assert code_in(shown).replace("-", "") not in text

    async def test_the_home_offers_it_and_says_who_is_linked(self, slack: Slack, app: App, portal: Portal) -> None:
        await app.post(slack.event(HOME))
        while ANNA not in slack.homes:
            await asyncio.sleep(0.02)
        press = slack.press_at_home(0, begins="link")
        assert [await app.post(press), await app.post(press)] == [200, 200]
        quoted, shown = await slack.until(2, DM)
        assert quoted.text == "> link my account"
        body = {"code": code_in(shown)}
        await app.client.post("/api/slack/link", json=body, headers=await portal.session())
        await slack.until(3, DM)
        slack.homes.clear()
        await app.post(slack.event(HOME))
        while ANNA not in slack.homes:
            await asyncio.sleep(0.02)
        assert "Linked: Ann &lt;Boss&gt;, Acme" in str(slack.homes[ANNA])
        assert words()["link_button"] not in str(slack.homes[ANNA])

    async def test_it_is_offered_where_an_anonymous_partner_is_asked_who_they_are(
        self, slack: Slack, app: App, rasa: Rasa
    ) -> None:
        async def ask(body: dict[str, Any]) -> Response:
            asked = {"text": "Who is asking?", "buttons": [], "data": {"type": "ask", "slot": "contact_name"}}
            return JSONResponse([{"recipient_id": "x", "custom": {"replies": [asked], "record": {}}}])

        rasa.answer = ask
        await app.post(slack.message("open a ticket"))
        await app.post(slack.message(f"<@{BOT}> open a ticket", channel=CHANNEL, kind="app_mention"))
        (asked,), (in_channel,) = await slack.until(1, DM), await slack.until(1, CHANNEL)
        assert words()["link_hint"] in asked.text
        assert words()["link_hint"] not in in_channel.text
        press = slack.press_at_home(0, begins="link") if slack.homes else None
        assert press is None
        button = asked.blocks[-1]["accessory"]
        assert await app.post(slack.press_accessory(asked, button)) == 200
        shown = (await slack.until(3, DM))[-1]
        assert code_in(shown)

    @pytest.mark.parametrize("data", [{"type": "no_answer", "ticket": "CC-000001"}, {"type": "tickets", "numbers": []}])
    async def test_it_is_offered_where_no_ticket_is_found(
        self, slack: Slack, app: App, portal: Portal, rasa: Rasa, data: dict[str, Any]
    ) -> None:
        async def none(body: dict[str, Any]) -> Response:
            found = {"text": "I find none.", "buttons": [], "data": data}
            return JSONResponse([{"recipient_id": "x", "custom": {"replies": [found], "record": {}}}])

        rasa.answer = none
        await app.post(slack.message("CC-000001"))
        (unknown,) = await slack.until(1, DM)
        assert words()["link_hint"] in unknown.text
        await link(slack, app, portal)
        before = len(slack.messages)
        await app.post(slack.message("CC-000001"))
        linked = (await slack.until(before + 1))[-1]
        assert words()["link_hint"] not in linked.text

    async def test_without_a_portal_nothing_is_offered_that_leads_nowhere(
        self, slack: Slack, run_app: RunApp, rasa: Rasa
    ) -> None:
        async def ask(body: dict[str, Any]) -> Response:
            asked = {"text": "Who is asking?", "buttons": [], "data": {"type": "ask", "slot": "contact_name"}}
            return JSONResponse([{"recipient_id": "x", "custom": {"replies": [asked], "record": {}}}])

        rasa.answer = ask
        async with run_app() as app:
            await app.post(slack.event(HOME))
            await app.post(slack.message("open a ticket"))
            await slack.until(1, DM)
            await app.post(slack.message("link my account"))
            asked, told = await slack.until(2, DM)
            while ANNA not in slack.homes:
                await asyncio.sleep(0.02)
        assert asked.text == "Who is asking?"
        assert told.text == words()["link_nowhere"]
        assert words()["link_button"] not in str(slack.homes[ANNA])

    async def test_unlinking_in_slack_and_on_the_portal(
        self, slack: Slack, app: App, portal: Portal, stored: Database
    ) -> None:
        await link(slack, app, portal)
        await app.post(slack.message("unlink my account"))
        assert (await slack.until(3, DM))[-1].text == words()["unlinked"]
        await app.post(slack.message("unlink my account"))
        assert (await slack.until(4, DM))[-1].text == words()["not_linked"]
        await link(slack, app, portal)
        answer = await app.client.delete("/api/slack/link", headers=await portal.session("bob"))
        assert answer.json() == {"unlinked": 0}
        answer = await app.client.delete("/api/slack/link", headers=await portal.session())
        assert answer.json() == {"unlinked": 1}
        assert (await slack.until(7, DM))[-1].text == words()["unlinked"]
        assert await rows(stored, SlackUser) == []


class TestLinked:
    async def test_a_ticket_carries_the_partner_and_is_seen_on_the_portal(
        self, slack: Slack, app: App, portal: Portal, rasa: Rasa, stored: Database
    ) -> None:
        await link(slack, app, portal)
        rasa.answer = confirm
        await app.post(slack.message("No sound since Monday"))
        await slack.until(3, DM)
        (ticket,) = await rows(stored, Ticket)
        assert ticket.contact == {"name": "Ann <Boss>", "company": "Acme", "email": "ann@acme.example"}
        listed = await app.client.get("/api/tickets", headers=await portal.session())
        assert [one["number"] for one in listed.json()] == [ticket.name]
        (conversation,) = [one for one in await rows(stored, Conversation) if one.channel == "slack"]
        assert conversation.partner_id == ticket.partner_id

    async def test_in_a_thread_the_person_who_confirms_counts(
        self, slack: Slack, app: App, portal: Portal, rasa: Rasa, stored: Database
    ) -> None:
        await link(slack, app, portal)
        mention = slack.message(f"<@{BOT}> hello", channel=CHANNEL, kind="app_mention", user=BEN)
        thread = mention["event"]["ts"]
        await app.post(mention)
        await slack.until(1, CHANNEL)
        rasa.answer = confirm
        await app.post(slack.message("by Anna", channel=CHANNEL, thread=thread, user=ANNA))
        await slack.until(2, CHANNEL)
        await app.post(slack.message("by Ben", channel=CHANNEL, thread=thread, user=BEN))
        await slack.until(3, CHANNEL)
        of = {ticket.subject: ticket for ticket in await rows(stored, Ticket)}
        assert of["by Anna"].contact["name"] == "Ann <Boss>"
        assert of["by Ben"].partner_id is None
        assert of["by Ben"].contact == {"name": "Typed"}

    async def test_a_press_counts_as_its_own_persons(
        self, slack: Slack, app: App, portal: Portal, rasa: Rasa, stored: Database
    ) -> None:
        await link(slack, app, portal)

        async def offer(body: dict[str, Any]) -> Response:
            return said("Open it?", buttons=[{"title": "Yes", "payload": "/affirm"}])

        rasa.answer = offer
        await app.post(slack.message(f"<@{BOT}> hello", channel=CHANNEL, kind="app_mention", user=BEN))
        (offered,) = await slack.until(1, CHANNEL)
        rasa.answer = confirm
        await app.post(slack.press(offered, "Yes", user=ANNA))
        await slack.until(2, CHANNEL)
        (ticket,) = await rows(stored, Ticket)
        assert ticket.partner_id is not None

    async def test_a_guest_from_another_workspace_with_the_same_id_is_nobody(
        self, slack: Slack, app: App, portal: Portal, stored: Database
    ) -> None:
        await link(slack, app, portal)
        mention = slack.message(f"<@{BOT}> hello", channel=CHANNEL, kind="app_mention", user_team="T0GUEST")
        await app.post(mention)
        await slack.until(1, CHANNEL)
        (turn,) = await rows(stored, Turn)
        assert turn.partner_id is None

    async def test_an_operators_link_counts_from_the_next_message(
        self, slack: Slack, run_app: RunApp, rasa: Rasa, stored: Database
    ) -> None:
        def by_hand(session: Session) -> None:
            ann = known_partner(session, ISSUER, "ann", "acme", company_name="Acme", name="Ann", email="")
            slack_users.link(session, TEAM, ANNA, ann, "command line")

        async with run_app() as app:
            await app.post(slack.message("hello"))
            await slack.until(1)
        await asyncio.to_thread(stored.write, by_hand)
        async with run_app() as app:
            await app.post(slack.message("hello again"))
            await slack.until(2)
        turns = await rows(stored, Turn)
        assert [turn.partner_id is None for turn in sorted(turns, key=lambda turn: turn.seq)] == [True, False]


@pytest.mark.parametrize("text", ["link my account", "Link my account!", " UNLINK  me. "])
def test_the_wish_is_heard(text: str) -> None:
    assert linking.wish(text) is not None


@pytest.mark.parametrize(
    "text", ["", "how do I link my account?", "the link is broken", "unlink", "link 2 accounts me"]
)
def test_other_words_are_no_wish(text: str) -> None:
    assert linking.wish(text) is None
