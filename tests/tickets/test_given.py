"""Values of a ticket's fields as people give them."""

from __future__ import annotations

import pytest

from tickets.given import MOST_NUMBERS, InvalidValue, checked_fields, clean


def test_values_are_kept_in_the_form_of_their_field() -> None:
    assert checked_fields(
        {
            "did_numbers": "+39 045 1234567; 0039 045 1234568\n+39 045 1234567,",
            "pbx": "  Hotel\tX \n",
            "address": "Via Roma 1\r\n37121 Verona",
            "invoice_date": " 2026-01-31 ",
            "email": "ann@acme.example",
            "reason": "   ",
            "serial_number": "",
        }
    ) == {
        "did_numbers": ["+390451234567", "+390451234568"],
        "pbx": "Hotel X",
        "address": "Via Roma 1\n37121 Verona",
        "invoice_date": "2026-01-31",
        "email": "ann@acme.example",
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("unknown", "x"),
        ("did_numbers", ["+39 045 1234567", "nonsense"]),
        ("did_numbers", [f"+39 045 {number}" for number in range(1_000_000, 1_000_001 + MOST_NUMBERS)]),
        ("pbx", ["x"]),
        ("pbx", "x" * 201),
        ("reason", "x" * 4001),
        ("invoice_date", "20260131"),
        ("invoice_date", "2026-W05-6"),
        ("invoice_date", "2026-13-01"),
        ("invoice_date", "31.01.2026"),
        ("email", "ann"),
    ],
)
def test_what_cannot_be_is_named(field: str, value: str | list[str]) -> None:
    with pytest.raises(InvalidValue) as refused:
        checked_fields({field: value})
    assert refused.value.field == field
    assert refused.value.reason.endswith(".")


def test_what_nobody_types_is_left_out() -> None:
    assert clean(" a\x00b\x1b[31m\r\nc\td\x7f ") == "ab[31m\nc\td"
