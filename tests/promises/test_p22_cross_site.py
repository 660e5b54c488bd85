"""P22: what other web sites cannot do: open the chat's socket, post messages, frame the page, change things by GET.

Red control: a build that lets any page in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.promises.bots import Bot
from tests.promises.server_log import ServerLog
from tests.service import Service

PORTAL = "https://portal.example"
NAVIGATION = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "")
POSTS = {
    "/api/chat": {"sender": "cross site", "message": "hello"},
    "/api/web/session": {},
}


def foreign_origins(port: int) -> list[str]:
    """Origins that are not ours, some nearly."""
    return [
        "https://evil.example",
        "null",
        "",
        f"http://127.0.0.1:{port + 1}",
        "http://127.0.0.1",
        f"http://localhost:{port}",  # another name of this machine, but not the one that was called
        f"http://127.0.0.1:{port}.evil.example",
        f"http://evil.example:{port}",
        f"http://127.0.0.1:{port}/",
        f"http://127.0.0.1:{port}@evil.example",
        "file://",
        f"{PORTAL}.evil.example",
        "http://portal.example",
        "*",
    ]


@pytest.fixture
def http(service: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.url, timeout=20, verify=False) as client:
        yield client


async def handshake(port: int, **headers: str) -> int:
    """The status of a socket's handshake with these headers; 101 when it opens."""
    try:
        async with connect(
            f"ws://127.0.0.1:{port}/api/web/socket",
            additional_headers=headers,
            proxy=None,
            compression=None,
        ):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


class TestSocket:
    async def test_our_own_page_opens_it(self, service: Service) -> None:
        assert await handshake(service.port, origin=service.url) == 101

    async def test_no_other_page_does(self, service: Service) -> None:
        statuses = {origin: await handshake(service.port, origin=origin) for origin in foreign_origins(service.port)}
        assert set(statuses.values()) == {403}, statuses

    async def test_nobody_without_an_origin_does(self, service: Service) -> None:
        assert await handshake(service.port) == 403

    async def test_a_name_that_was_made_to_point_here_does_not(self, service: Service) -> None:
        """DNS rebinding: Host and Origin agree, but neither is ours."""
        async with httpx.AsyncClient(verify=False) as client:
            upgrade = {
                "connection": "upgrade",
                "upgrade": "websocket",
                "sec-websocket-version": "13",
                "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
                "host": f"evil.example:{service.port}",
                "origin": f"http://evil.example:{service.port}",
            }
            response = await client.get(f"{service.url}/api/web/socket", headers=upgrade)
        assert response.status_code == 403

    async def test_red_control_a_build_that_lets_any_page_in_is_noticed(self, start_bot: Callable[..., Bot]) -> None:
        wrong = start_bot(wrong="any_origin")
        assert await handshake(wrong.port, origin="https://evil.example") == 101
        with httpx.Client(base_url=wrong.url, timeout=20, verify=False) as client:
            assert refusals(client, wrong.port) != [], "the wrong build must not pass"


class TestPosts:
    def test_every_unsafe_route_refuses_other_pages(self, http: httpx.Client, log: ServerLog) -> None:
        before = log.rows()
        paths = unsafe_paths(http)
        assert set(POSTS) <= set(paths)
        for path in paths:
            answer = http.post(path, json=POSTS.get(path, {}), headers={"origin": "https://evil.example"})
            # A body that is wrong in itself may be said to be so first.
            assert answer.status_code == 403 or (path not in POSTS and answer.status_code == 422), path
        assert log.rows() == before

    def test_other_pages_and_forms_are_refused(self, service: Service, http: httpx.Client, log: ServerLog) -> None:
        before = log.rows()
        assert refusals(http, service.port) == []
        assert log.rows() == before

    def test_the_session_needs_a_header_that_a_form_cannot_send(self, http: httpx.Client) -> None:
        assert http.post("/api/web/session", json={}).status_code == 403
        assert http.post("/api/web/session", json={}, headers={"x-care-chat": "1"}).status_code == 200

    def test_no_other_page_signs_anybody_out(self, http: httpx.Client) -> None:
        session = http.post("/api/web/session", json={}, headers={"x-care-chat": "1"}).json()["session"]
        bearing = {"authorization": f"Bearer {session}"}
        for foreign in ({"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
            assert http.delete("/api/web/session", headers={**bearing, **foreign}).status_code == 403
            assert http.delete("/api/slack/link", headers={**bearing, **foreign}).status_code == 403
        assert http.delete("/api/web/session", headers=bearing).status_code == 204

    def test_no_cookie_is_ever_set(self, http: httpx.Client) -> None:
        for path in ("/", "/healthz", "/static/care-chat.js"):
            assert "set-cookie" not in http.get(path).headers
        assert "set-cookie" not in http.post("/api/web/session", json={}, headers={"x-care-chat": "1"}).headers


def refusals(client: httpx.Client, port: int) -> list[str]:
    """POSTs of other sites' making that were not refused."""
    accepted = []
    own = {"x-care-chat": "1"}
    for path, body in POSTS.items():
        for origin in foreign_origins(port):
            if client.post(path, json=body, headers={**own, "origin": origin}).status_code != 403:
                accepted.append(f"{path} from {origin!r}")
        for site in ("cross-site", "same-site"):
            if client.post(path, json=body, headers={**own, "sec-fetch-site": site}).status_code != 403:
                accepted.append(f"{path} from a {site} page")
        for kind in FORMS:
            content = b'{"sender":"cross site","message":"hello","x":"="}'
            if client.post(path, content=content, headers={**own, "content-type": kind}).status_code < 400:
                accepted.append(f"{path} as {kind!r}")
    return accepted


class TestGet:
    def test_no_get_changes_anything(self, http: httpx.Client, log: ServerLog) -> None:
        paths = every_path(http)
        assert {"/", "/healthz", "/api/chat", "/static/care-chat.js"} <= set(paths)
        before = log.rows()
        for path in paths:
            for method in ("GET", "HEAD"):
                for query in ("", "?sender=x&message=hello&session=x&last_seen=0"):
                    response = http.request(method, path + query, headers=NAVIGATION)
                    assert response.status_code in (200, 401, 403, 404, 405, 426), (method, path, response.status_code)
        assert log.rows() == before

    def test_row_counts_would_show_a_change(self, http: httpx.Client, log: ServerLog) -> None:
        before = log.rows()
        http.post("/api/chat", json={"sender": "somebody new", "message": "hello"})
        after = log.rows()
        assert after["care.conversations"] == before["care.conversations"] + 1
        assert after["tracker.events"] > before["tracker.events"]


class TestHeaders:
    @pytest.mark.parametrize(
        ("method", "path"),
        [("GET", "/"), ("GET", "/healthz"), ("GET", "/nothing"), ("POST", "/api/chat"), ("DELETE", "/api/chat")],
    )
    def test_every_response_closes_the_browsers_doors(self, http: httpx.Client, method: str, path: str) -> None:
        headers = http.request(method, path).headers
        policy = directives(headers["content-security-policy"])
        assert policy["default-src"] == ["'none'"]
        assert policy["script-src"] == ["'self'"]
        assert policy["frame-ancestors"] == ["'none'"]
        assert policy["base-uri"] == policy["object-src"] == ["'none'"]
        assert policy["require-trusted-types-for"] == ["'script'"]
        assert not any("unsafe" in source or "*" in source for sources in policy.values() for source in sources)
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in headers
        assert "server" not in headers

    def test_refusals_have_them_too(self, http: httpx.Client) -> None:
        for refused in (
            http.get("/", headers={"host": "evil.example"}),
            http.post("/api/chat", content=b"x" * 70_000),
            http.post("/api/chat", json=POSTS["/api/chat"], headers={"origin": "https://evil.example"}),
        ):
            assert refused.status_code in (403, 413, 421)
            assert directives(refused.headers["content-security-policy"])["default-src"] == ["'none'"]
            assert refused.headers["x-content-type-options"] == "nosniff"

    @pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "[a", "[::1", "a:b:c", ""])
    def test_other_names_are_not_served(self, http: httpx.Client, host: str) -> None:
        assert http.get("/healthz", headers={"host": host}).status_code in (400, 421)


class TestPortal:
    """A portal page named in CARE_WIDGET_ORIGINS may embed the chat; its neighbours may not."""

    async def test_only_the_listed_portal_is_let_in(self, start_bot: Callable[..., Bot]) -> None:
        bot = start_bot(CARE_WIDGET_ORIGINS=PORTAL)
        assert await handshake(bot.port, origin=PORTAL) == 101
        statuses = {origin: await handshake(bot.port, origin=origin) for origin in foreign_origins(bot.port)}
        assert set(statuses.values()) == {403}, statuses
        with httpx.Client(base_url=bot.url, timeout=20, verify=False) as client:
            assert refusals(client, bot.port) == []
            headers = {"origin": PORTAL, "x-care-chat": "1"}
            opened = client.post("/api/web/session", json={}, headers=headers)
            assert opened.status_code == 200
            assert opened.headers["access-control-allow-origin"] == PORTAL
            assert directives(opened.headers["content-security-policy"])["frame-ancestors"] == [PORTAL]
            preflight = client.options("/api/web/session", headers={**headers, "access-control-request-method": "POST"})
            assert preflight.headers["access-control-allow-origin"] == PORTAL
            other = client.options("/api/web/session", headers={"origin": "https://evil.example"})
            assert "access-control-allow-origin" not in other.headers


def unsafe_paths(client: httpx.Client) -> list[str]:
    """The documented paths that can be posted to; the other unsafe methods sign out and unlink."""
    documented: dict[str, dict[str, Any]] = client.get("/openapi.json").json()["paths"]
    others = {path for path, methods in documented.items() if {"put", "patch", "delete"} & set(methods)}
    assert others == {"/api/web/session", "/api/slack/link"}
    return [path for path, methods in documented.items() if "post" in methods]


def every_path(client: httpx.Client) -> list[str]:
    """All paths of the OpenAPI document, and those outside it."""
    documented: dict[str, Any] = client.get("/openapi.json").json()["paths"]
    static = ["/static/care-chat.js", "/static/care-chat.css", "/static/../app.py"]
    return [*documented, "/", "/openapi.json", "/api/web/socket", "/docs", "/redoc", *static]


def directives(policy: str) -> dict[str, list[str]]:
    """A Content-Security-Policy by directive."""
    parts = [part.split() for part in policy.split(";")]
    return {name: sources for name, *sources in parts}
