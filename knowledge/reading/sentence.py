"""All values of one message at once, each part of it read as one thing only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from knowledge.reading.amounts import FoundMoney, find_money
from knowledge.reading.clock import Hour, find_hours
from knowledge.reading.codes import find_invoices, find_orders, find_serials, find_versions
from knowledge.reading.corrections import without_rejected
from knowledge.reading.countries import find_countries
from knowledge.reading.counts import find_counts
from knowledge.reading.dates import find_days
from knowledge.reading.day_words import FoundDay
from knowledge.reading.durations import find_durations, find_terms
from knowledge.reading.found import Found, blanked
from knowledge.reading.moments import find_moment
from knowledge.reading.phones import find_phones
from knowledge.reading.tiers import find_tiers


@dataclass(frozen=True)
class Sentence:
    """What a message names, by kind, in its order.

    `days` are read for inputs to which any day can be the answer, `past_days` (the same places) for
    those for which only the past makes sense. What belongs to a kind further up is not read again
    further down: the digits of a phone number are no count.
    """

    serials: list[Found[str]]
    invoices: list[Found[str]]
    orders: list[Found[str]]
    phones: list[Found[str]]
    versions: list[Found[str]]
    moment: Found[datetime] | None
    hours: list[Found[Hour]]
    days: list[FoundDay]
    past_days: list[FoundDay]
    money: list[FoundMoney]
    tiers: Found[dict[str, int]] | None
    terms: list[Found[str]]
    counts: list[Found[int]]
    countries: list[Found[str]]


def read_sentence(text: str, now: datetime, zone: tzinfo | None = None, country: str | None = None) -> Sentence:
    """Read one message; what it takes back (“not 5”) is left out.

    Args:
        now: the present moment, with its zone.
        zone: the partner's time zone, where known.
        country: ISO code of the country of national phone numbers, where known.
    """
    rest = without_rejected(text)
    countries = find_countries(rest)
    serials, invoices, orders = find_serials(rest), find_invoices(rest), find_orders(rest)
    for codes in (serials, invoices, orders):
        rest = blanked(rest, codes)
    named = countries[0].value if len(countries) == 1 and countries[0].readings else country
    rest = blanked(rest, phones := find_phones(rest, named))
    rest = blanked(rest, versions := find_versions(rest))
    today = now.astimezone(zone or now.tzinfo).date()
    moment = find_moment(rest, now, zone)
    rest = blanked(rest, hours := find_hours(rest))
    days, past_days = find_days(rest, today), find_days(rest, today, past=True)
    rest = blanked(rest, days)
    rest = blanked(rest, money := find_money(rest))
    tiers = find_tiers(rest)
    rest = blanked(rest, [tiers] if tiers else [])
    terms = find_terms(rest)
    rest = blanked(blanked(rest, terms), find_durations(rest))
    return Sentence(
        serials,
        invoices,
        orders,
        phones,
        versions,
        moment,
        hours,
        days,
        past_days,
        money,
        tiers,
        terms,
        find_counts(rest),
        countries,
    )
