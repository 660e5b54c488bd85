"""How a message is taken as the answer to what was asked for a ticket."""

from __future__ import annotations

import re
from typing import Any

from actions import ticket_changes, ticket_kind, ticket_similar, ticket_values, ticket_wording
from actions.draft import CONTACT, Draft
from actions.emails import email_in, has_broken_email
from actions.ticket_consent import has_not, has_nothing_but, is_no, is_yes
from actions.ticket_requests import names_its_matter, says_nothing, without_request
from actions.ticket_text import say, take, verdict
from actions.ticket_words import any_of, anywhere, only
from actions.turns import Context
from tickets.language import judge
from tickets.types import OTHER, ticket_fields, ticket_types

_UNKNOWN = only("has_not", then=("polite",))
_UNKNOWN_LEAD = re.compile(rf"^\W*{any_of('has_not_lead')}\b", re.IGNORECASE)
_AS_IS = only("as_is", then=("polite",))
_ONLY_SOFT = only("softens", then=("softens",))
_SCOLDS = only("scolds")
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_WHY = re.compile(rf"\W*(?:but )?{any_of('asks_why')}\b.{{0,60}}", re.IGNORECASE)
_PLACE = re.compile(r"\W*(?:the )?(?:(\d)|(first|second|third|last))(?: one)?\W*", re.IGNORECASE)
_THERE = re.compile(
    rf"\W*(?:{any_of('softens', 'agrees')}\W+)*{any_of('adds_there')}"
    rf"(?:\W+{any_of('adds_there', 'polite')})*\W*",
    re.IGNORECASE,
)
_ELSEWHERE = anywhere("elsewhere")
_MOST_TEXT_FIELD = 200
UNSURE_TYPE = 0.4  # confidence below which the partner is asked what the ticket is about
_FEWEST_WORDS = 2  # a shorter text says nothing that a ticket could be about
_KEPT_WORDS = 3  # from which a text that is no answer is kept as part of the description
_KEPT_QUESTION = 6  # and a question, which may only be one to the bot
_SHORT = 3  # words of an answer that may be a name only
_SENTENCE = 6  # words from which an answer to “who asks?” is a sentence about something else
_MOST_WHO = 12  # words that say who asks; more are a text of their own


def answer(context: Context, draft: Draft) -> None:
    """Take a message as the answer to `draft.asked`."""
    text, asked = context.text.strip(), draft.asked or "description"
    if names_its_matter(text):
        text = without_request(text)
        if text and draft.texts and draft.refused is None and not draft.target:  # one draft at a time
            draft.mood = "kept"
            say(context, draft, text, "description")
            return
    if ticket_changes.anew(context, draft, text):
        return
    if asked == "rewrite" and draft.refused is not None:
        _rewritten(context, draft, text)
    elif asked == "english" and draft.refused is not None:
        english(context, draft, text)
    elif asked in ("description", "comment"):
        _described(context, draft, text, asked)
    elif asked == "type":
        _type(context, draft, text)
    elif asked == "similar":
        _similar(context, draft, text)
    elif asked == "other" and draft.perhaps:
        ticket_changes.other(context, draft, text)
    elif asked == "which_date" and draft.loose_day:
        ticket_changes.which_date(context, draft, text)
    elif asked == "tier":
        _tier(context, draft, text)
    elif asked in CONTACT:
        _contact(context, draft, text)
    elif asked in ("confirm", "edit"):
        ticket_changes.confirmed(context, draft, text)
    else:
        _field(context, draft, text, asked)


def english(context: Context, draft: Draft, text: str) -> None:
    """The answer to “is this in English?”."""
    assert draft.refused is not None
    if is_yes(text):
        take(context, draft, draft.refused["text"], draft.refused["of"])
    elif is_no(text):
        draft.refused = {**draft.refused, "sure": True}
    else:
        say(context, draft, text, draft.refused["of"])


def add_to(context: Context, draft: Draft, number: str) -> None:
    """What was drafted goes to a ticket that is there."""
    draft.target, draft.state, draft.turn = number, "sending", context.turn_id


def decline(draft: Draft, name: str) -> None:
    """Go on without what was asked; without an e-mail address only after saying what that means."""
    if name == "contact_email" and not draft.insisted:
        draft.insisted, draft.mood = True, "insists"
        return
    draft.declined = [*draft.declined, name]
    draft.mood = "declined" if name in ticket_fields() else "heard"
    draft.settled = draft.settled or name in ticket_fields()


def decline_all(draft: Draft) -> None:
    """Ask nothing more of what the type needs; while it is asked who writes, nothing more of that."""
    if draft.asked in CONTACT:
        draft.declined = sorted({*draft.declined, *CONTACT[:2]})
        decline(draft, "contact_email")
    else:
        draft.declined = sorted({*draft.declined, *draft.missing(), "tier"})
        draft.settled = True


def _rewritten(context: Context, draft: Draft, text: str) -> None:
    assert draft.refused is not None
    of = draft.refused["of"]
    if is_yes(text) or is_no(text) or "english" in text.casefold():
        return
    if of in ticket_fields() and ticket_fields()[of].form != "long":  # a name has no language
        draft.refused = None
        _field(context, draft, text, of)
    else:
        say(context, draft, text, of)


def _described(context: Context, draft: Draft, text: str, of: str) -> None:
    if of == "description" and email_in(text) and len(text.split()) <= _SHORT + 2 and draft.take_contact(text):
        draft.mood = "heard"  # who writes, and nothing of the matter
    elif _is_little(text):
        draft.mood = "too_short"
    else:
        say(context, draft, text, of)


def _is_little(text: str) -> bool:
    """Whether a text says nothing that a ticket could be about."""
    words = re.findall(r"[^\W_]{2,}", text)
    return (
        says_nothing(text)
        or _ONLY_SOFT.fullmatch(text) is not None
        or (len(words) < _FEWEST_WORDS and not any(letter.isdigit() for letter in text))
    )


def _type(context: Context, draft: Draft, text: str) -> None:
    offered = ticket_wording.offered_types(draft)
    place = _PLACE.fullmatch(text)
    if place:
        number = int(place[1]) - 1 if place[1] else {"first": 0, "second": 1, "third": 2}.get(place[2].lower(), -1)
        offered = offered[number : number + 1 or None]
    elif not is_yes(text):
        said = re.compile(rf"\b{re.escape(text.strip(' .!?'))}\b", re.IGNORECASE)
        offered = [one for one in offered if any(map(str.isalnum, text)) and said.search(ticket_types()[one].title)]
    if offered and not is_no(text):
        draft.type_id, draft.settled = offered[0], True
        draft.triage = verdict(context, draft)
    elif is_no(text) or _UNKNOWN.fullmatch(text):  # an agent sorts it out
        draft.type_id, draft.settled = OTHER, True
        draft.triage = verdict(context, draft)
    else:
        _more_of_it(context, draft, text)


def _more_of_it(context: Context, draft: Draft, text: str) -> None:
    """More words instead of a type: they may make it clear; else it is asked once more, then an agent sorts it out."""
    draft.mood = "kept"
    if _is_little(text):
        draft.mood = "too_short"
    elif len(text.split()) <= _SHORT:
        take(context, draft, text, "description")  # too short to judge its language
    else:
        say(context, draft, text, "description")
    if draft.refused is None and draft.triage.get("confidence", 1.0) < UNSURE_TYPE:
        draft.misses += 1
        if draft.misses > 1:
            draft.type_id, draft.settled, draft.misses = OTHER, True, 0
            draft.triage = verdict(context, draft)


def _similar(context: Context, draft: Draft, text: str) -> None:
    there = _THERE.fullmatch(text) is not None
    if not there and (is_no(text) or has_nothing_but(text) or _ELSEWHERE.search(text)):
        ticket_similar.refuse(draft)
    elif (there or is_yes(text)) and draft.similar:
        add_to(context, draft, draft.similar[0]["number"])
    elif len(text.split()) <= _SHORT and not any(map(str.isdigit, text)):
        draft.mood = "not_understood"
    else:
        say(context, draft, text, "description")
        ticket_similar.refuse(draft)


def _tier(context: Context, draft: Draft, text: str) -> None:
    """Of which tier the wanted licenses are."""
    if ticket_values.put_tier(draft, text):
        return
    if _UNKNOWN.fullmatch(text) or _AS_IS.fullmatch(text):
        draft.declined = [*draft.declined, "tier"]
    elif _WHY.fullmatch(text):
        draft.mood = "why"
    else:
        _missed(context, draft, text, "wanted_licenses")


def _contact(context: Context, draft: Draft, text: str) -> None:
    """Who asks; a sentence about something else changes the draft, or is kept in its text."""
    asked = str(draft.asked)
    if _WHY.fullmatch(text):
        draft.mood = "why_contact"
    elif _AS_IS.fullmatch(text):
        decline_all(draft)
    elif _UNKNOWN.fullmatch(text) or (asked == "contact_email" and (is_no(text) or (draft.insisted and is_yes(text)))):
        decline(draft, asked)
    elif ticket_changes.corrected(context, draft, text, read=False):
        pass
    elif has_broken_email(text) and len(text.split()) <= _MOST_WHO:
        draft.take_contact(text)  # name and company may stand beside it
        draft.mood = "not_email"
    elif _late(draft, text):
        draft.mood = "changed"
    elif _is_code(context, draft, text) or not _who(draft, text):
        _no_who(context, draft, text, asked)


def _is_code(context: Context, draft: Draft, text: str) -> bool:
    """Whether a message gives a number or a date of the ticket; a phone number beside a name is its writer's."""
    read = ticket_values.without_names(context.triage.read(draft.type_id, text, context.now))
    return not email_in(text) and bool(read.keys() - {"did_numbers"})


def _no_who(context: Context, draft: Draft, text: str, asked: str) -> None:
    """A message that doesn't say who asks: something about the ticket, or not understood."""
    given = ticket_values.without_names(context.triage.read(draft.type_id, text, context.now))
    words = _KEPT_WORDS if ticket_values.is_sentence(text) else _SENTENCE
    if given or (len(text.split()) >= words and not ticket_values.is_question(text)):
        ticket_changes.changed(context, draft, text)
        draft.mood = "kept" if draft.mood == "changed" and draft.texts[-1:] == [text] else draft.mood
    else:
        draft.misses += 1
        again = draft.misses > 1 and asked != "contact_email"
        draft.mood = "why_contact" if again or ticket_values.is_question(text) else "no_change"
    if draft.mood == "no_change":
        draft.mood = "not_email" if asked == "contact_email" else "not_understood"


def _who(draft: Draft, text: str) -> bool:
    """Whether a message says who asks, and the draft has taken it."""
    if draft.asked == "contact_email" and not email_in(text):
        return False
    if len(text.split()) > _MOST_WHO or ticket_values.says_no_value(text) or ticket_values.is_no_name(text):
        return False
    taken = draft.take_contact(text)
    draft.misses = 0 if taken else draft.misses
    return taken


def _field(context: Context, draft: Draft, text: str, name: str) -> None:
    """The value of a field, as the triage reads it or, where that is plausible, as it was typed."""
    draft.settled = True  # what is asked for must not change while it is answered
    field = ticket_fields()[name]
    if _WHY.fullmatch(text) and field.form != "long":
        draft.mood = "why"
        return
    if name == "services" and draft.type_id == "xbees.conversion" and is_no(text):
        draft.put({name: "none"})
        return
    if _UNKNOWN.fullmatch(text):
        decline(draft, name)
        return
    if _AS_IS.fullmatch(text):
        decline_all(draft)
        return
    if field.form != "long" and len(text) > _MOST_TEXT_FIELD:  # a mail in parts: more of the description
        draft.mood = "kept"
        say(context, draft, text, "description")
        return
    if field.form == "date" and ticket_values.lone_day(text, context.today):
        draft.put(ticket_values.typed(draft, name, text, context.today))
        return
    if field.form != "date" and name != "since" and ticket_changes.loose(context, draft, text):
        return
    if field.form != "long" and ticket_changes.who_said(draft, text):
        return
    if code := ticket_values.spaced_code(name, ticket_values.without_lead(text)):
        draft.put({name: code})
        return
    given = bool(context.triage.read(draft.type_id, text, context.now))
    if field.form != "long" and ticket_changes.corrected(context, draft, text, given):
        return
    if field.form != "long" and ticket_values.says_no_value(text, name):
        _missed(context, draft, text, name)
        return
    read = context.triage.read(draft.type_id, text, context.now, asked=name)
    if field.form == "long" and name != "address":  # names say nothing about a language
        say(context, draft, text, name)
        return
    read = ticket_values.sensible(draft, text, read, name)
    if has_not(text) and ticket_values.is_whole(text, read.get(name)):  # “must ask my boss” is no name
        del read[name]
    if read:
        draft.put(read)
        if has_broken_email(text) and "email" in draft.missing():
            draft.mood = "not_email"
        if ticket_values.tells_more(text, read) and judge(text).english:
            draft.texts = [*draft.texts, text]
    elif _UNKNOWN_LEAD.match(text) or has_not(text):
        decline(draft, name)
        draft.texts = [*draft.texts, text]
    elif value := _typed(context, draft, name, text):
        draft.put(value)
    else:
        _missed(context, draft, text, name)
        return
    draft.misses = 0


def _late(draft: Draft, text: str) -> bool:
    """Whether a message answers an earlier question that is still open, and the draft has taken it."""
    name = ticket_values.late(draft, text)
    return bool(name) and draft.put({name: ticket_values.without_lead(text)})


def _typed(context: Context, draft: Draft, name: str, text: str) -> dict[str, Any]:
    """The message itself as the value of what was asked, or of a date that is still missing."""
    day = ticket_values.lone_day(text, context.today)
    if day and ticket_fields()[name].form != "date" and name != "since":
        dates = [one for one in draft.missing() if ticket_fields()[one].form == "date"]
        return {dates[0]: day} if dates else {}
    return ticket_values.typed(draft, name, text, context.today)


def _missed(context: Context, draft: Draft, text: str, name: str) -> None:
    """A message that is no value of what was asked: nothing that was said is thrown away."""
    if _late(draft, text):
        return
    draft.misses += 1
    language = judge(text)
    if not language.english and language.sure and len(text.split()) >= _FEWEST_WORDS:
        draft.refused = {"text": text, "of": name, "language": language.language, "sure": True}
        return
    if has_broken_email(text) and name in ticket_values.NAMES:
        draft.mood = "not_email"
        return
    hint = {"numbers": "not_numbers", "date": "not_date", "email": "not_email"}
    draft.mood = hint.get(ticket_fields()[name].form, "not_understood")
    if _SCOLDS.fullmatch(text) or not _LETTERS.search(text):  # digits that are no such value say nothing in the text
        return
    if ticket_values.is_question(text) and len(text.split()) < _KEPT_QUESTION:
        draft.mood = "question"
    elif language.english and len(text.split()) >= _KEPT_WORDS and not ticket_kind.follow(context, draft, text):
        draft.texts, draft.mood = [*draft.texts, text], "kept"
