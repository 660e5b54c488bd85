"""Where notices arrive: a mail server and a receiver of webhooks, each in a thread of its own."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller

from tests.service import free_port

SECRET = "3k9Qm2xV7tLz5pR8wYb4nHc6sJd1gFa0"


@dataclass
class Letters:
    """A mail server's memory: sender, recipients and content of each letter."""

    url: str = ""
    got: list[tuple[str, list[str], bytes]] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.got.append((envelope.mail_from, list(envelope.rcpt_tos), envelope.content))
        return "250 OK"


@dataclass
class Calls:
    """What a receiver of webhooks was told: headers (in small letters) and body of each call."""

    url: str = ""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """The bodies, read."""
        return [json.loads(body) for _, body in self.got]


@contextmanager
def mail_server() -> Iterator[Letters]:
    """A mail server on loopback, while it is needed."""
    letters = Letters()
    controller = Controller(letters, hostname="127.0.0.1", port=free_port())
    controller.start()
    letters.url = f"smtp://127.0.0.1:{controller.port}"
    yield letters
    controller.stop()


@contextmanager
def webhook() -> Iterator[Calls]:
    """A receiver of webhooks on loopback, while it is needed."""
    calls = Calls()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            calls.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            with contextlib.suppress(OSError):  # whoever called may be gone
                self.send_response(204)
                self.send_header("content-length", "0")
                self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    calls.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield calls
    server.shutdown()
    server.server_close()
