"""Messages about tickets that are known by their words: asking for one, for its state, adding to one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from actions.ticket_words import any_of, anywhere, listed

_NAME = re.compile(r"\bCC[-\s]?0*(\d{1,9})\b", re.IGNORECASE | re.ASCII)
_ASKED_FOR = re.compile(
    rf"\b(?:{any_of('asking_lead')} )*{any_of('open')} (?:(?:me|us|up|in) )?(?:{any_of('which_ticket')} )*"
    rf"{any_of('ticket')}\b(?: {any_of('ticket_for')}\b)*",
    re.IGNORECASE,
)
_ONLY_NOUN = re.compile(rf"\W*(?:(?:new|a|open) )?{any_of('ticket')}(?:\W+{any_of('polite')})*\W*", re.IGNORECASE)
_HEADED = re.compile(  # “ticket: …”, “ticket pls - …”
    rf"\W*(?:(?:new|a|open) )?{any_of('ticket')}(?:\W+{any_of('polite')})*\s*(?:[:!.,–-]+\s*|\n\s*)", re.IGNORECASE
)
_NEW = re.compile(rf"\W*(?:{any_of('polite')} )?open a new {any_of('ticket')}:\s*", re.IGNORECASE)
_IN_OTHER_LANGUAGES = anywhere("asking_in_other_languages")
_ABOUT = anywhere("about_tickets")
_GAP = r"[^\w+<\[(#“\"']*"  # what may stand before the matter; the “+” of a number is a part of it
_LEAD = re.compile(
    rf"^{_GAP}(?:{any_of('greeting')}\b{_GAP})+|^{_GAP}{any_of('leads_to_matter')}\b\s*:?\s*|^[^\w+<\[(#“\"']+",
    re.IGNORECASE,
)
_ONLY_LEAD = re.compile(rf"(?:\W|\b{any_of('greeting', 'address')}\b)*", re.IGNORECASE)
_YES_LEAD = re.compile(rf"^\W*(?:{any_of('agrees', 'send', 'polite')}\b\W*)+", re.IGNORECASE)
_STATE = re.compile(rf"\?|\b{any_of('state')}\b", re.IGNORECASE)
_PERSON = anywhere("wants_person")
_MINE = anywhere("own_tickets", "adds_to_own")
_ADDS = anywhere("adds_to_own")
_NO_HELP = re.compile(rf"^\W*(?:{any_of('greeting')}\W+)*{any_of('no_help')}\W+", re.IGNORECASE)
_SENT = re.compile(
    rf"\W*(?:please )?(?:send|submit|open)(?: it| the ticket| this)?(?:\W+{any_of('polite')})*\W*", re.IGNORECASE
)
_SENTENCE = re.compile(r"(?<=[.!?:;])\s+|\n")
_FEWEST_WORDS = 2  # a shorter rest says nothing that a ticket could be about
_NOTHING = re.compile(rf"\W*(?:{any_of('says_nothing')}\b\W*)*", re.IGNORECASE)


@dataclass(frozen=True)
class AboutTicket:
    """What a message wants of tickets.

    Its intent is open_ticket, ticket_status, ticket_comment, my_tickets, affirm, or human: a person is wanted.
    """

    intent: str
    ticket: str = ""  # CC-000123
    rest: str = ""  # what it says besides, as it was written


def about_ticket(text: str) -> AboutTicket | None:
    """What a message says of tickets in so many words, or None."""
    new = _NEW.match(text)
    if new is not None:
        return AboutTicket("open_ticket", rest=_rest_of(text[new.end() :]))
    named = _NAME.search(text)
    if named is not None:
        name = f"CC-{int(named[1]):06d}"
        rest = _trimmed(text[: named.start()] + " " + text[named.end() :])
        if len(rest.split()) < _FEWEST_WORDS or _STATE.search(rest):
            return AboutTicket("ticket_status", name, rest)
        return AboutTicket("ticket_comment", name, rest)
    if _SENT.fullmatch(text):
        return AboutTicket("affirm")
    asked = _ASKED_FOR.search(text)
    if _MINE.search(text) and not (asked and not _STATE.search(text)):
        return AboutTicket("my_tickets")
    if _ONLY_NOUN.fullmatch(text):
        return AboutTicket("open_ticket")
    headed = _HEADED.match(text)
    if headed is not None and _is_matter(text[headed.end() :]):
        return AboutTicket("open_ticket", rest=text[headed.end() :].strip())
    if asked is not None and not _ABOUT.search(_sentence_to(text, asked.end())):
        return AboutTicket("open_ticket", rest=_rest(text, asked))
    if _IN_OTHER_LANGUAGES.search(text):
        return AboutTicket("open_ticket", rest=text.strip())
    person = _PERSON.search(text)
    if person is not None:
        return AboutTicket("human", rest=_rest(text, person, keep=text.strip()))
    return None


def names_its_matter(text: str) -> bool:
    """Whether a message asks for a new ticket and says what it is about, whatever was talked about before."""
    return _NEW.match(text) is not None


def without_request(text: str) -> str:
    """What a message says besides asking for a ticket; "" where that is too little to be about anything."""
    found = about_ticket(text)
    return found.rest if found is not None else "" if _YES_LEAD.sub("", text).strip() == "" else text.strip()


def says_nothing(text: str) -> bool:
    """Whether a text has no word that a ticket could be about: “I have a problem”, “i ned to”."""
    return _NOTHING.fullmatch(text) is not None or all(map(_is_nearly_nothing, re.findall(r"\w+", text)))


def _is_nearly_nothing(word: str) -> bool:
    """Whether a word is one of those that say nothing, with at most one letter wrong that isn't its first."""
    word = word.casefold()
    return any(
        word == one or (len(one) > 2 and word[0] == one[0] and OSA.distance(word, one, score_cutoff=1) <= 1)
        for one in listed("says_nothing")
    )


def added_to_own(text: str) -> str | None:
    """What “add to my ticket: …” adds, "" where that is not said yet; None where the message doesn't ask for it."""
    found = _ADDS.search(text)
    return None if found is None else text[found.end() :].strip(" \n:;,.!–-")


def after_no_help(text: str) -> str:
    """What a message says besides “this did not help, …”; "" where it doesn't begin so or says nothing else."""
    found = _NO_HELP.match(text)
    rest = text[found.end() :].strip() if found else ""
    return rest if len(rest.split()) >= _FEWEST_WORDS else ""


def without_yes(text: str) -> str:
    """A message without the “yes please” that it begins with; "" where nothing else is said."""
    rest = _YES_LEAD.sub("", text).strip()
    return rest if len(rest.split()) >= _FEWEST_WORDS else ""


def _is_matter(text: str) -> bool:
    """Whether what follows “ticket, …” is what it is about, and no question about tickets."""
    return len(text.split()) >= _FEWEST_WORDS and not (_ABOUT.search(text) and re.search(r"\btickets?\b", text, re.I))


def _rest(text: str, asked: re.Match[str], keep: str = "") -> str:
    """The partner's own words: what follows the request, or the whole where it stands in the middle of them.

    Args:
        keep: what stands for it where nothing else is said.
    """
    before, after = text[: asked.start()], text[asked.end() :]
    whole = before.rstrip(" ,;") if says_nothing(after) else text
    return _rest_of(_trimmed(after) if _ONLY_LEAD.fullmatch(before) else whole.strip(), keep)


def _rest_of(text: str, keep: str = "") -> str:
    rest = text.strip()
    return keep if len(rest.split()) < _FEWEST_WORDS or says_nothing(rest) else rest


def _sentence_to(text: str, end: int) -> str:
    return _SENTENCE.split(text[:end])[-1]


def _trimmed(text: str) -> str:
    before, text = None, " ".join(text.split(" ")).strip()
    while before != text:
        before, text = text, _LEAD.sub("", text, count=1).strip()
    return text
