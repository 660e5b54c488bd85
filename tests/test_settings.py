"""Settings: defaults, where they come from, and that a bad value stops the start with its name."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from settings import OTHER_VARIABLES, ROOT, Settings, SettingsError

VARIABLES = {field.metadata["variable"]: field.metadata for field in fields(Settings)}


def test_nothing_set_means_loopback_and_the_folders_of_the_project() -> None:
    settings = Settings.load({})
    assert (settings.host, settings.port) == ("127.0.0.1", 8080)
    assert settings.data_dir == ROOT / "var"
    assert settings.models_dir == ROOT / "models"
    assert settings.content_dir == ROOT / "knowledge" / "faq"
    assert settings.database == f"sqlite:///{ROOT / 'var' / 'care.db'}"
    assert settings.widget_origins == ()


def test_a_value_is_read_without_the_spaces_around_it() -> None:
    assert Settings.load({"CARE_PORT": " 9000 "}).port == 9000


def test_an_empty_value_is_no_value() -> None:
    assert Settings.load({"CARE_PORT": "", "CARE_DATA_DIR": " "}) == Settings.load({})


def test_folders_are_relative_to_the_project_unless_absolute(tmp_path: Path) -> None:
    settings = Settings.load(
        {"CARE_DATA_DIR": "elsewhere", "CARE_MODELS_DIR": str(tmp_path), "CARE_CONTENT_DIR": "~/faq"}
    )
    assert settings.data_dir == ROOT / "elsewhere"
    assert settings.models_dir == tmp_path
    assert settings.content_dir == Path.home() / "faq"


def test_a_database_address_replaces_the_file() -> None:
    assert Settings.load({"CARE_DATABASE_URL": "postgresql://db/care"}).database == "postgresql://db/care"


def test_origins_are_a_list() -> None:
    given = "https://portal.example.com, http://localhost:3000/ ,"
    assert Settings.load({"CARE_WIDGET_ORIGINS": given}).widget_origins == (
        "https://portal.example.com",
        "http://localhost:3000",
    )


@pytest.mark.parametrize(
    ("host", "anonymous", "allowed"),
    [
        ("127.0.0.1", "auto", True),
        ("127.8.8.8", "auto", True),
        ("::1", "auto", True),
        ("localhost", "auto", True),
        ("0.0.0.0", "auto", False),
        ("192.168.1.5", "auto", False),
        ("care.example.com", "auto", False),
        ("0.0.0.0", "YES", True),
        ("127.0.0.1", "no", False),
    ],
)
def test_who_is_not_signed_in_may_ask_on_loopback_only_unless_said_otherwise(
    host: str, anonymous: str, allowed: bool
) -> None:
    assert Settings.load({"CARE_HOST": host, "CARE_ANONYMOUS": anonymous}).anonymous_allowed is allowed


@pytest.mark.parametrize(
    ("variable", "value", "advice"),
    [
        ("CARE_PORT", "0", "give a whole number from 1 to 65535"),
        ("CARE_PORT", "65536", "give a whole number from 1 to 65535"),
        ("CARE_PORT", "http", "give a whole number from 1 to 65535"),
        ("CARE_PORT", "80.5", "give a whole number from 1 to 65535"),
        ("CARE_RATE_LIMIT", "-1", "give a whole number from 0 to 100000"),
        ("CARE_ANONYMOUS", "maybe", "give auto, yes or no"),
        ("CARE_ENGINE_URL", "localhost:5005", "give an address beginning with http:// or https://"),
        ("CARE_ACTIONS_URL", "ftp://x", "give an address beginning with http:// or https://"),
        ("CARE_WIDGET_ORIGINS", "https://a.example.com,b.example.com", "give an address beginning with"),
        ("CARE_LOG_LEVEL", "LOUD", "give DEBUG, INFO, WARNING or ERROR"),
    ],
)
def test_a_bad_value_is_named_with_what_it_may_be(variable: str, value: str, advice: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.load({variable: value})
    assert str(refused.value).startswith(f"{variable}='{value}' cannot be used: {advice}")


@pytest.mark.parametrize(
    ("variable", "value", "advice"),
    [
        ("CARE_SMTP_URL", "mail.example.com", "smtp://user:password@host:587"),
        ("CARE_SMTP_URL", "smtp://", "smtp://user:password@host:587"),
        ("CARE_SMTP_URL", "smtp://h:many", "smtp://user:password@host:587"),
        ("CARE_SMTP_URL", "http://h", "smtp://user:password@host:587"),
        ("CARE_WEBHOOK_SECRET", "hunter2", "at least 32 random characters"),
        ("CARE_MAIL_FROM", "nobody", "care@example.com"),
        ("CARE_MAIL_FROM", "Care <care@example.com", "care@example.com"),
        ("CARE_MAIL_FROM", "care@example.com>", "care@example.com"),
        ("CARE_MAIL_FROM", "Care\nBcc: x <care@example.com>", "care@example.com"),
        ("CARE_NOTIFY_EMAIL", "a@b, c@d", "care@example.com"),
    ],
)
def test_a_bad_receiver_is_named_and_a_secret_is_not_shown(variable: str, value: str, advice: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.load({variable: value})
    assert str(refused.value).startswith(variable)
    assert advice in str(refused.value)
    if variable in ("CARE_SMTP_URL", "CARE_WEBHOOK_SECRET"):
        assert f"={value}" not in str(refused.value).replace("'", "")


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"CARE_SMTP_URL": "smtp://h"}, "CARE_MAIL_FROM"),
        ({"CARE_NOTIFY_EMAIL": "a@b.example"}, "CARE_SMTP_URL"),
        ({"CARE_WEBHOOK_URL": "https://h.example"}, "CARE_WEBHOOK_SECRET"),
    ],
)
def test_what_needs_another_setting_names_it(given: dict[str, str], missing: str) -> None:
    with pytest.raises(SettingsError, match=f"needs {missing}, which is not set"):
        Settings.load(given)


BOT, APP, SIGNING = "xoxb-1-2-abcdef", "xapp-1-A1-2-abcdef", "0123456789abcdef" * 2


def test_slack_is_off_unless_it_is_reached_in_one_way() -> None:
    assert Settings.load({}).slack_bot_token.value == ""
    assert Settings.load({"SLACK_BOT_TOKEN": BOT, "SLACK_APP_TOKEN": APP}).slack_app_token.value == APP
    by_http = {"SLACK_BOT_TOKEN": BOT, "SLACK_SIGNING_SECRET": SIGNING, "CARE_SLACK_TEAMS": "T0AB, T0CD"}
    assert Settings.load(by_http).slack_teams == ("T0AB", "T0CD")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"SLACK_BOT_TOKEN": BOT},
            "SLACK_BOT_TOKEN needs SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP).",
        ),
        ({"SLACK_APP_TOKEN": APP}, "SLACK_APP_TOKEN needs SLACK_BOT_TOKEN, which is not set."),
        ({"SLACK_SIGNING_SECRET": SIGNING}, "SLACK_SIGNING_SECRET needs SLACK_BOT_TOKEN, which is not set."),
        ({"CARE_SLACK_TEAMS": "T0AB"}, "CARE_SLACK_TEAMS needs SLACK_BOT_TOKEN, which is not set."),
        (
            {"SLACK_BOT_TOKEN": BOT, "SLACK_APP_TOKEN": APP, "SLACK_SIGNING_SECRET": SIGNING},
            "Set SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP), not both.",
        ),
        ({"SLACK_BOT_TOKEN": APP}, "SLACK_BOT_TOKEN cannot be used: give the token that begins with xoxb-."),
        ({"SLACK_APP_TOKEN": BOT}, "SLACK_APP_TOKEN cannot be used: give the token that begins with xapp-."),
        (
            {"SLACK_SIGNING_SECRET": "hunter2"},
            "SLACK_SIGNING_SECRET cannot be used: "
            "give the 32 letters and digits of the app's page “Basic Information”.",
        ),
        (
            {"CARE_SLACK_TEAMS": "home"},
            "CARE_SLACK_TEAMS='home' cannot be used: give workspace ids such as T0123ABCD, comma-separated.",
        ),
    ],
)
def test_half_a_slack_stops_the_start_with_one_sentence(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.load(given)
    assert str(refused.value) == sentence


def test_passwords_and_secrets_are_not_in_what_settings_show() -> None:
    shown = repr(
        Settings.load(
            {
                "CARE_SMTP_URL": "smtps://care:hunter2@mail.example.com",
                "CARE_MAIL_FROM": "Customer Care <care@example.com>",
                "CARE_WEBHOOK_URL": "https://h.example",
                "CARE_WEBHOOK_SECRET": "hunter2" * 6,
                "CARE_DATABASE_URL": "postgresql://care:hunter2@db/care",
            }
        )
    )
    assert "hunter2" not in shown
    assert "care@example.com" in shown


@pytest.mark.parametrize("variable", ["CARE_PROT", "CARE_"])
def test_a_misspelled_setting_stops_the_start(variable: str) -> None:
    with pytest.raises(SettingsError, match=f"^{variable} is not a setting of this program"):
        Settings.load({variable: "1"})


def test_other_programs_variables_are_none_of_ours() -> None:
    assert Settings.load({"PORT": "1", "CARELESS": "1", "CARE_INTERNAL_TOKEN": "x"}) == Settings.load({})


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    """In a folder of its own, because `.env` stands beside settings.py."""
    shutil.copy(ROOT / "settings.py", tmp_path)
    (tmp_path / ".env").write_text("CARE_PORT=9001\nCARE_HOST=localhost\n")
    program = "from settings import Settings; s = Settings.load(); print(s.port, s.host, s.rate_limit)"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=tmp_path, env={"CARE_PORT": "9002"}, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["9002", "localhost", "20"]


# What is written about them


def test_readme_lists_every_setting_with_default_and_meaning() -> None:
    """Guards README's table: it is the only place where all settings are described."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = {
        row[0]: row[1:] for row in re.findall(r"^\| `((?:CARE|SLACK)_\w+)` \| (.*?) ?\| (.+) \|$", readme, re.MULTILINE)
    }
    assert rows.keys() == VARIABLES.keys()
    for variable, metadata in VARIABLES.items():
        default = f"`{metadata['default']}`" if metadata["default"] else ""
        assert rows[variable] == (default, metadata["meaning"]), variable


def test_readme_names_the_set_ups_own_variables() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    internal = {"CARE_INTERNAL_TOKEN", "CARE_ACTIONS_PORT"}
    assert [variable for variable in OTHER_VARIABLES - internal if variable not in readme] == []


def test_the_example_file_names_settings_that_exist() -> None:
    named = re.findall(r"(?:CARE|SLACK)_\w+", (ROOT / ".env.example").read_text(encoding="utf-8"))
    assert named
    assert set(named) <= VARIABLES.keys()


SLACK = {"SLACK_BOT_TOKEN": BOT, "SLACK_APP_TOKEN": APP, "CARE_CONSOLE_URL": "https://care.example/console/"}


def test_agents_channels_are_by_queue() -> None:
    given = "billing=C0123ABCD, Tech Support = C0456 ,x-bees=G012,*=C0789,"
    found = Settings.load({**SLACK, "CARE_SLACK_AGENT_CHANNELS": given})
    channels = {"Billing": "C0123ABCD", "Tech Support": "C0456", "x-bees": "G012", "*": "C0789"}
    assert found.slack_agent_channels == channels
    assert found.console_url == "https://care.example/console"
    assert Settings.load({}).slack_agent_channels == {}


@pytest.mark.parametrize(
    "given",
    ["C0123", "Billing", "Bills=C0123", "Billing=#billing", "Billing=D0123", "*=C1234,*=C4567", "Billing=C0123 *=C1"],
)
def test_agents_channels_that_cannot_be_are_refused(given: str) -> None:
    with pytest.raises(SettingsError, match=r"CARE_SLACK_AGENT_CHANNELS.*channels by queue.*the queues are Billing, "):
        Settings.load({**SLACK, "CARE_SLACK_AGENT_CHANNELS": given})


@pytest.mark.parametrize("missing", ["SLACK_BOT_TOKEN", "CARE_CONSOLE_URL"])
def test_agents_channels_need_slack_and_the_consoles_address(missing: str) -> None:
    given = {name: value for name, value in SLACK.items() if name != missing}
    with pytest.raises(SettingsError, match=f"CARE_SLACK_AGENT_CHANNELS needs {missing}"):
        Settings.load({**given, "CARE_SLACK_AGENT_CHANNELS": "*=C0123"})
