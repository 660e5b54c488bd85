"""The supervisor: what the other two processes get to see, that they are kept running, and that none is left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest

from bot import supervisor as module
from bot.supervisor import Child, Supervisor, engine_environment, plan, port_taken
from settings import ROOT, Settings

_PATIENCE = 10.0

# Each start writes its process id on a line of the file and then sleeps.
_SLEEPER = "import os, sys, time; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n'); time.sleep(60)"
_STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + _SLEEPER


@pytest.fixture
def starts(tmp_path: Path) -> Path:
    """The file that the child writes its process ids to."""
    return tmp_path / "starts"


@pytest.fixture
async def keep(tmp_path: Path, starts: Path) -> AsyncIterator[Callable[[str], Supervisor]]:
    """Keeps a Python program running; stopped after the test."""
    made: list[Supervisor] = []

    def start(program: str) -> Supervisor:
        command = [sys.executable, "-c", program, str(starts)]
        supervisor = Supervisor([Child("sleeper", command, os.environ, tmp_path / "sleeper.log")])
        supervisor.start()
        made.append(supervisor)
        return supervisor

    yield start
    for supervisor in made:
        await supervisor.stop()


async def process_ids(starts: Path, count: int) -> list[int]:
    """The ids of the processes started so far, once there are `count`."""
    end = time.monotonic() + _PATIENCE
    while True:
        found = [int(line) for line in starts.read_text().splitlines()] if starts.exists() else []
        if len(found) >= count:
            return found
        assert time.monotonic() < end, f"{len(found)} starts"
        await asyncio.sleep(0.02)


def gone(pid: int) -> bool:
    """Whether a process ends soon."""
    end = time.monotonic() + _PATIENCE
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


class TestPlan:
    @pytest.fixture
    def local(self, tmp_path: Path) -> Settings:
        """Settings that leave nothing outside the test's folder."""
        return Settings.load({"CARE_DATA_DIR": str(tmp_path)})

    def test_the_engine_listens_on_loopback_without_its_open_interface(self, local: Settings) -> None:
        """Fact 12: by default Rasa listens on all addresses, and --enable-api opens everybody's conversations."""
        planned = plan(local)
        engine = next(child for child in planned.children if child.name == "engine")
        assert engine.command[engine.command.index("-i") + 1] == "127.0.0.1"
        assert planned.engine_url == f"http://127.0.0.1:{engine.command[engine.command.index('-p') + 1]}"
        assert not {"--enable-api", "--cors", "--debug", "-vv"} & set(engine.command)

    def test_the_engine_sees_nothing_of_the_environment_that_it_does_not_need(
        self, local: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SLACK_BOT_TOKEN", "a secret")
        monkeypatch.setenv("CARE_DATABASE_URL", "postgresql://user:secret@host/db")
        environment = engine_environment(local, "the token", "http://127.0.0.1:1")

        assert "secret" not in repr(environment)
        assert environment["CARE_INTERNAL_TOKEN"] == "the token"
        assert environment["RASA_TELEMETRY_ENABLED"] == "false"
        assert environment["TICKET_LOCK_LIFETIME"] == "120"
        assert environment["LOG_LEVEL"] == "CRITICAL"  # at ERROR Rasa logs partners' texts

    def test_the_token_is_on_no_command_line(self, local: Settings, tmp_path: Path) -> None:
        planned = plan(local)
        token = (tmp_path / "internal-token").read_text()
        assert len(token) >= 40
        assert all(token not in " ".join(child.command) for child in planned.children)
        assert all(token in child.environment.values() for child in planned.children)

    def test_what_runs_elsewhere_is_not_started(self, tmp_path: Path) -> None:
        addresses = {"CARE_ENGINE_URL": "http://engine:5005", "CARE_ACTIONS_URL": "http://actions:5055/"}
        planned = plan(Settings.load({"CARE_DATA_DIR": str(tmp_path), **addresses}))
        assert planned.children == []
        assert (planned.engine_url, planned.actions_url) == ("http://engine:5005", "http://actions:5055")

    def test_the_two_processes_have_ports_of_their_own(self, local: Settings) -> None:
        planned = plan(local)
        assert planned.engine_url != planned.actions_url
        actions = next(child for child in planned.children if child.name == "actions")
        assert planned.actions_url.endswith(f":{actions.environment['CARE_ACTIONS_PORT']}")


class TestInternalToken:
    def test_it_is_made_once_and_readable_by_its_owner_only(self, tmp_path: Path) -> None:
        first = module.internal_token(tmp_path / "var")
        assert module.internal_token(tmp_path / "var") == first
        assert stat.S_IMODE((tmp_path / "var" / "internal-token").stat().st_mode) == 0o600

    @pytest.mark.parametrize("left", ["", "short", "\n"])
    def test_one_cut_off_by_a_crash_is_made_again(self, tmp_path: Path, left: str) -> None:
        (tmp_path / "internal-token").write_text(left)
        assert len(module.internal_token(tmp_path)) >= 40
        assert stat.S_IMODE((tmp_path / "internal-token").stat().st_mode) == 0o600

    def test_each_installation_has_its_own(self, tmp_path: Path) -> None:
        assert module.internal_token(tmp_path / "a") != module.internal_token(tmp_path / "b")


class TestKeepingRunning:
    async def test_a_killed_child_is_started_again(self, keep: Callable[[str], Supervisor], starts: Path) -> None:
        keep(_SLEEPER)
        (first,) = await process_ids(starts, 1)
        killed = time.monotonic()
        os.kill(first, signal.SIGKILL)
        second = (await process_ids(starts, 2))[1]
        assert second != first
        assert time.monotonic() - killed < 3

    async def test_one_that_dies_at_once_is_not_started_in_a_frenzy(
        self, keep: Callable[[str], Supervisor], starts: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        keep(_SLEEPER.replace("time.sleep(60)", "sys.exit(3)"))
        await process_ids(starts, 2)
        await asyncio.sleep(0.6)
        assert len(await process_ids(starts, 1)) <= 2  # pauses of 0.5 s, 1 s, 2 s, …
        assert "status 3" in caplog.text
        assert "sleeper.log" in caplog.text

    async def test_one_that_cannot_be_started_is_said_and_tried_again(
        self, tmp_path: Path, starts: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """.venv-rasa is missing: silence would leave the bot "starting" for ever."""
        monkeypatch.setattr(module, "_FIRST_PAUSE", 0.1)
        program = tmp_path / "rasa"
        supervisor = Supervisor([Child("engine", [str(program), "run"], os.environ, tmp_path / "engine.log")])
        supervisor.start()
        try:
            end = time.monotonic() + _PATIENCE
            while "cannot be started" not in caplog.text:
                assert time.monotonic() < end
                await asyncio.sleep(0.02)
            program.write_text(f"#!/bin/sh\necho $$ >> {starts}\nexec sleep 60\n")
            program.chmod(0o700)
            await process_ids(starts, 1)
        finally:
            await supervisor.stop()

    async def test_its_output_goes_to_a_log_that_only_the_owner_reads(
        self, keep: Callable[[str], Supervisor], starts: Path, tmp_path: Path
    ) -> None:
        keep("print('hello from the child', flush=True); " + _SLEEPER)
        await process_ids(starts, 1)
        assert (tmp_path / "sleeper.log").read_text() == "hello from the child\n"
        assert stat.S_IMODE((tmp_path / "sleeper.log").stat().st_mode) == 0o600


class TestStopping:
    async def test_nothing_is_left_running(self, keep: Callable[[str], Supervisor], starts: Path) -> None:
        supervisor = keep(_SLEEPER)
        (child,) = await process_ids(starts, 1)
        await supervisor.stop()
        assert gone(child)
        await asyncio.sleep(0.7)  # longer than the first pause
        assert len(await process_ids(starts, 1)) == 1

    async def test_one_that_will_not_stop_is_killed(
        self, keep: Callable[[str], Supervisor], starts: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "_STOP_SECONDS", 0.3)
        supervisor = keep(_STUBBORN)
        (child,) = await process_ids(starts, 1)
        start = time.monotonic()
        await supervisor.stop()
        assert gone(child)
        assert 0.3 <= time.monotonic() - start < 3

    async def test_grandchildren_stop_too(self, keep: Callable[[str], Supervisor], starts: Path) -> None:
        nested = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {_SLEEPER!r}, sys.argv[1]])"
        supervisor = keep(nested)
        (grandchild,) = await process_ids(starts, 1)
        await supervisor.stop()
        assert gone(grandchild)

    async def test_kill_9_of_the_parent_leaves_nothing_behind(self, starts: Path, tmp_path: Path) -> None:
        # Linux signals the child; elsewhere it must notice the end of its standard input, as `actions` does.
        sleeper = _SLEEPER if sys.platform == "linux" else _SLEEPER.replace("time.sleep(60)", "sys.stdin.read()")
        program = f"""
import asyncio, os, pathlib, sys
from bot.supervisor import Child, Supervisor
async def main():
    command = [sys.executable, "-c", {sleeper!r}, {str(starts)!r}]
    Supervisor([Child("sleeper", command, os.environ, pathlib.Path({str(tmp_path / "log")!r}))]).start()
    await asyncio.sleep(60)
asyncio.run(main())
"""
        parent = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT)
        (child,) = await process_ids(starts, 1)
        parent.kill()
        parent.wait()
        assert gone(child)


class TestPort:
    def test_a_port_that_something_listens_on_is_taken(self) -> None:
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            port = listening.getsockname()[1]
            assert port_taken("127.0.0.1", port)
        assert not port_taken("127.0.0.1", port)
