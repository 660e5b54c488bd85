"""Train triage: `care train`. Examples and agents' corrections in, models/triage/<version>/ out.

As with the index, a new folder is written and then the pointer `current` moved to it in one step.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from knowledge import strict_yaml
from knowledge.faq import index
from knowledge.faq.classifier import train
from knowledge.faq.embedder import Embedder, OnnxEmbedder
from settings import Settings
from tickets.types import PRIORITIES, queues, ticket_types
from triage.features import Eyes
from triage.passages import read_passages

Correction = tuple[str, str, str]  # text, what ("type", "queue" or "priority"), right
Labelled = list[tuple[str, str]]
_FORMAT = 4
# A few thousand long texts with many features need more steps than the FAQ's short questions: stopped as early as
# those, every twentieth ticket more got the wrong type.
_TOLERANCE, _ITERATIONS = 1e-4, 600
_HERE = Path(__file__).parent
# What decides how a text becomes features: a change trains anew.
_CODE = ("passages", "features", "build", "facts", "requests", "codes", "numbers", "priority")
_DATA = ("passages", "cues", "facts", "requests", "codes", "numbers", "priority")


def build_triage(
    settings: Settings, corrections: Sequence[Correction] = (), say: Callable[[str], None] = lambda _: None
) -> str:
    """Bring models/triage up to date; the version of the model. Nothing is trained when no input changed.

    Args:
        corrections: what agents put right: the ticket's text, what was wrong, and what is right.

    Raises:
        ModelError, FileNotFoundError: the encoder or the index is not there yet; the index is built first.
        ValueError: an example has an unknown type or priority.
    """
    folder = settings.models_dir / "triage"
    embedder = OnnxEmbedder(settings.models_dir / "encoder")
    examples = read_examples(_HERE / "examples.yml")
    version = _version(examples, corrections, embedder)
    if current_version(folder) == version:
        say("triage is up to date")
        return version
    built = index.load(settings.models_dir / "index")
    types, priorities = labelled(examples, corrections)
    say(f"training the triage on {len(types)} examples")
    eyes = Eyes(embedder, index.reader(built.terms, built.vocabulary), built.classifier, built.classifier.labels)
    _write(folder, version, {"type": types, "priority": priorities}, eyes)
    return version


def read_examples(path: Path) -> dict[str, list[dict[str, str]]]:
    """Texts with their priority, by type.

    Raises:
        ValueError: an unknown type or priority, or an example without a text.
    """
    examples: dict[str, list[dict[str, str]]] = strict_yaml.load(path.read_text(encoding="utf-8"))
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


def labelled(examples: dict[str, list[dict[str, str]]], corrections: Sequence[Correction]) -> tuple[Labelled, Labelled]:
    """Texts with their type, texts with their priority. A correction of the queue alone names no type."""
    rows = [(row["text"], type_id, row["priority"]) for type_id, some in examples.items() for row in some]
    types = [(text, type_id) for text, type_id, _ in rows]
    priorities = [(text, priority) for text, _, priority in rows]
    types += [(one.title, one.id) for one in ticket_types().values()]
    types += [(text, right) for text, what, right in corrections if what == "type" and right in ticket_types()]
    types += [(text, only) for text, what, right in corrections if what == "queue" and (only := _only_type(right))]
    priorities += [(text, right) for text, what, right in corrections if what == "priority" and right in PRIORITIES]
    return types, priorities


def _only_type(queue: str) -> str:
    """The type of a queue that has only one; "" else."""
    if queue not in queues():
        return ""
    inside = [one.id for one in ticket_types().values() if one.queue == queue]
    return inside[0] if len(inside) == 1 else ""


def _write(folder: Path, version: str, sets: dict[str, Labelled], eyes: Eyes) -> None:
    draft = folder / f"{version}.draft"
    draft.mkdir(parents=True, exist_ok=True)
    for name, rows in sets.items():
        passages = [read_passages(text) for text, _ in rows]
        texts = [eyes.prepared(one) for one in passages]
        labels = [label for _, label in rows]
        fitted = train(texts, eyes.features(passages, texts), labels, tolerance=_TOLERANCE, most_iterations=_ITERATIONS)
        fitted.save(draft / f"{name}.npz")
    (draft / "manifest.json").write_text(
        json.dumps({"model": eyes.embedder.name, "topics": eyes.topics, "format": _FORMAT}), encoding="utf-8"
    )
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
    files = [_HERE / f"{name}.py" for name in _CODE] + [_HERE / f"{name}.yml" for name in _DATA]
    read = "".join(path.read_text(encoding="utf-8") for path in files)
    titles = {one.id: [one.title, one.queue] for one in ticket_types().values()}
    inputs = json.dumps([examples, sorted(corrections), embedder.name, _FORMAT, read, titles], sort_keys=True)
    return hashlib.sha256(inputs.encode()).hexdigest()[:16]
