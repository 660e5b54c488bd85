"""Whole messages: each value is read as one kind only, whatever the order, and any text can be read."""

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given

from knowledge.policy.fields import InvalidInput
from knowledge.policy.money import Money
from knowledge.reading.codes import find_invoices, find_orders, find_serials, find_versions
from knowledge.reading.found import Found, blanked, longest_first
from knowledge.reading.sentence import read_sentence
from tests.knowledge.reading.texts import texts

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


def test_a_lost_item_in_one_sentence() -> None:
    read = read_sentence(
        "S/N 9C:75:14:AA:BB:CC was lost yesterday, in use since 3 June 2026, CAPEX price 240 EUR, fee 8,50", NOW
    )
    assert [found.value for found in read.serials] == ["9C:75:14:AA:BB:CC"]
    assert [found.value for found in read.past_days] == [date(2026, 11, 21), date(2026, 6, 3)]
    assert [found.value for found in read.money] == [Money(Decimal(240), "EUR"), Money(Decimal("8.50"))]
    assert read.counts == []


def test_dids_to_cancel_in_one_sentence() -> None:
    read = read_sentence("cancel 4 DIDs +4989123450XX activated on 12 June 2026, rent 5 EUR and flat 8 EUR", NOW)
    assert [found.value for found in read.phones] == ["+4989123450XX"]
    assert [found.value for found in read.counts] == [4]
    assert [found.value for found in read.days] == [date(2026, 6, 12)]
    assert [str(found.value) for found in read.money] == ["5.00 EUR", "8.00 EUR"]


def test_a_commitment_in_one_sentence() -> None:
    read = read_sentence("5y commitment on a monthly PBX created 2 months ago, three premium and no basic", NOW)
    assert [found.value for found in read.terms] == ["5y", "1m"]
    assert [found.value for found in read.past_days] == [date(2026, 9, 22)]
    assert read.tiers is not None
    assert read.tiers.value == {"premium": 3, "basic": 0}
    assert read.counts == []


def test_the_country_that_is_named_is_that_of_a_national_number() -> None:
    read = read_sentence("the range 089 123450XX in Germany", NOW)
    assert [found.value for found in read.phones] == ["+4989123450XX"]
    assert [found.value for found in read.countries] == ["DE"]
    assert read_sentence("the range 089 123450XX", NOW, country="DE").phones[0].value == "+4989123450XX"


def test_what_is_taken_back_is_not_read() -> None:
    assert [found.value for found in read_sentence("sorry, 3 years not 5 years", NOW).terms] == ["3y"]


def test_a_version_is_no_date_and_no_amount() -> None:
    read = read_sentence("WMS 5.03.2021 costs 100 EUR", NOW)
    assert [found.value for found in read.versions] == ["5.03.2021"]
    assert read.days == []
    assert [str(found.value) for found in read.money] == ["100.00 EUR"]


def test_a_value_with_two_readings_is_not_taken() -> None:
    (found,) = read_sentence("bought on 12/05/2023", NOW).past_days
    with pytest.raises(InvalidInput, match="2 ways"):
        _ = found.value


def test_of_overlapping_places_the_longest_stays() -> None:
    short, long, apart = Found(0, 4, "2024", (1,)), Found(0, 10, "2024-03-05", (2,)), Found(11, 12, "5", (3,))
    assert longest_first([short, apart, long]) == [long, apart]
    assert blanked("2024-03-05 5", [long]) == "□□□□□□□□□□ 5"


@given(text=texts)
def test_any_text_is_read_without_an_error(text: str) -> None:
    read = read_sentence(text, NOW)
    codes = [
        *find_serials(text, True),
        *find_invoices(text, True),
        *find_orders(text, True),
        *find_versions(text, True),
    ]
    assert all(found.text == text[found.start : found.end] for found in codes)
    places = [
        (found.start, found.end)
        for kind in (read.serials, read.phones, read.versions, read.days, read.money, read.terms, read.counts)
        for found in kind
    ]
    assert all(end <= start for (_, end), (start, _) in pairwise(sorted(places))), "each place is read only once"
