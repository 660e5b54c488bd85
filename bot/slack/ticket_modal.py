"""The draft of a ticket as a form: what its type needs, missing things first, and the partner's own words.

Values are checked as at every door (tickets/given.py, contact.py); the English gate answers at the input it is about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bot import wording
from bot.slack import modal
from bot.slack.blocks import words
from bot.slack.modal import MOST_TEXT, Entry
from tickets import gate
from tickets.contact import valid_email
from tickets.given import InvalidValue, checked_fields, clean
from tickets.types import OTHER, TicketType, question, ticket_fields, ticket_types

_SUBJECT, _TEXT = "@subject", "@text"  # no field is called so
_CONTACT: Final = ("name", "company", "email")
_MOST_SUBJECT, _MOST_LINE, _MOST_CONTACT = 200, 200, 120
_ENTRIES: Final = {gate.SUBJECT: _SUBJECT, gate.DESCRIPTION: _TEXT}


@dataclass
class Read:
    """What a form says: values, by entry what is wrong, and the entries that are in doubt about their language."""

    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)


def readable(data: Mapping[str, Any]) -> bool:
    """Whether there are such a type and such fields."""
    known = (data.get("ticket_type") or OTHER) in ticket_types()
    return known and (data.get("fields") or {}).keys() <= ticket_fields().keys()


def opened_with(data: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of a draft where the chat asks or shows it."""
    draft = data["draft"]
    known = {name: draft[name] for name in ("subject", "text", "contact")}
    return {**known, "type": data.get("ticket_type") or OTHER, "fields": data.get("fields") or {}}


def title(known: Mapping[str, Any]) -> str:
    """What the ticket is about."""
    return _type(known).title


def entries(known: Mapping[str, Any], *, anonymous: bool) -> list[Entry]:
    """The form's inputs; who asks only where nobody vouches for them. What is too long for an input has none."""
    names = _names(known)
    missing = [name for name in names if name not in known["fields"]]
    found = [_field(known, name) for name in [*missing, *(name for name in names if name not in missing)]]
    found.append(Entry(_SUBJECT, words()["form_subject"], modal.line(known["subject"], _MOST_SUBJECT), optional=True))
    element = modal.line(known["text"], MOST_TEXT, multiline=True)
    found.append(Entry(_TEXT, words()["form_text"], element, words()["form_text_hint"], not known["text"]))
    if anonymous:
        found += [_contact(known, name) for name in _CONTACT]
    return [one for one in found if len(modal.initial(one.element)) <= one.element.get("max_length", MOST_TEXT)]


def read(known: Mapping[str, Any], given: Mapping[str, str], *, anonymous: bool) -> Read:
    """What a form was filled in with. What was too long for an input stays as it was."""
    found = Read(values={"fields": {}, "subject": known["subject"]})
    offered = {one.name for one in entries(known, anonymous=anonymous)}
    for name in _names(known):
        if name not in offered:
            found.values["fields"][name] = known["fields"][name]
            continue
        try:
            found.values["fields"] |= checked_fields({name: given.get(name, "")})
        except InvalidValue as problem:
            found.errors[name] = problem.reason
    found.values["subject"] = " ".join(clean(given.get(_SUBJECT, "")).split())[:_MOST_SUBJECT]
    if _TEXT in offered:
        found.values["text"] = clean(given.get(_TEXT, ""))
        if known["text"] and not found.values["text"]:
            found.errors[_TEXT] = words()["form_needed"].format(question=words()["form_text_hint"])
    if anonymous:
        found.values["contact"] = _read_contact(given, found)
    _check_language(known, found)
    return found


def shown(values: Mapping[str, Any]) -> dict[str, str]:
    """Values in words, by label."""
    found = {words()["form_subject"]: values["subject"], words()["form_text"]: values.get("text", "")}
    for name, value in values["fields"].items():
        found[_label(name)] = ", ".join(value) if isinstance(value, list) else value
    for name, value in values.get("contact", {}).items():
        found[words()[f"form_{name}"]] = value
    return {label: text for label, text in found.items() if text}


def _type(known: Mapping[str, Any]) -> TicketType:
    return ticket_types()[known["type"]]


def _label(name: str) -> str:
    label = ticket_fields()[name].label
    return label[0].upper() + label[1:]


def _names(known: Mapping[str, Any]) -> list[str]:
    """The fields of the type, and what else is known."""
    return [*dict.fromkeys([*(name for group in _type(known).needs for name in group), *known["fields"]])]


def _field(known: Mapping[str, Any], name: str) -> Entry:
    what, value = ticket_fields()[name], known["fields"].get(name)
    text = "\n".join(value) if isinstance(value, list) else value
    match what.form:
        case "date":
            element = modal.day(text)
        case "email":
            element = modal.email(text)
        case "long" | "numbers":
            element = modal.line(text, MOST_TEXT, multiline=True)
        case _:
            element = modal.line(text, _MOST_LINE)
    hint = question(known["type"], name)
    others = [one for group in _type(known).needs if name in group for one in group if one != name]
    if others:
        enough = ", ".join(ticket_fields()[one].label for one in others)
        hint = f"{hint} {words()['form_or'].format(others=enough)}"
    return Entry(name, _label(name), element, hint, optional=True)


def _contact(known: Mapping[str, Any], name: str) -> Entry:
    value = known["contact"].get(name)
    element = modal.email(value) if name == "email" else modal.line(value, _MOST_CONTACT)
    hint = words()["form_email_hint"] if name == "email" else ""
    return Entry(f"@{name}", words()[f"form_{name}"], element, hint, optional=True)


def _read_contact(given: Mapping[str, str], found: Read) -> dict[str, str]:
    said = {name: " ".join(clean(given.get(f"@{name}", "")).split())[:_MOST_CONTACT] for name in _CONTACT}
    if said["email"] and not valid_email(said["email"]):
        found.errors["@email"] = wording.NO_EMAIL
    return {name: value for name, value in said.items() if value}


def _check_language(known: Mapping[str, Any], found: Read) -> None:
    """The gate: what is new of the partner's own words is in English."""
    before = gate.own_words(known["subject"], known["text"], known["fields"])
    texts = gate.own_words(found.values["subject"], found.values.get("text", ""), found.values["fields"])
    new = {name: text for name, text in texts.items() if text != before.get(name)}
    said = gate.judged(new, found.values["subject"])
    found.errors |= {_ENTRIES.get(name, name): words()["form_language"] for name in said.refused}
    found.doubts += [_ENTRIES.get(name, name) for name in said.doubts]
