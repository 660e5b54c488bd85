"""The stages of an unpaid invoice: they never go back, and every step to come is in the future."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from knowledge.policy.overdue import OVERDUE_STAGE, OverdueInputs, overdue_stage

TODAY = date(2026, 11, 22)
STAGES = ["not_overdue", "overdue", "warning", "ordering_blocked", "portal_locked", "services_stopped"]
DUE = st.dates(date(2020, 1, 1), date(2027, 12, 31))


@given(due=DUE, one=st.integers(0, 400), two=st.integers(0, 400))
def test_stages_never_go_back(due: date, one: int, two: int) -> None:
    earlier, later = (
        overdue_stage(OverdueInputs(due), due + timedelta(days=days)).verdict for days in sorted((one, two))
    )
    assert STAGES.index(earlier) <= STAGES.index(later)


@given(days=st.integers(0, 400))
def test_date_and_days_say_the_same(days: int) -> None:
    by_date = overdue_stage(OverdueInputs(due_date=TODAY - timedelta(days=days)), TODAY)
    by_days = overdue_stage(OverdueInputs(days_overdue=days), TODAY)
    assert by_date.figures == by_days.figures
    assert (by_date.decision, by_date.steps) == (by_days.decision, by_days.steps)


@given(due=DUE)
def test_the_next_stage_is_to_come_and_begins_on_its_day(due: date) -> None:
    figures = overdue_stage(OverdueInputs(due), TODAY).figures
    if figures["stage"] == "services_stopped":
        assert "next_stage" not in figures
        return
    next_day = figures["next_stage_on"]
    assert isinstance(next_day, date)
    assert next_day > TODAY
    assert overdue_stage(OverdueInputs(due), next_day).verdict == figures["next_stage"]
    assert overdue_stage(OverdueInputs(due), next_day - timedelta(days=1)).verdict != figures["next_stage"]


@given(due=DUE)
def test_stretches_of_the_picture_follow_each_other(due: date) -> None:
    timeline = overdue_stage(OverdueInputs(due), TODAY).timeline
    assert timeline is not None
    for (_, end, _), (start, _, _) in zip(timeline.spans, timeline.spans[1:], strict=False):
        assert start == end + timedelta(days=1)


def test_the_date_is_asked_for_only_without_the_days() -> None:
    assert [field.name for field in OVERDUE_STAGE.missing({})] == ["due_date"]
    assert OVERDUE_STAGE.missing({"days_overdue": 5}) == []
