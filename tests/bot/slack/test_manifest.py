"""The manifest asks for what the bot listens to and does, and for nothing else; the guide names its parts."""

from __future__ import annotations

import yaml

from bot.slack.app import COMMAND, SHORTCUT
from settings import ROOT

# Which scope what we use needs, as Slack documents it.
NEEDS = {
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "chat.delete": "chat:write",
    "chat.postEphemeral": "chat:write",
    "include_all_metadata": "metadata.message:read",
    "conversations.open": "im:write",
    "assistant.threads.setSuggestedPrompts": "assistant:write",
    "commands": "commands",
}
FREE = {"app_home_opened"}
MANIFEST = yaml.safe_load((ROOT / "docs" / "slack-manifest.yml").read_text(encoding="utf-8"))


def test_the_manifest_asks_for_no_more_than_is_used() -> None:
    events = MANIFEST["settings"]["event_subscriptions"]["bot_events"]
    chat = ["chat.postMessage", "chat.update", "chat.delete", "chat.postEphemeral"]
    used = [*chat, "include_all_metadata", "conversations.open", "commands"]
    used += ["assistant.threads.setSuggestedPrompts"]
    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) == {
        NEEDS[name] for name in [*events, *used] if name not in FREE
    }
    assert [command["command"] for command in MANIFEST["features"]["slash_commands"]] == [COMMAND]
    assert [one["callback_id"] for one in MANIFEST["features"]["shortcuts"]] == [SHORTCUT]


def test_slack_takes_every_text_of_the_manifest() -> None:
    """Slack refuses the whole manifest where one is longer than its schema (slackapi/manifest-schema) says."""
    most = {
        "display_information": {"name": 35, "description": 140, "background_color": 7},
        "bot_user": {"display_name": 80},
        "slash_commands": {"command": 32, "description": 2000, "usage_hint": 1000},
        "shortcuts": {"name": 24, "callback_id": 255, "description": 150},
    }
    looked_at = 0
    for part, limits in most.items():
        found = MANIFEST.get(part) or MANIFEST["features"][part]
        for one in found if isinstance(found, list) else [found]:
            for name, limit in limits.items():
                assert 1 <= len(one[name]) <= limit, (part, name)
                looked_at += 1
    assert looked_at == 10


def test_buttons_and_direct_messages_are_switched_on() -> None:
    assert MANIFEST["settings"]["interactivity"]["is_enabled"]
    home = MANIFEST["features"]["app_home"]
    assert home["home_tab_enabled"]
    assert home["messages_tab_enabled"]
    assert not home["messages_tab_read_only_enabled"]


def test_suggested_prompts_are_switched_on() -> None:
    """A new app can only have the view for agents, which calls its description so; Slack takes 300 characters."""
    assert "assistant_view" not in MANIFEST["features"]
    assert 1 <= len(MANIFEST["features"]["agent_view"]["agent_description"]) <= 300
    assert "app_home_opened" in MANIFEST["settings"]["event_subscriptions"]["bot_events"]


def test_the_guide_names_every_module_of_slack() -> None:
    guide = (ROOT / "docs" / "slack.md").read_text(encoding="utf-8")
    modules = [path.name for path in (ROOT / "bot" / "slack").glob("*.*") if path.stem != "__init__"]
    assert len(modules) > 5
    assert [name for name in modules if name not in guide] == []
