"""Measure the answers on questions that were never trained on: `care evaluate FILE… [--peers]`.

Every message goes the way it goes in the service: `Understanding.parse`, then, for what depends on
the conversation, `action_answer` with a tracker that holds the turn before.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from rasa_sdk import Tracker
from rich.console import Console

from actions.dialogue import STEPS, answer_question
from actions.live_index import load_understanding
from actions.turns import Context
from actions.understanding import Understanding
from benchmarks.measures import Pair
from benchmarks.peers import PEERS
from benchmarks.questions import Found, Question, QuestionError, read_questions
from benchmarks.rasa_peer import RasaError
from benchmarks.report import print_comparison, print_set
from knowledge.faq.entries import Content, load_content
from knowledge.faq.index import plain
from knowledge.faq.search import Decision
from settings import ROOT, Settings
from tickets.database import Database
from triage.triage import Triage

_COMPARED = ("faq", "oos", "smalltalk")


def evaluate_files(files: list[Path], settings: Settings, *, peers: bool) -> None:
    """Print the measures of each file; with `peers`, those of other searchers on the same content beside them.

    Raises:
        QuestionError: a line of a file is not a question.
        RasaError: the peer could not be trained or asked.
    """
    console = Console(highlight=False)
    understanding = load_understanding(settings)
    console.print(f"index {understanding.search.index.manifest.version}", style="dim")
    taught = taught_texts(load_content(settings.content_dir))
    kinds = kinds_of_talk(understanding)
    measured: list[list[Pair]] = []
    for path in files:
        questions = read_questions(path)
        new = [question for question in questions if plain(question.text) not in taught]
        measured.append([(question, _spoken(find(understanding, question), kinds)) for question in new])
        print_set(console, f"{path.stem}, {len(questions)} messages", measured[-1])
        console.print(f"left out because the index was taught the same words: {len(questions) - len(new)}", style="dim")
    if not peers:
        return
    compared = [[pair for pair in pairs if pair[0].kind in _COMPARED] for pairs in measured]
    texts = [question.text for pairs in compared for question, _ in pairs]
    found = {
        name: [_spoken(one, kinds) for one in ask(settings, texts, lambda text: console.print(text, style="dim"))]
        for name, ask in PEERS.items()
    }
    start = 0
    for path, pairs in zip(files, compared, strict=True):
        questions = [question for question, _ in pairs]
        stop = start + len(questions)
        theirs = {name: list(zip(questions, all_[start:stop], strict=True)) for name, all_ in found.items()}
        print_comparison(console, path.stem, {"this bot": pairs, **theirs})
        start = stop


def taught_texts(content: Content) -> set[str]:
    """The words of everything the index learns questions from; a message with the same words measures nothing."""
    asked = [text for e in content.entries.values() for text in (*e.phrasings, e.question, e.published_as)]
    return {plain(text) for text in (*asked, *(text for some in content.unanswerable.values() for text in some))}


def kinds_of_talk(understanding: Understanding) -> dict[str, str]:
    """What the bot's reply to each intent of the dialogue is, when it begins a conversation: a kind of small talk."""
    rules = yaml.safe_load((ROOT / "data" / "rules.yml").read_text(encoding="utf-8"))["rules"]
    kinds = {}
    for intent, action in [
        (rule["steps"][0]["intent"], rule["steps"][1]["action"]) for rule in rules if "condition" not in rule
    ]:
        if action in STEPS and intent not in ("question", "inform", "work_out"):
            message = {"intent": {"name": intent}, "text": "", "entities": []}
            replies = STEPS[action](_context(understanding, message, {})).replies
            kinds[intent] = next((str(one["data"]["kind"]) for one in replies if "kind" in one["data"]), intent)
    return kinds


def find(understanding: Understanding, question: Question) -> Found:
    """What the bot makes of a question, after the one that it leans on if there is one."""
    parsed = understanding.parse(question.text)
    intent = parsed["intent"]["name"]
    whole = understanding.search.search(question.text)
    ids = tuple(hit.id for hit in whole.hits)
    score = whole.hits[0].confidence if whole.hits else 0.0
    if intent not in ("question", "calculate"):  # a case to be worked out is told the entry's short answer, too
        return Found(ids, score, "none", (), intent)
    if question.before:
        return _in_conversation(understanding, question)
    parts: list[dict[str, Any]] = parsed["search"]
    answers = tuple(part["hits"][0]["id"] for part in parts if part["decision"] == "answer")
    decision: Decision = "answer" if answers else parts[0]["decision"]
    return Found(ids, score, decision, answers)


def _in_conversation(understanding: Understanding, question: Question) -> Found:
    """What action_answer replies to the second of two turns."""
    slots: dict[str, Any] = {}
    data: list[dict[str, Any]] = []
    for text in (question.before, question.text):
        turn = answer_question(_context(understanding, understanding.parse(text), slots))
        slots = slots | turn.slots
        data = [reply["data"] for reply in turn.replies]
    answers = tuple(one["id"] for one in data if one["type"] == "faq")
    offered = tuple(id for one in data if one["type"] == "choices" for id in one["ids"])
    score = max((float(one["confidence"]) for one in data if one["type"] == "faq"), default=0.0)
    return Found(answers + offered, score, "answer" if answers else "choices" if offered else "none", answers)


def _spoken(found: Found, kinds: dict[str, str]) -> Found:
    """With the kind of small talk that is replied ("that helped" is replied like thanks) for the intent."""
    return replace(found, intent=kinds.get(found.intent, found.intent))


def _context(understanding: Understanding, message: dict[str, Any], slots: dict[str, Any]) -> Context:
    tracker = Tracker("evaluation", slots, message, [], False, None, {}, None)
    return Context(understanding.search, _triage(understanding), _nothing(), datetime.now().astimezone(), tracker)


@cache
def _triage(understanding: Understanding) -> Triage:
    return Triage.load(Settings.load(), understanding.search)


@cache
def _nothing() -> Database:
    """A database in which nobody ever wrote anything."""
    database = Database("sqlite://")
    database.migrate()
    return database


def main(arguments: list[str]) -> int:
    """`python -m benchmarks.evaluate FILE… [--peers]`; exit status 1 with a sentence when that is impossible."""
    files = [Path(argument) for argument in arguments if argument != "--peers"]
    try:
        evaluate_files(files, Settings.load(), peers="--peers" in arguments)
    except (OSError, QuestionError, RasaError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
