"""What goes over HTTP about tickets: bodies of requests and answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from bot.web.chat_api import Problem
from tickets.types import ticket_types

MOST_DESCRIPTION = 8000

English = Annotated[StrictBool, Field(description="Yes, this is English: answers a `language_doubt`.")]


class ContactGiven(BaseModel):
    """Who asks, where no token says it."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=120)
    company: str = Field(min_length=1, max_length=120)
    email: str = Field(min_length=1, max_length=254)


class TicketWanted(BaseModel):
    """A ticket to open."""

    model_config = ConfigDict(extra="forbid")

    type: Literal[tuple(ticket_types())] | None = Field(  # type: ignore[valid-type]
        None, description="See GET /api/ticket-types. Left out, the triage finds it."
    )
    subject: str = Field(min_length=1, max_length=200)
    description: str = Field(min_length=1, max_length=MOST_DESCRIPTION)
    fields: dict[str, str | list[str]] = Field(
        default_factory=dict, max_length=40, description="By the names of GET /api/ticket-types."
    )
    contact: ContactGiven | None = Field(None, description="Needed from anonymous callers, ignored from others.")
    english: English = False


class CommentWanted(BaseModel):
    """Something to add to a ticket."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=4000)
    english: English = False


class TicketOpened(BaseModel):
    """A ticket as it was opened: the answer to a request, and to the same request sent again."""

    number: str
    state: str
    type: str
    queue: str
    priority: str
    missing: list[str]
    subject: str
    created_at: str


class TicketListed(BaseModel):
    """A ticket in a list. `state_text` is `state` in words."""

    number: str
    subject: str
    state: str
    state_text: str
    type: str
    queue: str
    priority: str
    missing: list[str]
    own: bool
    created_at: str
    updated_at: str


class Said(BaseModel):
    """What a partner added to a ticket (comment) or an agent answered (reply)."""

    kind: str
    author: str
    text: str
    at: str


class TicketShown(TicketListed):
    """A ticket with what was said in it."""

    description: str
    fields: dict[str, Any]
    said: list[Said]


class TypeField(BaseModel):
    """A field that a type needs; `instead` names others of which one is enough."""

    name: str
    label: str
    form: str
    question: str
    instead: list[str]


class TypeShown(BaseModel):
    """A type of ticket, and what it needs."""

    id: str
    title: str
    queue: str
    needs: list[TypeField]


class TicketProblem(Problem):
    """Why a ticket or comment was refused, also as a code; the language or field that it is about."""

    code: str | None = None
    language: str | None = None
    field: str | None = None
