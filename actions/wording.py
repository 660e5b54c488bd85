"""The bot's sentences, from wording.yml."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import yaml


@cache
def _texts() -> dict[str, str]:
    texts = yaml.safe_load((Path(__file__).parent / "wording.yml").read_text(encoding="utf-8"))
    return {key: str(text).strip() for key, text in texts.items()}


def say(key: str, **values: object) -> str:
    """The sentence called `key` in wording.yml, with its {…} filled in."""
    return _texts()[key].format(**values)


def has(key: str) -> bool:
    """Whether wording.yml has a sentence of that name."""
    return key in _texts()


def in_one_line(text: str) -> str:
    """A text as the end of a line of ours, with one full stop at most: partners' words come with their own."""
    line = " ".join(text.split())
    return line if line.endswith((".", "?", "!", "…")) else f"{line}."


def day(when: date) -> str:
    """A date as people of every country read it: 22 November 2026."""
    return f"{when.day} {when:%B %Y}"
