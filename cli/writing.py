"""What the command lines about the database share: reading it, and having written what only the bot may write.

Only one process may write to a SQLite file. Where a bot runs, it is asked to write; where none runs the command takes
the lock that the bot would hold.
"""

from __future__ import annotations

import getpass
import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from settings import Settings, SettingsError

if TYPE_CHECKING:  # heavy, and `care --help` shall answer at once
    from tickets.database import Database

_ASK_SECONDS = 600.0

Ask = Callable[[dict[str, Any]], dict[str, Any]]


def ask_for(ask: Ask, what: dict[str, Any]) -> dict[str, Any]:
    answer = ask(what)
    if "problem" in answer:
        stop(answer["problem"])
    return answer


@contextmanager
def reading(settings: Settings, *, make: bool = False) -> Iterator[Database]:
    from sqlalchemy.exc import SQLAlchemyError

    from tickets.database import Database

    if not make:
        _must_exist(settings)
    database = Database(settings.database)
    try:
        yield database
    except SQLAlchemyError as error:
        stop(f"The database cannot be read ({type(error).__name__}). `care doctor` says more.")
    finally:
        database.close()


@contextmanager
def writing(settings: Settings, *, make: bool = False) -> Iterator[tuple[Ask, Database]]:
    """How to have something written, and the database to read; `make` also makes one that is not there yet."""
    from bot.control import answer_to
    from cli.run_lock import alone

    with reading(settings, make=make) as database:
        if not database.is_sqlite:  # several processes may write
            settings.data_dir.mkdir(parents=True, exist_ok=True)
            yield lambda what: answer_to(database, settings.data_dir, what), database
            return
        with alone(settings.data_dir) as ours:
            if ours:
                database.migrate()
                yield lambda what: answer_to(database, settings.data_dir, what), database
            else:
                yield lambda what: _ask_bot(settings.data_dir, what), database


def _ask_bot(data_dir: Path, what: dict[str, Any]) -> dict[str, Any]:
    from bot.control import socket_path

    path = socket_path(data_dir)
    try:
        if path.stat().st_uid != os.geteuid():
            stop(f"The bot on {data_dir} runs as another user. Run this command as that user.")
        with socket.socket(socket.AF_UNIX) as asking:
            asking.settimeout(_ASK_SECONDS)
            asking.connect(str(path))
            asking.sendall(json.dumps(what).encode() + b"\n")
            with asking.makefile(encoding="utf-8") as answers:
                answer: dict[str, Any] = json.loads(answers.readline())
                return answer
    except (OSError, ValueError):
        stop(
            f"A bot runs on {data_dir} and does not answer; only it may write to its database. "
            "Stop it, run this again, and start it."
        )


def _must_exist(settings: Settings) -> None:
    from sqlalchemy.engine import make_url

    url = make_url(settings.database)
    if url.get_backend_name() == "sqlite" and not (url.database and Path(url.database).exists()):
        stop(f"There is no database in {settings.data_dir} yet: nothing was asked so far.")


def printable(text: str, *, lines: bool = False) -> str:
    """Text of strangers for a terminal: no control characters."""
    kept = "".join(c if c.isprintable() or (lines and c == "\n") else "�" for c in text)
    return kept.replace("\n", "\n  ") if lines else kept


def actor() -> str:
    try:
        return f"command line ({getpass.getuser()})"
    except (KeyError, OSError):
        return "command line"


def our_settings() -> Settings:
    try:
        return Settings.load()
    except SettingsError as error:
        stop(str(error))


def stop(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(1)
