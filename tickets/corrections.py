"""What agents corrected in the triage of tickets: labelled texts for the next training."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import inspect, make_url, select

from tickets.database import Database
from tickets.ticket_models import Correction

_LEARNED = ("type", "queue", "priority")


def read_corrections(url: str) -> list[tuple[str, str, str]]:
    """(text, what, right) of every correction that a training can use; [] where there is no database yet.

    A ticket corrected twice counts as it was corrected last. Its queue says nothing of the type where an agent said
    the type as well: then it was only handed on.

    Raises:
        SQLAlchemyError: the database does not answer.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists():
        return []
    database = Database(url)
    try:
        if not inspect(database.engine).has_table(Correction.__tablename__):
            return []
        query = select(Correction).where(Correction.what.in_(_LEARNED)).order_by(Correction.id)
        rows = database.read(lambda session: session.scalars(query).all())
    finally:
        database.close()
    last = {(row.ticket_number, row.what): (row.text, row.what, row.right) for row in rows}
    return [row for (number, what), row in last.items() if what != "queue" or (number, "type") not in last]
