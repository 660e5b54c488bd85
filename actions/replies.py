"""Replies as every channel gets them: {"text", "buttons": [{"title", "payload"}], "data"}."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from actions.payloads import payload
from actions.wording import day, say
from knowledge.faq.entries import Entry
from knowledge.policy.catalogue import POLICIES

_MOST_CALCULATIONS = 2

Reply = dict[str, Any]
Button = dict[str, str]


def reply(text: str, buttons: Iterable[Button] = (), **data: Any) -> Reply:
    """One reply; `data` says in a machine's words what it is."""
    return {"text": text, "buttons": list(buttons), "data": data}


def button(title: str, intent: str, **values: str) -> Button:
    """A button that means `intent`."""
    return {"title": title, "payload": payload(intent, **values)}


def ticket_buttons() -> list[Button]:
    """Yes and no to opening a ticket."""
    return [button(say("button_open_ticket"), "open_ticket"), button(say("button_no_ticket"), "deny")]


def answer(entry: Entry, confidence: float, related: Sequence[Entry], today: date) -> Reply:
    """An entry's answer with its source, or that it is published elsewhere."""
    data: dict[str, Any] = {
        "type": "faq",
        "id": entry.id,
        "confidence": confidence,
        "source": entry.page.url,
        "source_title": entry.page.title,
        "question": entry.question,
        "last_reviewed": entry.last_reviewed.isoformat(),
        "related": [{"id": other.id, "question": other.question} for other in related],
    }
    related_buttons = [button(other.question, "show_entry", entry=other.id) for other in related]
    if not entry.answered:
        text = say("published_elsewhere", title=entry.page.title, url=entry.page.url, published_as=entry.published_as)
        return reply(text, [*ticket_buttons(), *related_buttons], **data, published_elsewhere=True)
    parts = [entry.answer]
    if entry.review_overdue(today):
        parts.append(say("review_overdue", review_by=day(entry.review_by)))
        data["review_overdue"] = True
    parts.append(say("source", title=entry.page.title, url=entry.page.url, reviewed=day(entry.last_reviewed)))
    parts.append(say("was_this_helpful"))
    own_case = calculations(entry.id)
    feedback = [
        button(say("button_helpful"), "helpful", entry=entry.id),
        button(say("button_not_helpful"), "not_helpful", entry=entry.id),
    ]
    return reply("\n\n".join(parts), [*own_case, *feedback, *related_buttons], **data)


def calculations(entry_id: str) -> list[Button]:
    """Buttons to work out one's own case, for the calculations that rest on an entry."""
    found = [policy for policy in POLICIES.values() if entry_id in policy.sources]
    found.sort(key=lambda policy: policy.sources.index(entry_id))
    if len(found) == 1:
        return [button(say("button_calculate"), "calculate", policy=found[0].id)]
    return [
        button(say("button_calculate_named", title=policy.title), "calculate", policy=policy.id)
        for policy in found[:_MOST_CALCULATIONS]
    ]


def choices(text: str, entries: Sequence[Entry], *, ticket_first: bool = False) -> Reply:
    """Up to three entries to choose from, and a ticket for what none of them is about."""
    offered = [button(entry.question, "show_entry", entry=entry.id) for entry in entries]
    none = button(say("button_none_of_these"), "none_of_these")
    open_one = button(say("button_open_ticket"), "open_ticket")
    buttons = [open_one, *offered, none] if ticket_first else [*offered, none, open_one]
    return reply(text, buttons, type="choices", ids=[entry.id for entry in entries])
