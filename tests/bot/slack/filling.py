"""Opening and filling in forms, as tests of them do: an engine that offers one, its modal, what comes back."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from bot.slack.blocks import words
from tests.bot.peers import Answer, Rasa
from tests.bot.slack.conftest import App
from tests.slack_world import ANNA, Posted, Slack
from tickets.filled import Filled, read

FORM = words()["form_button_policy"]


def saying(**data: Any) -> Answer:
    """An engine that says one thing with this data, and a button."""

    async def answer(_: dict[str, Any]) -> Response:
        reply = {"text": "Which date?", "buttons": [{"title": "Stop", "payload": "/deny"}], "data": data}
        return JSONResponse([{"custom": {"replies": [reply], "record": {}}}])

    return answer


def asking(**values: Any) -> Answer:
    """An engine that asks for a value of a calculation."""
    return saying(type="ask", policy="dispute_window", values=values, part={})


async def asked(slack: Slack, app: App, rasa: Rasa, text: str = "dispute?", **values: Any) -> Posted:
    """The bot's question."""
    rasa.answer = asking(**values)
    count = len(slack.messages)
    await app.post(slack.message(text))
    return (await slack.until(count + 1))[-1]


async def opened(slack: Slack, app: App, message: Posted, user: str = ANNA) -> dict[str, Any]:
    """The form that the message's button opens."""
    known = set(slack.views)
    assert await app.post(slack.press(message, FORM, user)) == 200
    (name,) = slack.views.keys() - known
    return slack.views[name]


async def sent(app: App, submission: dict[str, Any]) -> dict[str, Any]:
    """What comes back for a form that is sent."""
    answer = await app.ask(submission)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json() if answer.text else {}
    return found


def texts(view: dict[str, Any]) -> str:
    """What a modal says beside its inputs."""
    return "\n".join(block["text"]["text"] for block in view["blocks"] if block["type"] == "section")


def forms_heard(rasa: Rasa) -> list[Filled]:
    return [form for message in rasa.messages if (form := read(message)) is not None]
