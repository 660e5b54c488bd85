"""P9: replies survive Slack's bad days: each arrives once, in order, never before Retry-After, one a second at most.

Of the calls to Slack 30 % are answered by 429, 10 % are cut after Slack took the message, and once Slack is away
altogether. After a send whose outcome is unknown the bot looks for its message before it sends again. Red control:
a build that does not look doubles.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.promises.conftest import Size
from tests.promises.slack_sender import Sender, all_answered, differences, rasa_that_echoes, slack_bot
from tests.promises.test_p7_slack_acknowledged import answers
from tests.slack_world import Fault, Slack

Figures = Callable[[str], None]


async def test_replies_survive_bad_days(tmp_path: Path, size: Size, dice: random.Random, figures: Figures) -> None:
    channels, each, away = size(6, 20), size(4, 50), size(3, 300)
    async with Slack() as slack:
        days = BadDays(dice, away)
        questions = await asked(tmp_path, slack, days, channels, each)
        assert differences(slack, questions) == []
        assert slack.problems == []
        for channel in {message.channel for message in slack.messages}:
            told = [message for message in slack.messages if message.channel == channel]
            assert [message.text for message in told] == [f"re: {channel} {number}" for number in range(each)]
            assert all(later.at - earlier.at >= 1 for earlier, later in pairwise(told))
    assert days.faults[429] > 0
    assert days.faults["cut"] > 0
    assert days.faults["away"] > 0
    figures(f"{len(questions)} replies in {channels} channels: each once, in order; faults {dict(days.faults)}")


async def test_red_control_sending_again_unseen_doubles(tmp_path: Path, dice: random.Random) -> None:
    async with Slack() as slack:
        questions = await asked(tmp_path, slack, BadDays(dice, 0, cuts=0.5), 8, 1, "slack_is_told_again_unseen")
        assert any(not found.startswith(("0", "1 ")) for found in differences(slack, questions))


class BadDays:
    """Slack's weather: too many requests, cuts after the message was taken, and a while in which nobody answers."""

    def __init__(self, dice: random.Random, away: float, cuts: float = 0.1) -> None:
        self.faults: Counter[object] = Counter()
        self._dice = dice
        self._cuts = cuts
        self.away = away
        self._gone = 0.0

    def __call__(self, method: str, arguments: Mapping[str, Any]) -> Fault | None:
        if method == "auth.test":
            return None
        self._gone = self._gone or time.monotonic() + 3
        if self._gone <= time.monotonic() < self._gone + self.away:
            self.faults["away"] += 1
            return self._dice.choice([Fault(503), Fault(cut=True)])
        chance = self._dice.random()
        if chance < 0.3:
            self.faults[429] += 1
            return Fault(429, retry_after=self._dice.randint(1, 3))
        if chance < 0.3 + self._cuts and method == "chat.postMessage":
            self.faults["cut"] += 1
            return Fault(cut=True, taken=True)
        return None


async def asked(
    folder: Path, slack: Slack, days: BadDays, channels: int, each: int, wrong: str | None = None
) -> list[str]:
    """Ask in that many channels at once, and wait for the answers; the questions."""
    slack.weather = days
    names = [f"D{number}BAD" for number in range(channels)]
    questions = [f"{name} {number}" for number in range(each) for name in names]
    async with rasa_that_echoes() as rasa:
        bot = slack_bot(folder / "var", slack, rasa.url, wrong)
        sender = Sender([bot])
        try:
            await asyncio.to_thread(bot.start)
            await asyncio.to_thread(answers, bot)
            for question in questions:
                assert await sender.deliver(slack.message(question, channel=question.split()[0]))
            await all_answered(slack, questions, 90 + 12 * each + 3 * days.away)
        finally:
            await sender.close()
            await asyncio.to_thread(bot.close)
    return questions
