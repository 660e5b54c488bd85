"""The credit note for converted hardware: it never grows with age, and its lines add up to its total."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given
from hypothesis import strategies as st

from knowledge.policy.calendars import add_years
from knowledge.policy.credit_note import CreditNoteInputs, hwaas_credit_note
from knowledge.policy.inputs import Item
from knowledge.policy.money import Money
from knowledge.policy.outcome import to_json
from tests.knowledge.policy.arithmetic import check_sums

TODAY = date(2026, 11, 22)
ORDERS = st.dates(date(2015, 1, 1), TODAY)
CONVERSIONS = st.dates(TODAY, date(2035, 12, 31))
PRICES = st.decimals(Decimal("0.01"), Decimal("99999"), places=2).map(lambda amount: Money(amount, "EUR"))
ITEMS = st.builds(Item, ORDERS, PRICES, st.integers(1, 50), st.sampled_from(["", "WP480"]), st.booleans())


def percent(ordered: date, converted: date) -> int:
    result = hwaas_credit_note(CreditNoteInputs([Item(ordered)], converted), TODAY).figures["percent"]
    assert isinstance(result, int)
    return result


@given(ordered=ORDERS, one=CONVERSIONS, two=CONVERSIONS)
def test_it_never_grows_with_a_later_conversion(ordered: date, one: date, two: date) -> None:
    assert percent(ordered, max(one, two)) <= percent(ordered, min(one, two))


@given(one=ORDERS, two=ORDERS, converted=CONVERSIONS)
def test_it_never_grows_with_an_older_order(one: date, two: date, converted: date) -> None:
    assert percent(min(one, two), converted) <= percent(max(one, two), converted)


@given(ordered=ORDERS, age=st.integers(0, 5 * 365))  # days that are always less than 5 years
def test_the_band_holds_until_its_last_day_and_not_longer(ordered: date, age: int) -> None:
    converted = ordered + timedelta(days=age)
    until = hwaas_credit_note(CreditNoteInputs([Item(ordered)], converted), TODAY).figures["band_until"]
    assert isinstance(until, date)
    assert until >= converted
    assert percent(ordered, until) == percent(ordered, converted)
    assert percent(ordered, until + timedelta(days=1)) < percent(ordered, converted)


@given(ordered=ORDERS, years=st.integers(1, 5))
def test_on_the_anniversary_the_lower_band_holds_with_a_caveat(ordered: date, years: int) -> None:
    anniversary = add_years(ordered, years)
    outcome = hwaas_credit_note(CreditNoteInputs([Item(ordered)], anniversary), TODAY)
    assert outcome.figures["percent"] == 100 - 20 * years
    assert percent(ordered, anniversary - timedelta(days=1)) == 100 - 20 * (years - 1)
    assert any("exactly on an anniversary" in caveat for caveat in outcome.caveats)


@given(items=st.lists(ITEMS, min_size=1, max_size=6), converted=CONVERSIONS)
def test_the_total_is_the_sum_rounded_once_and_the_steps_lead_to_it(items: list[Item], converted: date) -> None:
    outcome = hwaas_credit_note(CreditNoteInputs(items, converted), TODAY)
    exact = sum(
        (
            item.price.amount * (item.quantity if item.each else 1) * percent(item.day, converted) / 100
            for item in items
            if item.price
        ),
        Decimal(0),
    )
    shown = to_json(outcome)["figures"]["credit_note"]
    assert shown == {"amount": str(exact.quantize(Decimal("0.01"), ROUND_HALF_UP)), "currency": "EUR"}
    sums = check_sums(outcome.steps)
    if len(items) > 1 or outcome.verdict == "credit_note":
        assert sums[-1] == Decimal(shown["amount"])


@given(item=ITEMS, converted=CONVERSIONS)
def test_a_credit_note_is_never_more_than_the_price(item: Item, converted: date) -> None:
    figures = hwaas_credit_note(CreditNoteInputs([item], converted), TODAY).figures
    credit, price = figures["credit_note"], figures["price"]
    assert isinstance(credit, Money)
    assert isinstance(price, Money)
    assert 0 <= credit.amount <= price.amount


@given(items=st.lists(ITEMS, min_size=2, max_size=4), converted=CONVERSIONS)
def test_an_item_gets_the_same_alone_and_among_others(items: list[Item], converted: date) -> None:
    lines = hwaas_credit_note(CreditNoteInputs(items, converted), TODAY).figures["items"]
    assert isinstance(lines, list)
    for line, item in zip(lines, items, strict=True):
        assert isinstance(line, dict)
        assert line["percent"] == percent(item.day, converted)
