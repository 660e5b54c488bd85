"""The form of a ticket: drafts it from what was said, asks for what is missing, shows it, and asks for it to be opened.

Rasa's `ticket_form` has one slot, `ticket_value`, that is never filled: what is asked for lies in
the slot `ticket` (actions/draft.py). Nothing here claims that a ticket is open: the record asks
`bot` to open it, and `bot` says what came of it.
"""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk.events import ActionExecutionRejected, SlotSet

from actions import (
    ticket_answers,
    ticket_changes,
    ticket_kind,
    ticket_lookup,
    ticket_similar,
    ticket_text,
    ticket_values,
    ticket_wording,
)
from actions.draft import CONTACT, Draft
from actions.replies import Reply, button, reply
from actions.ticket_beginning import begun, fresh
from actions.ticket_consent import is_no, is_yes
from actions.ticket_requests import about_ticket
from actions.ticket_words import any_of, only
from actions.turns import Context, Step, Turn, is_anonymous
from actions.wording import say
from tickets.types import ticket_fields, ticket_types

_CANCEL = re.compile(rf"\W*(?:{any_of('softens')}\W+)*{any_of('cancels')}(?:\W+{any_of('polite')})*\W*", re.IGNORECASE)
_BACK = re.compile(r"\W*(?:please )?(?:(?:go |one step )?back|undo(?: (?:it|that|this))?)\W*", re.IGNORECASE)
_AFRESH = re.compile(r"\W*(?:please )?(?:start|begin) (?:over|again|afresh|anew)\W*", re.IGNORECASE)
_GO_ON = only("goes_on", then=("polite",))
_PLEASANTRIES = {"hello": only("greets"), "thanks": only("thanks"), "bye": only("leaves")}
_ASKS = re.compile(
    r"\?\W*$|^\W*(?:how|what|where|when|which|who|can|could|does|do|is|are|explain|tell me)\b", re.IGNORECASE
)
_SUBJECTLESS = re.compile(r"^\W*(?:is|are|was)\b[^?]*\d[^?]*$", re.IGNORECASE)  # “is the 2026/4471”: a value
_OWN_WORDS = ("description", "comment", "question", "rewrite")  # whatever is written then is meant for the ticket
_BUTTONS = {"thanks", "greet", "bye", "bot", "human", "help", "helpful", "not_helpful", "show_entry"}
_BUTTONS |= {"my_tickets", "ticket_status"}
_SURE_CALCULATION = 0.8


def hear(context: Context) -> Turn:
    """validate_ticket_form: what the latest message means for the draft."""
    draft = Draft.from_slot(context.slot("ticket"))
    if draft is None or draft.state != "asking":
        return _going_on(begun(context))
    if draft.mood == "interrupted":  # the message has been answered already
        draft.mood = "resumed"
        return _going_on(draft)
    if draft.heard and draft.heard == context.turn_id:  # `bot` runs the turn again: it has been taken
        return _going_on(draft)
    draft.heard = context.turn_id
    return _heard(context, draft)


def ask(context: Context) -> Turn:
    """action_ask_ticket_value: the next thing that is needed, at last whether to open it."""
    draft = Draft.from_slot(context.slot("ticket"))
    if draft is None:
        return Turn([reply(say("nothing_offered"), type="no_answer")])
    draft.asked = _next(context, draft)
    if draft.asked == "confirm" and not draft.target:  # what is shown is what will be sent
        draft.triage = ticket_text.verdict(context, draft)
    shown = ticket_wording.asking(draft)
    draft.mood = "asked"
    return Turn([shown], {"ticket": draft.slot(), "awaiting": None})


def done(context: Context) -> Turn:
    """action_ticket_done: asks `bot` to open the ticket or to add the comment; or says that the draft was left."""
    draft = Draft.from_slot(context.slot("ticket"))
    if draft is None or draft.state == "asking":  # the form ended because a step of it failed
        raise RuntimeError("there is no draft to be done with")
    if draft.state == "left" and draft.mood == "unknown":
        return Turn([ticket_lookup.state_of(context, draft.target)], {"ticket": None})
    if draft.state == "left":
        return Turn([reply(say("ticket_left"), type="smalltalk", kind="help")], {"ticket": None, "awaiting": None})
    draft.state = "added" if draft.target else "sent"
    turn = Turn(slots={"ticket": draft.slot(), "awaiting": None}, record=_record(draft))
    if draft.state == "sent" and draft.triage.get("also_asks"):
        turn.replies.append(_second(draft))
        turn.slots |= {"awaiting": "ticket", "last_question": draft.triage["also_asks"]}
    return turn


def again(context: Context) -> Turn | None:
    """The same request once more, where this very turn made it before and `bot` may not have heard of it."""
    draft = Draft.from_slot(context.slot("ticket"))
    if draft is None or not draft.turn or draft.turn != context.turn_id:
        return None
    if draft.state == "sending":  # confirmed, and then action_ticket_done failed
        return done(context)
    return Turn(record=_record(draft)) if draft.state in ("sent", "added") else None


def sent_before(context: Context) -> Turn | None:
    """“send it” after the ticket was opened: which one that is."""
    draft = Draft.from_slot(context.slot("ticket"))
    if draft is not None and draft.state == "sending":
        return done(context)
    return Turn(record=_record(draft)) if draft is not None and draft.state == "sent" else None


def pressed_late(context: Context) -> Turn:
    """action_ticket_choice: a button of a draft that is over; “open” still shows the ticket that came of it."""
    draft = Draft.from_slot(context.slot("ticket"))
    if context.filled is not None:
        return Turn([reply(say("form_late"), type="no_answer")])
    if draft is not None and draft.id == context.entity("draft") and context.entity("value") == "send":
        late = sent_before(context)
        if late is not None:
            return late
    return Turn([reply(say("ticket_over"), type="no_answer")])


STEPS: dict[str, Step] = {
    "validate_ticket_form": hear,
    "action_ask_ticket_value": ask,
    "action_ticket_done": done,
    "action_ticket_choice": pressed_late,
    "action_ticket_status": ticket_lookup.status,
    "action_my_tickets": ticket_lookup.mine,
}


# What a message means


def _heard(context: Context, draft: Draft) -> Turn:
    draft.mood = "heard"
    if context.pressed:
        return _pressed(context, draft)
    if _CANCEL.fullmatch(context.text):
        draft.state = "left"
        return _going_on(draft)
    if _AFRESH.fullmatch(context.text):
        return _going_on(fresh(context))
    former, draft.former = draft.former, {}
    if former and (_BACK.fullmatch(context.text) or is_no(context.text)):
        draft.former = former
        ticket_kind.turn_to(context, draft, former["type"])
        return _going_on(draft)
    if _BACK.fullmatch(context.text):
        return _going_on(_back(draft))
    pleasantry = next((name for name, words in _PLEASANTRIES.items() if words.fullmatch(context.text)), None)
    if pleasantry is not None:
        draft.mood = pleasantry
        return _going_on(draft)
    agreed = draft.asked == "confirm" and is_yes(context.text)
    if not agreed and (_GO_ON.fullmatch(context.text) or _is_request(context, draft)):
        return _going_on(draft)
    if _is_talk(context, draft):
        return _interrupted(draft)
    ticket_answers.answer(context, draft)
    return _going_on(draft)


def _is_request(context: Context, draft: Draft) -> bool:
    """“open a ticket” once more, without a word on the matter."""
    wish = about_ticket(context.text)
    return wish is not None and wish.intent == "open_ticket" and not wish.rest and draft.asked != "confirm"


def _is_talk(context: Context, draft: Draft) -> bool:
    """Whether a message is about something else than what was asked."""
    if context.intent in ("my_tickets", "ticket_status"):
        return True
    if draft.asked in _OWN_WORDS:
        return False
    if context.intent == "bot":
        return _ASKS.search(context.text) is not None
    asks = _ASKS.search(context.text) is not None
    if draft.asked in ticket_fields() and _SUBJECTLESS.match(context.text):
        return False
    if context.intent == "calculate":
        asks = asks or context.confidence >= _SURE_CALCULATION
    if context.intent not in ("question", "calculate", "help", "human") or not asks:
        return False
    asked = draft.asked if draft.asked in ticket_fields() else None
    if draft.type_id:
        read = context.triage.read(draft.type_id, context.text, context.now, asked=asked)
        if ticket_values.sensible(draft, context.text, read, asked or ""):
            return False
    parts = context.tracker.latest_message.get("search") or []
    return any(part["decision"] != "none" for part in parts) or context.intent in ("help", "human")


def _pressed(context: Context, draft: Draft) -> Turn:
    """A button: of this draft, or of something else that is answered first; or a form."""
    if (form := context.filled) is not None:
        of_this = (form.kind, form.of) == ("ticket", draft.id)
        if not of_this or not draft.fill(form.values, form.stamp):
            draft.mood = "form_late"
        return _going_on(draft)
    if context.intent != "ticket_choice":
        return _interrupted(draft) if context.intent in _BUTTONS else _going_on(draft)
    if context.entity("draft") != draft.id:
        draft.mood = "not_understood"
        return _going_on(draft)
    value = context.entity("value") or ""
    kind, _, what = value.partition(".")
    if value == "send":
        ticket_changes.send(context, draft)
    elif value == "cancel":
        draft.state = "left"
    elif value == "edit":
        draft.mood = "edit"
    elif value == "retype":
        ticket_kind.ask_anew(draft)
    elif value == "keep":
        draft.perhaps = ""
    elif value == "skip" and draft.asked:
        ticket_answers.decline(draft, draft.asked)
    elif value == "skip_all":
        ticket_answers.decline_all(draft)
    elif kind == "english" and draft.refused is not None:
        ticket_answers.english(context, draft, what)
    elif kind == "type" and what in ticket_types():
        _typed(context, draft, what)
    elif kind == "date" and draft.loose_day and what in ticket_values.date_fields(draft):
        ticket_changes.put_date(context, draft, what)
    elif kind == "tier" and draft.asked == "tier":
        ticket_values.put_tier(draft, what)
    elif value == "new":
        ticket_similar.refuse(draft)
    elif kind == "same" and any(what == one["number"] for one in draft.similar):
        ticket_answers.add_to(context, draft, what)
    return _going_on(draft)


def _typed(context: Context, draft: Draft, type_id: str) -> None:
    """The button of a type: the first one, or another than before."""
    if draft.asked == "type":
        draft.type_id, draft.settled, draft.former = type_id, True, {}
        draft.triage = ticket_text.verdict(context, draft)
    else:
        ticket_kind.turn_to(context, draft, type_id)


def _back(draft: Draft) -> Draft:
    """Forget what was given last and ask for it again."""
    if draft.asked == "confirm" and not draft.target:
        draft.mood = "edit"
    elif draft.refused is not None:
        draft.refused = None
    elif draft.perhaps or draft.loose_day:
        draft.perhaps = draft.loose_day = ""
    elif draft.contact and str(draft.asked).startswith("contact_"):
        draft.contact.popitem()
    elif draft.declined:
        draft.declined = draft.declined[:-1]
    elif draft.fields:
        draft.fields = dict(list(draft.fields.items())[:-1])
    elif draft.texts and not draft.finding:
        draft.texts, draft.settled = draft.texts[:-1], False
    else:
        draft.mood = "nothing_before"
    return draft


# What is asked next


def _next(context: Context, draft: Draft) -> str:
    """A field, or a step.

    Those are rewrite, english, comment, description, type, other, which_date, similar, tier, contact_…, edit, confirm.
    """
    if draft.refused is not None:
        return "rewrite" if draft.refused["sure"] else "english"
    if draft.target:
        return "confirm" if draft.texts else "comment"
    if draft.mood == "edit":
        return "edit"
    if not draft.texts and not draft.finding:
        return "description"
    if not draft.settled and draft.triage.get("confidence", 1.0) < ticket_answers.UNSURE_TYPE:
        return "type"
    if draft.perhaps:
        return "other"
    if draft.loose_day:
        return "which_date"
    if ticket_similar.look(context, draft):
        return "similar"
    missing = draft.next_field()
    if missing is not None:
        return missing
    if ticket_values.lacks_tier(draft):
        return "tier"
    draft.anonymous = is_anonymous(context)
    if not draft.anonymous and draft.asked in CONTACT:  # it became known who writes: they need not answer that
        draft.mood = "heard"
    contact = draft.next_contact() if draft.anonymous else None
    if contact is None and ticket_similar.look(context, draft, at_the_end=True):
        return "similar"
    return contact or "confirm"


# What is handed on


def _record(draft: Draft) -> dict[str, Any]:
    if draft.target:
        return {"comment": {"ticket": draft.target, "text": draft.text or draft.description}}
    return {
        "ticket": {
            "draft": draft.id,
            "type": draft.type.id,
            "subject": draft.subject,
            "description": draft.description,
            "fields": draft.fields,
            "contact": draft.contact,
            "queue": draft.queue,
            "priority": draft.triage.get("priority", "normal"),
            "language": "en",
            "triage": draft.triage,
        }
    }


def _second(draft: Draft) -> Reply:
    """The other request that the text held, offered as a ticket of its own."""
    open_one = button(say("button_open_ticket"), "open_ticket")
    return reply(
        say("ticket_second", also=draft.triage["also_asks"]),
        [open_one, button(say("button_no_ticket"), "deny")],
        type="ask",
        slot="ticket",
    )


def _interrupted(draft: Draft) -> Turn:
    """Something else is answered first; the rule of that intent comes back to the form."""
    draft.mood = "interrupted"
    return Turn(slots={"ticket": draft.slot()}, events=[ActionExecutionRejected(ticket_lookup.FORM)])


def _going_on(draft: Draft) -> Turn:
    """Ask on, or end the form."""
    if draft.state == "asking":
        return Turn(slots={"ticket": draft.slot()}, events=[SlotSet("requested_slot", "ticket_value")])
    return Turn(slots={"ticket": draft.slot(), "requested_slot": None})
