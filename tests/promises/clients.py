"""A client of the web chat's protocol (bot/web/socket.py): resumes after the last event seen, keeps an outbox."""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.promises.server_log import Line

_FIRST_DELAY, _LONGEST_DELAY = 0.5, 4.0
_SPACING = 1.0  # never more than one attempt a second
_PATIENCE = 10.0  # for a welcome, and for silence after something was sent

Frame = dict[str, Any]


class ChatClient:
    """One partner's browser, from `start` to `stop`; `say` whenever you like, connected or not."""

    def __init__(self, port: int, source: str = "127.0.0.1") -> None:
        self._port = port
        self._source = source  # the loopback address that it comes from
        self._outbox: dict[str, Frame] = {}  # client_id → frame, until it is acknowledged
        self._news = asyncio.Event()
        self._session = ""
        self._running: asyncio.Task[None] | None = None
        self.conversation = ""
        self.transcript: list[Frame] = []
        self.said: list[str] = []
        self.said_at: list[float] = []
        self.problems: list[Frame] = []
        self.faults: list[str] = []  # breaches of the protocol that the client itself noticed
        self.attempts: list[float] = []
        self.welcomes: list[float] = []
        self.seen_at: dict[int, float] = {}  # seq → when its event came
        self.closed: list[int | None] = []  # close codes of earlier connections

    @property
    def last_seen(self) -> int:
        """The number of the last event."""
        return int(self.transcript[-1]["seq"]) if self.transcript else 0

    @property
    def unacknowledged(self) -> int:
        """Messages that the server has not confirmed."""
        return len(self._outbox)

    def say(self, text: str) -> str:
        """Write a message; it is sent when there is a connection."""
        self.said.append(text)
        self.said_at.append(time.monotonic())
        return self._post({"type": "message", "text": text})

    def press(self, button: str) -> str:
        """Press a button."""
        return self._post({"type": "press", "button": button})

    async def start(self) -> None:
        """Connect, and connect again for ever; returns when the first connection stands."""
        self._running = asyncio.create_task(self._run())
        await self.until(lambda: bool(self.welcomes), 20, "connected")

    async def stop(self) -> None:
        """Hang up. Raises what went wrong in the client itself."""
        assert self._running is not None
        self._running.cancel()
        await asyncio.wait([self._running])
        if not self._running.cancelled():
            self._running.result()

    async def _run(self) -> None:
        attempt = 0
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self._port}", timeout=_PATIENCE, verify=False
        ) as http:
            while True:
                ceiling = min(_LONGEST_DELAY, _FIRST_DELAY * 2**attempt)
                spaced = (self.attempts[-1] + _SPACING - time.monotonic()) if self.attempts else 0.0
                await asyncio.sleep(max(spaced, random.uniform(0, ceiling) if attempt else 0.0))
                attempt = min(attempt + 1, 10)
                self.attempts.append(time.monotonic())
                try:
                    if not self._session:
                        await self._open_session(http)
                    async with open_socket(self._port, self._source) as socket:
                        await self._talk(socket)
                except (OSError, httpx.HTTPError, InvalidHandshake, TimeoutError):
                    continue
                except ConnectionClosed as closed:
                    self.closed.append(closed.rcvd.code if closed.rcvd else None)
                    attempt = 1
                    continue

    async def until(self, happened: Callable[[], bool], seconds: float, what: str) -> None:
        """Wait until `happened()`; AssertionError with the client's state after `seconds`."""
        end = time.monotonic() + seconds
        while not happened():
            if self._running is not None and self._running.done():
                self._running.result()
            assert time.monotonic() < end, f"not within {seconds} s: {what}; {self}"
            await asyncio.sleep(0.02)

    async def until_answered(self, seconds: float) -> None:
        """Wait for as many answers as there were messages."""
        await self.until(lambda: len(self.events("bot")) >= len(self.said), seconds, "all answered")

    def __str__(self) -> str:
        return (
            f"conversation {self.conversation}, {len(self.transcript)} events, {self.unacknowledged} unacknowledged, "
            f"{len(self.attempts)} attempts, closed {self.closed[-5:]}, problems {self.problems[-3:]}"
        )

    def events(self, kind: str) -> list[Frame]:
        """The events of one kind: user, bot, notice."""
        return [event for event in self.transcript if event["kind"] == kind]

    def outbox_to_send(self) -> list[Frame]:
        """What is sent when a connection is there again: all that was not acknowledged, with the same ids."""
        return list(self._outbox.values())

    def _post(self, frame: Frame) -> str:
        client_id = secrets.token_hex(12)
        self._outbox[client_id] = {**frame, "client_id": client_id}
        self._news.set()
        return client_id

    async def _open_session(self, http: httpx.AsyncClient) -> None:
        response = await http.post("/api/web/session", json={}, headers={"X-Care-Chat": "1"})
        opened = response.raise_for_status().json()
        self._session, self.conversation = opened["session"], opened["conversation"]

    async def _talk(self, socket: ClientConnection) -> None:
        hello = {"type": "hello", "session": self._session, "last_seen": self.last_seen}
        await socket.send(json.dumps(hello))
        welcome = json.loads(await asyncio.wait_for(socket.recv(), _PATIENCE))
        self._welcome(welcome)
        sending = asyncio.create_task(self._send(socket))
        try:
            while True:
                patience = _PATIENCE if self._outbox else None
                self._receive(json.loads(await asyncio.wait_for(socket.recv(), patience)))
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def _send(self, socket: ClientConnection) -> None:
        sent: set[str] = set()
        while True:
            self._news.clear()
            for frame in self.outbox_to_send():
                if frame["client_id"] not in sent:
                    sent.add(frame["client_id"])
                    await socket.send(json.dumps(frame))
            await self._news.wait()

    def _welcome(self, welcome: Frame) -> None:
        assert welcome["type"] == "welcome", welcome
        self.welcomes.append(time.monotonic())
        if welcome["reset"]:
            self.transcript = []
            if welcome["events"]:
                self._append(welcome["events"][0])
        for event in welcome["events"]:
            self._receive({"type": "event", "event": event})

    def _receive(self, frame: Frame) -> None:
        if frame["type"] == "event":
            event = frame["event"]
            if event["seq"] <= self.last_seen:
                return  # seen before: sent again because it happened while the server was welcoming us
            if event["seq"] != self.last_seen + 1:
                self.faults.append(f"event {event['seq']} came after {self.last_seen}")
            self._append(event)
        elif frame["type"] == "ack":
            self._outbox.pop(frame["client_id"], None)
        elif frame["type"] == "problem":
            self.problems.append(frame)
            self._outbox.pop(frame["client_id"], None)
        elif frame["type"] != "typing":
            self.faults.append(f"unknown frame {frame}")

    def _append(self, event: Frame) -> None:
        self.transcript.append(event)
        self.seen_at[event["seq"]] = time.monotonic()


def open_socket(port: int, source: str) -> connect:
    """A web socket to the chat as our own page opens it."""
    return connect(
        f"ws://127.0.0.1:{port}/api/web/socket",
        origin=f"http://127.0.0.1:{port}",  # type: ignore[arg-type]
        compression=None,
        proxy=None,
        max_size=None,
        open_timeout=_PATIENCE,
        close_timeout=0.5,
        local_addr=(source, 0),
    )


def differences(client: ChatClient, log: list[Line]) -> list[str]:
    """Where a client's transcript is not the server's log, or the log not what the partner wrote.

    Lost, doubled and reordered messages and answers; [] when all is well. The client must have written
    different texts, each of which has one answer.
    """
    found = list(client.faults)
    seen = [(e["seq"], e["kind"], e["client_id"], e["text"]) for e in client.transcript]
    written = [(line.seq, line.kind, line.client_id, line.text) for line in log]
    if seen != written:
        first = next((i for i, pair in enumerate(zip(seen, written, strict=False)) if pair[0] != pair[1]), len(seen))
        found.append(f"transcript of {len(seen)} and log of {len(written)} events differ from number {first}")
    stored = [line.text for line in log if line.kind == "user"]
    lost, doubled = Counter(client.said) - Counter(stored), Counter(stored) - Counter(client.said)
    found += [f"message lost: {text}" for text in lost] + [f"message doubled: {text}" for text in doubled]
    if not lost and not doubled and stored != client.said:
        found.append("messages reordered")
    turns = [line.turn_id for line in log if line.kind == "user"]
    answered = [line.turn_id for line in log if line.kind == "bot"]
    answers = Counter(answered)
    found += [f"{answers[turn]} answers to message {turns.index(turn) + 1}" for turn in turns if answers[turn] != 1]
    if sorted(answered, key=turns.index) != answered:
        found.append("answers reordered")
    return found
