"""A partner in conversation with the actions, driven as the engine drives them: rules, forms, slots."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.calculation import Calculation
from actions.dialogue import STEPS
from actions.draft import Draft
from actions.replies import Reply
from actions.sessions import SessionStart
from actions.ticket_form import again
from actions.turns import DialogueAction, Tools
from actions.understanding import Understanding
from settings import ROOT, Settings
from tickets.database import Database
from triage.triage import Triage

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=ZoneInfo("Europe/Rome"))
RULES = yaml.safe_load((ROOT / "data" / "rules.yml").read_text(encoding="utf-8"))["rules"]
# Of each form: what asks for its slot, and what follows its end.
FORMS = {
    "policy_form": ("action_ask_policy_value", "action_decide"),
    "ticket_form": ("action_ask_ticket_value", "action_ticket_done"),
}
_STEPS = [(rule, [step for step in rule["steps"] if "intent" in step or "action" in step]) for rule in RULES]
OUTSIDE = {steps[0]["intent"]: steps[1]["action"] for rule, steps in _STEPS if "condition" not in rule}
INSIDE = {
    (rule["condition"][0]["active_loop"], steps[0]["intent"]): steps[1]["action"]
    for rule, steps in _STEPS
    if "condition" in rule and "intent" in steps[0]
}


@cache
def empty_database() -> Database:
    """A migrated database in which nothing was ever written."""
    database = Database(f"sqlite:///{Path(tempfile.mkdtemp()) / 'care.db'}")
    database.migrate()
    return database


@cache
def _triage(understanding: Understanding) -> Triage:
    return Triage.load(Settings.load({}), understanding.search)


def tools(
    understanding: Understanding, now: Callable[[], datetime] = lambda: NOW, database: Database | None = None
) -> Tools:
    """What the actions work with: the real index and triage, a clock of the test's, a database."""
    return Tools(lambda: understanding.search, lambda: _triage(understanding), database or empty_database(), now)


class Partner:
    """Plays the engine for one partner."""

    def __init__(
        self,
        understanding: Understanding,
        database: Database | None = None,
        conversation: str = "someone",
        **slots: Any,
    ) -> None:
        self.slots = slots
        self.form = ""  # the form that is active
        self.rejected = False  # whether the form left the last message to another action
        self.replies: list[Reply] = []
        self.record: dict[str, Any] = {}
        self.turn = 0
        self.failing = ""  # an action that answers with an error the next time, which the engine passes over
        self._conversation = conversation
        self._understanding = understanding
        self._tools = tools(understanding, database=database)
        self._parsed: dict[str, Any] = {}
        self._events: list[dict[str, Any]] = []  # of the engine's session

    def say(self, text: str) -> Reply:
        """The last of the bot's replies to a message or a button's payload; all of them are in `replies`.

        Where a turn has no reply, only a record for `bot`, that is given.
        """
        self.turn += 1
        return self.say_again(text)

    def say_again(self, text: str) -> Reply:
        """The same turn once more, as `bot` runs it after a crash."""
        self.replies, self.record, self.rejected = [], {}, False
        self._parsed = self._understanding.parse(text, NOW) | {"metadata": {"turn_id": f"{self.turn:032x}"}}
        self._events.append({"event": "user", "text": text, "metadata": self._parsed["metadata"]})
        action = OUTSIDE[self._parsed["intent"]["name"]]
        if self.form:
            self._run_form(self.form)
        elif action in FORMS:
            self._run_form(action)
        else:
            self._act(action)
        return self.replies[-1] if self.replies else self.record

    def press(self, title: str) -> Reply:
        """What comes of the button with these words."""
        (button,) = (button for button in self.buttons if title in button["title"])
        return self.say(button["payload"])

    @property
    def asked(self) -> bool:
        """Whether a form is active."""
        return bool(self.form)

    @property
    def buttons(self) -> list[dict[str, str]]:
        return [button for reply in self.replies for button in reply["buttons"]]

    def new_session(self) -> None:
        """The engine begins a new session, which takes over what the slots hold."""
        tracker = Tracker(self._conversation, self.slots, self._parsed, self._events, False, None, {}, None)
        self._events = SessionStart().run(CollectingDispatcher(), tracker, {})

    @property
    def calculation(self) -> Calculation:
        """The calculation that the slot holds."""
        found = Calculation.from_slot(self.slots["calculation"])
        assert found is not None
        return found

    @property
    def draft(self) -> Draft:
        """The ticket that the slot holds."""
        found = Draft.from_slot(self.slots["ticket"])
        assert found is not None
        return found

    def _act(self, name: str) -> list[dict[str, Any]]:
        """Run a custom action; what it asks the engine for. A follow-up of a form is done at once."""
        if name == self.failing:
            self.failing = ""
            return []
        dispatcher = CollectingDispatcher()
        tracker = Tracker(self._conversation, self.slots, self._parsed, self._events, False, None, {}, None)
        events = DialogueAction(name, STEPS[name], self._tools, again).run(dispatcher, tracker, {})
        self._events += events
        self.slots = self.slots | {event["name"]: event["value"] for event in events if event["event"] == "slot"}
        for message in dispatcher.messages:
            self.replies += message["custom"]["replies"]
            self.record |= message["custom"]["record"]
        for event in events:
            if event["event"] == "followup" and event["name"] in FORMS:
                self._run_form(event["name"])
        return events

    def _run_form(self, form: str) -> None:
        self.form = form
        ask, done = FORMS[form]
        events = self._act(f"validate_{form}")
        if any(event["event"] == "action_execution_rejected" for event in events):
            assert not self.rejected, "the form rejects a message only once"
            self.rejected = True
            self._act(INSIDE[form, self._parsed["intent"]["name"]])
            self._run_form(form)
        elif self.slots.get("requested_slot") is None:
            self.form = ""
            self._act(done)
        else:
            self._act(ask)


def titles(reply: Reply) -> list[str]:
    return [button["title"] for button in reply["buttons"]]
