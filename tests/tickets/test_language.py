"""The English gate: shares on real-looking tickets by kind, and what holds for any text."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from settings import ROOT
from tickets.language import Verdict, judge
from tickets.language.own_words import readings
from tickets.language.words import words

CASES = [json.loads(line) for line in (ROOT / "tests/cases/language.jsonl").read_text(encoding="utf-8").splitlines()]
ENGLISH = [case["text"] for case in CASES if case["language"] == "en"]
FOREIGN = [case for case in CASES if case["language"] != "en"]
KINDS = sorted({(case["language"] == "en", case["kind"]) for case in CASES})
# Languages so near to each other that a short line may be either.
NEAR = [{"no", "da", "sv"}, {"hr", "sl", "sr", "bs"}, {"es", "pt", "ca", "gl", "it", "fr", "ro"}, {"cs", "sk", "pl"}]
UNTELLING = st.sampled_from(
    ["9C7514A1B2C3", "+39 055 123 4567", "CLASSOUND", "HWaaS", "x-bees", "WP600A", "INV-2024-00981", "https://wmp.it/a",
     "anna.rossi@example.it", "Teams4Wildix", "2024-03-05", "00:1A:2B:3C:4D:5E", "PBX", "W-AIR", "CC-000123"]
)  # fmt: skip


def share(texts: list[str], wrong: bool) -> tuple[float, float, list[str]]:
    """Share for which the gate says `wrong` for sure, share it asks about, and those texts."""
    verdicts = {text: judge(text) for text in texts}
    bad = [text for text, verdict in verdicts.items() if verdict.sure and verdict.english is wrong]
    asked = [text for text, verdict in verdicts.items() if not verdict.sure]
    return len(bad) / len(texts), len(asked) / len(texts), bad + asked


def test_the_cases_are_many_and_of_all_kinds() -> None:
    assert len(ENGLISH) >= 250
    assert len(FOREIGN) >= 400
    languages = {case["language"] for case in FOREIGN}
    assert {"it", "de", "fr", "es", "nl", "pt", "pl", "ro"} < languages
    assert len(languages) > 30


def test_english_is_not_refused() -> None:
    refused, asked, which = share(ENGLISH, wrong=False)
    assert refused < 0.01, which
    assert asked < 0.04, which


def test_other_languages_do_not_pass() -> None:
    passed, asked, which = share([case["text"] for case in FOREIGN], wrong=True)
    assert passed < 0.02, which
    assert asked < 0.04, which


@pytest.mark.parametrize(("english", "kind"), KINDS)
def test_no_kind_of_text_is_much_worse_than_the_others(english: bool, kind: str) -> None:
    texts = [case["text"] for case in CASES if case["kind"] == kind and (case["language"] == "en") is english]
    wrong, asked, which = share(texts, wrong=not english)
    assert wrong <= 0.02, which
    assert asked <= 0.1, which


def test_the_language_is_named() -> None:
    named = defaultdict(list)
    for case in FOREIGN:
        language = judge(case["text"]).language
        near = {case["language"]}.union(*(group for group in NEAR if case["language"] in group))
        named["right" if language == case["language"] else "near" if language in near else "wrong"].append(case["text"])
    assert len(named["right"]) > 0.93 * len(FOREIGN)
    assert len(named["wrong"]) < 0.04 * len(FOREIGN), named["wrong"]


@pytest.mark.parametrize(
    "text",
    ["", "   ", "\n\n", "123", "+39 055 1234567", "9C7514A1B2C3", "???", "👍", "CLASSOUND", "x-bees, ok"],
)
def test_text_without_words_of_its_own_is_english(text: str) -> None:
    assert judge(text) == Verdict(english=True, sure=True, language="en")


@pytest.mark.parametrize(
    "address",
    ["Via Garibaldi 12, 20121 Milano (MI)", "Hauptstraße 45, 70173 Stuttgart", "14 rue de la République, 69002 Lyon"],
)
def test_an_address_alone_is_not_refused(address: str) -> None:
    verdict = judge(address)
    assert verdict.english or not verdict.sure


@pytest.mark.parametrize("names", ["Hotel Bellavista Roma", "Mario Rossi", "mario rossi", "asdf qwer zxcv"])
def test_names_and_noise_alone_are_asked_about_at_most(names: str) -> None:
    verdict = judge(names)
    assert verdict.english or not verdict.sure


def test_a_quotation_alone_is_asked_about() -> None:
    verdict = judge("“Registrierung am Server fehlgeschlagen”")
    assert (verdict.english, verdict.sure, verdict.language) == (False, False, "de")


@pytest.mark.parametrize(
    "text",
    [
        "Deutsche Telekom rejected porting, reason: Rufnummer nicht portierbar",
        "Carrier refused the number, reason: numero non portabile, contattare l'operatore",
        "The porting is on hold, status: Unterlagen fehlen",
        "rejection reason: Kundennummer ungültig",
    ],
)
def test_what_english_words_report_is_a_quotation(text: str) -> None:
    assert judge(text) == Verdict(english=True, sure=True, language="en")


@pytest.mark.parametrize(
    "text",
    [
        "Error: Anmeldung fehlgeschlagen",
        "error: connexion refusée",
        "wms error: licenza scaduta",
        "Telecom Italia answered: numero non attivo",
        "error message Passwort ist falsch",
        "Payment page says: Transacción rechazada por el banco emisor de la tarjeta del cliente",
        "x-bees ko",
    ],
)
def test_where_little_english_is_beside_a_report_the_writer_is_asked(text: str) -> None:
    assert not judge(text).sure


@pytest.mark.parametrize(
    "text",
    [
        "Error: das Telefon funktioniert nicht, bitte dringend prüfen und zurückrufen",
        "Support ticket, reason: Kunde zieht um und braucht die Nummer nicht mehr",
        "Hello, reason: vogliamo disdire il numero perché il cliente ha chiuso",
        "Hi team, message: bitte kündigen Sie die Rufnummer zum Jahresende",
        "Subject: disdetta licenze",
        "Errore del centralino: nessuno può chiamare",
        "Error Login fehlgeschlagen seit dem Update",
        "Il telefono shows errore quando chiamiamo",
    ],
)
def test_an_english_label_makes_no_english_ticket(text: str) -> None:
    verdict = judge(text)
    assert (verdict.english, verdict.sure) == (False, True)


def test_a_text_in_two_languages_is_asked_about() -> None:
    verdict = judge(
        "Il centralino del cliente non funziona da stamattina e nessuno può chiamare. "
        "In English: the customer's PBX has been down since this morning and nobody can call."
    )
    assert not verdict.sure


def test_english_politeness_makes_no_english_ticket() -> None:
    text = "Hello team, I hope you are well. {} Many thanks for your help and best regards"
    for case in FOREIGN:
        if case["kind"] == "plain" and case["language"] in {"it", "de", "fr", "es", "nl", "pt", "pl", "ro"}:
            verdict = judge(text.format(case["text"]))
            assert not (verdict.english and verdict.sure), case["text"]


@given(text=st.text(max_size=400))
def test_any_text_gets_a_verdict(text: str) -> None:
    verdict = judge(text)
    assert verdict.english == (verdict.language == "en")
    assert len(verdict.language) in {0, 2}


@settings(max_examples=300)
@given(text=st.sampled_from(ENGLISH), added=st.lists(UNTELLING, min_size=1, max_size=6), place=st.integers(0, 2))
def test_identifiers_and_product_names_never_turn_english_foreign(text: str, added: list[str], place: int) -> None:
    extra = " ".join(added)
    verdict = judge([f"{extra} {text}", f"{text} {extra}", f"{text}\n{extra}"][place])
    assert verdict.english or not verdict.sure


@given(case=st.sampled_from(FOREIGN), added=st.lists(UNTELLING, min_size=1, max_size=6))
def test_identifiers_and_product_names_never_make_foreign_text_pass(case: dict[str, str], added: list[str]) -> None:
    before, after = judge(case["text"]), judge(f"{case['text']} {' '.join(added)}")
    if before.sure:
        assert not (after.english and after.sure)


HOSTILE = {
    "long English": "The phone of our customer does not work. " * 2500,
    "long Italian": "Il telefono del nostro cliente non funziona. " * 2300,
    "unknown words": " ".join(f"{a}{b}qwzxv{c}" for a in "bcdfghjk" for b in "lmnpqrst" for c in "abcdefghij") * 20,
    "one word": "a" * 100_000,
    "hyphens": "a-" * 50_000,
    "dots": "a." * 50_000,
    "at signs": "a@" * 50_000,
    "slashes": "a/" * 50_000,
    "quotes": '"' * 100_000,
    "open quotes": "“«„'" * 25_000,
    "backticks": "```a " * 20_000,
    "reports": "says: " * 16_000,
    "greetings": "hello hi dear " * 7_000,
    "combining": "e" + "\u0301\u0327" * 50_000,
    "right to left": "\u202e" + "مرحبا " * 16_000,
    "digits": "1234567890" * 10_000,
    "lines": "\n" * 100_000,
    "spaces": " " * 100_000,
    "surrogates": "\ud800" * 1_000,
    "zero": "\x00" * 100_000,
    "emoji": "👍🏽" * 25_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_costs_no_more_than_long_text_does(name: str) -> None:
    """A ratio within one run: what is read of a text is bounded, whatever it is made of."""
    plain = "The phone of our customer in Bologna does not work since the update of yesterday, please help. " * 85
    judge(plain)
    assert isinstance(judge(HOSTILE[name]), Verdict)
    assert least_seconds(HOSTILE[name]) < 50 * least_seconds(plain)


def least_seconds(text: str) -> float:
    took = []
    for _ in range(3):
        begun = time.perf_counter()
        judge(text)
        took.append(time.perf_counter() - begun)
    return min(took)


def test_threads_agree() -> None:
    texts = [case["text"] for case in CASES]
    alone = [judge(text) for text in texts]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(judge, texts)) == alone


def test_loads_late_and_little() -> None:
    """Importing costs nothing; the first verdict costs less than 60 MB and brings none of the heavy packages."""
    program = """
import os, psutil, sys
from tickets.language import judge
assert "spellchecker" not in sys.modules and "fasttext" not in sys.modules
before = psutil.Process().memory_info().rss
judge("Il centralino non funziona")
grown = psutil.Process().memory_info().rss - before
heavy = {"torch", "knowledge", "actions", "bot", "spacy", "sklearn"} & set(sys.modules)
assert not heavy, heavy
assert grown < 60e6, grown
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_lists_are_lower_case_and_apart() -> None:
    known = words()
    assert len(known.foreign) > 8_000
    assert len(known.english) > 40_000
    listed = {*known.foreign, *known.function, *known.neutral}
    assert [word for word in listed if word != word.lower()] == []
    assert known.function.isdisjoint(known.foreign)
    assert known.neutral.isdisjoint(known.foreign)


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ('The phone shows "Kein Netz" again', ["the", "phone", "shows", "again"]),
        ("Please ask anna@example.it or see https://wildix.com/it/prezzi now", ["please", "ask", "or", "see", "now"]),
        ("Hello team, the one with 9C7514A1B2C3 is broken", ["the", "one", "with", "is", "broken"]),
        ("> Guten Tag\nplease answer", ["please", "answer"]),
    ],
)
def test_what_is_set_aside(text: str, own: list[str]) -> None:
    first = next(iter(readings(text)))
    assert [word.text for word in first.words if not word.name] == own


FORWARDED = {
    "outlook": "-----Original Message-----\nFrom: Frank\nSent: Tuesday\n\n",
    "head": "Von: Frank Weber\nGesendet: Dienstag, 24. November\n\n",
    "mail": "Il giorno mer 25 nov 2026 alle 10:11 Carla Neri ha scritto:\n",
}
ITS_TEXT = "Hallo zusammen, bitte kündigt die Rufnummer zum Jahresende, wir brauchen sie nicht mehr. Viele Grüße"


@pytest.mark.parametrize("head", FORWARDED)
def test_a_forwarded_mail_is_not_the_writers_own_words(head: str) -> None:
    """English words above it make an English ticket; without any it is what it is."""
    below = FORWARDED[head] + ITS_TEXT
    assert judge(f"Hi, see the mail of the customer below, please cancel the number.\n\n{below}") == Verdict(
        True, True, "en"
    )
    assert not judge(below).english
    assert not judge(f"Ciao, per favore cancellate il numero del cliente.\n\n{below}").english


def test_the_data_files_stand_beside_the_module() -> None:
    folder = Path(sys.modules["tickets.language"].__file__ or "").parent
    assert {path.name for path in folder.glob("*.txt")} == {"english.txt", "foreign.txt", "neutral.txt"}
