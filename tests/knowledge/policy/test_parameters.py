"""Dated tables: read strictly with file and key named, in force from their day; and ours are complete."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from knowledge.faq.entries import Content
from knowledge.policy.catalogue import POLICIES
from knowledge.policy.parameters import ParameterError, read_tables, tables

TABLE = """\
fee:
  description: Price of a walk
  unit: EUR
  records:
    - value: "2.00"
      from: 2020-01-01
      source: walks/price
      checked_on: 2026-11-22
    - value: "3.00"
      from: 2023-03-01
      source: walks/price
      checked_on: 2026-11-22
      notes: Shoes are more expensive.
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "walks.yml"
    file.write_text(TABLE, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("day", "value"),
    [
        (date(2020, 1, 1), "2.00"),
        (date(2023, 2, 28), "2.00"),
        (date(2023, 3, 1), "3.00"),
        (date(2026, 11, 22), "3.00"),
    ],
)
def test_the_value_in_force_on_a_day(table: Path, day: date, value: str) -> None:
    assert read_tables(table)["fee"].at(day).value == value


def test_before_the_first_date_there_is_no_value(table: Path) -> None:
    with pytest.raises(ParameterError, match="fee has no value for 2019-12-31"):
        read_tables(table)["fee"].at(date(2019, 12, 31))


def test_from_unknown_holds_always(table: Path) -> None:
    table.write_text(TABLE.replace("2020-01-01", "unknown"), encoding="utf-8")
    record = read_tables(table)["fee"].at(date(1990, 1, 1))
    assert (record.value, record.since) == ("2.00", None)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("notes:", "note:", "walks.yml: fee: record 2: note: unknown key"),
        ("  unit: EUR\n", "", "walks.yml: fee: unit: missing"),
        ("  unit: EUR\n", "  unit: EUR\n  unit: GBP\n", "walks.yml: .*'unit' is given twice"),
        ('value: "2.00"', "worth: 2", "walks.yml: fee: record 1: worth: unknown key"),
        ("2020-01-01", "soon", "walks.yml: fee: record 1: from: must be a date or unknown"),
        (
            "checked_on: 2026-11-22\n      notes",
            "checked_on: today\n      notes",
            "record 2: checked_on: must be a date",
        ),
        ("2023-03-01", "2019-03-01", "walks.yml: fee: records: must be oldest first"),
        ("2023-03-01", "2020-01-01", "walks.yml: fee: records: must be oldest first"),
        (TABLE, "- fee", "walks.yml: must be a list of `name:` tables"),
        (TABLE, "fee: 5", "walks.yml: fee: must be a list of `key: value` lines"),
        (TABLE, "fee: [", "walks.yml: cannot be read"),
    ],
)
def test_a_table_that_is_wrong_is_named_with_file_and_key(table: Path, old: str, new: str, named: str) -> None:
    assert old in TABLE
    table.write_text(TABLE.replace(old, new), encoding="utf-8")
    with pytest.raises(ParameterError, match=named):
        read_tables(table)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"nowhere\.yml"):
        read_tables(tmp_path / "nowhere.yml")


@pytest.mark.parametrize("policy_id", POLICIES)
def test_our_tables_rest_on_sources_of_their_policy_that_exist(policy_id: str, content: Content) -> None:
    read = tables(policy_id)
    assert read, "a policy without a single table"
    for table in read.values():
        for record in table.records:
            assert record.source in content.entries
            assert record.source in POLICIES[policy_id].sources, (
                f"{table.name} rests on an entry the reply does not link"
            )


@pytest.mark.parametrize("policy_id", POLICIES)
def test_our_amounts_are_exact(policy_id: str) -> None:
    """A number with a point in a table would be read as a binary float: amounts are quoted."""

    def floats(value: object) -> bool:
        if isinstance(value, dict | list):
            return any(floats(part) for part in (value.values() if isinstance(value, dict) else value))
        return isinstance(value, float)

    for table in tables(policy_id).values():
        assert not any(floats(record.value) for record in table.records)
