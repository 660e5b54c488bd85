"""A form as a modal of Slack's: inputs within Slack's limits, and what was typed into them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from bot.slack.blocks import MOST_SECTION, MOST_TITLE, plain_text, section, words
from bot.slack.markup import escape, split

CALLBACK: Final = "care_form"
_MOST_BLOCKS: Final = 100
MOST_TEXT: Final = 3000  # characters in one input
_MOST_RADIO: Final = 5  # options that stand there openly; more are a menu
NUMBER = re.compile(r"[-+]?(?:[0-9]{1,15}\.?[0-9]{0,6}|\.[0-9]{1,6})", re.ASCII)
_INITIAL: Final = ("initial_value", "initial_date", "initial_date_time")
_NOTHING: Final = "-"  # the option that takes an answer back

Element = dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """One input of a form.

    Attributes:
        name: what the form calls it; error and value come back under it.
        note: what stands above it, as a sentence of ours.
    """

    name: str
    label: str
    element: Element
    hint: str = ""
    optional: bool = False
    note: str = ""


def view(
    title: str, about: str, entries: Sequence[Entry], metadata: str, turn: int, notices: Iterable[str] = ()
) -> dict[str, Any]:
    """The modal.

    Args:
        about: what it is a form of.
        turn: how often it was shown before: Slack keeps what was typed under a name that is there again.
        notices: what is said above the inputs.
    """
    blocks = [section(part) for text in (f"*{escape(about)}*", *notices) for part in split(text, MOST_SECTION)]
    room = _MOST_BLOCKS - len(blocks) - len(entries)
    for entry in entries:
        if entry.note and room > 0:
            blocks.append(section(escape(entry.note)))
            room -= 1
        blocks.append(_input(entry, turn))
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": plain_text(title),
        "submit": plain_text(words()["form_submit"]),
        "close": plain_text(words()["form_close"]),
        "private_metadata": metadata,
        "blocks": blocks,
    }


def over(title: str, texts: Iterable[str]) -> dict[str, Any]:
    """A modal that only says something; each text is mrkdwn."""
    blocks = [section(part) for text in texts for part in split(text, MOST_SECTION)]
    return {"type": "modal", "title": plain_text(title), "close": plain_text(words()["form_close"]), "blocks": blocks}


def given(values: Mapping[str, Any]) -> dict[str, str]:
    """What was typed or chosen, by the entries' names, from a view's `state.values`; what is empty is left out."""
    found = {}
    for block, actions in values.items():
        state = next(iter(actions.values()), None) if isinstance(actions, Mapping) else None
        value = _value(state) if isinstance(state, Mapping) else ""
        if value and value != _NOTHING:
            found[block.partition(":")[2]] = value
    return found


def errors(found: Mapping[str, str], turn: int) -> dict[str, str]:
    """Sentences by entry as Slack shows them: under the inputs."""
    return {f"{turn}:{name}": reason for name, reason in found.items()}


def day(value: str | None) -> Element:
    """A date picker, with a day in ISO form."""
    return {"type": "datepicker", **({"initial_date": value} if value else {})}


def moment(seconds: int | None) -> Element:
    """A picker of a day and time, which Slack shows in the reader's own zone."""
    return {"type": "datetimepicker", **({"initial_date_time": seconds} if seconds is not None else {})}


def number(value: str | None, *, decimals: bool, least: str, most: str) -> Element:
    """A number."""
    limits = {"is_decimal_allowed": decimals, "min_value": least, "max_value": most}
    return {"type": "number_input", **limits, **({"initial_value": value} if value else {})}


def line(value: str | None, most: int, *, multiline: bool = False) -> Element:
    """A line of text, or several."""
    limits = {"multiline": multiline, "max_length": most}
    return {"type": "plain_text_input", **limits, **({"initial_value": value} if value else {})}


def email(value: str | None) -> Element:
    """An e-mail address."""
    return {"type": "email_text_input", **({"initial_value": value} if value else {})}


def choice(options: Mapping[str, str], value: str | None, *, optional: bool) -> Element:
    """One of some options by value; where it may be left open, that is an option too."""
    offered = {_NOTHING: words()["form_left_open"], **options} if optional else options
    listed = {one: _option(one, title) for one, title in offered.items()}
    kind = "radio_buttons" if len(listed) <= _MOST_RADIO else "static_select"
    chosen = listed.get(value or "")
    return {"type": kind, "options": [*listed.values()], **({"initial_option": chosen} if chosen else {})}


def initial(element: Element) -> str:
    """What an input holds when it is opened, as `given` would tell it."""
    option = element.get("initial_option")
    found = option["value"] if option else None
    for name in _INITIAL:
        found = element.get(name) if found is None else found
    return "" if found in (None, _NOTHING) else str(found)


def holding(element: Element, value: str) -> Element:
    """The same input with what was typed into it, or nothing; what it cannot hold is left out."""
    bare = {key: kept for key, kept in element.items() if key not in (*_INITIAL, "initial_option")}
    if not value:
        return bare
    match element["type"]:
        case "datepicker":
            return {**bare, "initial_date": value}
        case "datetimepicker":
            return {**bare, "initial_date_time": int(value)} if value.isdecimal() else bare
        case "radio_buttons" | "static_select":
            chosen = next((one for one in element["options"] if one["value"] == value), None)
            return {**bare, "initial_option": chosen} if chosen else bare
        case _:
            return {**bare, "initial_value": value}


def same(element: Element, one: str, other: str) -> bool:
    """Whether two values of an input are the same, however Slack writes them."""
    if element["type"] == "number_input" and NUMBER.fullmatch(one) and NUMBER.fullmatch(other):
        return Decimal(one) == Decimal(other)
    return one.split() == other.split()


def title_of(element: Element, value: str) -> str:
    """A value as the input shows it: of an option its title."""
    return next((str(one["text"]["text"]) for one in element.get("options", ()) if one["value"] == value), value)


def _input(entry: Entry, turn: int) -> Element:
    hint = {"hint": plain_text(entry.hint)} if entry.hint else {}
    return {
        "type": "input",
        "block_id": f"{turn}:{entry.name}",
        "label": plain_text(entry.label),
        "element": {**entry.element, "action_id": "value"},
        "optional": entry.optional,
        **hint,
    }


def _value(state: Mapping[str, Any]) -> str:
    option = state.get("selected_option")
    found = option.get("value") if isinstance(option, Mapping) else None
    for name in ("value", "selected_date", "selected_date_time"):
        found = state.get(name) if found is None else found
    text = str(found).replace("\x00", "").strip() if isinstance(found, (str, int)) else ""
    return text.encode("utf-8", "replace").decode("utf-8")  # a lone surrogate cannot be stored


def _option(value: str, title: str) -> Element:
    return {"text": plain_text(title[:MOST_TITLE]), "value": value}
