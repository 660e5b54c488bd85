"""What a phrasing would change: the evaluation questions, answered without it and with it.

    echo '{"entry": "billing/dispute-period", "text": "…"}' | python -m benchmarks.trial

Prints one JSON object a line: how far it is ({"phase", "done", "of"}), at last {"result": …} or {"problem": …}.
The second index is built in a folder of its own, trained as a real one is; nothing of the first is touched.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from actions.understanding import Understanding
from benchmarks.evaluate import find
from benchmarks.questions import Found, Question, QuestionError, read_questions
from knowledge import strict_yaml
from knowledge.faq import index
from knowledge.faq.build import read_examples
from knowledge.faq.editing import NotAdded, with_phrasing
from knowledge.faq.embedder import Embedder, OnnxEmbedder, Vectors
from knowledge.faq.entries import Content, ContentError, load_content
from knowledge.faq.search import Search, Thresholds
from knowledge.faq.text import Terms
from settings import ROOT, Settings

QUESTIONS = ROOT / "benchmarks" / "questions.jsonl"
_TELL_EVERY = 20  # questions
_NICE = 10  # partners are answered meanwhile

Say = Callable[[str, int, int], None]
Verdict = Literal["better", "worse", "other"]


class Remembering:
    """An embedder that embeds each text once; both indexes are asked the same."""

    def __init__(self, embedder: Embedder) -> None:
        self.name = embedder.name
        self._embedder = embedder
        self._known: dict[str, Vectors] = {}

    def embed(self, texts: list[str]) -> Vectors:
        """See `Embedder.embed`."""
        for text in texts:
            if text not in self._known:
                self._known[text] = self._embedder.embed([text])
        return np.vstack([self._known[text] for text in texts]) if texts else self._embedder.embed([])


@dataclass(frozen=True)
class Flip:
    """A question whose answer would be another; `before` and `now` in words."""

    id: str
    text: str
    after: str  # the question it follows, "" none
    expected: list[str]
    before: str
    now: str
    verdict: Verdict


def try_phrasing(settings: Settings, entry: str, text: str, questions: Sequence[Question], say: Say) -> dict[str, Any]:
    """Replay the questions without and with a phrasing.

    Raises:
        NotAdded: it cannot be a phrasing of the entry.
        ContentError: the content files cannot be used.
    """
    content = load_content(settings.content_dir)
    changed = with_phrasing(content, entry, text)
    embedder = Remembering(OnnxEmbedder(settings.models_dir / "encoder"))
    thresholds = Thresholds.load(settings.content_dir / "search.yml")
    with tempfile.TemporaryDirectory(prefix="care-trial-") as temporary:
        say("build", 0, 0)
        present = _copy(settings.models_dir / "index", Path(temporary) / "before")
        before = _understanding(_built(settings, content, embedder, present), embedder, thresholds)
        with_it = _copy(present, Path(temporary) / "now")
        now = _understanding(_built(settings, changed, embedder, with_it), embedder, thresholds)
    itself, flips = replay(before, now, Question("itself", text, (entry,), "faq", ""), questions, say)
    return {
        "content": content.hash,
        "replayed": len(questions),
        "itself": itself,
        "flips": [asdict(flip) for flip in flips],
    }


def replay(
    before: Understanding, now: Understanding, asked: Question, questions: Sequence[Question], say: Say
) -> tuple[list[str], list[Flip]]:
    """What `asked` gets before and now, and the questions that are answered otherwise, the worst first."""
    itself = [_in_words(find(understanding, asked)) for understanding in (before, now)]
    flips = []
    for number, question in enumerate(questions):
        if number % _TELL_EVERY == 0:
            say("replay", number, len(questions))
        first, second = find(before, question), find(now, question)
        if _seen(first) != _seen(second):
            words = _in_words(first), _in_words(second)
            verdict = judge(question, first, second)
            flips.append(Flip(question.id, question.text, question.before, list(question.expect), *words, verdict))
    order = ("worse", "other", "better")
    return itself, sorted(flips, key=lambda flip: order.index(flip.verdict))


def judge(question: Question, before: Found, now: Found) -> Verdict:
    """Whether a partner is served better."""
    first, second = worth(question, before), worth(question, now)
    return "better" if second > first else "worse" if second < first else "other"


def worth(question: Question, found: Found) -> int:
    """3 right, 2 half of it or among the choices, 1 an honest "I don't know", 0 something wrong."""
    expected, answers = set(question.expect), set(found.answers)
    if question.kind == "smalltalk":
        return 3 if found.intent else 0
    if question.kind == "oos":
        return 0 if answers else 2 if found.decision == "choices" else 3
    if found.intent and not answers:
        return 0
    if answers:
        if question.kind == "double":
            return 3 if expected <= answers else 2 if expected & answers else 0
        return 3 if expected & answers else 0
    if found.decision == "choices":
        return 2 if expected & set(found.ids[:3]) else 0
    return 1


def _seen(found: Found) -> tuple[Any, ...]:
    """What a partner would see of it."""
    offered = frozenset(found.ids[:3]) if found.decision == "choices" and not found.answers else frozenset()
    return found.decision, found.answers, offered, "" if found.answers else found.intent


def _in_words(found: Found) -> str:
    if found.answers:
        return " and ".join(found.answers)
    if found.intent:
        return f"small talk: {found.intent}"
    if found.decision == "choices":
        return f"choices: {', '.join(found.ids[:3])}"
    return "I don’t know"


def _understanding(folder: Path, embedder: Embedder, thresholds: Thresholds) -> Understanding:
    return Understanding(Search(index.load(folder), embedder, thresholds))


def _built(settings: Settings, content: Content, embedder: Embedder, folder: Path) -> Path:
    """An index of this content in the folder; what is there already is not made again."""
    index.build(
        content,
        read_examples(ROOT / "data" / "nlu.yml"),
        Terms.load(settings.content_dir / "terms.yml"),
        embedder,
        folder,
        requests=strict_yaml.load((ROOT / "knowledge" / "policy" / "requests.yml").read_text(encoding="utf-8")),
    )
    return folder


def _copy(source: Path, target: Path) -> Path:
    """The current index of a folder in a folder of its own; most vectors are taken from it."""
    target.mkdir()
    current = index.read_manifest(source)
    if current is not None:
        shutil.copytree(source / current.version, target / current.version)
        (target / "current").write_text(current.version, encoding="utf-8")
    return target


def main() -> int:
    """Read what to try from standard input; exit status 1 with {"problem"} where that is impossible."""
    os.nice(_NICE)

    def tell(**what: Any) -> None:
        print(json.dumps(what), flush=True)

    try:
        wanted = json.loads(sys.stdin.readline())
        questions = read_questions(QUESTIONS)
        settings = Settings.load()
        result = try_phrasing(
            settings,
            str(wanted["entry"]),
            str(wanted["text"]),
            questions,
            lambda phase, done, of: tell(phase=phase, done=done, of=of),
        )
    except (NotAdded, ContentError, QuestionError) as problem:
        tell(problem=str(problem))
        return 1
    tell(result=result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
