"""The services of Customer Care that cost a fee."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from knowledge.policy.fields import Field, InvalidInput, Policy, Values
from knowledge.policy.inputs import MOST
from knowledge.policy.money import CURRENCIES, Currency, Money
from knowledge.policy.outcome import Outcome
from knowledge.policy.parameters import Record, tables
from knowledge.policy.wording import counted, echo, fee_text


@dataclass(frozen=True)
class _Service:
    """A service as sentences need it: the button, what is counted, the ticket, what else is to be known."""

    title: str
    counted: str
    ticket: str
    steps: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()


_NEW_OWNER = "The new owner pays it."
_CONFIRMATIONS = "A ticket needs the official confirmation of the {who}, of the current Partner and of the new Partner."
_PER_OPERATION = "The fee is for each transfer operation, as published for end-users; for Resellers it is taken alike."
_SERVICES = {
    "reseller_transfer": _Service(
        "Move a Reseller to another Partner",
        "transfer",
        "general.move_ownership",
        (_NEW_OWNER, _CONFIRMATIONS.format(who="Reseller")),
        (_PER_OPERATION,),
    ),
    "end_user_transfer": _Service(
        "Move an end-user to another Partner",
        "transfer operation",
        "general.move_ownership",
        (_NEW_OWNER, _CONFIRMATIONS.format(who="end-user")),
    ),
    "rejected_credit_note": _Service(
        "Credit note request rejected",
        "rejected request",
        "billing.credit_note",
        ("It is due only where the request is rejected because its justification is missing.",),
    ),
    "did_move": _Service(
        "Move DID numbers between own PBXs",
        "transfer operation",
        "classound.move_service",
        ("It is due for each transfer operation and not for each number: several numbers can move in one operation.",),
        ("What belongs to one operation is not published: Customer Care can say it.",),
    ),
    "porting_date_change": _Service(
        "Change a porting date",
        "change",
        "classound.porting_date_change",
        ("It is due for starting the change.",),
        ("The change involves the Donor provider, and a successful result is not guaranteed.",),
    ),
    "did_recovery": _Service(
        "Recover a deleted DID number",
        "recovered number",
        "classound.recover_did",
        ("It is due only for a number that is successfully recovered.",),
        ("The recovery is not guaranteed.",),
    ),
}


@dataclass(frozen=True)
class PaidServiceInputs:
    """`count` is how many transfers, requests, operations or numbers; one is meant where it is not said."""

    service: str
    count: int | None = None
    currency: Currency | None = None


def paid_service(inputs: PaidServiceInputs, today: date) -> Outcome:
    """What a service of Customer Care costs.

    100 for each transfer of a Reseller or an end-user to another Partner (paid by the new owner) and
    for a credit note request rejected for lack of justification; 50 for each operation of moving DID
    numbers between PBXs of one Partner, for starting a porting date change, and for each deleted DID
    number that is recovered. In USD, EUR or GBP alike (general/paid-services, which names no date).

    Raises:
        InvalidInput: an unknown service, none of it, or an insane number.
    """
    if inputs.service not in _SERVICES:
        raise InvalidInput("service", f"The services with a fee are: {', '.join(_SERVICES)}.")
    if inputs.count is not None and not 1 <= inputs.count <= MOST:
        raise InvalidInput("count", f"{inputs.count} cannot be: give a number from 1 to {MOST:,}.")
    service = _SERVICES[inputs.service]
    record = fee_record(inputs.service, today)
    count = inputs.count or 1
    each = Money(Decimal(record.value), inputs.currency)
    total = each * count
    if count == 1:
        decision = f"It costs {fee_text(total)} for {counted(1, service.counted)}."
        steps = [f"{service.title}: {fee_text(each)} for each {service.counted}."]
    else:
        decision = f"It costs {fee_text(total)}: {fee_text(each)} for each of the {counted(count, service.counted)}."
        steps = [
            f"{service.title}: {fee_text(each)} for each {service.counted}.",
            f"{counted(count, service.counted)} × {each} = {fee_text(total)}.",
        ]
    if inputs.currency is None:
        steps.append("The fee is the same figure in each of the currencies.")
    caveats = [*service.caveats]
    if inputs.count is None:
        caveats.append(f"{counted(1, service.counted).capitalize()} is assumed; for several, the fee is due for each.")
    caveats.append("Wildix can change prices and the list of services without notice.")
    return Outcome(
        policy="paid_service",
        decision=decision,
        verdict="fee",
        figures={"fee_each": each, "count": count, "total": total},
        steps=(*steps, *service.steps),
        sources=PAID_SERVICE.sources,
        caveats=tuple(caveats),
        inputs=echo(PAID_SERVICE, vars(inputs)),
        holds_from=record.since,
        ticket=service.ticket,
    )


def fee_record(service: str, day: date) -> Record:
    """The published fee of one service on a day; its value is the amount as text."""
    return tables("paid_service")[service].at(day)


def _compute(values: Values, today: date) -> Outcome:
    return paid_service(PaidServiceInputs(values["service"], values.get("count"), values.get("currency")), today)


CURRENCY_FIELD = Field(
    "currency",
    "choice",
    "Currency",
    "In which currency are you billed?",
    choices={currency: currency for currency in CURRENCIES},
    optional=True,
)

PAID_SERVICE = Policy(
    id="paid_service",
    title="Fees of Customer Care services",
    fields=(
        Field(
            "service",
            "choice",
            "Service",
            "Which service is it?",
            choices={name: service.title for name, service in _SERVICES.items()},
        ),
        Field("count", "count", "How many", "How many transfers, requests or numbers?", optional=True),
        CURRENCY_FIELD,
    ),
    sources=("general/paid-services", "general/move-reseller", "classound/change-porting-date"),
    compute=_compute,
)
