"""Slack with the real engine: an answer, a calculation and a ticket, every message within Slack's limits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.promises.bots import Bot
from tests.promises.slack_sender import Sender
from tests.promises.ticket_talk import NUMBER, ONWARD, SEND, WHO
from tests.service import Service
from tests.slack_world import DM, Posted, Slack


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

    async def _answer(self, event: dict[str, object], messages: int = 1) -> Posted:
        before = len(self._slack.messages)
        assert await self._sender.deliver(event)
        await self._slack.until(before + messages, DM, 60)
        while True:  # several messages come a second apart
            count = len(self._slack.messages)
            await asyncio.sleep(2.5)
            if len(self._slack.messages) == count:
                return self._slack.messages[-1]


@pytest.fixture
async def partner(service: Service, tmp_path: Path) -> AsyncIterator[Partner]:
    """A partner in a workspace whose bot has the real engine."""
    async with Slack() as slack:
        bot = Bot(tmp_path / "bot", service, None, slack.settings())
        sender = Sender([bot])
        try:
            await asyncio.to_thread(bot.start)
            yield Partner(slack, sender)
        finally:
            await sender.close()
            await asyncio.to_thread(bot.kill)
        assert slack.problems == []


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


async def test_a_picked_message_becomes_a_draft(partner: Partner) -> None:
    said = await partner.pick("The invoice 2026/123 of 3 March 2026 charges 5 licences twice")
    assert said.buttons().keys() & (SEND | ONWARD) or "who" in said.text.lower() or "name" in said.text.lower()
