"""What holds for every range of numbers: its size, its ends, and that each number is in it or not."""

from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.policy.number_ranges import RangeInputs, did_range

TODAY = date(2026, 11, 22)
prefixes = st.from_regex(r"\+[1-9][0-9]{5,9}", fullmatch=True)
suffixes = st.sampled_from(["X", "XX", "XXX"])


@settings(deadline=None)
@given(prefixes, suffixes)
def test_a_range_has_as_many_numbers_as_lie_from_its_first_to_its_last(prefix: str, suffix: str) -> None:
    figures = did_range(RangeInputs(prefix + suffix), TODAY).figures
    first, last = figures["first"], figures["last"]
    assert isinstance(first, str)
    assert isinstance(last, str)
    assert int(last) - int(first) + 1 == figures["count"] == 10 ** len(suffix)
    assert len(first) == len(last) == len(prefix + suffix)


@settings(deadline=None)
@given(prefixes, suffixes, st.integers(-1500, 1500))
def test_a_number_is_inside_where_it_lies_between_the_ends(prefix: str, suffix: str, distance: int) -> None:
    first = int(prefix + "0" * len(suffix))
    number = f"+{first + distance}"
    outcome = did_range(RangeInputs(prefix + suffix, number), TODAY)
    assert outcome.figures["inside"] == (0 <= distance < 10 ** len(suffix))
    assert outcome.verdict == ("inside" if outcome.figures["inside"] else "outside")


@settings(deadline=None)
@given(prefixes, suffixes, st.sampled_from([" ", "-", ".", "/", " - "]), st.booleans())
def test_how_a_number_is_written_changes_nothing(prefix: str, suffix: str, separator: str, small: bool) -> None:
    written = separator.join(prefix[n : n + 3] for n in range(0, len(prefix), 3)) + separator + suffix
    written = written.lower() if small else written
    plain = did_range(RangeInputs(prefix + suffix), TODAY)
    assert did_range(RangeInputs(written), TODAY).figures == plain.figures
    assert did_range(RangeInputs(f"00{written[1:]}"), TODAY).figures == plain.figures
