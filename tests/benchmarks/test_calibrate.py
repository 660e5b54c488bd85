"""Confidence and thresholds come from scores of messages that the search was not taught."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import calibrate
from benchmarks.calibrate import FOLDS, HeldOut, choose, hold_out, limit, reliability, write
from knowledge.faq.search import Thresholds
from knowledge.faq.text import Terms
from tests.knowledge.small_faq import EXAMPLES, FakeEmbedder, SmallFaq


def known_odds(messages: int) -> list[HeldOut]:
    """Messages that are right with the odds 4 × odds(score)², and as many unanswerable ones of low score."""
    chance = np.random.default_rng(7)
    made = []
    for score in chance.uniform(0.01, 0.99, messages):
        odds = 4 * (score / (1 - score)) ** 2
        right = chance.random() < odds / (1 + odds)
        made.append(HeldOut("a/b", "", "a/b" if right else "a/c", float(score), "", 0.0))
    return made


def test_the_calibration_recovers_known_odds() -> None:
    thresholds = choose([*known_odds(4000), HeldOut("", "", "a/b", 0.0001, "greet", 0.2)])
    assert thresholds.slope == pytest.approx(2, abs=0.2)
    assert thresholds.offset == pytest.approx(np.log(4), abs=0.2)
    for _, _, messages, mean, right in reliability(known_odds(4000), thresholds):
        assert messages > 0
        assert mean == pytest.approx(right, abs=0.08)


def test_at_most_the_share_asked_for_passes_the_limit() -> None:
    scores = [number / 100 for number in range(100)]
    for share in (0.0, 0.015, 0.12, 0.5):
        assert sum(score > limit(scores, share) for score in scores) == int(100 * share)


def test_the_limits_keep_the_promised_shares() -> None:
    chance = np.random.default_rng(1)
    others = [HeldOut("", "", "a/b", float(score), "greet", float(score) / 2) for score in chance.beta(1, 8, 1000)]
    thresholds = choose([*known_odds(2000), *others])
    confidence = [thresholds.confidence(message.score) for message in others]
    assert sum(one >= thresholds.answer for one in confidence) <= calibrate.MOST_UNANSWERABLE_ANSWERED * 1000
    assert sum(one >= thresholds.choices for one in confidence) <= calibrate.MOST_UNANSWERABLE_OFFERED * 1000
    as_talk = sum(message.intent_score >= thresholds.intent for message in others)
    assert as_talk <= calibrate.MOST_QUESTIONS_AS_INTENT * 3000
    assert thresholds.choices < thresholds.answer


def test_every_message_is_held_out_once_and_never_taught_to_the_index_it_is_asked_of(tmp_path: Path) -> None:
    faq, embedder = SmallFaq(tmp_path), FakeEmbedder()
    content = faq.content()
    found = hold_out(content, EXAMPLES, Terms.load(faq.folder / "terms.yml"), embedder)
    phrasings = [text for entry in content.entries.values() for text in entry.phrasings]
    others = [text for texts in (*content.unanswerable.values(), *EXAMPLES.values()) for text in texts]
    assert len(found) == len(phrasings) + len(others)
    assert FOLDS > 1
    # The same words score .95 at least. FakeEmbedder gives other texts unrelated vectors: nothing comes near.
    assert max(message.score for message in found) < 0.9


def test_writing_keeps_the_comments(tmp_path: Path) -> None:
    file = tmp_path / "search.yml"
    file.write_text(
        "# why\nslope: 1.0  # a\noffset: 0.0\nanswer: 0.5\nchoices: 0.1\nintent: 0.4   # b\n", encoding="utf-8"
    )
    chosen = Thresholds(slope=1.3, offset=-2.5, answer=0.85, choices=0.4, intent=0.3)
    write(chosen, file)
    assert Thresholds.load(file) == chosen
    assert file.read_text(encoding="utf-8").startswith("# why\nslope: 1.3  # a\noffset: -2.5\n")


def test_a_search_file_without_a_key_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "search.yml"
    file.write_text("slope: 1.0\n", encoding="utf-8")
    with pytest.raises(ValueError, match="offset must stand there once, it stands there 0 times"):
        write(Thresholds(1.0, 0.0, 0.5, 0.1, 0.4), file)
