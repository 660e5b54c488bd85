"""What stands before every request: host, body size, security headers, CORS for the widget."""

from __future__ import annotations

import json
import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.slack import guard as slack
from settings import Settings

MOST_BODY = 64 * 1024
_TOO_LARGE = "The request is larger than {} KB."
_LOOPBACK_NAMES = {"127.0.0.1", "localhost", "[::1]"}
_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?")

_NO_DEVICES = "camera=(), geolocation=(), microphone=(), payment=()"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'{sockets}; form-action 'self'; base-uri 'none'; object-src 'none'; "
    "frame-ancestors {ancestors}; require-trusted-types-for 'script'"
)


class Guard:
    """Outermost ASGI layer."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        loopback = settings.anonymous == "auto" and settings.anonymous_allowed
        # A page of another name that resolves to this machine must not pass for ours (DNS rebinding).
        self._hosts = _LOOPBACK_NAMES if loopback else None
        self._ancestors = " ".join(settings.widget_origins) or "'none'"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        # What Slack posts is signed, whatever name it calls us by.
        from_slack = scope["path"] == slack.PATH
        most = slack.MOST_BODY if from_slack else MOST_BODY
        served_here = self._hosts is None or from_slack or _host_name(headers) in self._hosts
        if scope["type"] == "websocket":
            if served_here:
                await self._app(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1008})
            return

        body = 0
        refused = False

        async def receive_limited() -> Message:
            nonlocal body, refused
            message = await receive()
            body += len(message.get("body", b""))
            if body > most:
                refused = True
                return {"type": "http.disconnect"}
            return message

        started = False

        async def send_guarded(message: Message) -> None:
            nonlocal started
            if refused and not started:
                return  # the application answers a request that it could not read; we do, below
            if message["type"] == "http.response.start":
                started = True
                self._add_headers(scope, headers, MutableHeaders(scope=message))
            await send(message)

        if not served_here:
            await _answer(send_guarded, 421, "This address is not served here.")
            return
        if int(headers.get("content-length", "0")) > most:
            await _answer(send_guarded, 413, _TOO_LARGE.format(most // 1024))
            return
        try:
            await self._app(scope, receive_limited, send_guarded)
        except Exception:  # raised again: the layer outside logs it
            if not started:
                refused = False
                await _answer(send_guarded, 500, "Something went wrong here. Please try again in a moment.")
            raise
        if refused and not started:
            refused = False
            await _answer(send_guarded, 413, _TOO_LARGE.format(most // 1024))

    def _add_headers(self, scope: Scope, request: Headers, response: MutableHeaders) -> None:
        if is_console(scope["path"]):
            _add_console_headers(scope, response)
            return
        host = request.get("host", "")
        response["content-security-policy"] = _POLICY.format(
            sockets=f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else "", ancestors=self._ancestors
        )
        response["x-content-type-options"] = "nosniff"
        response["referrer-policy"] = "no-referrer"
        response["permissions-policy"] = _NO_DEVICES
        static = scope["path"].startswith("/static/")
        response.setdefault("cache-control", "no-cache" if static else "no-store")
        origin = request.get("origin", "")
        if origin in self._settings.widget_origins:
            response["access-control-allow-origin"] = origin
            response["access-control-allow-headers"] = "authorization, content-type, idempotency-key, x-care-chat"
            response["access-control-allow-methods"] = "GET, POST, DELETE"
            response.add_vary_header("origin")
        # The widget's files are embedded by portal pages; everything else stays with us.
        response["cross-origin-resource-policy"] = "cross-origin" if static else "same-origin"


def is_console(path: str) -> bool:
    """Whether a path is one of the agents' console."""
    return path == "/console" or path.startswith("/console/")


def _add_console_headers(scope: Scope, response: MutableHeaders) -> None:
    """Nobody frames the console, no page elsewhere keeps a hand on its window, and nothing of it is kept."""
    response["content-security-policy"] = _POLICY.format(sockets="", ancestors="'none'") + "; report-to console"
    response["reporting-endpoints"] = 'console="/console/reports"'
    response["x-content-type-options"] = "nosniff"
    response["referrer-policy"] = "no-referrer"
    response["permissions-policy"] = _NO_DEVICES
    response["cross-origin-opener-policy"] = "same-origin"
    response["cross-origin-resource-policy"] = "same-origin"
    response.setdefault("cache-control", "no-store")
    if scope.get("scheme") == "https":
        response["strict-transport-security"] = "max-age=31536000; includeSubDomains"


def _host_name(headers: Headers) -> str:
    host = _HOST.fullmatch(headers.get("host", ""))
    return host["name"].lower() if host else ""


async def _answer(send: Send, status: int, sentence: str) -> None:
    body = json.dumps({"detail": sentence}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
