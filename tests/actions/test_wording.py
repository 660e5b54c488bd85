"""The bot's sentences: all in one file, each said somewhere, none forgotten there."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
import yaml

from actions.draft import CONTACT
from actions.wording import day, in_one_line, say
from settings import ROOT

TEXTS: dict[str, str] = yaml.safe_load((ROOT / "actions" / "wording.yml").read_text(encoding="utf-8"))


def keys_in(path: Path) -> set[str]:
    """What a module says: the first argument of every `say(…)`."""
    return set(re.findall(r'\bsay\(\s*"(\w+)"', path.read_text(encoding="utf-8")))


def test_a_sentence_is_filled_in() -> None:
    assert say("which_number", count=3) == "Please choose one of the 3, or “none of these”."


@pytest.mark.parametrize(
    ("text", "line"),
    [("twice", "twice."), ("twice.", "twice."), ("Why?", "Why?"), ("cut …", "cut …"), ("one\n\ntwo", "one two.")],
)
def test_a_partners_words_end_a_line_with_one_full_stop(text: str, line: str) -> None:
    assert in_one_line(text) == line


def test_braces_in_what_is_filled_in_stay() -> None:
    assert "“{count} {0}”" in say("resume_ticket", question="{count} {0}")


def test_an_unknown_sentence_is_an_error() -> None:
    with pytest.raises(KeyError):
        say("nothing_of_the_kind")


def test_every_sentence_is_said_and_every_said_sentence_exists() -> None:
    """Guards against a key mistyped in code or left behind in the file."""
    said = set().union(*(keys_in(path) for path in (ROOT / "actions").glob("*.py")))
    assert len(said) > 15
    small_talk = {"greet", "thanks", "bye", "bot", "help"}  # said by the name of their intent
    # Said by the name of a mood of the draft, of what it asks, of a language.
    drafting = [ROOT / "actions" / f"ticket_{name}.py" for name in ("answers", "changes", "kind", "form")]
    written = "".join(path.read_text(encoding="utf-8") for path in drafting)
    moods = set(re.findall(r'(?:mood = |: |")(\w+)"', written))
    steps = {"description", "comment", "edit", "other", "which_date", "tier", *CONTACT}
    by_name = {f"ticket_{mood}" for mood in moods} | {f"ticket_ask_{step}" for step in steps} | {*CONTACT, "tier"}
    by_name |= {f"language_line_{code}" for code in ("it", "de", "fr", "es", "pt", "nl", "pl")}
    assert said | small_talk <= set(TEXTS)
    assert set(TEXTS) - said - small_talk <= by_name


def test_a_date_reads_the_same_in_every_country() -> None:
    assert day(date(2026, 11, 2)) == "2 November 2026"
