"""Opening a form and taking what was filled in, in the time that Slack gives: who may, whether it still holds.

A form belongs to what the bot said last in a conversation. Where more was said since it was opened, nothing is
overwritten: it is shown anew, with what was typed kept. The engine looks once more (tickets/filled.py), because a
message may be on its way.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.slack import modal
from bot.slack.blocks import words
from bot.slack.events import Opening, Submission
from bot.slack.forms import Form, Result, offered, read, with_typed
from bot.slack.markup import escape
from tickets.models import Conversation, Event
from tickets.slack_inbox import CHANNEL, Kept, is_kept
from tickets.slack_models import Place
from tickets.slack_users import partner_of

_BUTTON = re.compile(r"(?P<conversation>[0-9a-f]{32})\.(?P<seq>[0-9]{1,9})", re.ASCII)
_MOST_TURNS: Final = 1000

View = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What Slack is told, and what is to be kept before."""

    ack: dict[str, Any]
    kept: Kept | None = None


def button(conversation_id: str, seq: int) -> str:
    """What the button under an event carries."""
    return f"{conversation_id}.{seq}"


def view_for(session: Session, pressed: Opening) -> View | None:
    """The modal that a press opens; None where the button is none of ours, or of another place."""
    if not _BUTTON.fullmatch(pressed.button):
        return None
    conversation, event = _under(session, pressed.button)
    if conversation is None or event is None:  # forgotten since
        return modal.over(words()["form_title_over"], [words()["form_over"]])
    place = Place.of(conversation.external_id)
    if (place.team, place.channel) != (pressed.team, pressed.channel):
        return None
    old, (latest, new) = offered(event.data), _current(session, conversation.id)
    if old is None or latest is None or new is None or not new.continues(old):
        return modal.over(words()["form_title_over"], [words()["form_over"]])
    form = _for(session, new, pressed.user_team, pressed.user)
    note = {
        "event": button(conversation.id, latest.seq),
        "button": pressed.button,
        "message": pressed.message,
        "user": pressed.user,
        "turn": 0,
        "doubted": form.doubted,
        "anonymous": form.anonymous,
    }
    return modal.view(form.title, form.about, form.entries(), json.dumps(note), 0)


def answer(session: Session, sent: Submission, now: datetime) -> Answer:
    """What comes of a form that was sent.

    Args:
        now: the present moment, with its zone.
    """
    key, note, given = f"{sent.team}:{sent.view}", _note(sent), modal.given(sent.state)
    if note is None or is_kept(session, key):
        return Answer({})
    conversation, event = _under(session, note["event"])
    old = offered(event.data) if event is not None else None
    latest, new = _current(session, conversation.id) if conversation is not None else (None, None)
    if conversation is None or old is None or latest is None or new is None or not new.continues(old):
        return Answer(_update(modal.over(words()["form_title_over"], [words()["form_over"], *_typed(old, given)])))
    # Who was not asked who they are when it was opened has not said so; who is linked since is known.
    old, new = (_for(session, one, sent.user_team, sent.user, note["anonymous"]) for one in (old, new))
    if new.stamp != old.stamp:
        newer = {**note, "event": button(conversation.id, latest.seq)}
        return Answer(_again(new, with_typed(old, new, given), newer, words()["form_changed"]))
    result = read(new, given, now)
    if result.errors:
        return Answer({"response_action": "errors", "errors": modal.errors(result.errors, note["turn"])})
    if result.doubts and not note["doubted"]:
        entries = [
            replace(one, note=words()["form_doubt"]) if one.name in result.doubts else one
            for one in with_typed(new, new, given)
        ]
        return Answer(_again(new, entries, {**note, "doubted": True}))
    return Answer({}, _kept(key, conversation, sent, note, result))


def _kept(key: str, conversation: Conversation, sent: Submission, note: Mapping[str, Any], result: Result) -> Kept:
    pressed = _BUTTON.fullmatch(note["button"])
    assert pressed is not None
    return Kept(
        event_key=key,
        conversation_id=conversation.id,
        writer=(sent.user_team, sent.user),
        text="\n".join(result.lines),
        payload=result.payload,
        button=note["button"],
        seq=int(pressed["seq"]),
        message=note["message"],
    )


def _under(session: Session, name: str) -> tuple[Conversation | None, Event | None]:
    """The conversation in Slack and the event that a button's value names."""
    found = _BUTTON.fullmatch(name)
    conversation = session.get(Conversation, found["conversation"]) if found else None
    if found is None or conversation is None or conversation.channel != CHANNEL:
        return None, None
    return conversation, session.get(Event, (conversation.id, int(found["seq"])))


def _current(session: Session, conversation_id: str) -> tuple[Event | None, Form | None]:
    """What the bot said last, and the form of it."""
    said = select(Event).where(Event.conversation_id == conversation_id, Event.kind == "bot")
    latest = session.scalar(said.order_by(Event.seq.desc()).limit(1))
    return latest, offered(latest.data) if latest is not None else None


def _for(session: Session, form: Form, team: str, user: str, anonymous: bool = True) -> Form:
    """The form as this Slack user sees it."""
    return replace(form, anonymous=anonymous and partner_of(session, team, user) is None)


def _again(form: Form, entries: list[modal.Entry], note: Mapping[str, Any], *notices: str) -> dict[str, Any]:
    """The form once more, under new names of its inputs, so that Slack shows what we put into them."""
    turn = (note["turn"] + 1) % _MOST_TURNS
    metadata = json.dumps({**note, "turn": turn})
    return _update(modal.view(form.title, form.about, entries, metadata, turn, notices))


def _update(view: View) -> dict[str, Any]:
    return {"response_action": "update", "view": view}


def _typed(old: Form | None, given: Mapping[str, str]) -> list[str]:
    """What was typed into a form that is over, so that it can be copied."""
    labels = {one.name: one.label for one in old.entries()} if old is not None else {}
    lines = [f"> {escape(f'{labels.get(name, name)}: {value}')}" for name, value in given.items()]
    return ["\n".join(line.replace("\n", "\n> ") for line in lines)] if lines else []


def _note(sent: Submission) -> dict[str, Any] | None:
    """What was noted when the form was opened; None where it is nothing of ours, or was opened by somebody else."""
    try:
        found = json.loads(sent.note)
    except ValueError:
        return None
    kinds = {"event": str, "button": str, "message": str, "user": str, "turn": int, "doubted": bool, "anonymous": bool}
    if not isinstance(found, dict) or found.keys() != kinds.keys():
        return None
    ours = all(isinstance(found[name], kind) for name, kind in kinds.items())
    return found if ours and _BUTTON.fullmatch(found["button"]) and found["user"] == sent.user else None
