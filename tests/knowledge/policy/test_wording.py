"""Small phrases: days and counts as they are written everywhere, and the inputs as they were understood."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from knowledge.policy.fields import Field, Policy
from knowledge.policy.inputs import Item
from knowledge.policy.money import Money
from knowledge.policy.paid_services import PAID_SERVICE
from knowledge.policy.wording import (
    counted,
    day_text,
    echo,
    exact_text,
    fee_text,
    item_text,
    listed,
    moment_text,
    rounded_text,
)

DAY = date(2023, 5, 2)


def test_days_and_moments() -> None:
    assert day_text(DAY) == "2 May 2023"
    assert moment_text(datetime(2026, 11, 30, 22, 0, tzinfo=UTC)) == "30 November 2026, 22:00 (UTC)"
    assert moment_text(datetime(2026, 11, 30, 22, 0, 1, tzinfo=UTC)) == "30 November 2026, 22:00:01 (UTC)"


@pytest.mark.parametrize(
    ("count", "noun", "text"),
    [
        (1, "day", "1 day"),
        (0, "day", "0 days"),
        (2, "master box", "2 master boxes"),
        (3, "entry", "3 entries"),
        (1200, "CLASSOUND Flat", "1,200 CLASSOUND Flats"),
    ],
)
def test_counts(count: int, noun: str, text: str) -> None:
    assert counted(count, noun) == text


def test_words_in_a_row() -> None:
    assert listed(["A"]) == "A"
    assert listed(["A", "B"]) == "A and B"
    assert listed(["A", "B", "C"], "or") == "A, B or C"


def test_a_fee_without_currency_holds_in_all() -> None:
    assert fee_text(Money(Decimal(50))) == "50.00 USD, EUR or GBP"
    assert fee_text(Money(Decimal(50), "GBP")) == "50.00 GBP"


def test_amounts_that_are_not_to_the_cent() -> None:
    assert exact_text(Money(Decimal("1234.50"), "EUR")) == "1,234.50 EUR"
    assert exact_text(Money(Decimal("4.99950"), "EUR")) == "4.9995 EUR"
    assert exact_text(Money(Decimal("0.024"))) == "0.024"
    assert rounded_text(Money(Decimal("4.9995"), "EUR")) == "4.9995 EUR, rounded 5.00 EUR"
    assert rounded_text(Money(Decimal("5.000"), "EUR")) == "5.00 EUR"


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (Item(DAY), "2 May 2023"),
        (Item(DAY, Money(Decimal(240), "EUR")), "2 May 2023, 240.00 EUR"),
        (Item(DAY, name="WP480"), "WP480 of 2 May 2023"),
        (Item(DAY, Money(Decimal(240), "EUR"), 2, "WP480"), "2 × WP480 of 2 May 2023, 240.00 EUR together"),
        (Item(DAY, Money(Decimal(240), "EUR"), 2, each=True), "2 items of 2 May 2023, 240.00 EUR each"),
    ],
)
def test_one_line_of_an_order(item: Item, text: str) -> None:
    assert item_text(item) == text


def test_inputs_are_echoed_by_label_in_their_order_without_what_is_missing() -> None:
    policy = Policy(
        "every",
        "Every kind",
        (
            Field("day", "date", "Day", "?"),
            Field("length", "choice", "Length", "?", choices={"3y": "3 years"}),
            Field("overnight", "yes_no", "Overnight", "?"),
            Field("country", "country", "Country", "?"),
            Field("licences", "tiers", "Licences", "?"),
            Field("items", "items", "Hardware", "?"),
            Field("serial", "text", "Serial number", "?"),
            Field("count", "count", "Count", "?"),
        ),
        (),
        PAID_SERVICE.compute,
    )
    values = {
        "count": 0,
        "items": [Item(DAY, name="WP480"), Item(DAY)],
        "licences": {"basic": 5, "premium": 1},
        "country": "IT",
        "overnight": False,
        "length": "3y",
        "day": DAY,
        "serial": None,
    }
    assert list(echo(policy, values).items()) == [
        ("Day", "2 May 2023"),
        ("Length", "3 years"),
        ("Overnight", "No"),
        ("Country", "Italy"),
        ("Licences", "5 Basic and 1 Premium"),
        ("Hardware", "WP480 of 2 May 2023; 2 May 2023"),
        ("Count", "0"),
    ]
