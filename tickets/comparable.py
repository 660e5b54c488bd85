"""The open tickets that a new one is compared with: whichever names the same number or code, and the newest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from tickets.access import Viewer, own_active_fields, own_numbered, own_tickets
from tickets.identifiers import may_name_the_same, plain
from tickets.ticket_models import Ticket

_NEWEST = 50  # are compared by what they mean, which costs time
_MOST_NAMED = 50


def comparable(
    session: Session, viewer: Viewer, text: str, fields: Mapping[str, Any], but: int | None = None
) -> Sequence[Ticket]:
    """Open tickets that a viewer may see and that may be about the same as a text with these fields.

    Of all of them only the fields are read, of those that are left the texts.

    Args:
        but: the number of the ticket that is compared itself.
    """
    said = plain(text)
    named = [
        number
        for number, known in own_active_fields(session, viewer)
        if number != but and known and may_name_the_same(fields, said, known)
    ]
    found = {one.number: one for one in own_numbered(session, viewer, named[:_MOST_NAMED])}
    newest = own_tickets(session, viewer, _NEWEST + 1, active=True)
    rest = [one for one in newest if one.number != but and one.number not in found]
    return [*found.values(), *rest[:_NEWEST]]
