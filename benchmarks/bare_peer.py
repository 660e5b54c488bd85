"""What the bare engine talks to in the speed measure: a constant understanding and an action that says one word."""

from __future__ import annotations

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

_PARSED = {"text": "x", "intent": {"name": "question", "confidence": 1.0}, "intent_ranking": [], "entities": []}
_SAID = {"replies": [{"text": "ok", "buttons": [], "data": {"type": "faq"}}], "record": {}}


async def parse(_: Request) -> Response:
    """Always the same intent."""
    return JSONResponse(_PARSED)


async def webhook(_: Request) -> Response:
    """Always the same reply."""
    return JSONResponse({"events": [], "responses": [{"custom": _SAID}]})


if __name__ == "__main__":
    routes = [Route("/model/parse", parse, methods=["POST"]), Route("/webhook", webhook, methods=["POST"])]
    uvicorn.run(Starlette(routes=routes), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
