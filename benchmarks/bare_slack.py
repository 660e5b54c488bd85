"""The least that an acknowledgement costs: looks at Slack's signature and keeps nothing. `… bare_slack PORT SECRET`."""

from __future__ import annotations

import sys
import time

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.slack.guard import PATH, check


def create_app(secret: str) -> Starlette:
    """The application."""

    async def posted(request: Request) -> Response:
        check(request.headers.raw, await request.body(), secret, (), time.time())
        return Response()

    async def ready(_: Request) -> Response:
        return Response()

    return Starlette(routes=[Route(PATH, posted, methods=["POST"]), Route("/", ready)])


if __name__ == "__main__":
    uvicorn.run(create_app(sys.argv[2]), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
