"""Ranges of DID numbers: what the X at the end stands for, and whether a number lies in the range."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date

from knowledge.policy.fields import Field, InvalidInput, Policy, Values
from knowledge.policy.outcome import Outcome
from knowledge.policy.parameters import tables
from knowledge.policy.wording import echo

_HIDDEN = "*"  # how the published page, and some partners, hide digits
_LONGEST = 15  # digits of an international number (ITU-T E.164)
_SEPARATORS = re.compile(r"[\s().\-/\u2010-\u2015]+")
_NUMBER = re.compile(r"(\+?)([0-9*]+)(X*)")


@dataclass(frozen=True)
class RangeInputs:
    """`number_range` ends in X, XX or XXX; `number` is looked for in it."""

    number_range: str
    number: str | None = None


@dataclass(frozen=True)
class _Written:
    """A number as written, without separators: international (`+`) or not, its digits, its X."""

    international: bool
    digits: str
    suffix: str

    def __str__(self) -> str:
        return f"{'+' if self.international else ''}{self.digits}{self.suffix}"


def did_range(inputs: RangeInputs, today: date) -> Outcome:
    """The first and the last number of a range, how many there are, and whether a number is one of them.

    X at the end of a DID number stands for 10 numbers in sequence and XX for 100
    (classound/did-x-suffix); XXX for 1000 follows the pattern (classound/split-number-range names
    ranges of 1000). A range can be neither split nor cancelled in part. Numbers are compared in
    international form. The rule has no dates of its own.

    Raises:
        InvalidInput: not a range, more than three X, or numbers that cannot be compared.
    """
    table = tables("did_range")
    assumed: dict[str, int] = table["assumed_ranges"].at(today).value
    sizes: dict[str, int] = table["published_ranges"].at(today).value | assumed
    written = _range(inputs.number_range, sizes)
    number = _single(inputs.number, written) if inputs.number is not None else None
    as_international = number is not None and number.international != written.international
    if as_international:
        written = replace(written, international=True)
    size, places = sizes[written.suffix], len(written.suffix)
    start = _Written(written.international, written.digits + "0" * places, "")
    end = _Written(written.international, written.digits + "9" * places, "")
    steps = [
        f"{written} ends in {written.suffix}: {written.suffix} stands for {size} numbers in sequence.",
        f"The last {_digits(places)} from {'0' * places} to {'9' * places}: from {start} to {end}.",
    ]
    decision, verdict = f"{written} is the range from {start} to {end}: {size} numbers.", "range"
    figures: dict[str, str | int | bool] = {"first": str(start), "last": str(end), "count": size}
    if number is not None:
        number = replace(number, international=written.international)
        inside = len(number.digits) == len(start.digits) and number.digits.startswith(written.digits)
        figures["inside"] = inside
        verdict = "inside" if inside else "outside"
        between = "lies between them" if inside else "does not lie between them"
        steps.append(f"{number} {between}.")
        decision = (
            f"{'Yes' if inside else 'No'}: {number} {'is' if inside else 'is not'} one of the {size} numbers "
            f"from {start} to {end}."
        )
    steps.append("A range that is ordered cannot be split, and some of its numbers cannot be cancelled alone.")
    return Outcome(
        policy="did_range",
        decision=decision,
        verdict=verdict,
        figures={**figures},
        steps=tuple(steps),
        sources=DID_RANGE.sources,
        caveats=tuple(_caveats(written, assumed, as_international)),
        inputs=echo(DID_RANGE, {"number_range": inputs.number_range, "number": inputs.number}),
        ticket="general.other" if written.suffix in assumed else None,
    )


def _caveats(written: _Written, assumed: dict[str, int], as_international: bool) -> list[str]:
    caveats = []
    if written.suffix in assumed:
        caveats.append(
            f"The published text names ranges of {assumed[written.suffix]} numbers, but not how they are written: that "
            f"{written.suffix} stands for them is assumed, as X and XX go on in this way."
        )
    if as_international:
        caveats.append("The number that you wrote without + is taken to be in international form too.")
    if not written.international:
        caveats.append("The number is taken as you wrote it, without its country code.")
    return caveats


def _range(text: str, sizes: dict[str, int]) -> _Written:
    written = _read("number_range", text)
    if len(written.suffix) > max(map(len, sizes)):
        known = ", ".join(f"{suffix} ({size} numbers)" for suffix, size in sizes.items())
        raise InvalidInput(
            "number_range",
            f"{text.strip()[:40]} ends in {len(written.suffix)} X. The ranges that exist end in {known}.",
        )
    if not written.suffix:
        raise InvalidInput(
            "number_range", f"{text.strip()[:40]} has no X at its end, so it is one number and not a range."
        )
    return written


def _single(text: str, within: _Written) -> _Written:
    number = _read("number", text)
    if number.suffix:
        raise InvalidInput("number", f"{text.strip()[:40]} is a range itself. Please give one number, without X.")
    if _HIDDEN in number.digits + within.digits:
        raise InvalidInput("number", "Numbers with hidden digits (*) cannot be compared. Please give all the digits.")
    national = within if number.international else number
    same_form = number.international == within.international
    same_length = len(number.digits) == len(within.digits + within.suffix)
    if not same_form and (national.digits.startswith("0") or not same_length):
        raise InvalidInput(
            "number_range" if number.international else "number",
            f"{national} has no country code. Please write both numbers in international form, such as +49…, "
            "so that they can be compared.",
        )
    return number


def _read(field: str, text: str) -> _Written:
    """A number as people write it; 00 in front is the same as +."""
    plain = _SEPARATORS.sub("", text.strip().upper().replace("(0)", "")).replace("…", _HIDDEN)
    match = _NUMBER.fullmatch(plain)
    if match is None:
        raise InvalidInput(
            field,
            f"“{text.strip()[:40]}” is not a DID number that I can read: digits are needed, and X only at the end.",
        )
    plus, digits, suffix = match.groups()
    if not plus and digits.startswith("00"):
        plus, digits = "+", digits[2:]
    if len(digits) + len(suffix) > _LONGEST:
        raise InvalidInput(field, f"{plain[:40]} has more than {_LONGEST} digits, so it is not a phone number.")
    return _Written(bool(plus), digits, suffix)


def _digits(places: int) -> str:
    return "digit runs" if places == 1 else f"{places} digits run"


def _compute(values: Values, today: date) -> Outcome:
    return did_range(RangeInputs(values["number_range"], values.get("number")), today)


DID_RANGE = Policy(
    id="did_range",
    title="Numbers of a DID range (X, XX)",
    fields=(
        Field(
            "number_range",
            "text",
            "Number range",
            "Which range is it? Please write the number with its X at the end, for example +4989123450XX.",
        ),
        Field(
            "number",
            "text",
            "Number to look for",
            "Which number should I look for in the range? Please write it with its country code.",
            optional=True,
        ),
    ),
    sources=("classound/did-x-suffix", "classound/split-number-range"),
    compute=_compute,
)
