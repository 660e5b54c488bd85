"""The peer learns what our index learns, in a form that Rasa reads."""

from __future__ import annotations

from pathlib import Path

import yaml

from benchmarks.rasa_peer import entry_of, training_data
from tests.knowledge.small_faq import EXAMPLES, SmallFaq


def test_every_entry_is_an_intent_with_a_response_and_every_message_an_example(tmp_path: Path) -> None:
    content = SmallFaq(tmp_path).content()
    data = yaml.safe_load(training_data(content, EXAMPLES))
    examples = {group["intent"]: group["examples"].splitlines() for group in data["nlu"]}
    entries = {entry_of(intent.removeprefix("faq/")) for intent in examples if intent.startswith("faq/")}
    assert entries == set(content.entries)
    assert {name.removeprefix("utter_") for name in data["responses"]} == {i for i in examples if i.startswith("faq/")}
    assert set(examples) - {i for i in examples if i.startswith("faq/")} == {"unanswerable", *EXAMPLES}
    taught = {line.removeprefix("- ") for lines in examples.values() for line in lines}
    for entry in content.entries.values():
        assert taught >= {*entry.phrasings, entry.question, entry.published_as}
    assert taught >= {"will it rain", "is it cold outside", "thank you"}


def test_brackets_that_rasa_would_read_as_entities_are_replaced(tmp_path: Path) -> None:
    faq = SmallFaq(tmp_path)
    faq.write("unanswerable.yml", 'weather:\n  - "is [it](rain) {today}"\n')
    assert "- is (it)(rain) (today)" in yaml.safe_load(training_data(faq.content(), {}))["nlu"][-1]["examples"]
