"""A partner who opens a ticket in the web chat: says what it is about and who asks, up to the button that opens it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.promises.clients import ChatClient, Frame
from tests.promises.server_log import reading

NUMBER = re.compile(r"CC-\d{6}")
WHO = "Mario Rossi, Telesistemi srl, mario@telesistemi.example"
ONWARD = {"No more questions", "General question", "Open a new ticket"}
SEND = {"Open the ticket", "Open it incomplete"}
_MOST_STEPS = 8
_PATIENCE = 90.0


async def draft_a_ticket(client: ChatClient, about: str) -> None:
    """Talk until the draft is shown and only its button is left to press."""
    client.say(f"open a ticket: {about}")
    for step in range(1, _MOST_STEPS):
        await client.until(lambda step=step: len(client.events("bot")) >= step, _PATIENCE, f"reply {step}")  # type: ignore[misc]
        reply = client.events("bot")[-1]
        if reply["data"]["type"] == "draft":
            return
        if token := button_of(reply, ONWARD):
            client.press(token)
        else:
            assert reply["data"].get("slot") == "contact_name", reply
            client.say(WHO)
    raise AssertionError(client.transcript)


def press_open(client: ChatClient) -> str:
    """Press the button of the draft that is shown."""
    token = button_of(client.events("bot")[-1], SEND)
    assert token is not None
    return client.press(token)


def button_of(reply: Frame, titles: set[str]) -> str | None:
    """The token of a reply's button with one of these titles."""
    return next((str(button["payload"]) for button in reply["buttons"] if button["title"] in titles), None)


def claimed(client: ChatClient) -> list[str]:
    """The numbers that the partner was shown, as often as they were shown as a ticket."""
    return [str(event["data"]["number"]) for event in client.events("bot") if event["data"].get("type") == "ticket"]


def tickets(data_dir: Path, conversation: str) -> list[dict[str, Any]]:
    """The rows of a conversation's tickets."""
    with reading(data_dir / "care.db") as connection:
        rows = connection.execute("SELECT number, key FROM tickets WHERE conversation_id = ?", [conversation])
        return [{"number": f"CC-{number:06d}", "key": key} for number, key in rows.fetchall()]


CONTACT = {"name": "Mario Rossi", "company": "Telesistemi srl", "email": "mario@telesistemi.example"}
