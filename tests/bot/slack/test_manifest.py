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
