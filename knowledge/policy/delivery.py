"""What the delivery of bought hardware costs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from knowledge.policy.countries import checked_country, country_name
from knowledge.policy.fields import Field, InvalidInput, Policy, Values
from knowledge.policy.inputs import MOST
from knowledge.policy.money import CURRENCIES, Money
from knowledge.policy.outcome import Outcome
from knowledge.policy.parameters import tables
from knowledge.policy.wording import counted, echo, listed

_REGIONS = {"usa": "USA", "uk": "UK", "europe": "Europe", "other": "Another country"}
_HARDWARE = {"bought": "Bought (CAPEX)", "hwaas": "HWaaS"}


@dataclass(frozen=True)
class DeliveryInputs:
    """`region` or `country` says where to; `opened_boxes` is how many master boxes have to be opened."""

    region: str | None = None
    country: str | None = None
    opened_boxes: int | None = None
    overnight: bool | None = None
    hardware: str | None = None


def delivery_cost(inputs: DeliveryInputs, today: date) -> Outcome:
    """The delivery cost of an order of bought (CAPEX) hardware.

    USA 60 USD flat and 5 USD for each opened master box, overnight by quote from Customer Care.
    UK 29 and 5 GBP (the published currency of the 29 is not clear). Europe (EU, EEA, Switzerland)
    29 and 5 EUR. Other countries and HWaaS deliveries are not published (orders/delivery-cost, which
    names no date from which this holds).

    Raises:
        InvalidInput: no destination or an unknown one, two that disagree, no sane number of boxes.
    """
    if inputs.hardware is not None and inputs.hardware not in _HARDWARE:
        raise InvalidInput("hardware", "Hardware is bought (CAPEX) or HWaaS.")
    if inputs.hardware == "hwaas":
        return _not_published(
            inputs, "HWaaS", "The published delivery costs are for bought (CAPEX) hardware only; this is HWaaS."
        )
    table = tables("delivery_cost")
    country = checked_country("country", inputs.country) if inputs.country is not None else None
    region = _region(inputs.region, country, today)
    if region == "other":
        where = f"This destination ({country_name(country)})" if country else "This destination"
        return _not_published(
            inputs,
            "this destination",
            f"Delivery costs are published for the USA, the UK and Europe only. {where} is in none of them.",
        )
    boxes = inputs.opened_boxes
    if boxes is None:
        raise InvalidInput("opened_boxes", "The number of opened master boxes is needed; it can be 0.")
    if not 0 <= boxes <= MOST:
        raise InvalidInput("opened_boxes", f"{boxes} cannot be: give a number from 0 to {MOST:,}.")
    record = table["flat_rate"].at(today)
    flat, each = _amount(record.value[region]), _amount(table["opened_box"].at(today).value[region])
    total = flat + each * boxes
    steps = [f"Logistics fee ({_REGIONS[region]}): {flat} flat."]
    if boxes:
        steps.append(f"Opened master boxes: {boxes} × {each} = {each * boxes}.")
        steps.append(f"Together: {flat} + {each * boxes} = {total}.")
    else:
        steps.append("No master box has to be opened, so nothing is added.")
    boxes_text = f"{flat} flat and {each * boxes} for {counted(boxes, 'opened master box')}"
    decision = f"The delivery costs {total}: {boxes_text}." if boxes else f"The delivery costs {total}, a flat rate."
    if inputs.overnight:
        decision = f"Overnight delivery is priced by Customer Care; the usual delivery costs {total}."
        steps.append("The price of overnight delivery is not published: please ask Customer Care for a quote.")
    return Outcome(
        policy="delivery_cost",
        decision=decision,
        verdict="by_quote" if inputs.overnight else "cost",
        figures={"region": region, "flat_rate": flat, "boxes_cost": each * boxes, "total": total},
        steps=tuple(steps),
        sources=DELIVERY_COST.sources,
        caveats=tuple(_caveats(inputs, region, flat, each * boxes, today)),
        inputs=echo(DELIVERY_COST, vars(inputs)),
        holds_from=record.since,
        ticket="orders.delivery" if inputs.overnight or region in table["unclear_currency"].at(today).value else None,
    )


def _not_published(inputs: DeliveryInputs, what: str, step: str) -> Outcome:
    return Outcome(
        policy="delivery_cost",
        decision=f"Not published: there is no delivery cost for {what}. Please ask Customer Care with a ticket.",
        verdict="not_published",
        figures={"total": None},
        steps=(step,),
        sources=DELIVERY_COST.sources,
        caveats=("No figure is given, because none is published for this case.",),
        inputs=echo(DELIVERY_COST, vars(inputs)),
        ticket="orders.delivery",
    )


def _caveats(inputs: DeliveryInputs, region: str, flat: Money, boxes: Money, today: date) -> list[str]:
    table = tables("delivery_cost")
    caveats = []
    published = table["unclear_currency"].at(today).value.get(region)
    if published is not None:
        caveats.append(
            f"The currency of the {flat.rounded} is not clear: the published text says “{published}”. "
            f"{flat.currency} is assumed."
        )
    if inputs.overnight and region not in table["overnight_regions"].at(today).value:
        named = listed(_REGIONS[name] for name in table["overnight_regions"].at(today).value)
        caveats.append(f"The published text names overnight delivery only for the {named}: Customer Care must say.")
    if inputs.overnight:
        caveats.append("Whether the quote replaces the usual delivery cost or comes on top is not published.")
    if region == "europe" and inputs.country is None:
        caveats.append("Europe is taken to be the EU, the EEA and Switzerland; other countries are not published.")
    if inputs.hardware is None:
        caveats.append("This holds for bought (CAPEX) hardware only; for HWaaS no delivery cost is published.")
    caveats.append("The flat rate is taken once, for one order to one address.")
    return caveats


def _region(region: str | None, country: str | None, today: date) -> str:
    """The region of the delivery; a country decides it where one is given."""
    if region is not None and region not in _REGIONS:
        raise InvalidInput("region", f"I don't know the region “{region[:40]}”. There are: {', '.join(_REGIONS)}.")
    if country is None:
        if region is None:
            raise InvalidInput("region", "The destination is needed: USA, UK, Europe or another country.")
        return region
    lies_in = region_of(country, today)
    if region not in (None, lies_in):
        raise InvalidInput(
            "region",
            f"{country_name(country)} does not lie in the region that you gave ({_REGIONS[region]}). "
            "Which of the two is right?",
        )
    return lies_in


def region_of(country: str, day: date) -> str:
    """The region with published delivery costs in which a country (ISO code) lies, else “other”."""
    regions: dict[str, list[str]] = tables("delivery_cost")["countries"].at(day).value
    return next((region for region, codes in regions.items() if country in codes), "other")


def _amount(published: dict[str, str]) -> Money:
    return Money(Decimal(published["amount"]), next(c for c in CURRENCIES if c == published["currency"]))


def _is_published(values: Values) -> bool:
    """Whether a figure can come out, so that the boxes matter."""
    if values.get("hardware") == "hwaas" or values.get("region") == "other":
        return False
    country = values.get("country")
    return country is None or region_of(country, date.max) != "other"


def _compute(values: Values, today: date) -> Outcome:
    return delivery_cost(DeliveryInputs(**values), today)


DELIVERY_COST = Policy(
    id="delivery_cost",
    title="Delivery cost of bought hardware",
    fields=(
        Field(
            "region",
            "choice",
            "Region",
            "Where should the order be delivered?",
            choices=_REGIONS,
            needed=lambda values: "country" not in values and values.get("hardware") != "hwaas",
        ),
        Field("country", "country", "Country", "To which country should it be delivered?", optional=True),
        Field(
            "opened_boxes",
            "count",
            "Opened master boxes",
            "How many master boxes have to be opened? (0 if you order only full boxes)",
            needed=_is_published,
        ),
        Field("overnight", "yes_no", "Overnight", "Should it be delivered overnight?", optional=True),
        Field("hardware", "choice", "Hardware", "Is the hardware bought or HWaaS?", choices=_HARDWARE, optional=True),
    ),
    sources=("orders/delivery-cost",),
    compute=_compute,
)
