"""The steps of the FAQ conversation: answers, choices, feedback, small talk."""

from __future__ import annotations

import re
from typing import Any

from actions import earlier, follow_ups, policy_form, replies, ticket_form, ticket_lookup, ticket_wording
from actions.replies import reply, ticket_buttons
from actions.ticket_requests import about_ticket, after_no_help, without_request
from actions.ticket_values import is_question
from actions.turns import Context, Step, Turn
from actions.wording import say
from knowledge.faq.search import Decision, Hit, Result
from tickets.language import judge

_MOST_NEXT_BEST = 3
_TELLING = 8  # words from which a wish for a person says more than that
_LEAST_NEXT_BEST = 0.01  # confidence below which a next best answer is noise
_ORDINALS = {
    "1": 0,
    "one": 0,
    "first": 0,
    "1st": 0,
    "2": 1,
    "two": 1,
    "second": 1,
    "2nd": 1,
    "b": 1,
    "3": 2,
    "three": 2,
    "third": 2,
    "3rd": 2,
    "a": 0,
    "c": 2,
    "last": -1,
    "top": 0,
    "bottom": -1,
    "middle": 1,
}
_WEAK_ORDINALS = {"one", "a", "b", "c"}  # "the second one", "take a look at the third": words first of all
_YES = re.compile(r"^\W*(?:ok(?:ay)?\W+)?(?:yes|yeah|yep|please do|go ahead)\b(?!\s*\?)", re.IGNORECASE)
_NONE = re.compile(r"\bn(?:one|either|othing)\b|\bnot? (?:one|any)\b", re.IGNORECASE)
# What `awaiting` says of an open offer; one reminder is enough.
_TICKET = {"ticket", earlier.REMINDED, policy_form.AWAITING_TICKET}


def answer_question(context: Context) -> Turn:
    """action_answer: the FAQ's answer, a choice, or that we don't know; or the last calculation with another value."""
    again = policy_form.follow_up(context) or policy_form.implied(context)
    if again is not None:
        return again
    if context.slot("awaiting") in _TICKET and _YES.match(context.text):  # “yes, it is the PBX …”
        return open_ticket(context)
    if context.slot("last_entry") and (rest := after_no_help(context.text)):
        return _no_help(context, rest)
    found = [_result(part) for part in context.tracker.latest_message.get("search") or []]
    if not found:  # the engine was trained or driven without our parse result
        found = [context.search.search(context.text)]
    asked = context.text
    if len(found) == 1:
        asked, found[0] = follow_ups.with_context(context, found[0])
    turn = Turn(record={"question": _record(context.text, found)})
    offered_before = context.slot("awaiting") == "ticket"
    before = context.slot("last_question")
    language = judge(context.text)
    if not language.english and language.sure and len(re.findall(r"[^\W\d_]{2,}", context.text)) > 1:
        return _in_another_language(context, turn, found[0], language.language)
    for result in found:
        _add_answer(context, turn, result)
    turn.slots["last_question"] = asked
    if offered_before and before and all(result.decision == "answer" for result in found):
        resumed = reply(say("resume_ticket", question=_short(before)), ticket_buttons(), type="ask", slot="ticket")
        earlier.name_question([resumed], earlier.last_turn(context))
        turn.replies.append(resumed)
        turn.slots["awaiting"] = earlier.REMINDED
    return turn


def show_entry(context: Context) -> Turn:
    """action_show_entry: the entry that a button named."""
    return _show_if_there(context, context.entity("entry"))


def choose(context: Context) -> Turn:
    """action_choose: "the second one" after an offer."""
    again = None
    if context.slot("awaiting") != "choice":
        again = policy_form.follow_up(context) or policy_form.implied(context)
    if again is not None:
        return again
    offered = context.slot("offered") or []
    there = [entry for entry in offered if entry in context.search.index.entries]  # the index may have changed since
    if not there:
        return Turn([reply(say("nothing_offered"), type="no_answer")])
    if _NONE.search(context.text):
        return none_of_these(context)
    words = [word for word in re.findall(r"[a-z0-9]+", context.text.lower()) if word in _ORDINALS]
    words = [word for word in words if word not in _WEAK_ORDINALS] or words
    position = _ORDINALS[words[0]] if words else len(offered)
    if position >= len(offered) or offered[position] not in there:
        return Turn([replies.choices(say("which_number", count=len(there)), [*map(context.search.entry, there)])])
    return _show(context, offered[position])


def none_of_these(context: Context) -> Turn:
    """action_none_of_these: nothing offered fits."""
    again = policy_form.implied(context)
    if again is not None:
        return again
    turn = Turn(record={"feedback": {"entry": None, "helpful": False, "offered": context.slot("offered") or []}})
    _offer_ticket(turn, say("nothing_else"), type="no_answer")
    return turn


def helpful(context: Context) -> Turn:
    """action_helpful: the last answer helped."""
    entry = context.entity("entry") or context.slot("last_entry")
    turn = Turn([reply(say("helpful"), type="smalltalk", kind="thanks", helpful=True)], {"awaiting": None})
    if entry:
        turn.record = {"feedback": {"entry": entry, "helpful": True}}
    return turn


def not_helpful(context: Context) -> Turn:
    """action_not_helpful: the next best answers, then a ticket."""
    again = policy_form.implied(context)
    if again is not None:
        return again
    pressed = context.entity("entry")
    if context.slot("awaiting") == "choice" and not pressed:
        return none_of_these(context)
    entry, question = context.slot("last_entry"), context.slot("last_question")
    if pressed is not None and pressed != entry:  # under an earlier answer: whatever was asked for it since
        entry = pressed
        question = context.search.entry(entry).question if entry in context.search.index.entries else None
    if not entry or not question:
        return Turn([reply(say("not_helpful_nothing"), type="feedback", helpful=False)])
    refused = [*(context.slot("refused") or []), entry]
    turn = Turn(record={"feedback": {"entry": entry, "helpful": False}}, slots={"refused": refused})
    hits = context.search.search(question).hits
    others = [h.id for h in hits if h.id not in refused and h.confidence >= _LEAST_NEXT_BEST][:_MOST_NEXT_BEST]
    if others:
        _offer_choices(context, turn, say("choices_again"), others)
    else:
        _offer_ticket(turn, say("nothing_else"), type="no_answer")
    return turn


def affirm(context: Context) -> Turn:
    """action_affirm: yes to whatever was asked last."""
    again = policy_form.follow_up(context) or policy_form.implied(context)
    if again is not None:
        return again
    awaiting = context.slot("awaiting")
    if awaiting in _TICKET:
        return open_ticket(context)
    before = ticket_form.sent_before(context)
    if before is not None and (awaiting is None or about_ticket(context.text)):
        return before
    if awaiting == "feedback":
        return helpful(context)
    if awaiting == "choice":
        offered = context.slot("offered") or []
        return _show_if_there(context, offered[0]) if len(offered) == 1 else _which(context, offered)
    return Turn([reply(say("affirm_nothing"), type="smalltalk", kind="help")])


def deny(context: Context) -> Turn:
    """action_deny: no to whatever was asked last; “no, 3 years” corrects the last calculation."""
    again = policy_form.follow_up(context) or policy_form.implied(context)
    if again is not None:
        return again
    awaiting = context.slot("awaiting")
    if awaiting == "feedback":
        return not_helpful(context)
    if awaiting == "choice":
        return none_of_these(context)
    text = say("no_ticket") if awaiting in _TICKET else say("deny_nothing")
    return Turn([reply(text, type="smalltalk", kind="help")], {"awaiting": None})


def offer_ticket(context: Context) -> Turn:
    """action_offer_ticket: a person is wanted; what the message says besides becomes the ticket's text."""
    matter = without_request(context.text)
    turn = Turn(slots={"last_question": matter} if len(matter.split()) >= _TELLING else {})
    _offer_ticket(turn, say("human"), type="smalltalk", kind="human")
    return turn


def open_ticket(context: Context) -> Turn:
    """“Yes” to the offer of a ticket: the form of tickets takes over."""
    return Turn(events=ticket_lookup.begin())


def smalltalk(context: Context) -> Turn:
    """action_smalltalk: greet, thanks, bye, bot, help."""
    kind = context.tracker.latest_message["intent"]["name"]
    return Turn([reply(say(kind), type="smalltalk", kind=kind)])


def leave(context: Context) -> Turn:
    """action_leave: cancel, start over, back: whatever was pending is dropped."""
    slots = dict.fromkeys(("awaiting", "offered", "refused", "last_entry", "last_question", "calculation", "ticket"))
    return Turn([reply(say("leave"), type="smalltalk", kind="help")], slots)


_FAQ: dict[str, Step] = {
    "action_answer": answer_question,
    "action_show_entry": show_entry,
    "action_smalltalk": smalltalk,
    "action_affirm": affirm,
    "action_deny": deny,
    "action_helpful": helpful,
    "action_not_helpful": not_helpful,
    "action_choose": choose,
    "action_none_of_these": none_of_these,
    "action_offer_ticket": offer_ticket,
    "action_leave": leave,
}
STEPS: dict[str, Step] = {
    **{name: earlier.about_its_question(step) for name, step in _FAQ.items()},
    **policy_form.STEPS,
    **ticket_form.STEPS,
}


def _in_another_language(context: Context, turn: Turn, result: Result, language: str) -> Turn:
    """A question that is not in English: why that is asked for, and the English answer where one is sure."""
    turn.replies.append(reply(ticket_wording.refused(language), type="language_refused", language=language or "other"))
    if result.decision == "answer":
        _add_answer(context, turn, result)
    turn.slots["last_question"] = context.text
    return turn


def _add_answer(context: Context, turn: Turn, result: Result) -> None:
    if result.decision == "answer":
        shown = _show(context, result.hits[0].id, result.hits[0].confidence)
        turn.replies += shown.replies
        turn.slots |= shown.slots | {"refused": None}
    elif result.decision == "choices" and _cannot_wait(context):
        _offer_ticket_or_choices(context, turn, [hit.id for hit in result.choices])
    elif result.decision == "choices":
        _offer_choices(context, turn, say("choices"), [hit.id for hit in result.choices])
    else:
        turn.slots |= {"last_entry": None, "offered": None}
        unknown = say("no_answer_urgent") if _cannot_wait(context) else say("no_answer")
        _offer_ticket(turn, unknown, type="no_answer")


def _show_if_there(context: Context, entry_id: str | None) -> Turn:
    """The entry, unless the index has lost it since it was offered."""
    if entry_id is None or entry_id not in context.search.index.entries:
        return Turn([reply(say("nothing_offered"), type="no_answer")])
    return _show(context, entry_id)


def _show(context: Context, entry_id: str, confidence: float = 1.0) -> Turn:
    entry = context.search.entry(entry_id)
    related = [context.search.entry(other) for other in entry.related]
    awaiting = "feedback" if entry.answered else "ticket"
    slots = {"last_entry": entry_id, "offered": None, "awaiting": awaiting}
    return Turn([replies.answer(entry, confidence, related, context.today)], slots)


def _which(context: Context, offered: list[str]) -> Turn:
    """“Yes” to a choice says which one of none: asked once more, and then a ticket is what “yes” is said to."""
    entries = [context.search.entry(entry) for entry in offered if entry in context.search.index.entries]
    shown = replies.choices(say("which_or_ticket", count=len(entries)), entries)
    return Turn([shown], {"awaiting": "ticket"})


def _offer_choices(context: Context, turn: Turn, text: str, ids: list[str]) -> None:
    turn.replies.append(replies.choices(text, [context.search.entry(entry) for entry in ids]))
    turn.slots |= {"offered": ids, "awaiting": "choice"}


def _offer_ticket_or_choices(context: Context, turn: Turn, ids: list[str]) -> None:
    """A trouble that cannot wait: a ticket first, and the entries that may help meanwhile."""
    entries = [context.search.entry(entry) for entry in ids]
    turn.replies.append(replies.choices(say("choices_urgent"), entries, ticket_first=True))
    turn.slots |= {"offered": ids, "awaiting": "ticket"}


def _cannot_wait(context: Context) -> bool:
    """Whether a message tells a trouble, rather than asks, that triage takes for urgent or high."""
    if is_question(context.text) or "?" in context.text:
        return False
    return context.triage.judge(context.text, context.now).priority in ("urgent", "high")


def _no_help(context: Context, rest: str) -> Turn:
    """“This did not help, mine takes …”: what is said besides goes into the ticket with the question before."""
    entry, question = context.slot("last_entry"), context.slot("last_question")
    turn = Turn(record={"feedback": {"entry": entry, "helpful": False}})
    turn.slots = {
        "refused": [*(context.slot("refused") or []), entry],
        "last_question": f"{question}\n{rest}" if question else rest,
    }
    _offer_ticket(turn, say("nothing_else"), type="no_answer")
    return turn


def _offer_ticket(turn: Turn, text: str, **data: Any) -> None:
    turn.replies.append(reply(text, ticket_buttons(), **data))
    turn.slots |= {"offered": None, "awaiting": "ticket"}


def _result(part: dict[str, Any]) -> Result:
    hits = tuple(Hit(hit["id"], hit["confidence"]) for hit in part["hits"])
    decision: Decision = part["decision"]
    return Result(hits, decision, part["intent"], part["intent_confidence"], part["index_version"])


def _record(text: str, found: list[Result]) -> dict[str, Any]:
    return {
        "text": text,
        "decisions": [result.decision for result in found],
        "hits": [[{"id": hit.id, "confidence": hit.confidence} for hit in result.hits] for result in found],
        "index_version": found[0].index_version,
    }


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:79] + "…"
