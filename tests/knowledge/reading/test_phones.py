"""Phone numbers read from text: real numbers of every country read back, however they are written."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.reading.phones import country_of, find_phones
from tests.knowledge.reading.texts import texts

COUNTRIES = ["DE", "IT", "FR", "GB", "US", "ES", "CH", "AT", "NL", "BE", "PL", "UA"]


def example(country: str) -> phonenumbers.PhoneNumber:
    number = phonenumbers.example_number(country)
    assert number is not None
    return number


@pytest.mark.parametrize("country", COUNTRIES)
def test_a_number_reads_back_in_every_form(country: str) -> None:
    number = example(country)
    expected = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    international = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    for text in (expected, international, f"00{expected[1:]}", international.replace("+", "00")):
        assert [found.readings for found in find_phones(f"cancel the number {text} please")] == [(expected,)]
    assert [found.readings for found in find_phones(national, country, asked=True)] == [(expected,)]
    assert [found.readings for found in find_phones(national, asked=True)] == [()], "of which country?"
    assert country_of(expected) == country


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize("suffix", ["X", "XX", "XXX"])
def test_a_range_keeps_its_x(country: str, suffix: str) -> None:
    expected = phonenumbers.format_number(example(country), phonenumbers.PhoneNumberFormat.E164)
    text = expected[: -len(suffix)] + suffix
    (found,) = find_phones(f"the range {text.lower()}")
    assert found.value == text
    assert country_of(text) == country


def test_a_number_of_no_country_has_none() -> None:
    assert country_of("+999123456") is None
    assert country_of("+80012345678") is None


@given(text=texts, country=st.none() | st.sampled_from(COUNTRIES), asked=st.booleans())
def test_any_text_is_read_without_an_error(text: str, country: str | None, asked: bool) -> None:
    for one in find_phones(text, country, asked):
        assert one.text == text[one.start : one.end]
        assert one.readings or one.reason
        assert all(number.startswith("+") for number in one.readings)
