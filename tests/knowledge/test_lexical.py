"""Character n-grams: the evidence of spelling beside that of meaning."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from knowledge.faq import lexical


def likeness(one: str, other: str) -> float:
    """Cosine of two texts' n-grams, all weighted alike."""
    rows = lexical.features([one, other], np.ones(lexical.BUCKETS, dtype=np.float32)).toarray()
    return float(rows[0] @ rows[1])


def test_words_are_cut_into_pieces_of_two_to_four_letters() -> None:
    assert sorted(lexical.ngrams("CN!")) == [" c", " cn", " cn ", "cn", "cn ", "n "]


def test_a_mistyped_name_is_still_like_itself() -> None:
    assert likeness("clasound", "CLASSOUND") > 0.5 > likeness("clasound", "Commitment")


def test_codes_are_told_apart() -> None:
    assert likeness("CN", "LT") == 0.0
    assert likeness("dial 911", "911") > 2 * likeness("dial 911", "112")


def test_a_piece_met_in_one_text_only_weighs_nothing() -> None:
    weights = lexical.fit_weights(["porting date", "porting fee", "zebra"])
    assert lexical.features(["zebra"], weights).sum() == 0
    assert lexical.features(["porting"], weights).sum() > 0


def test_what_many_texts_share_weighs_less() -> None:
    weights = lexical.fit_weights(["the fee", "the date", "the term", "fee"])
    the, fee = (lexical.counts([word]).indices[0] for word in ("the", "fee"))
    assert 0 < weights[the] < weights[fee]


@given(st.lists(st.text(), max_size=4))
def test_any_texts_give_rows_of_length_one_or_nothing(texts: list[str]) -> None:
    rows = lexical.features(texts, np.ones(lexical.BUCKETS, dtype=np.float32)).toarray()
    assert rows.shape == (len(texts), lexical.BUCKETS)
    for text, row in zip(texts, rows, strict=True):
        assert np.isclose(np.linalg.norm(row), 1.0 if lexical.ngrams(text) else 0.0, atol=1e-5)


@given(st.text(), st.text())
def test_a_text_reads_alike_in_any_company(text: str, neighbour: str) -> None:
    alone = lexical.counts([text]).toarray()[0]
    assert np.array_equal(lexical.counts([neighbour, text]).toarray()[1], alone)
