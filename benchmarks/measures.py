"""What a searcher's findings are worth, counted. Every share is of the questions it speaks of."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from benchmarks.questions import Found, Question

MOST_ANSWERED = 0.05  # of the unanswerable, at the point of the curve that is reported
Pair = tuple[Question, Found]


@dataclass(frozen=True)
class Answerable:
    """Shares of the questions that an entry answers.

    `right` to `talk` are what happened at the searcher's own decision and add up to 1: answered with
    an expected entry, with other entries only, given choices with an expected entry among them, given
    other choices, told "I don't know", taken for small talk. `beside` of those `right` got another
    answer as well. `offered` is the share that got an expected entry, as an answer or as a choice.
    """

    count: int
    top1: float
    top3: float
    right: float
    beside: float
    wrong: float
    choice: float
    other_choice: float
    unknown: float
    talk: float

    @property
    def offered(self) -> float:
        return self.right + self.choice


@dataclass(frozen=True)
class Unanswerable:
    """Shares of the messages that no entry answers: answered, given choices, taken for small talk."""

    count: int
    answered: float
    choices: float
    talk: float


def answerable(pairs: Sequence[Pair]) -> Answerable:
    """Measure questions of kind faq."""
    outcomes = Counter(outcome(question, found) for question, found in pairs)
    beside = [p for p in pairs if outcome(*p) == "right" and not set(p[1].answers) <= set(p[0].expect)]
    return Answerable(
        count=len(pairs),
        top1=_share(pairs, lambda p: bool(set(p[1].ids[:1]) & set(p[0].expect))),
        top3=_share(pairs, lambda p: bool(set(p[1].ids[:3]) & set(p[0].expect))),
        beside=len(beside) / max(len(pairs), 1),
        **{
            name: outcomes[name] / max(len(pairs), 1)
            for name in ("right", "wrong", "choice", "other_choice", "unknown", "talk")
        },
    )


def unanswerable(pairs: Sequence[Pair]) -> Unanswerable:
    """Measure messages of kind oos."""
    return Unanswerable(
        count=len(pairs),
        answered=_share(pairs, lambda p: bool(p[1].answers)),
        choices=_share(pairs, lambda p: p[1].decision == "choices" and not p[1].intent),
        talk=_share(pairs, lambda p: bool(p[1].intent)),
    )


def outcome(question: Question, found: Found) -> str:
    """What became of an answerable question: the name of a field of `Answerable`."""
    expected = set(question.expect)
    if found.intent:
        return "talk"
    if found.answers:
        return "right" if expected & set(found.answers) else "wrong"
    if found.decision == "choices":
        return "choice" if expected & set(found.ids[:3]) else "other_choice"
    return "unknown"


def right_at_curve_point(faq: Sequence[Pair], oos: Sequence[Pair]) -> float:
    """Share of `faq` whose best entry is right and surer than all but 5 % of `oos`."""
    sure = sorted((_sureness(found) for _, found in oos), reverse=True)
    passed = sure[int(MOST_ANSWERED * len(sure))] if sure else -1.0
    return _share(faq, lambda p: bool(set(p[1].ids[:1]) & set(p[0].expect)) and _sureness(p[1]) > passed)


def talk_right(pairs: Sequence[Pair]) -> float:
    """Share of the small talk that was taken for the kind it is."""
    return _share(pairs, lambda p: f"smalltalk:{p[1].intent}" in p[0].expect)


def confusions(pairs: Iterable[Pair]) -> list[tuple[str, str, list[str]]]:
    """Expected entry, entry found first instead, ids of the questions; most frequent first."""
    mistaken: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for question, found in pairs:
        first = found.ids[0] if found.ids else "nothing"
        if first not in question.expect:
            mistaken[question.expect[0], first].append(question.id)
    return sorted(((*both, ids) for both, ids in mistaken.items()), key=lambda row: (-len(row[2]), row))


def _sureness(found: Found) -> float:
    return 0.0 if found.intent else found.score


def _share(pairs: Sequence[Pair], holds: Callable[[Pair], bool]) -> float:
    return sum(map(holds, pairs)) / max(len(pairs), 1)
