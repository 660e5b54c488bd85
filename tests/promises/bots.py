"""`bot` processes beside the engine and `actions` of a running service, rightly or deliberately wrongly built."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import httpx

from tests.service import ROOT, START_SECONDS, Service, free_port


class Bot(Service):
    """`care run` without children of its own; `wrong` names a function of wrong_builds.py."""

    def __init__(self, data_dir: Path, beside: Service, wrong: str | None, settings: Mapping[str, str]) -> None:
        elsewhere = {"CARE_ENGINE_URL": engine_url(beside), "CARE_ACTIONS_URL": actions_url(beside)}
        super().__init__(data_dir, {**elsewhere, **settings})
        self._wrong = wrong

    def start(self, wait: bool = True) -> None:
        """Start, and wait until questions can be answered."""
        if self._wrong is None:
            super().start(wait)
            return
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.promises.wrong_builds", self._wrong],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        if wait:
            self.wait_ready()


class LoneBot(Bot):
    """A `bot` with neither engine nor `actions`: tickets, the command line and much else need none."""

    def __init__(self, data_dir: Path, wrong: str | None = None, settings: Mapping[str, str] | None = None) -> None:
        nowhere = {name: f"http://127.0.0.1:{free_port()}" for name in ("CARE_ENGINE_URL", "CARE_ACTIONS_URL")}
        Service.__init__(self, data_dir, {**nowhere, **(settings or {})})
        self._wrong = wrong

    def wait_ready(self, seconds: float = START_SECONDS) -> None:
        """Wait until it answers at all."""
        end = time.monotonic() + seconds
        while True:
            assert time.monotonic() < end, self.output()
            with suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/healthz", timeout=2).status_code == 200:
                    return
            time.sleep(0.1)


def engine_url(service: Service) -> str:
    """Where a service's engine listens."""
    command = service.child("engine").cmdline()
    return f"http://127.0.0.1:{command[command.index('-p') + 1]}"


def actions_url(service: Service) -> str:
    """Where a service's `actions` listens."""
    port: str = service.child("actions").environ()["CARE_ACTIONS_PORT"]
    return f"http://127.0.0.1:{port}"


def memory_mb(service: Service) -> float:
    """Resident memory of a service's `bot` process."""
    return float(service.process.memory_info().rss) / 2**20
