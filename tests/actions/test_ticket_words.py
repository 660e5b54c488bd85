"""The patterns made of ticket_words.yml: what they cost."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
import yaml

from actions import (
    ticket_answers,
    ticket_beginning,
    ticket_changes,
    ticket_consent,
    ticket_form,
    ticket_kind,
    ticket_requests,
    ticket_values,
)

MODULES = [
    *(ticket_answers, ticket_beginning, ticket_changes, ticket_consent),
    *(ticket_form, ticket_kind, ticket_requests, ticket_values),
]
LISTS = yaml.safe_load(Path(ticket_requests.__file__).with_name("ticket_words.yml").read_text(encoding="utf-8"))
PLAIN = sorted({str(word) for words in LISTS.values() for word in words if re.fullmatch(r"[\w' -]+", str(word))})
PATTERNS = {
    f"{module.__name__}.{name}": pattern
    for module in MODULES
    for name, pattern in vars(module).items()
    if isinstance(pattern, re.Pattern)
}
_REPEATED = 20  # twice a second were a million steps more
_MOST_SECONDS = 0.5


@pytest.mark.parametrize("name", PATTERNS)
def test_a_word_said_again_and_again_costs_little(name: str) -> None:
    """Guards against two ways to read a word: each repetition would double the time, and a message stop the process."""
    assert len(PLAIN) > 200
    for word in PLAIN:
        text = f"{word} " * _REPEATED + "§ x"
        begun = time.process_time()
        PATTERNS[name].fullmatch(text)
        PATTERNS[name].search(text)
        assert time.process_time() - begun < _MOST_SECONDS, word
