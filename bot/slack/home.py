"""The app's home in Slack: somebody's own tickets, and what is asked most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy.orm import Session

from bot.slack.blocks import MOST_SECTION, Block, button_block, link_offer, plain_text, section, words
from bot.slack.markup import escape, split
from tickets.access import own_tickets, viewer
from tickets.conversations import conversation_named
from tickets.most_asked import most_asked
from tickets.slack_inbox import CHANNEL
from tickets.slack_models import Place
from tickets.slack_users import partner_of
from tickets.states import SHOWN
from tickets.ticket_models import Partner, Ticket

_MOST_TICKETS: Final = 10
_MOST_QUESTIONS: Final = 5
ASK: Final = "ask:"  # how actions begin that ask a question


def home(session: Session, place: Place, user: str, *, links: bool = True) -> dict[str, Any]:
    """The home of this user, whose direct messages are at this place; `links`: they may link their account."""
    conversation = conversation_named(session, CHANNEL, place.name)
    partner = partner_of(session, place.team, user)
    who = viewer(session, partner.id if partner else None, conversation.id if conversation else None)
    questions = most_asked(session, _MOST_QUESTIONS) or words()["home_questions"].splitlines()
    return view(own_tickets(session, who, _MOST_TICKETS + 1), questions, partner, links=links)


def view(
    tickets: Sequence[Ticket], questions: Sequence[str], partner: Partner | None = None, *, links: bool = True
) -> dict[str, Any]:
    """The home as Slack wants it, of a known partner or of somebody who may link their account."""
    lines = [
        words()["home_ticket"].format(name=t.name, subject=escape(t.subject), state=SHOWN[t.state])
        for t in tickets[:_MOST_TICKETS]
    ]
    if len(tickets) > _MOST_TICKETS:
        lines.append(words()["home_more"])
    blocks = [section(words()["home_welcome"]), _header(words()["home_tickets"])]
    blocks += [section(part) for part in split("\n".join(lines) or words()["home_no_tickets"], MOST_SECTION)]
    if partner or links:
        blocks.append(_linked(partner) if partner else link_offer("home:link"))
    blocks.append(_header(words()["home_asked"]))
    blocks += [_question(number, question) for number, question in enumerate(questions)]
    return {"type": "home", "blocks": blocks}


def _linked(partner: Partner) -> Block:
    name, company = partner.name or partner.subject, partner.company_name or partner.company
    return section(words()["home_linked"].format(name=escape(name), company=escape(company)))


def _question(number: int, question: str) -> Block:
    return {**section(escape(question)), "accessory": button_block(words()["ask"], question, f"{ASK}{number}")}


def _header(text: str) -> Block:
    return {"type": "header", "text": plain_text(text)}
