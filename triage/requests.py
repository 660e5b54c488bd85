"""Whether a text asks for something to be done or only asks a question: requests.yml."""

from __future__ import annotations

from triage.passages import Passages
from triage.patterns import pattern


def is_request(sentence: str) -> bool:
    """Whether a sentence wants something done."""
    return pattern("requests", "requests", whole_words=False).search(sentence) is not None


def is_question(sentence: str) -> bool:
    """Whether a sentence wants to know something."""
    return pattern("requests", "questions", whole_words=False).search(sentence) is not None and not is_request(sentence)


def is_problem(sentence: str) -> bool:
    """Whether a sentence tells that something is not as it should be."""
    return pattern("requests", "problems").search(sentence) is not None


def asks_only(passages: Passages) -> str:
    """The question of a text that wants nothing done; "" where something is."""
    questions = [one for one in passages.content if is_question(one)]
    if not questions or any(is_request(one) for one in passages.content):
        return ""
    return questions[0]


def asks_in_general(passages: Passages) -> bool:
    """Whether a text only asks a question, and not about a case of its own."""
    if not asks_only(passages) or "@" in passages.text or pattern("requests", "own_case").search(passages.text):
        return False
    if pattern("requests", "general").search(passages.text):
        return True
    return all(is_question(one) for one in passages.content) and not any(is_problem(one) for one in passages.content)
