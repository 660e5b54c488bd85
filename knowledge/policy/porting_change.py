"""Moving a confirmed porting date: until when it can be asked for, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from knowledge.policy.calendars import add_business_days, is_business_day
from knowledge.policy.countries import checked_country, country_name
from knowledge.policy.fields import Field, Policy, Values
from knowledge.policy.money import CURRENCIES, Currency, Money
from knowledge.policy.outcome import Figure, Mark, Outcome, Timeline
from knowledge.policy.parameters import tables
from knowledge.policy.wording import counted, day_text, echo, fee_text


@dataclass(frozen=True)
class ChangeInputs:
    """`country` is that of the number; `currency` the partner's, where known."""

    confirmed_date: date
    wanted_date: date | None = None
    country: str | None = None
    currency: Currency | None = None


def porting_date_change(inputs: ChangeInputs, today: date) -> Outcome:
    """Whether a confirmed porting date can still be moved, and what that costs.

    By ticket, at the latest 5 business days before the confirmed date, counted back from it
    (classound/change-porting-date); starting the change costs 50 and the new date is not
    guaranteed. The list of paid services says 4 days: the stricter rule is applied, the other one
    named (general/paid-services). The sources name no date from which this holds.

    Raises:
        InvalidInput: a country that does not exist.
    """
    country = checked_country("country", inputs.country) if inputs.country is not None else None
    table = tables("porting_date_change")
    notice = table["notice_business_days"].at(today)
    list_days: int = table["notice_days_price_list"].at(today).value
    fee = Money(Decimal(table["fee"].at(today).value), inputs.currency)
    last_day = add_business_days(inputs.confirmed_date, -notice.value, country)
    last_day_of_list = inputs.confirmed_date - timedelta(days=list_days)
    days_left = (last_day - today).days
    figures: dict[str, Figure] = {"last_day": last_day, "last_day_price_list": last_day_of_list, "fee": fee}
    if days_left >= 0:
        verdict = "possible"
        figures["days_left"] = days_left
        decision = (
            f"Yes, you can still ask for a change, until {day_text(last_day)} at the latest. It costs {fee_text(fee)}."
        )
        left = f"{counted(days_left, 'day')} left" if days_left else "it is the last day"
    else:
        verdict = "too_late"
        figures["days_late"] = -days_left
        decision = f"Too late: the last day to ask for a change was {day_text(last_day)}."
        left = f"{counted(-days_left, 'day')} too late"
    late_by_one_rule = last_day < today <= last_day_of_list
    steps = (
        f"{counted(notice.value, 'business day')} before the confirmed porting date, "
        f"{day_text(inputs.confirmed_date)}, is {day_text(last_day)}: the last day to ask.",
        f"Today is {day_text(today)}: {left}.",
        f"A change is asked for by ticket to Customer Care. Starting it costs {fee_text(fee)}.",
    )
    return Outcome(
        policy="porting_date_change",
        decision=decision,
        verdict=verdict,
        figures=figures,
        steps=steps,
        sources=PORTING_DATE_CHANGE.sources,
        caveats=(
            *_wanted_caveats(inputs.wanted_date, inputs.confirmed_date, country, today),
            f"The list of paid services gives another deadline, {counted(list_days, 'day')} before the porting date "
            f"({day_text(last_day_of_list)}). The stricter rule is applied"
            f"{'; by the other one it is still in time: please ask Customer Care.' if late_by_one_rule else '.'}",
            "The new date is not guaranteed: the Service Provider decides.",
            "The fee may change without notice.",
            holidays_caveat(country),
        ),
        inputs=echo(PORTING_DATE_CHANGE, vars(inputs)),
        holds_from=notice.since,
        ticket="classound.porting_date_change",
        timeline=_timeline(inputs, last_day, last_day_of_list, today),
    )


def holidays_caveat(country: str | None) -> str:
    """What was counted as a business day."""
    if country is None:
        return (
            "Only weekends are left out of the business days: with the country of the number, public holidays are too."
        )
    return (
        f"National public holidays are left out of the business days ({country_name(country)}), regional ones are not."
    )


def _wanted_caveats(wanted: date | None, confirmed: date, country: str | None, today: date) -> list[str]:
    if wanted is None:
        return []
    caveats = []
    if wanted < today:
        caveats.append(f"The wanted date, {day_text(wanted)}, is in the past: please choose another.")
    if wanted == confirmed:
        caveats.append("The wanted date is the confirmed date itself.")
    if not is_business_day(wanted, country):
        why = f"a {wanted:%A}" if wanted.weekday() >= 5 else "a public holiday"
        caveats.append(f"The wanted date, {day_text(wanted)}, is {why} and not a business day.")
    return caveats


def _timeline(inputs: ChangeInputs, last_day: date, last_day_of_list: date, today: date) -> Timeline:
    marks = [
        Mark(today, "Today", "own"),
        Mark(last_day, "Last day to ask"),
        Mark(last_day_of_list, "Last day by the price list"),
        Mark(inputs.confirmed_date, "Confirmed porting", "end"),
    ]
    if inputs.wanted_date is not None:
        marks.append(Mark(inputs.wanted_date, "Wanted date"))
    return Timeline(tuple(sorted(marks, key=lambda mark: mark.day)))


def _compute(values: Values, today: date) -> Outcome:
    inputs = ChangeInputs(
        values["confirmed_date"], values.get("wanted_date"), values.get("country"), values.get("currency")
    )
    return porting_date_change(inputs, today)


PORTING_DATE_CHANGE = Policy(
    id="porting_date_change",
    title="Changing a confirmed porting date",
    fields=(
        Field("confirmed_date", "date", "Confirmed porting date", "Which porting date is confirmed?"),
        Field("wanted_date", "date", "Wanted date", "Which porting date would you like instead?", optional=True),
        Field("country", "country", "Country of the number", "From which country is the number?", optional=True),
        Field(
            "currency",
            "choice",
            "Currency",
            "In which currency are you billed?",
            choices={currency: currency for currency in CURRENCIES},
            optional=True,
        ),
    ),
    sources=("classound/change-porting-date", "general/paid-services"),
    compute=_compute,
)
