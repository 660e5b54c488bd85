"""Prices of one reckoning, as a partner gives them: each a possible price, and never two currencies."""

from __future__ import annotations

from collections.abc import Mapping

from knowledge.policy.fields import InvalidInput
from knowledge.policy.inputs import checked_price
from knowledge.policy.money import Currency, Money


def check_prices(prices: Mapping[str, Money | None]) -> None:
    """Check prices by field name; None where a price is not given.

    Raises:
        InvalidInput: an amount that cannot be a price, or a second currency.
    """
    currency: Currency | None = None
    for name, price in prices.items():
        if price is None:
            continue
        checked_price(name, price)
        if currency and price.currency and price.currency != currency:
            raise InvalidInput(
                name, f"{price} is not in {currency}. Please give all prices in one currency: nothing is converted."
            )
        currency = currency or price.currency
