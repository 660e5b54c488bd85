"""Set confidence and thresholds from what the search was taught: `python -m benchmarks.calibrate [--write]`.

Each phrasing, unanswerable message and small-talk example is searched for in an index built without
it (and without another fifth of the rest). From these out-of-fold scores follow the two numbers that
turn a score into a confidence, and the three limits of the decision. No evaluation question is read.
"""

from __future__ import annotations

import itertools
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from sklearn.linear_model import LogisticRegression

from knowledge.faq import index
from knowledge.faq.build import read_examples
from knowledge.faq.embedder import Embedder, OnnxEmbedder
from knowledge.faq.entries import Content, load_content
from knowledge.faq.search import Search, Thresholds
from knowledge.faq.text import Terms
from settings import ROOT, Settings

FOLDS = 5
# Unanswerable messages of an author whose messages were not trained on are answered 1.6 to 1.8 times
# as often as out-of-fold ones (docs/evaluation.md): 1.5 % here stands for less than 3 % there.
MOST_UNANSWERABLE_ANSWERED = 0.015
MOST_UNANSWERABLE_OFFERED = 0.12  # an answer or choices
MOST_QUESTIONS_AS_INTENT = 0.005  # of phrasings and unanswerable messages taken for small talk
# The score itself as the confidence and every intent reported: what the fold's search is asked for.
_RAW = Thresholds(slope=1.0, offset=0.0, answer=1.0, choices=1.0, intent=0.0)
_LEAST = 1e-4  # scores are rounded to four digits
_BINS = (0.0, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 1.0)


@dataclass(frozen=True)
class HeldOut:
    """What a search that never saw a message made of it. `entry` is empty for what no entry answers."""

    entry: str
    intent: str
    found: str
    score: float
    found_intent: str
    intent_score: float

    @property
    def right(self) -> bool:
        """Whether the best entry is the one that answers the message."""
        return self.found == self.entry != ""


def hold_out(
    content: Content,
    examples: dict[str, list[str]],
    terms: Terms,
    embedder: Embedder,
    say: Callable[[str], None] = lambda _: None,
) -> list[HeldOut]:
    """Search each message of `content` and `examples` in an index built without its fold."""
    found: list[HeldOut] = []
    with tempfile.TemporaryDirectory(prefix="care-calibrate-") as folder:
        for fold in range(FOLDS):
            say(f"fold {fold + 1} of {FOLDS}")
            taught = replace(
                content,
                entries={id: replace(e, phrasings=_without(e.phrasings, fold)) for id, e in content.entries.items()},
                unanswerable={topic: _without(texts, fold) for topic, texts in content.unanswerable.items()},
            )
            taught_examples = {intent: list(_without(texts, fold)) for intent, texts in examples.items()}
            index.build(taught, taught_examples, terms, embedder, Path(folder))
            search = Search(index.load(Path(folder)), embedder, _RAW)
            asked = [(text, id, "") for id, entry in content.entries.items() for text in entry.phrasings[fold::FOLDS]]
            asked += [(text, "", "") for texts in content.unanswerable.values() for text in texts[fold::FOLDS]]
            asked += [(text, "", intent) for intent, texts in examples.items() for text in texts[fold::FOLDS]]
            found += (_ask(search, *message) for message in asked)
    return found


def choose(held_out: list[HeldOut]) -> Thresholds:
    """The calibration that fits the out-of-fold scores best, and the limits that keep the shares above."""
    questions = [message for message in held_out if not message.intent]
    unanswerable = [message.score for message in questions if not message.entry]
    regression = LogisticRegression(C=1e6).fit(_log_odds(questions), [message.right for message in questions])
    calibrated = replace(
        _RAW, slope=round(float(regression.coef_[0, 0]), 3), offset=round(float(regression.intercept_[0]), 3)
    )
    return replace(
        calibrated,
        answer=_up(calibrated.confidence(limit(unanswerable, MOST_UNANSWERABLE_ANSWERED))),
        choices=_up(calibrated.confidence(limit(unanswerable, MOST_UNANSWERABLE_OFFERED))),
        intent=_up(limit([message.intent_score for message in questions], MOST_QUESTIONS_AS_INTENT)),
    )


def limit(scores: Sequence[float], share: float) -> float:
    """The highest score that more than `share` of `scores` reach: a limit just above it lets at most `share` pass."""
    return sorted(scores, reverse=True)[int(share * len(scores))]


def reliability(held_out: list[HeldOut], thresholds: Thresholds) -> list[tuple[float, float, int, float, float]]:
    """For each band of confidence: from, to, messages, mean confidence, share that was right."""
    questions = [message for message in held_out if not message.intent]
    confidence = np.array([thresholds.confidence(message.score) for message in questions])
    right = np.array([message.right for message in questions])
    rows = []
    for low, high in itertools.pairwise(_BINS):
        within = (confidence >= low) & ((confidence < high) | (high == _BINS[-1]))
        if within.any():
            rows.append((low, high, int(within.sum()), float(confidence[within].mean()), float(right[within].mean())))
    return rows


def write(thresholds: Thresholds, path: Path) -> None:
    """Replace the numbers of `search.yml`, keeping its comments."""
    text = path.read_text(encoding="utf-8")
    for name, value in vars(thresholds).items():
        text, replaced = re.subn(rf"(?m)^({name}:\s*)[-\d.]+", rf"\g<1>{value}", text)
        if replaced != 1:
            raise ValueError(f"{path.name}: {name} must stand there once, it stands there {replaced} times.")
    path.write_text(text, encoding="utf-8")


def _without(texts: Sequence[str], fold: int) -> tuple[str, ...]:
    return tuple(text for position, text in enumerate(texts) if position % FOLDS != fold)


def _ask(search: Search, text: str, entry: str, intent: str) -> HeldOut:
    result = search.search(text)
    best = result.hits[0] if result.hits else None
    return HeldOut(
        entry,
        intent,
        best.id if best else "",
        best.confidence if best else 0.0,
        result.intent or "",
        result.intent_confidence,
    )


def _log_odds(messages: list[HeldOut]) -> npt.NDArray[np.float64]:
    scores = np.clip([message.score for message in messages], _LEAST, 1 - _LEAST)
    log_odds: npt.NDArray[np.float64] = np.log(scores / (1 - scores))
    return log_odds[:, None]


def _up(value: float) -> float:
    """Rounded to three digits, never down, and above `value` itself."""
    return round(float(np.floor(value * 1000) + 1) / 1000, 3)


def _show(held_out: list[HeldOut], thresholds: Thresholds, console: Console) -> None:
    table = Table("confidence", title="Reliability, out of fold", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for name in ("messages", "mean confidence", "right"):
        table.add_column(name, justify="right")
    for low, high, count, mean, right in reliability(held_out, thresholds):
        table.add_row(f"{low:.2f} to {high:.2f}", str(count), f"{mean:.3f}", f"{right:.3f}")
    console.print(table)
    asked = [message for message in held_out if message.entry]
    others = [message for message in held_out if not message.entry and not message.intent]
    talk = [message for message in held_out if message.intent]

    def share(messages: list[HeldOut], holds: Callable[[HeldOut], bool]) -> str:
        return f"{sum(map(holds, messages)) / len(messages):.1%}"

    def sure(message: HeldOut) -> bool:
        return thresholds.confidence(message.score) >= thresholds.answer

    console.print(
        f"phrasings: {len(asked)}, best entry right {share(asked, lambda m: m.right)}, "
        f"answered rightly {share(asked, lambda m: m.right and sure(m))}, "
        f"wrongly {share(asked, lambda m: not m.right and sure(m))}\n"
        f"unanswerable: {len(others)}, answered {share(others, sure)}, offered an answer or choices "
        f"{share(others, lambda m: thresholds.confidence(m.score) >= thresholds.choices)}\n"
        f"dialogue examples: {len(talk)}, recognised "
        f"{share(talk, lambda m: m.found_intent == m.intent and m.intent_score >= thresholds.intent)}"
    )
    for name, value in vars(thresholds).items():
        console.print(f"{name}: {value}")


def main(arguments: list[str]) -> int:
    """Print what was found; with --write, put it into search.yml."""
    settings = Settings.load()
    console = Console()
    held_out = hold_out(
        load_content(settings.content_dir),
        read_examples(ROOT / "data" / "nlu.yml"),
        Terms.load(settings.content_dir / "terms.yml"),
        OnnxEmbedder(settings.models_dir / "encoder"),
        console.print,
    )
    thresholds = choose(held_out)
    _show(held_out, thresholds, console)
    if "--write" in arguments:
        write(thresholds, settings.content_dir / "search.yml")
        console.print("written to search.yml")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
