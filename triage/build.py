"""Train triage: `care train`. Examples, corrections by agents, and the titles of types in; models/triage out."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from knowledge import strict_yaml
from knowledge.faq.classifier import train
from knowledge.faq.embedder import Embedder, OnnxEmbedder
from settings import Settings
from tickets.types import PRIORITIES, ticket_types
from triage.facts import masked
from triage.passages import read_passages

Correction = tuple[str, str, str]  # text, what ("type", "priority" or "queue"), right
FORMAT = 1
_HERE = Path(__file__).parent


def build_triage(
    settings: Settings, corrections: Sequence[Correction] = (), say: Callable[[str], None] = lambda _: None
) -> str:
    """Bring models/triage up to date; the version of the model. Nothing is trained when no input changed.

    Raises:
        ModelError: the encoder is not there yet; the index is built first.
        ValueError: an example has an unknown type or priority.
    """
    folder = settings.models_dir / "triage"
    embedder = OnnxEmbedder(settings.models_dir / "encoder")
    examples = read_examples(_HERE / "examples.yml")
    version = _version(examples, corrections, embedder)
    if current_version(folder) == version:
        say("triage is up to date")
        return version
    types, priorities = _labelled(examples, corrections)
    say(f"training triage on {len(types)} examples")
    _write(folder, version, types, priorities, embedder)
    return version


def read_examples(path: Path) -> dict[str, list[dict[str, str]]]:
    """Texts with their priority by type; only the titles of the types when the file is not there.

    Raises:
        ValueError: an unknown type or priority.
    """
    examples: dict[str, list[dict[str, str]]] = {}
    if path.exists():
        examples = strict_yaml.load(path.read_text(encoding="utf-8"))
    for type_id, rows in examples.items():
        if type_id not in ticket_types():
            raise ValueError(f"{path.name}: there is no type {type_id!r}.")
        for row in rows:
            if row.get("priority") not in PRIORITIES or not row.get("text"):
                raise ValueError(f"{path.name}: {type_id}: an example needs a text and a priority: {row}")
    return examples


def current_version(folder: Path) -> str:
    """The version of the trained model in a folder, "" where there is none."""
    try:
        return (folder / "current").read_text(encoding="utf-8").strip()
    except OSError:
        return ""


Labelled = list[tuple[str, str]]


def _labelled(
    examples: dict[str, list[dict[str, str]]], corrections: Sequence[Correction]
) -> tuple[Labelled, Labelled]:
    """Texts with their type, texts with their priority."""
    rows = [(row["text"], type_id, row["priority"]) for type_id, some in examples.items() for row in some]
    types = [(text, type_id) for text, type_id, _ in rows]
    priorities = [(text, priority) for text, _, priority in rows]
    types += [(one.title, one.id) for one in ticket_types().values()]
    priorities += [(one.title, "normal") for one in ticket_types().values() if not priorities]
    types += [(text, right) for text, what, right in corrections if what == "type" and right in ticket_types()]
    priorities += [(text, right) for text, what, right in corrections if what == "priority" and right in PRIORITIES]
    return types, priorities


def prepared(text: str) -> str:
    """What is learned of a text, and judged: its content, with a word of their kind for numbers and dates."""
    return masked(" ".join(read_passages(text).content))


def _write(folder: Path, version: str, types: Labelled, priorities: Labelled, embedder: Embedder) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{version}.draft"
    draft.mkdir(exist_ok=True)
    for name, labelled in (("type", types), ("priority", priorities)):
        texts = [prepared(text) for text, _ in labelled]
        labels = [label for _, label in labelled]
        if len(set(labels)) < 2:
            labels, texts = [*labels, "low"], [*texts, "question"]
        train(texts, embedder.embed(texts), labels).save(draft / f"{name}.npz")
    (draft / "manifest.json").write_text(json.dumps({"model": embedder.name, "format": FORMAT}), encoding="utf-8")
    place = folder / version
    if place.exists():
        shutil.rmtree(place)
    draft.rename(place)
    pointer = folder / "current.new"
    pointer.write_text(version, encoding="utf-8")
    os.replace(pointer, folder / "current")
    for old in folder.iterdir():
        if old.is_dir() and old != place:
            shutil.rmtree(old, ignore_errors=True)


def _version(examples: Any, corrections: Sequence[Correction], embedder: Embedder) -> str:
    code = "".join((_HERE / name).read_text(encoding="utf-8") for name in ("passages.yml", "passages.py", "facts.py"))
    titles = [one.title for one in ticket_types().values()]
    inputs = json.dumps([examples, sorted(corrections), embedder.name, FORMAT, code, titles], sort_keys=True)
    return hashlib.sha256(inputs.encode()).hexdigest()[:16]
