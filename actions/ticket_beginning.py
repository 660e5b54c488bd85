"""How a draft begins: with everything that was said before, and what the message itself says."""

from __future__ import annotations

import hashlib
import re

from sqlalchemy.orm import Session

from actions import earlier, policy_form, ticket_text
from actions.calculation import Calculation
from actions.draft import Draft
from actions.emails import email_in
from actions.follow_ups import is_follow_up
from actions.ticket_requests import about_ticket, names_its_matter, says_nothing, without_request, without_yes
from actions.ticket_words import any_of
from actions.turns import Context
from tickets.access import access_ticket, viewer_of
from tickets.types import OTHER

_ASKS_HOW = re.compile(rf"^\W*{any_of('asks_how')}\b", re.IGNORECASE)
_HOW_TO_DO = re.compile(rf"\W*\b{any_of('asks_how')} do(?: it| this| that)?\b\W*$", re.IGNORECASE)
_FEWEST_WORDS = 5  # of a request that says by itself what it is about
_SURE_WISH = 0.7  # confidence that a question tells what is to be done
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


def begun(context: Context) -> Draft:
    """A draft with everything that was said before, and what the message itself says."""
    draft = fresh(context)
    last = Draft.from_slot(context.slot("ticket"))
    if last is not None:  # whoever wrote then writes now
        draft.contact = dict(last.contact)
    if context.intent in ("ticket_add", "ticket_comment"):
        return _adding(context, draft)
    said = "" if context.pressed else without_request(context.text)
    asked = earlier.asked_about(context)
    alone = bool(earlier.of_button(context)) or (not context.pressed and names_its_matter(context.text))
    policy_id = context.entity("policy")
    calculation = policy_form.finished(context)
    of_result = policy_id is not None or context.slot("awaiting") == policy_form.AWAITING_TICKET
    if alone:  # whatever else is going on
        words = [asked if context.pressed else said]
    elif calculation is not None and of_result and policy_id in (None, calculation.policy_id):
        outcome = calculation.outcome(context.now)
        assert outcome is not None
        draft.type_id, draft.settled = str(outcome.ticket or OTHER), True
        draft.finding = policy_form.ticket_text(context) or outcome.decision
        draft.put(_fields_of(calculation))
        words = [calculation.said, without_yes(said)]
    elif (under_way := policy_form.handed_over(context)) is not None:
        draft.put(_fields_of(under_way))
        words = [under_way.said, said]
    elif context.slot("awaiting"):
        words = [said] if _other_matter(context, asked, said) else [asked, without_yes(said)]
    else:
        words = [said]
    text = "\n".join(dict.fromkeys(word for word in words if word and not says_nothing(word)))
    if text:
        ticket_text.say(context, draft, text, "description")
        if draft.type_id == OTHER:
            _do_it(context, draft, text, answered=text == asked)
        if not _has_address(draft, text):
            draft.know_sender(text)
    elif draft.type_id:
        draft.triage = ticket_text.verdict(context, draft)
    return draft


def _other_matter(context: Context, asked: str, said: str) -> bool:
    """Whether a request says clearly that it is about something else than what was asked before."""
    if not asked or is_follow_up(said) or len(re.findall(r"[^\W\d_]{2,}", said)) < _FEWEST_WORDS:
        return False
    found, before = (context.triage.judge(text, context.now) for text in (said, asked))
    return found.type not in (OTHER, before.type) and found.confidence >= _SURE_WISH


def _has_address(draft: Draft, text: str) -> bool:
    """Whether an address in the text is what it is about; of a text that must be written again nobody knows."""
    needed = {name for group in draft.type.needs for name in group}
    return "email" in needed or (draft.refused is not None and email_in(text) != "")


def _do_it(context: Context, draft: Draft, text: str, *, answered: bool) -> None:
    """“How can I …?”, answered already, and “more services, how to do?”: a ticket for it means to do it."""
    wish = _HOW_TO_DO.sub("", text) if _HOW_TO_DO.search(text) else _ASKS_HOW.sub("", text) if answered else text
    if wish != text:
        found = context.triage.judge(wish.rstrip(" ?"), context.now)
        if found.type != OTHER and found.confidence >= _SURE_WISH:
            draft.type_id, draft.settled = found.type, True
            draft.triage = ticket_text.verdict(context, draft)


def fresh(context: Context) -> Draft:
    """An empty draft. Without `bot`, in `rasa shell` say, there is no turn: the conversation names it then."""
    name = context.turn_id or hashlib.sha256(context.conversation.encode()).hexdigest()[:32]
    return Draft(id=name, heard=context.turn_id)


def _fields_of(calculation: Calculation) -> dict[str, str]:
    """The values of a calculation that are fields of a ticket."""
    values = {_FROM_CALCULATION.get(name, ""): value for name, value in calculation.values.items()}
    return {name: value for name, value in values.items() if name and isinstance(value, str)}


def _adding(context: Context, draft: Draft) -> Draft:
    """A comment on a ticket that is there and that whoever writes may see; `bot` looks again when it is added."""
    found = None if context.pressed else about_ticket(context.text)
    draft.target = found.ticket if found else context.entity("ticket") or ""
    if not context.read(lambda session: _may_add(session, context, draft.target)):
        draft.state, draft.mood = "left", "unknown"
    elif found is not None and found.rest:
        ticket_text.say(context, draft, context.text.strip(), "comment")
    return draft


def adding_to(context: Context, ticket: str, text: str) -> Draft:
    """A comment on a ticket that was not named: the only one that is open."""
    draft = fresh(context)
    draft.target = ticket
    if text:
        ticket_text.say(context, draft, text, "comment")
    return draft


def _may_add(session: Session, context: Context, ticket: str) -> bool:
    viewer = viewer_of(session, context.conversation, context.turn_id)
    return access_ticket(session, viewer, ticket) is not None
