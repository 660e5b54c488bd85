"""What can be done with a device that is broken, not wanted or ordered by mistake."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from knowledge.policy.calendars import add_years
from knowledge.policy.fields import Field, InvalidInput, Policy, Values
from knowledge.policy.money import Money
from knowledge.policy.outcome import Figure, Outcome
from knowledge.policy.parameters import tables
from knowledge.policy.wording import counted, day_text, echo

_OWNERSHIP = {"capex": "Bought (CAPEX)", "hwaas": "Rented (HWaaS)"}
_CONDITIONS = {"works": "It works", "not_working": "It stopped working", "dead_on_arrival": "Dead on arrival"}
_WARRANTIES = {"none": "No warranty", "1y": "1-year warranty", "5y": "5-year warranty"}
_NEITHER = "Neither an RMA nor a conversion to HWaaS: the device does not work and is out of warranty."


@dataclass(frozen=True)
class ReturnInputs:
    """Warranty, its document and the purchase matter only for a bought device that stopped working."""

    condition: str
    ownership: str | None = None
    warranty: str | None = None
    signed_document: bool | None = None
    purchased_on: date | None = None
    ordered_by_mistake: bool | None = None


@dataclass(frozen=True)
class _Result:
    """One way to go: everything of the outcome that depends on it."""

    verdict: str
    decision: str
    steps: list[str]
    caveats: list[str]
    figures: dict[str, Figure]
    ticket: str | None = None


def device_return(inputs: ReturnInputs, today: date) -> Outcome:
    """Whether a device is replaced, converted, taken back, or none of these.

    Dead on arrival: RMA, a new one is sent; where none is in stock, a refurbished one or waiting
    (orders/doa-replacement). A CAPEX purchase is final: a working device can be turned into HWaaS
    free at any time; one that stopped working goes by RMA under warranty, and otherwise there is
    neither (orders/capex-return). The warranty is 1 year, or 5 with a signed document, and its last
    day is inside (orders/device-warranty). An order by mistake is final: keep the item in stock
    (orders/mistaken-order). HWaaS has rules of its own. The sources name no date.

    Raises:
        InvalidInput: an unknown choice, a missing one that the case needs, a purchase in the future.
    """
    _check(inputs, today)
    if inputs.condition == "dead_on_arrival":
        result = _dead_on_arrival()
    elif inputs.ownership == "hwaas":
        result = _hwaas()
    elif inputs.condition == "works":
        result = _working(inputs, today)
    else:
        result = _broken(inputs, today)
    steps = list(result.steps)
    if inputs.ordered_by_mistake and result.verdict != "keep_in_stock":
        steps.append("That it was ordered by mistake changes nothing: an order is final.")
    return Outcome(
        policy="device_return",
        decision=result.decision,
        verdict=result.verdict,
        figures=result.figures,
        steps=tuple(steps),
        sources=DEVICE_RETURN.sources,
        caveats=tuple(result.caveats),
        inputs=echo(DEVICE_RETURN, vars(inputs)),
        ticket=result.ticket,
    )


def _dead_on_arrival() -> _Result:
    return _Result(
        verdict="rma_new",
        decision="Submit an RMA: a new device is sent to replace the one that was dead on arrival.",
        steps=[
            "Dead on arrival (it does not work after unboxing): submit an RMA, and a new device is sent.",
            "If there is no new one at the warehouse: a refurbished device, or waiting until a new one arrives.",
        ],
        caveats=["The published text does not say for how many days a device counts as dead on arrival."],
        figures={"replacement": "new"},
        ticket="orders.rma",
    )


def _hwaas() -> _Result:
    return _Result(
        verdict="hwaas_rules",
        decision="A HWaaS device can be exchanged, returned or upgraded by the rules of HWaaS, with a ticket.",
        steps=[
            "HWaaS is more flexible than bought hardware: exchange, return and upgrade are possible.",
            "Its minimum term, the Commitment of the PBX and the rule for losses decide what is free of a fee.",
        ],
        caveats=["How an exchange or upgrade of HWaaS goes is not published in detail: please ask with a ticket."],
        figures={},
        ticket="hwaas.return",
    )


def _working(inputs: ReturnInputs, today: date) -> _Result:
    fee = Money(Decimal(tables("device_return")["conversion_fee"].at(today).value))
    final = "A CAPEX purchase is final: a device that works is not taken back."
    convert = "A working CAPEX device can be turned into HWaaS in the Portal, at any time and for free."
    if inputs.ordered_by_mistake:
        return _Result(
            verdict="keep_in_stock",
            decision="No return: the order is final. Keep the device in stock, or turn it into HWaaS for free.",
            steps=[final, "Ordered by mistake: Wildix advises to keep it in stock for future projects.", convert],
            caveats=[],
            figures={"conversion_fee": fee},
        )
    return _Result(
        verdict="convert_to_hwaas",
        decision="No return: a CAPEX purchase is final. As it works, you can turn it into HWaaS for free.",
        steps=[final, convert],
        caveats=[],
        figures={"conversion_fee": fee},
    )


def _broken(inputs: ReturnInputs, today: date) -> _Result:
    table = tables("device_return")
    years_of: dict[str, int] = table["warranty_years"].at(today).value
    if inputs.warranty not in years_of:
        raise InvalidInput("warranty", "Which warranty does the device have: none, 1 year or 5 years?")
    unsigned = inputs.warranty in table["needs_signed_document"].at(today).value and not inputs.signed_document
    counts_as: str = table["without_document"].at(today).value if unsigned else inputs.warranty
    years = years_of[counts_as]
    figures: dict[str, Figure] = {"warranty_years": years}
    steps, caveats = ["A CAPEX purchase is final: the device is not taken back for its price."], []
    if unsigned:
        steps.append(
            f"The {_WARRANTIES[inputs.warranty]} needs a signed document. Without it, {counted(years, 'year')} counts."
        )
        caveats.append("That the longer warranty counts as the shorter one without its document is our reading.")
    if not years:
        steps.append(
            "No warranty: for a device that stopped working there is neither an RMA nor a conversion to HWaaS."
        )
        return _Result("neither", _NEITHER, steps, caveats, {**figures, "under_warranty": False})
    if inputs.purchased_on is None:
        raise InvalidInput("purchased_on", "On which day was the device bought?")
    until = add_years(inputs.purchased_on, years)
    covered = today <= until
    figures |= {"warranty_until": until, "under_warranty": covered}
    steps.append(
        f"Bought on {day_text(inputs.purchased_on)}: {counted(years, 'year')} of warranty, until {day_text(until)} and "
        f"including that day. Today is {day_text(today)}: the warranty {'still holds' if covered else 'is over'}."
    )
    caveats.append(
        "The warranty is counted from the purchase, which the published text does not say. The RMA section of the "
        "Portal shows the warranty of a serial number, and that decides."
    )
    if not covered:
        steps.append("Not working and out of warranty: there is neither an RMA nor a conversion to HWaaS.")
        return _Result("neither", _NEITHER, steps, caveats, figures)
    steps.append("Under warranty: submit a CAPEX RMA. The device may be replaced by a new or a refurbished one.")
    return _Result(
        "rma",
        f"Submit a CAPEX RMA: the warranty holds until {day_text(until)}. You get a new or a refurbished device.",
        steps,
        caveats,
        figures,
        ticket="orders.rma",
    )


def _check(inputs: ReturnInputs, today: date) -> None:
    if inputs.condition not in _CONDITIONS:
        raise InvalidInput("condition", "Does the device work, did it stop working, or was it dead on arrival?")
    if inputs.condition != "dead_on_arrival" and inputs.ownership not in _OWNERSHIP:
        raise InvalidInput("ownership", "Is the device bought (CAPEX) or rented (HWaaS)?")
    if inputs.purchased_on is not None and inputs.purchased_on > today:
        raise InvalidInput(
            "purchased_on", f"{day_text(inputs.purchased_on)} is in the future. On which day was the device bought?"
        )


def _warranty_matters(values: Values) -> bool:
    return values.get("condition") == "not_working" and values.get("ownership") == "capex"


def _document_matters(values: Values) -> bool:
    signed = tables("device_return")["needs_signed_document"].records[-1].value
    return _warranty_matters(values) and values.get("warranty") in signed


def _purchase_matters(values: Values) -> bool:
    years_of = tables("device_return")["warranty_years"].records[-1].value
    return _warranty_matters(values) and bool(years_of.get(values.get("warranty")))


def _compute(values: Values, today: date) -> Outcome:
    return device_return(ReturnInputs(**values), today)


DEVICE_RETURN = Policy(
    id="device_return",
    title="Return, replacement or warranty of a device",
    fields=(
        Field(
            "condition",
            "choice",
            "Condition",
            "Does the device work, did it stop working, or was it dead on arrival (out of the box)?",
            choices=_CONDITIONS,
        ),
        Field(
            "ownership",
            "choice",
            "Bought or rented",
            "Is the device bought (CAPEX) or rented (HWaaS)?",
            choices=_OWNERSHIP,
            needed=lambda values: values.get("condition") != "dead_on_arrival",
        ),
        Field(
            "warranty",
            "choice",
            "Warranty",
            "Which warranty does it have? The RMA section of the Portal shows it for the serial number.",
            choices=_WARRANTIES,
            needed=_warranty_matters,
        ),
        Field(
            "signed_document",
            "yes_no",
            "Signed warranty document",
            "Do you have the signed 5-year warranty document?",
            needed=_document_matters,
        ),
        Field("purchased_on", "date", "Bought on", "On which day was it bought?", past=True, needed=_purchase_matters),
        Field("ordered_by_mistake", "yes_no", "Ordered by mistake", "Was it ordered by mistake?", optional=True),
    ),
    sources=("orders/doa-replacement", "orders/capex-return", "orders/mistaken-order", "orders/device-warranty"),
    compute=_compute,
)
