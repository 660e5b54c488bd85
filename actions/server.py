"""The `actions` process: Rasa's remote NLU endpoint and action server, and the live index behind both.

Listens on loopback only, with this installation's internal token.
"""

from __future__ import annotations

import asyncio
import gc
import hmac
import json
import logging
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any

import uvicorn
from rasa_sdk.executor import ActionExecutor
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actions.content_desk import ContentDesk
from actions.dialogue import STEPS
from actions.live_index import LiveIndex
from actions.sessions import SessionStart
from actions.ticket_form import again
from actions.turns import DialogueAction, Tools
from logs import log_to_stderr
from settings import Settings
from tickets.database import Database
from tickets.language import judge
from triage.verdict import Candidate

ACTION_SECONDS = 10.0  # inside the 13 s that `bot` waits, inside the engine's lock of 120 s
# Longer than the engine's client keeps an idle connection (15 s): a server that closes first closes now and then in the
# very moment in which the client sends, and the message then counts as not understood.
KEEP_ALIVE_SECONDS = 75
_LONGEST_BODY = 4 * 1024 * 1024  # a tracker travels with every action call

log = logging.getLogger("care.actions")


def local_time() -> datetime:
    """The present moment in this machine's zone."""
    return datetime.now().astimezone()


def create_app(live: LiveIndex, database: Database, token: str, now: Callable[[], datetime] = local_time) -> Starlette:
    """The application around one live index; `now` is the clock that dates are reckoned from.

    Args:
        database: read only; `bot` writes it.
    """
    executor = ActionExecutor()
    tools = Tools(lambda: live.understanding.search, lambda: live.triage, database, now)
    for name, step in STEPS.items():
        executor.register_action(DialogueAction(name, step, tools, again))
    executor.register_action(SessionStart())

    async def parse(request: Request) -> Response:
        body = await _json(request)
        if body is None or not _same(body.get("token"), token):
            return JSONResponse({"error": "unauthorised"}, 401)
        text = body.get("text")
        if not isinstance(text, str):
            return JSONResponse({"error": "text is missing"}, 422)
        # Half a surrogate pair is valid in JSON and in nothing else.
        return JSONResponse(live.understanding.parse(text.encode(errors="replace").decode(), now()))

    async def webhook(request: Request) -> Response:
        if not _same(request.headers.get("authorization", "").removeprefix("Bearer "), token):
            return JSONResponse({"error": "unauthorised"}, 401)
        call = await _json(request)
        if call is None:
            return JSONResponse({"error": "not JSON"}, 422)
        try:
            result = await asyncio.wait_for(executor.run(call), ACTION_SECONDS)
            if result is None:
                raise ValueError("no action named")
        except Exception as error:  # one of the two places that catch everything: see docs/architecture.md
            # The engine turns this into an empty answer, which `bot` tells the partner about.
            name = call.get("next_action")
            known = name if isinstance(name, str) and name in STEPS else "of an unknown name"
            log.error("action %s failed: %s", known, type(error).__name__, exc_info=error)
            return JSONResponse({"error": "the action failed"}, 500)
        return JSONResponse(result.model_dump())

    async def triage(request: Request) -> Response:
        """What `bot` asks of a ticket that came without a conversation, or was added to."""
        if not _same(request.headers.get("authorization", "").removeprefix("Bearer "), token):
            return JSONResponse({"error": "unauthorised"}, 401)
        body = await _json(request)
        try:
            assert body is not None
            text, type_id, fields = str(body["text"]), body.get("type"), dict(body.get("fields") or {})
            candidates = [Candidate(**one) for one in body.get("candidates") or []]
        except (AssertionError, KeyError, TypeError, ValueError):
            return JSONResponse({"error": "not the form of a ticket"}, 422)
        verdict = await asyncio.to_thread(live.triage.judge, text, now(), type_id=type_id, known=fields)
        similar = await asyncio.to_thread(live.triage.similar, text, verdict.fields, candidates)
        return JSONResponse({**verdict.to_json(), "similar": [asdict(one) for one in similar]})

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok", "index": live.understanding.search.index.manifest.version})

    async def read(request: Request) -> dict[str, Any] | Response:
        if not _same(request.headers.get("authorization", "").removeprefix("Bearer "), token):
            return JSONResponse({"error": "unauthorised"}, 401)
        body = await _json(request)
        return JSONResponse({"error": "not JSON"}, 422) if body is None else body

    desk = ContentDesk(live, read)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        watching = asyncio.create_task(live.watch())
        yield
        await desk.stop()
        watching.cancel()
        await asyncio.wait({watching})

    return Starlette(
        routes=[
            Route("/model/parse", parse, methods=["POST"]),
            Route("/webhook", webhook, methods=["POST"]),
            Route("/triage", triage, methods=["POST"]),
            Route("/healthz", healthz),
            *desk.routes(),
        ],
        lifespan=lifespan,
    )


def main() -> None:
    """Run the process that `care run` starts: port and token come in the environment."""
    settings = Settings.load()
    log_to_stderr(settings.log_level)
    _end_with_parent()
    judge("warm")  # the first verdict loads its word lists
    live = LiveIndex(settings)
    database = Database(settings.database)
    config = uvicorn.Config(
        create_app(live, database, os.environ["CARE_INTERNAL_TOKEN"]),
        host="127.0.0.1",
        port=int(os.environ["CARE_ACTIONS_PORT"]),
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    gc.collect()
    gc.freeze()  # what is loaded by now stays, and need not be walked by every full collection
    uvicorn.Server(config).run()


async def _json(request: Request) -> dict[str, Any] | None:
    body = await request.body()
    if len(body) > _LONGEST_BODY:
        return None
    try:
        content = json.loads(body)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _same(given: object, token: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(given.encode(errors="replace"), token.encode())


def _end_with_parent() -> None:
    """Stop when the supervisor is gone: our standard input is a pipe that it holds open."""
    if sys.stdin is None or sys.stdin.isatty():
        return

    def wait() -> None:
        sys.stdin.read()
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


if __name__ == "__main__":
    main()
