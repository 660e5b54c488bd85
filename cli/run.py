"""`care run`: the bot and, beside it, the engine and `actions`."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from bot.portal import Portal
from bot.supervisor import Supervisor, plan, port_taken
from bot.web.app import create_app
from cli.run_lock import alone
from logs import log_to_stderr
from settings import ROOT, Settings, SettingsError
from tickets.database import obstacle

_SOCKET_FRAME = 16 * 1024
# Longer than whoever calls us keeps an idle connection (a proxy usually 60 s): a server that closes first closes now
# and then in the very moment in which the caller sends. What is pressed in Slack is not delivered again then.
_KEEP_ALIVE_SECONDS = 75


def run_all(settings: Settings) -> int:
    """Run until Ctrl-C or SIGTERM. The exit status: 0, or 1 with one sentence on standard error."""
    log_to_stderr(settings.log_level)
    for noisy in ("httpx", "alembic", "watchfiles"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    if obstacle := _obstacle(settings):
        print(obstacle, file=sys.stderr)
        return 1
    with alone(settings.data_dir) as ours:
        if not ours:
            print(f"Another `care run` uses {settings.data_dir}. Stop it, or set CARE_DATA_DIR.", file=sys.stderr)
            return 1
        return asyncio.run(_serve(settings))


def _obstacle(settings: Settings) -> str | None:
    """Why the bot cannot start, in a sentence."""
    try:
        Portal.of(settings)
    except SettingsError as error:
        return str(error)
    try:
        if port_taken(settings.host, settings.port):
            return f"Port {settings.port} is taken. Stop what runs there, or set CARE_PORT to another."
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        which = "CARE_DATA_DIR" if error.filename else f"CARE_HOST={settings.host} or CARE_PORT={settings.port}"
        return f"{which} cannot be used: {error.strerror}{f' ({error.filename})' if error.filename else ''}."
    for name, path in (("index", "index/current"), ("dialogue model", "dialogue.tar.gz")):
        if not (settings.models_dir / path).exists():
            return f"There is no {name} in {settings.models_dir} yet. `make run` builds it."
    if not settings.engine_url and not (ROOT / ".venv-rasa" / "bin" / "rasa").exists():
        return "There is no Rasa in .venv-rasa yet. `make run` installs it."
    return obstacle(settings.database)


class _Server(uvicorn.Server):
    """Leaves signals to us: uvicorn would raise a caught one again before the children are stopped."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self.handle_exit, number, None)
        yield


async def _serve(settings: Settings) -> int:
    beside = plan(settings)
    app = create_app(settings, beside.engine_url, beside.actions_url)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws_max_size=_SOCKET_FRAME,
        ws_per_message_deflate=False,
        ws_ping_interval=20,
        ws_ping_timeout=20,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=64 * 1024,
    )
    supervisor = Supervisor(beside.children)
    supervisor.start()
    server = _Server(config)
    gc.collect()
    gc.freeze()  # what is loaded by now stays: a full collection would walk all of it again, some 150 ms each time
    told = asyncio.create_task(_say_ready(settings, beside.actions_url, beside.engine_url))
    try:
        await server.serve()
    finally:
        told.cancel()
        await asyncio.gather(told, return_exceptions=True)
        await supervisor.stop()
    return 0


async def _say_ready(settings: Settings, actions_url: str, engine_url: str) -> None:
    from bot.engine import Engine
    from bot.health import Health

    engine, health = Engine(engine_url), Health()
    watching = asyncio.create_task(health.watch(engine, actions_url))
    print("Starting the engine and the FAQ …", flush=True)
    try:
        while not health.ready:
            await asyncio.sleep(0.2)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await engine.close()
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    print(f"Ready: open http://{host}:{settings.port}/ — Ctrl-C stops everything.", flush=True)
