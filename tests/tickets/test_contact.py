"""Addresses of people: e-mail addresses and phone numbers."""

from __future__ import annotations

import pytest

from tickets.contact import international_number, valid_email


@pytest.mark.parametrize(
    "text",
    [
        "ann@acme.example",
        "ann.lee+care@mail.acme-group.co.uk",
        "o'brien@acme.ie",
        "a@b.co",
        "ANN_LEE@ACME.EXAMPLE",
        "x@xn--mnchen-3ya.xn--p1ai",
        "1@2.de",
    ],
)
def test_an_e_mail_address(text: str) -> None:
    assert valid_email(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "ann", "ann@", "@acme.example", "ann@acme", "ann@@acme.example", "ann@acme..example", "ann@.example"),
        *("ann.@acme.example", ".ann@acme.example", "a..n@acme.example", "ann lee@acme.example", "ann@acme.e"),
        *("ann@-acme.example", "ann@acme-.example", "ann@acme.example.", "ann@127.0.0.1", "ann@[127.0.0.1]"),
        *("Ann <ann@acme.example>", "ann@acme.example, bob@acme.example", "ann@acme.example\n", "\nann@acme.example"),
        *('"ann"@acme.example', "ann@acme.example\r\nBcc: all@acme.example", "änn@acme.example", "ann@äcme.example"),
        *("a" * 65 + "@acme.example", "a@" + "b." * 130 + "de", "mailto:ann@acme.example", "ann@acme.123"),
    ],
)
def test_what_is_none(text: str) -> None:
    assert not valid_email(text)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+39 045 1234567", "+390451234567"),
        ("0039 045/123-4567", "+390451234567"),
        (" +49 (89) 123456 ", "+4989123456"),
        ("+1 212 555 0100", "+12125550100"),
        ("+49 89 1234 XX", "+49891234XX"),
        ("+3904512345X", "+3904512345X"),
    ],
)
def test_a_phone_number_in_international_form(written: str, number: str) -> None:
    assert international_number(written) == number


@pytest.mark.parametrize(
    "text",
    [
        *("", "+", "+39", "045 1234567", "12345678", "+39 045 abc", "+999 123 4567", "+39 1"),
        *("+39 045 1234567 8901234", "call +39 045 1234567", "+39 045 1234567; +39 045 1234568", "++390451234567"),
        *("+39X045123", "+4989XXXXXXXX", "+39 045 1234567\n+39 045 1234568", "+٣٩٠٤٥١٢٣٤٥٦٧", "+39" + "0" * 60),
    ],
)
def test_no_phone_number(text: str) -> None:
    assert international_number(text) is None
