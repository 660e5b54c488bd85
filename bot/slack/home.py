"""The app's home in Slack: somebody's own tickets, and what is asked most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy.orm import Session

from bot.slack.blocks import words
from bot.slack.markup import escape, split
from tickets.access import own_tickets, viewer_of
from tickets.conversations import conversation_named
from tickets.most_asked import most_asked
from tickets.slack_inbox import CHANNEL
from tickets.slack_models import Place
from tickets.states import SHOWN
from tickets.ticket_models import Ticket

_MOST_TICKETS: Final = 10
_MOST_QUESTIONS: Final = 5
_MOST_SECTION: Final = 3000
ASK: Final = "ask:"  # how actions begin that ask a question

Block = dict[str, Any]


def home(session: Session, place: Place) -> dict[str, Any]:
    """The home of whoever has this direct message."""
    conversation = conversation_named(session, CHANNEL, place.name)
    tickets = own_tickets(session, viewer_of(session, conversation.id), _MOST_TICKETS) if conversation else []
    questions = most_asked(session, _MOST_QUESTIONS) or words()["home_questions"].splitlines()
    return view(tickets, questions)


def view(tickets: Sequence[Ticket], questions: Sequence[str]) -> dict[str, Any]:
    """The home as Slack wants it."""
    lines = [
        words()["home_ticket"].format(name=t.name, subject=escape(t.subject), state=SHOWN[t.state]) for t in tickets
    ]
    blocks = [_section(words()["home_welcome"]), _header(words()["home_tickets"])]
    blocks += [_section(part) for part in split("\n".join(lines) or words()["home_no_tickets"], _MOST_SECTION)]
    blocks.append(_header(words()["home_asked"]))
    blocks += [_question(number, question) for number, question in enumerate(questions)]
    return {"type": "home", "blocks": blocks}


def _question(number: int, question: str) -> Block:
    title = {"type": "plain_text", "text": words()["ask"], "emoji": False}
    button = {"type": "button", "text": title, "action_id": f"{ASK}{number}", "value": question}
    return {**_section(escape(question)), "accessory": button}


def _header(text: str) -> Block:
    return {"type": "header", "text": {"type": "plain_text", "text": text, "emoji": False}}


def _section(text: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}
