"""A partner portal of another origin with the chat in its page, and a sign-in that the browser keeps as a cookie."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.portals import SigningPortal
from tests.service import free_port

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Portal</title>
<script type="module" src="{care}/static/{script}.js"></script>
<style>body {{ margin: 0; height: 100vh }}</style>{element}</html>"""


class PortalSite:
    """Pages `/` (chat), `/ticket` and `/slack`; `/login/{user}` and `/logout` change who is signed in."""

    def __init__(self, signing: SigningPortal, company: str = "acme") -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.care = ""  # where the bot is
        self.asked: list[str] = []  # who each token was signed for
        self._signing = signing
        self._company = company

    @contextmanager
    def serving(self) -> Iterator[PortalSite]:
        routes = [
            Route("/", self._chat),
            Route("/ticket", self._ticket),
            Route("/slack", self._slack),
            Route("/login/{user}", self._login),
            Route("/logout", self._logout, methods=["GET", "POST"]),
            Route("/care-token", self._token, methods=["POST"]),
        ]
        config = uvicorn.Config(Starlette(routes=routes), host="127.0.0.1", port=self.port, log_level="warning")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield self
        server.should_exit = True
        thread.join()

    async def _chat(self, _: Request) -> Response:
        element = '<care-chat inline token-url="/care-token" ticket-url="/ticket"></care-chat>'
        return HTMLResponse(_PAGE.format(care=self.care, script="care-chat", element=element))

    async def _ticket(self, _: Request) -> Response:
        element = '<care-ticket token-url="/care-token"></care-ticket>'
        return HTMLResponse(_PAGE.format(care=self.care, script="care-ticket", element=element))

    async def _slack(self, _: Request) -> Response:
        element = '<care-slack-link token-url="/care-token"></care-slack-link>'
        return HTMLResponse(_PAGE.format(care=self.care, script="care-slack-link", element=element))

    async def _login(self, request: Request) -> Response:
        answer = RedirectResponse("/", 303)
        answer.set_cookie("portal", request.path_params["user"], httponly=True, samesite="strict")
        return answer

    async def _logout(self, _: Request) -> Response:
        answer = RedirectResponse("/", 303)
        answer.delete_cookie("portal")
        return answer

    async def _token(self, request: Request) -> Response:
        user = request.cookies.get("portal")
        if not user or request.headers.get("x-care-chat") != "1":
            return JSONResponse({}, 401)
        self.asked.append(user)
        return JSONResponse({"token": self._signing.token(user, self._company)})
