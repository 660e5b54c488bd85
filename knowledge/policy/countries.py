"""Countries by ISO code: their names in English, and which codes exist."""

from __future__ import annotations

from functools import cache

from holidays import registry

from knowledge.policy.fields import InvalidInput

_SMALL_WORDS = {"And", "Of", "The", "Da"}


def checked_country(field: str, code: str) -> str:
    """The ISO code in capital letters. Raises InvalidInput for one that does not exist."""
    plain = code.strip().upper()
    if plain not in _names():
        raise InvalidInput(field, f"I don't know the country “{code.strip()[:40]}”. Please name the country again.")
    return plain


def country_name(code: str) -> str:
    """The English name of a country that exists, such as “Isle of Man” for IM."""
    return _names()[code]


def country_codes() -> list[str]:
    """The ISO codes of all countries, in alphabetical order."""
    return sorted(_names())


@cache
def _names() -> dict[str, str]:
    """Names by code, from the registry of the holidays library (its module names)."""
    return {entry[1]: _name(module) for module, entry in registry.COUNTRIES.items()}


def _name(module: str) -> str:
    return " ".join(word.lower() if word in _SMALL_WORDS else word for word in module.replace("_", " ").title().split())
