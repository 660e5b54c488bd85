"""The English gate on a whole request, the same at every door: which of its texts are looked at, and what of each.

Names, numbers and addresses say nothing about a language: of the fields only those in the writer's own sentences are
looked at, and of the subject only one that is long enough to be in a language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tickets.language import judge
from tickets.types import ticket_fields

SUBJECT: Final = "subject"
DESCRIPTION: Final = "description"  # no field is called so
_NO_WORDS: Final = {"address"}  # a text of names
_FEWEST_WORDS = 3  # of a subject that can be in another language
_FEWEST_ASKED = 7  # words of a field that is asked about: of shorter ones (“T.38 fax fails”) one in 16 is in doubt
_AMID = "the {}"  # many subjects are names (“Hotel Città di Bolzano”): amid English words they are seen as such


@dataclass
class Judged:
    """By name: the language of the texts that are in another one, and the texts whose writer has to say so."""

    refused: dict[str, str] = field(default_factory=dict)
    doubts: dict[str, str] = field(default_factory=dict)


def own_words(subject: str, description: str, fields: Mapping[str, Any]) -> dict[str, str]:
    """The texts of a request that are looked at, by `SUBJECT`, `DESCRIPTION` or the name of the field."""
    texts = {SUBJECT: subject if len(subject.split()) >= _FEWEST_WORDS else "", DESCRIPTION: description}
    texts |= {name: str(value) for name, value in fields.items() if _has_words(name)}
    return {name: text for name, text in texts.items() if text}


def judged(texts: Mapping[str, str], subject: str = "") -> Judged:
    """The gate's word on each text.

    A subject is never asked about, a short field neither; a subject also helps a description that seems English.
    """
    found = Judged()
    for name, text in texts.items():
        verdict = judge(_AMID.format(text) if name == SUBJECT else text)
        if name == DESCRIPTION and subject and verdict.english and not verdict.sure:
            verdict = judge(f"{subject}\n{text}")
        if verdict.sure and not verdict.english:
            found.refused[name] = verdict.language
        elif not verdict.sure and _is_asked_about(name, text):
            found.doubts[name] = verdict.language
    return found


def _is_asked_about(name: str, text: str) -> bool:
    return name != SUBJECT and (name not in ticket_fields() or len(text.split()) >= _FEWEST_ASKED)


def _has_words(name: str) -> bool:
    return ticket_fields()[name].form == "long" and name not in _NO_WORDS
