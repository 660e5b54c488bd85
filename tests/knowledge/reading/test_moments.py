"""Moments read from text: zones are kept, what is not said is asked for, and any text can be read."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from knowledge.reading.clock import find_hours, find_zones
from knowledge.reading.moments import find_moment
from tests.knowledge.reading.texts import texts

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
ROME = ZoneInfo("Europe/Rome")
minutes = st.datetimes(datetime(1991, 1, 1), datetime(2099, 12, 31)).map(lambda at: at.replace(second=0, microsecond=0))


@given(at=minutes)
def test_a_moment_in_iso_form_reads_back(at: datetime) -> None:
    moment = at.replace(tzinfo=UTC)
    found = find_moment(moment.isoformat(), NOW)
    assert found is not None
    assert found.readings == (moment,)


@given(at=minutes, form=st.sampled_from(["{:%H:%M} UTC on {:%d %B %Y}", "{1:%B %d, %Y}, {0:%I:%M %p} UTC"]))
def test_a_moment_in_words_reads_back(at: datetime, form: str) -> None:
    found = find_moment(form.format(at, at), NOW)
    assert found is not None
    assert found.readings == (at.replace(tzinfo=UTC),)


@given(at=minutes)
def test_a_local_time_is_one_moment_or_the_two_around_the_change_of_clocks(at: datetime) -> None:
    found = find_moment(f"{at:%d %B %Y %H:%M} Rome time", NOW)
    assert found is not None
    assert len(found.readings) <= 2
    assert all(moment.astimezone(ROME).replace(tzinfo=None) == at for moment in found.readings)
    assert found.readings or "clocks go forward" in found.reason


@given(at=minutes)
def test_a_time_without_a_zone_is_never_guessed(at: datetime) -> None:
    found = find_moment(f"{at:%d %B %Y %H:%M}", NOW)
    assert found is not None
    assert found.readings == ()
    assert "time zone" in found.reason
    own = find_moment(f"{at:%d %B %Y %H:%M}", NOW, zone=ZoneInfo("Asia/Tokyo"))
    assert own is not None
    assert own.readings == (at.replace(tzinfo=ZoneInfo("Asia/Tokyo")),)


@given(text=texts)
def test_any_text_is_read_without_an_error(text: str) -> None:
    find_hours(text)
    find_zones(text, ROME)
    found = find_moment(text, NOW, ROME)
    if found is not None:
        assert found.text == text[found.start : found.end]
        assert found.readings or found.reason
        assert all(moment.tzinfo is not None for moment in found.readings)
