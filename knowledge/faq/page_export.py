"""The published FAQ page, read from an export: its questions, each with section and answer.

Two forms are read: the text form (bullets by indentation) and Confluence's HTML (rendered or storage).
The page's nesting is broken in places: whole runs of questions stand one level too deep, below another
question's answer. So nesting alone does not say what is a question; what the last import found does too.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PageElement

_BULLET = re.compile(r"^(\s*)[•◦▪▫●○■□‣](.*)$")
_LIST_MARK = re.compile(r"^(?:[-–•◦▪]|\d{1,2}[.)])\s+")
_QUOTES = str.maketrans("“”„«»‘’‚–—", '"""""\'\'\'--')
_HEADING_WORDS = 4

# What a page comparison and lost macros leave in a text export.
_NOISE = {
    *("versions compared", "key", "this line was added.", "this line was removed.", "formatting was changed."),
    *("image added", "image removed", "info", "...", "table of contents"),
}
_MACRO = re.compile(r"^[A-Z]\w*(?: \w+){0,2} macro$")

_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_BLOCKS = _HEADINGS | {"p", "div", "ul", "ol", "li", "br", "hr", "table", "tr", "td", "th", "pre", "blockquote"}
_HIDDEN = "script, style, head, #footer, #breadcrumbs, .toc-macro, .diff-html-removed, .page-metadata"
_LINK_BODIES = {"ac:link-body", "ac:plain-text-link-body"}


class PageError(ValueError):
    """The file is not an export of the FAQ page; the message says why in one sentence."""


@dataclass(frozen=True)
class Question:
    """One published question: its section, title and the lines of its answer (none: published elsewhere).

    `links` are the addresses behind the answer's words, which only HTML carries.
    """

    section: str
    title: str
    lines: tuple[str, ...] = ()
    links: tuple[str, ...] = ()

    @property
    def title_key(self) -> str:
        """Equal for titles that differ in spaces, case, quotes or the mark at the end only."""
        return _key(self.title).rstrip(" ?.!:")

    @property
    def answer_key(self) -> str:
        """Equal for answers that differ in spaces, quotes, list marks or where lines break only."""
        return " ".join(self.lines).translate(_QUOTES)


@dataclass(frozen=True)
class _Block:
    """A piece of the page: a heading, the first text of a list item, or other text."""

    kind: Literal["heading", "bullet", "text"]
    depth: int
    text: str
    links: tuple[str, ...] = ()


def parse_page(export: str, published: Collection[Question]) -> list[Question]:
    """The questions on the page, in its order.

    `published` is what the last import found: it gives the sections, and tells questions from answers
    where the nesting does not. A question, a section or an answer that it does not know is found as well.

    Raises:
        PageError: the text holds no section or no question of that page.
    """
    export = export.lstrip("\ufeff \t\r\n")
    if not export:
        raise PageError("is empty.")
    blocks = list(_html_blocks(export) if export.startswith("<") else _text_blocks(export))
    questions = _assemble(blocks, published)
    known_titles = {question.title_key for question in published}
    if not any(question.title_key in known_titles for question in questions):
        raise PageError("is not an export of the FAQ page: none of the published questions is in it.")
    return questions


def _assemble(blocks: list[_Block], published: Collection[Question]) -> list[Question]:
    sections = {_key(question.section): question.section for question in published}
    titles = {question.title_key for question in published}
    answers = {_key(line) for question in published for line in question.lines}
    found: list[tuple[str, str, list[_Block]]] = []
    section: str | None = None
    level: int | None = None  # how deep the last question stood; None before a section's first
    for block, following in zip_longest(blocks, blocks[1:]):
        name = _section(block, following, sections, titles)
        if name is not None:
            section, level = name, None
        elif section is None:
            continue  # the page's introduction
        elif _is_question(block, level, titles, answers):
            found.append((section, block.text, []))
            level = block.depth
        elif level is not None:
            found[-1][2].append(block)
    return [
        Question(
            section=section,
            title=title,
            lines=tuple(_LIST_MARK.sub("", block.text) for block in answer),
            links=tuple(link for block in answer for link in block.links),
        )
        for section, title, answer in found
    ]


def _section(block: _Block, following: _Block | None, sections: dict[str, str], titles: set[str]) -> str | None:
    """The section that a block opens; None when it opens none."""
    if block.kind == "bullet" or (block.kind == "text" and block.depth > 0):
        return None
    known = sections.get(_key(block.text))
    if known is not None or block.depth > 0 or Question("", block.text).title_key in titles:
        return known
    # A section added since the last import: a few words, no sentence, with a list right below.
    opens_list = following is not None and following.kind == "bullet"
    few_words = len(block.text.split()) <= _HEADING_WORDS and not re.search(r"[.:;,?!]", block.text)
    return block.text if opens_list and few_words else None


def _is_question(block: _Block, level: int | None, titles: set[str], answers: set[str]) -> bool:
    if Question("", block.text).title_key in titles:
        return True
    if block.kind == "text" or _key(block.text) in answers:
        return False
    return level is None or block.depth <= level or block.text.endswith("?")


def _text_blocks(export: str) -> Iterator[_Block]:
    in_macro = False
    for line in export.splitlines():
        found = _BULLET.match(line.expandtabs())
        text = _tidy(found[2] if found else line)
        in_macro = bool(text) and (in_macro or (not found and _MACRO.match(text) is not None))
        if not text or in_macro or text.casefold() in _NOISE:
            continue
        if found:
            yield _Block("bullet", len(found[1]) + 1, text)
        else:
            # A section's name may be indented by no-break spaces; text below a bullet is by plain ones.
            yield _Block("text", len(line) - len(line.lstrip(" \t")), text)


def _html_blocks(export: str) -> Iterator[_Block]:
    soup = BeautifulSoup(_without_cdata(export), "html.parser")
    page = soup.select_one("#main-content") or soup.select_one(".wiki-content") or soup
    for tag in page.select(_HIDDEN):
        tag.decompose()

    words: list[str] = []
    links: list[str] = []
    depth = 0
    opened = False  # a list item has begun and shown no text yet

    def block(kind: Literal["heading", "text"]) -> Iterator[_Block]:
        nonlocal opened
        text = _tidy("".join(words))
        if text and text.casefold() not in _NOISE:
            yield _Block("bullet" if opened and kind == "text" else kind, depth, text, tuple(links))
            opened = False
        if text:
            links.clear()
        words.clear()

    # An explicit stack, because a page may be nested deeper than Python recurses. A pair means "leave this tag".
    todo: list[PageElement | tuple[Tag]] = [page]
    while todo:
        node = todo.pop()
        if isinstance(node, tuple):
            (left,) = node
            if left.name in _BLOCKS or _is_item(left):
                yield from block("heading" if left.name in _HEADINGS else "text")
            if _is_item(left):
                depth, opened = depth - 1, False
        elif isinstance(node, Tag):
            if node.name in _BLOCKS or _is_item(node):
                yield from block("text")
            if _is_item(node):
                depth, opened = depth + 1, True
            if not _is_setting(node):
                words += _page_title(node)
                links += _address(node)
                todo += [(node,), *reversed(node.contents)]
        elif type(node) is NavigableString:  # not one of its kinds: comment, declaration, …
            words.append(str(node))
    yield from block("text")


def _without_cdata(export: str) -> str:
    """Storage form keeps the words of some links in CDATA, which HTML parsers take for a comment."""
    before, *parts = export.split("<![CDATA[")
    for part in parts:
        words, end, rest = part.partition("]]>")
        before += html.escape(words) + rest if end else part
    return before


def _is_item(tag: Tag) -> bool:
    """A list item, or Confluence's "expand" box, whose title stands like one."""
    if tag.name == "ac:structured-macro":
        return tag.get("ac:name") == "expand"
    return tag.name == "li" or "expand-container" in (tag.get("class") or [])


def _is_setting(tag: Tag) -> bool:
    """A macro's parameter, which no reader sees, unless it is the title of an "expand" box."""
    return tag.name == "ac:parameter" and not (
        tag.get("ac:name") == "title" and tag.parent is not None and _is_item(tag.parent)
    )


def _page_title(tag: Tag) -> list[str]:
    """What a link to a page without words of its own shows: that page's title."""
    if tag.name != "ri:page":
        return []
    body = tag.next_sibling
    if isinstance(body, NavigableString) and not body.strip():
        body = body.next_sibling
    has_words = isinstance(body, Tag) and body.name in _LINK_BODIES
    return [] if has_words else [str(tag.get("ri:content-title", ""))]


def _address(tag: Tag) -> list[str]:
    address = str(tag.get("href", "")) if tag.name == "a" else ""
    return [address] if address.startswith(("https://", "http://", "mailto:")) else []


def _tidy(text: str) -> str:
    """Compatibility characters folded, invisible ones dropped, white space single."""
    folded = unicodedata.normalize("NFKC", text)
    visible = "".join(c for c in folded if c.isspace() or unicodedata.category(c)[0] != "C")
    return " ".join(visible.split())


def _key(text: str) -> str:
    return _LIST_MARK.sub("", _tidy(text)).translate(_QUOTES).casefold()
