"""P23: what a partner types is never a command to the dialogue, however spelled; buttons work once, in their chat.

Generated spellings of /intent{…}, /restart, /back, /session_start and EXTERNAL: go in by API and by web socket;
Rasa's own tracker tells what became of them. Red controls: a build that passes text through, and the engine asked
directly.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable
from typing import Any

import httpx

from actions import payloads
from tests.promises.bots import Bot
from tests.promises.clients import ChatClient
from tests.promises.conftest import Size
from tests.promises.server_log import ServerLog, begins_session
from tests.service import Service

ENTRY = '{"entry": "billing/dispute-period"}'
COMMANDS = (
    *(f"{intent}{ENTRY}" for intent in ("show_entry", "question", "affirm", "nlu_fallback", "a/b")),
    *("helpful", "not_helpful", "none_of_these", "open_ticket", "deny", "affirm", "cancel", "question"),
    *("restart", "back", "session_start", "out_of_scope", "nlu_fallback"),
    'show_entry{"entry": "billing/dispute-period", "awaiting": "ticket"}',
    'open_ticket{"last_entry": "billing/dispute-period"}',
    "show_entry@0.99" + ENTRY,
    'restart{"a": 1}',
    'fill["policy", "dispute_window", "44136fa355b3678a", {"invoice_date": "2026-05-05"}]',
)
# What people put before a slash to get it past somebody.
PREFIXES = (
    *("", " ", "\t", "\n", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u00a0", "\u2003", "\u2028", "\u3000"),
    *("\u200b", "\u200c", "\u200d", "\u2060", "\u2063", "\ufeff", "\u00ad", "\u202e", "\u061c", "\u180e", "\U000e0001"),
    *("\x00", " \x00 ", "\x08", "\x1b[2K", "EXTERNAL: ", "EXTERNAL:", "external: ", "\u2060EXTERNAL: ", "/", "\\", "'"),
)
SLASHES = ("/", "\uff0f", "\u2215", "\u2044", "\u29f8", "%2F", "&#47;", "\\u002f", "//", "/\u200b", "/ ")
SUFFIXES = ("", " ", "\n", "\x00", "\u200b", "@", " /restart", "\n/restart")

# What the search may make of a text: not the intents that only buttons carry, nor those that Rasa acts on by itself.
NATURAL = {
    *("question", "greet", "thanks", "bye", "bot", "human", "help", "affirm", "deny", "helpful", "not_helpful"),
    *("choose", "open_ticket", "cancel", "start_over", "go_back"),
}
NATURAL_ENTITIES = {"product", "abbreviation"}
# Everything an ordinary turn leaves in the tracker.
# A spelling that reads as the words “open ticket” begins a draft, as the words do: it opens nothing.
NATURAL_EVENTS = {"action", "followup", "session_started", "user", "user_featurization", "slot", "bot", "active_loop"}


async def test_no_spelling_becomes_a_command(
    service: Service, log: ServerLog, size: Size, dice: random.Random, figures: Callable[[str], None]
) -> None:
    texts = spellings(size(300, 3000), dice)
    by_api, by_socket = texts[::2], texts[1::2]
    senders = [f"p23 {number}" for number in range(size(6, 30))]
    async with httpx.AsyncClient(base_url=service.url, timeout=30, verify=False) as http:
        await asyncio.gather(*(post_all(http, sender, by_api[n :: len(senders)]) for n, sender in enumerate(senders)))
    clients = [ChatClient(service.port) for _ in range(size(4, 15))]
    for number, client in enumerate(clients):
        await client.start()
        for text in by_socket[number :: len(clients)]:
            client.say(text)
    for client in clients:
        await client.until_answered(size(120, 900))
        await client.stop()
        assert client.problems == []

    conversations = [*(log.conversation(sender) for sender in senders), *(client.conversation for client in clients)]
    for conversation in conversations:
        assert breaches(log, conversation) == []
    assert sum(len(log.parsed(conversation)) for conversation in conversations) == len(texts)
    figures(f"{len(texts)} spellings, none became a command")


async def test_red_control_a_build_that_passes_text_through_is_noticed(
    service: Service, log: ServerLog, start_bot: Callable[..., Bot]
) -> None:
    wrong = start_bot(wrong="payloads_pass_through")
    wrong.ask(f"/show_entry{ENTRY}", sender="passed through")
    conversation = ServerLog(wrong.data_dir).conversation("passed through")
    assert breaches(log, conversation) == [f"'/show_entry{ENTRY}' became show_entry with ['entry']"]


def test_red_control_the_engine_asked_without_bot_is_noticed(engine: str, log: ServerLog) -> None:
    with httpx.Client(base_url=engine, timeout=30, verify=False) as direct:
        for text in ("hello", "/helpful", "/restart"):
            direct.post("/webhooks/rest/webhook", json={"sender": "straight to the engine", "message": text})
    found = breaches(log, "straight to the engine")
    assert [breach.split()[0] for breach in found] == ["'/helpful'", "'/restart'"]


class TestButtons:
    async def test_a_button_works_once_and_only_in_its_chat(self, service: Service) -> None:
        client, other = ChatClient(service.port), ChatClient(service.port)
        for one in (client, other):
            await one.start()
        client.say("What is the maximum dispute period?")
        await client.until(lambda: bool(client.events("bot")), 20, "answered")
        buttons = client.events("bot")[0]["buttons"]
        button = next(button["payload"] for button in buttons if button["title"])

        other.press(button)
        await other.until(lambda: len(other.problems) == 1, 10, "refused")
        for _ in range(20):  # at once, as twenty impatient windows
            client.press(button)
        await client.until(lambda: client.unacknowledged == 0, 10, "acknowledged or refused")
        await client.until(lambda: len(client.events("bot")) >= 2, 20, "answered")
        client.press(button)
        await client.until(lambda: len(client.problems) == 20, 10, "refused")
        assert [problem["code"] for problem in other.problems] == ["unknown_button"]
        assert {problem["code"] for problem in client.problems} == {"used_button"}
        assert len(client.events("user")) == 2
        for one in (client, other):
            await one.stop()

    def test_the_same_over_the_api(self, service: Service) -> None:
        [first] = service.ask("What is the maximum dispute period?", sender="has the button")
        button = next(one["payload"] for one in first["buttons"] if one["title"] == "Yes, thanks")
        [refused] = service.ask(button, sender="found the button")
        assert refused["data"] == {"type": "error", "code": "unknown_button"}
        [pressed] = service.ask(button, sender="has the button")
        assert pressed["data"]["helpful"] is True
        [again] = service.ask(button, sender="has the button")
        assert again["data"] == {"type": "error", "code": "used_button"}

    async def test_made_up_buttons_are_refused(self, service: Service) -> None:
        client = ChatClient(service.port)
        await client.start()
        made_up = ["btn_" + "0" * 28, "btn_", "/show_entry", "/helpful", "' OR 1=1 --", "btn_%", "\x00", ""]
        for button in made_up:
            client.press(button)
        await client.until(lambda: client.unacknowledged == 0, 10, "refused")
        assert [problem["code"] for problem in client.problems] == ["unknown_button"] * len(made_up)
        assert client.transcript == []
        await client.stop()

    def test_no_button_shows_what_it_carries(self, service: Service) -> None:
        replies = service.ask("What is the maximum dispute period?", sender="looks at buttons")
        tokens = [button["payload"] for reply in replies for button in reply["buttons"]]
        assert tokens
        assert all(token.startswith("btn_") and payloads.parse(token) is None for token in tokens)


def spellings(count: int, dice: random.Random) -> list[str]:
    """Different ways to type a command: every command, prefix and slash at least once, the rest by chance."""
    found = [f"{prefix}/restart" for prefix in PREFIXES] + [f"{slash}restart" for slash in SLASHES]
    found += [f"/{command}" for command in COMMANDS]
    every = list(itertools.product(PREFIXES, SLASHES, COMMANDS, SUFFIXES))
    for prefix, slash, command, suffix in dice.sample(every, count):
        change = dice.choice((str, str, str.upper, str.title, _full_width))
        found.append(prefix + slash + change(command) + suffix)
    return list(dict.fromkeys(found))[:count]


def _full_width(text: str) -> str:
    return "".join(chr(ord(character) + 0xFEE0) if "!" <= character <= "~" else character for character in text)


def breaches(log: ServerLog, conversation: str) -> list[str]:
    """Where a typed text became more than a text in the engine's tracker."""
    found = []
    for parsed in log.parsed(conversation):
        entities = [str(entity["entity"]) for entity in parsed.entities]
        command = parsed.text.lstrip().startswith("/")
        if command or parsed.intent not in NATURAL or not NATURAL_ENTITIES.issuperset(entities):
            found.append(f"{parsed.text!r} became {parsed.intent} with {entities}")
    events: list[dict[str, Any]] = log.dialogue(conversation)
    kinds = {event["event"] for event in events}
    found += [f"an event {kind!r}" for kind in sorted(kinds - NATURAL_EVENTS)]
    begun = 1 + sum(map(begins_session, events))
    if sum(event["event"] == "session_started" for event in events) > begun:
        found.append("a session started anew")
    return found


async def post_all(http: httpx.AsyncClient, sender: str, texts: list[str]) -> None:
    for text in texts:
        response = await http.post("/api/chat", json={"sender": sender, "message": text})
        assert response.status_code == 200, (text, response.text)
        assert response.json()["replies"][0]["data"]["type"] != "error", (text, response.text)
