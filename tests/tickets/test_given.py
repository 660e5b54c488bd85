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


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        ("+390451234500-09", ["+39045123450X"]),
        ("+39 045 1234500 - +39 045 1234599", ["+3904512345XX"]),
        ("+39 045 1234500 to +39 045 1234502", ["+390451234500", "+390451234501", "+390451234502"]),
        ("+44 20 7946 0123/24, +39 045 1234567", ["+442079460123", "+442079460124", "+390451234567"]),
        ("+49 89 1234-500", ["+49891234500"]),
        ("+39 045-123-45-67", ["+390451234567"]),
    ],
)
def test_a_range_is_what_it_stands_for(written: str, numbers: list[str]) -> None:
    assert checked_fields({"did_numbers": written}) == {"did_numbers": numbers}


@pytest.mark.parametrize("written", ["+390451234567-12", "+39 045 1234500 ... 09", "+39 045 1234567/21/33"])
def test_digits_that_belong_to_no_number_make_none(written: str) -> None:
    """Together they would be a number that is possible and that nobody wrote."""
    with pytest.raises(InvalidValue, match="whole ranges like"):
        checked_fields({"did_numbers": written})


def test_what_nobody_types_is_left_out() -> None:
    assert clean(" a\x00b\x1b[31m\r\nc\td\x7f ") == "ab[31m\nc\td"
