"""Messages that lean on what was said before: “and for Germany?”, “how much is that?”."""

from __future__ import annotations

import re
from dataclasses import replace
from operator import attrgetter

from actions.light_spacy import STOP_WORDS
from actions.turns import Context
from knowledge.faq.entries import Entry
from knowledge.faq.search import Result

_MOST_WORDS = 12
_LONGEST_TOGETHER = 300  # characters of earlier questions that a follow-up is read with
_LEANS = re.compile(
    r"^(?:and|but|or|so|what about|how about|what if|then|also|ok(?:ay)?,? and|same (?:for|with)|only if|even if|in|at|"
    r"for)\b|\b(?:it|its|that|this|those|them|there|then|these|he|she|him|his|her|they|ones?|too|as well|at all|"
    r"afterwards)\b",
    re.IGNORECASE,
)
_STEM = 5  # letters by which two forms of a word are taken as one
_MOST_OF = 0.5  # share of a follow-up's own words that the last answer must hold to be the answer again


def is_follow_up(text: str) -> bool:
    """Whether a message leans on what was said before."""
    return len(text.split()) <= _MOST_WORDS and _LEANS.search(text.strip()) is not None


def with_context(context: Context, alone: Result) -> tuple[str, Result]:
    """What was asked, and its result: for a follow-up together with the question before it, where that is surer.

    The answer that the partner has just read comes again only where nothing else is likely, or
    where it speaks of what the follow-up asks.
    """
    text, before, shown = context.text, context.slot("last_question"), context.slot("last_entry")
    if not before or not is_follow_up(text):
        return text, alone
    both = f"{before} {text}"[-_LONGEST_TOGETHER:]
    leaning = context.search.search_after(text, before, besides=frozenset({shown} if shown else ()))
    together = context.search.search(both)
    if together.best == shown != alone.best:
        chosen = together if leaning.decision == "none" else max((alone, leaning), key=attrgetter("confidence"))
    else:
        chosen = max((alone, together), key=attrgetter("confidence"))
    last = context.search.index.entries.get(shown or "")
    if chosen.decision != "answer" and last is not None and _speaks_of(last, text, before):
        again = tuple(hit for hit in together.hits if hit.id == shown)
        if again:
            return both, replace(together, hits=again, decision="answer")
    return (text if chosen is alone else both), chosen


def _speaks_of(entry: Entry, text: str, before: str) -> bool:
    """Whether an answer holds most of the words that a follow-up adds to the question before it."""
    added = _stems(text) - _stems(before)
    return bool(added) and len(added & _stems(entry.answer)) / len(added) >= _MOST_OF


def _stems(text: str) -> set[str]:
    return {word[:_STEM] for word in re.findall(r"[a-z0-9]+", text.casefold()) if word not in STOP_WORDS}
