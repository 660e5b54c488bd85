"""What a press under a ticket in an agents' channel means; None for whatever is none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

from bot.slack.events import TS, interaction, text_of
from bot.slack.ticket_message import PRIORITY, TAKE
from tickets.agents_presses import Press
from tickets.types import PRIORITIES

ACTIONS: Final = re.compile(f"^(?:{TAKE}|{PRIORITY})$")
_TICKET = re.compile(r"[0-9a-f]{32}", re.ASCII)


def pressed(body: Mapping[str, Any]) -> Press | None:
    """The press that an interaction tells of, whoever's it is."""
    done = interaction(body)
    if done is None:
        return None
    do: Literal["take", "priority"] = "take" if done.action.get("action_id") == TAKE else "priority"
    option = done.action.get("selected_option")
    chosen = text_of(option, "value") if isinstance(option, Mapping) else ""
    priority, _, ticket = ("", "", text_of(done.action, "value")) if do == "take" else chosen.partition(":")
    ts = text_of(done.action, "action_ts")
    known = _TICKET.fullmatch(ticket) and (do == "take" or priority in PRIORITIES)
    if not (known and TS.fullmatch(ts)):
        return None
    return Press(
        team=done.team,
        channel=done.channel,
        message=done.message,
        ts=ts,
        user=done.user,
        user_team=done.user_team,
        do=do,
        ticket_id=ticket,
        priority=priority,
    )
