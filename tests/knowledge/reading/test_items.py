"""Lines of an order: as many as are written read back, and what a message leaves out is taken from the line before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.policy.inputs import Item
from knowledge.policy.money import Money
from knowledge.policy.wording import day_text
from knowledge.reading.items import ReadItems, read_items
from knowledge.reading.read import Known
from knowledge.reading.sentence import read_sentence

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
TODAY = NOW.date()


def read(text: str, *lines: Item, part: Mapping[str, Any] | None = None) -> ReadItems:
    said = read_sentence(text, NOW)
    before = Known({"items": list(lines)} if lines else {}, part=part or {})
    return read_items(text, said.past_days, said.money, said.counts, before, "items", TODAY)


def eur(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


PHONES = Item(date(2023, 5, 3), eur("300"), 2)
lines = st.builds(
    Item,
    st.dates(date(2000, 1, 1), TODAY),
    st.decimals("10.00", "9999.99", places=2).map(lambda amount: Money(amount, "EUR")),
    st.integers(1, 999),
    each=st.booleans(),
)


def written(line: Item) -> str:
    return f"{line.quantity} phones on {day_text(line.day)} for {line.price}{' each' if line.each else ' together'}"


@settings(deadline=None)
@given(order=st.lists(lines, min_size=1, max_size=5), glue=st.sampled_from([" and ", ", ", "; ", ".\n"]))
def test_an_order_reads_back_line_by_line(order: list[Item], glue: str) -> None:
    assert read(glue.join(map(written, order))).items == order


@settings(deadline=None)
@given(line=lines)
def test_a_line_reads_back_in_any_order_of_its_parts(line: Item) -> None:
    price = f"{line.price} each" if line.each else f"{line.price}"
    for text in (
        f"on {day_text(line.day)} {line.quantity} phones for {price}",
        f"for {price} {line.quantity} phones, ordered on {day_text(line.day)}",
        f"{price}, {day_text(line.day)}, {line.quantity} phones",
    ):
        assert read(text).items == [line]


@settings(deadline=None)
@given(line=lines, day=st.dates(date(2000, 1, 1), TODAY))
def test_a_new_day_keeps_price_and_quantity(line: Item, day: date) -> None:
    assert read(f"sorry, on {day_text(day)}", line).items == [replace(line, day=day)]


def test_a_new_price_keeps_day_and_quantity() -> None:
    assert read("sorry, 350 EUR", PHONES).items == [replace(PHONES, price=eur("350"))]
    assert read("sorry, 150 EUR each", PHONES).items == [replace(PHONES, price=eur("150"), each=True)]


def test_a_new_quantity_keeps_day_and_price() -> None:
    assert read("5 phones", PHONES).items == [replace(PHONES, quantity=5)]


@pytest.mark.parametrize("more", ["also", "another", "plus", "too", "as well", "in addition"])
def test_another_line_is_added(more: str) -> None:
    found = read(f"{more} 3 bases on 1 June 2024 for 150 EUR", PHONES)
    assert found.items == [PHONES, Item(date(2024, 6, 1), eur("150"), 3)]


def test_a_whole_new_order_replaces_the_old_one() -> None:
    found = read("3 bases on 1 June 2024 for 150 EUR, 1 phone on 2 June 2024 for 50 EUR", PHONES)
    assert found.items == [Item(date(2024, 6, 1), eur("150"), 3), Item(date(2024, 6, 2), eur("50"))]


def test_a_price_is_kept_until_its_day_is_known() -> None:
    first = read("4 phones for 200 EUR each")
    assert first.items == []
    assert first.part == {"price": eur("200"), "each": True, "quantity": 4}
    assert read("on 5 March 2024", part=first.part).items == [Item(date(2024, 3, 5), eur("200"), 4, each=True)]
    second = read("6 phones", part=first.part)
    assert second.part == {"price": eur("200"), "each": True, "quantity": 6}


def test_a_day_in_two_readings_keeps_price_and_quantity() -> None:
    found = read("4 phones ordered 12/05/2023 for 800 EUR")
    assert found.items == []
    assert found.unclear == [("12/05/2023", (date(2023, 5, 12), date(2023, 12, 5)), "")]
    assert found.part == {"price": eur("800"), "each": False, "quantity": 4}


def test_a_day_in_two_readings_of_which_one_is_to_come_is_the_other() -> None:
    assert read("2 phones on 05/12/2026").items == [Item(date(2026, 5, 12), quantity=2)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ordered on 31 February 2024", "There is no 31 February 2024"),
        ("ordered in March 2024", "Which day of March 2024"),
        ("we order on 23 November 2026", "23 November 2026 is in the future"),
    ],
)
def test_a_day_that_cannot_be_is_refused(text: str, reason: str) -> None:
    ((_, readings, why),) = read(text).unclear
    assert readings == ()
    assert reason in why


def test_today_is_not_in_the_future() -> None:
    assert read("ordered on 22 November 2026").items == [Item(TODAY)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [("for 0.00 EUR", "more than zero"), ("for -5 EUR", "more than zero"), ("for 5 CHF", "not one of our currencies")],
)
def test_a_price_that_cannot_be_is_refused_and_the_day_is_taken(text: str, reason: str) -> None:
    found = read(f"1 phone on 5 March 2024 {text}")
    assert found.items == [Item(date(2024, 3, 5))]
    assert [reason in why for _, _, why in found.unclear] == [True]


def test_a_bare_year_changes_the_year_of_the_only_line() -> None:
    found = read("and if it was bought in 2021?", PHONES)
    assert found.items == [replace(PHONES, day=date(2021, 5, 3))]
    assert "Only the year was named: 3 May 2021" in found.note
    leap = read("in 2023", Item(date(2024, 2, 29)))
    assert leap.items == [Item(date(2023, 2, 28))]


def test_a_bare_year_of_two_lines_is_asked_about() -> None:
    found = read("it was in 2021", PHONES, replace(PHONES, day=date(2024, 6, 1)))
    assert found.items == []
    assert [why for _, _, why in found.unclear] == ["Which day of 2021 was meant?"]


def test_a_price_of_two_lines_changes_neither() -> None:
    assert read("sorry, 350 EUR", PHONES, replace(PHONES, day=date(2024, 6, 1))) == ReadItems()


@pytest.mark.parametrize("text", ["bought 3 years ago", "bought on 22 November 2023, do we get 60 % back?"])
def test_years_and_percents_count_no_pieces(text: str) -> None:
    assert read(text).items == [Item(date(2023, 11, 22))]
