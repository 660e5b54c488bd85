"""`care doctor`: looks at everything the bot rests on and says what to do about what is wrong.

It only looks: nothing is built, migrated or repaired.
"""

from __future__ import annotations

import re
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from importlib.metadata import distributions
from pathlib import Path
from typing import Literal

import httpx
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from cli.dialogue_model import inputs_hash
from knowledge.faq import index
from knowledge.faq.embedder import ModelError, OnnxEmbedder, model_folder
from knowledge.faq.entries import Content, ContentError, load_content
from settings import ROOT, Settings
from tickets.database import obstacle, schema_versions, sqlite_note

OLDEST_PYTHON = (3, 11)
# Those whose versions decide whether answers and addresses stay the same; the lock files hold all.
APP_PACKAGES = (
    *("fastapi", "starlette", "uvicorn", "websockets", "httpx", "sqlalchemy", "rasa-sdk", "spacy"),
    *("sentence-transformers", "onnxruntime", "tokenizers", "faiss-cpu", "scikit-learn", "numpy"),
)
ENGINE_PACKAGES = ("rasa", "rasa-sdk", "sanic", "sqlalchemy", "aiohttp")
_SHOWN = 3  # of many problems of one kind


@dataclass(frozen=True)
class Finding:
    """What one look showed, and what to do about it (empty when all is well)."""

    state: Literal["ok", "warn", "WRONG"]
    what: str
    advice: str = ""

    def __str__(self) -> str:
        return f"{self.state + ':':<7}{self.what}" + (f" — {self.advice}" if self.advice else "")


def examine(settings: Settings) -> int:
    """Print one line for each finding. The exit status: 1 if anything is wrong, warnings aside."""
    looks: list[Callable[[Settings], Iterator[Finding]]] = [
        _python,
        _packages,
        _engine,
        _encoder,
        _content_and_index,
        _dialogue_model,
        _port,
        _data_folder,
        _database,
    ]
    wrong = 0
    for look in looks:
        for finding in look(settings):
            print(finding, flush=True)
            wrong += finding.state == "WRONG"
    if wrong:
        print(f"{wrong} {'thing is' if wrong == 1 else 'things are'} wrong.", flush=True)
    return 1 if wrong else 0


def locked_versions(lock: Path) -> dict[str, str]:
    """Package → version as a lock file names it. Where it names two, for different Pythons, the package is left out."""
    found: dict[str, set[str]] = {}
    for name, locked in re.findall(r"^([a-z0-9.-]+)==([^\s;\\]+)", lock.read_text(encoding="utf-8"), re.MULTILINE):
        found.setdefault(name, set()).add(locked)
    return {name: locked.pop() for name, locked in found.items() if len(locked) == 1}


def _python(_: Settings) -> Iterator[Finding]:
    running = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info < OLDEST_PYTHON:
        yield Finding("WRONG", f"Python {running} runs this", "install Python 3.11 or newer and type `make run`")
    else:
        yield Finding("ok", f"Python {running}")


def _packages(_: Settings) -> Iterator[Finding]:
    yield from _compare("application", sys.path, APP_PACKAGES, ROOT / "requirements" / "app.txt")


def _engine(settings: Settings) -> Iterator[Finding]:
    if settings.engine_url:
        yield Finding("ok", f"the engine runs elsewhere: {settings.engine_url}")
        return
    environment = ROOT / ".venv-rasa"
    if not (environment / "bin" / "rasa").exists():
        yield Finding("WRONG", "there is no Rasa in .venv-rasa", "type `make run`, which installs it")
        return
    packages = [str(place) for place in environment.glob("lib/python3*/site-packages")]
    yield from _compare("engine", packages, ENGINE_PACKAGES, ROOT / "requirements" / "engine.txt")


def _compare(what: str, places: list[str], names: tuple[str, ...], lock: Path) -> Iterator[Finding]:
    installed = {found.name.lower().replace("_", "-"): found.version for found in distributions(path=places)}
    locked = locked_versions(lock)
    others = [
        f"{name} {installed.get(name, 'missing')} instead of {locked[name]}"
        for name in names
        if name in locked and installed.get(name) != locked[name]
    ]
    if others:
        yield Finding("WRONG", f"{what} packages: {_some(others)}", "type `make run`, which installs them")
    else:
        yield Finding("ok", f"{what} packages are those of {lock.relative_to(ROOT)} ({names[0]} {locked[names[0]]})")


def _encoder(settings: Settings) -> Iterator[Finding]:
    try:
        model_folder(settings.embedding_model)  # compares the published checksum
    except ModelError as error:
        yield Finding("WRONG", _sentence(error), "type `make run`, which installs it")
        return
    yield Finding("ok", f"the weights of {settings.embedding_model} are the published ones")


def _content_and_index(settings: Settings) -> Iterator[Finding]:
    try:
        content = load_content(settings.content_dir)
    except ContentError as error:
        for problem in error.problems[:_SHOWN]:
            yield Finding("WRONG", _sentence(problem))
        if len(error.problems) > _SHOWN:
            yield Finding("WRONG", f"{len(error.problems) - _SHOWN} more problems in the content", "run `care index`")
        return
    except OSError as error:
        yield Finding("WRONG", f"the FAQ's content: {error}", "see CARE_CONTENT_DIR in README.md")
        return
    yield Finding("ok", f"the FAQ's content is valid: {len(content.entries)} entries")
    yield from _reviews(content)
    yield from _index(settings, content)


def _reviews(content: Content) -> Iterator[Finding]:
    overdue = [entry.id for entry in content.entries.values() if entry.review_overdue(date.today())]
    if overdue:
        answers = "1 answer is" if len(overdue) == 1 else f"{len(overdue)} answers are"
        yield Finding("warn", f"{answers} past review: {_some(overdue)}", "check the text and move its review_by")
    else:
        yield Finding("ok", "no answer is past its review date")


def _index(settings: Settings, content: Content) -> Iterator[Finding]:
    try:
        embedder = OnnxEmbedder(settings.models_dir / "encoder")  # compares its checksum
    except ModelError as error:
        yield Finding("WRONG", _sentence(error))
        return
    manifest = index.read_manifest(settings.models_dir / "index")
    if manifest is None:
        yield Finding("WRONG", "there is no search index", "run `care index`")
    elif not embedder.name.startswith(f"{settings.embedding_model}:") or manifest.model != embedder.name:
        yield Finding("WRONG", "the search index was made with another embedding model", "run `care index`")
    elif manifest.content != content.hash:
        yield Finding("WRONG", "the search index is older than the content", "run `care index`")
    else:
        yield Finding("ok", f"search index {manifest.version} holds the present content")


def _dialogue_model(settings: Settings) -> Iterator[Finding]:
    stamp = settings.models_dir / "dialogue.inputs"
    if not (settings.models_dir / "dialogue.tar.gz").exists():
        yield Finding("WRONG", "there is no dialogue model", "run `care train`")
    elif not stamp.exists() or stamp.read_text(encoding="utf-8") != inputs_hash(ROOT):
        yield Finding("WRONG", "the dialogue model is older than config.yml, domain.yml or data/", "run `care train`")
    else:
        yield Finding("ok", "the dialogue model is up to date")


def _port(settings: Settings) -> Iterator[Finding]:
    name = f"port {settings.port}"
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            reason = error.strerror
        else:
            yield Finding("ok", f"{name} is free")
            return
    answers = _readiness(settings)
    if answers is None:
        yield Finding("WRONG", f"{name} on {settings.host}: {reason}", "set another CARE_PORT or CARE_HOST")
    elif answers:
        yield Finding("ok", f"the bot runs on {name} and answers questions")
    else:
        yield Finding("warn", f"the bot runs on {name} but cannot answer now", "see the logs in the data folder")


def _readiness(settings: Settings) -> bool | None:
    """Whether the bot that has our port can answer; None when it is not a bot of ours."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - compared, not bound
    url = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}/readyz"
    try:
        response = httpx.get(url, timeout=2.0)
        state = response.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return None
    return response.status_code == 200 if isinstance(state, dict) and "engine" in state else None


def _data_folder(settings: Settings) -> Iterator[Finding]:
    folder = settings.data_dir
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        yield Finding("WRONG", f"data folder {_short(folder)}: {error.strerror}", "set CARE_DATA_DIR to another")
        return
    later = "" if existing == folder else " and will be made at the first start"
    yield Finding("ok", f"data folder {_short(folder)} can be written{later}")


def _database(settings: Settings) -> Iterator[Finding]:
    try:
        url = make_url(settings.database)
        sqlite = url.get_backend_name() == "sqlite"
        if sqlite and url.database and not Path(url.database).exists():
            yield Finding("ok", "the database will be made at the first start")
        else:
            yield _form(*schema_versions(settings.database))
    except (SQLAlchemyError, ImportError) as error:  # ImportError: no driver for this kind of database
        yield Finding("WRONG", f"database: {_sentence(error)}", "see CARE_DATABASE_URL in README.md")
        return
    if problem := obstacle(settings.database):
        yield Finding("WRONG", problem)
    if sqlite and (note := sqlite_note()):
        yield Finding("warn", note)


def _form(found: str | None, newest: str) -> Finding:
    if found == newest:
        return Finding("ok", f"the database answers, its tables are of form {found}")
    if found is None or found < newest:
        return Finding("warn", f"the database is of form {found}, not {newest}", "the next start updates it")
    return Finding("WRONG", f"the database is of form {found}, newer than {newest}", "run the newer program")


def _some(items: list[str]) -> str:
    return ", ".join(items[:_SHOWN]) + (f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else "")


def _sentence(problem: object) -> str:
    """One line with paths as seen from here."""
    first = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
    return first.replace(f"{ROOT}/", "").rstrip(".")


def _short(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
