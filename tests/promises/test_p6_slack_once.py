"""P6: however often and in whatever order Slack delivers an event, it is answered once, on two replicas.

Events come one to four times, shuffled, some first as retries, to either of two `bot` processes on one PostgreSQL;
mentions come as the twins that Slack makes of them. Other bots, and our own messages, are never answered.
A form that is sent again and again is taken once.
Red controls: a build that drops what has a retry header loses, one that keeps no key doubles.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.responses import JSONResponse, Response

from bot.slack.blocks import words
from tests.bot.peers import Answer, echo
from tests.postgres import Postgres, postgres
from tests.promises.conftest import Size
from tests.promises.slack_sender import Event, Sender, all_answered, differences, rasa_that_echoes, slack_bot
from tests.slack_world import BOT, CHANNEL, Slack

__all__ = ["postgres"]
AT_ONCE = 10
Figures = Callable[[str], None]


async def test_every_event_is_answered_once(
    postgres: Postgres, tmp_path: Path, size: Size, dice: random.Random, figures: Figures
) -> None:
    events = size(60, 1000)
    async with workspace(postgres, tmp_path) as (slack, sender):
        questions, deliveries = made(slack, events, dice)
        await send(sender, deliveries, dice)
        await all_answered(slack, questions, 60 + events / 2)
        assert differences(slack, questions) == []
        assert slack.problems == []
        assert sender.statuses == {200: len(deliveries)}
    figures(f"{events} events, {len(deliveries)} deliveries to 2 replicas: each answered once")


async def test_red_control_dropping_retries_loses(postgres: Postgres, tmp_path: Path, dice: random.Random) -> None:
    async with workspace(postgres, tmp_path, "drops_slacks_retries") as (slack, sender):
        questions, deliveries = made(slack, 30, dice)
        await send(sender, deliveries, dice)
        await all_answered(slack, questions, 5)
        assert any(found.startswith("0 times") for found in differences(slack, questions))


async def test_red_control_keeping_no_key_doubles(postgres: Postgres, tmp_path: Path, dice: random.Random) -> None:
    async with workspace(postgres, tmp_path, "keeps_no_slack_key") as (slack, sender):
        questions, deliveries = made(slack, 30, dice)
        await send(sender, deliveries, dice)
        await all_answered(slack, questions, 30)
        assert any(not found.startswith(("0", "1", "nobody")) for found in differences(slack, questions))


async def test_every_form_is_taken_once(
    postgres: Postgres, tmp_path: Path, size: Size, dice: random.Random, figures: Figures
) -> None:
    forms = size(8, 100)
    async with workspace(postgres, tmp_path, answer=asks_for_a_form) as (slack, sender):
        channels = [f"D{number}FORM" for number in range(forms)]
        await send(sender, [(slack.message("dispute?", channel=channel), False) for channel in channels], dice)
        asked = await slack.until(forms, seconds=60 + forms)
        for message in asked:  # each press opens its own
            assert await sender.deliver(slack.press(message, words()["form_button_policy"]), dice.randrange(2))
        assert len(slack.views) == forms
        filled = [slack.submit(view, **{"Invoice date": "2026-05-05"}) for view in slack.views.values()]
        deliveries = [(form, False) for form in filled for _ in range(dice.randint(2, 5))]
        dice.shuffle(deliveries)
        await send(sender, deliveries, dice)
        await slack.until(3 * forms, seconds=60 + forms)
        await asyncio.sleep(2)
        for channel in channels:
            _, shown, answer = slack.said(channel)
            assert shown.startswith("> ")
            assert answer.startswith("re: /fill")
        assert slack.problems == []
    figures(f"{forms} forms, sent {len(deliveries)} times to 2 replicas: each taken once")


async def test_red_control_keeping_no_key_doubles_forms(
    postgres: Postgres, tmp_path: Path, dice: random.Random
) -> None:
    async with workspace(postgres, tmp_path, "keeps_no_slack_key", asks_for_a_form) as (slack, sender):
        assert await sender.deliver(slack.message("dispute?"))
        (asked,) = await slack.until(1)
        assert await sender.deliver(slack.press(asked, words()["form_button_policy"]))
        (view,) = slack.views.values()
        await send(sender, [(slack.submit(view, **{"Invoice date": "2026-05-05"}), False)] * 6, dice)
        await slack.until(3)
        await asyncio.sleep(6)
        assert len(slack.messages) > 3


async def asks_for_a_form(body: dict[str, Any]) -> Response:
    """An engine that asks for a value of a calculation, and says what came of a form."""
    if body["message"].startswith("/fill"):
        return await echo(body)
    data = {"type": "ask", "policy": "dispute_window", "values": {}, "part": {}}
    reply = {"text": "Which date is on the invoice?", "buttons": [], "data": data}
    return JSONResponse([{"custom": {"replies": [reply], "record": {}}}])


@asynccontextmanager
async def workspace(
    postgres: Postgres, folder: Path, wrong: str | None = None, answer: Answer = echo
) -> AsyncIterator[tuple[Slack, Sender]]:
    """A workspace whose bot runs as two processes on one database."""
    with postgres.fresh() as url:
        async with Slack() as slack, rasa_that_echoes() as rasa:
            rasa.answer = answer
            bots = [slack_bot(folder / f"bot{n}", slack, rasa.url, wrong, CARE_DATABASE_URL=url) for n in range(2)]
            sender = Sender(bots)
            try:
                for bot in bots:
                    await asyncio.to_thread(bot.start, True)
                yield slack, sender
            finally:
                await sender.close()
                for bot in bots:
                    await asyncio.to_thread(bot.close)


def made(slack: Slack, count: int, dice: random.Random) -> tuple[list[str], list[tuple[Event, bool]]]:
    """What is asked, and every delivery of it: the event, and whether it bears the marks of a retry."""
    questions, events = [], []
    for number in range(count):
        question = f"question {number}"
        kind = dice.choice(["direct", "direct", "mention", "twins", "bot"])
        if kind == "direct":
            events.append(slack.message(question, channel=f"D{number % max(1, count // 3)}X"))
        elif kind == "bot":
            events.append(slack.message(question, channel=f"D{number}Y", bot_id="B0OTHER", user="U0OTHER"))
            events.append(slack.message(question, channel=f"D{number}Y", user=BOT))
            continue
        else:
            where = {"channel": f"{CHANNEL}{number}", "ts": slack.ts()}
            events.append(slack.message(f"<@{BOT}> {question}", kind="app_mention", **where))
            if kind == "twins":  # of a mention within a thread Slack tells twice
                thread = slack.ts()
                events[-1]["event"]["thread_ts"] = thread
                events.append(slack.message(f"<@{BOT}> {question}", thread=thread, **where))
        questions.append(question)
    deliveries = [(event, False) for event in events for _ in range(dice.randint(1, 4))]
    dice.shuffle(deliveries)
    only_retried = {event["event_id"] for event in events if dice.random() < 0.3}
    seen: set[str] = set()
    marked = []
    for event, _ in deliveries:  # whatever came before is a retry now; some came only so
        marked.append((event, event["event_id"] in seen | only_retried))
        seen.add(event["event_id"])
    return questions, marked


async def send(sender: Sender, deliveries: list[tuple[Event, bool]], dice: random.Random) -> None:
    """Deliver them, ten at a time, each to either replica."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(event: Event, retried: bool, to: int) -> None:
        async with room:
            assert await sender.deliver(event, to, retried=retried)

    await asyncio.gather(*(one(event, retried, dice.randrange(2)) for event, retried in deliveries))
