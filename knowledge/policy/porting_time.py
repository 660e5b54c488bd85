"""How long a porting, a new number or the outbound service takes, as a window of days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from knowledge.policy.calendars import add_business_days, business_day_from, is_business_day
from knowledge.policy.countries import checked_country
from knowledge.policy.fields import Field, InvalidInput, Policy, Values
from knowledge.policy.outcome import Figure, Mark, Outcome, Timeline
from knowledge.policy.parameters import tables
from knowledge.policy.porting_change import holidays_caveat
from knowledge.policy.wording import counted, day_text, echo

_KINDS = {
    "full_porting": "Full porting",
    "new_did": "New DID number",
    "outbound": "Outbound with own DIDs",
}
_NAMES = {
    "full_porting": "the full porting",
    "new_did": "the new DID number",
    "outbound": "the Outbound Service with your own DID numbers",
}
_TABLES = {
    "full_porting": "full_porting_weeks",
    "new_did": "new_did_business_days",
    "outbound": "outbound_business_days",
}


@dataclass(frozen=True)
class LeadTimeInputs:
    """`kind` is full_porting, new_did or outbound; `country` that of the number."""

    kind: str
    order_date: date
    wanted_date: date | None = None
    country: str | None = None


@dataclass(frozen=True)
class Window:
    """The first and the last day on which the number is to be expected."""

    first: date
    last: date

    def __str__(self) -> str:
        if self.first == self.last:
            return f"on {day_text(self.first)}"
        return f"between {day_text(self.first)} and {day_text(self.last)}"


def porting_lead_time(inputs: LeadTimeInputs, today: date) -> Outcome:
    """The days between which a number is to be expected, counted from its order.

    Full porting 1 to 3 weeks of 7 days, a new DID 1 to 2 business days where the area is
    available, outbound 1 business day; an order on no business day counts from the next one
    (classound/porting-duration). A wanted date is accepted but not guaranteed, without one the
    closest is taken (classound/porting-date-principles); no time of day can be asked for, by
    default it is 14:00, and the PBX is to be configured a day before (classound/porting-exact-time).
    The sources name no date from which this holds.

    Raises:
        InvalidInput: an unknown kind, a country that does not exist.
    """
    if inputs.kind not in _KINDS:
        raise InvalidInput("kind", "It can be a full porting, a new DID number or outbound with own DID numbers.")
    country = checked_country("country", inputs.country) if inputs.country is not None else None
    table = tables("porting_lead_time")
    duration = table[_TABLES[inputs.kind]].at(today)
    earliest, latest = duration.value["earliest"], duration.value["latest"]
    start = business_day_from(inputs.order_date, country)
    if inputs.kind == "full_porting":
        window = Window(start + timedelta(weeks=earliest), start + timedelta(weeks=latest))
        unit = "week"
    else:
        window = Window(add_business_days(start, earliest, country), add_business_days(start, latest, country))
        unit = "business day"
    days_before: int = table["configure_days_before"].at(today).value
    configure_by = window.first - timedelta(days=days_before)
    figures: dict[str, Figure] = {
        "counted_from": start,
        "first_day": window.first,
        "last_day": window.last,
        "configure_by": configure_by,
    }
    name = _NAMES[inputs.kind]
    takes = counted(latest, unit) if earliest == latest else f"{earliest} to {counted(latest, unit)}"
    steps = [
        f"Ordered on {day_text(inputs.order_date)}."
        if start == inputs.order_date
        else f"Ordered on {day_text(inputs.order_date)}, which is no business day: counted from {day_text(start)}.",
        f"{name[0].upper()}{name[1:]} takes {takes}: {window}.",
    ]
    verdict = "window"
    if inputs.wanted_date is None:
        steps.append("Without a wanted date in the order, the closest available date is taken.")
    else:
        verdict = _wanted_verdict(inputs.wanted_date, window)
        figures["wanted_date"] = inputs.wanted_date
        steps.append(_wanted_step(inputs.wanted_date, window))
    steps += [
        f"No time of day can be asked for: by default a porting happens at {table['default_time'].at(today).value} "
        "local time, and the time varies during the day.",
        f"Configure the PBX at least {counted(days_before, 'day')} before: by {day_text(configure_by)} for the first "
        "possible day.",
    ]
    return Outcome(
        policy="porting_lead_time",
        decision=f"Expect {name} {window}.",
        verdict=verdict,
        figures=figures,
        steps=tuple(steps),
        sources=PORTING_LEAD_TIME.sources,
        caveats=tuple(_caveats(inputs, window, country, today)),
        inputs=echo(PORTING_LEAD_TIME, vars(inputs)),
        holds_from=duration.since,
        ticket="classound.porting" if window.last < today or verdict == "wanted_too_early" else None,
        timeline=_timeline(inputs, window, today),
    )


def _wanted_verdict(wanted: date, window: Window) -> str:
    if wanted < window.first:
        return "wanted_too_early"
    return "wanted_after_window" if wanted > window.last else "wanted_possible"


def _wanted_step(wanted: date, window: Window) -> str:
    day = f"The wanted date, {day_text(wanted)},"
    if wanted < window.first:
        return f"{day} is outside this window: {counted((window.first - wanted).days, 'day')} before its first day."
    if wanted > window.last:
        return f"{day} is outside this window: {counted((wanted - window.last).days, 'day')} after its last day."
    return f"{day} lies in this window."


def _caveats(inputs: LeadTimeInputs, window: Window, country: str | None, today: date) -> list[str]:
    caveats = []
    if inputs.kind == "full_porting":
        caveats.append("How long it takes depends on the area and on the donor operator; the window is not guaranteed.")
    elif inputs.kind == "new_did":
        caveats.append("This holds where the wanted area is available.")
    if inputs.kind != "full_porting":
        caveats.append("Time of day, configuration and wanted date are published for portings, and assumed alike here.")
    if inputs.wanted_date is not None:
        caveats.append("A wanted date is accepted for processing, but it is not guaranteed.")
        if inputs.wanted_date < today:
            caveats.append(f"The wanted date, {day_text(inputs.wanted_date)}, is in the past.")
        if not is_business_day(inputs.wanted_date, country):
            caveats.append(f"The wanted date, {day_text(inputs.wanted_date)}, is not a business day.")
    if window.last < today:
        caveats.append("This window is already over: please ask Customer Care with a ticket.")
    caveats.append(holidays_caveat(country))
    return caveats


def _timeline(inputs: LeadTimeInputs, window: Window, today: date) -> Timeline:
    marks = [
        Mark(inputs.order_date, "Order"),
        Mark(window.first, "First day"),
        Mark(window.last, "Last day", "end"),
        Mark(inputs.wanted_date or today, "Wanted date" if inputs.wanted_date else "Today", "own"),
    ]
    span = (window.first, window.last, _KINDS[inputs.kind])
    return Timeline(tuple(sorted(marks, key=lambda mark: mark.day)), (span,))


def _compute(values: Values, today: date) -> Outcome:
    inputs = LeadTimeInputs(values["kind"], values["order_date"], values.get("wanted_date"), values.get("country"))
    return porting_lead_time(inputs, today)


PORTING_LEAD_TIME = Policy(
    id="porting_lead_time",
    title="How long a porting or a new number takes",
    fields=(
        Field("kind", "choice", "Kind of order", "What is ordered?", choices=_KINDS),
        Field("order_date", "date", "Order date", "On which day is it ordered?"),
        Field("wanted_date", "date", "Wanted date", "Which date would you like?", optional=True),
        Field("country", "country", "Country of the number", "From which country is the number?", optional=True),
    ),
    sources=(
        "classound/porting-duration",
        "classound/porting-exact-time",
        "classound/request-porting-time",
        "classound/porting-date-principles",
    ),
    compute=_compute,
)
