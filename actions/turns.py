"""What one custom action of the engine sees, says and remembers.

Every action answers with one json_message {"replies": […], "record": {…}}: the replies go to
the partner, the record (what was asked, decided, felt) to the database, both by `bot`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.replies import Reply
from knowledge.faq.search import Search


@dataclass
class Turn:
    """What one action says and remembers; `events` go to the engine behind the slots."""

    replies: list[Reply] = field(default_factory=list)
    slots: dict[str, Any] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)
    events: list[EventType] = field(default_factory=list)


@dataclass(frozen=True)
class Context:
    """What an action may use: the current search, the time, and the tracker of this conversation."""

    search: Search
    now: datetime
    tracker: Tracker

    @property
    def today(self) -> date:
        return self.now.date()

    @property
    def text(self) -> str:
        return self.tracker.latest_message.get("text") or ""

    @property
    def intent(self) -> str:
        return str((self.tracker.latest_message.get("intent") or {}).get("name"))

    @property
    def confidence(self) -> float:
        """How sure the intent is, 0 to 1."""
        return float((self.tracker.latest_message.get("intent") or {}).get("confidence") or 0.0)

    @property
    def pressed(self) -> bool:
        """Whether the message is a button's payload."""
        return self.text.startswith("/")

    def slot(self, name: str) -> Any:
        return self.tracker.get_slot(name)

    def entity(self, name: str) -> str | None:
        """The value that a button, or the understanding, gave under this name."""
        return next(self.tracker.get_latest_entity_values(name), None)


Step = Callable[[Context], Turn]


class DialogueAction(Action):  # type: ignore[misc]
    """One custom action of domain.yml: runs `step` and hands its turn to the engine."""

    def __init__(self, name: str, step: Step, search: Callable[[], Search], now: Callable[[], datetime]) -> None:
        self._name = name
        self._step = step
        self._search = search
        self._now = now

    def name(self) -> str:
        return self._name

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        turn = self._step(Context(self._search(), self._now(), tracker))
        if turn.replies or turn.record:
            dispatcher.utter_message(json_message={"replies": turn.replies, "record": turn.record})
        return [*(SlotSet(name, value) for name, value in turn.slots.items()), *turn.events]
