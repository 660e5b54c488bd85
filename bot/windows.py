"""The open windows of conversations: who is told what happens in them, as it happens."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from tickets.models import Event

_QUEUE = 64  # frames that wait for a slow socket before it is closed

Frame = dict[str, Any]
Window = asyncio.Queue[Frame | None]


class Windows:
    """Queues of frames, by conversation."""

    def __init__(self) -> None:
        self._open: dict[str, set[Window]] = {}

    def open(self, conversation: str) -> Window:
        """A queue of frames about this conversation from now on; None in it means: too slow, hang up."""
        window: Window = asyncio.Queue(_QUEUE)
        self._open.setdefault(conversation, set()).add(window)
        return window

    def close(self, conversation: str, window: Window) -> None:
        """Tell this one no more."""
        windows = self._open.get(conversation, set())
        windows.discard(window)
        if not windows:
            self._open.pop(conversation, None)

    def count(self, conversation: str) -> int:
        """How many are open on this conversation."""
        return len(self._open.get(conversation, ()))

    def tell(self, events: Iterable[Event]) -> None:
        """Show what was added to conversations, by whoever."""
        for event in events:
            self.publish(event.conversation_id, {"type": "event", "event": frame(event)})

    def publish(self, conversation: str, message: Frame) -> None:
        """Put a frame into each window of a conversation; one that is full is hung up."""
        for window in list(self._open.get(conversation, ())):
            try:
                window.put_nowait(message)
            except asyncio.QueueFull:
                self.close(conversation, window)
                window.get_nowait()
                window.put_nowait(None)


def frame(event: Event) -> Frame:
    """An event as clients see it."""
    return {
        "seq": event.seq,
        "kind": event.kind,
        "client_id": event.client_id,
        "text": event.text,
        "buttons": event.buttons,
        "data": event.data,
        "at": event.at.isoformat(),
    }
