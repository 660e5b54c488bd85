"""The list of tickets: one view an address."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.console.gate import Call
from bot.console.pages import Pages
from tickets import agents
from tickets.queue import ANY, ME, MOST_COUNTED, MOST_FOUND, NOBODY, SORTS, View, read_counts, read_page
from tickets.states import STATES
from tickets.ticket_models import Delivery, Ticket
from tickets.types import queues

_LANGUAGES = ("en", "it", "de", "fr", "es")
_SORT_NAMES = {
    "priority": "priority, then due first",
    "oldest": "oldest first",
    "newest": "newest first",
    "changed": "last changed first",
}


class ListPage:
    """The route of the list."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def show(self, call: Call) -> Response:
        """The list that the address asks for."""
        given = dict(call.request.query_params)
        view, me = View.read(given), call.me.id
        after = given.get("after", "")[:32]

        def read(session: Session) -> dict[str, Any]:
            return {
                "page": read_page(session, view, me, after),
                "counts": read_counts(session, me),
                "people": {agent.id: agent for agent in agents.everybody(session)},
                "dead": _undelivered(session),
            }

        found = await call.read(read)
        tickets = found["page"].tickets
        return self._pages.show(
            "list.html",
            call.signed_in,
            **found,
            view=view,
            after=after,
            next_page=_with(view, tickets[-1].id) if found["page"].more else "",
            first_page=f"/console{view.query()}" if after else "",
            heading=_heading(view, found["people"], me),
            navigation=_navigation(found["counts"]),
            here=view.query(sort="priority"),
            choices=_choices(found["people"], me),
            most_counted=MOST_COUNTED,
            most_found=MOST_FOUND,
        )


def _undelivered(session: Session) -> dict[str, Any]:
    """How many notifications were given up, and the tickets of the newest."""
    dead = Delivery.state == "dead"
    count = session.scalar(select(func.count()).select_from(Delivery).where(dead)) or 0
    newest = (
        select(Ticket.id, Ticket.number, Delivery.destination)
        .join(Ticket, Ticket.number == Delivery.ticket_number)
        .where(dead)
        .order_by(Delivery.created_at.desc())
        .limit(5)
    )
    return {"count": count, "tickets": session.execute(newest).all() if count else []}


def _with(view: View, after: str) -> str:
    query = view.query()
    return f"/console{query}{'&' if query else '?'}after={after}"


def _navigation(counts: Any) -> list[tuple[str, str, int | None]]:
    """Name, address and number of each view beside the list; "" as address: a heading."""
    return [
        ("To work on", View().query(), counts.active),
        ("Mine", View(assignee=ME).query(), counts.mine),
        ("Nobody’s", View(assignee=NOBODY).query(), counts.unassigned),
        ("Overdue", View(overdue=True).query(), counts.overdue),
        ("All there are", View(state=ANY).query(), None),
        ("Queues", "", None),
        *((queue, View(queue=queue).query(), counts.queues.get(queue, 0)) for queue in queues()),
    ]


def _heading(view: View, people: dict[str, Any], me: str) -> str:
    """What a view is called."""
    if view.q:
        return f"“{view.q}”"
    if view.overdue:
        return "Overdue"
    if view.queue:
        return view.queue
    if view.assignee == NOBODY:
        return "Nobody’s"
    if view.assignee in (ME, me):
        return "Mine"
    if view.assignee in people:
        return str(people[view.assignee].shown)
    if view.state == ANY:
        return "All there are"
    return "To work on"


def _choices(people: dict[str, Any], me: str) -> dict[str, Any]:
    working = [agent for agent in people.values() if agent.disabled_at is None and agent.id != me]
    return {
        "states": (*STATES, ANY),
        "sorts": [(name, _SORT_NAMES[name]) for name in SORTS],
        "assignees": [(ME, "me"), (NOBODY, "nobody"), *((agent.id, agent.shown) for agent in working)],
        "languages": _LANGUAGES,
    }
