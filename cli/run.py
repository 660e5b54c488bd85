"""`care run`: the bot and, beside it, the engine and `actions`."""

from __future__ import annotations

import asyncio
import logging
import sys

import uvicorn

from bot.supervisor import Supervisor, plan, port_taken
from bot.web.app import create_app
from settings import Settings

_SOCKET_FRAME = 16 * 1024


def run_all(settings: Settings) -> int:
    """Run until Ctrl-C or SIGTERM. The exit status: 0, or 1 with one sentence on standard error."""
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for noisy in ("httpx", "alembic", "watchfiles"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    if port_taken(settings.host, settings.port):
        print(f"Port {settings.port} is taken. Stop what runs there, or set CARE_PORT to another.", file=sys.stderr)
        return 1
    for name, path in (("index", "index/current"), ("dialogue model", "dialogue.tar.gz")):
        if not (settings.models_dir / path).exists():
            print(f"There is no {name} in {settings.models_dir} yet. `make run` builds it.", file=sys.stderr)
            return 1
    return asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> int:
    beside = plan(settings)
    app = create_app(settings, beside.engine_url, beside.actions_url)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        ws_max_size=_SOCKET_FRAME,
        ws_per_message_deflate=False,
        ws_ping_interval=20,
        ws_ping_timeout=20,
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=64 * 1024,
    )
    supervisor = Supervisor(beside.children)
    supervisor.start()
    server = uvicorn.Server(config)
    told = asyncio.create_task(_say_ready(settings, beside.actions_url, beside.engine_url))
    try:
        await server.serve()
    finally:
        told.cancel()
        await supervisor.stop()
    return 0


async def _say_ready(settings: Settings, actions_url: str, engine_url: str) -> None:
    from bot.engine import Engine
    from bot.health import Health

    engine, health = Engine(engine_url), Health()
    watching = asyncio.create_task(health.watch(engine, actions_url))
    print("Starting the engine and the FAQ …", flush=True)
    while not health.ready:
        await asyncio.sleep(0.2)
    watching.cancel()
    await engine.close()
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    print(f"Ready: open http://{host}:{settings.port}/ — Ctrl-C stops everything.", flush=True)
