"""A ticket as agents see it in Slack: within Slack's limits whatever the partner wrote, and never cut off silently."""

from __future__ import annotations

from typing import Any

import pytest

from bot.slack.blocks import MOST_MESSAGE, Message, words
from bot.slack.ticket_message import digest, message, moved
from tests.slack_world import problems
from tickets.agent_models import Agent
from tickets.base import now
from tickets.ticket_models import Ticket
from tickets.types import ticket_types

CONSOLE = "https://care.example/console"
HOSTILE = [
    "<!channel> <@U1> <https://evil.example|Open in console>",
    "&" * 5000,
    "<" * 200,
    "a" * 20_000,
    "line\n" * 4000,
    "> quoted\n```code```",
    "\u202eright to left",
    "   \n\t ",
    "{name} {0} %s",
]


def ticket(text: str = "Order 4711 has not come.", **values: Any) -> Ticket:
    """A ticket in which a partner wrote this everywhere."""
    given = {
        "number": 7,
        "id": "0" * 32,
        "subject": text[:200],
        "description": text,
        "contact": {"name": text[:200], "company": text[:200], "email": text[:200]},
        "channel": "web",
        "queue": "Orders",
        "type": "orders.tracking",
        "priority": "high",
        "state": "new",
        "missing": list(ticket_types()["general.move_ownership"].missing({})),
        "triage": {
            "priority": "high",
            "priority_reason": text,
            "findings": [{"decision": text}] * 9,
        },
        "triage_due": False,
        "due_at": now(),
        **values,
    }
    return Ticket(**given)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("state", ["new", "closed"])
def test_slack_takes_it(text: str, state: str) -> None:
    agent = Agent(shown=text[:80])
    for made in (message(ticket(text, state=state), agent, CONSOLE, 3), moved(ticket(text), CONSOLE, 3)):
        assert problems({"text": made.text, "blocks": made.blocks}) == []
        assert len(made.text) <= MOST_MESSAGE
        assert "CC-000007" in made.text


def test_what_has_no_room_is_said_to_be_in_the_console() -> None:
    made = message(ticket("word " * 1000), None, CONSOLE, 0)
    assert words()["agents_more"].strip() in made.text.splitlines()[-1]
    assert words()["agents_more"].strip() not in message(ticket(contact={}), None, CONSOLE, 0).text


def shown(made: Message) -> list[str]:
    """What can be done, by its action."""
    return [one["action_id"].removeprefix("agents:") for one in made.blocks[-1]["elements"]]


@pytest.mark.parametrize(
    ("values", "actions"),
    [
        ({}, ["take", "priority", "open"]),
        ({"assignee_id": "a"}, ["priority", "open"]),
        ({"state": "waiting", "assignee_id": "a"}, ["priority", "open"]),
        ({"state": "resolved"}, ["open"]),
        ({"state": "closed", "assignee_id": "a"}, ["open"]),
    ],
)
def test_what_can_be_done_follows_the_ticket(values: dict[str, Any], actions: list[str]) -> None:
    assert shown(message(ticket(**values), None, CONSOLE, 0)) == actions


def test_a_reason_is_shown_only_of_the_priority_that_it_is_for() -> None:
    made = message(
        ticket(priority="low", triage={"priority": "high", "priority_reason": "it says so"}), None, CONSOLE, 0
    )
    assert "it says so" not in made.text


def test_our_own_markdown_is_shown_and_a_partners_is_not_a_command() -> None:
    found = message(ticket(triage={"findings": [{"decision": "It takes **1 day**, <!here>."}]}), None, CONSOLE, 0)
    assert "It takes *1 day*, &lt;!here&gt;." in found.text


@pytest.mark.parametrize("triage", [{}, {"findings": 3}, {"findings": [1, {"decision": 2}], "priority_reason": []}])
def test_a_triage_of_another_version_does_no_harm(triage: dict[str, Any]) -> None:
    assert "CC-000007" in message(ticket(triage=triage), None, CONSOLE, 0).text


def test_the_same_under_another_version_is_the_same() -> None:
    one, two = (message(ticket(due_at=None), None, CONSOLE, version) for version in (1, 2))
    other = message(ticket(due_at=None, priority="low"), None, CONSOLE, 1)
    assert digest(one) == digest(two) != digest(other)
