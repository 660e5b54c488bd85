"""The two forms there are, of a calculation's values and of a ticket's draft, as the chat offers them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bot.slack import modal, policy_modal, ticket_modal
from bot.slack.blocks import words
from bot.slack.modal import Entry
from knowledge.policy.catalogue import POLICIES
from tickets.filled import Filled, Kind, stamp


@dataclass(frozen=True)
class Form:
    """A form for one state of a conversation.

    Attributes:
        of: the calculation's name, or the draft's id.
        known: what it is opened with.
        stamp: of that.
        anonymous: whether nobody vouches for whoever fills it in.
        doubted: whether it was asked whether the words are in English.
    """

    kind: Kind
    of: str
    known: dict[str, Any]
    stamp: str
    anonymous: bool = False
    doubted: bool = False

    @property
    def title(self) -> str:
        """What stands above it."""
        return words()[f"form_title_{self.kind}"]

    @property
    def button(self) -> str:
        """What the button says that opens it."""
        return words()[f"form_button_{self.kind}"]

    @property
    def about(self) -> str:
        """What it is a form of."""
        return POLICIES[self.of].title if self.kind == "policy" else ticket_modal.title(self.known)

    def continues(self, other: Form) -> bool:
        """Whether both are of the same calculation or draft."""
        return (self.kind, self.of) == (other.kind, other.of)

    def entries(self) -> list[Entry]:
        """Its inputs."""
        if self.kind == "policy":
            return policy_modal.entries(POLICIES[self.of], self.known)
        return ticket_modal.entries(self.known, anonymous=self.anonymous)


@dataclass(frozen=True)
class Result:
    """What came of a form that was filled in: the payload and its words, or what is wrong by entry."""

    payload: str = ""
    lines: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)


def offered(data: Mapping[str, Any]) -> Form | None:
    """The form of what the bot says, by its data; None where it asks for nothing that has one.

    What an earlier release said may hold values that there are no more.
    """
    if data.get("type") == "ask" and str(data.get("policy")) in POLICIES and isinstance(data.get("values"), dict):
        if not policy_modal.readable(POLICIES[data["policy"]], data["values"]):
            return None
        return Form("policy", data["policy"], policy_modal.opened_with(data), stamp(data["values"]))
    draft = data.get("draft")
    if data.get("type") in ("ask", "draft") and isinstance(draft, dict) and ticket_modal.readable(data):
        doubted = bool(draft["doubted"])
        return Form("ticket", draft["id"], ticket_modal.opened_with(data), draft["stamp"], doubted=doubted)
    return None


def with_typed(old: Form, new: Form, given: Mapping[str, str]) -> list[Entry]:
    """The inputs of a form as it stands now, with what was typed into it as it stood before."""
    before = {one.name: modal.initial(one.element) for one in old.entries()}
    found = []
    for one in new.entries():
        typed, was, now = given.get(one.name, ""), before.get(one.name, ""), modal.initial(one.element)
        if not modal.same(one.element, typed, was) and not modal.same(one.element, typed, now):
            said = words()["form_now"].format(value=modal.title_of(one.element, now) or words()["form_nothing"])
            note = said if not modal.same(one.element, was, now) else ""
            one = replace(one, element=modal.holding(one.element, typed), note=note)
        found.append(one)
    return found


def read(form: Form, given: Mapping[str, str], now: datetime) -> Result:
    """What a form says that was filled in."""
    if form.kind == "policy":
        policy = POLICIES[form.of]
        said = policy_modal.read(policy, given, form.known, now)
        if said.errors:
            return Result(errors=said.errors)
        shown, values, doubts = policy_modal.shown(policy, said.values), said.values, []
    else:
        ticket = ticket_modal.read(form.known, given, anonymous=form.anonymous)
        if ticket.errors:
            return Result(errors=ticket.errors)
        shown, values, doubts = ticket_modal.shown(ticket.values), ticket.values, ticket.doubts
    lines = [f"{label}: {text}" for label, text in shown.items()]
    return Result(Filled(form.kind, form.of, form.stamp, values).payload(), [form.about, *lines], doubts=doubts)
