"""What the engine carries from one session into the next, and when it is time for one."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.sessions import _LONG, SessionStart, is_long
from actions.ticket_lookup import begin


def tracker(events: int = 0, form: str | None = None, **slots: Any) -> Tracker:
    """A conversation with so many events behind it."""
    said = [{"event": "action", "name": "action_answer"}] * events
    return Tracker("someone", slots, {}, said, False, None, {"name": form} if form else {}, "action_listen")


def test_a_new_session_has_the_slots_as_they_are() -> None:
    before = tracker(last_entry="billing/dispute-period", offered=None, requested_slot="policy_value")
    events = SessionStart().run(CollectingDispatcher(), before, {})
    assert [(event["event"], event.get("name"), event.get("value")) for event in events] == [
        ("session_started", None, None),
        ("slot", "last_entry", "billing/dispute-period"),
        ("action", "action_listen", None),
    ]


@pytest.mark.parametrize(
    ("events", "form", "expected"),
    [(_LONG, None, False), (_LONG + 1, None, True), (_LONG + 1, "ticket_form", False)],
)
def test_it_is_due_after_many_events_but_in_no_form(events: int, form: str | None, expected: bool) -> None:
    assert is_long(tracker(events, form), []) is expected


def test_it_is_not_due_where_a_form_begins() -> None:
    assert is_long(tracker(_LONG + 1), begin()) is False
