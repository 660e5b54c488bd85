"""The form of the calculations: hears values, asks for what is missing, gives the result.

Rasa's `policy_form` has one slot, `policy_value`, that is never filled: which input is asked for
lies in the slot `calculation`, because the inputs of 21 calculations depend on each other.
"""

from __future__ import annotations

import re

from rasa_sdk.events import ActionExecutionRejected, FollowupAction, SlotSet

from actions import certificate
from actions.calculation import Calculation
from actions.replies import reply
from actions.turns import Context, Step, Turn
from actions.wording import say
from knowledge.faq.entries import Entry
from knowledge.policy.catalogue import POLICIES
from knowledge.policy.fields import Policy
from knowledge.reading.corrections import is_correction
from knowledge.reading.read import Read
from tickets.filled import Filled

FORM = "policy_form"
AWAITING_TICKET = "ticket, calculation"  # what the slot `awaiting` says after a result that needs a ticket
_FOLLOWS_UP = re.compile(
    r"^\W*(?:and|but|or|so|what if|what about|how about|ok(?:ay)?,? (?:and|but|what)|same|instead|with|if|then|also|"
    r"oh|ah|hm+|sorry|no|wait|actually|let'?s say|suppose|change|make it|for)\b|\binstead\b|\bwhat if\b|\bthe same\b",
    re.IGNORECASE,
)
_UNKNOWN = re.compile(
    r"\b(?:(?:do not|don.?t|dont|not) (?:know|remember|have (?:it|that|this))|no idea|not sure|unsure|no clue|unknown|"
    r"idk|where (?:do|can) i (?:find|see))\b",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\?\W*$|^\W*(?:how|what|where|when|which|who|why|can|could|does|do|is|are|explain|tell me)\b", re.IGNORECASE
)
_MOST_FOLLOW_UP_WORDS = 25
_FIRST_SOURCES = 2  # the entries that are about a rule itself; those behind only touch it
_SURELY_ANOTHER = 0.9  # confidence from which a correction is a request for another calculation
_OWN_TURNS = {"cancel", "start_over", "go_back"}
_SAID = {"question", "choose", "affirm", "deny", "none_of_these", "not_helpful"}
_COMES_BACK = {"interrupted": "resumed", "begun_before": "begun"}
_TALK = {"thanks", "greet", "bye", "bot", "human", "help", "helpful", "not_helpful", "show_entry"}
_TALK |= {"ticket_status", "my_tickets"}
_TICKET_FORM = "ticket_form"


def hear(context: Context) -> Turn:
    """validate_policy_form: what the latest message means for the calculation under way."""
    calculation = Calculation.from_slot(context.slot("calculation"))
    if calculation is None or calculation.state != "asking":
        return _going_on(context, _begun(context, calculation))
    if calculation.mood in _COMES_BACK:  # the message has been read already
        calculation.mood = _COMES_BACK[calculation.mood]
        return _going_on(context, calculation)
    if calculation.heard and calculation.heard == context.turn_id:  # `bot` runs the turn again: it has been taken
        return _going_on(context, calculation)
    calculation.heard = context.turn_id
    return _heard(context, calculation)


def ask(context: Context) -> Turn:
    """action_ask_policy_value: the next input that is needed."""
    calculation = Calculation.from_slot(context.slot("calculation"))
    if calculation is None:
        return Turn([reply(say("nothing_offered"), type="no_answer")])
    turn = Turn([certificate.question(calculation, _rule(context, calculation))], {"awaiting": None})
    calculation.asked = calculation.next_field().name
    calculation.mood = "asked"
    turn.slots["calculation"] = calculation.slot()
    return turn


def decide(context: Context) -> Turn:
    """action_decide: the result, or that the calculation was left; then back to the one that waited."""
    calculation = Calculation.from_slot(context.slot("calculation"))
    if calculation is None:
        return Turn([reply(say("calculation_left"), type="smalltalk", kind="help")])
    if calculation.state == "for_ticket":  # a ticket was asked for in the middle: its form takes over
        return Turn(events=[FollowupAction(_TICKET_FORM)])
    turn = Turn()
    outcome = calculation.outcome(context.now) if calculation.state == "done" else None
    if outcome is None:
        turn.replies.append(reply(say("calculation_left"), type="smalltalk", kind="help", policy=calculation.policy_id))
    else:
        turn = result(context, calculation)
    waiting = calculation.resume()
    calculation.paused = []
    turn.slots["calculation"] = calculation.slot() if outcome is not None else None
    if waiting is not None:
        waiting.mood = "interrupted"
        turn.slots["calculation"] = waiting.slot()
        turn.events.append(FollowupAction(FORM))
    return turn


def inform(context: Context) -> Turn:
    """action_inform: a button of a calculation that is not being asked any more."""
    calculation = Calculation.from_slot(context.slot("calculation"))
    if context.filled is not None:
        ran_before = calculation is not None and bool(context.turn_id) and calculation.heard == context.turn_id
        if calculation is None or not ran_before:
            return Turn([reply(say("form_late"), type="no_answer")])
        return _again(context, calculation)
    if calculation is None or calculation.policy_id != context.entity("policy") or not _pressed(context, calculation):
        return Turn([reply(say("nothing_offered"), type="no_answer")])
    return _again(context, calculation)


def follow_up(context: Context) -> Turn | None:
    """“and if it was bought in 2021?” after a result: the same calculation with another value, if it is one."""
    calculation = Calculation.from_slot(context.slot("calculation"))
    if calculation is None or calculation.state != "done":
        return None
    if len(context.text.split()) > _MOST_FOLLOW_UP_WORDS:
        return None
    read = calculation.read(context.text, context.now)
    parts = context.tracker.latest_message.get("search") or []
    # A plain statement needs no “and if”, and neither does a question that no entry answers.
    said = not _ASKS.search(context.text) or all(part["decision"] != "answer" for part in parts)
    if not read or not (said or _FOLLOWS_UP.search(context.text) or is_correction(context.text)):
        return None
    calculation.take(read)
    return _again(context, calculation)


def implied(context: Context) -> Turn | None:
    """A value said after an entry that explains a rule, which needs no button: “it must go to Italy”."""
    policies = _explained_by(context.slot("last_entry"))
    if context.intent not in _SAID or _ASKS.search(context.text) or context.pressed or not policies:
        return None
    for policy in policies:
        calculation = _with_last_question(context, policy)
        # A bare “yes” answers whether the entry helped, not the first input of a calculation nobody has begun.
        asks = context.intent in ("question", "choose") and calculation.outcome(context.now) is None
        calculation.asked = calculation.next_field().name if asks else None
        if calculation.hear(context.text, context.now):
            calculation.mood = "begun"
            return _again(context, calculation)
    return None


def work_out(context: Context) -> Turn:
    """action_work_out: “work it out for my case”, which names no calculation: that of the entry shown last."""
    entry = context.slot("last_entry")
    policies = [policy for policy in POLICIES.values() if entry in policy.sources]
    if policies:
        first = min(policies, key=lambda policy: policy.sources.index(str(entry)))
        calculation = _with_last_question(context, first)
        calculation.hear(context.text, context.now)
        calculation.mood = "begun"
        return _again(context, calculation)
    titles = "\n".join(f"- {policy.title}" for policy in POLICIES.values())
    return Turn([reply(say("calculations", titles=titles), type="smalltalk", kind="help")])


def finished(context: Context) -> Calculation | None:
    """The calculation whose result was shown last."""
    calculation = Calculation.from_slot(context.slot("calculation"))
    if calculation is None or calculation.state != "done" or calculation.outcome(context.now) is None:
        return None
    return calculation


def handed_over(context: Context) -> Calculation | None:
    """The calculation in whose middle a ticket was asked for."""
    calculation = Calculation.from_slot(context.slot("calculation"))
    return calculation if calculation is not None and calculation.state == "for_ticket" else None


def ticket_text(context: Context) -> str:
    """What a ticket about the last result should say; empty where there is none that needs a ticket."""
    calculation = finished(context)
    outcome = calculation.outcome(context.now) if calculation else None
    if calculation is None or outcome is None or not outcome.ticket:
        return ""
    return certificate.ticket_text(calculation, outcome, context.now)


def result(context: Context, calculation: Calculation) -> Turn:
    """The certificate of a calculation that has all it needs."""
    outcome = calculation.outcome(context.now)
    assert outcome is not None
    calculation.state, calculation.asked = "done", None
    shown = certificate.result(calculation, outcome, context.search, context.now)
    record = {"calculation": {"policy": calculation.policy_id, "verdict": outcome.verdict}}
    awaiting = AWAITING_TICKET if outcome.ticket else None
    return Turn([shown], {"awaiting": awaiting, "calculation": calculation.slot()}, record)


STEPS: dict[str, Step] = {
    "validate_policy_form": hear,
    "action_ask_policy_value": ask,
    "action_decide": decide,
    "action_inform": inform,
    "action_work_out": work_out,
}


def _explained_by(entry: str | None) -> list[Policy]:
    """The calculations whose rule an entry is about."""
    return [policy for policy in POLICIES.values() if entry in policy.sources[:_FIRST_SOURCES]]


def _with_last_question(context: Context, policy: Policy) -> Calculation:
    """A calculation with what the question before said for it."""
    calculation = Calculation(policy.id)
    calculation.said = context.slot("last_question") or ""
    calculation.hear(calculation.said, context.now)
    return calculation


def _rule(context: Context, calculation: Calculation) -> Entry | None:
    """The entry of this calculation that answers the latest message, where the search is sure of one."""
    (found,) = (context.tracker.latest_message.get("search") or [None])[:1]
    if found is None or found["decision"] != "answer" or context.intent != "calculate":
        return None
    best = found["hits"][0]["id"]
    return context.search.index.entries.get(best) if best in calculation.policy.sources else None


def _begun(context: Context, earlier: Calculation | None) -> Calculation:
    """The calculation that a message or button asks for, with every value already said."""
    policy_id = context.entity("policy")
    assert policy_id is not None, "the intent `calculate` always names its policy"
    if earlier is not None and earlier.state == "done" and _changes(context, earlier, policy_id):
        earlier.state, earlier.asked = "asking", None
        earlier.hear(context.text, context.now)
        return earlier
    calculation = _of_last_entry(context, policy_id) or Calculation(policy_id)
    calculation.heard = context.turn_id
    button = context.pressed
    text = (context.slot("last_question") or "") if button else context.text
    calculation.hear(text, context.now)
    calculation.said = text
    calculation.mood = "begun"
    return calculation


def _of_last_entry(context: Context, policy_id: str) -> Calculation | None:
    """A plain statement after an entry is said for that entry's calculation, not for another that it reminds of."""
    policies = _explained_by(context.slot("last_entry"))
    if _ASKS.search(context.text) or context.pressed or policy_id in [policy.id for policy in policies]:
        return None
    for policy in policies:
        calculation = _with_last_question(context, policy)
        if calculation.read(context.text, context.now):
            return calculation
    return None


def _changes(context: Context, earlier: Calculation, policy_id: str) -> bool:
    """Whether a message changes the calculation that was done last, rather than asking for a new one."""
    if context.pressed:
        return False
    read = earlier.read(context.text, context.now)
    if not read:
        return False
    fresh = Calculation(policy_id)
    fresh.hear(context.text, context.now)
    if _FOLLOWS_UP.search(context.text) or is_correction(context.text):
        unsure = context.confidence < _SURELY_ANOTHER
        return earlier.policy_id == policy_id or unsure or is_correction(context.text)
    if earlier.policy_id == policy_id:  # a whole case of its own is a new one
        return fresh.outcome(context.now) is None
    return not _ASKS.search(context.text) and len(read.values) > len(fresh.values)


def _heard(context: Context, calculation: Calculation) -> Turn:
    """A message while the calculation asks."""
    intent = context.intent
    if context.filled is not None:
        if not _filled(context.filled, calculation):
            calculation.mood = "form_late"
        return _going_on(context, calculation)
    if intent == "inform":
        fits = context.entity("policy") == calculation.policy_id and _pressed(context, calculation)
        calculation.mood = "heard" if fits else "not_understood"
        return _going_on(context, calculation)
    if intent in ("open_ticket", "ticket_add", "ticket_comment"):
        calculation.state = "for_ticket"
        return Turn(slots={"calculation": calculation.slot(), "requested_slot": None})
    if intent in _TALK and context.pressed:
        return _interrupted(calculation)
    other = context.entity("policy") if intent == "calculate" else None
    surely = context.confidence >= _SURELY_ANOTHER and _ASKS.search(context.text) is not None
    read = calculation.read(context.text, context.now)
    answers = _answers(context, calculation, read)
    if other not in (None, calculation.policy_id) and (surely or not answers):
        return _going_on(context, _other(context, calculation, str(other)))
    if intent == "calculate" and context.pressed:
        calculation.mood = "resumed"
        return _going_on(context, calculation)
    if intent in _OWN_TURNS and calculation.asked not in read.values:
        return _own_turn(context, calculation)
    if not answers and _is_question(context, read):
        return _interrupted(calculation)
    if calculation.take(read):
        return _going_on(context, calculation)
    if _UNKNOWN.search(context.text):
        calculation.mood = "unknown"
        return _going_on(context, calculation)
    if intent in _TALK or (intent in ("question", "none_of_these") and _ASKS.search(context.text)):
        return _interrupted(calculation)
    calculation.mood = "not_understood"
    return _going_on(context, calculation)


def _answers(context: Context, calculation: Calculation, read: Read) -> bool:
    """Whether a message says what was asked for."""
    named = {*read.values, *(one.field for one in read.unclear)}
    of_item = "price" in read.part or (bool(read.part) and not _ASKS.search(context.text))
    return calculation.asked in named or (calculation.asked == "items" and of_item)


def _is_question(context: Context, read: Read) -> bool:
    """Whether a message that doesn't say what was asked for asks the FAQ something."""
    if context.intent != "question" or not _ASKS.search(context.text):
        return False
    parts = context.tracker.latest_message.get("search") or []
    sure = any(part["decision"] != "none" for part in parts)
    return sure and (not read or not is_correction(context.text))


def _own_turn(context: Context, calculation: Calculation) -> Turn:
    """Cancel, start over, back."""
    if context.intent == "cancel":
        calculation.state = "left"
        return Turn(slots={"calculation": calculation.slot(), "requested_slot": None})
    if context.intent == "start_over" or not calculation.go_back():
        calculation.start_over()
    return _going_on(context, calculation)


def _other(context: Context, calculation: Calculation, policy_id: str) -> Calculation:
    """Another calculation comes in between; this one waits."""
    fresh = Calculation(policy_id, paused=calculation.pause())
    fresh.said = "" if context.pressed else context.text
    fresh.hear(fresh.said, context.now)
    fresh.mood = "begun"
    return fresh


def _pressed(context: Context, calculation: Calculation) -> bool:
    return calculation.put(context.entity("field") or "", context.entity("value") or "")


def _filled(form: Filled, calculation: Calculation) -> bool:
    """Take a form; whether it is one of this calculation as it stands."""
    of_this = (form.kind, form.of) == ("policy", calculation.policy_id)
    return of_this and calculation.fill(form.values, form.stamp)


def _interrupted(calculation: Calculation) -> Turn:
    """Something else is answered first; the rule of that intent comes back to the form."""
    calculation.mood = "interrupted"
    return Turn(slots={"calculation": calculation.slot()}, events=[ActionExecutionRejected(FORM)])


def _going_on(context: Context, calculation: Calculation) -> Turn:
    """Ask on, or end the form with the result."""
    if calculation.outcome(context.now) is None:
        return Turn(slots={"calculation": calculation.slot()}, events=[SlotSet("requested_slot", "policy_value")])
    calculation.state = "done"
    return Turn(slots={"calculation": calculation.slot(), "requested_slot": None})


def _again(context: Context, calculation: Calculation) -> Turn:
    """The result once more, or the form where something is now missing."""
    if calculation.outcome(context.now) is not None:
        return result(context, calculation)
    calculation.state, calculation.asked = "asking", None
    calculation.mood = "begun_before" if calculation.mood == "begun" else "interrupted"
    return Turn(slots={"calculation": calculation.slot()}, events=[FollowupAction(FORM)])
