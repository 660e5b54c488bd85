"""Answers in words: what is denied is not chosen, and every button's title and value is an answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.policy.catalogue import POLICIES
from knowledge.policy.fields import Field
from knowledge.reading.answers import answered, chosen, rejected, words
from tests.knowledge.reading.texts import texts

WHAT = {"stolen": r"stole\w*|theft", "damage": "broken|water", "lost": r"los[te]\w*"}
YES_NO = Field("attached", "yes_no", "Attached", "Is it attached?")
CHOICES = [
    pytest.param(one, id=f"{policy.id}.{one.name}")
    for policy in POLICIES.values()
    for one in policy.fields
    if one.kind == "choice"
]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("it was stolen", "stolen"),
        ("STOLEN!", "stolen"),
        ("a theft", "stolen"),
        ("we lost it", "lost"),
        ("it is broken and lost", "damage"),  # the one that is listed first
        ("not stolen, lost", "lost"),
        ("lost instead of stolen", "lost"),
        ("lost rather than a theft", "lost"),
        ("it was never stolen", None),
        ("not the water", None),
        ("not been stolen", None),
        ("not really nice: stolen", "stolen"),  # too far away to deny it
        ("waterproof", None),
        ("underwater", None),
        ("hello", None),
        ("", None),
    ],
)
def test_the_choice_whose_words_are_said_and_not_denied(text: str, value: str | None) -> None:
    assert chosen(WHAT, text) == value


def test_a_choice_denied_once_and_said_once_is_chosen() -> None:
    assert chosen(WHAT, "not stolen? yes, stolen") == "stolen"


@given(before=texts, denial=st.sampled_from(["not", "instead of", "rather than", "no longer", "never"]))
def test_a_denied_word_is_rejected_whatever_stands_before_it(before: str, denial: str) -> None:
    text = f"{before} {denial} "
    assert rejected(f"{text}stolen", len(text))
    assert not rejected(f"{text}stolen or lost", len(f"{text}stolen or "))


@given(text=texts)
def test_any_text_means_a_choice_or_none(text: str) -> None:
    assert chosen(WHAT, text) in (*WHAT, None)
    assert answered(YES_NO, text) in (True, False, None)


def test_words_are_found_whole_and_in_any_case() -> None:
    assert [found.group() for found in words("did|pbx").finditer("PBX did, candid pbxs _did Did")] == [
        "PBX",
        "did",
        "Did",
    ]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("yes", True),
        ("Yes, please.", True),
        ("y", True),
        ("ok", True),
        ("of course", True),
        ("sure thing", True),
        ("it is", True),
        ("it does", True),
        ("we do", True),
        ("sì", True),
        ("no", False),
        ("  No!", False),
        ("n", False),
        ("nope", False),
        ("not yet", False),
        ("it is not", False),
        ("it isn't attached", False),
        ("it isn’t", False),
        ("we don't", False),
        ("never", False),
        ("yesterday", None),
        ("nobody", None),
        ("notebook", None),
        ("maybe", None),
        ("I know", None),
        ("", None),
    ],
)
def test_yes_or_no(text: str, answer: bool | None) -> None:
    assert answered(YES_NO, text) is answer


@pytest.mark.parametrize("one", CHOICES)
def test_a_choice_is_answered_by_its_value_and_by_its_title(one: Field) -> None:
    for value, title in one.choices.items():
        short = title.split(" (")[0]
        for text in (value, title, short, title.upper(), f" {short.lower()}!", f"{title}.\n"):
            assert answered(one, text) == value
    assert answered(one, "something else") is None
    assert answered(one, "") is None
