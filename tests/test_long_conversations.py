"""A conversation that goes on and on costs no more than a short one, and forgets nothing that matters."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx

from actions.sessions import _LONG
from tests.promises.server_log import ServerLog, begins_session
from tests.service import Service

_TURNS = 170  # of five events each
_MOST_SLOTS = 12


def test_the_engine_begins_new_sessions_and_keeps_what_it_knows(tmp_path: Path) -> None:
    service = Service(tmp_path / "var")
    service.start()
    try:
        asyncio.run(talk(service.url, ["What is the maximum dispute period?", *["hello"] * _TURNS]))
        [followed] = service.ask("and how do I do that?", sender="talker")
        log = ServerLog(tmp_path / "var")
        events = log.dialogue(log.conversation("talker"))
    finally:
        service.stop()

    starts = [number for number, event in enumerate(events) if event["event"] == "session_started"]
    assert len(starts) >= 3  # the first, and two that were due
    assert len(starts) == 1 + sum(map(begins_session, events))
    for start in starts[1:]:
        kept = [event["name"] for event in events[start:] if event["event"] == "slot"][:_MOST_SLOTS]
        assert "last_entry" in kept
        carried = next(n for n, event in enumerate(events[start:]) if event["event"] == "action")
        assert carried <= _MOST_SLOTS  # each slot once, not all that it ever was
    longest = max(after - before for before, after in zip(starts, [*starts[1:], len(events)], strict=True))
    assert longest < _LONG + 40
    assert followed["data"]["type"] != "error"


async def talk(url: str, texts: list[str]) -> None:
    """One message after the other, each answered."""
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        for text in texts:
            response = await http.post("/api/chat", json={"sender": "talker", "message": text})
            assert response.json()["replies"][0]["data"]["type"] != "error", response.text
