"""Phrases and patterns as data: each module of triage has a YAML file of its name beside it, read once."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from knowledge import strict_yaml


@cache
def content(module: str) -> dict[str, Any]:
    """What stands in `<module>.yml`."""
    read: dict[str, Any] = strict_yaml.load((Path(__file__).parent / f"{module}.yml").read_text(encoding="utf-8"))
    return read


@cache
def pattern(module: str, *keys: str, whole_words: bool = True) -> re.Pattern[str]:
    """The patterns listed below `keys` of a module's file as one, capitals not regarded.

    `whole_words`: neither begins nor ends within a word.
    """
    value: Any = content(module)
    for key in keys:
        value = value[key]
    alternatives = "|".join(value if isinstance(value, list) else [value])
    return re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)" if whole_words else f"(?:{alternatives})", re.IGNORECASE)


@cache
def words(module: str, *keys: str) -> frozenset[str]:
    """The words listed below `keys`, in small letters."""
    value: Any = content(module)
    for key in keys:
        value = value[key]
    return frozenset(word.casefold() for word in (value if isinstance(value, list) else value.split()))
