"""E-mail addresses in a message: found as people write them in a chat, valid as at every other door."""

from __future__ import annotations

import re

from actions.ticket_words import any_of
from tickets.contact import valid_email

_AROUND_AT = re.compile(r"[ \t]{1,3}@[ \t]{1,3}|@[ \t]{1,3}")  # but not in “is @acme.com”
_PIECE = re.compile(r"[^\s,;:|()<>\[\]{}]+")
_QUOTES = "\"'`´“”„‟‘’‚‛«»‹›"
_ENDS = ".!?…*_-–—"  # what may stand beside an address and is no part of it
_AT = r"(?: at | ?[\[(]at[\])] ?)"
_DOT = r"(?: dot | ?[\[(]dot[\])] ?)"
# “john at acme dot com” and nothing else: in a sentence the words may mean something else.
_SPOKEN = re.compile(
    rf"\W*(?:{any_of('address_lead')}[\s:]+)*(?!{any_of('no_mailbox')}\b)"
    rf"(?P<box>[\w+-]+(?:(?:\.|{_DOT})[\w+-]+)*){_AT}(?P<host>(?:[\w-]+(?:\.|{_DOT}))*[\w-]+{_DOT}[a-z]+)\W*"
    rf"|(?P<other>[\w.+-]+) ?[\[(]at[\])] ?(?P<there>[\w.-]+)\W*",
    re.IGNORECASE | re.ASCII,
)


def email_in(text: str) -> str:
    """The e-mail address in a text, "" where there is none."""
    return without_email(text)[0]


def without_email(text: str) -> tuple[str, str]:
    """The e-mail address in a text, "" where there is none, and the text with a line's end in its place."""
    text = _AROUND_AT.sub("@", text)
    for piece in _PIECE.finditer(text):
        address = _bare(piece[0])
        if address:
            return address, text[: piece.start()] + "\n" + text[piece.end() :]
    spoken = _SPOKEN.fullmatch(text.strip())
    if spoken is not None:
        box, host = spoken["box"] or spoken["other"], spoken["host"] or spoken["there"]
        address = re.sub(_DOT, ".", f"{box}@{host}", flags=re.IGNORECASE)
        if valid_email(address):
            return address, ""
    return "", text


def has_broken_email(text: str) -> bool:
    """Whether something in a text is meant as an e-mail address, and there is none in it."""
    return "@" in text and not email_in(text)


def _bare(piece: str) -> str:
    """An address without the quotes and the end of the sentence around it; "" where it is none."""
    piece = piece.strip(_QUOTES)
    return next((one for one in (piece, piece.strip(_ENDS).strip(_QUOTES)) if valid_email(one)), "")
