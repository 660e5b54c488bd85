"""Texts of strangers: whatever they hold shows as text."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.console.markup import markdown, one_line, plain, tame

ALLOWED = {"p", "br", "strong", "em", "code", "pre", "ul", "ol", "li", "blockquote", "a", "hr", "bdi"}
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<svg onload=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&#58;alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x) [y]( javascript:alert(1) )",
    "![x](https://evil.example/pixel.png)",
    "<https://evil.example/?a=b>",
    "<javascript:alert(1)>",
    "[x]: javascript:alert(1)\n\n[x]",
    "<style>*{display:none}</style>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "```\n<script>alert(1)</script>\n```",
    "`<b>`",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<a href='https://x.example' onclick='alert(1)' style='position:fixed'>x</a>",
    '[x](https://x.example "onmouseover=alert(1)")',
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "{{ 7 * 7 }} {% raw %}",
]


class Reader(HTMLParser):
    """The elements and attributes of some markup."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]


def check(text: str) -> None:
    """Nothing but the small set is in it."""
    read = Reader(text)
    assert read.tags <= ALLOWED, text
    for tag, name, value in read.attributes:
        assert (tag, name) in {("a", "href"), ("a", "rel"), ("p", "class")}, text
        if name == "href":
            assert re.match(r"(https?|mailto):", value or ""), text
        if name == "rel":
            assert value == "noopener noreferrer nofollow"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_shows_as_text(text: str) -> None:
    for render in (markdown, plain, one_line):
        check(str(render(text)))
    assert html.unescape(str(plain(text))).count(text) == 1


@given(st.lists(st.sampled_from([*HOSTILE, "<", ">", '"', "&", "[", "](", ")", "`", "*", "\n", " ", "x"]), max_size=12))
def test_so_does_every_mixture(parts: list[str]) -> None:
    check(str(markdown("".join(parts))))


def test_what_the_bot_and_agents_write_is_shown_as_meant() -> None:
    shown = str(markdown("**Yes**, see [the page](https://example.com/a?b=1&c=2):\n\n- one\n- two"))
    assert "<strong>Yes</strong>" in shown
    assert shown.count("<li>") == 2
    assert 'href="https://example.com/a?b=1&amp;c=2"' in shown


def test_what_is_too_long_for_a_message_is_not_read_as_markdown() -> None:
    assert str(markdown("**x** " * 20_000)).startswith('<p class="typed">**x** ')


def test_a_turn_of_direction_is_visible_and_turns_nothing() -> None:
    assert tame("invoice \u202egpj.exe\u202c") == "invoice \ufffdgpj.exe\ufffd"
    assert tame("שלום עולם \u200f (מחר)") == "שלום עולם \u200f (מחר)", (
        "languages written from the right stay as they are"
    )


def test_marks_do_not_pile_up_over_other_lines() -> None:
    assert tame("Z" + "\u0351" * 500 + "A") == "Z" + "\u0351" * 3 + "A"
    assert tame("Việt Nam, Å, é̂") == "Việt Nam, Å, é̂"


def test_hundred_thousand_characters_are_quick() -> None:
    for text in ("x" * 100_000, "[" * 100_000, "*" * 100_000, "\u0351" * 100_000, "<" * 100_000):
        markdown(text)
        check(str(plain(text)))
    check(str(markdown("[" * 19_000)))
    check(str(markdown("*a " * 6_000)))
