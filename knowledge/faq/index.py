"""The index: every phrasing and answer as a vector, the classifier, and a manifest of what they rest on.

`build` writes a new folder `models/index/<version>/` and then moves the pointer `current`
to it in one step, so that a reader sees the old index or the new one, never a mixture.
Only texts that the last index does not hold are embedded.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from knowledge.faq.classifier import UNKNOWN, Classifier, train
from knowledge.faq.embedder import Embedder, Vectors
from knowledge.faq.entries import Content, Entry, Page
from knowledge.faq.spelling import Spelling, count_words
from knowledge.faq.text import Terms

_FORMAT = 2  # raised when the files below change their meaning
_KEPT = 3  # old versions left for readers that are just loading them

Reader = Callable[[str], str]


@dataclass(frozen=True)
class Manifest:
    """What an index was built from; all of it must match at query time."""

    version: str
    model: str
    content: str
    examples: str
    normalisation: str
    format: int = _FORMAT


@dataclass(frozen=True)
class Row:
    """One indexed text: an entry's phrasing, title or short answer."""

    text: str
    entry: str
    kind: str  # phrasing | question | answer


@dataclass(frozen=True)
class Index:
    """Everything a search needs, immutable."""

    manifest: Manifest
    entries: dict[str, Entry]
    rows: tuple[Row, ...]
    vectors: faiss.Index
    classifier: Classifier
    terms: Terms
    vocabulary: dict[str, int]
    examples: dict[str, str]  # an example message, as `plain` reads it → its intent


def build(
    content: Content,
    examples: dict[str, list[str]],
    terms: Terms,
    embedder: Embedder,
    folder: Path,
    *,
    requests: dict[str, list[str]] | None = None,
    say: Callable[[str], None] = lambda _: None,
    keep_classifier: bool = False,
) -> Manifest:
    """Index `content` below `folder` and make it current.

    Args:
        examples: intents of the dialogue with messages that mean them.
        requests: calculations by id, with messages that want one worked out.
        keep_classifier: reuse the current classifier, which makes changed answers live at
            once; a second build without it follows.

    Returns:
        The manifest of the index that is current afterwards.
    """
    requests = requests or {}
    with _lock(folder):
        current = read_manifest(folder)
        manifest = _describe(content, {**examples, **requests}, terms, embedder)
        if keep_classifier and current is not None and current != manifest:
            manifest = replace(manifest, version=f"{manifest.version}-kept")
        if current == manifest:
            say("index is up to date")
            return manifest
        vocabulary = count_words(_all_texts(content, {**examples, **requests}))
        read = reader(terms, vocabulary)
        rows = _rows(content)
        others = [(message, UNKNOWN) for messages in content.unanswerable.values() for message in messages]
        others += [(message, f"intent:{intent}") for intent, messages in examples.items() for message in messages]
        others += [(message, f"policy:{policy}") for policy, messages in requests.items() for message in messages]

        texts = [read(row.text) for row in rows] + [read(text) for text, _ in others]
        known = _known_vectors(folder, current, embedder)
        new = sorted({text for text in texts if text not in known})
        say(f"embedding {len(new)} of {len(set(texts))} texts")
        known.update(zip(new, embedder.embed(new), strict=True))
        vectors = np.vstack([known[text] for text in texts])

        if keep_classifier and current is not None:
            classifier = Classifier.load(folder / current.version / "classifier.npz")
        else:
            learned = [i for i, row in enumerate(rows) if row.kind != "answer"] + list(range(len(rows), len(texts)))
            labels = [row.entry for row in rows] + [label for _, label in others]
            say(f"training the classifier on {len(learned)} examples")
            classifier = train([texts[i] for i in learned], vectors[learned], [labels[i] for i in learned])
        intents = {plain(text): intent for intent, messages in examples.items() for text in messages}
        _write(folder, manifest, content, rows, texts, vectors, classifier, terms, vocabulary, intents)
        return manifest


def reader(terms: Terms, vocabulary: dict[str, int]) -> Reader:
    """How a text is read before it is embedded: the same for what is indexed and what is asked."""
    spelling = Spelling(vocabulary)
    return lambda text: spelling.mend(terms.normalise(text))


def plain(text: str) -> str:
    """A short message without capitals and punctuation: how an example is known again word by word."""
    return " ".join(re.findall(r"\w+", text.casefold())) or text.strip()


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of the current index, None when there is none (or none that this code can read)."""
    try:
        version = (folder / "current").read_text(encoding="utf-8").strip()
        found = json.loads((folder / version / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return Manifest(**found) if found.get("format") == _FORMAT else None


def load(folder: Path) -> Index:
    """Read the current index.

    Raises:
        FileNotFoundError: there is none.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        raise FileNotFoundError(f"No index in {folder}. Run `care index`.")
    place = folder / manifest.version
    stored = json.loads((place / "entries.json").read_text(encoding="utf-8"))
    rows = tuple(Row(**row) for row in stored["rows"])
    vectors = np.load(place / "vectors.npy", allow_pickle=False)[: len(rows)]
    flat = faiss.IndexFlatIP(vectors.shape[1])
    flat.add(vectors)
    return Index(
        manifest=manifest,
        entries={entry["id"]: _entry(entry) for entry in stored["entries"]},
        rows=rows,
        vectors=flat,
        classifier=Classifier.load(place / "classifier.npz"),
        terms=Terms(stored["terms"]["abbreviations"], tuple(stored["terms"]["products"])),
        vocabulary=stored["vocabulary"],
        examples=stored["examples"],
    )


def _rows(content: Content) -> list[Row]:
    rows: list[Row] = []
    for entry in content.entries.values():
        rows += (Row(text, entry.id, "phrasing") for text in entry.phrasings)
        rows += (Row(text, entry.id, "question") for text in dict.fromkeys((entry.question, entry.published_as)))
        if entry.answered:
            rows.append(Row(entry.short_answer, entry.id, "answer"))
    return rows


def _all_texts(content: Content, examples: dict[str, list[str]]) -> Iterator[str]:
    for entry in content.entries.values():
        yield from (*entry.phrasings, entry.question, entry.published_as, entry.answer)
    for messages in (*content.unanswerable.values(), *examples.values()):
        yield from messages


def _describe(content: Content, examples: dict[str, list[str]], terms: Terms, embedder: Embedder) -> Manifest:
    unnamed = Manifest(
        version="",
        model=embedder.name,
        content=content.hash,
        examples=_hash(json.dumps(examples, sort_keys=True)),
        normalisation=_hash(repr(terms)),
    )
    return replace(unnamed, version=_hash(repr(unnamed))[:16])


def _known_vectors(folder: Path, current: Manifest | None, embedder: Embedder) -> dict[str, Vectors]:
    """Vectors of the last index by the text that was embedded, when the same model made them."""
    if current is None or current.model != embedder.name:
        return {}
    texts = json.loads((folder / current.version / "texts.json").read_text(encoding="utf-8"))
    vectors = np.load(folder / current.version / "vectors.npy", allow_pickle=False)
    return dict(zip(texts, vectors, strict=True))


def _write(
    folder: Path,
    manifest: Manifest,
    content: Content,
    rows: list[Row],
    texts: list[str],
    vectors: Vectors,
    classifier: Classifier,
    terms: Terms,
    vocabulary: dict[str, int],
    intents: dict[str, str],
) -> None:
    draft = Path(tempfile.mkdtemp(prefix="draft-", dir=folder))
    stored = {
        "entries": [asdict(entry) for entry in content.entries.values()],
        "rows": [asdict(row) for row in rows],
        "terms": asdict(terms),
        "vocabulary": vocabulary,
        "examples": intents,
    }
    (draft / "entries.json").write_text(json.dumps(stored, default=str), encoding="utf-8")
    (draft / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    (draft / "manifest.json").write_text(json.dumps(asdict(manifest), indent=1), encoding="utf-8")
    np.save(draft / "vectors.npy", vectors)
    classifier.save(draft / "classifier.npz")
    place = folder / manifest.version
    if place.exists():
        shutil.rmtree(place)
    draft.rename(place)
    pointer = folder / "current.new"
    pointer.write_text(manifest.version, encoding="utf-8")
    os.replace(pointer, folder / "current")
    others = sorted((p for p in folder.iterdir() if p.is_dir() and p != place), key=lambda p: p.stat().st_mtime)
    for old in others[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def _entry(stored: dict[str, Any]) -> Entry:
    return Entry(
        **{
            **stored,
            "page": Page(**stored["page"]),
            "last_reviewed": date.fromisoformat(stored["last_reviewed"]),
            "review_by": date.fromisoformat(stored["review_by"]),
            "related": tuple(stored["related"]),
            "phrasings": tuple(stored["phrasings"]),
        }
    )


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """One builder at a time, across processes."""
    import fcntl

    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
