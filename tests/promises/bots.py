"""`bot` processes beside the engine and `actions` of a running service, rightly or deliberately wrongly built."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.service import ROOT, Service


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
