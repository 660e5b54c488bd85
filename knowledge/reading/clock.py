"""Times of day and time zones in a sentence: 10pm, 22:30, noon; UTC+1, CET, Rome time, Italian time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from knowledge import strict_yaml
from knowledge.reading.countries import find_countries
from knowledge.reading.found import Found, just_before, longest_first

_ZONES = strict_yaml.load((Path(__file__).parent / "zones.yml").read_text(encoding="utf-8"))
_AREAS = ("Europe", "America", "Asia", "Africa", "Australia", "Pacific", "Atlantic", "Indian")
_CLOCK = (
    re.compile(
        r"(?<![\w.:/+-])(?P<hour>[0-9]{1,2})(?:[:.](?P<minute>[0-9]{2}))?(?::(?P<second>[0-9]{2}))?\s*"
        r"(?P<half>[ap])\.?\s?m\b\.?",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:(?<![\w.:/+-])|(?<=[0-9]T))(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?(?![0-9:]|\.[0-9])"
    ),
    re.compile(r"(?<![\w.:/+-])(?P<hour>[0-9]{1,2})h(?P<minute>[0-9]{2})?\b", re.IGNORECASE),
    re.compile(
        r"(?<=\bat )(?P<hour>[01]?[0-9]|2[0-4])\.(?P<minute>[0-5][0-9])"
        r"(?![0-9]|[./][0-9]|\s?(?:€|\$|£|eur|usd|gbp|dollar|pound))",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?<![\w.:/+-])(?P<hour>[0-9]{1,2})(?::(?P<minute>[0-9]{2}))?\s*(?P<clock>o['’]?\s?clock)\b", re.IGNORECASE
    ),
)
_WORDS = re.compile(r"\b(?:(?P<noon>noon|midday)|(?P<midnight>midnight))\b", re.IGNORECASE)
_OFFSET = re.compile(
    r"(?:\b(?:UTC|GMT)\s?(?P<sign>[+−-])\s?|(?<=[0-9])\s?(?P<bare>[+-]))(?P<hours>[0-9]{1,2})(?::?(?P<minutes>[0-9]{2}))?(?![0-9:])",
    re.IGNORECASE,
)
_ABBREVIATION = re.compile(rf"\b(?:{'|'.join(_ZONES['abbreviations'])})\b", re.IGNORECASE)
_LETTER_Z = re.compile(r"(?<=[0-9])Z\b")
_KEY = re.compile(r"\b[A-Za-z]+/[A-Za-z_]+(?:/[A-Za-z_]+)?\b")
_PLACE_TIME = re.compile(r"\b(?P<place>[^\W\d_]+(?:[ _][^\W\d_]+)?)(?:['’]s)?(?:\s+local)?\s+time\b")
_IN_PLACE = re.compile(r"\b(?:in|of)\s+(?P<place>[^\W\d_]+(?:[ _][^\W\d_]+)?)\b")
_OWN = re.compile(r"\b(?:my|our|local|his|her|their|your)\s+(?:own\s+)?(?:local\s+)?time(?:\s*zone)?\b", re.IGNORECASE)


@dataclass(frozen=True)
class Hour:
    """A time of day; `next_day` where it ends the day: 24:00, or midnight in one of its readings."""

    clock: time
    next_day: bool = False

    def on(self, day: date) -> datetime:
        """This time of a day, without a zone. Raises OverflowError at the end of the calendar."""
        return datetime.combine(day + timedelta(days=self.next_day), self.clock)


@dataclass(frozen=True)
class Zone:
    """A zone as named. `offset`: what its abbreviation says by the letter, such as CET in summer."""

    zone: tzinfo
    offset: tzinfo | None = None

    def moments(self, local: datetime) -> list[datetime]:
        """The moments that a local time can be: none in the hour that summer time skips, two where clocks go back."""
        found = [local.replace(tzinfo=self.zone, fold=fold) for fold in (0, 1)]
        if self.offset is not None:
            found.append(local.replace(tzinfo=self.offset))
        real = [one for one in found if _exists(one)]
        return list({one.timestamp(): one for one in reversed(real)}.values())[::-1]


def find_hours(text: str) -> list[Found[Hour]]:
    """Times of day; “10 o'clock” and “midnight” have two readings each."""
    found = [_hour(match) for pattern in _CLOCK for match in pattern.finditer(text)]
    for match in _WORDS.finditer(text):
        hours = (Hour(time(12)),) if match["noon"] else (Hour(time(0)), Hour(time(0), True))
        found.append(Found(match.start(), match.end(), match.group(), hours))
    return longest_first(found)


def find_zones(text: str, own: tzinfo | None = None) -> list[Found[Zone]]:
    """Time zones; `own` is what “my time” means. An abbreviation that several zones share has several readings."""
    return longest_first([*_offsets(text), *_abbreviations(text), *_places(text), *_own(text, own)])


def _hour(match: re.Match[str]) -> Found[Hour]:
    groups = match.groupdict()
    hour, minute, second = (int(groups.get(name) or 0) for name in ("hour", "minute", "second"))
    place = match.start(), match.end(), match.group()
    half = (groups.get("half") or "").lower()
    if (half and not 1 <= hour <= 12) or hour > 24 or minute > 59 or second > 59 or (hour == 24 and minute + second):
        return Found(*place, (), f"There is no time {match.group().strip()}. Please write it again, for example 22:30.")
    if half:
        hour = hour % 12 + 12 * (half == "p")
    hours = [hour, hour + 12] if groups.get("clock") and 1 <= hour < 12 else [hour]
    return Found(*place, tuple(Hour(time(one % 24, minute, second), one == 24) for one in hours))


def _offsets(text: str) -> Iterator[Found[Zone]]:
    for match in _OFFSET.finditer(text):
        if match["bare"] and not re.search(r":[0-9]{2}$", just_before(text, match.start())):
            continue  # +01:00 is an offset only right after a time
        hours, minutes = int(match["hours"]), int(match["minutes"] or 0)
        if hours <= 14 and minutes < 60:
            sign = 1 if (match["sign"] or match["bare"]) == "+" else -1
            offset = timezone(sign * timedelta(hours=hours, minutes=minutes))
            yield Found(match.start(), match.end(), match.group(), (Zone(offset),))
    for match in _LETTER_Z.finditer(text):
        yield Found(match.start(), match.end(), match.group(), (Zone(ZoneInfo("UTC")),))


def _abbreviations(text: str) -> Iterator[Found[Zone]]:
    for match in _ABBREVIATION.finditer(text):
        word = match.group().lower()
        if not match.group().isupper() and word in ("west", "est"):
            continue  # words of their own
        hours: int | None = _ZONES["offsets"].get(word)
        offset = None if hours is None else timezone(timedelta(hours=hours), match.group().upper())
        zones = tuple(Zone(ZoneInfo(key), offset) for key in _ZONES["abbreviations"][word])
        yield Found(match.start(), match.end(), match.group(), zones)


def _places(text: str) -> Iterator[Found[Zone]]:
    for match in _KEY.finditer(text):
        if match.group() in _keys().values():
            yield Found(match.start(), match.end(), match.group(), (Zone(ZoneInfo(match.group())),))
    for pattern in (_PLACE_TIME, _IN_PLACE):
        for match in pattern.finditer(text):
            first, last = match.span("place")
            words = text[first:last].split(" ")
            # Of two words the second may be no part of the name (“in Kyiv on …”), or the first (“at Rome time”).
            tried = [(first, last), (first, first + len(words[0])), (last - len(words[-1]), last)]
            for start, end in tried[:2] if pattern is _IN_PLACE else tried[::2]:
                if zone := _zone_of(text[start:end].replace("_", " ")):
                    stop = end if pattern is _IN_PLACE else match.end()
                    yield Found(start, stop, text[start:stop], (Zone(zone),))
                    break


def _own(text: str, own: tzinfo | None) -> Iterator[Found[Zone]]:
    for match in _OWN.finditer(text) if own else ():
        yield Found(match.start(), match.end(), match.group(), (Zone(own),))  # type: ignore[arg-type]  # checked


def _zone_of(name: str) -> ZoneInfo | None:
    plain = name.lower()
    if key := _ZONES["places"].get(plain) or _keys().get(plain):
        return ZoneInfo(key)
    countries = find_countries(name)
    key = _ZONES["countries"].get(countries[0].value) if countries and countries[0].text == name else None
    return ZoneInfo(key) if key else None


@cache
def _keys() -> dict[str, str]:
    """Keys of the tz database by the city in them, in lower case."""
    keys = sorted(key for key in available_timezones() if key.split("/")[0] in _AREAS)
    return {key.split("/")[-1].replace("_", " ").lower(): key for key in keys}


def _exists(moment: datetime) -> bool:
    """Whether the clock of that zone ever shows this time."""
    try:
        back = moment.astimezone(UTC).astimezone(moment.tzinfo)
    except (OverflowError, ValueError):
        return False
    return back.replace(tzinfo=None) == moment.replace(tzinfo=None)
