"""Reads the sums in the steps of an outcome and reckons them again."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

_CLAUSE = re.compile(r"[:;]\s")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_PART = re.compile(rf"{_NUMBER.pattern}|[×+−]|% of|\bof\b")


def check_sums(steps: Iterable[str]) -> list[Decimal]:
    """The results of all sums such as “3 numbers × 50.00 EUR = 150.00 EUR”, after checking that each is right.

    A result is exact, or rounded half up to the cent.
    """
    return [
        _checked(*clause.split(" = ")) for step in steps for clause in _CLAUSE.split(step) if clause.count(" = ") == 1
    ]


def _checked(sum_text: str, result_text: str) -> Decimal:
    reckoned = _reckoned(sum_text)
    shown = [_number(text) for text in _NUMBER.findall(result_text)]
    if "rounded" in result_text:
        assert shown[0] == reckoned, f"{sum_text} is {reckoned} and not {result_text}"
        shown = shown[1:]
    cents = reckoned.quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert shown[0] in (reckoned, cents), f"{sum_text} is {reckoned} and not {result_text}"
    return shown[0]


def _reckoned(text: str) -> Decimal:
    """Products before sums, as people read them; “15 % of” and “5 of 12” are parts. Words before it don't count."""
    terms: list[Decimal] = []
    operator = ""
    for part in _PART.findall(text):
        if not part[0].isdigit():
            operator = part
            continue
        number = _number(part)
        if operator == "×":
            terms[-1] *= number
        elif operator == "of":
            terms[-1] /= number
        elif operator == "% of":
            terms[-1] *= number / 100
        elif operator in ("+", "−"):
            terms.append(number if operator == "+" else -number)
        else:
            terms = [number]  # a number that no sign ties to the one before begins the sum
        operator = ""
    return sum(terms, Decimal(0))


def _number(text: str) -> Decimal:
    return Decimal(text.rstrip(",").replace(",", ""))
