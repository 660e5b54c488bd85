"""Which open tickets a new one is compared with: all that name the same, and of the others the newest."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from tickets import changes
from tickets.access import Viewer
from tickets.comparable import comparable
from tickets.database import Database
from tickets.identifiers import may_name_the_same, plain
from tickets.opening import NewTicket, open_ticket
from tickets.partners import known_partner
from tickets.states import FIRST_ANSWER
from tickets.ticket_models import Ticket

TEXT = "please look at it"


class Acme:
    """A company with tickets of its own."""

    def __init__(self, database: Database, company: str = "acme") -> None:
        self.database = database
        self.company = company
        self.partner = database.write(
            lambda session: known_partner(session, "portal", company, company, company_name="", name="", email="").id
        )

    def opened(self, fields: dict[str, Any], count: int = 1) -> list[int]:
        """The numbers of new tickets."""

        def write(session: Session) -> list[int]:
            first = session.query(Ticket).count()
            new = NewTicket("general.other", "Subject", "Text", fields)
            return [
                open_ticket(session, f"k{at}", new, channel="api", targets=FIRST_ANSWER, partner_id=self.partner)[
                    0
                ].number
                for at in range(first, first + count)
            ]

        return self.database.write(write)

    def compared(self, fields: dict[str, Any], text: str = TEXT, but: int | None = None) -> list[int]:
        """The numbers of the tickets that a new one is compared with."""
        viewer = Viewer(None, self.partner, self.company, "portal")
        return [
            one.number for one in self.database.read(lambda session: comparable(session, viewer, text, fields, but))
        ]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"did_numbers": ["+390451234567"]}, TEXT),
        ({"serial_number": "9C75-14a0 B1C2"}, TEXT),
        ({"invoice_number": "inv 2026/0417"}, TEXT),
        ({}, "cancel 045 1234567 please"),
        ({}, "what about INV2026-0417?"),
    ],
)
def test_a_ticket_with_the_same_number_or_code_is_compared_however_old(
    database: Database, fields: dict[str, Any], text: str
) -> None:
    acme = Acme(database)
    named = {"did_numbers": ["+3904512345XX"] if "did_numbers" in fields else ["+390451234567"]}
    (old,) = acme.opened({**named, "serial_number": "9C7514A0B1C2", "invoice_number": "INV-2026-0417"})
    newer = acme.opened({"pbx": "Hotel Luna"}, 60)
    assert acme.compared(fields, text) == [old, *newer[:-51:-1]]
    assert old not in acme.compared({}, TEXT)


def test_neither_itself_nor_what_is_over_nor_what_is_another_companys(database: Database) -> None:
    acme, other = Acme(database), Acme(database, "other")
    fields = {"order_number": "4500123"}
    first, second, over = acme.opened(fields, 3)
    other.opened(fields)

    def resolve(session: Session) -> None:
        changes.set_state(session, session.get_one(Ticket, over), changes.SYSTEM, "resolved")

    database.write(resolve)
    assert acme.compared(fields) == [second, first]
    assert acme.compared(fields, but=second) == [first]


@pytest.mark.parametrize(
    ("fields", "text", "other"),
    [
        ({}, "order 4712", {"order_number": "4711"}),
        ({}, "we have 12 phones", {"order_number": "12"}),
        ({"did_numbers": ["+390451234567"]}, TEXT, {"did_numbers": ["+390451234568"]}),
        ({"serial_number": ""}, TEXT, {"serial_number": ""}),
        ({}, TEXT, {"serial_number": None, "did_numbers": "x"}),
        ({"pbx": "Hotel Luna"}, TEXT, {"pbx": "Hotel Luna"}),
    ],
)
def test_what_names_something_else(fields: dict[str, Any], text: str, other: dict[str, Any]) -> None:
    assert not may_name_the_same(fields, plain(text), other)
