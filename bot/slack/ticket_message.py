"""A ticket as agents see it in their channel: who asks what, what triage says, and what can be done with it there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from bot.console.pages import STATE_NAMES
from bot.console.wording import CAME_BY
from bot.slack.blocks import MOST_TITLE, Block, Message, button_block, plain_text, section, words
from bot.slack.markup import escape, mrkdwn, split
from tickets.agent_models import Agent
from tickets.states import ACTIVE
from tickets.ticket_models import Ticket
from tickets.types import PRIORITIES, ticket_fields, ticket_types

TAKE: Final = "agents:take"
PRIORITY: Final = "agents:priority"
OPEN: Final = "agents:open"
# Characters of each part, escaped: together well within what a message carries.
_SUBJECT, _WHO, _REASON, _MISSING, _FINDING, _SAID = 400, 400, 300, 300, 250, 1000
_MOST_FINDINGS: Final = 3


def message(ticket: Ticket, assignee: Agent | None, console: str, version: int) -> Message:
    """The message in the channel of the ticket's queue.

    Args:
        console: the console's address.
        version: how often it was changed: a menu is shown anew only in a block of another name.
    """
    made = Message()
    for lines in (_facts(ticket, assignee), _words(ticket)):
        if text := "\n".join(lines):
            made.add(section(text), text)
    made.add(_buttons(ticket, console, version), "")
    return made


def moved(ticket: Ticket, console: str, version: int) -> Message:
    """What stays in a channel whose queue the ticket left."""
    text = words()["agents_moved"].format(
        name=ticket.name, subject=_part(ticket.subject, _SUBJECT), queue=escape(ticket.queue)
    )
    made = Message()
    made.add(section(text), text)
    made.add({"type": "actions", "block_id": f"agents:{version}", "elements": [_open(ticket, console)]}, "")
    return made


def digest(made: Message) -> str:
    """The same for messages that say and offer the same."""
    blocks = [{**block, "block_id": ""} for block in made.blocks]
    return hashlib.sha256(json.dumps([made.text, blocks], sort_keys=True).encode()).hexdigest()


def _facts(ticket: Ticket, assignee: Agent | None) -> Iterable[str]:
    said = words()
    head = said["agents_head"].format(name=ticket.name, subject=_part(ticket.subject, _SUBJECT))
    yield (said["agents_urgent"] if ticket.priority == "urgent" and ticket.state in ACTIVE else "") + head
    who = " · ".join(ticket.contact[name] for name in ("name", "company", "email") if ticket.contact.get(name))
    way = CAME_BY.get(ticket.channel, ticket.channel)
    yield said["agents_from"].format(who=_part(who, _WHO) or said["agents_unknown"], way=escape(way))
    title = ticket_types()[ticket.type].title
    yield said["agents_queue"].format(queue=escape(ticket.queue), type=escape(title))
    reason = _part(_text(ticket.triage, "priority_reason"), _REASON)
    agrees = reason and _text(ticket.triage, "priority") == ticket.priority
    priority = said["agents_priority"].format(priority=ticket.priority)
    yield priority + (said["agents_reason"].format(reason=reason) if agrees else "")
    if ticket.missing:
        labels = ", ".join(ticket_fields()[name].label for name in ticket.missing if name in ticket_fields())
        yield said["agents_missing"].format(fields=_part(labels, _MISSING))
    has = said["agents_with"].format(who=escape(assignee.shown)) if assignee else said["agents_nobody"]
    due = ""
    if ticket.due_at and ticket.first_answer_at is None and ticket.state in ACTIVE:
        due = said["agents_due"].format(due=f"{ticket.due_at:%Y-%m-%d %H:%M}")
    yield said["agents_state"].format(state=STATE_NAMES.get(ticket.state, ticket.state), who=has, due=due)


def _words(ticket: Ticket) -> Iterable[str]:
    said = words()
    findings = ticket.triage.get("findings")
    listed = [one for one in findings if isinstance(one, Mapping)] if isinstance(findings, list) else []
    for finding in listed[:_MOST_FINDINGS]:
        if decision := _shortened(mrkdwn(_line(_text(finding, "decision"))), _FINDING):
            yield said["agents_finding"].format(decision=decision)
    if ticket.triage_due and not ticket.triage:
        yield said["agents_triage_due"]
    if text := _part(ticket.description, _SAID):
        yield said["agents_said"].format(text=text)


def _buttons(ticket: Ticket, console: str, version: int) -> Block:
    elements = []
    if ticket.state in ACTIVE:
        if ticket.assignee_id is None:
            elements.append({**_button(words()["agents_take"], TAKE, ticket.id), "style": "primary"})
        options = [_option(one, ticket) for one in PRIORITIES]
        chosen = options[PRIORITIES.index(ticket.priority)]
        elements.append({"type": "static_select", "action_id": PRIORITY, "options": options, "initial_option": chosen})
    elements.append(_open(ticket, console))
    return {"type": "actions", "block_id": f"agents:{version}", "elements": elements}


def _option(priority: str, ticket: Ticket) -> Block:
    title = words()["agents_change_priority"].format(priority=priority)
    return {"text": plain_text(title[:MOST_TITLE]), "value": f"{priority}:{ticket.id}"}


def _open(ticket: Ticket, console: str) -> Block:
    return {**_button(words()["agents_open"], OPEN, ticket.id), "url": f"{console}/tickets/{ticket.id}"}


def _button(title: str, action: str, value: str) -> Block:
    return button_block(title[:MOST_TITLE], value, action)


def _part(text: str, most: int) -> str:
    """A text of strangers in one line, escaped; where it is longer than there is room for, it says so."""
    return _shortened(escape(_line(text)), most)


def _line(text: str) -> str:
    return " ".join(text.split())


def _shortened(shown: str, most: int) -> str:
    parts = split(shown, most)
    return "" if not parts else parts[0] + (words()["agents_more"] if len(parts) > 1 else "")


def _text(values: Any, name: str) -> str:
    found = values.get(name) if isinstance(values, Mapping) else None
    return found if isinstance(found, str) else ""
