"""What a message means: intent, entities and search result, as Rasa's remote NLU endpoint returns them."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import datetime
from itertools import pairwise
from typing import Any

from actions import payloads, requests
from actions.light_spacy import Language, Span, spacy
from actions.ticket_consent import is_yes, leaves
from actions.ticket_requests import about_ticket
from knowledge.faq.search import Result, Search
from knowledge.faq.text import Terms, clean
from knowledge.policy.catalogue import POLICIES
from tickets import filled

_AND_ALSO = re.compile(
    r"\s*(?:[,;]\s*)?\b(?:and also|and another thing|also,|second(?:ly)?(?: thing)?,|by the way,?|at the same time,?"
    r"|(?:and|plus) (?=(?:i|we) also\b)"
    r"|(?:and|plus) (?=(?:(?:from|until|till|at|by|in|to|for|on|up to) )?(?:when|which|what|whom)\b)"
    r"|(?:and|plus)(?= (?:how|where|who|why|can|could|is|are|do|does|will)\b))\s*",
    re.IGNORECASE,
)
_LIST_ITEM = re.compile(r"(?:^|\n)\s*[-*•]\s+|(?:^|\s)[0-9][.)]\s+")
_ASKS = re.compile(
    r"\?\W*$|^\W*(?:how|what|where|when|which|who|why|can|could|may|must|should|will|would|is|are|do|does|please)(?:'?s)?\b"
    r"|^\W*(?:at|by|until|till|from|in|to|for|with|on) (?:what|wh?ich|when|whom)\b|^\W*(?:need|looking for)\b"
    r"|^\W*(?:i|we)(?:'d| would)? (?:also )?(?:need|want|like)\b|\b(?:tell me|explain|(?:need|want) to know)\b",
    re.IGNORECASE,
)
_LIKELY = 0.6  # confidence from which choices are offered for a second question
_FEWEST_WORDS = 3  # a shorter part is no question of its own
_OF_FORMS = {"policy": ("inform", "policy"), "ticket": ("ticket_choice", "draft")}  # a filled-in form is a button's kin
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
        form = filled.read(text)
        if form is not None:
            intent, entity = _OF_FORMS[form.kind]
            return _parsed(text, intent, 1.0, [{"entity": entity, "value": form.of}])
        whole = self.search.search(text)
        read = clean(text)
        document = self._language(read)
        entities = [_entity(entity, in_text=read == text) for entity in document.ents]
        now = now or datetime.now().astimezone()
        wish = about_ticket(text)
        if wish is not None:
            if wish.ticket:
                entities.append({"entity": "ticket", "value": wish.ticket})
            return {**_parsed(text, wish.intent, 1.0, entities), "search": [asdict(whole)]}
        if whole.intent is None and is_yes(text):
            return _parsed(text, "affirm", 1.0, entities)
        if leaves(text):
            return _parsed(text, "deny", 1.0, entities)
        if requests.names_none(text, whole):
            return _parsed(text, "work_out", 1.0, entities)
        if whole.intent is not None and whole.intent_confidence > whole.policy_confidence:
            return _parsed(text, whole.intent, whole.intent_confidence, entities)
        parts = self._parts(text, whole)
        policy = requests.wanted(text, whole, now)
        # A second question of another kind is answered, with a button to work the first one out.
        if policy is not None and (len(parts) == 1 or all(part.best in POLICIES[policy].sources for part in parts)):
            asked = _parsed(text, "calculate", whole.policy_confidence, entities)
            asked["entities"].append({"entity": "policy", "value": policy})
            return {**asked, "search": [asdict(whole)]}
        return {**_parsed(text, "question", whole.confidence, entities), "search": [asdict(part) for part in parts]}

    def _parts(self, text: str, whole: Result) -> list[Result]:
        """One result for each question in the message; only the whole's when it asks one thing."""
        lines = [clean(line) for part in _LIST_ITEM.split(text) for line in part.splitlines() if line.strip()]
        sentences = [sentence.text for line in lines for sentence in self._language(line).sents]
        texts = [part for sentence in sentences for part in _AND_ALSO.split(sentence)]
        texts = [text for text in texts if len(text.split()) >= _FEWEST_WORDS]
        # "I ordered ten. Can I change that?" asks once; "payment methods. porting time" asks twice.
        listed = len(_LIST_ITEM.findall(text)) > 1
        texts = [text for text in texts if listed or _ASKS.search(text)] or texts
        if not 2 <= len(texts) <= _MOST_PARTS:
            return [whole]
        first = self.search.search(texts[0])
        found = {first.hits[0].id: first} if first.decision == "answer" else {}
        unsure: list[Result] = []  # a second question that is not clear is asked back, not dropped
        for before, text in pairwise(texts):
            part = self.search.search_after(text, before, besides=frozenset(found))
            asks_again = self.search.search(text).hits[:1]  # “How long? Is it long?” asks for what was answered
            if asks_again and asks_again[0].id in found:
                continue
            if part.decision == "answer":
                found.setdefault(part.hits[0].id, part)
            elif part.decision == "choices" and _ASKS.search(text) and part.hits[0].confidence >= _LIKELY:
                unsure.append(part)
        # Two sentences that tell one story have one answer: the whole message's must be among the parts'.
        if whole.hits[0].id not in found or len(found) + len(unsure) < 2:
            return [whole]
        return [*found.values(), *unsure[:1]]


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
