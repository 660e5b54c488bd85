"""The other end of `bot`'s wires for tests: a small real HTTP server that answers as Rasa (or `actions`) as told.

It stands in for Rasa only where a failure must be produced; what Rasa itself does is held by
tests/contracts, and the whole path by the `service` fixture.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

Answer = Callable[[dict[str, Any]], Awaitable[Response]]


class Rasa:
    """Answers POST /webhooks/rest/webhook with `answer`, GET / with `alive`, and in the place of `actions`
    GET /healthz with `healthz` and POST /triage with `triage`."""

    def __init__(self) -> None:
        self.url = ""
        self.heard: list[dict[str, Any]] = []
        self.answer: Answer = echo
        self.alive: Response = PlainTextResponse("Hello from Rasa: 3.6.21")
        self.healthz: Response = JSONResponse({"status": "ok", "index": "abc"})
        self.triage: Answer = untriaged
        self.authorization = ""
        self.running = 0
        self.most_at_once = 0
        self.app = Starlette(
            routes=[
                Route("/webhooks/rest/webhook", self._webhook, methods=["POST"]),
                Route("/", self._alive),
                Route("/healthz", self._healthz),
                Route("/triage", self._triage, methods=["POST"]),
            ]
        )

    @property
    def messages(self) -> list[str]:
        """The texts heard so far."""
        return [body["message"] for body in self.heard]

    async def _webhook(self, request: Request) -> Response:
        body = await request.json()
        self.heard.append(body)
        self.running += 1
        self.most_at_once = max(self.most_at_once, self.running)
        try:
            return await self.answer(body)
        finally:
            self.running -= 1

    async def _alive(self, _: Request) -> Response:
        return self.alive

    async def _healthz(self, _: Request) -> Response:
        return self.healthz

    async def _triage(self, request: Request) -> Response:
        self.authorization = request.headers.get("authorization", "")
        return await self.triage(await request.json())


def said(*texts: str, record: dict[str, Any] | None = None, buttons: list[dict[str, str]] | None = None) -> Response:
    """What the engine answers when our actions said these texts."""
    replies = [{"text": text, "buttons": buttons or [], "data": {"type": "faq"}} for text in texts]
    return JSONResponse([{"recipient_id": "x", "custom": {"replies": replies, "record": record or {}}}])


async def untriaged(_: dict[str, Any]) -> Response:
    """What `actions` says when its triage failed."""
    return JSONResponse({"error": "not now"}, 500)


async def echo(body: dict[str, Any]) -> Response:
    """Every message is answered by itself."""
    return said(f"re: {body['message']}")


async def nothing(_: dict[str, Any]) -> Response:
    """What Rasa says when an action failed."""
    return JSONResponse([])


def after(seconds: float, then: Answer = echo) -> Answer:
    """Answer late."""

    async def answer(body: dict[str, Any]) -> Response:
        await asyncio.sleep(seconds)
        return await then(body)

    return answer


def first(*answers: Answer, then: Answer = echo) -> Answer:
    """These answers in turn, then another."""
    left = list(answers)

    async def answer(body: dict[str, Any]) -> Response:
        return await (left.pop(0) if left else then)(body)

    return answer


@asynccontextmanager
async def serving(app: ASGIApp, **options: Any) -> AsyncIterator[str]:
    """Serve an application on a free loopback port; its address."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_level="warning", access_log=False, **options)
        server = uvicorn.Server(config)
        serve = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:
            if serve.done():
                serve.result()
                raise RuntimeError("the server ended before it had started")
            await asyncio.sleep(0.005)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serve
