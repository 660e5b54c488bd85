"""How a message is taken as the answer to what was asked for a ticket."""

from __future__ import annotations

import re
from typing import Any

from actions import ticket_wording
from actions.draft import CONTACT, Draft, email_in
from actions.ticket_requests import says_nothing
from actions.ticket_words import any_of, only
from actions.turns import Context
from knowledge.reading.dates import find_days
from tickets.language import judge
from tickets.types import ticket_fields, ticket_types

_YES = only("agrees", "send", then=("agrees", "agrees_more", "send", "polite"))
_NO = only("denies", then=("polite",))
_UNKNOWN = only("has_not", then=("polite",))
_UNKNOWN_LEAD = re.compile(rf"^\W*{any_of('has_not_lead')}\b", re.IGNORECASE)
_AS_IS = only("as_is", then=("polite",))
_NO_VALUE = only("no_value", "agrees", "send", "polite", then=("no_value", "agrees", "send", "polite"))
_WHY = re.compile(rf"\W*(?:but )?{any_of('asks_why')}\b.{{0,60}}", re.IGNORECASE)
_ANEW = re.compile(r"^\W*(?:description|text)\s*[:=]\s*", re.IGNORECASE)
_ADD = re.compile(r"^\W*(?:please )?(?:add|also|and)\s*(?:to (?:the|my) (?:text|ticket))?\s*:\s*", re.IGNORECASE)
_CONTACT_SAID = re.compile(
    r"\b(?P<what>name|company|e-?mail(?: address)?)\s+(?:is|to|:|=|should be)\s*(?P<value>[^\n]{2,120})", re.IGNORECASE
)
_REMOVE = re.compile(
    rf"^\W*(?:(?:no|please|pls),? )*{any_of('removes')}\s+(?:(?:the|my|that|this) )?(?P<what>.{{2,60}})", re.IGNORECASE
)
_CHANGE = re.compile(rf"^\W*{any_of('changes')}\b", re.IGNORECASE)
_LEAD = re.compile(
    rf"^\W*(?:{any_of('value_lead')}\b[\s:.,]*|serial(?: number)?(?: is)?[\s:]+|"
    r"(?:order|invoice)(?: number| no\.?| nr\.?)?(?: is)?[\s:#]+|pbx(?: is| of)?[\s:]+|s/?n[\s:]+)+",
    re.IGNORECASE,
)
_ORDER = re.compile(r"\border\b", re.IGNORECASE)
_PLACE = re.compile(r"\W*(?:the )?(?:(\d)|(first|second|third|last))(?: one)?\W*", re.IGNORECASE)
_SURE_FIELDS = {"did_numbers", "invoice_number", "order_number", "serial_number"}
_CODES = {"invoice_number", "order_number", "serial_number"}  # no such number is without a digit
_MOST_TEXT_FIELD = 200
_MOST_LONG = 2000
_FEWEST_WORDS = 2  # a shorter text says nothing that a ticket could be about
_KEPT_WORDS = 3  # from which a text that is no answer is kept as part of the description
_SHORT = 3  # words of an answer that may be a name only


def is_yes(text: str) -> bool:
    """Whether a message only agrees."""
    return _YES.fullmatch(text) is not None


def answer(context: Context, draft: Draft) -> None:
    """Take a message as the answer to `draft.asked`."""
    text, asked = context.text.strip(), draft.asked or "description"
    anew = _ANEW.match(text)
    if anew and not draft.target:
        draft.texts = []
        say(context, draft, text[anew.end() :], "description")
    elif asked == "rewrite" and draft.refused is not None:
        _rewritten(context, draft, text)
    elif asked == "english" and draft.refused is not None:
        english(context, draft, text)
    elif asked in ("description", "comment"):
        _described(context, draft, text, asked)
    elif asked == "type":
        _type(context, draft, text)
    elif asked == "similar":
        _similar(context, draft, text)
    elif asked in CONTACT:
        _contact(draft, text)
    elif asked in ("confirm", "edit"):
        _confirmed(context, draft, text)
    else:
        _field(context, draft, text, asked)


def say(context: Context, draft: Draft, text: str, of: str) -> None:
    """Take the partner's own words, through the English gate.

    Args:
        of: description, comment, or the field that they are the value of.
    """
    found = judge(text)
    if (found.english and found.sure) or (not found.sure and draft.doubted):
        take(context, draft, text, of)
        return
    draft.doubted = draft.doubted or not found.sure
    draft.refused = {"text": text, "of": of, "language": found.language, "sure": found.sure}


def take(context: Context, draft: Draft, text: str, of: str) -> None:
    """Words that are English."""
    draft.refused = None
    if of in ticket_fields():
        _field(context, draft, text, of, gate=False)
        return
    draft.texts = [*draft.texts, text]
    if of != "comment":
        draft.triage = verdict(context, draft)


def english(context: Context, draft: Draft, text: str) -> None:
    """The answer to “is this in English?”."""
    assert draft.refused is not None
    if is_yes(text):
        take(context, draft, draft.refused["text"], draft.refused["of"])
    elif _NO.fullmatch(text):
        draft.refused = {**draft.refused, "sure": True}
    else:
        say(context, draft, text, draft.refused["of"])


def verdict(context: Context, draft: Draft) -> dict[str, Any]:
    """Triage what is known so far, as JSON; a type that is settled stays."""
    settled = draft.type_id if draft.settled else None
    found = context.triage.judge(draft.text or draft.type.title, context.now, type_id=settled, known=draft.fields)
    if not draft.settled:
        draft.type_id = found.type
    new = {name: value for name, value in found.fields.items() if name not in draft.fields}
    if draft.finding:  # what was asked of a calculation says little else of the case
        new = {name: value for name, value in new.items() if name in _SURE_FIELDS}
    draft.put(new)
    return found.to_json()


def send(context: Context, draft: Draft) -> None:
    """The partner confirmed: nothing is asked any more."""
    if not draft.target:
        draft.triage = verdict(context, draft)
    draft.state, draft.turn = "sending", context.turn_id


def add_to(context: Context, draft: Draft, number: str) -> None:
    """What was drafted goes to a ticket that is there."""
    draft.target, draft.state, draft.turn = number, "sending", context.turn_id


def _rewritten(context: Context, draft: Draft, text: str) -> None:
    assert draft.refused is not None
    if not (is_yes(text) or _NO.fullmatch(text) or "english" in text.casefold()):
        say(context, draft, text, draft.refused["of"])


def _described(context: Context, draft: Draft, text: str, of: str) -> None:
    words = re.findall(r"[^\W_]{2,}", text)
    few = len(words) < _FEWEST_WORDS and not any(letter.isdigit() for letter in text)
    if few or says_nothing(text):
        draft.mood = "too_short"
    else:
        say(context, draft, text, of)


def _type(context: Context, draft: Draft, text: str) -> None:
    offered = ticket_wording.offered_types(draft)
    place = _PLACE.fullmatch(text)
    if place:
        number = int(place[1]) - 1 if place[1] else {"first": 0, "second": 1, "third": 2}.get(place[2].lower(), -1)
        offered = offered[number : number + 1 or None]
    elif not is_yes(text):
        said = text.casefold().strip(" .!?")
        offered = [one for one in offered if said in ticket_types()[one].title.casefold()]
    if offered:
        draft.type_id = offered[0]
    elif _NO.fullmatch(text) or _UNKNOWN.fullmatch(text):
        pass  # an agent sorts it out
    elif len(text.split()) <= _SHORT:
        draft.texts = [*draft.texts, text]  # too short to judge its language
        draft.triage = verdict(context, draft)
    else:
        say(context, draft, text, "description")
    if draft.refused is None:
        draft.settled = True
        draft.triage = verdict(context, draft)


def _similar(context: Context, draft: Draft, text: str) -> None:
    if is_yes(text) and draft.similar:
        add_to(context, draft, draft.similar[0]["number"])
    elif _NO.fullmatch(text) or re.search(r"\b(?:new|another|separate|different)\b", text, re.IGNORECASE):
        draft.similar = []
    else:
        say(context, draft, text, "description")
        draft.similar = []


def _contact(draft: Draft, text: str) -> None:
    if _UNKNOWN.fullmatch(text):
        draft.declined, draft.mood = [*draft.declined, str(draft.asked)], "heard"
    elif draft.asked == "contact_email" and not email_in(text):
        draft.mood = "not_email"
    elif _NO_VALUE.fullmatch(text) or not draft.take_contact(text):
        draft.mood = "not_understood"


def _field(context: Context, draft: Draft, text: str, name: str, *, gate: bool = True) -> None:
    """The value of a field, as the triage reads it or, where that is plausible, as it was typed."""
    draft.settled = True  # what is asked for must not change while it is answered
    field = ticket_fields()[name]
    if _WHY.fullmatch(text) and field.form != "long":
        draft.mood = "why"
        return
    if _UNKNOWN.fullmatch(text):
        draft.declined, draft.mood = [*draft.declined, name], "declined"
        return
    if _AS_IS.fullmatch(text):
        draft.declined = sorted({*draft.declined, *draft.missing()})
        return
    if field.form != "long" and len(text) > _MOST_TEXT_FIELD:  # a mail in parts: more of the description
        draft.mood = "kept"
        say(context, draft, text, "description")
        return
    read = context.triage.read(draft.type_id, text, context.now, asked=name)
    if field.form == "long" and name != "address":  # names say nothing about a language
        if gate:
            say(context, draft, text, name)
        else:
            draft.put({**read, name: text[:_MOST_LONG]})
    elif read:
        draft.put(read)
    elif _UNKNOWN_LEAD.match(text):
        draft.declined, draft.mood = [*draft.declined, name], "declined"
        draft.texts = [*draft.texts, text]
    elif not _NO_VALUE.fullmatch(text) and (value := _typed(context, draft, name, text)):
        draft.put(value)
    else:
        _missed(context, draft, text, name)
        return
    draft.misses = 0


def _typed(context: Context, draft: Draft, name: str, text: str) -> dict[str, Any]:
    """The message itself as a field's value, {} where it cannot be."""
    form = ticket_fields()[name].form
    past = name in ("date", "purchase_date", "invoice_date")
    days = find_days(text, context.today, past)
    day = days[0].readings[0].isoformat() if len(days) == 1 and len(days[0].readings) == 1 else ""
    if form == "date":
        return {name: day} if day else {}
    if form == "email":
        return {name: found} if (found := email_in(text)) else {}
    if form == "numbers":
        return {}
    if form == "long":
        return {name: text[:_MOST_LONG]}
    value = _LEAD.sub("", text).strip(" .,;:") or text
    if day and name != "since" and len(text.split()) <= _SHORT + 1:
        dates = [one for one in draft.missing() if ticket_fields()[one].form == "date"]
        return {dates[0]: day} if dates else {}
    if name in _CODES and not any(letter.isdigit() for letter in value):
        return {}
    group = next((group for group in draft.type.needs if name in group), ())
    if _ORDER.search(text) and "order_number" in group:
        name = "order_number"
    return {name: value} if len(value) <= _MOST_TEXT_FIELD else {}


def _missed(context: Context, draft: Draft, text: str, name: str) -> None:
    """A message that is no value of what was asked: nothing that was said is thrown away."""
    draft.misses += 1
    language = judge(text)
    if not language.english and language.sure and len(text.split()) >= _FEWEST_WORDS:
        draft.refused = {"text": text, "of": name, "language": language.language, "sure": True}
        return
    hint = {"numbers": "not_numbers", "date": "not_date", "email": "not_email"}
    draft.mood = hint.get(ticket_fields()[name].form, "not_understood")
    if len(text.split()) >= _KEPT_WORDS:
        draft.texts = [*draft.texts, text]
        draft.mood = "kept"


def _confirmed(context: Context, draft: Draft, text: str) -> None:
    """At the draft: yes, no, a change, or something to add."""
    if draft.asked == "confirm" and is_yes(text):
        send(context, draft)
    elif is_yes(text):
        draft.mood = "heard"
    elif _NO.fullmatch(text):
        if draft.target:
            draft.texts, draft.mood = [], "heard"
        else:
            draft.mood = "edit"
    elif draft.target:
        say(context, draft, text, "comment")
    else:
        _changed(context, draft, text)


def _changed(context: Context, draft: Draft, text: str) -> None:
    draft.settled = draft.settled or bool(draft.type_id)
    draft.mood = "changed"
    contact = _CONTACT_SAID.search(text)
    read = context.triage.read(draft.type_id, text, context.now) if draft.type_id else {}
    added = _ADD.match(text)
    if contact and (draft.contact or draft.next_contact()) and not (contact["what"][0] in "eE" and "email" in read):
        what = {"n": "name", "c": "company", "e": "email"}[contact["what"][0].lower()]
        value = email_in(text) if what == "email" else contact["value"].strip(" .!")
        if value:
            draft.contact[what] = value
        else:
            draft.mood = "not_email"
    elif _REMOVE.match(text):
        _remove(draft, text)
    elif added:
        say(context, draft, text[added.end() :], "description")
    elif read:
        draft.put(read)
        draft.triage = verdict(context, draft)
    elif _CHANGE.match(text) or text.rstrip().endswith("?"):
        draft.mood = "no_change"
    else:
        say(context, draft, text, "description")


def _remove(draft: Draft, text: str) -> None:
    """“remove the PBX”, “delete the last line”."""
    found = _REMOVE.match(text)
    what = found["what"].casefold().strip(" .!") if found else ""
    named = [name for name in draft.fields if what in (ticket_fields()[name].label.casefold(), name.replace("_", " "))]
    if named:
        draft.fields = {name: value for name, value in draft.fields.items() if name not in named}
        draft.declined = [*draft.declined, *named]
    elif what in ("that", "it", "last line", "the last line", "last sentence") and len(draft.texts) > 1:
        draft.texts = draft.texts[:-1]
    else:
        draft.mood = "no_change"
