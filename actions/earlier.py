"""Which question a request for a ticket is about: buttons are pressed, and offers taken up, after others were asked."""

from __future__ import annotations

from typing import Final

from rasa_sdk import Tracker

from actions.payloads import payload
from actions.replies import Reply
from actions.turns import Context, Step, Turn

REMINDED: Final = "ticket, reminded"  # what `awaiting` says while the offer is for the question before the last
_BUTTON: Final = payload("open_ticket")


def asked_about(context: Context) -> str:
    """The question, as it was understood; "" where the request is about none, or that is not known any more."""
    asked = _questions(context.tracker)
    if turn := of_button(context):
        alone = [*asked] == [""]  # nothing was asked since the engine's session began: it can be no other
        return asked.get("" if alone else turn, "")
    if context.slot("awaiting") == REMINDED and len(asked) > 1:
        return [*asked.values()][-2]
    return str(context.slot("last_question") or "") if context.slot("awaiting") else ""


def of_button(context: Context) -> str:
    """The turn whose question the pressed “Open a ticket” is about; "" where it names none."""
    return (context.entity("value") or "") if context.intent == "open_ticket" and context.pressed else ""


def about_its_question(step: Step) -> Step:
    """The same step, whose “Open a ticket” buttons name the turn that asked what they are about."""

    def run(context: Context) -> Turn:
        turn = step(context)
        name_question(turn.replies, context.turn_id if turn.slots.get("last_question") else last_turn(context))
        return turn

    return run


def name_question(replies: list[Reply], turn: str) -> None:
    """Have “Open a ticket” under these replies be about what was asked in this turn, where it is about nothing yet."""
    for one in (button for reply in replies for button in reply["buttons"]):
        if turn and one["payload"] == _BUTTON:
            one["payload"] = payload("open_ticket", value=turn)


def last_turn(context: Context) -> str:
    """The turn of the last question before this one; "" where that is not known."""
    return next(reversed(_questions(context.tracker)), "")


def _questions(tracker: Tracker) -> dict[str, str]:
    """What was asked in the engine's session, by turn; "" is the turn of what it took over from the one before."""
    found: dict[str, str] = {}
    turn = ""
    for event in tracker.events:
        if event["event"] == "user":
            turn = str((event.get("metadata") or {}).get("turn_id") or "")
        elif event["event"] == "slot" and event["name"] == "last_question":
            found.pop(turn, None)
            found[turn] = event["value"] or ""  # forgotten when the partner leaves what was asked
    return found
