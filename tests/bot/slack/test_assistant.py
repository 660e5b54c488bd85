"""Suggested prompts and titles of threads, in both of Slack's views, and with neither."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import pytest

from bot.slack.assistant import title
from bot.slack.blocks import words
from tests.bot.peers import Rasa
from tests.bot.slack.conftest import App
from tests.slack_world import DM, Fault, Slack

STARTERS = words()["home_questions"].splitlines()
PROMPTS, TITLE = "assistant.threads.setSuggestedPrompts", "assistant.threads.setTitle"


async def until(there: Callable[[], object]) -> None:
    """Wait until something is there."""
    async with asyncio.timeout(20):
        while not there():
            await asyncio.sleep(0.02)


async def test_prompts_are_suggested_where_the_messages_are_opened(slack: Slack, app: App) -> None:
    slack.view = "agent"
    assert await app.post(slack.opened("messages")) == 200
    await until(lambda: slack.prompts)
    assert slack.prompts == {(DM, None): [{"title": one, "message": one} for one in STARTERS[:4]]}


async def test_an_older_thread_gets_prompts_and_is_called_by_its_first_question(
    slack: Slack, app: App, rasa: Rasa
) -> None:
    slack.view, thread = "assistant", slack.ts()
    assert await app.post(slack.began(thread)) == 200
    await until(lambda: slack.prompts)
    assert list(slack.prompts) == [(DM, thread)]
    first = slack.message("how &lt;long&gt; is\nporting?", thread=thread)
    await app.post(first)
    await until(lambda: slack.titles)
    assert await app.post(slack.message("and then?", thread=thread)) == 200
    assert await app.post(first) == 200
    await slack.until(2)
    assert slack.titles == {(DM, thread): "how &lt;long&gt; is porting?"}
    assert slack.calls.count(TITLE) == 1, "only for the first"
    assert {message.thread for message in slack.messages} == {thread}
    assert rasa.messages == ["how <long> is\nporting?", "and then?"]


async def test_without_the_scope_slack_is_asked_once_and_all_else_works(
    slack: Slack, app: App, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await app.post(slack.opened("messages"))
    await until(lambda: slack.calls.count(PROMPTS))
    await until(lambda: "missing_scope" in caplog.text)
    await app.post(slack.opened("messages"))
    await app.post(slack.began(slack.ts()))
    await app.post(slack.message("zebrafinch", thread=slack.ts()))
    await slack.until(1)
    assert (slack.calls.count(PROMPTS), slack.calls.count(TITLE)) == (1, 0)
    assert "zebrafinch" not in caplog.text


@pytest.mark.parametrize("fault", [Fault(429, retry_after=1), Fault(cut=True), Fault(500)], ids=str)
async def test_a_bad_moment_costs_the_prompts_only(slack: Slack, app: App, fault: Fault) -> None:
    slack.view = "agent"
    bad = [fault]
    slack.weather = lambda method, _: bad.pop() if method == PROMPTS and bad else None
    assert await app.post(slack.opened("messages")) == 200
    await until(lambda: not bad)
    assert await app.post(slack.opened("messages")) == 200
    await until(lambda: slack.prompts)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("short", "short"),
        ("two\n  lines", "two lines"),
        ("word " * 12, "word " * 11 + "word"),
        ("word " * 13, "word " * 11 + "word…"),
        ("x" * 61, "x" * 59 + "…"),
    ],
)
def test_a_title_is_one_short_line(text: str, shown: str) -> None:
    assert title(text) == shown
