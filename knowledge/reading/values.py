"""The inputs of one calculation from one message: which value that it names is meant for which input.

A value belongs to the input whose words (cues.yml) stand nearest to it, else to the input that was
asked for, else to the only one left of its kind. Nothing is guessed: what can be read in two ways
comes back with both readings, what cannot be with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import Any

from knowledge import strict_yaml
from knowledge.policy.fields import Field, InvalidInput, Policy
from knowledge.policy.inputs import as_json, checked_price, from_json
from knowledge.policy.wording import day_text
from knowledge.reading.amounts import FoundMoney, find_money
from knowledge.reading.answers import answered, chosen, rejected
from knowledge.reading.clock import find_zones
from knowledge.reading.codes import find_serials
from knowledge.reading.corrections import is_correction, without_rejected
from knowledge.reading.dates import find_days
from knowledge.reading.day_words import FoundDay
from knowledge.reading.durations import Duration, find_durations
from knowledge.reading.found import Found, blanked, just_before
from knowledge.reading.items import read_items
from knowledge.reading.moments import find_moment
from knowledge.reading.nearness import ANYWHERE, FARTHEST, distance, nearest
from knowledge.reading.phones import country_of, find_phones
from knowledge.reading.read import Known, Read, Unclear
from knowledge.reading.sentence import Sentence, read_sentence

_CUES: dict[str, dict[str, Any]] = strict_yaml.load((Path(__file__).parent / "cues.yml").read_text(encoding="utf-8"))
_TERMS = {"1m", "1y", "3y", "5y", "lifetime"}
_PAST_WORDS = re.compile(
    r"\b(?:was|were|had|has been|have been|ago|shipped|ordered|bought|sent|overdue|received|expired|activated|"
    r"cancelled|canceled|stopped|ended|dispatched|did|came|got|left|went|since)\b",
    re.IGNORECASE,
)
_FUTURE_WORDS = re.compile(r"\b(?:will|going to|shall|would|to be|plan\w*|tomorrow|next)\b", re.IGNORECASE)
_ADDS = re.compile(
    r"\b(?:also|too|plus|as well|in addition|forgot|forgotten|add|another|and there (?:is|are))\b", re.IGNORECASE
)
_NO_NUMBER = re.compile(r"^\W*(?:none|no|zero|nothing|nil|not any|only full (?:boxes|ones))\b", re.IGNORECASE)
_YEAR = re.compile(r"(?<![\w.,/:-])(?P<year>20[0-9]{2})(?![\w/:-]|[.,][0-9])")
_PRESENT = re.compile(r"(?:right )?now|at the moment", re.IGNORECASE)  # said of anything, so no value by itself
_TODAY = re.compile(r"(?:right )?now|today", re.IGNORECASE)
_NEAR_PRESENT = 25.0  # characters to its words, for “now” to be theirs
_VERSION = re.compile(r"[0-9]+(?:\.[0-9x]+)*")
_TODAY_TAKEN = "No day was named"
_NAME = re.compile(
    r"\W*(?!(?:no|yes|ok|okay|(?:go )?back|cancel|help|what|why|stop|start over)\b)[^\W\d]+(?: [^\W\d]+)?\W*"
)
_LONGEST_NAME = 40
_MOST_VALUES = 30  # of one kind in a message; nobody's case has more
_UNITS: dict[str, Callable[[Duration], int | None]] = {
    "day": lambda length: length.days if not length.months else None,
    "month": lambda length: length.months if not length.days else None,
}


def read_values(policy: Policy, text: str, known: Known, now: datetime, zone: tzinfo | None = None) -> Read:
    """Read one message for one calculation.

    Args:
        known: what was said before; a value said again replaces it.
        now: the present moment, with its zone; `zone` the partner's, where known.
    """
    return _Reader(policy, text, known, now, zone).read()


class _Reader:
    """One message on its way into the inputs of one calculation."""

    def __init__(self, policy: Policy, text: str, known: Known, now: datetime, zone: tzinfo | None) -> None:
        self._policy = policy
        self._text = text
        self._kept = without_rejected(text)
        self._known = known
        self._sentence = read_sentence(text, now, zone)
        self._now, self._zone = now, zone
        self._today = now.astimezone(zone or now.tzinfo).date()
        self._asked = next((f for f in policy.fields if f.name == known.asked), None)
        self._values: dict[str, Any] = {}
        self._unclear: list[Unclear] = []
        self._notes: dict[str, str] = {}
        self._part: Mapping[str, Any] = {}

    def read(self) -> Read:
        fields = self._policy.fields
        for one in fields:
            if one.kind in ("choice", "yes_no") and not _by_term(one):
                self._take_choice(one)
        self._assign([f for f in fields if _by_term(f)], self._sentence.terms, self._take)
        if any(f.kind == "items" for f in fields):
            self._take_items()
        else:
            self._assign([f for f in fields if f.kind == "date"], self._days(), self._take_day)
            self._assign([f for f in fields if f.kind == "money"], self._money(), self._take)
        self._assign([f for f in fields if f.kind == "count"], self._counts(), self._take)
        for one in fields:
            self._take_single(one)
        return Read(self._values, tuple(self._unclear), self._notes, self._part)

    # Values by kind

    def _days(self) -> list[FoundDay]:
        if not self._sentence.days and self._asked and self._asked.kind == "date":
            alone = find_days(self._alone(), self._today)
            return alone or (self._lengths_ago() if self._asked.past else [])
        return self._sentence.days

    def _alone(self) -> str:
        """“15th”, “the 10th”: an answer in the form in which a day without its month is read."""
        return "on the " + re.sub(r"^\W*(?:(?:on|the)\s+)*", "", self._kept)

    def _past_days(self) -> list[FoundDay]:
        found = find_days(self._kept, self._today, past=True)
        return found or find_days(self._alone(), self._today, past=True)

    def _lengths_ago(self) -> list[FoundDay]:
        """“3 years” said of a day in the past, where a correction or an answer leaves out “ago”."""
        if not (is_correction(self._text) or self._asked) or any(_by_term(f) for f in self._policy.fields):
            return []
        days = []
        for length in find_durations(self._kept):
            if length.readings:
                with suppress(OverflowError, ValueError):
                    days.append(FoundDay(length.start, length.end, length.text, (length.value.before(self._today),)))
        return days

    def _money(self) -> list[FoundMoney]:
        if self._asked and self._asked.name == "version" and _VERSION.fullmatch(self._text.strip(" .!")):
            return []
        if self._asked and self._asked.kind == "money":
            rest = blanked(self._kept, self._sentence.days)
            rest = blanked(blanked(rest, self._sentence.phones), self._sentence.serials)
            return find_money(rest, asked=True)
        return self._sentence.money

    def _counts(self) -> list[Found[int]]:
        found = [*self._sentence.counts, *self._bare_money(), *self._none_of()]
        if not found and self._asked and self._asked.kind == "count" and _NO_NUMBER.match(self._text):
            found = [Found(0, len(self._text), self._text, (0,))]
        if any(f.name == "year" for f in self._policy.fields):
            years = [Found(m.start(), m.end(), m["year"], (int(m["year"]),)) for m in _YEAR.finditer(self._kept)]
            return years or (found if self._asked and self._asked.name == "year" else [])
        for one in self._policy.fields:
            unit = _cues(self._policy, one).get("unit")
            if unit:
                found += self._lengths(one, unit)
        return sorted(found, key=lambda each: each.start)

    def _bare_money(self) -> list[Found[int]]:
        """“and for 5?” where the calculation has no prices: a number like any other."""
        if any(f.kind in ("money", "items") for f in self._policy.fields):
            return []
        amounts = [found for found in self._sentence.money if len(found.readings) == 1]
        return [
            Found(found.start, found.end, found.text, (int(found.value.amount),))
            for found in amounts
            if found.value.currency is None and found.value.amount == int(found.value.amount)
        ]

    def _none_of(self) -> list[Found[int]]:
        """“no opened boxes”."""
        found = []
        for one in self._policy.fields:
            near = _cues(self._policy, one).get("near")
            if one.kind == "count" and near:
                match = re.search(rf"\b(?:no|without(?: any)?)\s+(?:\w+\s+)?(?:{near})\b", self._kept, re.IGNORECASE)
                found += [Found(match.start(), match.end(), match.group(), (0,))] if match else []
        return found

    def _lengths(self, one: Field, unit: str) -> list[Found[int]]:
        """“12 days late”, “4 months billed”: stretches of time that are a count."""
        days = self._sentence.days if unit == "day" else []
        taken = [day for day in days if day.readings]
        lengths = find_durations(self._kept)
        counted = []
        for length in lengths:
            number = _UNITS[unit](length.value) if length.readings else None
            inside_date = any(day.start < length.end and length.start < day.end for day in taken)
            alone = self._asked is not None and length.text.strip() == self._text.strip(" .!")
            named = alone or self._asked is one or one.name in self._known.values or self._near(one, length)
            if number is not None and not inside_date and named:
                counted.append(Found(length.start, length.end, length.text, (number,)))
        return counted

    def _near(self, one: Field, value: Found[Any]) -> bool:
        return self._distance(one, value, []) is not None

    # Which value is for which input

    def _assign(self, fields: Sequence[Field], found: Sequence[Found[Any]], take: Callable[[Field, Any], None]) -> None:
        """Give each value to the input whose words are nearest, then what is left to the one that was asked for."""
        found = found[:_MOST_VALUES]
        if not fields or not found:
            return
        given = self._nearest(fields, found)
        left = [j for j in range(len(found)) if j not in given.values()]
        if self._asked is None or self._asked not in fields:
            left = [j for j in left if not _PRESENT.fullmatch(found[j].text.strip())]
        for i in self._waiting(fields, found, given, len(left)):
            fitting = [j for j in left if self._fits(fields[i], found[j])] or left
            if fitting:
                given[i] = fitting[0]
                left.remove(fitting[0])
        if len(left) == 1 and len(found) == 1:  # alone in its message: words farther away will do
            far = [(distance, i) for i, one in enumerate(fields) if (distance := self._far(one, found[0])) is not None]
            spare = [i for i, one in enumerate(fields) if one.name not in self._known.values and one.kind == "money"]
            if far or spare:
                given[min(far)[1] if far else spare[0]] = left[0]
        for i, j in sorted(given.items(), key=lambda pair: pair[1]):
            take(fields[i], found[j])

    def _nearest(self, fields: Sequence[Field], found: Sequence[Found[Any]]) -> dict[int, int]:
        """Inputs and the values with their words beside them: as many as can be, as near together as can be."""
        costs = [
            [
                self._distance(one, value, found) if not _by_term(one) or self._fits(one, value) else None
                for value in found
            ]
            for one in fields
        ]
        return nearest(costs)

    def _waiting(
        self, fields: Sequence[Field], found: Sequence[Found[Any]], given: Mapping[int, int], left: int
    ) -> list[int]:
        """The inputs, by place, that values without words beside them can be for."""
        open_ = [i for i in range(len(fields)) if i not in given]
        asked = [i for i in open_ if fields[i] is self._asked]
        said = found[0].text.strip()
        whole = len(found) == 1 and said == self._text.strip(" .!?") and re.search(r"[^\W\d]", said) is not None
        if asked or (whole and len(fields) == 1):
            return asked or open_
        known = [i for i in open_ if fields[i].name in self._known.values]
        changes = is_correction(self._text) or self._asked is None or len(fields) == len(known)
        if self._known.values and left and known and changes:
            order = list(self._known.values)
            changed = [i for i in known if [fields[i].name] == list(self._known.changed)]
            fitting = [i for i in known if all(self._fits(fields[i], value) for value in found)] or known

            def far(i: int) -> tuple[int, bool, int]:
                """A day changes the one nearest to it; else what was needed, and given last, is changed."""
                name = fields[i].name
                old, (new, *_) = self._known.values[name], found[0].readings or (None,)
                days = abs((new - old).days) if type(new) is date and type(old) is date else 0
                return days, fields[i].optional, -order.index(name)

            return (changed or sorted(fitting, key=far))[:1]
        needed = [i for i in open_ if fields[i] in self._policy.missing({**self._known.values, **self._values})]
        return needed if len(needed) == left or len(needed) == 1 else []

    def _fits(self, one: Field, value: Found[Any]) -> bool:
        """Whether a value can be one of this input at all."""
        if _by_term(one):
            return any(reading in one.choices for reading in value.readings)
        if one.past and value.readings:  # unless it was asked for: then the partner is told that it is in the future
            return one is self._asked or any(day <= self._today for day in value.readings)
        return True

    def _distance(self, one: Field, value: Found[Any], others: Iterable[Found[Any]]) -> float | None:
        near = _cues(self._policy, one).get("near")
        farthest = _NEAR_PRESENT if _PRESENT.fullmatch(value.text.strip()) else FARTHEST
        return distance(near, self._text, value, others, farthest) if near else None

    def _far(self, one: Field, value: Found[Any]) -> float | None:
        near = _cues(self._policy, one).get("near")
        return distance(near, self._text, value, farthest=ANYWHERE) if near and self._fits(one, value) else None

    # Taking

    def _take_day(self, one: Field, found: FoundDay) -> None:
        old = self._known.values.get(one.name)
        past = next((day for day in self._past_days() if (day.start, day.end) == (found.start, found.end)), found)
        if past.note and isinstance(old, date) and found.readings and past.readings:
            # “sorry, 5 November”: of the years that can be meant the one nearest to what was said before
            found = min((past, found), key=lambda day: abs((day.readings[0] - old).days))
        elif one.past or (one.past is None and self._said_as_past(one, found)):
            found = past
        known = found.in_year_of(old) if isinstance(old, date) and not found.readings else None
        if known is not None:
            note = f"Only the year was named: {day_text(known)} is taken, the same day as before."
            found = replace(found, readings=(known,), reason="", note=note)
        if one.past and found.readings:
            past_readings = tuple(day for day in found.readings if day <= self._today)
            if not past_readings:
                reason = f"{day_text(found.readings[0])} is in the future."
                self._unclear.append(Unclear(one.name, found.text, (), reason))
                return
            if len(past_readings) < len(found.readings):
                taken = f"“{found.text.strip()}” is read as {day_text(past_readings[0])}"
                found = replace(found, note=f"{taken}: the other way it is in the future.")
            found = replace(found, readings=past_readings)
        self._take(one, found)

    def _said_as_past(self, one: Field, found: FoundDay) -> bool:
        """Whether a day without a year is one of the past, for an input that can have either."""
        before = just_before(self._kept, found.start)
        if _FUTURE_WORDS.search(before):
            return False
        return _PAST_WORDS.search(before) is not None or _cues(self._policy, one).get("usually") == "past"

    def _take(self, one: Field, found: Found[Any]) -> None:
        """A clear value into the values; one that is not, or that cannot be, among what is unclear."""
        readings = []
        reason = found.reason
        for reading in found.readings:
            try:
                from_json(self._policy, {one.name: as_json(reading)})
                readings.append(checked_price(one.name, reading) if one.kind == "money" else reading)
            except InvalidInput as refused:
                reason = refused.reason
        if len(readings) == 1:
            self._values[one.name] = readings[0]
            if found.note:
                self._notes[one.name] = found.note
        else:
            self._unclear.append(Unclear(one.name, found.text.strip(), tuple(readings), reason))

    def _take_choice(self, one: Field) -> None:
        value = chosen(_cues(self._policy, one).get("choices", {}), self._text)
        if value is None and one is self._asked:
            terms = [code for found in self._sentence.terms for code in found.readings if code in one.choices]
            value = terms[0] if terms else answered(one, self._text)
        if value is not None:
            self._values[one.name] = value

    def _take_single(self, one: Field) -> None:
        """Kinds of which a message names at most one for each input."""
        sentence = self._sentence
        if one.kind == "moment":
            self._take_moment(one)
        elif one.kind == "tiers":
            self._take_tiers(one, sentence.tiers)
        elif one.kind == "country":
            self._take_country(one)
        elif one.name == "version":
            self._take_version(one)
        elif one.kind == "text":
            self._take_text(one)

    def _take_moment(self, one: Field) -> None:
        """A moment; what it lacks is taken from the one that is known, or from what was said of it before."""
        found = self._sentence.moment
        old, said = self._known.values.get(one.name), self._known.said.get(one.name, "")
        named = found is not None or bool(find_zones(self._kept))
        if not named:
            return
        if said and (found is None or not found.readings or _TODAY_TAKEN in found.note):
            together = find_moment(f"{said} {self._kept}", self._now, self._zone)
            found = together if together is not None and together.readings else found or together
        elif isinstance(old, datetime) and (found is None or not found.readings or _TODAY_TAKEN in found.note):
            day = "" if self._sentence.days else f"{old:%d %B %Y} "
            hour = "" if self._sentence.hours else f"{old:%H:%M} "
            together = find_moment(f"{day}{hour}{self._kept}", self._now, old.tzinfo)
            found = together if together is not None and together.readings else found
        if found is not None:
            self._take(one, found)

    def _take_tiers(self, one: Field, found: Found[dict[str, int]] | None) -> None:
        """Licences by tier; some of the tiers that are known, or more of them, change only those."""
        old = self._known.values.get(one.name)
        counts = self._sentence.counts
        if found is None and old and len(old) == 1 and len(counts) == 1 and counts[0].readings:
            tier = next(iter(old))  # “sorry, 6 and not 8”
            found = Found(counts[0].start, counts[0].end, counts[0].text, ({tier: counts[0].value},))
        if found is None:
            return
        if old and len(found.readings) == 1 and not re.search(r"\b(?:only|just)\b", self._text, re.IGNORECASE):
            (new,) = found.readings
            if _ADDS.search(self._text) or set(new) <= set(old):
                found = replace(found, readings=({**old, **new},))
        self._take(one, found)

    def _take_country(self, one: Field) -> None:
        code = chosen(_cues(self._policy, one).get("choices", {}), self._text)
        if code is not None:
            self._values[one.name] = code
            return
        countries = [found for found in self._sentence.countries if found.readings]
        if countries:
            codes = dict.fromkeys(found.value for found in countries if not rejected(self._text, found.start))
            if len(codes) == 1:
                self._values[one.name] = next(iter(codes))
            elif len(codes) > 1:
                self._unclear.append(Unclear(one.name, " / ".join(found.text for found in countries), tuple(codes)))
            return
        phones = find_phones(self._kept)
        code = country_of(phones[0].value) if len(phones) == 1 and phones[0].readings else None
        if code:
            self._values[one.name] = code
        elif one is self._asked and not phones and _NAME.fullmatch(self._text):
            name = " ".join(re.findall(r"[^\W\d_]+", self._text))[:_LONGEST_NAME]
            self._unclear.append(Unclear(one.name, name, (), f"I don't know the country “{name}”."))

    def _take_version(self, one: Field) -> None:
        named = [found.value for found in self._sentence.versions]
        if not named and one is self._asked:
            named = _VERSION.findall(self._text)[:1]
        if named:
            self._values[one.name] = _version(named[-1])

    def _take_text(self, one: Field) -> None:
        asked = one is self._asked
        if one.name == "serial_number":
            found = find_serials(self._kept, asked=asked)
        else:
            phones = find_phones(self._kept, country=_only_country(self._sentence), asked=asked)
            ranged = one.name == "number_range"
            found = [phone for phone in phones if _has_x(phone) == ranged]
            if "number_range" not in self._known.values and not any(map(_has_x, phones)):
                found = phones[:1] if ranged else []  # a range without its X: the rule says what is wrong
        if found:
            self._take(one, found[0])

    def _take_items(self) -> None:
        one = next(f for f in self._policy.fields if f.kind == "items")
        dates = [f for f in self._policy.fields if f.kind == "date"]
        days = list(self._sentence.past_days) or self._lengths_ago()
        for other in dates:  # “converted on 1 May”: a day with the words of another input is no order's
            day = self._day_of_other(one, other, days)
            if day is not None:
                self._take_day(other, day)
                days = [kept for kept in days if kept.start != day.start]
        asked = one is self._asked
        money = (
            find_money(blanked(self._kept, days), asked=True)
            if asked and not self._sentence.money and days
            else self._sentence.money
        )
        read = read_items(self._text, days, list(money), self._sentence.counts, self._known, one.name, self._today)
        self._unclear += [Unclear(one.name, text, readings, reason) for text, readings, reason in read.unclear]
        self._part = read.part
        if read.items:
            self._values[one.name] = read.items
        if read.note:
            self._notes[one.name] = read.note

    def _day_of_other(self, items: Field, other: Field, days: Sequence[FoundDay]) -> FoundDay | None:
        """The day that stands nearer to the words of `other` than to those of the items."""
        nearer = []
        for day in [day for day in self._sentence.days if day.readings] or self._sentence.days:
            beside = self._distance(other, day, days)
            ordered = self._distance(items, day, days)
            if beside is not None and (ordered is None or beside < ordered):
                nearer.append((beside, day.start, day))
        if not nearer and other is self._asked and self._sentence.days:
            return self._sentence.days[0]
        if not nearer and len(days) > 1:  # nobody orders today and some time ago: today is the day of the other thing
            nearer = [(0.0, day.start, day) for day in days if _TODAY.fullmatch(day.text.strip())]
        return min(nearer, key=lambda each: each[:2])[2] if nearer else None


def _cues(policy: Policy, one: Field) -> dict[str, Any]:
    cues: dict[str, Any] = _CUES.get(policy.id, {}).get(one.name, {})
    return cues


def _by_term(one: Field) -> bool:
    """Whether an input is one of the terms that `find_terms` reads."""
    return one.kind == "choice" and bool(one.choices) and set(one.choices) <= _TERMS


def _version(written: str) -> str:
    """Which of the versions that have fees: 3.88, another 3, 4, or 5 and later."""
    if re.match(r"3\.88(?![0-9])", written):
        return "3.88"
    major = int(re.match(r"[0-9]+", written)[0])  # type: ignore[index]  # it begins with a digit
    return {3: "3.x", 4: "4.x"}.get(major, "5+" if major >= 5 else "3.x")


def _only_country(sentence: Sentence) -> str | None:
    return sentence.countries[0].value if len(sentence.countries) == 1 else None


def _has_x(phone: Found[str]) -> bool:
    return bool(re.search(r"[xX]\s*$", phone.text))
