"""A `bot` that is back at once after `kill -9`: forked from a process that has imported everything and serves nothing.

`python -m tests.promises.forks [NAME]` forks a `care run` for every line that it reads, wrong if a build of
wrong_builds.py is named, and tells its process id and, once it is dead, its status. What is killed is
the real program in a process of its own; only the second that Python takes to import it is saved.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping
from pathlib import Path

import psutil

from tests.service import ROOT, START_SECONDS, Service

NOWHERE = "http://127.0.0.1:9"  # nobody listens there: the engine and `actions` of a bot that needs neither


class ForkedBot(Service):
    """`care run` without children of its own. `kill` and `start` as often as you like, `close` at last."""

    def __init__(self, data_dir: Path, wrong: str | None = None, settings: Mapping[str, str] | None = None) -> None:
        elsewhere = {"CARE_ENGINE_URL": NOWHERE, "CARE_ACTIONS_URL": NOWHERE}
        super().__init__(data_dir, {**elsewhere, **(settings or {})})
        self._output.parent.mkdir(parents=True, exist_ok=True)
        self._pid = 0
        self._forks = subprocess.Popen(
            [sys.executable, "-m", "tests.promises.forks", str(self._output), *([wrong] if wrong else [])],
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def start(self, wait: bool = False) -> None:
        """Fork; `wait` until questions can be answered."""
        assert self._forks.stdin is not None
        self._forks.stdin.write("start\n")
        self._pid = self._told()
        if wait:
            self.wait_ready()

    def wait_ready(self, seconds: float = START_SECONDS) -> None:
        """Wait for /readyz."""
        end = time.monotonic() + seconds
        while not self.ready():
            assert time.monotonic() < end, f"not ready within {seconds} s:\n{self.output()}"
            time.sleep(0.1)

    def kill(self) -> None:
        """kill -9, if it lives."""
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            self.await_end()

    def await_end(self) -> None:
        """Wait until it has died, by our hand or its own."""
        self._told()
        self._pid = 0

    def close(self) -> None:
        """End everything."""
        self.kill()
        self._forks.kill()
        self._forks.communicate()

    @property
    def process(self) -> psutil.Process:
        return psutil.Process(self._pid)

    def _told(self) -> int:
        assert self._forks.stdout is not None
        line = self._forks.stdout.readline()
        assert line, self.output()
        return int(line)


def main(output: str, wrong: str | None = None) -> None:
    """Fork whenever a line comes."""
    from cli import run as care_run
    from settings import Settings
    from tests.promises.wrong_builds import spoil
    from tickets.language import judge

    judge("It is loaded before the fork.")
    if wrong is not None:
        spoil(wrong)
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                _own_streams(output)
                status = care_run.run_all(Settings.load())
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                os._exit(status)
        print(pid, flush=True)
        _, ended = os.waitpid(pid, 0)
        print(ended, flush=True)


def _own_streams(output: str) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    written = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for descriptor, stream in ((nothing, 0), (written, 1), (written, 2)):
        os.dup2(descriptor, stream)


if __name__ == "__main__":
    main(*sys.argv[1:])
