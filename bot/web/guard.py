"""What stands before every HTTP request: host, body size, security headers, CORS for the widget."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from settings import Settings

MOST_BODY = 64 * 1024
_LOOPBACK_NAMES = {"127.0.0.1", "localhost", "[::1]", "::1"}

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
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if self._hosts is not None and _host_name(headers) not in self._hosts:
            await _refuse(send, 421, "This address is not served here.")
            return
        if headers.get("content-length", "0").isdigit() and int(headers.get("content-length", "0")) > MOST_BODY:
            await _refuse(send, 413, "The request is larger than 64 KB.")
            return

        body = 0
        refused = False

        async def receive_limited() -> Message:
            nonlocal body, refused
            message = await receive()
            body += len(message.get("body", b""))
            if body > MOST_BODY:
                refused = True
                return {"type": "http.disconnect"}
            return message

        started = False

        async def send_guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._add_headers(scope, headers, MutableHeaders(scope=message))
            if not refused:
                await send(message)

        await self._app(scope, receive_limited, send_guarded)
        if refused:
            await _refuse(send, 413, "The request is larger than 64 KB.")

    def _add_headers(self, scope: Scope, request: Headers, response: MutableHeaders) -> None:
        host = request.get("host", "")
        response["content-security-policy"] = _POLICY.format(
            sockets=f" ws://{host} wss://{host}" if host else "", ancestors=self._ancestors
        )
        response["x-content-type-options"] = "nosniff"
        response["referrer-policy"] = "no-referrer"
        response["permissions-policy"] = "camera=(), geolocation=(), microphone=(), payment=()"
        static = scope["path"].startswith("/static/")
        response.setdefault("cache-control", "no-cache" if static else "no-store")
        origin = request.get("origin", "")
        if origin in self._settings.widget_origins:
            response["access-control-allow-origin"] = origin
            response["access-control-allow-headers"] = "content-type, x-care-chat"
            response["access-control-allow-methods"] = "GET, POST"
            response.add_vary_header("origin")
        # The widget's files are embedded by portal pages; everything else stays with us.
        response["cross-origin-resource-policy"] = "cross-origin" if static else "same-origin"


def _host_name(headers: Headers) -> str:
    host = headers.get("host", "")
    return (urlsplit(f"//{host}").hostname or "") if host.count(":") < 3 else host.rsplit("]", 1)[0] + "]"


async def _refuse(send: Send, status: int, sentence: str) -> None:
    body = json.dumps({"detail": sentence}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
