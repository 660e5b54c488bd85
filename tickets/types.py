"""Queues and types of tickets, and what each needs: types.yml, read once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

PRIORITIES = ("urgent", "high", "normal", "low")
OTHER = "general.other"

Form = Literal["text", "long", "numbers", "date", "email"]


@dataclass(frozen=True)
class TicketField:
    """One thing a ticket can say. `form` is how it is written, `values` how its codes are shown: see types.yml."""

    name: str
    label: str
    form: Form
    question: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TicketType:
    """One type of ticket.

    Attributes:
        needs: groups of fields, in the order in which they are asked for; one of each group is enough.
        findings: the calculations whose result an agent should see.
        note: what an agent should know of every ticket of this type.
    """

    id: str
    queue: str
    title: str
    needs: tuple[tuple[str, ...], ...]
    findings: tuple[str, ...]
    note: str

    def missing(self, known: Collection[str]) -> list[str]:
        """The fields still needed; where one of several is enough, the first names them."""
        return [group[0] for group in self.needs if not any(name in known for name in group)]


class _Types(dict[str, TicketType]):
    """The types by id. One that is asked for by another id was one once, and tickets of it are still there."""

    def __missing__(self, type_id: str) -> TicketType:
        return TicketType(type_id, self[OTHER].queue, title=type_id, needs=(), findings=(), note="")


def ticket_types() -> dict[str, TicketType]:
    """All types by id, in the order of types.yml. One that is no more is not among them, but has its id as title."""
    return _catalogue()[0]


def ticket_fields() -> dict[str, TicketField]:
    """All fields by name."""
    return _catalogue()[1]


def queues() -> tuple[str, ...]:
    """All queues, in the order agents see them."""
    return tuple(_content()["queues"])


def question(type_id: str, field: str) -> str:
    """How a type asks for a field."""
    own: dict[str, str] = _content()["questions"].get(type_id, {})
    return own.get(field, ticket_fields()[field].question)


@cache
def _content() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "types.yml").read_text(encoding="utf-8"))
    return content


@cache
def _catalogue() -> tuple[dict[str, TicketType], dict[str, TicketField]]:
    content = _content()
    fields = {name: TicketField(name, **what) for name, what in content["fields"].items()}
    types = _Types()
    for name, what in content["types"].items():
        types[name] = TicketType(
            id=name,
            queue=what["queue"],
            title=what["title"],
            needs=tuple((group,) if isinstance(group, str) else tuple(group) for group in what["needs"]),
            findings=tuple(what.get("findings", ())),
            note=what.get("note", ""),
        )
    return types, fields
