"""Modals as Slack documents them: what may be in one, and what comes back when it is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any


def view_problems(view: Mapping[str, Any]) -> list[str]:
    """What Slack's documentation says against a modal."""
    found: list[str] = []
    blocks = view["blocks"]
    if view["type"] != "modal" or not 1 <= len(blocks) <= 100:
        found.append(f"a view {view['type']} of {len(blocks)} blocks")
    for name in ("title", "submit", "close"):
        if name in view:
            found += _plain_problems(view[name], 24)
    found += [f"{name} missing" for name in ("title", "close") if name not in view]
    inputs = [block for block in blocks if block["type"] == "input"]
    if inputs and "submit" not in view:
        found.append("inputs, and no submit")
    if len(view.get("private_metadata", "")) > 3000 or len(view.get("callback_id", "")) > 255:
        found.append("too much metadata")
    for block in blocks:
        found += _input_problems(block) if block["type"] == "input" else []
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(set(ids)) < len(ids) or any(not 1 <= len(one) <= 255 for one in ids):
        found.append(f"block_ids {ids}")
    return found


def initial(element: Mapping[str, Any]) -> str | None:
    """What an input holds when it is opened."""
    option = element.get("initial_option")
    if option is not None:
        return str(option["value"])
    found = [element[one] for one in ("initial_value", "initial_date", "initial_date_time") if one in element]
    return str(found[0]) if found else None


def state(element: Mapping[str, Any], value: str | None) -> dict[str, Any]:
    """An input's state, as a submission carries it."""
    kind = element["type"]
    if kind in ("radio_buttons", "static_select"):
        options = {one["value"]: one for one in element["options"]} | {
            one["text"]["text"]: one for one in element["options"]
        }
        return {"type": kind, "selected_option": options[value] if value is not None else None}
    if kind == "datepicker":
        return {"type": kind, "selected_date": value}
    if kind == "datetimepicker":
        return {"type": kind, "selected_date_time": int(value) if value is not None else None}
    return {"type": kind, "value": value}


def _plain_problems(text: Mapping[str, Any], most: int) -> list[str]:
    well = text["type"] == "plain_text" and 1 <= len(text["text"]) <= most and text["text"].strip()
    return [] if well else [f"a plain text {text}"]


def _input_problems(block: Mapping[str, Any]) -> list[str]:
    found = _plain_problems(block["label"], 2000)
    found += _plain_problems(block["hint"], 2000) if "hint" in block else []
    element = block["element"]
    kind = element["type"]
    if not 1 <= len(element["action_id"]) <= 255 or not isinstance(block.get("optional", False), bool):
        found.append(f"an input {block}")
    if kind in ("radio_buttons", "static_select"):
        options = element["options"]
        if not 1 <= len(options) <= (10 if kind == "radio_buttons" else 100):
            found.append(f"{len(options)} options")
        for option in options:
            found += _plain_problems(option["text"], 75)
            found += [] if 1 <= len(option["value"]) <= 150 else [f"an option {option}"]
        if len({option["value"] for option in options}) < len(options):
            found.append(f"the same option twice in {options}")
        if element.get("initial_option", options[0]) not in options:
            found.append(f"an initial option that is none: {element}")
    elif kind == "datepicker":
        well = re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", element.get("initial_date", "2026-01-01"))
        found += [] if well else [f"a date {element}"]
    elif kind == "datetimepicker":
        well = re.fullmatch(r"[0-9]{10}", str(element.get("initial_date_time", "1700000000")))
        found += [] if well else [f"a moment {element}"]
    elif kind == "number_input":
        form = r"-?[0-9]+(\.[0-9]+)?" if element["is_decimal_allowed"] else "-?[0-9]+"
        numbers = [element[one] for one in ("initial_value", "min_value", "max_value") if one in element]
        if not all(isinstance(one, str) and re.fullmatch(form, one) for one in numbers):
            found.append(f"a number {element}")
    elif kind in ("plain_text_input", "email_text_input"):
        most = element.get("max_length", 3000)
        if not 1 <= most <= 3000 or not len(element.get("initial_value", "")) <= most:
            found.append(f"a text input {element}")
    else:
        found.append(f"an input of type {kind}")
    return found
