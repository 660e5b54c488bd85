"""How soon a ticket needs an agent: rules over facts of the text, a classifier where no fact decides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from knowledge.policy.calendars import add_business_days
from knowledge.policy.wording import day_text
from knowledge.reading.dates import find_days
from knowledge.reading.day_words import WEEKDAY, FoundDay
from tickets.types import OTHER
from triage.fields import Reading
from triage.passages import Passages
from triage.patterns import content, pattern
from triage.requests import asks_in_general, asks_only, is_question, is_request

_DEADLINE_DAYS = 2  # business days
_LONGEST_QUOTE = 90
_MOST_DAYS = 30
_SURE_URGENT, _LIKELY_URGENT = 0.6, 0.2
_POSSIBLY_URGENT = 0.15  # enough to be looked at soon: one that is urgent must not be missed
_SURE_URGENT_ELSE = 0.8  # for a type whose tickets are rarely about a live service
_SURE_HIGH = 0.6
_SURE_LOW = 0.55
_SURE_QUESTION = 0.8  # whatever it is about
_BLOCKED_BY_NATURE = {"company.verification_code"}
_LIVE_BY_NATURE = {"pbx.stopped", "tech.support"}
_WAITS_BY_NATURE = {"orders.tracking"}
_ASKS_BY_NATURE = {"general.other", "billing.payment", "classound.porting", "orders.delivery", "orders.tracking"}


@dataclass(frozen=True)
class Priority:
    """A priority with its reason, in words an agent can read."""

    name: str
    reason: str


def judge_priority(reading: Reading, odds: Mapping[str, float]) -> Priority:
    """The priority of a ticket; `odds` is the classifier's probability of each."""
    type_id, passages, plain, today = reading.type_id, reading.passages, reading.plain, reading.today
    text = passages.text
    own_case = bool(reading.codes or reading.numbers)  # a question about a case, not in general
    calm = pattern("priority", "calm").search(passages.text)
    question = asks_only(passages)
    live = type_id in content("priority")["urgent_types"]
    sounds_urgent = odds.get("urgent", 0) > _LIKELY_URGENT
    without = "" if type_id in _LIVE_BY_NATURE else "locked_portal"  # a partner is locked out, nothing is down
    fact = _fact(passages, "urgent", without) if sounds_urgent or not (question and type_id == OTHER) else None
    if fact and (live or sounds_urgent):
        return fact
    takes_questions = type_id in _ASKS_BY_NATURE or odds.get("low", 0) > _SURE_QUESTION
    general = type_id == OTHER or (takes_questions and not own_case and asks_in_general(passages))
    hurries = type_id != OTHER and _deadline(plain, today) is not None
    if question and general and not hurries and not sounds_urgent and not _blocked(passages):
        return Priority("low", f"a question: {_quote(question)}")
    high = _high(type_id, passages, plain, today, calm=calm is not None)
    if high:
        return high
    if fact:
        return Priority("high", fact.reason)
    if type_id == "pbx.stopped" and not calm and not question and not pattern("priority", "stands_still").search(text):
        likely = odds.get("urgent", 0) >= odds.get("normal", 0)
        return Priority("urgent" if likely else "high", "a PBX is stopped")
    if calm:
        asks = question or any(is_question(one) for one in passages.content)
        patient = type_id in _WAITS_BY_NATURE or (asks and not any(is_request(one) for one in passages.content))
        return Priority("low" if patient else "normal", f"no hurry: {_quote(calm.group())}")
    return _by_sound(type_id, passages, odds, live=live)


def _by_sound(type_id: str, passages: Passages, odds: Mapping[str, float], *, live: bool) -> Priority:
    """Where no fact decides, what the classifier learned from other tickets."""
    likely = max(odds, key=lambda name: odds[name], default="normal")
    if odds.get("urgent", 0) > (_SURE_URGENT if live else _SURE_URGENT_ELSE):
        return Priority("urgent", "sounds like other urgent tickets")
    if odds.get("urgent", 0) > _POSSIBLY_URGENT:
        return Priority("high", "sounds like other urgent tickets, but nothing says that a service is down")
    if likely == "high" and odds["high"] > _SURE_HIGH:
        return Priority("high", "sounds like other tickets that could not wait")
    if type_id == OTHER and (said := pattern("priority", "feedback").search(passages.text)):
        return Priority("low", f"feedback: {_quote(said.group())}")
    if likely == "low" and odds["low"] > _SURE_LOW and type_id in _ASKS_BY_NATURE:
        return Priority("low", "sounds like a question, not a request")
    return Priority("normal", "a request without a deadline")


def _high(type_id: str, passages: Passages, plain: str, today: date, *, calm: bool) -> Priority | None:
    if type_id in _BLOCKED_BY_NATURE and not calm and not pattern("priority", "gets_in").search(passages.text):
        return Priority("high", "a partner cannot get into the portal")
    if blocked := _blocked(passages):
        return Priority("high", f"a partner is blocked: {_quote(blocked)}")
    if deadline := _deadline(plain, today):
        day, words = deadline
        return Priority("high", f"a deadline within 2 business days: {_quote(words)} ({day_text(day)})")
    if calm:
        return None
    for sentence in passages.content:
        if pattern("priority", "going_wrong", whole_words=False).search(sentence):
            return Priority("high", f"about to go wrong: {_quote(sentence)}")
    if type_id == "tech.support":
        hinders = [one for one in passages.content if pattern("priority", "hinders").search(one)]
        if hinders:
            return Priority("high", f"hinders work today: {_quote(hinders[0])}")
    word = pattern("priority", "urgent_words").search(passages.text)
    if word and not asks_only(passages):
        return Priority("high", f"a request that the partner calls urgent: {_quote(word.group())}")
    return None


def _fact(passages: Passages, which: str, without: str = "") -> Priority | None:
    """The first fact of this weight that is so now; what the patterns of `without` find is not regarded."""
    never = pattern("priority", "not_now", whole_words=False)
    for reason in content("priority")[which]:
        for sentence in passages.content:
            if never.search(sentence) or sentence.rstrip().endswith("?"):
                continue
            regarded = pattern("priority", without).sub(_blank, sentence) if without else sentence
            if match := pattern("priority", which, reason, whole_words=False).search(regarded):
                return Priority(which, f"{reason}: {_quote(_around(sentence, match))}")
    return None


def _blank(found: re.Match[str]) -> str:
    return "□" * len(found.group())


def _blocked(passages: Passages) -> str:
    for sentence in passages.content:
        if pattern("priority", "blocked").search(sentence) and not pattern("priority", "not_now").search(sentence):
            return sentence
    return ""


def _deadline(plain: str, today: date) -> tuple[date, str] | None:
    """The first day within the limit that something must be done by, with its words."""
    limit = add_business_days(today, _DEADLINE_DAYS)
    for one in find_days(plain, today)[:_MOST_DAYS]:
        near = [day for day in one.readings if today <= day <= limit]
        if near and _is_deadline(plain, one, min(near) == today):
            return min(near), _words_around(plain, one)
    return None


def _is_deadline(plain: str, one: FoundDay, is_today: bool) -> bool:
    begin = max(plain.rfind(". ", 0, one.start), plain.rfind("\n", 0, one.start), plain.rfind("? ", 0, one.start))
    before = plain[max(begin + 1, one.start - 60) : one.start]
    if not _is_said_to_be_then(before, one.text):
        return False
    if re.search(rf"(?<!\w)(?:{'|'.join(content('priority')['no_deadline'])})\W*(?:on |the )?$", before, re.IGNORECASE):
        return False
    if pattern("priority", "own_deed").search(before):
        return False
    if not any(character.isdigit() for character in one.text) and not is_today:
        past = list(pattern("priority", "happened").finditer(before[-40:]))
        return not past or pattern("priority", "still_to_come").search(before) is not None
    if not is_today:
        return True
    if pattern("priority", "up_to_now", whole_words=False).search(before):
        return False
    sentence = plain[begin + 1 : one.end + 60].split(". ")[0]
    return one.text.casefold() not in ("this morning", "now", "right now") and bool(
        pattern("priority", "today_ends").search(sentence)
    )


def _is_said_to_be_then(before: str, said: str) -> bool:
    """Whether something is to be on that day: no “Saturday delivery”, no word like “sat”, no head of a quoted mail."""
    weekday = re.fullmatch(WEEKDAY, said, re.IGNORECASE) is not None
    if weekday and len(said) <= 3 and said.islower():
        return False
    return not weekday or pattern("priority", "on_a_day", whole_words=False).search(before) is not None


def _words_around(plain: str, one: FoundDay) -> str:
    start = max(plain.rfind(" ", 0, max(0, one.start - 25)), 0)
    return plain[start : one.end].replace("□", "").strip(" ,.;\n")


def _around(sentence: str, match: re.Match[str]) -> str:
    if len(sentence) <= _LONGEST_QUOTE:
        return sentence
    start = max(0, sentence.rfind(" ", 0, max(0, match.start() - 15)))
    return sentence[start:]


def _quote(words: str) -> str:
    flat = " ".join(words.split()).strip()
    return f"“{flat if len(flat) <= _LONGEST_QUOTE else flat[: _LONGEST_QUOTE - 1].rstrip() + '…'}”"


def signals(passages: Passages) -> list[bool]:
    """What of priority.yml a text has, for the classifier."""
    never = pattern("priority", "not_now", whole_words=False)
    now = [one for one in passages.content if not never.search(one)]
    urgent = [
        any(pattern("priority", "urgent", reason, whole_words=False).search(one) for one in now)
        for reason in content("priority")["urgent"]
    ]
    others = ("blocked", "going_wrong", "degraded", "hinders", "urgent_words", "calm", "feedback", "gets_in")
    return [*urgent, *(pattern("priority", name).search(passages.text) is not None for name in others)]
