"""Moments in a sentence: a day, a time of day and a zone, wherever in the text they stand."""

from __future__ import annotations

import re
from datetime import date, datetime, tzinfo

from knowledge.policy.inputs import FIRST_YEAR, LAST_YEAR
from knowledge.policy.wording import day_text
from knowledge.reading.clock import Hour, Zone, find_hours, find_zones
from knowledge.reading.dates import find_days
from knowledge.reading.found import Found, blanked

_NOW = re.compile(r"\b(?:right\s+now|now|at\s+(?:the|this)\s+(?:very\s+)?moment|currently)\b", re.IGNORECASE)


def find_moment(text: str, now: datetime, zone: tzinfo | None = None) -> Found[datetime] | None:
    """The moment that a text names: “31 Jan 10 pm UTC”, “10pm Rome time”, “now”.

    Args:
        now: the present moment, with its zone.
        zone: the partner's zone where known; it holds where the text names none.

    Returns:
        None where neither a time nor a day is named. Readings as for days; also two where CET is
        written in summer, for the hour that comes twice in autumn, and for “midnight”. None with
        the reason where the time or the zone is missing. Without a day, today is taken, with a note.
    """
    hours, zones = find_hours(text), find_zones(text, zone)
    days = find_days(blanked(blanked(text, hours), zones), now.astimezone(zone or now.tzinfo).date())
    present = _NOW.search(text)
    if present and not hours:
        moment = now.astimezone(zone) if zone else now
        return Found(present.start(), present.end(), present.group(), (moment,))
    parts = [*hours[:1], *days[:1], *(zones[:1] if hours or days else ())]
    if not parts:
        return None
    start, end = min(part.start for part in parts), max(part.end for part in parts)
    place = start, end, text[start:end]
    for part in parts:
        if not part.readings:
            return Found(*place, (), part.reason)
    if len(hours) > 1 or len({day.readings for day in days}) > 1:
        return Found(*place, (), "More than one day or time is named. Which one is meant?")
    if not hours:
        return Found(*place, (), "At what time of that day, and in which time zone?")
    named = zones[0].readings if zones else (Zone(zone),) if zone else ()
    if not named:
        return Found(*place, (), f"In which time zone is {hours[0].text.strip()}? For example UTC, or “Rome time”.")
    # Today is the day that it is there.
    on = days[0].readings if days else (now.astimezone(named[0].zone).date(),)
    note = days[0].note if days else f"No day was named: today, {day_text(on[0])}, is taken."
    return _combined(place, [(hour, there) for hour in hours[0].readings for there in named], on, note)


def _combined(
    place: tuple[int, int, str], clocks: list[tuple[Hour, Zone]], days: tuple[date, ...], note: str
) -> Found[datetime]:
    """Every day with every reading of the time and the zone."""
    moments: dict[float, datetime] = {}
    for day in days:
        for hour, zone in clocks:
            for moment in zone.moments(hour.on(day)):
                if FIRST_YEAR <= moment.year <= LAST_YEAR:
                    moments.setdefault(moment.timestamp(), moment)
    reason = "" if moments else "That time does not exist there: the clocks go forward over it. Which time is meant?"
    return Found(*place, tuple(moments.values()), reason, note)
