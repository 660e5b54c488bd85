"""Starts the engine and `actions` beside `bot`, restarts them when they end, stops them with it."""

from __future__ import annotations

import asyncio
import ctypes
import errno
import logging
import os
import secrets
import shlex
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.trackers import tracker_file
from settings import ROOT, Settings

log = logging.getLogger("care.supervisor")

_STOP_SECONDS = 5.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0
_STEADY_SECONDS = 30.0  # a child that ran this long may be restarted at once
_LOCK_SECONDS = "120"  # of the engine's conversation lock; longer than `bot` waits for a turn


@dataclass(frozen=True)
class Child:
    """A process to keep running."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    log_file: Path


@dataclass(frozen=True)
class Plan:
    """What runs beside `bot`, and where it answers."""

    children: list[Child]
    engine_url: str
    actions_url: str


def plan(settings: Settings) -> Plan:
    """Decide ports and commands. The engine gets the internal token and nothing else of ours."""
    token = internal_token(settings.data_dir)
    logs = settings.data_dir / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    children: list[Child] = []
    actions_url, engine_url = settings.actions_url, settings.engine_url
    if not actions_url:
        port = _free_port()
        actions_url = f"http://127.0.0.1:{port}"
        environment = {**os.environ, "CARE_INTERNAL_TOKEN": token, "CARE_ACTIONS_PORT": str(port)}
        command = [sys.executable, "-m", "actions.server"]
        children.append(Child("actions", command, environment, logs / "actions.log"))
    if not engine_url:
        port = _free_port()
        engine_url = f"http://127.0.0.1:{port}"
        command = engine_command(settings, port)
        environment = engine_environment(settings, token, actions_url)
        _write_private(settings.data_dir / "engine.env", _shell_lines(environment))
        children.append(Child("engine", command, environment, logs / "engine.log"))
    return Plan(children, engine_url, actions_url)


def engine_command(settings: Settings, port: int) -> list[str]:
    """The stock engine with our dialogue model, on loopback."""
    return [
        *(str(ROOT / ".venv-rasa" / "bin" / "rasa"), "run", "-i", "127.0.0.1", "-p", str(port)),
        *("--model", str(settings.models_dir / "dialogue.tar.gz")),
        *("--endpoints", "endpoints.yml", "--credentials", "credentials.yml"),
    ]


def engine_environment(settings: Settings, token: str, actions_url: str) -> dict[str, str]:
    """All that the engine gets to see of the environment."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {
        **kept,
        "CARE_ACTIONS_URL": actions_url,
        "CARE_INTERNAL_TOKEN": token,
        "CARE_TRACKER_DB": str(tracker_file(settings.data_dir)),
        "RASA_TELEMETRY_ENABLED": "false",
        "TICKET_LOCK_LIFETIME": _LOCK_SECONDS,
        "LOG_LEVEL": "CRITICAL",  # at ERROR Rasa logs partners' texts (fact 2)
        "LOG_LEVEL_LIBRARIES": "CRITICAL",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "SQLALCHEMY_WARN_20": "0",
        "PYTHONWARNINGS": "ignore",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "SANIC_REQUEST_MAX_SIZE": str(1024 * 1024),
    }


class Supervisor:
    """Keeps children running until `stop`."""

    def __init__(self, children: list[Child], on_restart: Callable[[str], None] = lambda name: None) -> None:
        self._children = children
        self._on_restart = on_restart
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start all children and keep them running in the background."""
        self._tasks = [asyncio.create_task(self._keep(child)) for child in self._children]

    async def stop(self) -> None:
        """Stop all children; kill those that don't end in time."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(self._end(process) for process in self._running.values()))

    async def _keep(self, child: Child) -> None:
        pause = _FIRST_PAUSE
        while True:
            started = asyncio.get_running_loop().time()
            status = await self._run_once(child)
            if asyncio.get_running_loop().time() - started > _STEADY_SECONDS:
                pause = _FIRST_PAUSE
            log.error("%s ended (%s); started again in %.1f s. Its log: %s", child.name, status, pause, child.log_file)
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE, 2 * pause)
            self._on_restart(child.name)

    async def _run_once(self, child: Child) -> str:
        try:
            process = await self._start(child)
        except OSError as error:
            return f"it cannot be started: {error}"
        self._running[child.name] = process
        return f"status {await process.wait()}"

    async def _start(self, child: Child) -> asyncio.subprocess.Process:
        descriptor = os.open(child.log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            return await asyncio.create_subprocess_exec(
                *child.command,
                cwd=ROOT,
                env=dict(child.environment),
                stdin=asyncio.subprocess.PIPE,  # its end tells `actions` that we are gone
                stdout=descriptor,
                stderr=descriptor,
                start_new_session=True,  # Ctrl-C reaches us alone; we stop the children
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,
            )
        finally:
            os.close(descriptor)

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        if process.returncode is not None:
            return
        _signal_group(process.pid, signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), _STOP_SECONDS)
        except TimeoutError:
            _signal_group(process.pid, signal.SIGKILL)
            await process.wait()


def port_taken(host: str, port: int) -> bool:
    """Whether something already listens there. Raises OSError where nothing may listen: no such address, no right."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return True
            raise
    return False


def internal_token(data_dir: Path) -> str:
    """This installation's token between its processes, made once, readable by its owner only."""
    path = data_dir / "internal-token"
    data_dir.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        token = path.read_text().strip()
        if len(token) >= 32:
            return token
        path.unlink()
        return internal_token(data_dir)
    with os.fdopen(descriptor, "w") as file:
        token = secrets.token_urlsafe(32)
        file.write(token)
    return token


def _shell_lines(environment: Mapping[str, str]) -> str:
    """What a shell has to export for `rasa shell` and the like to reach the running `actions`."""
    ours = {name: value for name, value in environment.items() if name.startswith(("CARE_", "RASA_"))}
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in ours.items())


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end_with_parent() -> None:
    """Linux: the child gets SIGTERM when we are killed, so that nothing is left behind."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _signal_group(pid: int, what: signal.Signals) -> None:
    try:
        os.killpg(pid, what)
    except ProcessLookupError:
        log.debug("process %d had ended", pid)
