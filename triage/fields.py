"""The fields that a text gives for a ticket of one type: only what is literally said, never a guess."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from knowledge.reading.dates import find_days
from knowledge.reading.found import Found, blanked
from tickets.types import ticket_fields, ticket_types
from triage import addresses, names, parties, roles, services
from triage.codes import KINDS, Code, find_codes
from triage.numbers import find_numbers, own_numbers, without_kept
from triage.passages import Passages
from triage.patterns import pattern
from triage.sentences import saying

_ALONE = re.compile(
    r"(?:(?:it|that)(?:'s| is) |is |the |nr?\.? |no\.? |number |#)*([A-Za-z0-9][\w/.-]{2,30})", re.IGNORECASE
)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
# What a code without a label is the number of, by type.
_UNNAMED = {
    "billing.dispute": "invoice",
    "billing.credit_note": "invoice",
    "billing.payment": "invoice",
    "classound.porting": "order",
    "classound.porting_date_change": "order",
    "orders.amendment": "order",
    "orders.tracking": "order",
    "orders.delivery": "order",
    "orders.rma": "serial",
    "hwaas.lost_item": "serial",
    "hwaas.return": "serial",
    **dict.fromkeys(
        (
            *("classound.cancel_did", "classound.special_number", "classound.teams_licenses", "classound.move_service"),
            *("pbx.commitment", "pbx.license_change", "pbx.cancellation", "pbx.stopped", "xbees.conversion"),
            "tech.support",
        ),
        "pbx",
    ),
}
_MOST_CODES = 20  # of one kind in a field


@dataclass(frozen=True)
class Reading:
    """A text on its way into the fields of one type."""

    type_id: str
    passages: Passages
    today: date
    asked: str | None = None

    @property
    def text(self) -> str:
        """The whole text, cleaned."""
        return self.passages.text

    @cached_property
    def wanted(self) -> frozenset[str]:
        """The fields that the type needs."""
        return frozenset(name for group in ticket_types()[self.type_id].needs for name in group)

    @cached_property
    def emails(self) -> list[str]:
        """E-mail addresses, those of quoted heads and signatures last."""
        return list(dict.fromkeys(match.group().rstrip(".") for match in _EMAIL.finditer(self.text)))

    @cached_property
    def without_emails(self) -> str:
        """The text with e-mail addresses blanked out."""
        return _EMAIL.sub(lambda found: "□" * len(found.group()), self.text)

    @cached_property
    def every_number(self) -> list[Found[str]]:
        """Telephone numbers, those of the signature too."""
        return find_numbers(_without_serials(self.without_emails), self.asked == "did_numbers")

    @cached_property
    def numbers(self) -> list[Found[str]]:
        """Telephone numbers that the text is about."""
        return [one for one in self.every_number if not self._is_signed(one.start)]

    @cached_property
    def codes(self) -> list[Code]:
        """Codes that are no telephone numbers."""
        rest = blanked(self.without_emails, self.every_number)
        codes = find_codes(blanked(rest, own_numbers(_without_serials(rest))))
        return [one for one in codes if not self._is_signed(one.start)]

    def _is_signed(self, place: int) -> bool:
        """Whether a place is in the signature: numbers and codes there are the writer's own."""
        return 0 <= self.passages.signed <= place

    @cached_property
    def plain(self) -> str:
        """The text without numbers, codes and e-mail addresses, for dates and names."""
        return _without_codes(blanked(self.without_emails, self.every_number), self.codes)

    @cached_property
    def undated(self) -> str:
        """The same without dates, for addresses."""
        return blanked(self.plain, find_days(self.plain, self.today))

    def codes_of(self, kind: str) -> list[Code]:
        """The codes of one kind, those that are called so first."""
        own_form = ("", kind) if kind == "pbx" and self._has_device else ("", *KINDS)
        named = [code for code in self.codes if code.label == kind and code.form in own_form]
        formed = [code for code in self.codes if code.form == kind and code.label in ("", kind, "ticket")]
        if kind == "pbx" and not self._has_device:  # “the old serial 180300004416” of a PBX
            formed += [code for code in self.codes if code.label == "serial"]
        if kind == "serial":
            named = [c for c in named if c.form != "pbx" or self._has_device]
        forms = ("", "serial") if kind == "pbx" and not self._has_device else ("",)
        unnamed = [code for code in self.codes if not code.label and code.form in forms]
        rest = unnamed if _UNNAMED.get(self.type_id) == kind else []
        return list(dict.fromkeys([*named, *formed, *rest]))

    @property
    def _has_device(self) -> bool:
        return "serial_number" in self.wanted

    def code(self, kind: str) -> str:
        """The first code of a kind; "" where there is none."""
        found = self.codes_of(kind)
        return found[0].text if found else ""


def read_fields(reading: Reading, complete: bool = True) -> dict[str, Any]:
    """The fields of a text for a type.

    Args:
        complete: the text is the ticket, so that sentences say what is wanted; else it is a later message, in which
            a sentence is only the answer to a question.
    """
    asked, type_id = reading.asked, reading.type_id
    if asked and any(
        pattern("fields", name, whole_words=False).fullmatch(reading.text.strip(" .!"))
        for name in ("no_answer", "no_value")
    ):
        return {}
    found: dict[str, Any] = {}
    for name in ticket_fields():
        if name in reading.wanted or type_id in _BESIDES.get(name, ()):
            long = ticket_fields()[name].form == "long" and name not in ("address", "confirmations")
            if long and not complete:
                continue
            value = _READERS[name](reading)
            if value:
                found[name] = value
    if asked and asked not in found and (value := _answer(reading, asked)):
        found[asked] = value
    return found


def _answer(reading: Reading, asked: str) -> Any:
    """The whole message as the value that was asked for."""
    text = reading.text.strip(" \n.,;!")
    form = ticket_fields()[asked].form
    if form == "date":
        days = find_days(text, reading.today) or find_days(f"on the {text}", reading.today)
        iso = [roles.clear_day(day, reading.today, asked) for day in days]
        return iso[0] if len(iso) == 1 else ""
    if form in ("numbers", "email"):
        return ""
    if asked in ("invoice_number", "order_number", "serial_number"):
        known = [code.text for code in reading.codes]
        alone = _ALONE.fullmatch(text)
        return known[0] if known else alone[1].upper() if alone and any(c.isdigit() for c in alone[1]) else ""
    bare = pattern("fields", "answer_start", whole_words=False).sub("", text)
    return (bare or text)[:500]


def _pbx(reading: Reading) -> str:
    """By its serial number, of several each, else by its customer."""
    if codes := reading.codes_of("pbx"):
        return ", ".join(dict.fromkeys(code.text for code in _listed(reading.text, codes)))
    if names.is_shouted(reading.text) and reading.text.count(" ") > 3:
        return names.find_name(reading.plain, "shouted")
    content = " ".join(reading.passages.content)
    return names.find_name(_blank_like(content, reading), "pbx") or names.only_name(_blank_like(content, reading))


def _listed(text: str, codes: list[Code]) -> list[Code]:
    """The first code with those that stand in one list with it (“PBX A and B”)."""
    found = codes[:1]
    for code in codes[1:_MOST_CODES]:
        if not re.fullmatch(r"\s*(?:[,;+&/]|and|\n)\s*", text[found[-1].end : code.start], re.IGNORECASE):
            break
        found.append(code)
    return found


def _blank_like(text: str, reading: Reading) -> str:
    """Content without its codes, numbers and e-mail addresses."""
    rest = _EMAIL.sub("□", text)
    rest = blanked(rest, find_numbers(_without_serials(rest)))
    return _without_codes(rest, find_codes(rest))


def _without_codes(text: str, codes: Iterable[Code]) -> str:
    for code in codes:
        text = f"{text[: code.start]}{'□' * (code.end - code.start)}{text[code.end :]}"
    return text


def _without_serials(text: str) -> str:
    """Without the serial numbers, which else are telephone numbers now and then."""
    return _without_codes(text, (one for one in find_codes(text) if one.form in ("pbx", "serial") and one.label))


def _email(reading: Reading) -> str:
    return reading.emails[0] if reading.emails else ""


def _person(reading: Reading) -> str:
    return names.find_name(reading.without_emails, "person")


def _special(reading: Reading) -> str:
    return services.special_number(
        reading.without_emails, {re.sub(r"\D", "", one.text) for one in reading.codes_of("pbx")}
    )


def _date(role: str) -> Callable[[Reading], str]:
    def read(reading: Reading) -> str:
        if role in ("confirmed_date", "wanted_date"):
            return roles.find_change(reading.plain, reading.today).get(role, "")
        beside: list[Found[str]] = []
        if role == "invoice_date":
            codes = reading.codes_of("invoice")
            beside = [Found(code.start, code.end, code.text, (code.text,)) for code in codes]
        return roles.find_role(reading.plain, role, reading.today, beside)

    return read


def _long(name: str) -> Callable[[Reading], str]:
    return lambda reading: saying(name, reading.passages, reading.codes, reading.numbers)


def _code(kind: str) -> Callable[[Reading], str]:
    return lambda reading: reading.code(kind)


def _serials(reading: Reading) -> str:
    """Of several devices each."""
    return ", ".join(dict.fromkeys(code.text for code in reading.codes_of("serial")[:_MOST_CODES]))


def _address(reading: Reading) -> str:
    """As written; for the costs of a delivery a place is enough."""
    found = addresses.find_addresses(reading.undated)
    if not found and reading.type_id == "orders.delivery":
        found = [names.find_place(reading.plain)]
    return "; ".join(found)


# Fields that are read for a type though it doesn't need them.
_BESIDES = {
    "address": ("orders.amendment", "orders.tracking", "orders.rma"),
    # The surest sign that two tickets are about the same thing; of other types a number is whom to call.
    "did_numbers": tuple(name for name in ticket_types() if name.startswith("classound.") or name == "tech.support"),
}
_READERS: dict[str, Callable[[Reading], Any]] = {
    "did_numbers": lambda reading: [one.value for one in without_kept(reading.type_id, reading.text, reading.numbers)],
    "pbx": _pbx,
    "source_pbx": lambda reading: parties.moved(reading.plain, reading.without_emails, reading.codes_of("pbx"))[0],
    "target_pbx": lambda reading: parties.moved(reading.plain, reading.without_emails, reading.codes_of("pbx"))[1],
    "invoice_number": _code("invoice"),
    "invoice_date": _date("invoice_date"),
    "reason": _long("reason"),
    "justification": _long("justification"),
    "serial_number": _serials,
    "order_number": _code("order"),
    "confirmed_date": _date("confirmed_date"),
    "wanted_date": _date("wanted_date"),
    "address": _address,
    "email": _email,
    "person": _person,
    "subscription": lambda reading: services.subscription(reading.text),
    "fault": _long("fault"),
    "purchase_date": _date("purchase_date"),
    "what_happened": _long("what_happened"),
    "date": _date("date"),
    "symptom": _long("symptom"),
    "since": lambda reading: services.since(reading.text),
    "services": lambda reading: services.wanted_services(reading.type_id, reading.passages),
    "wanted_licenses": lambda reading: services.licences(reading.type_id, reading.passages),
    "special_number": _special,
    "moving_party": lambda reading: parties.ownership(reading.text).get("moving_party", ""),
    "from_party": lambda reading: parties.ownership(reading.text).get("from_party", ""),
    "to_party": lambda reading: parties.ownership(reading.text).get("to_party", ""),
    "confirmations": lambda reading: services.confirmations(reading.text),
    "training_completed_by": lambda reading: names.find_name(reading.text, "trained"),
    "change": _long("change"),
    "question": _long("question"),
}
