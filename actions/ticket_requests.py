"""Messages about tickets that are known by their words: asking for one, for its state, adding to one."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = re.compile(r"\bCC[-\s]?0*(\d{1,9})\b", re.IGNORECASE | re.ASCII)
_NOUN = r"(?:tickets?|tikets?|tickt|(?:support |customer care )?cases?|(?:support |new )?requests?|complaints?)"
_VERB = r"(?:open|create|raise|submit|file|log|make|start|register|write|send|issue|lodge|put in|need|want|do)"
_ASKED_FOR = re.compile(
    rf"\b(?:please |pls |can you |could you |would you |i(?:'d| would)? (?:like|want|need|wish) (?:you )?(?:to )?|"
    rf"(?:let'?s|then|just|so|ok|okay|we|i) (?:need |want |have )?(?:to )?)*{_VERB} (?:me |us |up |in )?"
    rf"(?:a |an |the |my |our |this as a |another |new |one |official |urgent )*{_NOUN}"
    r"(?: (?:for (?:me|us|this|that|it)|with (?:you|customer care)|please|pls|now|on (?:my|our) behalf|(?:to|at) "
    r"customer care|about (?:this|that|it)))*",
    re.IGNORECASE,
)
_ONLY_NOUN = re.compile(rf"\W*(?:new |a |open )?{_NOUN}\W*(?:please|pls)?\W*", re.IGNORECASE)
_HOW = re.compile(
    r"\b(?:how|where|when|which|who|why|should i|must i|do i (?:have|need)|is it (?:necessary|possible|needed)|"
    r"does .{1,30} (?:need|require)|what happens|until when|can i|may i)\b",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^\W*(?:(?:hi|hello|hey|dear|good (?:morning|afternoon|day)|ok|okay|yes|please|pls|thanks|and|so|then)\b\W*)+"
    r"|^\W*(?:(?:to|because|since|as|about|for|on|regarding|re|that|which says|saying|it is about|it's about|with the "
    r"text|text)\b\s*:?\s*)|^\W+",
    re.IGNORECASE,
)
_STATE = re.compile(
    r"\?|\b(?:status|state|news|update|progress|what about|how is|how about|where is|still open|happen\w*|"
    r"answer(?:ed)?|any(?:thing| news| update)|check|show|see|look)\b",
    re.IGNORECASE,
)
_MINE = re.compile(
    r"\b(?:(?:my|our) (?:open |last |latest |recent |other |existing )*tickets?|tickets? (?:that )?(?:i|we) (?:have |"
    r"had )?(?:opened|open|made|sent|submitted)|list (?:of )?(?:my |our |the |all )?tickets|"
    r"(?:state|status) of (?:the|my|our|a) tickets?)\b",
    re.IGNORECASE,
)
_FEWEST_WORDS = 3  # a shorter rest says nothing that a ticket could be about
_FEWEST_ADDED = 2


@dataclass(frozen=True)
class AboutTicket:
    """What a message wants of tickets: intent is open_ticket, ticket_status, ticket_comment or my_tickets."""

    intent: str
    ticket: str = ""  # CC-000123
    rest: str = ""  # what it says besides


def about_ticket(text: str) -> AboutTicket | None:
    """What a message says of tickets in so many words, or None."""
    named = _NAME.search(text)
    if named is not None:
        name = f"CC-{int(named[1]):06d}"
        rest = _trimmed(text[: named.start()] + " " + text[named.end() :])
        if len(rest.split()) < _FEWEST_ADDED or _STATE.search(rest):
            return AboutTicket("ticket_status", name, rest)
        return AboutTicket("ticket_comment", name, rest)
    asked = _ASKED_FOR.search(text)
    if _MINE.search(text) and not (asked and not _STATE.search(text)):
        return AboutTicket("my_tickets")
    if _ONLY_NOUN.fullmatch(text):
        return AboutTicket("open_ticket")
    if asked is not None and not _HOW.search(text[: asked.end()]):
        rest = _trimmed(text[: asked.start()] + " " + text[asked.end() :])
        return AboutTicket("open_ticket", rest=rest if len(rest.split()) >= _FEWEST_WORDS else "")
    return None


def content(text: str) -> str:
    """What a message that asks for a ticket says besides; "" where that is too little to be about anything."""
    found = about_ticket(text)
    return found.rest if found is not None else ""


def _trimmed(text: str) -> str:
    before, text = None, " ".join(text.split(" ")).strip()
    while before != text:
        before, text = text, _LEAD.sub("", text, count=1).strip()
    return text
