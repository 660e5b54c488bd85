"""Dates with a day and a month that are named: 12/05/2023, 2024-03-05, 5 March '24, March 5th, the 15th."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from knowledge.policy.calendars import add_months
from knowledge.policy.wording import day_text
from knowledge.reading.counts import ORDINAL, read_ordinal
from knowledge.reading.day_words import MONTH, MONTHS, FoundDay, Reader, month_end, read_year
from knowledge.reading.found import just_before

_START = r"(?<![\w./:+-])"
_END = r"(?![\w/-]|[.,:][0-9])"
_VERSION = re.compile(r"\b(?:wms|version|ver|release|firmware|v)[\s.:]*$", re.IGNORECASE)
_DATE_WORD = r"(?:on|from|since|until|till|by|dated|of|to|before|after|date:?|is|was|the)"

_YEAR_FIRST = re.compile(rf"{_START}([0-9]{{4}})([-/.])([0-9]{{1,2}})\2([0-9]{{1,2}})(?=T|\b)(?![/-]?[0-9])")
_NUMERIC = re.compile(
    rf"{_START}([0-9]{{1,2}})\s?([-/.])\s?([0-9]{{1,2}})"
    rf"(?:\s?\2\s?((?:19|20)[0-9]{{2}}|['’]?[0-9]{{2}}|[0-9]{{4}})|,?\s+((?:19|20)[0-9]{{2}})){_END}"
)
_NO_YEAR = re.compile(rf"(?:\b{_DATE_WORD}\s+|^\s*)([0-9]{{1,2}})(/)([0-9]{{1,2}})\b{_END}", re.IGNORECASE)
_NO_YEAR_DOTS = re.compile(rf"(?<![\w./:+-])([0-9]{{1,2}})(\.)\s?([0-9]{{1,2}})\.{_END}(?!\s*[0-9])")

_NUMBER = rf"(?:(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th|\.|º|°)?|(?P<word>\b{ORDINAL}))"
_SURE_YEAR = r"(?:19|20)[0-9]{2}|['’`´][0-9]{2}|[0-9]{4}(?=\s*(?:$|[.,;!?)]))"
_SHORT_YEAR = r"[0-9]{2}(?=\s*(?:$|[.,;!?)]|\b(?:and|to|until|till|for|at|with|from|in|on|by|but|is|was)\b))"
_YEAR = rf"(?P<year>{_SURE_YEAR}|{_SHORT_YEAR})(?![0-9:])"
_DAY_MONTH = re.compile(
    rf"(?<![\w/.-])(?:the\s+)?{_NUMBER}\s*(?:day\s+)?(?:of\s+)?[-/.]?\s*\b(?P<month>{MONTH})\b(?:[\s,./-]*{_YEAR})?",
    re.IGNORECASE,
)
_MONTH_DAY = re.compile(
    rf"\b(?P<month>{MONTH})\b\.?\s*-?(?:the\s+)?{_NUMBER}(?![\w:])(?![.,][0-9])(?:[\s,-]*{_YEAR})?", re.IGNORECASE
)
_MONTH_YEAR = re.compile(
    rf"\b(?P<month>{MONTH})\b\.?(?:\s+of)?[\s,/-]*(?P<year>(?:19|20)[0-9]{{2}}|['’][0-9]{{2}})\b", re.IGNORECASE
)
_IN_MONTH = re.compile(
    rf"\b(?:in|since|during|from|until|till|by|last|next|this)\s+(?:the\s+month\s+of\s+)?(?P<month>{MONTH})\b"
    r"(?:\s+(?P<short>2[0-9])(?=\s*(?:$|[.,;!?)])))?(?!\s*[0-9])",
    re.IGNORECASE,
)
_ONLY_YEAR = re.compile(
    r"(?:^\s*|\b(?:in|since|during|from|of|year|was|is|until|till|by|back in)\s+)"
    r"(?P<year>(?:19|20)[0-9]{2})(?![\w/:-]|[.,][0-9])",
    re.IGNORECASE,
)
_ONLY_DAY = re.compile(
    rf"\b(?:on|by|from|since|until|till|of|before)\s+the\s+(?:(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?|(?P<word>{ORDINAL}))\b"
    r"(?!\s*(?:of\b|year|month|week|day|time|invoice|licen|phone|item|one\b|order|[0-9]))",
    re.IGNORECASE,
)


def written_dates(text: str, reader: Reader) -> Iterator[FoundDay]:
    """All candidates; they may overlap."""
    for match in _YEAR_FIRST.finditer(text):
        yield reader.day(match, int(match[1]), int(match[3]), int(match[4]))
    for match in _NUMERIC.finditer(text):
        if not _VERSION.search(just_before(text, match.start())):
            yield _numeric(match, reader, read_year(match[4] or match[5]))
    for pattern in (_NO_YEAR, _NO_YEAR_DOTS):
        for match in pattern.finditer(text):
            yield from _without_year(text, match, reader)
    for pattern in (_DAY_MONTH, _MONTH_DAY):
        for match in pattern.finditer(text):
            day = int(match["day"]) if match["day"] else read_ordinal(match["word"])
            year = read_year(match["year"]) if match["year"] else None
            yield reader.day(match, year, MONTHS[match["month"].lower()], day)
    for match in _MONTH_YEAR.finditer(text):
        yield _whole_month(match, reader, read_year(match["year"]))
    for match in _IN_MONTH.finditer(text):
        year = 2000 + int(match["short"]) if match["short"] else reader.month_year(MONTHS[match["month"].lower()])
        yield _whole_month(match, reader, year)
    for match in _ONLY_YEAR.finditer(text):
        year = int(match["year"])
        yield reader.only(match, date(year, 1, 1), date(year, 12, 31), str(year))
    for match in _ONLY_DAY.finditer(text):
        yield _only_day(match, reader)


def _numeric(match: re.Match[str], reader: Reader, year: int | None) -> FoundDay:
    """Day and month in either order; with dots no country writes the month first, unless it must be."""
    first, second = int(match[1]), int(match[3])
    readings = [(second, first), (first, second)]
    possible = [(month, day) for month, day in readings if 1 <= month <= 12 and 1 <= day <= 31]
    if match[2] == "." and possible:
        possible = possible[:1]
    return reader.days(match, year, possible or readings)


def _without_year(text: str, match: re.Match[str], reader: Reader) -> Iterator[FoundDay]:
    """“on 12/05”, or alone where it is all that was written; “15.11.” with both dots."""
    first, second = int(match[1]), int(match[3])
    introduced = match[2] == "." or match.start() < match.start(1) or match.group().strip() == text.strip()
    plausible = 0 < min(first, second) <= 12 and max(first, second) <= 31
    if (
        introduced
        and plausible
        and {first, second} != {24, 7}
        and not _VERSION.search(just_before(text, match.start(1)))
    ):
        yield _numeric(match, reader, None)


def _whole_month(match: re.Match[str], reader: Reader, year: int) -> FoundDay:
    first = date(year, MONTHS[match["month"].lower()], 1)
    return reader.only(match, first, month_end(first), f"{first:%B %Y}")


def _only_day(match: re.Match[str], reader: Reader) -> FoundDay:
    """“on the 15th”: of the nearest month that has such a day."""
    number = int(match["day"]) if match["day"] else read_ordinal(match["word"])
    place = match.start(), match.end(), match.group()
    if not 1 <= number <= 31:
        return FoundDay(*place, (), f"There is no {number}. of a month. Please write the date again.")
    first, step = reader.today.replace(day=1), -1 if reader.past else 1
    while True:
        if number <= month_end(first).day:
            day = first.replace(day=number)
            if day == reader.today or (day < reader.today) == reader.past:
                nearest = "the nearest in the past" if reader.past else "the nearest to come"
                note = f"No month was named in “{match.group().strip()}”: {day_text(day)} is taken, {nearest}."
                return FoundDay(*place, (day,), note=note)
        first = add_months(first, step)
