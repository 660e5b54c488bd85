"""Typing mistakes: unknown words become the nearest of our common words, everything else stays."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.faq.spelling import Spelling, count_words

OURS = ["porting a number costs nothing", "a porting fee", "porting date of the invoice", "porting fee on an invoice"]
OURS += ["invoice dispute", "invoice and licence", "the licence", "licence of a subscription", "licence cost"]
OURS += ["subscription", "subscription term", "subscription paid", "my telefono", "telefono rotto", "one Pbxse"]
SPELLING = Spelling(count_words(OURS))


@pytest.mark.parametrize(
    ("typed", "mended"),
    [
        ("the invioce", "the invoice"),
        ("prting of numbers", "porting of numbers"),
        ("my license-licece", "my license-licence"),
        ("subscirptoin", "subscription"),  # long words may have two wrong letters
        ("invoicce, invvoice!", "invoice, invoice!"),
    ],
)
def test_a_misspelled_word_becomes_ours(typed: str, mended: str) -> None:
    assert SPELLING.mend(typed) == mended


@pytest.mark.parametrize(
    "text",
    [
        "posting sorting parting",  # English words, though near to one of ours
        "telefono",  # foreign, but our partners write it
        "nvoice ivnioce",  # begins otherwise; two letters wrong in a short word
        "Invoce INVOCE",  # names and codes
        "inv lic",  # too short to tell
        "xyzzyx 12345 ☎ …",
    ],
)
def test_other_words_stay(text: str) -> None:
    assert SPELLING.mend(text) == text


@given(st.text())
def test_mending_touches_nothing_but_words_and_is_done_once(text: str) -> None:
    mended = SPELLING.mend(text)
    assert re.sub("[A-Za-z]+", "", mended) == re.sub("[A-Za-z]+", "", text)
    assert SPELLING.mend(mended) == mended


@given(st.text("abceinoprstuv", min_size=4, max_size=14))
def test_a_word_becomes_a_word_of_ours_or_stays(word: str) -> None:
    mended = SPELLING.mend(word)
    assert mended == word or (mended in {"porting", "invoice", "licence", "subscription"} and mended[0] == word[0])


def test_words_are_counted_without_case_and_short_ones() -> None:
    assert count_words(["The Invoice, the INVOICE", "of it"]) == {"the": 2, "invoice": 2}
