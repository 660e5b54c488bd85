"""Countries: known by their ISO code, named in English."""

from __future__ import annotations

import pytest

from knowledge.policy.countries import checked_country, country_codes, country_name
from knowledge.policy.fields import InvalidInput


@pytest.mark.parametrize(
    ("code", "name"),
    [("DE", "Germany"), ("US", "United States"), ("IM", "Isle of Man"), ("AG", "Antigua and Barbuda")],
)
def test_a_country_is_named_as_one_reads_it(code: str, name: str) -> None:
    assert country_name(code) == name


def test_a_code_may_be_written_small() -> None:
    assert checked_country("country", " it ") == "IT"


@pytest.mark.parametrize("code", ["QQ", "", "Germany", "D"])
def test_what_is_no_code_is_refused_with_its_field(code: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        checked_country("country", code)
    assert refusal.value.field == "country"


def test_there_are_all_countries() -> None:
    assert len(country_codes()) > 240
    assert all(len(code) == 2 and code.isupper() for code in country_codes())
