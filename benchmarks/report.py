"""The tables that `care evaluate` prints."""

from __future__ import annotations

from collections.abc import Callable

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from benchmarks import measures
from benchmarks.measures import Pair
from benchmarks.questions import Question

_MOST_CONFUSIONS = 12


def print_set(console: Console, name: str, pairs: list[Pair]) -> None:
    """One set's questions: by section and style, the unanswerable, small talk, doubles, follow-ups, confusions."""
    by_kind = {kind: [pair for pair in pairs if pair[0].kind == kind] for kind in {pair[0].kind for pair in pairs}}
    faq, oos = by_kind.get("faq", []), by_kind.get("oos", [])
    console.rule(name)
    if faq:
        _print_answerable(console, "section", faq, lambda question: question.section)
        _print_answerable(console, "style", faq, lambda question: question.style)
    if oos:
        _print_unanswerable(console, oos)
    if faq and oos:
        share = _percent(measures.right_at_curve_point(faq, oos))
        console.print(f"right answers when 5 % of the unanswerable are answered: {share}")
    if talk := by_kind.get("smalltalk"):
        wrong = [f"{q.id} {f.intent or 'question'}" for q, f in talk if f"smalltalk:{f.intent}" not in q.expect]
        share = _percent(measures.talk_right(talk))
        console.print(f"small talk right: {share} of {len(talk)}; wrong: {', '.join(wrong) or 'none'}")
    if double := by_kind.get("double"):
        _print_double(console, double)
    if follow_ups := by_kind.get("followup"):
        _print_follow_ups(console, follow_ups)
    _print_confusions(console, faq)


def _print_answerable(console: Console, by: str, pairs: list[Pair], group: Callable[[Question], str]) -> None:
    table = _table(f"Answerable, by {by}", by, "n", "top-1", "top-3", "right", "wrong", "offered", "other", "unknown")
    groups = sorted({group(question) for question, _ in pairs})
    rows = [(one, [pair for pair in pairs if group(pair[0]) == one]) for one in groups]
    for label, some in [*rows, ("all", pairs)]:
        found = measures.answerable(some)
        shares = (found.top1, found.top3, found.right, found.wrong, found.offered, found.other_choice)
        table.add_row(
            label,
            str(found.count),
            *map(_percent, shares),
            _percent(found.unknown + found.talk),
            style="bold" if label == "all" else "",
        )
    console.print(table)
    if by == "style":
        found = measures.answerable(pairs)
        console.print(
            "right, wrong: answered at the threshold. offered: right, or the expected entry among the choices. "
            "other: choices without it. unknown: told that we don't know"
            f" (taken for small talk: {_percent(found.talk)}). "
            f"A second, unasked answer beside the right one: {_percent(found.beside)}.",
            style="dim",
        )


def _print_unanswerable(console: Console, pairs: list[Pair]) -> None:
    table = _table("Unanswerable", "style", "n", "answered", "choices", "talk")
    styles = sorted({question.style for question, _ in pairs})
    for label in [*styles, "all"]:
        found = measures.unanswerable([pair for pair in pairs if label in (pair[0].style, "all")])
        table.add_row(
            label,
            str(found.count),
            *map(_percent, (found.answered, found.choices, found.talk)),
            style="bold" if label == "all" else "",
        )
    console.print(table)
    answered = [f"{question.id} {found.answers[0]}" for question, found in pairs if found.answers]
    console.print(f"answered though unanswerable: {', '.join(answered) or 'none'}", style="dim")


def _print_double(console: Console, pairs: list[Pair]) -> None:
    table = _table("Two questions in one message", "outcome", "n", "questions", words=2)
    answered = [(q.id, len(set(q.expect) & set(f.answers)), len(set(f.answers) - set(q.expect))) for q, f in pairs]
    for label, some in (
        ("both answered", [id for id, expected, _ in answered if expected == 2]),
        ("one answered", [id for id, expected, _ in answered if expected == 1]),
        ("neither answered", [id for id, expected, _ in answered if expected == 0]),
        ("something else answered", [id for id, _, others in answered if others]),
    ):
        table.add_row(label, str(len(some)), " ".join(some))
    console.print(table)


def _print_follow_ups(console: Console, pairs: list[Pair]) -> None:
    table = _table("Follow-ups on the question before", "outcome", "n", "questions", words=2)
    outcomes = [(measures.outcome(question, found), question.id) for question, found in pairs]
    for name, label in (
        ("right", "answered rightly"),
        ("wrong", "answered wrongly"),
        ("choice", "expected entry among the choices"),
        ("other_choice", "other choices"),
        ("unknown", "told that we don't know"),
        ("talk", "taken for small talk"),
    ):
        some = [id for found, id in outcomes if found == name]
        table.add_row(label, str(len(some)), " ".join(some))
    console.print(table)


def _print_confusions(console: Console, pairs: list[Pair]) -> None:
    rows = measures.confusions(pairs)
    if not rows:
        return
    table = _table("Worst confusions", "expected", "found first", "n", "questions", words=(0, 1, 3))
    for expected, found, ids in rows[:_MOST_CONFUSIONS]:
        table.add_row(expected, found, str(len(ids)), " ".join(ids))
    console.print(table)
    if len(rows) > _MOST_CONFUSIONS:
        console.print(f"and {len(rows) - _MOST_CONFUSIONS} more pairs", style="dim")


def print_comparison(console: Console, name: str, by_searcher: dict[str, list[Pair]]) -> None:
    """One set's shares, one row a searcher."""
    table = _table(
        f"{name}: beside peers on the same content",
        *("searcher", "top-1", "top-3", "at 5 %", "right", "wrong", "oos", "talk"),
    )
    for label, pairs in by_searcher.items():
        faq = [pair for pair in pairs if pair[0].kind == "faq"]
        oos = [pair for pair in pairs if pair[0].kind == "oos"]
        talk = [pair for pair in pairs if pair[0].kind == "smalltalk"]
        found, unasked = measures.answerable(faq), measures.unanswerable(oos)
        decided = all(one.decision is not None for _, one in pairs)
        table.add_row(
            label,
            *map(_percent, (found.top1, found.top3, measures.right_at_curve_point(faq, oos))),
            *map(_percent if decided else _blank, (found.right, found.wrong, unasked.answered)),
            (_percent if decided else _blank)(measures.talk_right(talk)),
        )
    console.print(table)
    console.print(
        "at 5 %: right answers at the threshold where 5 % of the unanswerable are answered. At the searcher's own "
        "decision, where it takes one: right and wrong answers, unanswerable ones answered (oos), small talk right.",
        style="dim",
    )


def _table(title: str, *columns: str, words: int | tuple[int, ...] = 0) -> Table:
    """`words`: the columns of words besides the first; all others are numbers."""
    of_words = {0, words} if isinstance(words, int) else set(words)
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for position, column in enumerate(columns):
        table.add_column(column, justify="left" if position in of_words else "right", overflow="fold")
    return table


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _blank(_: float) -> str:
    return "–"
