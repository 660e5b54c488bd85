"""The real service for tests: `care run` with all three processes, on a free port and a data folder of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import psutil

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 90.0


class Service:
    """One running `care run`. `restart` keeps port and data."""

    def __init__(self, data_dir: Path, settings: Mapping[str, str] | None = None) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("CARE_", "SLACK_"))},
            "CARE_PORT": str(self.port),
            "CARE_DATA_DIR": str(data_dir),
            "CARE_RATE_LIMIT": "0",
            **(settings or {}),
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._output = data_dir.parent / f"{data_dir.name}.out"

    def start(self, wait: bool = True) -> None:
        """Start, and wait until questions can be answered."""
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "cli.main", "run"],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        if wait:
            self.wait_ready()

    def wait_ready(self, seconds: float = START_SECONDS) -> None:
        """Wait for /readyz."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self._process is not None
            assert self._process.poll() is None, self.output()
            if self.ready():
                return
            time.sleep(0.1)
        raise AssertionError(f"the service was not ready within {seconds} s:\n{self.output()}")

    def ready(self) -> bool:
        """Whether /readyz says 200."""
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def ask(self, message: str, sender: str = "someone") -> list[dict[str, Any]]:
        """The replies of POST /api/chat."""
        response = httpx.post(f"{self.url}/api/chat", json={"sender": sender, "message": message}, timeout=20)
        assert response.status_code == 200, response.text
        replies: list[dict[str, Any]] = response.json()["replies"]
        return replies

    @property
    def process(self) -> psutil.Process:
        """The process of `bot`."""
        assert self._process is not None
        return psutil.Process(self._process.pid)

    def child(self, name: str) -> psutil.Process:
        """The process of `engine` or `actions`."""
        mark = {"engine": "rasa", "actions": "actions.server"}[name]
        for process in self.process.children(recursive=True):
            if mark in " ".join(process.cmdline()):
                return process
        raise LookupError(name)

    def kill(self) -> None:
        """kill -9 of `bot`; the children end with it."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Ctrl-C."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=20)

    def output(self) -> str:
        """What the service printed."""
        return self._output.read_text(errors="replace")


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
