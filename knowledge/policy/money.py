"""Money: an exact amount in one of three currencies, rounded half up to the cent once, at the end."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, get_args

Currency = Literal["USD", "EUR", "GBP"]
CURRENCIES: tuple[Currency, ...] = get_args(Currency)
_CENT = Decimal("0.01")
LARGEST = Decimal("100000000")


@dataclass(frozen=True)
class Money:
    """An amount that is not yet rounded; `currency` None where the partner named none."""

    amount: Decimal
    currency: Currency | None = None

    @property
    def rounded(self) -> Decimal:
        """The amount to the cent, half up."""
        return self.amount.quantize(_CENT, ROUND_HALF_UP)

    def __mul__(self, factor: Decimal | int) -> Money:
        return Money(self.amount * factor, self.currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + other.amount, self._shared(other))

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - other.amount, self._shared(other))

    def __str__(self) -> str:
        text = f"{self.rounded:,.2f}"
        return f"{text} {self.currency}" if self.currency else text

    def _shared(self, other: Money) -> Currency | None:
        """The currency of both. Raises ValueError for two different ones: nothing is ever converted."""
        if self.currency and other.currency and self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be reckoned together")
        return self.currency or other.currency
