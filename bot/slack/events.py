"""Which of Slack's events count, and what they mean.

Heard are direct messages, mentions, and what is said in a thread that the bot takes part in. Edits, deletions,
joins, other bots, files without a word: none of them is a question.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from bot.slack.markup import emoji_in, plain
from tickets.slack_models import Place

# With a subtype a message is mostly news about the channel; these are a person's words all the same.
_SAID: Final = {None, "file_share", "thread_broadcast"}
ID = re.compile(r"[A-Z][A-Z0-9]{1,39}", re.ASCII)
TS = re.compile(r"[0-9]{1,12}\.[0-9]{1,9}", re.ASCII)
_EVENT_ID = re.compile(r"[A-Za-z0-9_-]{1,60}", re.ASCII)
_TOKEN = re.compile(r"btn_[0-9a-f]{28}", re.ASCII)
_TRIGGER = re.compile(r"[A-Za-z0-9._-]{1,110}", re.ASCII)
_SLACKBOT: Final = "USLACKBOT"


@dataclass(frozen=True)
class Said:
    """A message that may be for us.

    Attributes:
        event_key: the same for every delivery of one event.
        message_key: the same for all events about one message.
        invited: it is for us whatever the thread.
        user_team: the writer's own workspace, another one in a channel that workspaces share.
    """

    place: Place
    event_key: str
    message_key: str
    ts: str
    user: str
    text: str
    invited: bool
    user_team: str


@dataclass(frozen=True)
class Pressed:
    """A press of one of our buttons; `message` is the ts of the message that carries it."""

    team: str
    channel: str
    token: str
    message: str
    ts: str
    user: str
    user_team: str


@dataclass(frozen=True)
class Opening:
    """A press of a button that opens a form; `button` is its value, `message` the ts of the message that carries it."""

    team: str
    channel: str
    button: str
    message: str
    user: str
    user_team: str
    trigger: str


@dataclass(frozen=True)
class Submission:
    """A form that was sent: the view's id, what we noted in it when it was opened, and the state of its inputs."""

    team: str
    view: str
    user: str
    user_team: str
    note: str
    state: Mapping[str, Any]


@dataclass(frozen=True)
class Asked:
    """What somebody asks from elsewhere, by command or shortcut; `event_key` is the same however often it comes."""

    team: str
    event_key: str
    user: str
    text: str


def said(body: Mapping[str, Any], teams: Collection[str] = ()) -> Said | None:
    """The message that an event tells of; None where it is none for us.

    Args:
        teams: workspaces whose people are heard; empty is all.
    """
    event = body.get("event")
    team, event_id = text_of(body, "team_id"), text_of(body, "event_id")
    if not isinstance(event, Mapping) or not ID.fullmatch(team) or not _EVENT_ID.fullmatch(event_id):
        return None
    channel, user, ts = text_of(event, "channel"), text_of(event, "user"), text_of(event, "ts")
    if not (ID.fullmatch(channel) and ID.fullmatch(user) and TS.fullmatch(ts)) or not _by_a_person(event, body):
        return None
    user_team = text_of(event, "user_team") or text_of(event, "team") or team
    if not ID.fullmatch(user_team) or (teams and user_team not in teams):
        return None  # from a workspace that shares a channel with ours
    thread = text_of(event, "thread_ts")
    if thread and not TS.fullmatch(thread):
        return None
    text = plain(text_of(event, "text"), _bot(body), emoji_in(event.get("blocks")))
    mention, direct = event.get("type") == "app_mention", _direct(event, channel)
    if direct:
        place = Place(team, channel, thread or None)
    elif mention or thread:
        place = Place(team, channel, thread or ts)
    else:
        return None
    if not text and not mention:
        return None
    return Said(
        place=place,
        event_key=f"{team}:{event_id}",
        message_key=f"{team}:{channel}:{ts}",
        ts=ts,
        user=user,
        text=text,
        invited=mention or direct,
        user_team=user_team,
    )


@dataclass(frozen=True)
class Interaction:
    """Something pressed or chosen in a message, whoever's it is: where, by whom, and Slack's own `action`."""

    team: str
    channel: str
    message: str
    user: str
    user_team: str
    action: Mapping[str, Any]


def interaction(body: Mapping[str, Any]) -> Interaction | None:
    """What was pressed in a message; None for whatever is none."""
    actions, container, user = body.get("actions"), body.get("container"), body.get("user")
    if not (isinstance(actions, list) and actions and isinstance(container, Mapping) and isinstance(user, Mapping)):
        return None
    if not isinstance(actions[0], Mapping):
        return None
    found = Interaction(
        team=team_of(body),
        channel=text_of(container, "channel_id"),
        message=text_of(container, "message_ts"),
        user=text_of(user, "id"),
        user_team=text_of(user, "team_id") or team_of(body),
        action=actions[0],
    )
    ids = all(ID.fullmatch(one) for one in (found.team, found.channel, found.user, found.user_team))
    return found if ids and TS.fullmatch(found.message) else None


def pressed(body: Mapping[str, Any], teams: Collection[str] = ()) -> Pressed | None:
    """The button of ours that an interaction tells of; None where it is none."""
    done = interaction(body)
    if done is None or (teams and done.user_team not in teams):
        return None
    token, ts = text_of(done.action, "value"), text_of(done.action, "action_ts")
    if not (TS.fullmatch(ts) and _TOKEN.fullmatch(token)):
        return None
    return Pressed(
        team=done.team,
        channel=done.channel,
        token=token,
        message=done.message,
        ts=ts,
        user=done.user,
        user_team=done.user_team,
    )


def opening(body: Mapping[str, Any], teams: Collection[str] = ()) -> Opening | None:
    """The press of a button that opens a form; None where it is none, or of somebody who is not served."""
    done, trigger = interaction(body), text_of(body, "trigger_id")
    if done is None or (teams and done.user_team not in teams) or not _TRIGGER.fullmatch(trigger):
        return None
    return Opening(
        team=done.team,
        channel=done.channel,
        button=text_of(done.action, "value"),
        message=done.message,
        user=done.user,
        user_team=done.user_team,
        trigger=trigger,
    )


def submission(body: Mapping[str, Any], teams: Collection[str] = ()) -> Submission | None:
    """The form that was sent; None where it is none, or of somebody who is not served."""
    view, user = body.get("view"), body.get("user")
    if not isinstance(view, Mapping) or not isinstance(user, Mapping):
        return None
    state = view.get("state")
    values = state.get("values") if isinstance(state, Mapping) else None
    found = Submission(
        team=team_of(body),
        view=text_of(view, "id"),
        user=text_of(user, "id"),
        user_team=text_of(user, "team_id") or team_of(body),
        note=text_of(view, "private_metadata"),
        state=values if isinstance(values, Mapping) else {},
    )
    ids = all(ID.fullmatch(one) for one in (found.team, found.view, found.user, found.user_team))
    return found if ids and (not teams or found.user_team in teams) else None


def asked(body: Mapping[str, Any], teams: Collection[str] = ()) -> Asked | None:
    """The question of a slash command; None where there is none, or none for us."""
    return _asked(body, text_of(body, "user_id"), text_of(body, "text"), teams)


def picked(body: Mapping[str, Any], teams: Collection[str] = ()) -> Asked | None:
    """The message that somebody picked for a ticket, "" where it is without a word; None where they are not served."""
    user, message = body.get("user"), body.get("message")
    if not isinstance(user, Mapping) or not isinstance(message, Mapping):
        return None
    text = plain(text_of(message, "text") or _shown(message), emoji=emoji_in(message.get("blocks")))
    return _found(body, text_of(user, "id"), text, teams)


def asked_at_home(body: Mapping[str, Any], teams: Collection[str] = ()) -> Asked | None:
    """The question whose button was pressed in the app's home; a second press in the same view is the same."""
    actions, user, view = body.get("actions"), body.get("user"), body.get("view")
    if not (isinstance(actions, list) and actions and isinstance(user, Mapping) and isinstance(view, Mapping)):
        return None
    action = actions[0] if isinstance(actions[0], Mapping) else {}
    press = f"{text_of(view, 'hash')}-{text_of(action, 'action_id').replace(':', '-')}-{text_of(user, 'id')}"
    return _asked({**body, "trigger_id": press}, text_of(user, "id"), text_of(action, "value"), teams)


def wants_link(body: Mapping[str, Any], words: str, teams: Collection[str] = ()) -> Asked | None:
    """The press of “link my account” in the home or under a message, as if these words were written.

    A code is valid for minutes, so that a later press is another one; two within a minute are one.
    """
    actions, user = body.get("actions"), body.get("user")
    if not (isinstance(actions, list) and actions and isinstance(actions[0], Mapping) and isinstance(user, Mapping)):
        return None
    ts = text_of(actions[0], "action_ts")
    if not TS.fullmatch(ts):
        return None
    press = f"link-{text_of(user, 'id')}-{int(float(ts)) // 60}"
    return _asked({**body, "trigger_id": press}, text_of(user, "id"), words, teams)


def at_home(body: Mapping[str, Any], teams: Collection[str] = ()) -> tuple[Place, str] | None:
    """Whose home was opened: their direct message, and they."""
    event, team = body.get("event"), text_of(body, "team_id")
    if not isinstance(event, Mapping) or event.get("tab") != "home" or (teams and team not in teams):
        return None
    channel, user = text_of(event, "channel"), text_of(event, "user")
    known = ID.fullmatch(team) and ID.fullmatch(channel) and ID.fullmatch(user)
    return (Place(team, channel), user) if known else None


def opened(body: Mapping[str, Any], teams: Collection[str] = ()) -> Place | None:
    """Where somebody has just opened the bot's messages, or a new thread in Slack's older view for assistants."""
    event, team = body.get("event"), text_of(body, "team_id")
    if not isinstance(event, Mapping) or (teams and team not in teams):
        return None
    thread = event.get("assistant_thread")
    if isinstance(thread, Mapping):
        channel, ts = text_of(thread, "channel_id"), text_of(thread, "thread_ts")
    elif event.get("tab") == "messages":
        channel, ts = text_of(event, "channel"), ""
    else:
        return None
    known = ID.fullmatch(team) and ID.fullmatch(channel) and (not ts or TS.fullmatch(ts))
    return Place(team, channel, ts or None) if known else None


def _asked(body: Mapping[str, Any], user: str, text: str, teams: Collection[str]) -> Asked | None:
    found = _found(body, user, plain(text), teams)
    return found if found is not None and found.text else None


def _found(body: Mapping[str, Any], user: str, text: str, teams: Collection[str]) -> Asked | None:
    found = Asked(team_of(body), text_of(body, "trigger_id"), user, text)
    if not (ID.fullmatch(found.team) and ID.fullmatch(found.user) and _TRIGGER.fullmatch(found.event_key)):
        return None
    if teams and found.team not in teams:
        return None
    return replace(found, event_key=f"{found.team}:{found.event_key}")


def _shown(message: Mapping[str, Any]) -> str:
    """What a message without a text of its own shows: apps write theirs into attachments and blocks."""
    attachments = message.get("attachments")
    parts = [one for one in (attachments if isinstance(attachments, list) else []) if isinstance(one, Mapping)]
    lines = [[text_of(one, name) for name in ("pretext", "title", "text")] for one in parts]
    fallbacks = [text_of(one, "fallback") for one in parts]
    blocks = message.get("blocks")
    texts = [one.get("text") for one in (blocks if isinstance(blocks, list) else []) if isinstance(one, Mapping)]
    said = [text_of(text, "text") for text in texts if isinstance(text, Mapping)]
    for number, line in enumerate(lines):
        said += [text for text in line if text] or [fallbacks[number]]
    return "\n".join(text for text in said if text)


def team_of(body: Mapping[str, Any]) -> str:
    """The workspace that a request is about; "" where it names none."""
    team, user = body.get("team"), body.get("user")
    inner = text_of(team, "id") if isinstance(team, Mapping) else ""
    return text_of(body, "team_id") or inner or (text_of(user, "team_id") if isinstance(user, Mapping) else "")


def _by_a_person(event: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    if event.get("type") not in ("message", "app_mention") or event.get("subtype") not in _SAID:
        return False
    if event.get("bot_id") or event.get("bot_profile") or event.get("hidden"):
        return False
    return text_of(event, "user") not in (_SLACKBOT, _bot(body))


def _direct(event: Mapping[str, Any], channel: str) -> bool:
    return event.get("channel_type") == "im" or channel.startswith("D")


def _bot(body: Mapping[str, Any]) -> str:
    """Our own user id in this workspace, as Slack tells it with each event."""
    authorizations = body.get("authorizations")
    for one in authorizations if isinstance(authorizations, list) else ():
        if isinstance(one, Mapping) and one.get("is_bot"):
            return text_of(one, "user_id")
    return ""


def text_of(values: Mapping[str, Any], name: str) -> str:
    """A text among what Slack sends; "" where there is none."""
    found = values.get(name)
    return found if isinstance(found, str) else ""
