"""The application that the world reaches: web chat, API, health checks."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from fastapi.staticfiles import StaticFiles
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.datastructures import Headers

from bot import wording
from bot.console.live import Live
from bot.console.routes import console_routes
from bot.control import Control
from bot.deliveries import Deliveries, notify, senders
from bot.engine import Engine
from bot.erasing import erase_again
from bot.health import Health
from bot.limits import Limits
from bot.messages import Messages
from bot.portal import Portal
from bot.slack.app import Slack
from bot.supervisor import internal_token
from bot.trackers import forget as forget_trackers
from bot.trackers import tracker_file
from bot.triage_worker import TriageWorker
from bot.web import chat_api, policies_api, slack_api, socket, tickets_api
from bot.web.callers import Callers
from bot.web.guard import Guard
from bot.web.live_sessions import LiveSessions
from settings import Settings
from tickets import retention
from tickets.base import now
from tickets.database import Database
from tickets.ticket_models import Ticket

log = logging.getLogger("care.web")

_STATIC = Path(__file__).parent / "static"
_TIDY_SECONDS = 3600


def create_app(settings: Settings, engine_url: str, actions_url: str) -> FastAPI:
    """Build everything once and hand it on."""
    database = Database(settings.database, {"notify": notify(settings)})
    engine = Engine(engine_url)
    health = Health()
    limits = Limits(settings.rate_limit)
    callers = Callers(settings, database, Portal.of(settings), limits)
    live = LiveSessions(database)
    windows = Live(database)
    triage = TriageWorker(
        database,
        health,
        actions_url,
        internal_token(settings.data_dir),
        settings.first_answer,
        lambda ticket: windows.publish(ticket.id, "triaged"),
    )

    def changed(ticket: Ticket) -> None:
        """A partner opened a ticket or added to it."""
        triage.wake()
        windows.publish(ticket.id, "changed by its partner")

    messages = Messages(database, engine, health, settings.first_answer, changed)

    slack = Slack.of(
        settings, database, messages, limits, lambda ticket: windows.publish(ticket.id, "changed in Slack")
    )
    deliveries = Deliveries(database, {**senders(settings), **(slack.senders if slack else {})})
    control = Control(database, settings.data_dir)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(database.migrate)
        await asyncio.to_thread(erase_again, database, settings.data_dir)  # a backup may have been restored
        await control.start()
        tasks = [
            asyncio.create_task(deliveries.run()),
            asyncio.create_task(health.watch(engine, actions_url)),
            asyncio.create_task(_tidy(database, tracker_file(settings.data_dir))),
            asyncio.create_task(live.watch()),
            asyncio.create_task(windows.watch()),
            asyncio.create_task(triage.run()),
        ]
        resumed = await messages.resume()
        if resumed:
            log.info("%d messages of an earlier run are taken up again", resumed)
        if slack:
            await slack.start()
        yield
        for task in tasks:
            task.cancel()
        await control.close()
        await deliveries.stop()
        if slack:
            await slack.stop()
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
    app.include_router(chat_api.router(settings, database, messages, limits, callers, live))
    app.include_router(policies_api.router(settings, callers))
    app.include_router(socket.router(settings, database, messages, limits, callers, live))
    app.include_router(tickets_api.router(settings, database, limits, callers, changed))
    app.include_router(slack_api.router(settings, database, limits, callers))

    if slack:
        app.router.routes.extend(slack.routes())
    app.router.routes.extend(console_routes(settings, database, messages, windows, health, actions_url))

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

    @app.get("/ticket", include_in_schema=False)
    async def ticket_page() -> FileResponse:
        return FileResponse(_STATIC / "ticket.html")

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        wrong = error.errors()[0]
        where = ".".join(str(part) for part in wrong["loc"] if part != "body")
        return JSONResponse({"detail": f"{where or 'The body'}: {wrong['msg']}"}, 422)

    @app.exception_handler(OperationalError)
    @app.exception_handler(PoolTimeout)
    async def database_fails(_: Request, error: Exception) -> JSONResponse:
        log.error("a request could not be served: %s of the database", type(error).__name__)
        return JSONResponse({"detail": wording.NOT_SAVED}, 503, {"retry-after": "30"})

    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    app.add_middleware(Guard, settings=settings)
    return app


async def _tidy(database: Database, trackers: Path) -> None:
    """Delete what is kept no longer (tickets/retention.py), in the engine's trackers too."""
    while True:
        gone = retention.Tidied([], 0, more=False)
        try:
            gone = await asyncio.wrap_future(database.submit(partial(retention.tidy, at=now())))
            await asyncio.to_thread(forget_trackers, trackers, gone.conversations)
        except (SQLAlchemyError, sqlite3.Error) as error:
            log.error("old conversations are not all deleted; tried again in an hour: %s", type(error).__name__)
        if gone.conversations or gone.tickets:
            log.info("%d conversations and %d tickets of long ago are deleted", len(gone.conversations), gone.tickets)
        await asyncio.sleep(0 if gone.more else _TIDY_SECONDS)


def _local(request: Request) -> bool:
    headers: Headers = request.headers
    return (
        request.client is not None
        and request.client.host in ("127.0.0.1", "::1")
        and not any(name in headers for name in ("x-forwarded-for", "forwarded"))
    )
