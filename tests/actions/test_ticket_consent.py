"""Yes, no, not yet and “I don't have it” in the words that partners use for them."""

from __future__ import annotations

import time

import pytest

from actions.ticket_consent import before_sending, has_not, holds, is_no, is_yes, leaves, stops


@pytest.mark.parametrize(
    "text",
    ["YESSS 👍👍", "yup", "jawohl, send", "certo, procedi", "Yes, of course, please open it. Thank you very much!",
     "all good, fire away", "everything is correct", "si porfa", "I hereby confirm, you may proceed", "oui allez-y",
     "is ok, open", "Is fine like this. Open.", "ok now its good", "👌🏻🚀", "tak", "send it anyway", "ναι",
     "correct!!! thanks a lot :-)", "tak, proszę"],
)  # fmt: skip
def test_yes_has_many_words(text: str) -> None:
    assert is_yes(text)


@pytest.mark.parametrize(
    "text",
    ["no", "not good", "ok wait", "is it ok?", "open a new one", "go back", "ok but change the PBX", "yes, PBX 12345",
     "the customer says yes", "do not open it", "yes " * 40 + "but", "", "???", "Hotel Roma"],
)  # fmt: skip
def test_what_says_more_or_less_than_yes_is_no_yes(text: str) -> None:
    assert not is_yes(text)


def test_no_and_its_kin_are_told_apart() -> None:
    assert is_no("no, better not")
    assert is_no("nein")
    assert not is_no("no, the other PBX")
    assert leaves("no thanks")
    assert leaves("Nein, danke!")
    assert leaves("no grazie")
    assert not leaves("no")
    assert stops("NO!! please don't send it, wrong customer")
    assert not stops("no")
    assert holds("wait, not yet, I must ask the customer first")
    assert holds("hmm one second, I check the number")
    assert not holds("no wait, only change the licenses, 5 instead of 8")


@pytest.mark.parametrize(
    ("text", "rest"),
    [("ok customer says yes, open it now", "ok customer says yes"), ("if he says yes, open it", ""),
     ("don't open it", ""), ("when the boss is back, send it", ""), ("open it", "")],
)  # fmt: skip
def test_a_message_may_end_with_the_order_to_open(text: str, rest: str) -> None:
    assert before_sending(text) == rest


@pytest.mark.parametrize(
    "text",
    ["i'm driving, dont have it here", "also not", "not at hand right now", "neither", "must ask my boss, go on"],
)
def test_an_excuse_says_that_it_is_not_there(text: str) -> None:
    assert has_not(text)


@pytest.mark.parametrize("text", ["Hotel Roma", "the label says 9C7514A0B1C2, no more", "since Monday"])
def test_a_value_is_no_excuse(text: str) -> None:
    assert not has_not(text)


@pytest.mark.parametrize(
    "text", ["go ahead " * 400, "no, wait " * 25, "yes, " * 800, "open it " * 29 + "x", "\n" * 4000]
)
def test_hostile_text_costs_little(text: str) -> None:
    begun = time.perf_counter()
    for judged in (is_yes, is_no, leaves, holds, stops, before_sending, has_not):
        judged(text)
    assert time.perf_counter() - begun < 1.0
