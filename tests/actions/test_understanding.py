"""What a message means, in the form that Rasa's remote NLU endpoint must return it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from actions.payloads import payload
from actions.understanding import Understanding
from settings import ROOT


def answered(parsed: dict[str, Any]) -> set[str]:
    """The entries that the message is answered with."""
    return {part["hits"][0]["id"] for part in parsed["search"] if part["decision"] == "answer"}


# The contract with Rasa


def test_a_question_is_parsed_with_its_search_result_beside(understanding: Understanding) -> None:
    parsed = understanding.parse("How long can I dispute an invoice?")
    assert parsed["text"] == "How long can I dispute an invoice?"
    assert parsed["intent"]["name"] == "question"
    assert parsed["intent_ranking"] == [parsed["intent"]]
    (part,) = parsed["search"]
    assert part["decision"] == "answer"
    assert part["hits"][0]["id"] == "billing/dispute-period"
    assert part["hits"][0]["confidence"] == parsed["intent"]["confidence"] > 0.8
    assert part["index_version"] == understanding.search.index.manifest.version


def test_small_talk_is_an_intent_without_a_search_result(understanding: Understanding) -> None:
    parsed = understanding.parse("good morning!")
    assert parsed["intent"]["name"] == "greet"
    assert "search" not in parsed


def test_products_and_short_forms_are_entities_where_they_stand(understanding: Understanding) -> None:
    text = "When do I get the CN for my hwaas phones?"
    entities = understanding.parse(text)["entities"]
    assert [(entity["entity"], entity["value"]) for entity in entities] == [
        ("abbreviation", "CN"),
        ("product", "hwaas"),
    ]
    assert [text[entity["start"] : entity["end"]] for entity in entities] == ["CN", "hwaas"]


def test_an_entity_in_a_text_that_had_to_be_cleaned_has_no_place(understanding: Understanding) -> None:
    (entity,) = understanding.parse("the  \u200bCN,  please")["entities"]
    assert entity == {"entity": "abbreviation", "value": "CN"}


def test_a_button_is_its_intent_for_sure(understanding: Understanding) -> None:
    parsed = understanding.parse(payload("show_entry", entry="orders/tracking"))
    assert parsed["intent"] == {"name": "show_entry", "confidence": 1.0}
    assert parsed["entities"] == [{"entity": "entry", "value": "orders/tracking"}]


def test_what_only_looks_like_a_button_is_a_text(understanding: Understanding) -> None:
    assert understanding.parse('/show_entry{"entry": "../secrets"}')["intent"]["name"] != "show_entry"
    assert understanding.parse("/restart the phone after porting")["intent"]["name"] == "question"


@limits(max_examples=60, deadline=None)
@given(st.text(max_size=300))
@example("")
@example("\ud800")
@example("?. ?. ?. ?")
@example("porting? " * 10_000)
def test_any_text_gets_exactly_what_rasa_needs(understanding: Understanding, text: str) -> None:
    parsed = understanding.parse(text)
    assert parsed["text"] == text
    assert isinstance(parsed["intent"]["name"], str)
    assert 0.0 <= parsed["intent"]["confidence"] <= 1.0
    for entity in parsed["entities"]:
        assert {"entity", "value"} <= entity.keys()
        assert entity["value"] == (text[entity["start"] : entity["end"]] if "start" in entity else entity["value"])
    assert (parsed["intent"]["name"] == "question") == ("search" in parsed)
    assert parsed.get("search", ["one"])


# Two questions in one message


@pytest.mark.parametrize(
    ("message", "entries"),
    [
        ("How can I pay? How long can I dispute an invoice?", {"billing/payment-options", "billing/dispute-period"}),
        (
            "which payment methods do you accept, and how long does porting take?",
            {"billing/payment-options", "classound/porting-duration"},
        ),
        (
            "I need to know how to cancel a DID. Also, what is the extended warranty?",
            {"classound/cancel-did", "pbx/extended-warranty"},
        ),
    ],
)
def test_two_questions_are_both_answered(understanding: Understanding, message: str, entries: set[str]) -> None:
    assert answered(understanding.parse(message)) == entries


@pytest.mark.parametrize(
    ("story", "entry"),
    [
        ("We lost a rented phone on a construction site. What must we pay now?", "hwaas/lost-item"),
        ("My boss asked me today. How long can we dispute an invoice?", "billing/dispute-period"),
        ("Our invoice of last March seems too high. Can I still dispute it?", "billing/dispute-period"),
        ("I ordered ten phones. My customer wants twelve now, can I change the order?", "orders/amendment"),
    ],
)
def test_two_sentences_that_tell_one_story_are_one_question(
    understanding: Understanding, story: str, entry: str
) -> None:
    (part,) = understanding.parse(story)["search"]
    assert part["hits"][0]["id"] == entry


def test_and_within_a_question_does_not_split_it(understanding: Understanding) -> None:
    assert len(understanding.parse("Where do I see the date and time of the porting?")["search"]) == 1


def test_a_very_long_message_is_searched_as_one(understanding: Understanding) -> None:
    assert len(understanding.parse("How can I pay? How long can I dispute an invoice? " * 30)["search"]) == 1


# What serving costs


def test_serving_loads_neither_torch_nor_much_memory() -> None:
    """In a process of its own: this one may hold torch for another test."""
    program = (
        "import sys, psutil\n"
        "from actions.server import create_app\n"
        "from actions.live_index import LiveIndex\n"
        "from settings import Settings\n"
        "from tickets.database import Database\n"
        "live = LiveIndex(Settings.load({}))\n"
        "create_app(live, Database('sqlite://'), 'token')\n"
        "assert live.understanding.parse('how long does porting take')['search']\n"
        "print('torch' in sys.modules, psutil.Process().memory_info().rss // 2**20)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    torch, megabytes = done.stdout.split()
    assert torch == "False"
    assert int(megabytes) <= 400
