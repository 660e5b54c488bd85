"""A calculation under way: what it takes, drops, asks for next, and keeps while another comes in between."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.calculation import Calculation, button_value
from actions.payloads import parse, payload
from knowledge.policy.catalogue import POLICIES
from knowledge.policy.inputs import as_json
from knowledge.policy.money import CURRENCIES, LARGEST, Money

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=ZoneInfo("Europe/Rome"))
PBX = {"subscription": "1y", "created_on": "2026-10-05"}


def heard(policy_id: str, *texts: str, **values: Any) -> Calculation:
    """A calculation to which a partner said `texts`, asked after each for what is next."""
    calculation = Calculation(policy_id, values)
    for text in texts:
        calculation.hear(text, NOW)
        if calculation.outcome(NOW) is None:
            calculation.asked = calculation.next_field().name
    return calculation


# Taking


def test_all_values_of_a_message_are_taken() -> None:
    calculation = heard("commitment_discount", "yearly PBX created on 5 October 2026, commitment 3 years")
    assert calculation.values == {**PBX, "length": "3y"}
    assert calculation.typed() == {"subscription": "1y", "created_on": date(2026, 10, 5), "length": "3y"}
    assert (calculation.next_field().name, calculation.mood) == ("next_renewal", "heard")


def test_a_message_that_says_nothing_changes_nothing() -> None:
    calculation = heard("commitment_discount", **PBX)
    before = calculation.slot()
    assert not calculation.hear("lorem ipsum", NOW)
    assert calculation.slot() == before


def test_reading_does_not_take() -> None:
    calculation = heard("commitment_discount", **PBX)
    before = calculation.slot()
    assert calculation.read("commitment 5 years", NOW).values == {"length": "5y"}
    assert calculation.slot() == before


def test_a_value_said_again_is_the_last_given() -> None:
    calculation = heard("commitment_discount", "the PBX was created on 6 October 2026", length="3y", **PBX)
    assert list(calculation.values) == ["length", "subscription", "created_on"]
    assert calculation.values["created_on"] == "2026-10-06"


@pytest.mark.parametrize(
    ("policy_id", "known", "text", "values"),
    [
        ("overdue_stage", {"due_date": "2026-11-02"}, "it is 12 days overdue", {"days_overdue": 12}),
        ("overdue_stage", {"days_overdue": 12}, "it was due on 2 November 2026", {"due_date": "2026-11-02"}),
        ("delivery_cost", {"region": "europe", "opened_boxes": 2}, "to Italy", {"opened_boxes": 2, "country": "IT"}),
        ("delivery_cost", {"country": "IT"}, "to Europe", {"region": "europe"}),
    ],
)
def test_the_other_half_of_what_is_said_is_dropped(
    policy_id: str, known: dict[str, Any], text: str, values: dict[str, Any]
) -> None:
    assert heard(policy_id, text, **known).values == values


def test_a_filled_in_year_is_noted_until_the_day_is_said_in_full() -> None:
    calculation = heard("dispute_window", "the invoice is of 15 December")
    assert calculation.values == {"invoice_date": "2025-12-15"}
    assert "invoice_date" in calculation.notes
    calculation.hear("sorry, 15 December 2024", NOW)
    assert (calculation.values, calculation.notes) == ({"invoice_date": "2024-12-15"}, {})


def test_price_and_quantity_wait_for_the_day_of_the_order() -> None:
    calculation = heard("hwaas_credit_note", "2 phones for 120 EUR")
    assert calculation.values == {}
    assert calculation.part == {"price": {"amount": "120", "currency": "EUR"}, "each": False, "quantity": 2}
    calculation.hear("ordered on 12 May 2024", NOW)
    assert calculation.part == {}
    (item,) = calculation.typed()["items"]
    assert (item.day, item.quantity, item.price) == (date(2024, 5, 12), 2, Money(Decimal(120), "EUR"))


# What is not clear


def test_two_readings_are_asked_back_before_anything_else() -> None:
    calculation = heard("commitment_discount", "PBX created on 05/10/2026")
    assert calculation.unclear == [
        {"field": "created_on", "text": "05/10/2026", "readings": ["2026-10-05", "2026-05-10"], "reason": ""}
    ]
    assert calculation.next_field().name == "created_on"
    assert calculation.outcome(NOW) is None


@pytest.mark.parametrize("way", ["button", "words"])
def test_a_clear_value_settles_what_was_unclear(way: str) -> None:
    calculation = heard("dispute_window", "invoice of 02/03/2026")
    assert calculation.outcome(NOW) is None
    if way == "button":
        assert calculation.put("invoice_date", "2026-02-03")
    else:
        calculation.hear("3 February 2026", NOW)
    assert calculation.unclear == []
    found = calculation.outcome(NOW)
    assert found is not None
    assert found.figures["last_day"] == date(2027, 2, 3)


def test_a_second_unclear_value_replaces_the_first() -> None:
    calculation = heard("dispute_window", "invoice of 02/03/2026", "04/05/2026")
    assert [one["text"] for one in calculation.unclear] == ["04/05/2026"]


def test_a_value_that_the_rule_refuses_is_taken_out_and_the_rest_kept() -> None:
    calculation = heard("hwaas_credit_note", items=[{"date": "2023-05-12"}], conversion_date="2022-05-01")
    assert calculation.outcome(NOW) is None
    assert calculation.values == {"items": [{"date": "2023-05-12"}]}
    (refused,) = calculation.unclear
    assert (refused["field"], refused["readings"]) == ("conversion_date", [])
    assert "would be before the order" in refused["reason"]
    assert calculation.next_field().name == "conversion_date"


# Buttons


def test_every_choice_of_every_calculation_survives_its_button() -> None:
    looked = 0
    for policy in POLICIES.values():
        for one in policy.fields:
            options: list[Any] = [True, False] if one.kind == "yes_no" else list(one.choices)
            for option in options:
                pressed = parse(payload("inform", policy=policy.id, field=one.name, value=button_value(option)))
                assert pressed is not None
                calculation = Calculation(policy.id)
                assert calculation.put(one.name, pressed.values["value"])
                assert calculation.typed() == {one.name: option}
                looked += 1
    assert looked > 40


amounts = st.decimals(Decimal("0.01"), LARGEST, places=2, allow_nan=False, allow_infinity=False)


@given(st.builds(Money, amounts, st.sampled_from([None, *CURRENCIES])))
def test_a_reading_of_money_survives_its_button(price: Money) -> None:
    calculation = Calculation("did_early_cancellation")
    assert calculation.put("rent", button_value(as_json(price)))
    assert calculation.typed() == {"rent": price}


@given(st.dates(date(1990, 1, 1), date(2100, 12, 31)))
def test_a_reading_of_a_day_survives_its_button(day: date) -> None:
    calculation = Calculation("did_early_cancellation")
    assert calculation.put("activated_on", button_value(as_json(day)))
    assert calculation.typed() == {"activated_on": day}


def test_a_reading_of_a_moment_survives_its_button() -> None:
    calculation = Calculation("amendment_window")
    assert calculation.put("moment", button_value(as_json(NOW)))
    assert calculation.typed() == {"moment": NOW}


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("colour", "red"),
        ("", ""),
        ("activated_on", "2026-13-01"),
        ("activated_on", "1889-01-01"),
        ("activated_on", "yes"),
        ("numbers", "many"),
        ("numbers", "-1"),
        ("numbers", "1000001"),
    ],
)
def test_what_a_button_of_ours_cannot_say_is_not_taken(name: str, written: str) -> None:
    calculation = Calculation("did_early_cancellation", {"cancelled_on": "2026-12-01"})
    before = calculation.slot()
    assert not calculation.put(name, written)
    assert calculation.slot() == before


def test_the_button_of_a_day_completes_the_order() -> None:
    calculation = heard("hwaas_credit_note", "2 phones for 120 EUR", "12/05/2023")
    assert calculation.put("items", "2023-05-12")
    (item,) = calculation.typed()["items"]
    assert (item.day, item.quantity) == (date(2023, 5, 12), 2)
    assert calculation.outcome(NOW) is not None


# Back and start over


def test_back_forgets_the_last_value_and_asks_for_it_again() -> None:
    calculation = heard("commitment_discount", length="3y", next_renewal="2027-10-05", **PBX)
    calculation.hear("created on 6 October 2026", NOW)
    assert calculation.go_back()
    assert list(calculation.values) == ["length", "next_renewal", "subscription"]
    assert calculation.next_field().name == "created_on"
    assert calculation.outcome(NOW) is None
    assert calculation.put("created_on", "2026-10-07")
    assert calculation.outcome(NOW) is not None


def test_back_to_an_optional_value_asks_for_it_too() -> None:
    calculation = heard("dispute_window", invoice_date="2026-05-05", currency="EUR")
    assert calculation.go_back()
    assert (calculation.next_field().name, calculation.outcome(NOW)) == ("currency", None)


def test_back_with_nothing_given_only_forgets_what_was_unclear() -> None:
    calculation = heard("dispute_window", "invoice of 02/03/2026")
    assert not calculation.go_back()
    assert calculation.unclear == []


def test_start_over_keeps_only_which_calculation_it_is() -> None:
    calculation = heard("hwaas_credit_note", "2 phones for 120 EUR", "12/05/2023", conversion_date="2026-12-01")
    calculation.start_over()
    assert calculation == Calculation("hwaas_credit_note")


# The result, and what waits


def test_the_present_is_taken_where_no_moment_is_given() -> None:
    found = Calculation("amendment_window").outcome(NOW)
    assert found is not None
    assert found.verdict == "open"


def test_no_result_while_something_is_missing() -> None:
    assert Calculation("commitment_discount", dict(PBX)).outcome(NOW) is None


def test_a_calculation_waits_with_its_values_and_comes_back() -> None:
    first = Calculation("commitment_discount", dict(PBX), asked="length")
    second = Calculation("dispute_window", paused=first.pause())
    back = second.resume()
    assert back is not None
    assert (back.policy_id, back.values, back.asked, back.mood) == ("commitment_discount", PBX, "length", "resumed")
    assert back.paused == []
    assert back.resume() is None


def test_at_most_three_wait_and_the_oldest_is_given_up() -> None:
    ids = ["dispute_window", "delivery_cost", "toll_free_outbound", "overdue_stage", "did_range"]
    calculation = Calculation(ids[0])
    for policy_id in ids[1:]:
        calculation = Calculation(policy_id, paused=calculation.pause())
    order = []
    waiting: Calculation | None = calculation
    while waiting is not None:
        order.append(waiting.policy_id)
        waiting = waiting.resume()
    assert order == ["did_range", "overdue_stage", "toll_free_outbound", "delivery_cost"]


def test_one_that_waits_and_is_no_more_does_not_come_back() -> None:
    assert Calculation("dispute_window", paused=[{"policy_id": "no_such_calculation"}]).resume() is None


# The slot


def test_the_slot_is_json_and_says_everything() -> None:
    calculation = heard("hwaas_credit_note", "2 phones for 120 EUR", "12/05/2023", conversion_date="2026-12-01")
    calculation.paused = Calculation("commitment_discount", dict(PBX)).pause()
    stored = json.loads(json.dumps(calculation.slot()))
    assert Calculation.from_slot(stored) == calculation


@pytest.mark.parametrize("slot", [None, "dispute_window", [], {}, {"policy_id": None}, {"policy_id": "no_such_one"}])
def test_what_is_no_calculation_of_ours_is_none(slot: Any) -> None:
    assert Calculation.from_slot(slot) is None
