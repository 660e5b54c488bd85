"""How a message is read: invisible characters gone, product names forgiven, short forms explained."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.faq.text import MAX_CHARACTERS, Terms, clean
from settings import ROOT

TERMS = Terms.load(ROOT / "knowledge" / "faq" / "terms.yml")


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("  how \t much\n\nis it ", "how much is it"),
        ("po\u200brt\u00ading\ufeff", "porting"),
        ("\u202eporting\u2069", "porting"),
        ("ＰＯＲＴＩＮＧ １２", "PORTING 12"),
        ("a\u00a0b\u2003c", "a b c"),
        ("ﬁle №5", "file No5"),
        ("e\u200b\u0301tude", "étude"),
        ("bell\x07 and \x00nothing", "bell and nothing"),
        ("half a pair \ud83d", "half a pair"),
        ("naïve 电话 ☎️", "naïve 电话 ☎️"),
    ],
)
def test_what_cannot_be_seen_is_not_read(typed: str, read: str) -> None:
    assert clean(typed) == read


def test_a_hundred_kilobytes_are_cut() -> None:
    assert len(clean("word " * 20_000)) == MAX_CHARACTERS - 1
    assert len(clean("\ufdfa" * 100_000)) <= MAX_CHARACTERS  # one character that unfolds to eighteen
    assert clean("\u200b" * 100_000) == ""


@given(st.text())
def test_clean_text_is_short_visible_and_stays_as_it_is(text: str) -> None:
    once = clean(text)
    assert len(once) <= MAX_CHARACTERS
    assert once == " ".join(once.split())
    assert not any(unicodedata.category(character)[0] == "C" for character in once)
    assert clean(once) == once


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("order clasound", "order CLASSOUND"),
        ("CLASOUND", "CLASSOUND"),
        ("clas-sound", "CLASSOUND"),
        ("what is hwass", "what is HWaaS"),
        ("x-bess price", "x-bees price"),
        ("xbees price", "x-bees price"),
        ("wizzywebinar", "Wizywebinar"),
        ("teams4wildx", "Teams4wildix"),
        ("my life-time pbx", "my LifeTime pbx"),
    ],
)
def test_a_mistyped_product_is_read_as_its_name(typed: str, read: str) -> None:
    assert TERMS.normalise(typed) == read


@pytest.mark.parametrize("text", ["reporting", "importing", "supporting", "wild mixes", "class", "comment", "bees"])
def test_other_words_are_no_products(text: str) -> None:
    assert TERMS.normalise(text) == text


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("CN", "CN (credit note)"),
        ("the CNs of May", "the CNs (credit note) of May"),
        ("LT", "LT (LifeTime)"),
        ("DID", "DID (phone number)"),
        ("IVP", "IVP (Instant Virtual Porting)"),
        ("RMA", "RMA (device return)"),
        ("DOA", "DOA (dead on arrival)"),
        ("WMP", "WMP (partner portal)"),
        ("WMS", "WMS (WMS PBX software)"),
        ("S/N", "S/N (serial number)"),
    ],
)
def test_a_short_form_is_explained(typed: str, read: str) -> None:
    assert TERMS.normalise(typed) == read


@pytest.mark.parametrize("text", ["did you get it", "what did he say", "cc me", "Did it work"])
def test_a_short_form_in_small_letters_is_a_word(text: str) -> None:
    assert TERMS.normalise(text) == text


@given(st.text())
def test_any_text_can_be_normalised_and_keeps_its_words_apart(text: str) -> None:
    read = TERMS.normalise(text)
    assert read == " ".join(read.split())
    assert bool(read) == bool(clean(text))


@given(st.sampled_from(TERMS.products), st.data())
def test_one_letter_left_out_of_a_long_name_is_forgiven(product: str, data: st.DataObject) -> None:
    gap = data.draw(st.integers(1, len(product) - 1))
    mistyped = product[:gap] + product[gap + 1 :]
    if len(mistyped.replace("-", "")) >= 5:
        assert TERMS.product(mistyped) == product


def test_the_terms_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "terms.yml").write_text("abbreviations:\n  LAN: local network\nproducts:\n  - Gardena\n")
    assert Terms.load(tmp_path / "terms.yml") == Terms({"LAN": "local network"}, ("Gardena",))
