"""A calculation under way in a conversation: what is known, what was asked, what is unclear, what waits behind it.

It lives in the slot `calculation` as JSON, so that every replica and the engine's tracker can hold it.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from knowledge.policy.catalogue import POLICIES
from knowledge.policy.fields import Field, InvalidInput, Policy
from knowledge.policy.inputs import as_json, checked_price, from_json
from knowledge.policy.money import Money
from knowledge.policy.outcome import Outcome
from knowledge.reading.read import Known, Read
from knowledge.reading.values import read_values
from tickets.filled import stamp as stamp_of

_MOST_PAUSED = 3
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass
class Calculation:
    """One calculation of one partner.

    Attributes:
        policy_id: which one.
        values: by input, in JSON form, in the order in which they were given.
        notes: what was filled in while reading, by input.
        part: price and quantity of an item whose day is not known yet, in JSON form.
        asked: the input asked for last.
        unclear: values to be asked back, each {"field", "text", "readings", "reason"}.
        changed: inputs that the last message gave.
        again: an input to be asked for once more, because the partner went back to it.
        mood: how to speak of the next question: "begun", "heard", "not_understood", "unknown", "resumed",
            "form_late".
        state: "asking", "done" or "left".
        paused: calculations that wait until this one is done, the latest last.
        said: what the partner wrote when it began.
        heard: the turn heard last: one that runs again after a crash is not heard twice.
    """

    policy_id: str
    values: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    part: dict[str, Any] = field(default_factory=dict)
    asked: str | None = None
    unclear: list[dict[str, Any]] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    again: str | None = None
    mood: str = "begun"
    state: str = "asking"
    paused: list[dict[str, Any]] = field(default_factory=list)
    said: str = ""
    heard: str = ""

    @classmethod
    def from_slot(cls, slot: Any) -> Calculation | None:
        """What `slot` wrote; None where there is none, or none that this release can go on with."""
        if not isinstance(slot, dict) or str(slot.get("policy_id")) not in POLICIES:
            return None
        try:  # an earlier release may have written other attributes, inputs or choices
            found = cls(**slot)
            found.typed()
        except (TypeError, InvalidInput):
            return None
        return found

    def slot(self) -> dict[str, Any]:
        """The JSON form for the tracker."""
        return asdict(self)

    @property
    def policy(self) -> Policy:
        return POLICIES[self.policy_id]

    def typed(self) -> dict[str, Any]:
        """The values as the calculation takes them."""
        return from_json(self.policy, self.values)

    def field(self, name: str) -> Field | None:
        """The input of this name."""
        return next((one for one in self.policy.fields if one.name == name), None)

    def hear(self, text: str, now: datetime) -> bool:
        """Take what a message says for this calculation; whether it said anything."""
        return self.take(self.read(text, now))

    def read(self, text: str, now: datetime) -> Read:
        """What a message says for this calculation, without taking it."""
        part: dict[str, Any] = dict(self.part)
        if "price" in part:
            part["price"] = _money(part["price"])
        said = {one["field"]: one["text"] for one in self.unclear if not one["readings"]}
        return read_values(self.policy, text, Known(self.typed(), self.asked, part, said, self.changed), now)

    def put(self, name: str, written: str) -> bool:
        """Take the value of a button; whether it can be one."""
        one = self.field(name)
        if one is None:
            return False
        try:
            if one.kind == "items":
                self._put_item(written)
            else:
                self.values = _last(self.values, name, as_json(_from_button(self.policy, one, written)))
        except (InvalidInput, ValueError):
            return False
        self._drop_other_half(name, {name})
        self._settled(name)
        return True

    def fill(self, values: dict[str, Any], stamp: str) -> bool:
        """Take all values of a form, in JSON form; False where other values hold by now than it was opened with."""
        if self.state != "asking" or stamp != self.stamp:
            return False
        try:
            from_json(self.policy, values)
        except InvalidInput:
            return False
        same = {name for name, value in values.items() if self.values.get(name) == value}
        self.notes = {name: note for name, note in self.notes.items() if name in same}
        self.changed = [name for name in values if name not in same]
        self.values, self.part, self.unclear, self.again = values, {}, [], None
        self.mood = "heard"
        return True

    @property
    def stamp(self) -> str:
        """What names its present values: a form is filled in for these."""
        return stamp_of(self.values)

    def go_back(self) -> bool:
        """Forget the value given last and ask for it again; whether there was one."""
        self.unclear = []
        if not self.values:
            return False
        name = list(self.values)[-1]
        del self.values[name]
        self.notes.pop(name, None)
        self.again = name
        return True

    def start_over(self) -> None:
        """Forget everything but which calculation it is."""
        self.values, self.notes, self.part, self.unclear = {}, {}, {}, []
        self.asked = self.again = None
        self.mood, self.state = "begun", "asking"

    def outcome(self, now: datetime) -> Outcome | None:
        """The result, once nothing is unclear or missing; a value that cannot be is taken out and asked back."""
        values = self.typed()
        for one in self.policy.fields:
            if one.default_now and one.name not in values:
                values[one.name] = now
        if self.unclear or self.again or self.policy.missing(values):
            return None
        try:
            return self.policy.compute(values, now.date())
        except InvalidInput as refused:
            name = refused.field or next(iter(self.policy.fields)).name
            self.values.pop(name, None)
            self.notes.pop(name, None)
            self.unclear = [{"field": name, "text": "", "readings": [], "reason": refused.reason}]
            return None

    def next_field(self) -> Field:
        """What is to be asked next; only while there is something."""
        name = self.unclear[0]["field"] if self.unclear else self.again
        return (self.field(name) if name else None) or self.policy.missing(self.typed())[0]

    def pause(self) -> list[dict[str, Any]]:
        """What a calculation that comes in between keeps of this one and of those behind it."""
        mine = {**self.slot(), "paused": [], "mood": "resumed"}
        return [*self.paused, mine][-_MOST_PAUSED:]

    def resume(self) -> Calculation | None:
        """The calculation that waited behind this one."""
        if not self.paused:
            return None
        *behind, latest = self.paused
        found = Calculation.from_slot(latest)
        if found is not None:
            found.paused = behind
        return found

    def take(self, read: Read) -> bool:
        """Take what `read` found in a message; whether it found anything."""
        for name, value in read.values.items():
            value = self._with_currency(name, value)
            self.values = _last(self.values, name, as_json(value))
            self.notes.pop(name, None)
            self._drop_other_half(name, read.values)
            self._settled(name)
        self.notes |= read.notes
        part = {name: self._with_currency("items", value) for name, value in read.part.items()}
        self.part = {**self.part, **{name: as_json(value) for name, value in part.items()}}
        if "items" in read.values:
            self.part = {}
        # A line of an order can have its day and still lack a price that can be.
        named = [one for one in read.unclear if one.field not in read.values or one.field == "items"]
        if named:
            fields = {one.field for one in named}
            self.unclear = [old for old in self.unclear if old["field"] not in fields]
            self.unclear += [
                {"field": one.field, "text": one.text, "readings": as_json(one.readings), "reason": one.reason}
                for one in named
            ]
        if read:
            self.mood = "heard"
            self.changed = list(read.values)
        return bool(read)

    def _with_currency(self, name: str, value: Any) -> Any:
        """“1,200.00” typed as the answer to which amount “1.200 EUR” is keeps its currency."""
        if isinstance(value, list):
            return [replace(one, price=self._with_currency(name, one.price)) for one in value]
        if isinstance(value, Money) and value.currency is None:
            offered = [one for unclear in self.unclear if unclear["field"] == name for one in unclear["readings"]]
            amounts = [_money(one) for one in offered if isinstance(one, dict)]
            return next((one for one in amounts if one.amount == value.amount), value)
        return value

    def _drop_other_half(self, name: str, said: Container[str]) -> None:
        """Two inputs that say the same thing: the one said last holds; of both said together the rule asks which."""
        for pair in ({"due_date", "days_overdue"}, {"region", "country"}):
            if name in pair:
                for other in pair - {name}:
                    self._settled(other)
                    if other not in said:
                        self.values.pop(other, None)

    def _settled(self, name: str) -> None:
        self.unclear = [one for one in self.unclear if one["field"] != name]
        if self.again == name:
            self.again = None

    def _put_item(self, written: str) -> None:
        """A reading of an order's day or price."""
        lines: list[dict[str, Any]] = self.values.get("items", [])
        if not _DAY.fullmatch(written):
            price = as_json(_price(self.policy, "items", written))
            if len(lines) == 1:
                lines[0]["price"] = price
            else:
                self.part["price"] = price
            return
        asked_back = any(one["field"] == "items" for one in self.unclear)
        if len(lines) == 1 and not asked_back:  # the other reading, after the first was taken
            lines = [{**lines[0], "date": written}]
        else:
            lines = [*lines, {"date": written, **self.part}]
        from_json(self.policy, {"items": lines})
        self.values = _last(self.values, "items", lines)
        self.part = {}


def button_value(value: Any) -> str:
    """A value in JSON form as a button carries it; `put` reads it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return f"{value['amount']} {value['currency'] or ''}".strip()
    return str(value)


def _from_button(policy: Policy, one: Field, written: str) -> Any:
    given: Any = written
    if one.kind == "yes_no":
        given = {"yes": True, "no": False}[written] if written in ("yes", "no") else written
    elif one.kind == "money":
        return _price(policy, one.name, written)
    elif one.kind == "count":
        given = int(written)
    return from_json(policy, {one.name: given})[one.name]


def _price(policy: Policy, name: str, written: str) -> Money:
    """The price on a button. Raises InvalidInput for what cannot be one."""
    amount, _, currency = written.partition(" ")
    given = {"amount": amount, "currency": currency or None}
    line = {"date": "2000-01-01", "price": given}  # an order's price is checked as part of its line
    kind = next(one.kind for one in policy.fields if one.name == name)
    read = from_json(policy, {name: [line] if kind == "items" else given})[name]
    return checked_price(name, read[0].price if kind == "items" else read)


def _money(given: dict[str, Any]) -> Money:
    return Money(Decimal(given["amount"]), given["currency"])


def _last(values: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    """The values with this one as the last given."""
    return {**{other: kept for other, kept in values.items() if other != name}, name: value}
