"""What a message means once the draft is shown: open it, or change what stands in it."""

from __future__ import annotations

import re

from actions import ticket_kind, ticket_similar, ticket_values
from actions.draft import Draft
from actions.emails import email_in, has_broken_email, without_email
from actions.ticket_consent import before_sending, has_nothing_but, holds, is_no, is_yes, leaves, stops
from actions.ticket_text import say, verdict
from actions.ticket_words import any_of, anywhere, only
from actions.turns import Context, is_anonymous
from tickets.types import OTHER, ticket_fields

_ANEW = re.compile(r"^\W*(?:description|text)\s*[:=]\s*", re.IGNORECASE)
_ADD = re.compile(r"^\W*(?:please )?(?:add|also|and)\s*(?:to (?:the|my) (?:text|ticket))?\s*:\s*", re.IGNORECASE)
_CONTACT_SAID = re.compile(
    r"\b(?P<what>name|company|e-?mail(?: address)?)\s+(?:is|to|:|=|should be)\s*(?P<value>[^\n]{2,120})", re.IGNORECASE
)
_WHO_SAID = re.compile(r"\W*(?:and )?(?:my (?:name|company|e-?mail)|(?:the |our )?company)\b", re.IGNORECASE)
_REMOVE = re.compile(
    rf"^\W*(?:(?:no|please|pls),? )*{any_of('removes')}\s+(?:(?:the|my|that|this) )?(?P<what>.{{2,60}})", re.IGNORECASE
)
_CHANGE = re.compile(rf"^\W*{any_of('changes')}\b", re.IGNORECASE)
_SOFTLY = rf"\W*(?:{any_of('softens')}\b\W*)*"
_THING = r"(?:(?:the|my|our|this|that) )?(?P<{}>\w[\w -]{{1,40}}?)"
_WRONG = re.compile(
    rf"{_SOFTLY}{_THING.format('what')} {any_of('is_wrong')}\W*"
    rf"|{_SOFTLY}(?:wrong|change|correct|edit) {_THING.format('that')}\W*",
    re.IGNORECASE,
)
_NOT_ABOUT = re.compile(rf"^{_SOFTLY}{any_of('not_about')}\b", re.IGNORECASE)
_SOFT = re.compile(rf"^\W*{any_of('changes_softly')}\b", re.IGNORECASE)
_FEWEST_OF_CORRECTION = 5
_ON_TOP = re.compile(r"^\W*(?:and|also|plus)\b", re.IGNORECASE)
_IN_ITS_PLACE = anywhere("in_its_place")
_ALL_OF_IT = only("all_of_it")
_MOST_WHO = 8  # words that say who asks
_CLAUSE = re.compile(r"[,;.:]\s")
_MOST_VALUE_WORDS = 15
_FEWEST_WORDS = 3  # a shorter text without a digit is nothing to add to a ticket


def anew(context: Context, draft: Draft, text: str) -> bool:
    """“description: …” writes the text anew; whether it was that."""
    found = _ANEW.match(text)
    if found is None or draft.target:
        return False
    told = {name for name in draft.fields if ticket_fields()[name].form == "long" and draft.fields[name] in draft.text}
    draft.fields = {name: value for name, value in draft.fields.items() if name not in told}
    draft.texts, draft.mood = [], "changed"
    say(context, draft, text[found.end() :], "description")
    if draft.refused is None:
        ticket_kind.doubt(context, draft, text[found.end() :])
    return True


def confirmed(context: Context, draft: Draft, text: str) -> None:
    """At the draft: yes, no, a change, or something to add."""
    if draft.asked == "confirm" and is_yes(text):
        send(context, draft)
    elif is_yes(text):
        draft.mood = "heard"
    elif leaves(text):
        draft.state = "left"
    elif is_no(text):
        if draft.target:
            draft.texts, draft.mood = [], "heard"
        else:
            draft.mood = "edit"
    elif draft.target:
        say(context, draft, text, "comment")
    elif not _put_off(context, draft, text):
        changed(context, draft, text)


def _put_off(context: Context, draft: Draft, text: str) -> bool:
    """“Not yet”, “don't send it”, “I don't know”, “…, open it now”: what is no text of the ticket; whether it was."""
    read = context.triage.read(draft.type_id, text, context.now)
    if read:
        return False
    if stops(text):
        draft.mood = "edit"
    elif holds(text):
        draft.mood = "waits"
    elif has_nothing_but(text):
        draft.mood = "no_change"
    elif draft.asked == "confirm" and (rest := before_sending(text)):
        changed(context, draft, rest)
        if draft.refused is None and not (draft.perhaps or draft.loose_day) and draft.mood in ("changed", "no_change"):
            send(context, draft)
    else:
        return False
    return True


def send(context: Context, draft: Draft) -> None:
    """The partner confirmed: nothing is asked any more, but who they are where nobody vouches for them.

    In a thread in Slack that may be somebody else than who drafted it.
    """
    if not draft.target:
        draft.anonymous = is_anonymous(context)
        if draft.anonymous and draft.next_contact():
            return
        draft.triage = verdict(context, draft)
        if ticket_similar.look(context, draft, at_the_end=True):  # a change that came along with the yes
            return
    draft.state, draft.turn = "sending", context.turn_id


def other(context: Context, draft: Draft, text: str) -> None:
    """The answer to “is it about … now?”."""
    if is_yes(text):
        ticket_kind.turn_to(context, draft, draft.perhaps)
    elif is_no(text) or has_nothing_but(text):
        draft.perhaps = ""
    else:
        changed(context, draft, text)


def which_date(context: Context, draft: Draft, text: str) -> None:
    """The answer to “which date is that?”; any other message is taken as a change."""
    dates = ticket_values.date_fields(draft)
    said = [name for name in ticket_values.fields_called(draft, _without_article(text)) if name in dates]
    if len(said) == 1:
        put_date(context, draft, said[0])
    elif is_yes(text):
        draft.mood = "heard"
    elif is_no(text):
        draft.loose_day = ""
    else:
        draft.loose_day = ""
        changed(context, draft, text)


def put_date(context: Context, draft: Draft, name: str) -> None:
    """Put the date that was said alone where it belongs."""
    draft.put({name: draft.loose_day})
    draft.loose_day, draft.mood = "", "changed"
    draft.triage = verdict(context, draft)


def loose(context: Context, draft: Draft, text: str) -> bool:
    """A date said alone where the type has two: it goes to the one missing, else it is asked about. Whether it was."""
    dates = ticket_values.date_fields(draft)
    day = ticket_values.lone_day(text, context.today) if len(dates) > 1 else ""
    if not day:
        return False
    draft.loose_day = day
    missing = [name for name in dates if name not in draft.fields]
    if len(missing) == 1:
        put_date(context, draft, missing[0])
    return True


def corrected(context: Context, draft: Draft, text: str, read: bool) -> bool:
    """“It is not about …” and “… is wrong” without what is right; whether it was one.

    Args:
        read: whether the message gives a value for the draft's type.
    """
    if _NOT_ABOUT.match(text):
        _other_matter(context, draft, text)
        return True
    wrong = None if read else _WRONG.fullmatch(text)
    return wrong is not None and _asked_again(draft, wrong["what"] or wrong["that"])


def changed(context: Context, draft: Draft, text: str) -> None:
    """A message that changes the draft: its type, a value, who writes, the text."""
    draft.settled, draft.perhaps = draft.settled or draft.type_id not in ("", OTHER), ""
    draft.mood = "changed"
    read = context.triage.read(draft.type_id, text, context.now) if draft.type_id else {}
    usable = ticket_values.usable(read, text)
    if usable != read and len(text.split()) <= _MOST_WHO:
        draft.mood = "not_email"
        return
    read = usable
    added = _ADD.match(text)
    if corrected(context, draft, text, bool(read)) or _contact_changed(draft, text, "email" in read):
        return
    if email_in(text) and "email" not in read and len(text.split()) <= _MOST_WHO and draft.take_contact(text):
        return
    if _REMOVE.match(text):
        _remove(draft, text)
    elif added:
        say(context, draft, text[added.end() :], "description")
    elif not loose(context, draft, text):
        _value_or_text(context, draft, text, read)


def _value_or_text(context: Context, draft: Draft, text: str, read: dict[str, object]) -> None:
    needed = read.keys() & {name for group in draft.type.needs for name in group}
    if not (needed and _CHANGE.match(text)) and ticket_kind.follow(context, draft, text, needed):
        return
    if read:
        draft.put(_together(draft, text, read))
        if len(text.split()) > (_MOST_VALUE_WORDS if needed else _FEWEST_WORDS):  # a part of the story
            say(context, draft, text, "description")
        draft.triage = verdict(context, draft)
    elif _CHANGE.match(text) or ticket_values.is_question(text) or _is_little(text):
        draft.mood = "no_change"
    else:
        say(context, draft, text, "description")


def _together(draft: Draft, text: str, read: dict[str, object]) -> dict[str, object]:
    """What was read; “and 2 Premium” comes on top of what was known, “and the PBX must be …” does not."""
    if not _ON_TOP.match(text) or _IN_ITS_PLACE.search(text):
        return read
    together = dict(read)
    for name in read.keys() & draft.fields.keys():
        known, more = draft.fields[name], read[name]
        if isinstance(known, list) and isinstance(more, list):
            together[name] = [*known, *more]
        elif ticket_fields()[name].form == "text" and name != "since":
            together[name] = f"{known} and {more}"
    return together


def _other_matter(context: Context, draft: Draft, text: str) -> None:
    """“It is not about licenses”: about what then, where the rest doesn't say it."""
    rest = _CLAUSE.split(text, maxsplit=1)[1:]
    if not rest or not ticket_kind.follow(context, draft, text, denied=True):
        ticket_kind.ask_anew(draft)
        draft.mood = "heard"


def _asked_again(draft: Draft, what: str) -> bool:
    """“The PBX is wrong”: forget it, so that it is asked for; whether such a thing stands in the draft."""
    if _ALL_OF_IT.fullmatch(what):
        draft.mood = "edit"
        return True
    named = ticket_values.fields_called(draft, what)
    contact = {"name": "name", "company": "company", "email": "email", "e-mail": "email", "mail": "email"}
    who = contact.get(what.casefold().removesuffix(" address").removeprefix("my ").strip())
    if named or who:
        draft.mood = "edit" if len(named) > 1 else "heard"
    if len(named) == 1:
        draft.remove(named)
    elif who in draft.contact:
        del draft.contact[who]
    return bool(named) or who is not None


def who_said(draft: Draft, text: str) -> bool:
    """“My name is …” while something else is asked, where it cannot be that; whether the draft has taken it."""
    needed = {name for group in draft.type.needs for name in group}
    said = _WHO_SAID.match(text)
    return said is not None and not needed & {"person", "email"} and _contact_changed(draft, text, False)


def _contact_changed(draft: Draft, text: str, is_field: bool) -> bool:
    """“My name is Tom”: whether the message changes who writes."""
    said = _CONTACT_SAID.search(text)
    if said is None or not (draft.contact or draft.next_contact()) or (said["what"][0] in "eE" and is_field):
        return False
    what = {"n": "name", "c": "company", "e": "email"}[said["what"][0].lower()]
    address, value = without_email(said["value"])
    if address:
        draft.contact["email"] = address
    elif what == "email" or has_broken_email(value):
        draft.mood = "not_email"
        return True
    if what != "email" and (value := value.strip(" .!,\n")):
        draft.contact[what] = value
    return True


def _remove(draft: Draft, text: str) -> None:
    """“remove the PBX”, “delete the last line”."""
    found = _REMOVE.match(text)
    what = found["what"].casefold().strip(" .!") if found else ""
    named = [name for name in ticket_values.fields_called(draft, what) if name in draft.fields]
    if named:
        draft.remove(named)
        draft.declined = [*draft.declined, *named]
    elif what in ("that", "it", "last line", "the last line", "last sentence") and len(draft.texts) > 1:
        draft.texts = draft.texts[:-1]
    else:
        draft.mood = "no_change"


def _is_little(text: str) -> bool:
    """Whether a message is too short to be text of the ticket: a word, or a correction that says nothing else."""
    fewest = _FEWEST_OF_CORRECTION if _SOFT.match(text) else _FEWEST_WORDS
    return len(text.split()) < fewest and not any(letter.isdigit() for letter in text)


def _without_article(text: str) -> str:
    return re.sub(r"^\W*(?:(?:it is|it's|to|for|the|my)\s+)+|\s+(?:one|please)\W*$", "", text, flags=re.IGNORECASE)
