"""The form of the calculations: what it takes, asks, refuses and comes back to, driven as the engine drives it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.calculation import Calculation
from actions.dialogue import STEPS
from actions.payloads import payload
from actions.replies import Reply
from actions.turns import DialogueAction
from actions.understanding import Understanding
from settings import ROOT

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=ZoneInfo("Europe/Rome"))
FORM = "policy_form"
RULES = yaml.safe_load((ROOT / "data" / "rules.yml").read_text(encoding="utf-8"))["rules"]
_STEPS = [(rule, [step for step in rule["steps"] if "intent" in step or "action" in step]) for rule in RULES]
OUTSIDE = {steps[0]["intent"]: steps[1]["action"] for rule, steps in _STEPS if "condition" not in rule}
INSIDE = {
    steps[0]["intent"]: steps[1]["action"] for rule, steps in _STEPS if "condition" in rule and "intent" in steps[0]
}


class Partner:
    """Plays the engine for one partner: the rules, the form's loop, the slots."""

    def __init__(self, understanding: Understanding, **slots: Any) -> None:
        self.slots = slots
        self.asked = False  # whether the form is active
        self.rejected = False  # whether the form left the last message to another action
        self.replies: list[Reply] = []
        self._understanding = understanding
        self._parsed: dict[str, Any] = {}

    def say(self, text: str) -> Reply:
        """The last of the bot's replies to a message or a button's payload; all of them are in `replies`."""
        self.replies, self.rejected = [], False
        self._parsed = self._understanding.parse(text, NOW)
        intent = self._parsed["intent"]["name"]
        if self.asked or OUTSIDE[intent] == FORM:
            self._form()
        else:
            self._act(OUTSIDE[intent])
        return self.replies[-1]

    def press(self, title: str) -> Reply:
        """What comes of the button with these words."""
        (button,) = (button for button in self.buttons if title in button["title"])
        return self.say(button["payload"])

    @property
    def buttons(self) -> list[dict[str, str]]:
        return [button for reply in self.replies for button in reply["buttons"]]

    @property
    def calculation(self) -> Calculation:
        """The calculation that the slot holds."""
        found = Calculation.from_slot(self.slots["calculation"])
        assert found is not None
        return found

    def _act(self, name: str) -> list[dict[str, Any]]:
        """Run a custom action; what it asks the engine for. A follow-up of the form is done at once."""
        action = DialogueAction(name, STEPS[name], lambda: self._understanding.search, lambda: NOW)
        dispatcher = CollectingDispatcher()
        events = action.run(dispatcher, Tracker("someone", self.slots, self._parsed, [], False, None, {}, None), {})
        self.slots = self.slots | {event["name"]: event["value"] for event in events if event["event"] == "slot"}
        for message in dispatcher.messages:
            self.replies += message["custom"]["replies"]
        if any(event["event"] == "followup" and event["name"] == FORM for event in events):
            self._form()
        return events

    def _form(self) -> None:
        self.asked = True
        events = self._act("validate_policy_form")
        if any(event["event"] == "action_execution_rejected" for event in events):
            assert not self.rejected, "the form rejects a message only once"
            self.rejected = True
            self._act(INSIDE[self._parsed["intent"]["name"]])
            self._form()
        elif self.slots.get("requested_slot") is None:
            self.asked = False
            self._act("action_decide")
        else:
            self._act("action_ask_policy_value")
