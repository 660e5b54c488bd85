"""The yearly support fee of LifeTime licences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from knowledge.policy.fields import Field, InvalidInput, Policy, Values
from knowledge.policy.inputs import FIRST_YEAR, LAST_YEAR, checked_price
from knowledge.policy.money import Money
from knowledge.policy.outcome import Figure, Outcome
from knowledge.policy.parameters import Record, Table, tables
from knowledge.policy.wording import day_text, echo, listed

_VERSIONS = {
    "3.88": "WMS 3.88",
    "3.x": "Another WMS 3",
    "4.x": "WMS 4",
    "5+": "WMS 5 or later",
}


@dataclass(frozen=True)
class SupportInputs:
    """`version` is 3.88, 3.x, 4.x or 5+; `fee` the standard yearly fee."""

    version: str
    year: int
    fee: Money | None = None


def lifetime_support_fee(inputs: SupportInputs, today: date) -> Outcome:
    """By how much the yearly support fee of LifeTime licences is raised, and what it is.

    2021 and 2022: WMS 3.88 three times (billing/lt-support-2021-notice). From 1 January 2023: WMS 3
    five times, WMS 4 two times (billing/lt-support-fee-2023). Years before 2021 and versions that are
    not named: once. Always for the whole year; unpaid means no guarantee of service
    (billing/lt-support-partial-payment). The factor is taken to multiply the standard fee.

    Raises:
        InvalidInput: an unknown version, a year or a fee that cannot be.
    """
    if inputs.version not in _VERSIONS:
        raise InvalidInput("version", f"The versions are: {', '.join(_VERSIONS)}.")
    if not FIRST_YEAR <= inputs.year <= LAST_YEAR:
        raise InvalidInput("year", f"The year {inputs.year} cannot be meant: use {FIRST_YEAR} to {LAST_YEAR}.")
    fee = checked_price("fee", inputs.fee) if inputs.fee is not None else None
    record = _in_force(tables("lifetime_support_fee")["factors"], inputs.year)
    published: int | None = record.value.get(inputs.version) if record else None
    factor = published or 1
    figures: dict[str, Figure] = {"factor": factor, "year": inputs.year}
    title = _VERSIONS[inputs.version]
    if published and record and record.since:
        steps = [f"{title} in {inputs.year}: the factor is {factor}, from {day_text(record.since)} on."]
        decision = f"The LifeTime support fee for {inputs.year} is {factor} times the standard fee"
    else:
        steps = [f"{title} in {inputs.year}: no raise is published, so the standard fee is taken once."]
        decision = f"No raise is published for {inputs.year}: the LifeTime support fee is the standard fee"
    if fee is not None:
        total = fee * factor
        figures |= {"standard_fee": fee, "fee": total}
        steps.append(f"{factor} × {fee} = {total}.")
        decision += f": {total}"
    steps += [
        "It is due for the whole year and cannot be paid for a part of it.",
        "Without support that is paid, there is no guarantee that the service is available.",
        *_history(inputs.year, inputs.version),
    ]
    return Outcome(
        policy="lifetime_support_fee",
        decision=f"{decision}.",
        verdict="raised" if published else "standard",
        figures=figures,
        steps=tuple(steps),
        sources=LIFETIME_SUPPORT_FEE.sources,
        caveats=tuple(_caveats(inputs, record, published, today)),
        inputs=echo(LIFETIME_SUPPORT_FEE, vars(inputs)),
        holds_from=record.since if record and published else None,
        ticket="billing.payment",
    )


def _in_force(table: Table, year: int) -> Record | None:
    """The record of a year; None before the first one."""
    first = table.records[0].since
    day = date(year, 1, 1)
    return None if first is not None and day < first else table.at(day)


def _history(year: int, version: str) -> list[str]:
    """What was announced for the year."""
    table = tables("lifetime_support_fee")
    steps = []
    raised_first = table["factors"].records[0]
    notice = _in_force(table["notice_sent"], year)
    if notice and notice.since and notice.since.year == year and version in raised_first.value:
        steps.append(f"Partners were told about the fees of {year} on {day_text(notice.value)}.")
    invoices = _in_force(table["invoices_issued"], year)
    if invoices and year in invoices.value:
        steps.append(f"The invoices for {year} were announced for the {invoices.value[year]}.")
    return steps


def _caveats(inputs: SupportInputs, record: Record | None, published: int | None, today: date) -> list[str]:
    named: list[int] = tables("lifetime_support_fee")["named_years"].at(today).value
    caveats = []
    if published:
        caveats.append(
            "The published text does not say what is multiplied: the standard yearly fee is taken, and not a fee that "
            "was raised before."
        )
    elif record is None:
        caveats.append(f"Nothing is published for years before {min(named)}: no raise is assumed.")
    else:
        versions = listed(_VERSIONS[version].removeprefix("Another ") for version in record.value)
        caveats.append(
            f"The published text names only {versions} for this time: for other versions no raise is assumed."
        )
    if inputs.year > min(named) and inputs.year not in named:
        caveats.append(
            f"The published text speaks of {listed(map(str, named))}; that it holds for {inputs.year} too is assumed. "
            "The Portal report “LifeTime PBXs” shows the Support Cost of each PBX."
        )
    elif inputs.year in named and published:
        caveats.append(f"This is what was published for {inputs.year}.")
    return caveats


def _compute(values: Values, today: date) -> Outcome:
    return lifetime_support_fee(SupportInputs(values["version"], values["year"], values.get("fee")), today)


LIFETIME_SUPPORT_FEE = Policy(
    id="lifetime_support_fee",
    title="LifeTime support fee",
    fields=(
        Field("version", "choice", "WMS version", "Which WMS version does the PBX have?", choices=_VERSIONS),
        Field("year", "count", "Year", "For which year is the fee? For example 2023."),
        Field("fee", "money", "Standard yearly fee", "What is the standard yearly support fee?", optional=True),
    ),
    sources=(
        "billing/lt-support-fee-2023",
        "billing/lt-support-2021-notice",
        "billing/lt-support-partial-payment",
        "pbx/lt-support-fee-check",
    ),
    compute=_compute,
)
