"""Search: which entry answers a message, and what to do about it. Most tests ask the real index."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from knowledge.faq.entries import Content
from knowledge.faq.search import Search, Thresholds
from tests.knowledge.small_faq import FakeEmbedder, SmallFaq


@pytest.fixture
def faq(tmp_path: Path) -> SmallFaq:
    return SmallFaq(tmp_path)


# Questions and what they find


@pytest.mark.parametrize(
    ("asked", "entry"),
    [
        ("for how many months back can we complain about an invoice", "billing/dispute-period"),
        ("how long until a ported number works with you", "classound/porting-duration"),
        ("a phone we rent from you vanished from the office", "hwaas/lost-item"),
        ("in which languages may i write a ticket", "general/ticket-language"),
        ("where is my parcel", "orders/tracking"),
    ],
)
def test_a_question_finds_its_entry(search: Search, asked: str, entry: str) -> None:
    found = search.search(asked)
    assert (found.intent, found.decision, found.hits[0].id) == (None, "answer", entry)
    assert found.index_version == search.index.manifest.version


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("how do i order clasound", "how do I order CLASSOUND"),
        ("early end of hwass rental, minimum term?", "early end of HWaaS rental, minimum term?"),
        ("x-bess licensing model", "x-bees licensing model"),
        ("when comes the CN for hwaas", "when comes the credit note for HWaaS"),
        ("how can i cancel a DID", "how can i cancel a phone number DID"),
        ("IVP set-up", "Instant Virtual Porting set-up"),
        ("my LT pbx stopped", "my LifeTime pbx stopped"),
        ("prting duraton", "porting duration"),
    ],
)
def test_mistyped_names_and_short_forms_find_the_same(search: Search, typed: str, meant: str) -> None:
    assert search.search(typed).hits[0].id == search.search(meant).hits[0].id


QUESTION = "how long can I dispute an invoice"


@pytest.mark.parametrize(
    "typed",
    [
        "\u200b".join(QUESTION),
        "ｈｏｗ ｌｏｎｇ ｃａｎ Ｉ ｄｉｓｐｕｔｅ ａｎ ｉｎｖｏｉｃｅ",
        f"\u202e\ufeff  {QUESTION}\u2069\u0000",
        QUESTION.replace(" ", "\u00a0\n"),
        QUESTION + " " * 100_000,
        QUESTION + " " + "\u200b" * 100_000,
    ],
)
def test_tricks_with_characters_change_nothing(search: Search, typed: str) -> None:
    assert search.search(typed).hits == search.search(QUESTION).hits


@pytest.mark.parametrize("typed", ["who won the world cup", "recipe for pizza dough", "write me a poem about rain"])
def test_what_no_entry_answers_is_not_answered(search: Search, typed: str) -> None:
    assert search.search(typed).decision == "none"


@pytest.mark.parametrize("typed", ["", "   ", "\u200b\u200b", "?!…", "—" * 5000])
def test_a_message_without_letters_finds_nothing(search: Search, typed: str) -> None:
    found = search.search(typed)
    assert (found.hits, found.decision, found.intent) == ((), "none", None)


@pytest.mark.parametrize(
    ("typed", "intent"), [("Hello!", "greet"), ("thank you very much", "thanks"), ("good bye", "bye"), ("help", "help")]
)
def test_small_talk_is_no_question(search: Search, typed: str, intent: str) -> None:
    assert search.search(typed).intent == intent


def test_every_phrasing_finds_its_own_entry(search: Search, content: Content) -> None:
    """One phrasing an entry, typed exactly as an editor wrote it."""
    missed = [
        entry.id for entry in content.entries.values() if search.search(entry.phrasings[-1]).hits[0].id != entry.id
    ]
    assert len(content.entries) == 102
    assert missed == []


@limits(max_examples=80, deadline=None)
@given(st.text(max_size=400) | st.text("aeiou port?!", max_size=60))
def test_any_text_gets_a_sound_result(search: Search, text: str) -> None:
    found = search.search(text)
    confidences = [hit.confidence for hit in found.hits]
    assert confidences == sorted(confidences, reverse=True)
    assert all(0.0 <= confidence <= 1.0 for confidence in confidences)
    assert len({hit.id for hit in found.hits}) == len(found.hits) <= 5
    assert found.choices == found.hits[:3]
    assert (found.decision == "none") or found.hits


# Leaving out what was just read


def test_an_entry_can_be_left_out(search: Search) -> None:
    first, second, *_ = search.search(QUESTION).hits
    besides = search.search(QUESTION, besides=frozenset({first.id}))
    assert besides.hits[0].id == second.id
    assert besides.decision != "answer"


def test_leaving_out_an_unknown_entry_changes_nothing(search: Search) -> None:
    assert search.search(QUESTION, besides=frozenset({"no/such"})) == search.search(QUESTION)


# Decisions


def test_confidence_decides_between_answer_choices_and_none(faq: SmallFaq) -> None:
    embedder = FakeEmbedder()
    faq.build(embedder)
    sure = faq.search(embedder).search("When do I water? said in way 3")
    assert (sure.decision, sure.hits[0].id) == ("answer", "water/when")
    faq.change("search.yml", "answer: 0.5", "answer: 0.999")
    assert faq.search(embedder).search("When do I water? said in way 3").decision == "choices"
    faq.change("search.yml", "choices: 0.1", "choices: 0.999")
    assert faq.search(embedder).search("When do I water? said in way 3").decision == "none"


def test_an_index_of_another_model_is_refused(faq: SmallFaq) -> None:
    faq.build(FakeEmbedder())
    with pytest.raises(ValueError, match=r"The index was built with fake, not other\. Run `care index`"):
        faq.search(FakeEmbedder("other"))


def test_an_entry_is_looked_up_by_id(search: Search) -> None:
    assert search.entry("billing/dispute-period").section == "Billing"
    with pytest.raises(KeyError):
        search.entry("billing/nothing")


# Thresholds


def test_an_uncalibrated_score_is_its_own_confidence() -> None:
    plain = Thresholds(slope=1.0, offset=0.0, answer=0.5, choices=0.1, intent=0.5)
    assert math.isclose(plain.confidence(0.3), 0.3)
    assert 0.0 < plain.confidence(0.0) < 1e-5
    assert 1 - 1e-5 < plain.confidence(1.0) < 1.0


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.1, 5), st.floats(-5, 5))
def test_a_higher_score_is_never_less_sure(one: float, other: float, slope: float, offset: float) -> None:
    thresholds = Thresholds(slope=slope, offset=offset, answer=0.5, choices=0.1, intent=0.5)
    low, high = sorted((one, other))
    assert 0.0 <= thresholds.confidence(low) <= thresholds.confidence(high) <= 1.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("slope: 1.0\n", "must give exactly slope, offset, answer, choices, intent."),
        ("slope: 1\noffset: 0\nanswer: 1\nchoices: 1\nintent: 1\nmore: 1\n", "must give exactly slope"),
        ("slope: 1\noffset: 0\nanswer: high\nchoices: 1\nintent: 1\n", "answer: must be a number such as 0.5."),
        ("[", "not valid YAML"),
        ("", "must give exactly slope"),
    ],
)
def test_unusable_thresholds_are_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "search.yml").write_text(text)
    with pytest.raises(ValueError, match=said):
        Thresholds.load(tmp_path / "search.yml")
