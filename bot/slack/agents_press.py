"""What a press under a ticket in an agents' channel means; None for whatever is none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

from bot.slack.events import ID, TS, team_of, text_of
from bot.slack.ticket_message import PRIORITY, TAKE
from tickets.agents_presses import Press
from tickets.types import PRIORITIES

ACTIONS: Final = re.compile(f"^(?:{TAKE}|{PRIORITY})$")
_TICKET = re.compile(r"[0-9a-f]{32}", re.ASCII)


def pressed(body: Mapping[str, Any]) -> Press | None:
    """The press that an interaction tells of, whoever's it is."""
    actions, container, user = body.get("actions"), body.get("container"), body.get("user")
    if not isinstance(actions, list) or not actions or not isinstance(actions[0], Mapping):
        return None
    if not isinstance(container, Mapping) or not isinstance(user, Mapping):
        return None
    action = actions[0]
    do: Literal["take", "priority"] = "take" if action.get("action_id") == TAKE else "priority"
    option = action.get("selected_option")
    chosen = text_of(option, "value") if isinstance(option, Mapping) else ""
    priority, _, ticket = ("", "", text_of(action, "value")) if do == "take" else chosen.partition(":")
    found = Press(
        team=team_of(body),
        channel=text_of(container, "channel_id"),
        message=text_of(container, "message_ts"),
        ts=text_of(action, "action_ts"),
        user=text_of(user, "id"),
        user_team=text_of(user, "team_id") or team_of(body),
        do=do,
        ticket_id=ticket,
        priority=priority,
    )
    ids = all(ID.fullmatch(one) for one in (found.team, found.channel, found.user, found.user_team))
    times = TS.fullmatch(found.message) and TS.fullmatch(found.ts)
    known = _TICKET.fullmatch(ticket) and (do == "take" or priority in PRIORITIES)
    return found if ids and times and known else None
