"""Texts of others as safe markup: Markdown without HTML, then cleaned once more; what is too long stays plain text."""

from __future__ import annotations

import re
from functools import cache
from unicodedata import category

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

_MOST_MARKDOWN = 20_000  # beyond, no reply was written by a person or by us
_TAGS = {"p", "br", "strong", "em", "code", "pre", "ul", "ol", "li", "blockquote", "a", "hr"}
_SCHEMES = {"http", "https", "mailto"}
# What turns the writing direction of all that follows, and what piles up over and under one letter.
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_MARK = f"[{''.join(c for c in map(chr, range(0x300, 0x1F000)) if category(c) in ('Mn', 'Me'))}]"
_PILE = re.compile(f"({_MARK}{{3}}){_MARK}+")


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "breaks": True})
    return reader.disable(["image", "html_block", "html_inline", "heading", "lheading", "entity", "reference"])


def markdown(text: str) -> Markup:
    """Markdown of the bot or an agent as HTML of a small fixed set."""
    if len(text) > _MOST_MARKDOWN:
        return plain(text)
    cleaned = nh3.clean(
        _reader().render(tame(text)),
        tags=_TAGS,
        attributes={"a": {"href"}, "*": set()},
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )
    return Markup(cleaned)  # noqa: S704  cleaned above


def plain(text: str) -> Markup:
    """A text as it was typed."""
    return Markup('<p class="typed">{}</p>').format(tame(text))


def one_line(text: str) -> Markup:
    """A text that cannot change the order of what stands around it."""
    return Markup("<bdi>{}</bdi>").format(tame(text))


def tame(text: str) -> str:
    """A text whose characters stay where they are: turns of direction made visible, piles of marks cut short."""
    return _PILE.sub(r"\1", _TURNS.sub("\ufffd", text))
