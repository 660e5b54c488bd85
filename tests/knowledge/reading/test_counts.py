"""Numbers, ordinals, durations and tiers read from text: what is written in words reads back."""

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from knowledge.policy.calendars import add_months
from knowledge.reading.counts import find_counts
from knowledge.reading.durations import find_durations, find_terms
from knowledge.reading.found import Found
from knowledge.reading.tiers import find_tiers
from tests.knowledge.reading.texts import texts

SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
UNITS = SMALL.split()
TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def in_words(number: int) -> str:
    if number >= 100:
        rest = f" and {in_words(number % 100)}" if number % 100 else ""
        return f"{UNITS[number // 100]} hundred{rest}"
    if number >= 20:
        return TENS[number // 10] + (f"-{UNITS[number % 10]}" if number % 10 else "")
    return UNITS[number]


@given(number=st.integers(0, 999))
def test_a_number_in_words_reads_back(number: int) -> None:
    assert [found.value for found in find_counts(f"we need {in_words(number)} boxes")] == [number]


@given(number=st.integers(0, 1_000_000))
def test_a_number_in_digits_reads_back_with_and_without_separators(number: int) -> None:
    for text in (f"{number}", f"{number:,}"):
        assert [found.value for found in find_counts(f"about {text} boxes")] == [number]


@given(years=st.integers(1, 90), months=st.integers(1, 11), day=st.dates(date(2100, 1, 1), date(2200, 1, 1)))
def test_years_and_months_are_added_up(years: int, months: int, day: date) -> None:
    (found,) = find_durations(f"{years} years and {months} months")
    assert found.value.months == 12 * years + months
    assert found.value.before(day) == add_months(day, -12 * years - months)


@given(
    counts=st.dictionaries(
        st.sampled_from(["basic", "essential", "business", "premium"]), st.integers(0, 999), min_size=1
    )
)
def test_tiers_read_back_in_either_order(counts: dict[str, int]) -> None:
    for form in ("{1} {0}", "{0}: {1}"):
        found = find_tiers(", ".join(form.format(tier, count) for tier, count in counts.items()))
        assert found is not None
        assert found.value == counts


@given(text=texts)
def test_any_text_is_read_without_an_error(text: str) -> None:
    tiers = find_tiers(text)
    found: list[Found[Any]] = [*find_counts(text), *find_durations(text), *find_terms(text)]
    for one in [*found, *([tiers] if tiers else [])]:
        assert one.text == text[one.start : one.end]
        assert one.readings or one.reason
    assert all(abs(count.value) <= 1_000_000 for count in find_counts(text) if count.readings)
