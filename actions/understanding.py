"""What a message means: intent, entities and search result, as Rasa's remote NLU endpoint returns them."""

from __future__ import annotations

import re
import sys
from dataclasses import asdict
from datetime import datetime
from itertools import pairwise
from typing import Any

from actions import payloads, requests
from knowledge.faq.search import Result, Search
from knowledge.faq.text import Terms, clean

# spaCy imports torch when it is installed: 3 s and 250 MB that serving has no use for.
sys.modules.setdefault("torch", None)  # type: ignore[arg-type]
import spacy  # noqa: E402
from spacy.language import Language  # noqa: E402
from spacy.tokens import Span  # noqa: E402

if sys.modules["torch"] is None:
    del sys.modules["torch"]

_AND_ALSO = re.compile(
    r"\s*(?:[,;]\s*)?\b(?:and also|and another thing|also,|second(?:ly)?(?: thing)?,|by the way,?|at the same time,?"
    r"|(?:and|plus) (?=(?:i|we) also\b)"
    r"|(?:and|plus) (?=(?:(?:from|until|till|at|by|in|to|for|on|up to) )?(?:when|which|what|whom)\b)"
    r"|(?:and|plus)(?= (?:how|where|who|why|can|could|is|are|do|does|will)\b))\s*",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\?\W*$|^\W*(?:how|what|where|when|which|who|why|can|could|may|must|should|will|would|is|are|do|does|please)(?:'?s)?\b"
    r"|^\W*(?:i|we)(?:'d| would)? (?:also )?(?:need|want|like)\b|\b(?:tell me|explain|(?:need|want) to know)\b",
    re.IGNORECASE,
)
_FEWEST_WORDS = 3  # a shorter part is no question of its own
_MOST_PARTS = 12  # a longer message is a story; each part costs a search


class Understanding:
    """Understands messages with one search. Make a new one when the index changes."""

    def __init__(self, search: Search) -> None:
        self.search = search
        self._language = _language(search.index.terms)

    def parse(self, text: str, now: datetime | None = None) -> dict[str, Any]:
        """Rasa's parse result for one message, with our search result beside it under `search`.

        Args:
            now: the present moment, with its zone, for dates such as “last Tuesday”.
        """
        button = payloads.parse(text)
        if button is not None:
            return _parsed(text, button.intent, 1.0, [{"entity": k, "value": v} for k, v in button.values.items()])
        whole = self.search.search(text)
        read = clean(text)
        document = self._language(read)
        entities = [_entity(entity, in_text=read == text) for entity in document.ents]
        now = now or datetime.now().astimezone()
        if requests.names_none(text, whole):
            return _parsed(text, "work_out", 1.0, entities)
        if whole.intent is not None and whole.intent_confidence > whole.policy_confidence:
            return _parsed(text, whole.intent, whole.intent_confidence, entities)
        parts = self._parts([sentence.text for sentence in document.sents], whole)
        if len(parts) == 1:
            policy = requests.wanted(text, whole, now)
            if policy is not None:
                asked = _parsed(text, "calculate", whole.policy_confidence, entities)
                asked["entities"].append({"entity": "policy", "value": policy})
                return {**asked, "search": [asdict(whole)]}
        confidence = whole.hits[0].confidence if whole.hits else 0.0
        return {**_parsed(text, "question", confidence, entities), "search": [asdict(part) for part in parts]}

    def _parts(self, sentences: list[str], whole: Result) -> list[Result]:
        """One result for each question in the message; only the whole's when it asks one thing."""
        texts = [part for sentence in sentences for part in _AND_ALSO.split(sentence)]
        texts = [text for text in texts if len(text.split()) >= _FEWEST_WORDS]
        # "I ordered ten. Can I change that?" asks once; "payment methods. porting time" asks twice.
        texts = [text for text in texts if _ASKS.search(text)] or texts
        if not 2 <= len(texts) <= _MOST_PARTS:
            return [whole]
        first = self.search.search(texts[0])
        found = {first.hits[0].id: first} if first.decision == "answer" else {}
        for before, text in pairwise(texts):
            part = self.search.search_after(text, before, besides=frozenset(found))
            asks_again = self.search.search(text).hits[:1]  # “How long? Is it long?” asks for what was answered
            if part.decision == "answer" and not (asks_again and asks_again[0].id in found):
                found.setdefault(part.hits[0].id, part)
        # Two sentences that tell one story have one answer: the whole message's must be among the parts'.
        return list(found.values()) if len(found) > 1 and whole.hits[0].id in found else [whole]


def _entity(found: Span, *, in_text: bool) -> dict[str, Any]:
    """Rasa's form of an entity; where it stands is said only when it stands in the partner's own text."""
    place = {"start": found.start_char, "end": found.end_char} if in_text else {}
    return {"entity": found.label_.lower(), "value": found.text, **place}


def _parsed(text: str, intent: str, confidence: float, entities: list[dict[str, Any]]) -> dict[str, Any]:
    found = {"name": intent, "confidence": confidence}
    return {"text": text, "intent": found, "intent_ranking": [found], "entities": entities}


def _language(terms: Terms) -> Language:
    language = spacy.blank("en")
    language.add_pipe("sentencizer")
    ruler = language.add_pipe("entity_ruler", config={"phrase_matcher_attr": "LOWER"})
    ruler.add_patterns(  # type: ignore[attr-defined]
        [{"label": "PRODUCT", "pattern": name} for name in terms.products]
        + [{"label": "ABBREVIATION", "pattern": [{"TEXT": short}]} for short in terms.abbreviations]
    )
    return language
