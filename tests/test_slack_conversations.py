"""Slack with the real engine: an answer, a calculation and a ticket, every message within Slack's limits."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.slack.blocks import words
from tests.portals import SigningPortal
from tests.promises.bots import Bot
from tests.promises.slack_sender import Sender
from tests.promises.ticket_talk import NUMBER, ONWARD, SEND, WHO
from tests.service import Service
from tests.slack_world import DM, Posted, Slack

PORTAL = SigningPortal()


class Partner:
    """Somebody who writes to the bot in direct messages."""

    def __init__(self, slack: Slack, sender: Sender) -> None:
        self._slack = slack
        self._sender = sender

    async def say(self, text: str) -> Posted:
        """Write something; the last message of what comes back."""
        return await self._answer(self._slack.message(text))

    async def press(self, message: Posted, title: str) -> Posted:
        """Press a button; the last message of what comes back."""
        return await self._answer(self._slack.press(message, title))

    async def pick(self, text: str) -> Posted:
        """Pick somebody's message for a ticket; the last message of what comes back."""
        return await self._answer(self._slack.pick(text), 2)

    async def open(self, message: Posted, title: str) -> dict[str, Any]:
        """The form that a button opens."""
        assert await self._sender.deliver(self._slack.press(message, title))
        return [*self._slack.views.values()][-1]

    async def fill_in(self, view: Mapping[str, Any], **typed: str) -> Posted:
        """Send a form; the last message of what comes back behind the lines that were filled in."""
        return await self._answer(self._slack.submit(view, **typed), 2)

    async def _answer(self, event: dict[str, Any], messages: int = 1) -> Posted:
        before = len(self._slack.messages)
        assert await self._sender.deliver(event)
        await self._slack.until(before + messages, DM, 60)
        while True:  # several messages come a second apart
            count = len(self._slack.messages)
            await asyncio.sleep(2.5)
            if len(self._slack.messages) == count:
                return self._slack.messages[-1]


@asynccontextmanager
async def writing_to(make: Callable[[Slack], Service]) -> AsyncIterator[tuple[Partner, Service]]:
    """A partner in a workspace, and its bot."""
    async with Slack() as slack:
        bot = make(slack)
        sender = Sender([bot])
        try:
            await asyncio.to_thread(bot.start)
            yield Partner(slack, sender), bot
        finally:
            await sender.close()
            await asyncio.to_thread(bot.kill)
        assert slack.problems == []


@pytest.fixture
async def partner(service: Service, tmp_path: Path) -> AsyncIterator[Partner]:
    """A partner in a workspace whose bot has the real engine."""
    async with writing_to(lambda slack: Bot(tmp_path / "bot", service, None, slack.settings())) as (partner, _):
        yield partner


async def test_a_question_is_answered_with_source_and_feedback(partner: Partner) -> None:
    answer = await partner.say("What is the maximum dispute period?")
    assert "context" in [block["type"] for block in answer.blocks], "the source"
    helpful = next(iter(answer.buttons()))
    await partner.press(answer, helpful)
    assert answer.blocks[-1]["elements"][0]["text"] == f"✓ {helpful}"


async def test_a_calculation_is_asked_for_step_by_step(partner: Partner) -> None:
    said = await partner.say("How long can I still dispute an invoice? Work it out for me.")
    result = await partner.say("1 March 2026")
    assert said.text != result.text


async def test_a_calculation_is_filled_in_as_a_form(partner: Partner) -> None:
    asked = await partner.say("credit note for our hardware converted to HWaaS, calculate please")
    view = await partner.open(asked, words()["form_button_policy"])
    price = {"Hardware (1): price of all of it": "1000", "Currency": "EUR"}
    result = await partner.fill_in(
        view, **{"Hardware (1): ordered on": "2025-05-12", "Conversion": "2026-01-31"}, **price
    )
    assert "The credit note is 1,000.00 EUR: 100 % of 1,000.00 EUR" in result.text
    assert "for a conversion until 11 May 2026" in result.text
    while asked.buttons():
        await asyncio.sleep(0.1)
    assert asked.blocks[-1]["elements"][0]["text"] == "✓ Filled in"


async def test_a_ticket_is_filled_in_as_a_form_and_confirmed(partner: Partner) -> None:
    asked = await partner.say("open a ticket: our HWaaS phone was stolen from the reception last night")
    view = await partner.open(asked, words()["form_button_ticket"])
    who = {
        words()["form_name"]: "Mario Rossi",
        words()["form_company"]: "Telesistemi",
        words()["form_email"]: "m@t.com",
    }
    draft = await partner.fill_in(view, **{"Serial number": "9C7514A0B1C2", "PBX": "Milano Works"}, **who)
    assert "serial number: 9C7514A0B1C2" in draft.text
    opened = await partner.press(draft, (draft.buttons().keys() & SEND).pop())
    assert NUMBER.search(opened.text)


async def test_a_ticket_is_opened_once(partner: Partner) -> None:
    said = await partner.say("open a ticket: the invoice 2026/123 of 3 March 2026 charges 5 licences twice")
    for _ in range(8):
        titles = said.buttons().keys()
        if send := titles & SEND:
            break
        onward = titles & ONWARD
        said = await (partner.press(said, onward.pop()) if onward else partner.say(WHO))
    opened = await partner.press(said, send.pop())
    assert NUMBER.search(opened.text)
    assert said.buttons() == {}, "the button is gone"


async def test_a_picked_message_becomes_a_draft_whatever_was_asked_before(partner: Partner) -> None:
    await partner.say("How long does a porting take?")
    said = await partner.pick("The invoice 2026/123 of 3 March 2026 charges 5 licences twice")
    assert said.text.startswith("*Dispute an invoice:*")
    assert words()["form_button_ticket"] in said.buttons()


async def test_a_button_of_an_earlier_message_is_about_that_message(partner: Partner) -> None:
    unknown = await partner.say("do you sell red garden chairs in Bologna?")
    await partner.say("How long can I dispute an invoice?")
    draft = await partner.press(unknown, "Open a ticket")
    view = await partner.open(draft, words()["form_button_ticket"])
    (text,) = [block for block in view["blocks"] if block.get("label", {}).get("text") == words()["form_text"]]
    assert text["element"]["initial_value"] == "do you sell red garden chairs in Bologna?"


async def test_a_linked_partner_is_not_asked_who_they_are(tmp_path: Path) -> None:
    """With `actions` of its own, which reads in this bot's database who is linked."""

    def make(slack: Slack) -> Service:
        return Service(tmp_path / "whole", {**slack.settings(), **PORTAL.settings})

    async with writing_to(make) as (partner, bot):
        await link_in_the_middle(partner, bot.url)


async def link_in_the_middle(partner: Partner, url: str) -> None:
    """Link the account where a draft asks who writes, and open it."""
    said = await partner.say("open a ticket: the invoice 2026/123 of 3 March 2026 charges 5 licences twice")
    for _ in range(8):
        if "Who is asking?" in said.text:
            break
        said = await partner.press(said, (said.buttons().keys() & ONWARD).pop())
    assert words()["link_hint"] in said.text

    shown = await partner.say("link my account")
    code = re.search(r"\w{3}-\w{3}-\w{3}", shown.text)
    assert code is not None
    async with httpx.AsyncClient(base_url=url, headers={"x-care-chat": "1"}) as portal:
        token = {"token": PORTAL.token("ann", name="Ann", company_name="Acme")}
        session = (await portal.post("/api/web/session", json=token)).json()["session"]
        signed_in = {"authorization": f"Bearer {session}"}
        answer = await portal.post("/api/slack/link", json={"code": code[0]}, headers=signed_in)
        assert answer.status_code == 200, answer.text

        draft = await partner.say("go on")
        opened = await partner.press(draft, (draft.buttons().keys() & SEND).pop())
        number = NUMBER.search(opened.text)
        assert number is not None
        listed = await portal.get("/api/tickets", headers=signed_in)
        assert [one["number"] for one in listed.json()] == [number[0]]
    assert number[0] in (await partner.say("my tickets")).text


async def test_agents_get_a_ticket_of_the_api_in_the_channel_that_triage_finds(tmp_path: Path) -> None:
    agents = {"CARE_SLACK_AGENT_CHANNELS": "Billing=C0BILLING", "CARE_CONSOLE_URL": "https://care.example/console"}
    body = {
        "subject": "Invoice 2026/123 is wrong",
        "description": "The invoice 2026/123 of 3 March 2026 charges 5 licences twice. Please correct it.",
        "contact": {"name": "Ann", "company": "Acme", "email": "ann@acme.example"},
    }
    async with Slack() as slack:
        bot = Service(tmp_path / "whole", {**slack.settings(), **agents})
        try:
            await asyncio.to_thread(bot.start)
            async with httpx.AsyncClient(base_url=bot.url) as caller:
                opened = await caller.post("/api/tickets", json=body, headers={"idempotency-key": "a" * 16})
            (shown,) = await slack.until(1, "C0BILLING", 60)
        finally:
            await asyncio.to_thread(bot.kill)
        assert opened.json()["number"] in shown.text
        assert "*Queue* Billing · Dispute an invoice" in shown.text
        assert re.search(r"\*Priority\* \w+ — \w", shown.text), "and why"
        assert slack.problems == []
