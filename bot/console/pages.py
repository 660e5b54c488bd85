"""The console's pages: templates that escape everything, and how times, people and values are written in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from bot.console import markup, wording
from tickets.agents import LEAD, SignedIn
from tickets.base import now
from tickets.queue import is_overdue
from tickets.types import PRIORITIES, queues, ticket_fields, ticket_types

STATE_NAMES = {
    "new": "new",
    "open": "open",
    "waiting": "waiting for partner",
    "resolved": "resolved",
    "closed": "closed",
}
_TITLES = {401: "Signed out", 403: "Not allowed", 404: "Not found", 503: "Not now"}


class Pages:
    """Renders templates."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=_tamed,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters.update(
            age=age,
            due=due,
            moment=moment,
            iso=iso,
            markdown=markup.markdown,
            plain=markup.plain,
            bdi=markup.one_line,
            value=value_shown,
            percent=percent,
            person=person,
            browser=browser,
            zip_same=with_itself,
            named_states=named_states,
            field_label=field_label,
        )
        self._templates.globals.update(
            types=ticket_types(),
            type_options=[(kind.id, f"{kind.title} ({kind.queue})") for kind in ticket_types().values()],
            queues=queues(),
            priorities=PRIORITIES,
            state_names=STATE_NAMES,
            is_overdue=is_overdue,
            lead_role=LEAD,
            came_by=wording.CAME_BY,
            answer_in=wording.ANSWER_IN,
            answer_elsewhere=wording.ANSWER_ELSEWHERE,
            unreached=wording.UNREACHED,
        )

    def show(self, template: str, signed_in: SignedIn | None, status: int = 200, **what: Any) -> HTMLResponse:
        """A page for this agent."""
        me = signed_in.agent if signed_in else None
        return HTMLResponse(self._templates.get_template(template).render(me=me, **what), status)

    def problem(self, status: int, sentence: str, signed_in: SignedIn | None) -> HTMLResponse:
        """A page that says why there is nothing else to see."""
        title = _TITLES.get(status, "Problem")
        return self.show("problem.html", signed_in, status, title=title, sentence=sentence)


def _tamed(value: Any) -> Any:
    """Every text that is written into a page, as markup.py would have it."""
    return markup.tame(value) if type(value) is str else value


def age(at: datetime, since: datetime | None = None) -> str:
    """How long ago: just now, 5 min ago, 3 h ago, 2 d ago."""
    ago = (since or now()) - at
    return "just now" if ago < timedelta(minutes=1) else f"{_span(ago)} ago"


def due(at: datetime) -> str:
    """How long until a time, or how long since it passed."""
    left = at - now()
    return f"due in {_span(left)}" if left > timedelta(0) else f"{_span(-left)} overdue"


def moment(at: datetime) -> str:
    """A time in words; the page writes it in the reader's own zone."""
    return f"{at:%-d %b %Y, %H:%M} UTC"


def iso(at: datetime) -> str:
    """A time for machines."""
    return at.isoformat()


def value_shown(value: Any) -> str:
    """A field's value as text."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{name}: {value_shown(part)}" for name, part in value.items())
    return str(value)


def percent(share: Any) -> str:
    """A share as percent; nothing for what is none."""
    return f"{float(share):.0%}" if isinstance(share, int | float) else ""


def person(contact: Mapping[str, str]) -> str:
    """Who asks, in one line."""
    parts = (contact.get("company"), contact.get("name"))
    return " · ".join(part for part in parts if part) or contact.get("email") or "somebody unknown"


def browser(client: str) -> str:
    """What a browser calls itself, in words people know."""
    names = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
    systems = ("Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux")
    name = next((shown for mark, shown in names if mark in client), client[:60] or "unknown browser")
    system = next((known for known in systems if known in client), "")
    return f"{name} on {system}" if system else name


def with_itself(values: Iterable[str]) -> list[tuple[str, str]]:
    """Choices that are called what they are."""
    return [(value, value) for value in values]


def named_states(states: Iterable[str]) -> list[tuple[str, str]]:
    """States with their names."""
    return [(state, STATE_NAMES.get(state, "any state")) for state in states]


def field_label(name: str) -> str:
    """What people call a field."""
    field = ticket_fields().get(name)
    return field.label if field else name


def _span(length: timedelta) -> str:
    minutes = max(0, int(length.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} d"
