"""The form of a ticket: drafts it from what was said, asks for what is missing, shows it, and asks for it to be opened.

Rasa's `ticket_form` has one slot, `ticket_value`, that is never filled: what is asked for lies in
the slot `ticket` (actions/draft.py). Nothing here claims that a ticket is open: the record asks
`bot` to open it, and `bot` says what came of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from rasa_sdk.events import ActionExecutionRejected, FollowupAction, SlotSet

from actions import policy_form, ticket_wording
from actions.draft import CONTACT, Draft, valid_email
from actions.replies import reply
from actions.ticket_requests import about_ticket, content
from actions.turns import Context, Step, Turn
from actions.wording import say
from knowledge.policy.catalogue import POLICIES
from tickets.access import access_ticket, own_tickets, viewer_of
from tickets.language import judge
from tickets.ticket_models import Ticket
from tickets.types import ticket_fields, ticket_types
from triage.verdict import Candidate

FORM = "ticket_form"
_CANCEL = re.compile(
    r"\W*(?:please |pls |no,? |ok,? )*(?:cancel(?: (?:it|this|that|the ticket))?|stop|forget (?:it|that)|never ?mind|"
    r"leave(?: it)?|quit|exit|abort|no ticket|(?:do not|don'?t) (?:open|send) (?:it|the ticket|a ticket|anything))"
    r"\W*(?:please|pls)?\W*",
    re.IGNORECASE,
)
_BACK = re.compile(r"\W*(?:please )?(?:go |one step )?back\W*", re.IGNORECASE)
_AFRESH = re.compile(r"\W*(?:please )?(?:start|begin) (?:over|again|afresh|anew)\W*", re.IGNORECASE)
_SEND = r"send(?: it)?|open(?: it| the ticket)?|submit(?: it)?|go ahead|do it|please|pls|now|thanks|thank you|ok(?:ay)?"
_YES = re.compile(
    r"\W*(?:yes|yep|yeah|ya|y|sure|correct|right|fine|perfect|good|great|confirm(?:ed)?|looks good|it is|"
    rf"that'?s (?:right|correct|it|all)|{_SEND})"
    rf"(?:\W+(?:yes|it is|that'?s (?:right|correct|all)|like (?:this|that)|as it is|incomplete|{_SEND}))*\W*",
    re.IGNORECASE,
)
_NO = re.compile(
    r"\W*(?:no+|nope|not yet|not now|wrong|that'?s wrong|nein)\W*(?:thanks|thank you|please)?\W*", re.IGNORECASE
)
_UNKNOWN = re.compile(
    r"\W*(?:i |we |sorry,? i |sorry,? )*"
    r"(?:(?:do not|don.?t|dont|cannot|can't|not) (?:really )?(?:know|remember|have|find)"
    r"(?: (?:it|that|this|them|one|any|the \w+(?: \w+)?))*(?: (?:now|yet|at hand|here|right now|sorry))*|"
    r"no idea|not sure|unsure|no clue|unknown|idk|n/?a|none|nothing|skip(?: (?:it|this|that))?|next|later|no|"
    r"-+|\?+)\W*",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\?\W*$|^\W*(?:how|what|where|when|which|who|why|can|could|does|do|is|are|explain|tell me)\b", re.IGNORECASE
)
_ANEW = re.compile(r"^\W*(?:description|text)\s*[:=]\s*", re.IGNORECASE)
_TALK = {"thanks", "greet", "bye", "bot", "human", "help", "helpful", "not_helpful", "show_entry", "my_tickets"}
_UNSURE_TYPE = 0.4  # confidence below which the partner is asked what the ticket is about
_MOST_TYPES = 3
_MOST_TEXT_FIELD = 200
_MOST_LONG = 2000
_MOST_CANDIDATES = 50
_FROM_CALCULATION = {  # inputs of a calculation that are fields of its ticket
    "invoice_date": "invoice_date",
    "what_happened": "what_happened",
    "lost_on": "date",
    "serial_number": "serial_number",
    "confirmed_date": "confirmed_date",
    "wanted_date": "wanted_date",
    "purchased_on": "purchase_date",
    "subscription": "subscription",
}


def hear(context: Context) -> Turn:
    """validate_ticket_form: what the latest message means for the draft."""
    draft = Draft.from_slot(context.slot("ticket"))
    if draft is None or draft.state != "asking":
        return _going_on(_begun(context))
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
    shown = ticket_wording.asking(draft)
    draft.mood = "asked"
    return Turn([shown], {"ticket": draft.slot(), "awaiting": None})


def done(context: Context) -> Turn:
    """action_ticket_done: asks `bot` to open the ticket or to add the comment; or says that the draft was left."""
    draft = Draft.from_slot(context.slot("ticket"))
    if draft is None or draft.state == "left":
        return Turn([reply(say("ticket_left"), type="smalltalk", kind="help")], {"ticket": None, "awaiting": None})
    draft.state = "added" if draft.target else "sent"
    return Turn(slots={"ticket": draft.slot(), "awaiting": None}, record=_record(draft))


def again(context: Context) -> Turn | None:
    """The same request once more, where this very turn made it before and `bot` may not have heard of it."""
    draft = Draft.from_slot(context.slot("ticket"))
    if draft is None or draft.state not in ("sent", "added") or not draft.turn or draft.turn != context.turn_id:
        return None
    return Turn(record=_record(draft))


def pressed_late(context: Context) -> Turn:
    """action_ticket_choice: a button of a draft that is over; “open” still shows the ticket that came of it."""
    draft = Draft.from_slot(context.slot("ticket"))
    fits = draft is not None and draft.id == context.entity("draft")
    if fits and draft is not None and draft.state == "sent" and context.entity("value") == "send":
        return Turn(record=_record(draft))
    return Turn([reply(say("ticket_over"), type="no_answer")])


def status(context: Context) -> Turn:
    """action_ticket_status: how a ticket stands, for those who may know."""
    found = about_ticket(context.text)
    name = context.entity("ticket") or (found.ticket if found else "")
    return Turn([context.read(lambda session: _status(session, context, name))])


def mine(context: Context) -> Turn:
    """action_my_tickets: the tickets of whoever writes."""

    def read(session: Any) -> list[Ticket]:
        return list(own_tickets(session, viewer_of(session, context.conversation), 10))

    return Turn([ticket_wording.listed(context.read(read))])


STEPS: dict[str, Step] = {
    "validate_ticket_form": hear,
    "action_ask_ticket_value": ask,
    "action_ticket_done": done,
    "action_ticket_choice": pressed_late,
    "action_ticket_status": status,
    "action_my_tickets": mine,
}


def begin() -> list[Any]:
    """The events that make the engine begin the form."""
    return [FollowupAction(FORM)]


# How a draft begins


def _begun(context: Context) -> Turn | Draft:
    """A draft with everything that was said before, and what the message itself says."""
    draft = Draft(id=context.turn_id or context.conversation, heard=context.turn_id)
    if context.intent in ("ticket_add", "ticket_comment"):
        return _adding(context, draft)
    policy_id = context.entity("policy")
    calculation = policy_form.finished(context)
    of_result = policy_id is not None or context.slot("awaiting") == policy_form.AWAITING_TICKET
    said = "" if context.pressed else content(context.text)
    if calculation is not None and of_result and policy_id in (None, calculation.policy_id) and not said:
        outcome = calculation.outcome(context.now)
        assert outcome is not None
        draft.type_id, draft.settled = str(outcome.ticket or "general.other"), True
        draft.finding = policy_form.ticket_text(context) or outcome.decision
        values = {_FROM_CALCULATION.get(name, ""): value for name, value in calculation.values.items()}
        draft.put({name: value for name, value in values.items() if name and isinstance(value, str)})
        draft.texts = [f"{POLICIES[calculation.policy_id].title}: {outcome.decision}"]
        draft.triage = _verdict(context, draft)
        return draft
    if not said and context.slot("awaiting"):
        said = context.slot("last_question") or ""
    if said:
        _say(context, draft, said, "description")
    return draft


def _adding(context: Context, draft: Draft) -> Draft:
    """A comment on a ticket that is there; whether it may be seen is looked at when it is asked for."""
    found = about_ticket(context.text)
    draft.target = context.entity("ticket") or (found.ticket if found else "")
    if found is not None and found.rest:
        _say(context, draft, found.rest, "comment")
    return draft


# What a message means


def _heard(context: Context, draft: Draft) -> Turn:
    draft.mood = "heard"
    if context.pressed:
        return _going_on(_pressed(context, draft))
    if _CANCEL.fullmatch(context.text):
        draft.state = "left"
        return _going_on(draft)
    if _AFRESH.fullmatch(context.text):
        return _going_on(Draft(id=context.turn_id or draft.id, heard=context.turn_id))
    if _BACK.fullmatch(context.text):
        return _going_on(_back(draft))
    if _is_talk(context, draft):
        return _interrupted(draft)
    return _going_on(_answered(context, draft))


def _is_talk(context: Context, draft: Draft) -> bool:
    """Whether a message is about something else than what was asked."""
    if draft.asked in ("description", "comment", "question", "rewrite"):  # whatever is written is meant for the ticket
        return context.intent in ("my_tickets", "ticket_status")
    if context.intent in ("thanks", "bye", "greet") and draft.asked != "confirm":
        return len(context.text.split()) <= 3
    if context.intent in ("bot", "my_tickets", "ticket_status"):
        return True
    if context.intent not in ("question", "calculate", "help", "human") or not _ASKS.search(context.text):
        return False
    if draft.type_id and context.triage.read(draft.type_id, context.text, context.now, asked=draft.asked):
        return False
    parts = context.tracker.latest_message.get("search") or []
    return any(part["decision"] != "none" for part in parts) or context.intent in ("help", "human")


def _answered(context: Context, draft: Draft) -> Draft:
    """Take a message as the answer to what was asked."""
    text, asked = context.text.strip(), draft.asked or "description"
    if asked == "rewrite" and draft.refused is not None:
        _say(context, draft, text, draft.refused["of"])
    elif asked == "english" and draft.refused is not None:
        _english(context, draft, text)
    elif asked in ("description", "comment"):
        _say(context, draft, text, asked)
    elif asked == "type":
        _type(context, draft, text)
    elif asked == "similar":
        _similar_answer(context, draft, text)
    elif asked in CONTACT:
        _contact(draft, text)
    elif asked in ("confirm", "edit"):
        _confirmed(context, draft, text)
    else:
        _field(context, draft, text, asked)
    return draft


def _say(context: Context, draft: Draft, text: str, of: str) -> None:
    """Take the partner's own words, through the English gate."""
    verdict = judge(text)
    if not (verdict.english and verdict.sure):
        refused = not verdict.english and verdict.sure
        draft.refused = {"text": text, "of": of, "language": verdict.language, "sure": refused}
        return
    _take(context, draft, text, of)


def _take(context: Context, draft: Draft, text: str, of: str) -> None:
    """Words that are English, as description, comment or the value of a field."""
    draft.refused = None
    if of in ticket_fields():
        read = context.triage.read(draft.type_id, text, context.now, asked=of)
        draft.put({of: text[:_MOST_LONG], **{name: value for name, value in read.items() if name != of}})
    else:
        draft.texts = [*draft.texts, text]
    if of != "comment":
        draft.triage = _verdict(context, draft)


def _verdict(context: Context, draft: Draft) -> dict[str, Any]:
    """Triage what is known so far; a type that is settled stays."""
    settled = draft.type_id if draft.settled else None
    verdict = context.triage.judge(draft.text, context.now, type_id=settled, known=draft.fields)
    if not draft.settled:
        draft.type_id = verdict.type
    draft.put({name: value for name, value in verdict.fields.items() if name not in draft.fields})
    return verdict.to_json()


def _field(context: Context, draft: Draft, text: str, name: str) -> None:
    form = ticket_fields()[name].form
    draft.settled = True  # what is asked for must not change while it is answered
    read = context.triage.read(draft.type_id, text, context.now, asked=name)
    if not read and _UNKNOWN.fullmatch(text):
        draft.declined = [*draft.declined, name]
        draft.mood = "declined"
    elif name == "address":  # names say nothing about a language
        draft.put({name: text[:_MOST_LONG], **read})
    elif form == "long":
        _say(context, draft, text, name)
    elif form == "email":
        found = read.get("email")
        draft.mood = "heard" if draft.put({"email": found} if found else {}) else "not_email"
    elif name in read or (read and form != "text"):
        draft.put(read)
    elif form == "text" and len(text) <= _MOST_TEXT_FIELD:
        draft.put({**read, name: text})
    else:
        draft.mood = {"numbers": "not_numbers", "date": "not_date"}.get(form, "not_understood")


def _contact(draft: Draft, text: str) -> None:
    if _UNKNOWN.fullmatch(text) and draft.asked != "email":
        draft.declined = [*draft.declined, str(draft.asked)]
    elif draft.asked == "email" and not any(valid_email(word.strip(",;<>().")) for word in text.split()):
        draft.mood = "not_email"
    elif not draft.take_contact(text):
        draft.mood = "not_understood"


def _type(context: Context, draft: Draft, text: str) -> None:
    offered = _offered_types(draft)
    number = re.fullmatch(r"\W*(?:the )?(?:(\d)|(first|second|third|last))(?: one)?\W*", text, re.IGNORECASE)
    if number:
        place = int(number[1]) - 1 if number[1] else {"first": 0, "second": 1, "third": 2}.get(number[2].lower(), -1)
        if place < len(offered):
            draft.type_id, draft.settled = offered[place], True
            draft.triage = _verdict(context, draft)
            return
    _say(context, draft, text, "description")
    if draft.refused is None and draft.triage.get("confidence", 0) < _UNSURE_TYPE:
        draft.settled = True  # asked once; an agent sorts it out


def _similar_answer(context: Context, draft: Draft, text: str) -> None:
    if _YES.fullmatch(text) and draft.similar:
        draft.target, draft.state, draft.turn = draft.similar[0]["number"], "sending", context.turn_id
    elif _NO.fullmatch(text) or re.search(r"\b(?:new|another|separate|different)\b", text, re.IGNORECASE):
        draft.similar = []
    else:
        _say(context, draft, text, "description")
        draft.similar = []


def _english(context: Context, draft: Draft, text: str) -> None:
    assert draft.refused is not None
    if _YES.fullmatch(text) or context.intent == "affirm":
        _take(context, draft, draft.refused["text"], draft.refused["of"])
    elif _NO.fullmatch(text) or context.intent == "deny":
        draft.refused = {**draft.refused, "sure": True}
    else:
        _say(context, draft, text, draft.refused["of"])


def _confirmed(context: Context, draft: Draft, text: str) -> None:
    if draft.asked == "confirm" and (_YES.fullmatch(text) or context.intent == "affirm"):
        _send(context, draft)
        return
    if _NO.fullmatch(text) or context.intent == "deny":
        draft.mood = "edit"
        return
    anew = _ANEW.match(text)
    if anew:
        draft.texts = []
        _say(context, draft, text[anew.end() :], "description")
        return
    draft.settled = draft.settled or bool(draft.type_id)
    read = context.triage.read(draft.type_id, text, context.now) if draft.type_id else {}
    if read and draft.put(read):
        draft.triage = _verdict(context, draft)
        draft.mood = "changed"
        return
    _say(context, draft, text, "comment" if draft.target else "description")
    draft.mood = "changed"


def _pressed(context: Context, draft: Draft) -> Draft | Turn:
    """A button: of this draft, or of something else that is answered first."""
    if context.intent != "ticket_choice":
        return _interrupted(draft) if context.intent in _TALK else draft
    if context.entity("draft") != draft.id:
        draft.mood = "not_understood"
        return draft
    value = context.entity("value") or ""
    kind, _, what = value.partition(".")
    if value == "send":
        _send(context, draft)
    elif value == "cancel":
        draft.state = "left"
    elif value == "edit":
        draft.mood = "edit"
    elif value == "skip" and draft.asked:
        draft.declined = [*draft.declined, draft.asked]
        draft.settled, draft.mood = True, "declined"
    elif value == "skip_all":
        draft.declined = sorted({*draft.declined, *draft.missing()})
        draft.settled = True
    elif kind == "english" and draft.refused is not None:
        _english(context, draft, what)
    elif kind == "type" and what in ticket_types():
        draft.type_id, draft.settled = what, True
        draft.triage = _verdict(context, draft)
    elif value == "new":
        draft.similar = []
    elif kind == "same" and any(what == one["number"] for one in draft.similar or []):
        draft.target, draft.state, draft.turn = what, "sending", context.turn_id
    return draft


def _send(context: Context, draft: Draft) -> None:
    """The partner confirmed: nothing is asked any more."""
    if not draft.target:
        draft.triage = _verdict(context, draft)
    draft.state, draft.turn = "sending", context.turn_id


def _back(draft: Draft) -> Draft:
    """Forget what was given last and ask for it again."""
    if draft.refused is not None:
        draft.refused = None
    elif draft.declined:
        draft.declined = draft.declined[:-1]
    elif draft.contact and draft.asked in (*CONTACT, "confirm"):
        draft.contact.popitem()
    elif draft.fields:
        draft.fields = dict(list(draft.fields.items())[:-1])
    elif draft.texts:
        draft.texts = draft.texts[:-1]
    return draft


# What is asked next


def _next(context: Context, draft: Draft) -> str:
    """A field, or a step: rewrite, english, description, type, similar, name, company, email, edit, confirm."""
    if draft.refused is not None:
        return "rewrite" if draft.refused["sure"] else "english"
    if draft.target:
        return "confirm" if draft.texts else "comment"
    if draft.mood == "edit":
        return "edit"
    if not draft.texts:
        return "description"
    if not draft.settled and draft.triage.get("confidence", 1.0) < _UNSURE_TYPE and draft.asked != "type":
        return "type"
    if draft.similar is None:
        draft.similar = context.read(lambda session: _similar(session, context, draft))
        if draft.similar:
            return "similar"
    elif draft.asked == "similar" and draft.similar and draft.mood != "heard":
        return "similar"
    missing = draft.next_field()
    if missing is not None:
        return missing
    known = context.read(lambda session: viewer_of(session, context.conversation)).partner_id is not None
    contact = None if known else draft.next_contact()
    return contact or "confirm"


def _similar(session: Any, context: Context, draft: Draft) -> list[dict[str, str]]:
    """Open tickets of the same company that are likely about the same."""
    open_ones = own_tickets(session, viewer_of(session, context.conversation), _MOST_CANDIDATES, active=True)
    candidates = [Candidate(one.name, f"{one.subject}\n{one.description}", one.fields) for one in open_ones]
    found = context.triage.similar(draft.text, draft.fields, candidates)
    subjects = {one.name: one.subject for one in open_ones}
    return [
        {"number": one.number, "reason": one.reason, "subject": subjects[one.number]} for one in found[:_MOST_TYPES]
    ]


def _offered_types(draft: Draft) -> Sequence[str]:
    return ticket_wording.offered_types(draft)


# What is handed on


def _record(draft: Draft) -> dict[str, Any]:
    if draft.target:
        return {"comment": {"ticket": draft.target, "text": draft.description or draft.text}}
    return {
        "ticket": {
            "draft": draft.id,
            "type": draft.type.id,
            "subject": draft.subject,
            "description": draft.description,
            "fields": draft.fields,
            "contact": draft.contact,
            "queue": draft.triage.get("queue") or draft.type.queue,
            "priority": draft.triage.get("priority", "normal"),
            "language": "en",
            "triage": draft.triage,
        }
    }


def _status(session: Any, context: Context, name: str) -> dict[str, Any]:
    ticket = access_ticket(session, viewer_of(session, context.conversation), name)
    if ticket is None:
        return reply(say("ticket_unknown", number=name), type="no_answer")
    return ticket_wording.card(session, ticket)


def _interrupted(draft: Draft) -> Turn:
    """Something else is answered first; the rule of that intent comes back to the form."""
    draft.mood = "interrupted"
    return Turn(slots={"ticket": draft.slot()}, events=[ActionExecutionRejected(FORM)])


def _going_on(draft: Draft | Turn) -> Turn:
    """Ask on, or end the form."""
    if isinstance(draft, Turn):
        return draft
    if draft.state == "asking":
        return Turn(slots={"ticket": draft.slot()}, events=[SlotSet("requested_slot", "ticket_value")])
    return Turn(slots={"ticket": draft.slot(), "requested_slot": None})
