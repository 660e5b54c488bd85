"""Something between an engine and its `actions` that can be down, broken, or deadly at a named action."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from tests.promises.bots import actions_url
from tests.service import Service

_PASSED_ON = ("authorization", "content-type")
_SLOW_SECONDS = 120.0


class FaultyActions:
    """Passes requests on to `actions`, or fails as it is told: dead, error, garbage, empty, slow, instead.

    Attributes:
        fault: what becomes of calls; None passes them on.
        only: the action whose calls fail; "" is every call, and the health check where it is dead.
        instead: what it says then, where that is the fault.
        after: called with an action's name when it has been run and its result is not handed on yet.
    """

    def __init__(self, behind: str) -> None:
        self.fault: str | None = None
        self.only = ""
        self.instead = b""
        self.after: Callable[[str], None] = lambda name: None
        self._behind = httpx.Client(base_url=behind, timeout=30, verify=False)
        self._healed = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer._answer(self, b"")

            def do_POST(self) -> None:
                outer._answer(self, self.rfile.read(int(self.headers.get("content-length") or 0)))

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def fail(self, fault: str, only: str = "") -> None:
        """From now on."""
        self._healed.clear()
        self.fault, self.only = fault, only

    def heal(self) -> None:
        """Work again; calls that were kept waiting end."""
        self.fault, self.only = None, ""
        self.after = lambda name: None
        self._healed.set()

    def close(self) -> None:
        """Stop listening."""
        self.heal()
        self._server.shutdown()
        self._server.server_close()
        self._behind.close()

    def _answer(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        name = str(json.loads(body).get("next_action", "")) if request.path == "/webhook" else ""
        fault = self.fault if not self.only or self.only == name else None
        if request.path == "/healthz" and fault != "dead":
            fault = None
        if fault == "dead":
            self._hang_up(request)
            return
        if fault == "slow":
            self._healed.wait(_SLOW_SECONDS)
            self._hang_up(request)
            return
        if fault is not None:
            said = {"error": (500, b'{"error": "it fails"}'), "garbage": (200, b"\x00<html>"), "empty": (200, b"{}")}
            said["instead"] = (200, self.instead)
            self._send(request, *said[fault])
            return
        headers = {key: value for key, value in request.headers.items() if key.lower() in _PASSED_ON}
        try:
            response = self._behind.request(request.command, request.path, content=body, headers=headers)
        except httpx.HTTPError:
            self._hang_up(request)
            return
        if name:
            self.after(name)
        self._send(request, response.status_code, response.content)

    @staticmethod
    def _hang_up(request: BaseHTTPRequestHandler) -> None:
        request.close_connection = True

    @staticmethod
    def _send(request: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
        with contextlib.suppress(OSError):  # whoever asked may be gone
            request.send_response(status)
            request.send_header("content-type", "application/json")
            request.send_header("content-length", str(len(body)))
            request.end_headers()
            request.wfile.write(body)


class BehindFaults(Service):
    """A service with an engine of its own, whose `actions` is another service's behind a `FaultyActions`."""

    def __init__(self, beside: Service, data_dir_of: pytest.TempPathFactory) -> None:
        self.actions = FaultyActions(actions_url(beside))
        data_dir = data_dir_of.mktemp("behind-faults") / "var"
        data_dir.mkdir()
        token = data_dir / "internal-token"
        token.write_text((beside.data_dir / "internal-token").read_text())
        token.chmod(0o600)
        super().__init__(data_dir, {"CARE_ACTIONS_URL": self.actions.url})


@pytest.fixture(scope="session")
def behind_faults(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BehindFaults]:
    """A whole service whose `actions` can be made to fail."""
    running = BehindFaults(service, tmp_path_factory)
    running.start()
    yield running
    running.stop()
    running.actions.close()


@pytest.fixture
def faulty(behind_faults: BehindFaults) -> Iterator[BehindFaults]:
    """The same, healed afterwards."""
    yield behind_faults
    behind_faults.actions.heal()
