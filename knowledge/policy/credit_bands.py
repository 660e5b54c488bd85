"""The bands of the credit note by age: which one an item is in, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from knowledge.policy.calendars import add_years, full_years
from knowledge.policy.outcome import Mark, Timeline
from knowledge.policy.wording import counted

_DAY = timedelta(days=1)
Bands = list[dict[str, int]]  # as in the table: `percent` for an age under `under_years`, the youngest first


@dataclass(frozen=True)
class Band:
    """The band of an item on the day of its conversion; the last one, without credit, has no end."""

    years: int  # full ones since the order
    percent: int
    until: date | None
    percent_after: int
    exact: bool  # the day is an anniversary of the order
    on_anniversary: bool  # … one on which a band ends

    @property
    def age(self) -> str:
        """The age in words, such as “more than 2 years”."""
        if self.years and self.exact:
            return f"exactly {counted(self.years, 'year')}"
        return f"more than {counted(self.years, 'year')}" if self.years else "less than 1 year"


def band_on(bands: Bands, ordered: date, converted: date) -> Band:
    """The band of an item; on the anniversary of its order it is in the lower one."""
    years = full_years(ordered, converted)
    exact = converted == add_years(ordered, years)
    left = [band for band in bands if years < band["under_years"]]
    return Band(
        years=years,
        percent=left[0]["percent"] if left else 0,
        until=add_years(ordered, left[0]["under_years"]) - _DAY if left else None,
        percent_after=left[1]["percent"] if len(left) > 1 else 0,
        exact=exact,
        on_anniversary=exact and 1 <= years <= bands[-1]["under_years"],
    )


def bands_timeline(bands: Bands, ordered: date, converted: date) -> Timeline:
    """All bands from the order on, with the day of the conversion."""
    marks = [Mark(ordered, "Order"), Mark(converted, "Conversion", "own")]
    spans = []
    begin = ordered
    for band, following in zip(bands, [*bands[1:], None], strict=True):
        end = add_years(ordered, band["under_years"])
        label = f"{following['percent']} % from here" if following else "No credit note from here"
        marks.append(Mark(end, label, "step" if following else "end"))
        spans.append((begin, end - _DAY, f"{band['percent']} %"))
        begin = end
    return Timeline(tuple(sorted(marks, key=lambda mark: mark.day)), tuple(spans))
