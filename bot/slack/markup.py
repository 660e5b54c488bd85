"""Our small Markdown as Slack's mrkdwn, and what somebody typed in Slack as plain text.

The Markdown is that of the web chat (bot/web/static/chat/markdown.js): bold, italic, flat lists, quotations, links
to https and mailto. All else stays as it was written, with the three characters escaped that Slack reads as control.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

_INLINE = re.compile(
    r"\[(?P<label>[^\[\]\n]{1,500})\]\((?P<target>[^\s()]{1,2000}(?:\([^\s()]{0,200}\)[^\s()]{0,500})?)\)"
    r"|\*\*(?P<bold>[^*\n]{1,2000})\*\*"
    r"|(?<!\w)_(?P<italic>[^_\n]{1,2000})_(?!\w)"
    r"|(?<!\w)(?P<url>https://[^\s<>\"]{1,2000})"
)
_BULLET = re.compile(r"-\s+(?=\S)")
_QUOTED = re.compile(r"> ?")
_QUOTE: Final = "> "  # how a line of a quotation begins in mrkdwn
_END = re.compile(r"[.,;:!?'*\])]+$")
_DEEPEST = 3

# What Slack puts into a text that somebody typed: <@U1>, <#C1|general>, <!here>, <https://a.b|a.b>.
_CONTROL = re.compile(r"<(?P<sign>[@#!]?)(?P<what>[^<>|]*)(?:\|(?P<label>[^<>]*))?>")
_EMOJI = re.compile(r":(?P<name>[^\s:]{1,100})(?:::skin-tone-[2-6])?:")  # Slack writes :+1: even for a typed 👍
_SKINS = range(0x1F3FB, 0x1F400)
# What may not be cut in two: a link, an escaped character.
_ATOM = re.compile(r"<[^<>]*>|&(?:amp|lt|gt);|.", re.DOTALL)


def escape(text: str) -> str:
    """A text in which nothing is a command to Slack."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def mrkdwn(text: str) -> str:
    """Markdown as Slack shows it."""
    return "\n".join(_line(line) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))


def plain(text: str, bot: str = "", emoji: Mapping[str, str] | None = None) -> str:
    """What somebody typed, without Slack's own marks.

    Args:
        bot: the bot's user id, whose mentions are left out.
        emoji: those of the message, as `emoji_in` finds them.
    """
    shown = emoji or {}
    words = _CONTROL.sub(lambda found: _typed(found, bot), text)
    words = _EMOJI.sub(lambda found: shown.get(found["name"], found[0]), words)
    words = words.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace("\x00", "")
    return words.encode("utf-8", "replace").decode("utf-8").strip()  # a lone surrogate cannot be stored


def emoji_in(blocks: object) -> dict[str, str]:
    """The emoji in a message's blocks, by name: as one types them elsewhere, "" for a picture of the workspace's own.

    Only the blocks say what is one: “:443:” in a line that somebody pasted is none.
    """
    found: dict[str, str] = {}
    left = [blocks]
    while left:
        one = left.pop()
        if isinstance(one, list):
            left += one
        elif isinstance(one, Mapping) and one.get("type") == "emoji":
            found[str(one.get("name")).partition("::")[0]] = _characters(one.get("unicode"))
        elif isinstance(one, Mapping):
            left.append(one.get("elements"))
    return found


def split(text: str, most: int) -> list[str]:
    """A mrkdwn text in parts of at most `most` characters: between paragraphs, lines or words as far as may be.

    A quotation that is cut goes on as one.
    """
    parts = []
    while len(text) > most:
        room = _whole_atoms(text, most)
        cut = next((at for mark in ("\n\n", "\n", " ") if (at := text.rfind(mark, most // 2, room)) > 0), 0)
        cut = cut if cut and _between_atoms(text, cut) else room
        line = text.rfind("\n", 0, cut) + 1
        goes_on = text.startswith(_QUOTE, line) and cut - line > len(_QUOTE) and text[cut] != "\n"
        parts.append(text[:cut].strip())
        text = (_QUOTE if goes_on else "") + text[cut:].strip()
    return [part for part in (*parts, text.strip()) if part]


def _line(line: str) -> str:
    if quoted := _QUOTED.match(line):
        return _QUOTE + escape(line[quoted.end() :])
    if bullet := _BULLET.match(line):
        return "• " + _inline(line[bullet.end() :])
    if len(line) > 2 and line.startswith("_") and line.endswith("_"):  # a remark, links and all
        return f"_{_inline(line[1:-1])}_"
    return _inline(line)


def _inline(text: str, depth: int = 0) -> str:
    return "".join(_pieces(text, depth))


def _pieces(text: str, depth: int) -> Iterator[str]:
    done = 0
    for found in _INLINE.finditer(text):
        if found.start() < done:
            continue
        made = _made(found, depth) if depth < _DEEPEST else None
        if made is None:
            continue
        yield escape(text[done : found.start()])
        piece, length = made
        yield piece
        done = found.start() + length
    yield escape(text[done:])


def _made(found: re.Match[str], depth: int) -> tuple[str, int] | None:
    if found["url"]:
        address = _END.sub("", found["url"])
        return (link, len(address)) if (link := _link(address, "")) else None
    if found["label"]:
        link = _link(found["target"], found["label"].replace("**", ""))
        return (link, len(found[0])) if link else None
    if found["bold"]:
        return f"*{_inline(found['bold'], depth + 1)}*", len(found[0])
    return f"_{_inline(found['italic'], depth + 1)}_", len(found[0])


def _link(address: str, label: str) -> str | None:
    """A link, or None when the address is not one that we open."""
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("https", "mailto") and not parts.username and (parts.netloc or parts.path)
    except ValueError:
        return None
    if not usable or not address.isprintable():
        return None
    target = escape(address).replace("|", "%7C")
    return f"<{target}|{escape(label).replace('|', '¦')}>" if label.strip() else f"<{target}>"


def _typed(found: re.Match[str], bot: str) -> str:
    sign, what, label = found["sign"], found["what"], (found["label"] or "").strip()
    if sign == "@":
        return "" if what == bot else f"@{label or what}"
    if sign == "#":
        return f"#{label or what}"
    if sign == "!":
        name = what.partition("^")[0]  # <!date^…^…|text>, <!subteam^S1|@group>, <!here>
        return label or f"@{name}"
    address = what.removeprefix("mailto:").removeprefix("tel:")
    if not label or address.rstrip("/").endswith(label.rstrip("/")):
        return address
    return f"{label} ({address})"


def _characters(unicode: object) -> str:
    """“1f44d-1f3fb” as characters, without the skin's colour, which says nothing."""
    try:
        points = [int(point, 16) for point in str(unicode or "").split("-") if point]
        return "".join(chr(point) for point in points if point not in _SKINS)
    except (ValueError, OverflowError):
        return ""


def _whole_atoms(text: str, most: int) -> int:
    """How many characters of at most `most` end where an atom ends; a longer atom is cut all the same."""
    end = 0
    for atom in _ATOM.finditer(text):
        if atom.end() > most:
            return end or most
        end = atom.end()
    return end


def _between_atoms(text: str, cut: int) -> bool:
    opened = text.rfind("<", 0, cut)
    return opened < 0 or text.find(">", opened, cut) >= 0
