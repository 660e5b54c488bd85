"""What a phrasing would change: which answers flip, and whether that is better or worse."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from actions.understanding import Understanding
from benchmarks import trial
from benchmarks.questions import Found, Question
from knowledge.faq.classifier import Classifier
from knowledge.faq.editing import NotAdded
from knowledge.faq.embedder import Vectors
from settings import ROOT, Settings

ENTRY = "billing/dispute-period"
FAQ = Question("f", "how long can I dispute an invoice?", (ENTRY,), "faq", "")
OOS = replace(FAQ, kind="oos", expect=())


def found(decision: Any = "none", *answers: str, ids: tuple[str, ...] = (), intent: str = "") -> Found:
    return Found(ids or answers, 0.5, decision, answers, intent)


@pytest.mark.parametrize(
    ("question", "outcome", "worth"),
    [
        (FAQ, found("answer", ENTRY), 3),
        (FAQ, found("choices", ids=("x", ENTRY)), 2),
        (FAQ, found("choices", ids=("x", "y", "z", ENTRY)), 0),
        (FAQ, found(), 1),
        (FAQ, found("answer", "x"), 0),
        (FAQ, found(intent="greet"), 0),
        (OOS, found(), 3),
        (OOS, found("choices", ids=("x",)), 2),
        (OOS, found("answer", "x"), 0),
        (replace(FAQ, kind="double", expect=(ENTRY, "x")), found("answer", ENTRY, "x"), 3),
        (replace(FAQ, kind="double", expect=(ENTRY, "x")), found("answer", ENTRY), 2),
        (replace(FAQ, kind="double", expect=(ENTRY, "x")), found("answer", "y"), 0),
        (replace(FAQ, kind="smalltalk", expect=("smalltalk:bye",)), found(intent="bye"), 3),
        (replace(FAQ, kind="smalltalk", expect=("smalltalk:bye",)), found(), 0),
        (replace(FAQ, kind="followup"), found("answer", ENTRY), 3),
    ],
)
def test_what_an_outcome_is_worth(question: Question, outcome: Found, worth: int) -> None:
    assert trial.worth(question, outcome) == worth


def test_the_worst_flips_come_first(monkeypatch: pytest.MonkeyPatch, understanding: Understanding) -> None:
    other = Understanding(understanding.search)
    right, wrong = found("answer", ENTRY), found("answer", "x")
    outcomes = {  # before, now
        "better": (found(), right),
        "same": (right, replace(right, score=0.9)),
        "other": (wrong, found("answer", "y")),
        "order": (found("choices", ids=("x", "y")), found("choices", ids=("y", "x"))),
        "worse": (right, found()),
    }
    monkeypatch.setattr(
        trial, "find", lambda one, asked: outcomes[asked.text][one is other] if asked.text in outcomes else found()
    )
    said: list[tuple[str, int, int]] = []
    questions = [replace(FAQ, id=text, text=text) for text in outcomes]
    itself, flips = trial.replay(understanding, other, FAQ, questions, lambda *what: said.append(what))
    assert itself == ["I don’t know", "I don’t know"]
    assert [(flip.id, flip.verdict) for flip in flips] == [("worse", "worse"), ("other", "other"), ("better", "better")]
    assert (flips[0].before, flips[0].now) == (ENTRY, "I don’t know")
    assert said == [("replay", 0, 5)]


def test_a_phrasing_is_tried_beside_the_index_that_answers(
    monkeypatch: pytest.MonkeyPatch, own_models: dict[str, str]
) -> None:
    """Without the training, which takes a minute: the classifier of the present index is taken for both."""
    settings = Settings.load(own_models)
    folder = settings.models_dir / "index"
    version = (folder / "current").read_text(encoding="utf-8")
    classifier = Classifier.load(folder / version / "classifier.npz")
    trained: list[int] = []

    def take(texts: list[str], vectors: Vectors, labels: list[str]) -> Classifier:
        trained.append(len(texts))
        return classifier

    monkeypatch.setattr("knowledge.faq.index.train", take)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    text = "zebra crossing of the northern quarter"
    result = trial.try_phrasing(settings, ENTRY, text, [FAQ, OOS], lambda *_: None)
    assert result["replayed"] == 2
    assert result["flips"] == []
    assert result["itself"] == ["I don’t know", ENTRY]  # its nearest phrasing is itself
    assert len(trained) <= 2
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()} == before
    with pytest.raises(NotAdded):
        trial.try_phrasing(settings, "no/entry", text, [], lambda *_: None)


@pytest.fixture
def own_models(settings: Settings) -> dict[str, str]:
    """The models as they are: nothing may be written to them."""
    return {"CARE_MODELS_DIR": str(settings.models_dir)}


def test_the_command_says_a_problem_in_a_line_of_json() -> None:
    wanted = json.dumps({"entry": "no/entry", "text": "x"})
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.trial"], input=wanted, cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert json.loads(done.stdout) == {"problem": "There is no such entry any more."}
