"""The application that the world reaches: web chat, API, health checks."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from fastapi.staticfiles import StaticFiles
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers

from bot.engine import Engine
from bot.health import Health
from bot.limits import Limits
from bot.messages import Messages
from bot.trackers import forget as forget_trackers
from bot.trackers import tracker_file
from bot.web import chat_api, policies_api, socket
from bot.web.guard import Guard
from settings import Settings
from tickets import conversations
from tickets.base import now
from tickets.database import Database

log = logging.getLogger("care.web")

_STATIC = Path(__file__).parent / "static"
_ANONYMOUS_KEPT = timedelta(days=30)
_TIDY_SECONDS = 3600


def create_app(settings: Settings, engine_url: str, actions_url: str) -> FastAPI:
    """Build everything once and hand it on."""
    database = Database(settings.database)
    engine = Engine(engine_url)
    health = Health()
    messages = Messages(database, engine, health, settings.first_answer)
    limits = Limits(settings.rate_limit)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(database.migrate)
        tasks = [
            asyncio.create_task(health.watch(engine, actions_url)),
            asyncio.create_task(_tidy(database, tracker_file(settings.data_dir))),
        ]
        resumed = await messages.resume()
        if resumed:
            log.info("%d messages of an earlier run are taken up again", resumed)
        yield
        for task in tasks:
            task.cancel()
        await messages.stop()
        await engine.close()
        await asyncio.to_thread(database.close)

    app = FastAPI(
        title="Customer Care bot",
        version="0.1.0",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.include_router(chat_api.router(settings, database, messages, limits))
    app.include_router(policies_api.router(settings))
    app.include_router(socket.router(settings, database, messages, limits))

    @app.get("/healthz", tags=["operation"], summary="Whether this process runs")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get(
        "/readyz",
        tags=["operation"],
        summary="Whether questions can be answered",
        responses={503: {"description": "Not now"}},
    )
    async def readyz() -> JSONResponse:
        state = {"engine": health.engine, "actions": health.actions, "index": health.index}
        return JSONResponse(state, 200 if health.ready else 503)

    @app.get(
        "/metrics",
        tags=["operation"],
        summary="Prometheus metrics, on loopback only",
        response_class=PlainTextResponse,
        responses={404: {"description": "Not asked from loopback"}},
    )
    async def metrics(request: Request) -> Response:
        if not _local(request):
            return JSONResponse({"detail": "Not found"}, 404)
        return PlainTextResponse(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    @app.get("/openapi.json", include_in_schema=False)
    async def openapi(request: Request) -> JSONResponse:
        if not _local(request):
            return JSONResponse({"detail": "Not found"}, 404)
        return JSONResponse(app.openapi())

    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(_STATIC / "index.html")

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        wrong = error.errors()[0]
        where = ".".join(str(part) for part in wrong["loc"] if part != "body")
        return JSONResponse({"detail": f"{where or 'The body'}: {wrong['msg']}"}, 422)

    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    app.add_middleware(Guard, settings=settings)
    return app


async def _tidy(database: Database, trackers: Path) -> None:
    """Forget anonymous conversations after 30 days, in the engine's trackers too."""
    while True:
        forget = partial(conversations.forget_old, before=now() - _ANONYMOUS_KEPT)
        gone: list[str] = []
        try:
            gone = await asyncio.wrap_future(database.submit(forget))
            await asyncio.to_thread(forget_trackers, trackers, gone)
        except (SQLAlchemyError, sqlite3.Error) as error:
            log.error("old conversations are not all deleted; tried again in an hour: %s", type(error).__name__)
        if gone:
            log.info("%d conversations older than %d days are deleted", len(gone), _ANONYMOUS_KEPT.days)
        await asyncio.sleep(0 if len(gone) == conversations.MOST_FORGOTTEN else _TIDY_SECONDS)


def _local(request: Request) -> bool:
    headers: Headers = request.headers
    return (
        request.client is not None
        and request.client.host in ("127.0.0.1", "::1")
        and not any(name in headers for name in ("x-forwarded-for", "forwarded"))
    )
