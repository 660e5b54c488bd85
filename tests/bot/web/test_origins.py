"""Who may call from a browser: our own pages and the portal pages named in the settings."""

from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from bot.web.origins import not_foreign, own_or_listed

PORTAL = ("https://portal.example.com",)

OURS = ["http://127.0.0.1:8080", "https://127.0.0.1:8080", "https://portal.example.com"]
FOREIGN = [
    "null",
    "",
    "http://127.0.0.1",
    "http://127.0.0.1:8081",
    "http://localhost:8080",
    "http://127.0.0.1:8080.evil.example",
    "http://127.0.0.1:8080/",
    "https://portal.example.com.evil.example",
    "https://evil.example/?https://portal.example.com",
    "http://portal.example.com",
    "https://PORTAL.example.com",
    "https://portal.example.com:444",
    "https://sub.portal.example.com",
    "https://portal.example.com https://evil.example",
    "file://",
    "chrome-extension://abcdefgh",
]


def headers(*origins: str, **others: str) -> Headers:
    """A request's headers, by the name that the bot is called by here."""
    raw = [(b"host", b"127.0.0.1:8080"), *((b"origin", origin.encode()) for origin in origins)]
    return Headers(raw=raw + [(name.replace("_", "-").encode(), value.encode()) for name, value in others.items()])


@pytest.mark.parametrize("origin", OURS)
def test_our_pages_and_the_listed_ones_may(origin: str) -> None:
    assert own_or_listed(headers(origin), PORTAL)
    assert not_foreign(headers(origin), PORTAL)


@pytest.mark.parametrize("origin", FOREIGN)
def test_all_others_may_not(origin: str) -> None:
    assert not own_or_listed(headers(origin), PORTAL)
    assert not not_foreign(headers(origin), PORTAL)


def test_a_listed_page_is_foreign_where_it_is_not_listed() -> None:
    assert not not_foreign(headers("https://portal.example.com"), ())


def test_two_origins_are_none() -> None:
    assert not own_or_listed(headers("http://127.0.0.1:8080", "https://evil.example"), PORTAL)
    assert not not_foreign(headers("https://evil.example", "http://127.0.0.1:8080"), PORTAL)


def test_a_program_sends_no_origin_and_may_call_the_api_but_not_the_socket() -> None:
    """Browsers always send one with a WebSocket and with POST."""
    assert not_foreign(headers(), PORTAL)
    assert not own_or_listed(headers(), PORTAL)


@pytest.mark.parametrize(
    ("site", "may"), [("none", True), ("same-origin", True), ("same-site", False), ("cross-site", False), ("x", False)]
)
def test_without_an_origin_the_browser_says_where_the_request_comes_from(site: str, may: bool) -> None:
    assert not_foreign(headers(sec_fetch_site=site), PORTAL) is may


def test_the_browsers_word_does_not_outweigh_a_foreign_origin() -> None:
    assert not not_foreign(headers("https://evil.example", sec_fetch_site="same-origin"), PORTAL)
