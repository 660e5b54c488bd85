"""The type of a draft when what is typed later makes it another one."""

from __future__ import annotations

import re
from collections.abc import Collection

from actions.draft import Draft
from actions.ticket_text import say, verdict
from actions.ticket_words import any_of, anywhere
from actions.turns import Context
from tickets.language import judge
from tickets.types import OTHER

_TURNS_STRONGLY = anywhere("turns_strongly")
_TURNS_FIRST = re.compile(rf"^\W*{any_of('turns_first')}\b", re.IGNORECASE)
_TURNS_WEAKLY = anywhere("turns_weakly")
# “not 8 but 7”
_PUTS_RIGHT = re.compile(
    r"^\W*(?:no\W+|sorry\W+)*(?:it is |it's )?not \S+(?: \S+)? but \S+", re.IGNORECASE
)  # “not 8 but 7”
_LEANS = re.compile(r"\b(?:it|them)\b", re.IGNORECASE)
_AGREED = 0.8  # confidence of the whole, together with what is new, from which it is of the new type
_SURE_TURN, _SURE_TITLE, _SURE_AFTER_OTHER = 0.7, 0.95, 0.8  # of what is new alone, from which the type is changed
_RIVAL = 0.3  # of the whole's second type, from which it counts
_LIKELY = 0.45  # of what is new alone, from which the partner is asked
_FEWEST_WORDS = 2  # a shorter text is a value
_FEWEST_IN_ANSWER = 4  # a shorter one may be an odd answer to what was asked
_TITLE_WORDS = 4  # a longer text is more than the name of a type


def follow(context: Context, draft: Draft, text: str, read: Collection[str] = (), *, denied: bool = False) -> bool:
    """Take a text that makes the draft another type, or may do so: then the partner is asked. Whether it does either.

    Args:
        read: the fields of the present type that the text gives: then it probably only changes those.
        denied: the text says in so many words that the draft isn't of its present type.
    """
    type_id, sure = _other_type(context, draft, text, read, denied)
    if not type_id:
        return False
    say(context, draft, text, "description")
    if draft.refused is None and sure:
        turn_to(context, draft, type_id, text)
    elif draft.refused is None:
        draft.perhaps, draft.mood = type_id, "heard"
    return True


def _other_type(context: Context, draft: Draft, text: str, read: Collection[str], denied: bool) -> tuple[str, bool]:
    """Another type that a text is of, and whether that is sure; "" where there is none."""
    words = re.findall(r"[^\W\d_]{2,}", text)
    at_draft = draft.asked in ("confirm", "edit")
    if at_draft and _PUTS_RIGHT.match(text):
        return "", False
    if draft.target or len(words) < (_FEWEST_WORDS if at_draft else _FEWEST_IN_ANSWER) or not judge(text).english:
        return "", False
    alone = context.triage.judge(text, context.now)
    if alone.type in (OTHER, draft.type_id):
        return "", False
    both = context.triage.judge(f"{draft.text}\n{text}", context.now)
    agreed = both.type == alone.type and both.confidence >= _AGREED
    strongly = (_TURNS_STRONGLY.search(text) or _TURNS_FIRST.search(text)) is not None
    turned = strongly or _TURNS_WEAKLY.search(text) is not None
    if read and not agreed:
        return "", False
    leans = _LEANS.search(text) is not None and not denied  # “cancel them”: what, the text alone doesn't say
    sure = (turned and agreed) or (strongly and alone.confidence >= _SURE_TURN and not leans)
    if at_draft:  # the name of a type is no answer to a question
        sure = sure or (len(words) <= _TITLE_WORDS and alone.confidence >= _SURE_TITLE)
    sure = sure or (draft.type_id in ("", OTHER) and alone.confidence >= _SURE_AFTER_OTHER)
    if not sure and not (alone.confidence >= _LIKELY and (strongly or agreed)):
        return "", False
    second, share = both.alternatives[0]
    rival = both.type if both.type != draft.type_id else second if share >= _RIVAL else alone.type
    if rival not in (alone.type, draft.type_id, OTHER):  # “no, I want to cancel them”: the whole says what
        return rival, False
    sure = sure and not draft.finding
    return alone.type, sure


def turn_to(context: Context, draft: Draft, type_id: str, text: str = "") -> None:
    """Change the type; the one before can be had back with its fields.

    Args:
        text: what made it that type: its values go before those of earlier texts.
    """
    before = draft.former if draft.former.get("type") == type_id else {}
    draft.former = {"type": draft.type_id, "fields": draft.fields} if draft.type_id not in ("", type_id) else {}
    draft.type_id, draft.settled, draft.perhaps, draft.mood = type_id, True, "", "retyped"
    needed = {name for group in draft.type.needs for name in group}
    draft.fields = before.get("fields") or {name: value for name, value in draft.fields.items() if name in needed}
    if text and not before:
        draft.put(context.triage.judge(text, context.now, type_id=type_id).fields)
    draft.triage = verdict(context, draft)


def doubt(context: Context, draft: Draft, text: str) -> None:
    """Have the type asked about where the whole text, written anew, is surely of another."""
    found = context.triage.judge(text, context.now)
    if found.type not in (OTHER, draft.type_id) and found.confidence >= _AGREED:
        draft.perhaps = found.type


def ask_anew(draft: Draft) -> None:
    """Have the partner choose the type."""
    draft.settled, draft.perhaps, draft.triage = False, "", {**draft.triage, "confidence": 0.0}
