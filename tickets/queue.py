"""The agents' lists of tickets: filtered, searched, sorted, page by page, quick at a hundred thousand.

Each order is read from an index that also holds what is filtered by, so that a page costs a walk
along the index and one look at each ticket that is shown. The words are found by the database's
own full-text search, which migration 0003 keeps in step by triggers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, select, text, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.expression import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from tickets.base import now
from tickets.states import ACTIVE, STATES
from tickets.ticket_models import Ticket
from tickets.types import PRIORITIES, queues, ticket_types

PAGE = 50
MOST_COUNTED = 10_000
MOST_FOUND = 5_000  # a search looks at so many tickets with its words, the newest ones
ME, NOBODY = "me", "nobody"
ANY = "any"
SORTS: Final = ("priority", "oldest", "newest", "changed")

_MOST_WORDS = 8
_SHORTEST_BEGINNING = 3  # a shorter word is looked for as it is: half of all words begin with “in” or “co”
_NUMBER = re.compile(r"(?:CC[-\s]?)?0*([1-9]\d{0,8})", re.IGNORECASE | re.ASCII)
_PHONE = re.compile(r"\+?[\d\s()./-]{6,}", re.ASCII)
_ID = re.compile(r"[0-9a-f]{32}")
_SHOWN = (
    Ticket.number,
    Ticket.id,
    Ticket.subject,
    Ticket.contact,
    Ticket.queue,
    Ticket.type,
    Ticket.priority,
    Ticket.state,
    Ticket.assignee_id,
    Ticket.missing,
    Ticket.incomplete,
    Ticket.language,
    Ticket.created_at,
    Ticket.updated_at,
    Ticket.due_at,
    Ticket.first_answer_at,
    Ticket.resolved_at,
)


@dataclass(frozen=True)
class View:
    """What a list shows. Every view is an address: `query()` gives it, `read()` understands it.

    Attributes:
        state: one state, "any", or "" for all that somebody still has to work on (in a search: any).
        assignee: an agent's id, "me", "nobody", or "".
        q: words, a number, a phone number, part of a name.
    """

    q: str = ""
    queue: str = ""
    type: str = ""
    priority: str = ""
    state: str = ""
    assignee: str = ""
    language: str = ""
    incomplete: bool = False
    overdue: bool = False
    sort: str = "priority"

    @classmethod
    def read(cls, given: dict[str, str]) -> View:
        """The view of an address; what it does not know is left out."""
        known = {
            "queue": queues(),
            "type": tuple(ticket_types()),
            "priority": PRIORITIES,
            "state": (*STATES, ANY),
            "sort": SORTS,
        }
        values: dict[str, Any] = {name: given[name] for name, ones in known.items() if given.get(name) in ones}
        values["q"] = " ".join(given.get("q", "").replace("\x00", "").split())[:200]
        if given.get("assignee") in (ME, NOBODY) or _ID.fullmatch(given.get("assignee", "")):
            values["assignee"] = given["assignee"]
        if re.fullmatch(r"[a-z]{2,3}", given.get("language", "")):
            values["language"] = given["language"]
        return cls(**values, incomplete=given.get("incomplete") == "1", overdue=given.get("overdue") == "1")

    def query(self, **changes: Any) -> str:
        """The part of the address after the path, "" for the plain list."""
        view = replace(self, **changes)
        told = {
            f.name: "1" if getattr(view, f.name) is True else getattr(view, f.name)
            for f in fields(view)
            if getattr(view, f.name) != f.default
        }
        return f"?{urlencode(told)}" if told else ""

    @property
    def active_only(self) -> bool:
        """Whether tickets that are over are left out."""
        return self.overdue or self.state in ACTIVE or (self.state == "" and not self.q)


@dataclass(frozen=True)
class Page:
    """A page of a list.

    Attributes:
        total: how many tickets the list has, at most MOST_COUNTED + 1.
        more: whether others follow on the next page.
        cut: whether more than MOST_FOUND tickets have the words of the search, so that older ones were not looked at.
    """

    tickets: Sequence[Row[Any]]
    total: int
    more: bool
    cut: bool


@dataclass(frozen=True)
class Counts:
    """How many tickets somebody still has to work on."""

    active: int = 0
    mine: int = 0
    unassigned: int = 0
    overdue: int = 0
    queues: dict[str, int] = field(default_factory=dict)


def read_page(session: Session, view: View, me: str, after: str = "", size: int = PAGE) -> Page:
    """The tickets of a view that follow the one with the id `after`."""
    said = _with_words(session, view.q) if view.q else None
    found = _matching(session, view, me, said)
    total = session.scalar(select(func.count()).select_from(found.limit(MOST_COUNTED + 1).subquery())) or 0
    order = _order(view)
    begin = session.execute(select(*(key for key, _ in order)).where(Ticket.id == after)).one_or_none()
    if begin is not None:
        found = found.where(_follows(order, tuple(begin)))
    for key, downwards in order:
        found = found.order_by(key.desc() if downwards else key)
    numbers = list(session.scalars(found.limit(size + 1)))
    shown: Any = session.execute(select(*_SHOWN).where(Ticket.number.in_(numbers[:size]))).all()
    rows = {row.number: row for row in shown}
    return Page([rows[number] for number in numbers[:size]], total, len(numbers) > size, said is not None and said.cut)


def read_counts(session: Session, me: str) -> Counts:
    """The numbers beside the views."""
    late = (Ticket.first_answer_at.is_(None), Ticket.due_at < now())
    counted = select(
        Ticket.queue,
        func.count(),
        func.count(case((Ticket.assignee_id == me, 1))),
        func.count(case((Ticket.assignee_id.is_(None), 1))),
        func.count(case((and_(*late), 1))),
    )
    counted = counted.where(Ticket.resolved_at.is_(None)).group_by(Ticket.queue)
    found = session.execute(counted).all()
    return Counts(
        active=sum(row[1] for row in found),
        mine=sum(row[2] for row in found),
        unassigned=sum(row[3] for row in found),
        overdue=sum(row[4] for row in found),
        queues={row[0]: row[1] for row in found},
    )


def is_overdue(ticket: Any, at: datetime | None = None) -> bool:
    """Whether a ticket (or a row of a list) should have had its first answer by now."""
    return (
        ticket.first_answer_at is None
        and ticket.resolved_at is None
        and ticket.due_at is not None
        and ticket.due_at < (at or now())
    )


def search_expression(q: str, dialect: str) -> str:
    """Words as the database's full-text search wants them, "" finds nothing; a long one may be the beginning of one."""
    if _PHONE.fullmatch(q):
        q = re.sub(r"\D", "", q)
    plain = "".join(letter for letter in unicodedata.normalize("NFD", q) if not unicodedata.combining(letter))
    words = re.findall(r"[^\W_]+", plain.lower())[:_MOST_WORDS]
    begins = [len(word) >= _SHORTEST_BEGINNING for word in words]
    if dialect == "postgresql":
        return " & ".join(f"{word}:*" if begin else word for word, begin in zip(words, begins, strict=True))
    return " ".join(f'"{word}"*' if begin else f'"{word}"' for word, begin in zip(words, begins, strict=True))


def _matching(session: Session, view: View, me: str, said: _Said | None) -> Select[Any]:
    """The numbers of a view's tickets, without an order; `said` are those with the words that are searched for."""
    by = partial(_filter, session)
    conditions: list[ColumnElement[bool]] = []
    for name in ("queue", "type", "language"):
        if value := getattr(view, name):
            conditions.append(by(getattr(Ticket, name)) == value)
    if view.priority:
        rank = Ticket.rank.expression if view.sort == "priority" else by(Ticket.rank)
        conditions.append(rank == PRIORITIES.index(view.priority))
    if view.state not in ("", ANY):
        conditions.append(by(Ticket.state) == view.state)
    if view.assignee == NOBODY:
        conditions.append(by(Ticket.assignee_id).is_(None))
    elif view.assignee:
        conditions.append(by(Ticket.assignee_id) == (me if view.assignee == ME else view.assignee))
    if view.incomplete:
        conditions.append(by(Ticket.incomplete).is_(True))
    if view.overdue:
        conditions += [by(Ticket.first_answer_at).is_(None), Ticket.due_at < now()]
    if view.active_only:
        conditions.append(Ticket.resolved_at.is_(None))
    if said is not None:
        conditions.append(Ticket.number.in_(said.numbers))
    return select(Ticket.number).where(*conditions)


def _filter(session: Session, key: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
    """A column to filter by while the list is read in its order.

    Without statistics SQLite would rather read all tickets of a state and sort them; a "+" says not to.
    """
    if _dialect(session) != "sqlite":
        return key.expression
    return UnaryExpression(key.expression, operator=custom_op("+"), type_=key.type)


@dataclass(frozen=True)
class _Said:
    """Tickets with the words of a search, the newest MOST_FOUND of them; `cut`: there are older ones."""

    numbers: list[int]
    cut: bool


def _with_words(session: Session, q: str) -> _Said:
    """Tickets with these words in subject, description, fields, contact or what was said; or with this number.

    They are looked up once and then named to the list and to its count, which would each search again.
    """
    dialect = _dialect(session)
    found: list[int] = []
    if expression := search_expression(q, dialect):
        if dialect == "postgresql":
            wanted = "number FROM ticket_search WHERE words @@ to_tsquery('simple', :words) ORDER BY number"
        else:
            wanted = "rowid FROM ticket_search WHERE ticket_search MATCH :words ORDER BY rowid"
        newest = text(f"SELECT {wanted} DESC LIMIT {MOST_FOUND + 1}")
        found = list(session.scalars(newest, {"words": expression}))
    number = _NUMBER.fullmatch(q)
    named = [int(number[1])] if number else []
    return _Said([*named, *found[:MOST_FOUND]], len(found) > MOST_FOUND)


def _order(view: View) -> list[tuple[Any, bool]]:
    """The columns a view is sorted by, and whether downwards."""
    orders: dict[str, list[tuple[Any, bool]]] = {
        "priority": [(Ticket.rank, False), (Ticket.due_at, False), (Ticket.number, False)],
        "oldest": [(Ticket.created_at, False), (Ticket.number, False)],
        "newest": [(Ticket.created_at, True), (Ticket.number, True)],
        "changed": [(Ticket.updated_at, True), (Ticket.number, True)],
    }
    return orders[view.sort]


def _follows(order: list[tuple[Any, bool]], begin: tuple[Any, ...]) -> ColumnElement[bool]:
    columns = tuple_(*(key for key, _ in order))
    return columns < begin if order[0][1] else columns > begin


def _dialect(session: Session) -> str:
    return session.get_bind().dialect.name
