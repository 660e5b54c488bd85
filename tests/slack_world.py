"""A Slack on loopback: Web API and Socket Mode over real HTTP and web sockets, as Slack documents them.

It looks at every payload with Slack's limits in hand (`problems`), knows when a message comes too early, and has
bad days on demand: `weather` says what happens to each call.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from aiohttp import WSMsgType, web

from tests.slack_views import initial, state, view_problems

BOT_TOKEN, APP_TOKEN = "xoxb-1-2-abcdefghijkl", "xapp-1-A1-2-abcdefghijkl"
SIGNING_SECRET = "0123456789abcdef0123456789abcdef"
TEAM, BOT, ANNA, BEN = "T0HOME", "U0CAREBOT", "U0ANNA", "U0BEN"
DM, CHANNEL = "D0ANNA", "C0SUPPORT"

# A link, or somebody's name in a line of ours: the only commands that we mean.
_MEANT = re.compile(r"<(?:https://|mailto:)[^<>|\s]+(?:\|[^<>|\n]+)?>|<@U[A-Z0-9]+>")

Headers = dict[str, str]


@dataclass(frozen=True)
class Fault:
    """What goes wrong with a call: a status instead of an answer, or the line cut, before or after it took effect."""

    status: int = 0
    retry_after: int = 0
    cut: bool = False
    taken: bool = False


@dataclass
class Posted:
    """A message that stands in a channel."""

    channel: str
    ts: str
    thread: str | None
    text: str
    blocks: list[dict[str, Any]]
    metadata: dict[str, Any]
    at: float
    updates: int = 0

    def buttons(self) -> dict[str, dict[str, Any]]:
        """The buttons by their titles."""
        found = [one for block in self.blocks if block["type"] == "actions" for one in block["elements"]]
        return {one["text"]["text"]: one for one in found if one["type"] == "button"}

    def menus(self) -> list[dict[str, Any]]:
        """The menus."""
        found = [one for block in self.blocks if block["type"] == "actions" for one in block["elements"]]
        return [one for one in found if one["type"] == "static_select"]


@dataclass
class Slack:
    """One workspace. `async with Slack() as slack`, then `slack.url` is the Web API's address."""

    weather: Callable[[str, Mapping[str, Any]], Fault | None] = lambda method, arguments: None
    url: str = ""
    messages: list[Posted] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    connections: int = 0
    talk: list[dict[str, Any]] = field(default_factory=list)  # what people wrote, where it can be read again
    gone: set[str] = field(default_factory=set)  # channels that are not there any more
    homes: dict[str, dict[str, Any]] = field(default_factory=dict)  # by user
    views: dict[str, dict[str, Any]] = field(default_factory=dict)  # the modals that are open, by id
    payloads: dict[str, dict[str, Any]] = field(default_factory=dict)  # what acknowledgements carried, by envelope
    whispered: list[tuple[str, str, str]] = field(default_factory=list)  # channel, user, text: only they see it
    view: str = ""  # "agent", or the older "assistant": what the app shows its conversations in
    prompts: dict[tuple[str, str | None], list[dict[str, str]]] = field(default_factory=dict)  # by channel and thread
    titles: dict[tuple[str, str], str] = field(default_factory=dict)
    page: int = 20  # messages that a look into a channel gives at once

    def __post_init__(self) -> None:
        self._ids = itertools.count(1)
        self._triggers: dict[str, float] = {}  # what may still be used to open a modal, and until when
        self._last_post: dict[str, float] = {}
        self._not_before: dict[str, float] = {}
        self._sockets: set[web.WebSocketResponse] = set()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Slack:
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_get("/link", self._link)
        self._runner = web.AppRunner(app, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}/api"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self.cut()
        await self._runner.cleanup()

    def settings(self, *, socket_mode: bool = False) -> dict[str, str]:
        """The environment of a bot that belongs to this workspace."""
        way = {"SLACK_APP_TOKEN": APP_TOKEN} if socket_mode else {"SLACK_SIGNING_SECRET": SIGNING_SECRET}
        return {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_API_URL": self.url, **way}

    def ts(self) -> str:
        """A new time stamp, later than all before."""
        return f"{int(time.time())}.{next(self._ids):06d}"

    def said(self, channel: str | None = None) -> list[str]:
        """The texts of the bot's messages, in their order."""
        return [message.text for message in self.messages if channel in (None, message.channel)]

    async def until(self, count: int, channel: str | None = None, seconds: float = 30.0) -> list[Posted]:
        """Wait for that many messages of the bot."""
        end = time.monotonic() + seconds
        while True:
            found = [message for message in self.messages if channel in (None, message.channel)]
            if len(found) >= count:
                return found
            assert time.monotonic() < end, f"{len(found)} of {count}; {self.problems}"
            await asyncio.sleep(0.02)

    # Events, as Slack sends them

    def message(
        self,
        text: str,
        *,
        channel: str = DM,
        user: str = ANNA,
        thread: str | None = None,
        ts: str | None = None,
        kind: str = "message",
        **more: Any,
    ) -> dict[str, Any]:
        """A message event; `kind` app_mention for a mention."""
        event: dict[str, Any] = {"type": kind, "user": user, "text": text, "ts": ts or self.ts(), "channel": channel}
        if kind == "message":
            event["channel_type"] = "im" if channel.startswith("D") else "channel"
        if thread:
            event["thread_ts"] = thread
        return self.event({**event, "team": TEAM, **more})

    def opened(self, tab: str, channel: str = DM, user: str = ANNA) -> dict[str, Any]:
        """Somebody opens the app: its home, or its messages."""
        return self.event({"type": "app_home_opened", "user": user, "channel": channel, "tab": tab})

    def began(self, thread: str, channel: str = DM, user: str = ANNA) -> dict[str, Any]:
        """Somebody begins a thread in the older view for assistants."""
        where = {"user_id": user, "channel_id": channel, "thread_ts": thread, "context": {"channel_id": CHANNEL}}
        return self.event({"type": "assistant_thread_started", "assistant_thread": where, "event_ts": self.ts()})

    def event(self, event: dict[str, Any]) -> dict[str, Any]:
        """The envelope around an event."""
        return {
            "type": "event_callback",
            "team_id": TEAM,
            "api_app_id": "A0CARE",
            "event": event,
            "event_id": f"Ev{next(self._ids):010d}",
            "event_time": int(time.time()),
            "authorizations": [{"team_id": TEAM, "user_id": BOT, "is_bot": True, "is_enterprise_install": False}],
        }

    def press(self, message: Posted, title: str, user: str = ANNA) -> dict[str, Any]:
        """A press of a message's button."""
        return self.press_accessory(message, message.buttons()[title], user)

    def press_accessory(self, message: Posted, button: dict[str, Any], user: str = ANNA) -> dict[str, Any]:
        """A press of a button that stands beside a text of the message, or in a row."""
        return {
            "type": "block_actions",
            "team": {"id": TEAM, "domain": "home"},
            "user": {"id": user, "team_id": TEAM},
            "container": {"type": "message", "message_ts": message.ts, "channel_id": message.channel},
            "channel": {"id": message.channel},
            "trigger_id": self.trigger(),
            "actions": [{**button, "block_id": "b", "action_ts": self.ts()}],
        }

    def trigger(self) -> str:
        """A new permission to open a modal: once, within three seconds."""
        made = f"{next(self._ids)}.1.abc"
        self._triggers[made] = time.monotonic() + 3
        return made

    def submit(self, view: Mapping[str, Any], user: str = ANNA, **typed: str | None) -> dict[str, Any]:
        """A modal that is sent, with what was typed or chosen, by the label of the input.

        What is not named stays as it was opened, None empties it.
        """
        values: dict[str, Any] = {}
        inputs = {block["label"]["text"]: block for block in view["blocks"] if block["type"] == "input"}
        assert typed.keys() <= inputs.keys(), f"{typed.keys() - inputs.keys()}: there are {list(inputs)}"
        for label, block in inputs.items():
            element = block["element"]
            value = typed[label] if label in typed else initial(element)
            assert value is not None or block["optional"], f"Slack does not send it without “{label}”"
            values[block["block_id"]] = {element["action_id"]: state(element, value)}
        kept = {key: view[key] for key in ("id", "hash", "callback_id", "private_metadata", "blocks", "title")}
        return {
            "type": "view_submission",
            "team": {"id": TEAM, "domain": "home"},
            "user": {"id": user, "team_id": TEAM},
            "trigger_id": self.trigger(),
            "view": {**kept, "type": "modal", "team_id": TEAM, "state": {"values": values}},
            "response_urls": [],
        }

    def updated(self, view: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
        """The modal as it is shown after an answer to its submission that updates it."""
        assert answer["response_action"] == "update", answer
        self.problems += _view_problems(answer["view"])
        self.views[view["id"]] = {**answer["view"], "id": view["id"], "hash": f"{next(self._ids)}.ab"}
        return self.views[view["id"]]

    def choose(self, message: Posted, title: str, user: str = ANNA) -> dict[str, Any]:
        """A choice in a message's only menu, by how it ends."""
        (menu,) = message.menus()
        (chosen,) = [one for one in menu["options"] if one["text"]["text"].endswith(title)]
        action = {"type": "static_select", "action_id": menu["action_id"], "selected_option": chosen}
        return self.press_accessory(message, action, user)

    def command(self, text: str, channel: str = CHANNEL, user: str = ANNA) -> dict[str, Any]:
        """A slash command."""
        return {
            "command": "/care",
            "text": text,
            "team_id": TEAM,
            "channel_id": channel,
            "user_id": user,
            "trigger_id": f"{next(self._ids)}.1.abc",
            "response_url": f"{self.url}/none",
        }

    def pick(self, text: str, channel: str = CHANNEL, user: str = ANNA) -> dict[str, Any]:
        """The message shortcut, used on somebody's message."""
        return {
            "type": "message_action",
            "callback_id": "open_ticket",
            "trigger_id": f"{next(self._ids)}.1.abc",
            "team": {"id": TEAM, "domain": "home"},
            "user": {"id": user, "team_id": TEAM},
            "channel": {"id": channel, "name": "support"},
            "message": {"type": "message", "user": BEN, "ts": self.ts(), "text": text},
            "message_ts": self.ts(),
            "response_url": f"{self.url}/none",
        }

    def press_at_home(self, number: int, user: str = ANNA, begins: str = "ask:") -> dict[str, Any]:
        """A press of a button in somebody's home, of those whose action begins so."""
        home = self.homes[user]
        buttons = [block["accessory"] for block in home["blocks"] if "accessory" in block]
        buttons = [button for button in buttons if button["action_id"].startswith(begins)]
        return {
            "type": "block_actions",
            "team": {"id": TEAM, "domain": "home"},
            "user": {"id": user, "team_id": TEAM},
            "container": {"type": "view", "view_id": home["id"]},
            "view": home,
            "trigger_id": f"{next(self._ids)}.1.abc",
            "actions": [{**buttons[number], "block_id": "b", "action_ts": self.ts()}],
        }

    # Socket Mode

    async def push(self, payload: dict[str, Any], kind: str = "events_api") -> str:
        """Send something to one connected app; the envelope's id."""
        envelope = f"e{next(self._ids)}"
        end = time.monotonic() + 30
        while not self._sockets:
            assert time.monotonic() < end, "no app is connected"
            await asyncio.sleep(0.02)
        socket = next(iter(self._sockets))
        more = {"accepts_response_payload": kind != "events_api"}
        await socket.send_str(json.dumps({"type": kind, "envelope_id": envelope, "payload": payload, **more}))
        return envelope

    async def until_acknowledged(self, envelope: str, seconds: float = 10.0) -> None:
        """Wait for the app's acknowledgement."""
        end = time.monotonic() + seconds
        while envelope not in self.acknowledged:
            assert time.monotonic() < end, f"{envelope} is not acknowledged"
            await asyncio.sleep(0.01)

    async def cut(self) -> None:
        """Cut all Socket Mode connections."""
        for socket in list(self._sockets):
            await socket.close()

    async def _link(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str(json.dumps({"type": "hello", "num_connections": 1}))
        self._sockets.add(socket)
        self.connections += 1
        try:
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    heard = json.loads(message.data)
                    self.acknowledged.append(heard["envelope_id"])
                    self.payloads[heard["envelope_id"]] = heard.get("payload") or {}
        finally:
            self._sockets.discard(socket)
        return socket

    # The Web API

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        self.calls.append(method)
        given = await request.json() if request.content_type == "application/json" else dict(await request.post())
        arguments: dict[str, Any] = {**request.query, **given}
        token = APP_TOKEN if method == "apps.connections.open" else BOT_TOKEN
        if request.headers.get("authorization") != f"Bearer {token}":
            return web.json_response({"ok": False, "error": "invalid_auth"})
        fault = self.weather(method, arguments)
        if fault is None or fault.taken:
            answer = self._answer(method, arguments)
            if fault is None:
                return web.json_response(answer)
        if fault.cut:
            assert request.transport is not None
            request.transport.abort()
        if fault.status == 429:
            channel = str(arguments.get("channel"))
            self._not_before[channel] = time.monotonic() + fault.retry_after
            body = {"ok": False, "error": "ratelimited"}
            return web.json_response(body, status=429, headers={"Retry-After": str(fault.retry_after)})
        return web.Response(status=fault.status or 500, text="upstream connect error")

    def _answer(self, method: str, given: Mapping[str, Any]) -> dict[str, Any]:
        answers = {
            "auth.test": self._auth_test,
            "apps.connections.open": self._open,
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "views.open": self._open_view,
            "chat.delete": self._delete,
            "chat.postEphemeral": self._whisper,
            "views.publish": self._publish,
            "assistant.threads.setSuggestedPrompts": self._suggest,
            "assistant.threads.setTitle": self._entitle,
            "conversations.open": self._open_direct,
            "conversations.history": self._read,
            "conversations.replies": self._read,
        }
        if method not in answers:
            self.problems.append(f"unknown method {method}")
            return {"ok": False, "error": "unknown_method"}
        return answers[method](given)

    def _auth_test(self, _: Mapping[str, Any]) -> dict[str, Any]:
        return {"ok": True, "team_id": TEAM, "user_id": BOT, "bot_id": "B0CARE", "user": "care", "team": "home"}

    def _open(self, _: Mapping[str, Any]) -> dict[str, Any]:
        return {"ok": True, "url": self.url.replace("http://", "ws://").removesuffix("/api") + "/link"}

    def _publish(self, given: Mapping[str, Any]) -> dict[str, Any]:
        view = given["view"] if isinstance(given["view"], dict) else json.loads(given["view"])
        wrong = problems({"text": "home", "blocks": view["blocks"]})
        self.problems += wrong
        self.homes[given["user_id"]] = {**view, "id": "V1", "hash": f"{next(self._ids)}.ab"}
        return {"ok": not wrong}

    def _open_view(self, given: Mapping[str, Any]) -> dict[str, Any]:
        view = given["view"] if isinstance(given["view"], dict) else json.loads(given["view"])
        if time.monotonic() > self._triggers.pop(str(given["trigger_id"]), 0.0):
            return {"ok": False, "error": "expired_trigger_id"}
        if wrong := _view_problems(view):
            self.problems += wrong
            return {"ok": False, "error": "invalid_arguments"}
        name = f"V{next(self._ids):08d}"
        self.views[name] = {**view, "id": name, "hash": f"{next(self._ids)}.ab"}
        return {"ok": True, "view": self.views[name]}

    def _open_direct(self, given: Mapping[str, Any]) -> dict[str, Any]:
        return {"ok": True, "channel": {"id": "D" + str(given["users"])[1:]}}

    def _suggest(self, given: Mapping[str, Any]) -> dict[str, Any]:
        if not self.view:
            return {"ok": False, "error": "missing_scope", "needed": "assistant:write"}
        prompts = given["prompts"] if isinstance(given["prompts"], list) else json.loads(given["prompts"])
        if not 1 <= len(prompts) <= 4 or any(not one.get("title") or not one.get("message") for one in prompts):
            self.problems.append(f"prompts {prompts}")
        thread = given.get("thread_ts")
        if self.view == "agent" and thread:
            self.problems.append("prompts for a thread, which Slack does not show in the view for agents")
        self.prompts[given["channel_id"], thread] = prompts
        return {"ok": True}

    def _entitle(self, given: Mapping[str, Any]) -> dict[str, Any]:
        if not self.view:
            return {"ok": False, "error": "missing_scope", "needed": "assistant:write"}
        if not given["title"].strip() or commands(given["title"]):
            self.problems.append(f"a title {given['title']!r}")
        self.titles[given["channel_id"], given["thread_ts"]] = given["title"]
        return {"ok": True}

    def _post(self, given: Mapping[str, Any]) -> dict[str, Any]:
        at, channel = time.monotonic(), str(given["channel"])
        if channel in self.gone:
            return {"ok": False, "error": "channel_not_found"}
        if at - self._last_post.get(channel, 0.0) < 1.0:
            self.problems.append(f"{at - self._last_post[channel]:.2f} s after the last message in {channel}")
        if at < self._not_before.get(channel, 0.0):
            self.problems.append(f"{self._not_before[channel] - at:.2f} s before Retry-After in {channel}")
        self._last_post[channel] = at
        if found := problems(given):
            self.problems += found
            return {"ok": False, "error": "invalid_blocks"}
        thread = given.get("thread_ts")
        made = Posted(channel, self.ts(), thread, given["text"], given["blocks"], given.get("metadata") or {}, at)
        self.messages.append(made)
        return {"ok": True, "channel": channel, "ts": made.ts}

    def _update(self, given: Mapping[str, Any]) -> dict[str, Any]:
        found = [one for one in self.messages if (one.channel, one.ts) == (given["channel"], given["ts"])]
        if not found:
            return {"ok": False, "error": "message_not_found"}
        if wrong := problems(given):
            self.problems += wrong
            return {"ok": False, "error": "invalid_blocks"}
        found[0].text, found[0].blocks = given["text"], given["blocks"]
        found[0].updates += 1
        return {"ok": True, "channel": given["channel"], "ts": given["ts"]}

    def _delete(self, given: Mapping[str, Any]) -> dict[str, Any]:
        found = [one for one in self.messages if (one.channel, one.ts) == (given["channel"], given["ts"])]
        if not found:
            return {"ok": False, "error": "message_not_found"}
        self.messages.remove(found[0])
        return {"ok": True, "channel": given["channel"], "ts": given["ts"]}

    def _whisper(self, given: Mapping[str, Any]) -> dict[str, Any]:
        if wrong := problems(given):
            self.problems += wrong
            return {"ok": False, "error": "invalid_blocks"}
        self.whispered.append((str(given["channel"]), str(given["user"]), str(given["text"])))
        return {"ok": True, "message_ts": self.ts()}

    def _read(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """History and replies, newest first, page by page; of a thread its first message, too, as Slack does."""
        if given.get("ts") and not given.get("include_all_metadata"):
            said = [one for one in self.talk if given["ts"] in (one.get("thread_ts"), one["ts"])]
            oldest = float(given.get("oldest", 0))
            return {"ok": True, "messages": [m for m in said if m["ts"] == given["ts"] or float(m["ts"]) > oldest]}
        oldest, thread = float(given.get("oldest", 0)), given.get("ts")
        found = [m for m in self.messages if m.channel == given["channel"] and m.thread == thread]
        found = [m for m in reversed(found) if float(m.ts) > oldest]
        begin = int(given.get("cursor") or 0)
        page = found[begin : begin + self.page]
        shown = bool(given.get("include_all_metadata")) and str(given["include_all_metadata"]) not in ("0", "False")
        listed = [{"ts": m.ts, "text": m.text, **({"metadata": m.metadata} if shown else {})} for m in page]
        more = str(begin + self.page) if begin + self.page < len(found) else ""
        return {"ok": True, "messages": listed, "has_more": bool(more), "response_metadata": {"next_cursor": more}}


def posted(payload: dict[str, Any], at: float | None = None, secret: str = SIGNING_SECRET) -> tuple[bytes, Headers]:
    """Body and headers of a request that Slack signed."""
    if "command" in payload:
        body, kind = urlencode(payload).encode(), "application/x-www-form-urlencoded"
    elif payload.get("type") in ("block_actions", "message_action", "view_submission"):
        body, kind = urlencode({"payload": json.dumps(payload)}).encode(), "application/x-www-form-urlencoded"
    else:
        body, kind = json.dumps(payload).encode(), "application/json"
    return body, signed(body, at, secret) | {"content-type": kind}


def signed(body: bytes, at: float | None = None, secret: str = SIGNING_SECRET) -> Headers:
    """The two headers that prove a request to be Slack's."""
    sent = str(int(time.time() if at is None else at))
    made = hmac.new(secret.encode(), f"v0:{sent}:".encode() + body, hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": sent, "x-slack-signature": f"v0={made}"}


def problems(message: Mapping[str, Any]) -> list[str]:
    """What Slack's documentation says against a message."""
    found = []
    text, blocks = message.get("text", ""), message.get("blocks", [])
    if not isinstance(text, str) or not text.strip() or len(text) > 4000:
        found.append(f"a text of {len(text)} characters")
    if not 1 <= len(blocks) <= 50:
        found.append(f"{len(blocks)} blocks")
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    actions: list[str] = []
    for block in blocks:
        found += _block_problems(block, actions)
    for name, values, most in (("block_id", ids, 255), ("action_id", actions, 255)):
        if len(set(values)) < len(values) or any(not 1 <= len(value) <= most for value in values):
            found.append(f"{name}s {values}")
    metadata = message.get("metadata")
    if metadata is not None and not (
        re.fullmatch(r"\w{1,80}", metadata.get("event_type", "")) and isinstance(metadata.get("event_payload"), dict)
    ):
        found.append(f"metadata {metadata}")
    found += [f"a command {one!r}" for one in commands(text)]
    return found


def commands(mrkdwn: str) -> list[str]:
    """What Slack would act on in a text: mentions of all, of people, links that are none of ours."""
    return re.findall(r"<[^>]*>?", _MEANT.sub("", re.sub(r"^> ", "", mrkdwn, flags=re.MULTILINE)))


def _block_problems(block: Mapping[str, Any], actions: list[str]) -> list[str]:
    kind = block["type"]
    if kind == "header":
        title = block["text"]
        return [] if title["type"] == "plain_text" and 1 <= len(title["text"]) <= 150 else [f"a header {title}"]
    if kind == "section":
        found = _text_problems(block["text"])
        return found + (_button_problems(block["accessory"], actions) if "accessory" in block else [])
    elements = block.get("elements", [])
    if kind == "context":
        found = [] if 1 <= len(elements) <= 10 else [f"{len(elements)} elements in a context"]
        return found + [problem for one in elements for problem in _text_problems(one)]
    if kind == "actions":
        found = [] if 1 <= len(elements) <= 5 else [f"{len(elements)} buttons in a row"]
        for one in elements:
            found += (_menu_problems if one["type"] == "static_select" else _button_problems)(one, actions)
        return found
    return [f"a block of type {kind}"]


def _text_problems(text: Mapping[str, Any]) -> list[str]:
    found = [] if 1 <= len(text["text"]) <= 3000 and text["text"].strip() else [f"{len(text['text'])} characters"]
    if text["type"] != "mrkdwn" or text.get("verbatim") is not True:
        found.append("a text that is not verbatim mrkdwn")
    return found + [f"a command {one!r}" for one in commands(text["text"])]


def _button_problems(button: Mapping[str, Any], actions: list[str]) -> list[str]:
    actions.append(button["action_id"])
    title = button["text"]
    well = title["type"] == "plain_text" and 1 <= len(title["text"]) <= 75 and 1 <= len(button["value"]) <= 2000
    well = well and len(button.get("url", "")) <= 3000 and button.get("style", "primary") in ("primary", "danger")
    return [] if well and button["type"] == "button" else [f"a button {button}"]


def _view_problems(view: Mapping[str, Any]) -> list[str]:
    said = [block for block in view["blocks"] if block["type"] != "input"]
    return view_problems(view) + problems({"text": "a view", "blocks": said})


def _menu_problems(menu: Mapping[str, Any], actions: list[str]) -> list[str]:
    """A static_select: up to 100 options of 75 characters, with values of 150; the first shown is one of them."""
    actions.append(menu["action_id"])
    options = menu["options"]
    well = 1 <= len(options) <= 100 and menu.get("initial_option", options[0]) in options
    for one in options:
        title = one["text"]
        well = (
            well and title["type"] == "plain_text" and 1 <= len(title["text"]) <= 75 and 1 <= len(one["value"]) <= 150
        )
    return [] if well else [f"a menu {menu}"]
