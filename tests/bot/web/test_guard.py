"""The guard before every request: wrong hosts, large bodies, and the headers that every response carries."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.web.guard import MOST_BODY
from tests.bot.peers import Rasa, serving
from tests.bot.web.conftest import MakeApp, caller

JSON = {"content-type": "application/json"}
PATIENCE = 20.0


def message(size: int) -> bytes:
    """A chat message of exactly so many bytes."""
    empty = json.dumps({"sender": "someone", "message": ""})
    return empty.replace('""', '"' + "x" * (size - len(empty)) + '"').encode()


async def in_chunks(body: bytes, size: int = 10_000) -> AsyncIterator[bytes]:
    """A body without Content-Length."""
    for start in range(0, len(body), size):
        yield body[start : start + size]


class TestHost:
    async def test_our_own_names_are_served(self, client: httpx.AsyncClient) -> None:
        for host in ("127.0.0.1", "127.0.0.1:8080", "localhost:1", "LOCALHOST", "[::1]", "[::1]:8080"):
            assert (await client.get("/healthz", headers={"host": host})).status_code == 200, host

    async def test_a_page_whose_name_was_bent_to_this_machine_is_not(
        self, client: httpx.AsyncClient, rasa: Rasa
    ) -> None:
        """DNS rebinding: the page's origin equals its host, so the origin check would let it pass."""
        for host in (
            *("evil.example", "evil.example:8080", "127.0.0.1.evil.example", "127.0.0.1@evil.example", "127.0.0.2"),
            *("", ":8080", "[", "]", "[]", "a]b", "[::1", "[::1]evil.example", "[::1]evil.example:80:90", "::1"),
            *("localhost:8080:8080", "localhost:x", "localhost/..", " localhost", "localhost.", "0.0.0.0"),
        ):
            page = {"host": host, "origin": f"http://{host}"}
            assert (await client.get("/", headers=page)).status_code == 421, host
            opened = await client.post("/api/web/session", headers={**page, **JSON, "x-care-chat": "1"})
            assert opened.status_code == 421, host
            asked = await client.post("/api/chat", headers={**page, **JSON}, content=message(100))
            assert asked.status_code == 421, host
        assert rasa.heard == []

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(host=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30))
    async def test_no_host_whatever_makes_it_stumble(self, client: httpx.AsyncClient, host: str) -> None:
        assert (await client.get("/healthz", headers={"host": host})).status_code in (200, 421)

    async def test_beyond_loopback_any_name_is_served(self, make_app: MakeApp) -> None:
        async with caller(make_app(CARE_HOST="0.0.0.0", CARE_ANONYMOUS="no"), name="care.example.com") as client:
            assert (await client.get("/healthz")).status_code == 200

    async def test_a_socket_of_a_wrong_host_is_refused_too(self, make_app: MakeApp) -> None:
        async with serving(make_app()) as url:
            port = int(url.rsplit(":", 1)[1])
            host = f"evil.example:{port}"
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(
                f"GET /api/web/socket HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nUpgrade: websocket\r\n"
                "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
            )
            assert (await asyncio.wait_for(reader.readline(), PATIENCE)).startswith(b"HTTP/1.1 403")
            writer.close()


class TestBody:
    async def test_the_largest_body_is_read(self, client: httpx.AsyncClient) -> None:
        response = await client.post("/api/chat", content=message(MOST_BODY), headers=JSON)
        assert response.status_code == 422  # the message is too long, but it was read
        assert "message" in response.json()["detail"]

    @pytest.mark.parametrize("chunked", [False, True])
    async def test_a_larger_one_is_refused(self, client: httpx.AsyncClient, rasa: Rasa, chunked: bool) -> None:
        body = message(MOST_BODY + 1)
        response = await client.post("/api/chat", content=in_chunks(body) if chunked else body, headers=JSON)
        assert response.status_code == 413
        assert response.json() == {"detail": "The request is larger than 64 KB."}
        assert response.headers["x-content-type-options"] == "nosniff"
        assert rasa.heard == []

    async def test_a_small_body_in_chunks_is_read(self, client: httpx.AsyncClient, rasa: Rasa) -> None:
        response = await client.post("/api/chat", content=in_chunks(message(100), 7), headers=JSON)
        assert response.status_code == 200
        assert len(rasa.heard) == 1

    async def test_an_endless_body_ends_at_the_limit(self, make_app: MakeApp) -> None:
        """Over a real server: it answers and hangs up while the client would go on for ever."""
        async with serving(make_app()) as url:
            reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))
            writer.write(
                b"POST /api/chat HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n"
            )
            answer = asyncio.create_task(reader.readline())
            sent = 0
            while not answer.done() and sent < 100:
                writer.write(b"2000\r\n" + b" " * 0x2000 + b"\r\n")
                sent += 1
                await asyncio.sleep(0.005)
            assert (await asyncio.wait_for(answer, PATIENCE)).startswith(b"HTTP/1.1 413")
            writer.close()

    async def test_a_length_that_is_none_is_refused(self, make_app: MakeApp) -> None:
        async with serving(make_app()) as url:
            for length in ("-1", "x", "1e3", "", "99999999999999999999"):
                reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))
                writer.write(
                    "POST /api/chat HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                    f"Content-Length: {length}\r\nConnection: close\r\n\r\n".encode()
                )
                status = await asyncio.wait_for(reader.readline(), PATIENCE)
                assert status.split()[1] in (b"400", b"413", b"422"), (length, status)
                writer.close()


class TestHeaders:
    async def test_every_response_forbids_what_no_page_of_ours_needs(self, client: httpx.AsyncClient) -> None:
        for method, path, statuses in (
            *(("GET", "/", {200}), ("GET", "/healthz", {200}), ("GET", "/readyz", {200, 503}), ("GET", "/no", {404})),
            *(("GET", "/static/care-chat.js", {200}), ("POST", "/api/chat", {422}), ("DELETE", "/api/chat", {405})),
        ):
            response = await client.request(method, path)
            assert response.status_code in statuses, path
            policy = response.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "script-src 'self';" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert response.headers["x-content-type-options"] == "nosniff"
            assert response.headers["referrer-policy"] == "no-referrer"

    async def test_the_refusal_of_a_host_carries_them_too(self, client: httpx.AsyncClient) -> None:
        response = await client.get("/", headers={"host": "evil.example"})
        assert response.headers["x-content-type-options"] == "nosniff"

    async def test_an_error_of_ours_is_said_in_a_sentence_without_its_cause(self, make_app: MakeApp) -> None:
        app = make_app()

        @app.get("/broken")
        async def broken() -> None:
            raise ZeroDivisionError("a secret")

        async with caller(app) as client:
            response = await client.get("/broken")
            assert response.status_code == 500
            assert "try again" in response.json()["detail"]
            assert "secret" not in response.text
            assert response.headers["x-content-type-options"] == "nosniff"
            assert (await client.get("/healthz")).status_code == 200

    async def test_personal_answers_are_not_kept_and_files_are_looked_at_anew(self, client: httpx.AsyncClient) -> None:
        assert (await client.post("/api/chat", content=message(100), headers=JSON)).headers[
            "cache-control"
        ] == "no-store"
        assert (await client.get("/static/care-chat.js")).headers["cache-control"] == "no-cache"

    async def test_only_listed_pages_may_read_answers_and_frame_ours(self, make_app: MakeApp) -> None:
        async with caller(make_app(CARE_WIDGET_ORIGINS="https://portal.example.com")) as client:
            listed = await client.get("/healthz", headers={"origin": "https://portal.example.com"})
            assert listed.headers["access-control-allow-origin"] == "https://portal.example.com"
            assert "origin" in listed.headers["vary"].lower()
            assert "access-control-allow-credentials" not in listed.headers
            assert "frame-ancestors https://portal.example.com;" in listed.headers["content-security-policy"]
            for other in ("https://evil.example", "null", "https://portal.example.com.evil.example"):
                answer = await client.get("/healthz", headers={"origin": other})
                assert "access-control-allow-origin" not in answer.headers

    async def test_portal_pages_may_embed_the_widgets_files_and_nothing_else(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/static/care-chat.js")).headers["cross-origin-resource-policy"] == "cross-origin"
        assert (await client.get("/healthz")).headers["cross-origin-resource-policy"] == "same-origin"
