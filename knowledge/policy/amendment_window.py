"""When the licences of a PBX can be amended: at any time but the last hours of a month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

from knowledge.policy.calendars import add_months
from knowledge.policy.fields import Field, InvalidInput, Policy, Values
from knowledge.policy.outcome import Figure, Mark, Outcome, Timeline
from knowledge.policy.parameters import tables
from knowledge.policy.wording import day_text, echo

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class WindowInputs:
    """A moment with its time zone: the partner's zone."""

    moment: datetime


@dataclass(frozen=True)
class _Closure:
    """The hours of one month in which nothing can be amended: from `start`, before `end`, in UTC."""

    start: datetime
    end: datetime


def amendment_window(inputs: WindowInputs, today: date) -> Outcome:
    """Whether licences can be amended at a moment, and when that closes and opens next.

    At any time but 22:00 to 24:00 UTC on the last day of a month; 22:00:00 is closed, 24:00:00 is
    open (pbx/latest-amend-time; the source names no date from which this holds).

    Raises:
        InvalidInput: a moment without a time zone.
    """
    zone = inputs.moment.tzinfo
    if zone is None:
        raise InvalidInput("moment", "In which time zone is that? Please add it, for example UTC or “Rome time”.")
    moment = inputs.moment.astimezone(UTC)
    this = _closure(moment.date(), today)
    is_open = not this.start <= moment < this.end
    coming = this if is_open else _closure(this.end.date(), today)
    opening = this.end  # of the closure that is on or comes next
    figures: dict[str, Figure] = {
        "open": is_open,
        "next_closing": coming.start,
        "next_opening": opening,
        "next_closing_local": coming.start.astimezone(zone),
        "next_opening_local": opening.astimezone(zone),
    }
    decision = (
        f"Open: licences can be amended at {_both(moment, zone)}, and until {_both(coming.start, zone)}."
        if is_open
        else f"Closed: licences can be amended again from {_both(opening, zone)}."
    )
    steps = [f"Your time is {_both(moment, zone)}."] if _differs(moment, zone) else []
    steps += [
        f"Licences can be amended at any time but {this.start:%H:%M} to 24:00 UTC on the last day of a month, here "
        f"{day_text(this.start.date())}.",
        f"Next closing: {_both(coming.start, zone)}.",
        f"Next opening: {_both(opening, zone)}.",
    ]
    return Outcome(
        policy="amendment_window",
        decision=decision,
        verdict="open" if is_open else "closed",
        figures=figures,
        steps=tuple(steps),
        sources=AMENDMENT_WINDOW.sources,
        caveats=tuple(_caveats(zone, this)),
        inputs=echo(AMENDMENT_WINDOW, vars(inputs)),
        timeline=Timeline(
            tuple(
                sorted(
                    (
                        Mark(moment.date(), "Your time (UTC)", "own"),
                        Mark(opening.date(), f"Opens {opening:%H:%M} UTC"),
                        Mark(coming.start.date(), f"Closes {coming.start:%H:%M} UTC", "end"),
                    ),
                    key=lambda mark: mark.day,
                )
            ),
            ((this.start.date(), this.end.date(), "Closed"),),
        ),
    )


def _closure(day: date, today: date) -> _Closure:
    """The closure at the end of the month of `day`."""
    table = tables("amendment_window")
    last = add_months(day.replace(day=1), 1) - _DAY
    midnight = datetime.combine(last, time(), UTC)
    closes_at: int = table["closes_at"].at(today).value
    opens_at: int = table["opens_at"].at(today).value
    return _Closure(midnight + timedelta(hours=closes_at), midnight + timedelta(hours=opens_at))


def _differs(moment: datetime, zone: tzinfo) -> bool:
    return bool(moment.astimezone(zone).utcoffset())


def _both(moment: datetime, zone: tzinfo) -> str:
    """A moment in UTC and, where the clock there shows another time, in the partner's zone."""
    text = f"{moment:%H:%M} UTC on {day_text(moment.date())}"
    if not _differs(moment, zone):
        return text
    local = moment.astimezone(zone)
    day = "" if local.date() == moment.date() else f" on {day_text(local.date())}"
    return f"{text} ({local:%H:%M}{day} {_zone_name(local)})"


def _zone_name(local: datetime) -> str:
    """Such as “Europe/Rome time” or “UTC+01:00”."""
    key = getattr(local.tzinfo, "key", None)
    return f"{key} time" if key else str(local.tzname())


def _caveats(zone: tzinfo, closure: _Closure) -> list[str]:
    caveats = [
        f"The published text gives {closure.start:%H:%M} to 24:00 UTC; its very first moment is taken as closed and "
        "its very last as open."
    ]
    if isinstance(zone, timezone) and zone is not UTC and zone.utcoffset(None):
        caveats.append(
            "Your times are shown with the offset from UTC that you gave; summer time may change it on other days."
        )
    return caveats


def _compute(values: Values, today: date) -> Outcome:
    if "moment" not in values:
        raise InvalidInput("moment", "For which day and time? Please add the time zone, too.")
    return amendment_window(WindowInputs(values["moment"]), today)


AMENDMENT_WINDOW = Policy(
    id="amendment_window",
    title="When licences can be amended",
    fields=(
        Field(
            "moment",
            "moment",
            "Day and time",
            "For which day and time? Please add the time zone, for example “31 January, 10 pm, Rome time”.",
            optional=True,
            default_now=True,
        ),
    ),
    sources=("pbx/latest-amend-time",),
    compute=_compute,
)
