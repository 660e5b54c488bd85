"""The JSON form of inputs: every kind read exactly, everything else refused by the name of its input."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.policy.fields import Field, InvalidInput, Kind, Policy
from knowledge.policy.inputs import Item, as_json, checked_price, from_json
from knowledge.policy.money import CURRENCIES, Money
from knowledge.policy.paid_services import PAID_SERVICE

EVERY_KIND = Policy(
    id="every_kind",
    title="One input of every kind",
    fields=tuple(
        Field(kind, kind, kind.title(), f"Which {kind}?", choices={"1y": "1 year"} if kind == "choice" else {})
        for kind in get_args(Kind)
    ),
    sources=(),
    compute=PAID_SERVICE.compute,
)


days = st.dates(date(1990, 1, 1), date(2100, 12, 31))
counts = st.integers(0, 1_000_000)
amounts = st.builds(
    Money,
    st.decimals(Decimal(-100_000_000), Decimal(100_000_000), places=2) | st.integers(0, 9999).map(Decimal),
    st.sampled_from([None, *CURRENCIES]),
)
lines = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=20)
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "date": days,
    "moment": st.datetimes(datetime(1990, 1, 1), datetime(2100, 12, 31), timezones=offsets | st.just(UTC)),
    "money": amounts,
    "count": counts,
    "choice": st.just("1y"),
    "yes_no": st.booleans(),
    "country": st.sampled_from(["IT", "DE", "US"]),
    "text": lines,
    "tiers": st.dictionaries(st.sampled_from(["basic", "business", "essential", "premium"]), counts, min_size=1),
    "items": st.lists(
        st.builds(Item, days, st.none(), counts, st.just("") | lines)
        | st.builds(Item, days, amounts, counts, st.just("") | lines, each=st.booleans()),
        min_size=1,
        max_size=3,
    ),
}


def read(kind: str, value: Any) -> Any:
    return from_json(EVERY_KIND, {kind: value})[kind]


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        ("date", "2026-11-22", date(2026, 11, 22)),
        ("date", "2024-02-29", date(2024, 2, 29)),
        ("date", "1990-01-01", date(1990, 1, 1)),
        ("date", "2100-12-31", date(2100, 12, 31)),
        ("moment", "2026-11-30T22:00:00Z", datetime(2026, 11, 30, 22, tzinfo=UTC)),
        ("moment", "2026-11-30T22:00:00+01:00", datetime(2026, 11, 30, 21, tzinfo=UTC)),
        ("money", {"amount": "1200.00", "currency": "EUR"}, Money(Decimal("1200.00"), "EUR")),
        ("money", {"amount": "1200.5", "currency": None}, Money(Decimal("1200.5"))),
        ("money", {"amount": 1200}, Money(Decimal(1200))),
        ("money", {"amount": "100000000.00"}, Money(Decimal("100000000.00"))),
        ("count", 0, 0),
        ("count", 1_000_000, 1_000_000),
        ("choice", "1y", "1y"),
        ("yes_no", False, False),
        ("country", "it", "IT"),
        ("text", " 9C7514A1B2C3 ", "9C7514A1B2C3"),
        ("tiers", {"Basic": 5, "premium": 0}, {"basic": 5, "premium": 0}),
        ("items", [{"date": "2023-05-12"}], [Item(date(2023, 5, 12))]),
        (
            "items",
            [
                {
                    "date": "2023-05-12",
                    "price": {"amount": "120.00", "currency": "GBP"},
                    "quantity": 2,
                    "name": "WP480",
                    "each": True,
                }
            ],
            [Item(date(2023, 5, 12), Money(Decimal("120.00"), "GBP"), 2, "WP480", each=True)],
        ),
        ("items", [{"date": "2023-05-12", "price": None, "quantity": None}], [Item(date(2023, 5, 12))]),
    ],
)
def test_the_written_form_becomes_a_value(kind: str, written: Any, value: Any) -> None:
    assert read(kind, written) == value


@pytest.mark.parametrize(
    ("kind", "written", "reason"),
    [
        ("date", "22.11.2026", "is not a date"),
        ("date", "2026-W47-7", "is not a date"),
        ("date", 20261122, "is not a date"),
        ("date", "2026-02-31", "2026-02-31 does not exist"),
        ("date", "2026-02-29", "2026-02-29 does not exist"),
        ("date", "1989-12-31", "1990 to 2100"),
        ("date", "2101-01-01", "1990 to 2100"),
        ("moment", "2026-11-30T22:00:00", "with its zone"),
        ("moment", "2026-11-30", "with its zone"),
        ("moment", 5, "with its zone"),
        ("moment", "1812-11-30T22:00:00Z", "1990 to 2100"),
        ("money", "1200.00", "is written like this"),
        ("money", {"amount": "1200.00", "sum": "x"}, "is written like this"),
        ("money", {"currency": "EUR"}, "is written like this"),
        ("money", {"amount": 1200.5}, "is not an amount"),
        ("money", {"amount": True}, "is not an amount"),
        ("money", {"amount": "1.200,00"}, "is not an amount"),
        ("money", {"amount": "1e9"}, "is not an amount"),
        ("money", {"amount": "NaN"}, "is not an amount"),
        ("money", {"amount": "١٢"}, "is not an amount"),
        ("money", {"amount": "100000000.01"}, "too large"),
        ("money", {"amount": "5", "currency": "CHF"}, "USD, EUR, GBP"),
        ("money", {"amount": "5", "currency": "eur"}, "USD, EUR, GBP"),
        ("money", {"amount": "5", "currency": ["EUR"]}, "USD, EUR, GBP"),
        ("count", -1, "not negative"),
        ("count", 1_000_001, "too large"),
        ("count", "5", "not a whole number"),
        ("count", 5.0, "not a whole number"),
        ("count", True, "not a whole number"),
        ("choice", "2y", "is not one of: 1y"),
        ("choice", ["1y"], "is not one of: 1y"),
        ("yes_no", "yes", "neither true nor false"),
        ("yes_no", 1, "neither true nor false"),
        ("country", "XX", "don't know the country"),
        ("country", 39, "not a line of text"),
        ("text", "", "not a line of text"),
        ("text", "a\nb", "not a line of text"),
        ("text", 5, "not a line of text"),
        ("text", "5" * 201, "too long"),
        ("tiers", {}, "are written like this"),
        ("tiers", [5], "are written like this"),
        ("tiers", {"basic": "5"}, "not a whole number"),
        ("tiers", {"basic": 5, "Basic": 6}, "twice"),
        ("items", [], "at least one item"),
        ("items", {"date": "2023-05-12"}, "at least one item"),
        ("items", ["2023-05-12"], "needs its date"),
        ("items", [{"quantity": 1}], "needs its date"),
        ("items", [{"date": None}], "is not a date"),
        ("items", [{"date": "2023-05-12", "colour": "red"}], "may have: date, each, name, price, quantity"),
        ("items", [{"date": "2023-02-30"}], "does not exist"),
        ("items", [{"date": "2023-05-12"}] * 101, "at most 100"),
    ],
)
def test_what_cannot_be_is_refused(kind: str, written: Any, reason: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read(kind, written)
    assert refusal.value.field == kind
    assert reason in refusal.value.reason


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidInput) as refusal:
        from_json(EVERY_KIND, {"colour": "red"})
    assert refusal.value.field == "colour"
    assert "date, moment, money" in refusal.value.reason


def test_null_is_the_same_as_not_given() -> None:
    assert from_json(EVERY_KIND, {"date": None, "count": 1}) == {"count": 1}


@given(
    kind=st.sampled_from(get_args(Kind)),
    written=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.text(max_size=8) | st.sampled_from(["date", "amount", "currency", "price", "quantity", "name"]),
                inner,
                max_size=3,
            )
        ),
        max_leaves=6,
    ),
)
def test_whatever_is_sent_is_read_or_refused_by_name(kind: str, written: Any) -> None:
    if written is None:
        assert from_json(EVERY_KIND, {kind: None}) == {}
        return
    refusal = None
    try:
        values = from_json(EVERY_KIND, {kind: written})
    except InvalidInput as raised:
        refusal = raised
    if refusal is None:
        assert values.keys() == {kind}
    else:
        assert refusal.field == kind
        assert len(refusal.reason) < 400


@pytest.mark.parametrize("kind", get_args(Kind))
@given(data=st.data())
def test_every_value_reads_back_from_its_json_form(kind: str, data: st.DataObject) -> None:
    value = data.draw(VALUES[kind])
    again = read(kind, json.loads(json.dumps(as_json(value))))
    assert again == value
    assert type(again) is type(value)
    assert as_json(again) == as_json(value), "digits of amounts and offsets of moments stay as they are"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Money(Decimal("1E+3")), {"amount": "1000", "currency": None}),
        (Item(date(2023, 5, 12)), {"date": "2023-05-12", "quantity": 1}),
        ([], []),
        ((date(2023, 5, 12), date(2023, 12, 5)), ["2023-05-12", "2023-12-05"]),
    ],
)
def test_the_json_form_is_written_as_it_is_documented(value: Any, written: Any) -> None:
    assert as_json(value) == written


@given(day=days)
def test_every_day_is_read_back(day: date) -> None:
    assert read("date", day.isoformat()) == day


@given(
    amount=st.decimals(Decimal("0.01"), Decimal(100_000_000), places=2),
    currency=st.sampled_from([None, *CURRENCIES]),
)
def test_every_price_is_read_back_and_passes(amount: Decimal, currency: Any) -> None:
    price: Money = read("money", {"amount": str(amount), "currency": currency})
    assert price == Money(amount, currency)
    assert checked_price("money", price) is price


@pytest.mark.parametrize(
    ("amount", "reason"),
    [("0", "more than zero"), ("-5.00", "more than zero"), ("0.001", "decimals"), ("100000000.01", "too large")],
)
def test_a_price_that_cannot_be_is_refused(amount: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason) as refusal:
        checked_price("rent", Money(Decimal(amount), "EUR"))
    assert refusal.value.field == "rent"
