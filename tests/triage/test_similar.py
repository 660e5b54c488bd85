"""Which open tickets are offered as likely duplicates, with a fake embedder: words shared are meaning shared."""

from __future__ import annotations

import numpy as np
import pytest

from knowledge.faq.embedder import Vectors, unit
from triage.similar import find_similar
from triage.verdict import Candidate


def embed(texts: list[str]) -> Vectors:
    words = sorted({word for text in texts for word in text.lower().split()})
    return unit(np.array([[float(word in text.lower().split()) for word in words] for text in texts]))


TEXT = "please cancel the number of the hotel"


@pytest.mark.parametrize(
    ("own", "other", "reason"),
    [
        ({"did_numbers": ["+390451234567"]}, {"did_numbers": ["+390451234567"]}, "the same number +390451234567"),
        ({"did_numbers": ["+390451234567"]}, {"did_numbers": ["+3904512345XX"]}, "the same numbers"),
        ({"invoice_number": "INV-2026-1"}, {"invoice_number": "inv 2026 1"}, "the same invoice INV-2026-1"),
        ({"pbx": "Hotel Rosa"}, {"pbx": "hotel rosa"}, "the same PBX Hotel Rosa"),
    ],
)
def test_what_both_name_is_the_reason(own: dict[str, object], other: dict[str, object], reason: str) -> None:
    found = find_similar(TEXT, own, [Candidate("CC-000001", "cancel the number of the hotel please", other)], embed)
    assert [one.number for one in found] == ["CC-000001"]
    assert found[0].reason.startswith(reason)
    assert 0 < found[0].score <= 1


def test_the_same_pbx_with_another_matter_is_no_duplicate() -> None:
    other = Candidate("CC-000001", "invoice wrong total contest", {"pbx": "Hotel Rosa"})
    assert find_similar(TEXT, {"pbx": "Hotel Rosa"}, [other], embed) == []


def test_the_same_words_about_another_number_are_no_duplicate() -> None:
    other = Candidate("CC-000001", TEXT, {"did_numbers": ["+390459999999"]})
    assert find_similar(TEXT, {"did_numbers": ["+390451234567"]}, [other], embed) == []
    assert find_similar(TEXT, {}, [Candidate("CC-000002", TEXT, {})], embed)[0].reason == "nearly the same words"


def test_nothing_is_like_nothing() -> None:
    assert find_similar("", {}, [Candidate("CC-000001", TEXT, {})], embed) == []
    assert find_similar(TEXT, {}, [], embed) == []
