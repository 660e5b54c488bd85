"""What one custom action of the engine sees, says and remembers.

Every action answers with one json_message {"replies": […], "record": {…}}: the replies go to
the partner, the record (what was asked, decided, felt) to the database, both by `bot`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.orm import Session

from actions.replies import Reply
from actions.sessions import is_long
from knowledge.faq.search import Search
from tickets.access import viewer_of
from tickets.database import Database
from tickets.filled import Filled
from tickets.filled import read as read_filled
from triage.triage import Triage

_T = TypeVar("_T")


@dataclass
class Turn:
    """What one action says and remembers; `events` go to the engine behind the slots."""

    replies: list[Reply] = field(default_factory=list)
    slots: dict[str, Any] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)
    events: list[EventType] = field(default_factory=list)


@dataclass(frozen=True)
class Tools:
    """What actions work with: search and triage of the present index, the database (only to read), the clock."""

    search: Callable[[], Search]
    triage: Callable[[], Triage]
    database: Database
    now: Callable[[], datetime]


@dataclass(frozen=True)
class Context:
    """What an action may use in one turn."""

    search: Search
    triage: Triage
    database: Database
    now: datetime
    tracker: Tracker

    def read(self, work: Callable[[Session], _T]) -> _T:
        """Read the database; `bot` alone writes it."""
        return self.database.read(work)

    @property
    def conversation(self) -> str:
        """Our id of the conversation."""
        return str(self.tracker.sender_id)

    @property
    def turn_id(self) -> str:
        """The id that `bot` gave this turn; the same when the turn runs again after a crash."""
        return str((self.tracker.latest_message.get("metadata") or {}).get("turn_id") or "")

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
        """Whether the message is a button's payload, or a filled-in form."""
        return self.text.startswith("/")

    @property
    def filled(self) -> Filled | None:
        """The form that was filled in."""
        return read_filled(self.text)

    def slot(self, name: str) -> Any:
        return self.tracker.get_slot(name)

    def entity(self, name: str) -> str | None:
        """The value that a button, or the understanding, gave under this name."""
        return next(self.tracker.get_latest_entity_values(name), None)


Step = Callable[[Context], Turn]


def is_anonymous(context: Context) -> bool:
    """Whether nobody vouches for whoever writes."""
    return context.read(lambda session: viewer_of(session, context.conversation, context.turn_id)).partner_id is None


class DialogueAction(Action):  # type: ignore[misc]
    """One custom action of domain.yml: runs `step` and hands its turn to the engine.

    `again` answers instead where this turn ran before and its outcome must be the same. A message whose
    understanding failed (the engine then passes it on empty) raises RuntimeError: the turn must run again.
    """

    def __init__(self, name: str, step: Step, tools: Tools, again: Callable[[Context], Turn | None]) -> None:
        self._name = name
        self._step = step
        self._tools = tools
        self._again = again

    def name(self) -> str:
        return self._name

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        message = tracker.latest_message or {}
        if not message.get("text") and not (message.get("intent") or {}).get("name"):
            raise RuntimeError("the message was not understood: the engine got no answer to /model/parse")
        tools = self._tools
        context = Context(tools.search(), tools.triage(), tools.database, tools.now(), tracker)
        turn = self._again(context) or self._step(context)
        if is_long(tracker, turn.events) and (turn.replies or turn.record):
            turn.record["long"] = True  # `bot` then has the engine begin a new session
        if turn.replies or turn.record:
            dispatcher.utter_message(json_message={"replies": turn.replies, "record": turn.record})
        return [*(SlotSet(name, value) for name, value in turn.slots.items()), *turn.events]
