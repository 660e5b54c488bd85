"""action_session_start: what a new session of the engine takes over from the one before, and when one is due.

Rasa's own takes over every SlotSet event of the session before, so that a conversation that goes on for months
carries all that its slots ever were, in every turn, and one day more than an action call may hold. Ours takes over
what the slots are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActionExecuted, EventType, SessionStarted, SlotSet
from rasa_sdk.executor import CollectingDispatcher

START: Final = "session_start"  # the intent that Rasa acts on by itself
_LONG: Final = 400  # events, of some 9 a turn; each adds about 0.2 ms to every later turn
_NOT_KEPT: Final = {"session_started_metadata", "requested_slot"}


class SessionStart(Action):  # type: ignore[misc]
    """Begins a session with the slots as they are."""

    def name(self) -> str:
        return "action_session_start"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        kept = {name: value for name, value in tracker.slots.items() if value is not None and name not in _NOT_KEPT}
        slots = [SlotSet(name, value) for name, value in kept.items()]
        return [SessionStarted(), *slots, ActionExecuted("action_listen")]


def is_long(tracker: Tracker, events: Iterable[EventType]) -> bool:
    """Whether a new session is due after a turn that adds these events; never in the middle of a form."""
    in_form = bool((tracker.active_loop or {}).get("name"))
    goes_on = any(event["event"] == "followup" for event in events)
    return len(tracker.events) > _LONG and not in_form and not goes_on
