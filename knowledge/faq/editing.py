"""Adding a phrasing to an entry's file, the way an editor would: one line more, all else as it was."""

from __future__ import annotations

import json
import os
import re
import tempfile
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from knowledge import strict_yaml
from knowledge.faq.entries import Content, ContentError, load_content, split_file

LONGEST_PHRASING = 300


class NotAdded(Exception):
    """A phrasing that cannot be added; the message says why, in words for people."""


def clean(phrasing: str) -> str:
    """One line without control characters and doubled spaces."""
    visible = (" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in phrasing)
    return " ".join("".join(c for c in visible if unicodedata.category(c) not in ("Cf", "Cs", "Co", "Cn")).split())


def with_phrasing(content: Content, entry_id: str, phrasing: str) -> Content:
    """The content with a phrasing more.

    Raises:
        NotAdded: there is no such entry, or the phrasing is none, is too long, or is taken.
    """
    entry = content.entries.get(entry_id)
    if entry is None:
        raise NotAdded("There is no such entry any more.")
    if not re.search(r"\w", phrasing):
        raise NotAdded("A phrasing needs words.")
    if phrasing != clean(phrasing) or len(phrasing) > LONGEST_PHRASING:
        raise NotAdded(f"A phrasing is one line of at most {LONGEST_PHRASING} characters.")
    for other in content.entries.values():
        if phrasing.casefold() in {known.casefold() for known in other.phrasings}:
            raise NotAdded(
                "The entry has this phrasing already."
                if other.id == entry_id
                else f"This is a phrasing of another entry already: {other.question} ({other.id})"
            )
    for topic, messages in content.unanswerable.items():
        if phrasing.casefold() in {message.casefold() for message in messages}:
            raise NotAdded(f"unanswerable.yml says that no entry answers this (topic {topic}). An editor must decide.")
    changed = replace(entry, phrasings=(*entry.phrasings, phrasing))
    return replace(content, entries={**content.entries, entry_id: changed})


def add_phrasing(folder: Path, entry_id: str, phrasing: str, *, expected: str) -> int:
    """Write a phrasing into its entry's file, in one step; how many the entry has then.

    Args:
        folder: of the content.
        expected: `hash` of the content that the phrasing was tried with.

    Raises:
        NotAdded: the content was changed since, it cannot be used, or the file cannot be written.
    """
    try:
        content = load_content(folder)
    except ContentError as error:
        raise NotAdded(f"The content files cannot be used as they are: {error.problems[0]}") from error
    if content.hash != expected:
        raise NotAdded("The content was changed since the phrasing was tried. Please try it again.")
    wanted = with_phrasing(content, entry_id, phrasing).entries[entry_id]
    path = folder / "entries" / f"{entry_id}.md"
    try:
        before = path.read_bytes()
        text = before.decode()
        changed = with_line(text.replace("\r\n", "\n"), phrasing, list(wanted.phrasings))
        _replace(path, before, (changed.replace("\n", "\r\n") if "\r\n" in text else changed).encode())
    except OSError as error:
        raise NotAdded(
            f"The content folder cannot be written here ({error.strerror}). "
            f"Please give the phrasing to an editor for {entry_id}.md."
        ) from error
    return len(wanted.phrasings)


def with_line(text: str, phrasing: str, wanted: list[str]) -> str:
    """An entry's file with one line more under `phrasings`.

    Args:
        wanted: all phrasings that it must hold then.

    Raises:
        NotAdded: it cannot be done by one line alone.
    """
    parts = split_file(text)
    sequence = _phrasings(parts[0]) if parts else None
    if parts is None or sequence is None or sequence.flow_style or not sequence.value:
        raise NotAdded("The entry's file lists its phrasings in a form that only an editor can change.")
    head = parts[0]
    last = sequence.value[-1]
    lines = head.split("\n")
    indent = lines[last.start_mark.line][: last.start_mark.column].split("-")[0]
    line = f"{indent}- {json.dumps(phrasing, ensure_ascii=False)}"
    after = last.end_mark.line + (1 if last.end_mark.column else 0)
    changed = "\n".join([*lines[:after], line, *lines[after:]])
    if not _same_but(strict_yaml.load(head), strict_yaml.load(changed), wanted):
        raise NotAdded("The phrasing cannot be written into the entry's file. Please give it to an editor.")
    begin = text.index(head)
    return text[:begin] + changed + text[begin + len(head) :]


def _phrasings(head: str) -> Any:
    """The node of the list of phrasings."""
    node = yaml.compose(head, Loader=yaml.SafeLoader)
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    found = next((value for key, value in pairs if key.value == "phrasings"), None)
    return found if isinstance(found, yaml.SequenceNode) else None


def _same_but(before: dict[str, Any], after: dict[str, Any], phrasings: list[str]) -> bool:
    """Whether nothing changed but the phrasings, which are these."""
    given = [str(phrasing).strip() for phrasing in after.get("phrasings") or []]
    return {**before, "phrasings": None} == {**after, "phrasings": None} and given == phrasings


def _replace(path: Path, before: bytes, after: bytes) -> None:
    """Write the new text beside the old one and put it in its place, unless that was changed meanwhile."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=".new", dir=path.parent)
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(after)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(path.stat().st_mode & 0o777)
        if path.read_bytes() != before:
            raise NotAdded("The entry's file was changed just now. Please try the phrasing again.")
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
