"""The FAQ's content files: read strictly, with messages an editor can act on.

One entry is one Markdown file `entries/<section>/<name>.md`: a YAML head (title question,
where it is published, owner, review dates, related entries, phrasings) and the answer.
docs/content.md describes the form.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt

from knowledge import strict_yaml

MIN_PHRASINGS = 15
MAX_RELATED = 3
_KEYS = {"question", "published_as", "page", "answered", "owner", "last_reviewed", "review_by", "related", "phrasings"}
_TOKENS = {
    *("paragraph_open", "paragraph_close", "inline", "bullet_list_open", "bullet_list_close"),
    *("ordered_list_open", "ordered_list_close", "list_item_open", "list_item_close"),
}
_INLINE_TOKENS = {"text", "softbreak", "strong_open", "strong_close", "link_open", "link_close", "text_special"}
_LINKS = ("https://", "http://", "mailto:")


class ContentError(ValueError):
    """Content files that cannot be used. `problems` has one line each, naming file, entry and key."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Page:
    """A published page that answers come from."""

    title: str
    url: str


@dataclass(frozen=True)
class Entry:
    """One question of the FAQ with its answer and the ways partners ask it."""

    id: str
    section: str
    question: str
    published_as: str
    page: Page
    answered: bool
    answer: str
    owner: str
    last_reviewed: date
    review_by: date
    related: tuple[str, ...]
    phrasings: tuple[str, ...]

    @property
    def short_answer(self) -> str:
        """The first paragraph, without emphasis marks; empty when published elsewhere."""
        return self.answer.split("\n\n", 1)[0].replace("**", "").replace("\n", " ").strip()

    def review_overdue(self, today: date) -> bool:
        """Whether the answer has passed its review date and must carry a caution."""
        return today > self.review_by


@dataclass(frozen=True)
class Content:
    """All content: entries by id, and messages that no entry answers, by topic."""

    entries: dict[str, Entry]
    unanswerable: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        """Changes whenever anything that answers or recognition rest on changes."""
        digest = hashlib.sha256()
        for entry in self.entries.values():
            digest.update(repr(entry).encode())
        digest.update(repr(sorted(self.unanswerable.items())).encode())
        return digest.hexdigest()


def load_content(folder: Path) -> Content:
    """Read catalogue, pages, entries and unanswerable messages below `folder`.

    Raises:
        ContentError: with every problem found, not only the first.
    """
    problems: list[str] = []
    catalogue = read_catalogue(folder / "catalogue.tsv")
    pages = _read_pages(folder / "pages.yml")
    entries: dict[str, Entry] = {}
    seen: dict[str, str] = {}
    files = {
        path.relative_to(folder / "entries").with_suffix("").as_posix(): path
        for path in sorted((folder / "entries").rglob("*.md"))
    }
    for entry_id in files.keys() - catalogue.keys():
        problems.append(f"{files[entry_id]}: entry {entry_id} is not in catalogue.tsv.")
    for entry_id, row in catalogue.items():
        path = files.get(entry_id)
        if path is None:
            problems.append(f"{folder / 'entries' / entry_id}.md: missing; the catalogue lists entry {entry_id}.")
            continue
        try:
            entry = _read_entry(path, entry_id, row["section"], pages, catalogue)
        except ContentError as error:
            problems += error.problems
            continue
        entries[entry_id] = entry
        for phrasing in entry.phrasings:
            other = seen.setdefault(phrasing.casefold(), entry_id)
            if other != entry_id:
                problems.append(f"{path}: entry {entry_id}: phrasings: {phrasing!r} is also a phrasing of {other}.")
    unanswerable: dict[str, tuple[str, ...]] = {}
    try:
        unanswerable = _read_unanswerable(folder / "unanswerable.yml", seen)
    except ContentError as error:
        problems += error.problems
    if problems:
        raise ContentError(problems)
    return Content(entries, unanswerable)


def read_catalogue(path: Path) -> dict[str, dict[str, str]]:
    """The published questions: id → row with section, answered (yes/no), source_question.

    Raises:
        ContentError: the file is missing, or a line lacks a column.
    """
    rows = list(csv.DictReader(_read_text(path).split("\n"), delimiter="\t", quoting=csv.QUOTE_NONE))
    problems = [
        f"{path}: line {line}: {column}: missing."
        for line, row in enumerate(rows, 2)
        for column in ("id", "section", "answered", "source_question")
        if not row.get(column)
    ]
    if problems:
        raise ContentError(problems)
    return {row["id"]: row for row in rows}


def split_file(text: str) -> tuple[str, str] | None:
    """Head and body of an entry file; None when the two `---` lines are missing."""
    if not text.startswith("---\n"):
        return None
    head, mark, body = text[4:].partition("\n---")
    return (head, body.lstrip("-").strip()) if mark else None


def _read_entry(
    path: Path, entry_id: str, section: str, pages: dict[str, Page], catalogue: dict[str, dict[str, str]]
) -> Entry:
    problems: list[str] = []

    def wrong(key: str, what: str) -> None:
        problems.append(f"{path}: entry {entry_id}: {key}: {what}")

    parts = split_file(_read_text(path))
    if parts is None:
        raise ContentError([f"{path}: entry {entry_id}: the head must stand between two lines of ---."])
    try:
        head = strict_yaml.load(parts[0])
    except yaml.YAMLError as error:
        raise ContentError([f"{path}: entry {entry_id}: the head is not valid YAML: {_one_line(error)}"]) from error
    except ValueError as error:  # 2026-02-30 looks like a date, and the YAML reader takes it for one
        raise ContentError([f"{path}: entry {entry_id}: last_reviewed or review_by: no such date: {error}."]) from error
    if not isinstance(head, dict):
        raise ContentError([f"{path}: entry {entry_id}: the head must be a list of `key: value` lines."])
    for key in sorted(head.keys() - _KEYS, key=str):
        wrong(str(key), f"unknown key; known are {', '.join(sorted(_KEYS))}.")
    for key in sorted(_KEYS - head.keys()):
        wrong(key, "missing.")
    if problems:
        raise ContentError(problems)

    for key in ("question", "published_as", "owner", "page"):
        if not isinstance(head[key], str) or not head[key].strip():
            wrong(key, "must be a text.")
    for key in ("last_reviewed", "review_by"):
        if type(head[key]) is not date:  # a datetime is a date too
            wrong(key, "must be a date such as 2026-11-22.")
    if not isinstance(head["answered"], bool):
        wrong("answered", "must be true or false.")
    elif head["answered"] != (catalogue[entry_id]["answered"] == "yes"):
        wrong("answered", f"the catalogue says {catalogue[entry_id]['answered']}.")
    if head["published_as"] != catalogue[entry_id]["source_question"]:
        wrong("published_as", f"must be the published question: {catalogue[entry_id]['source_question']}")
    if isinstance(head["page"], str) and head["page"] not in pages:
        wrong("page", f"unknown page; known are {', '.join(pages)}.")
    related = head["related"] or []
    if not _is_texts(related) or len(related) > MAX_RELATED:
        wrong("related", f"must be a list of at most {MAX_RELATED} ids.")
    else:
        for other in related:
            if other not in catalogue or other == entry_id:
                wrong("related", f"{other} is not another entry's id.")
    phrasings = head["phrasings"]
    if not _is_texts(phrasings):
        wrong("phrasings", "must be a list of texts (put quotes around those with a colon).")
    else:
        if len({p.casefold() for p in phrasings}) < MIN_PHRASINGS:
            wrong("phrasings", f"at least {MIN_PHRASINGS} different ones are needed.")
        if len({p.casefold() for p in phrasings}) < len(phrasings):
            wrong("phrasings", "one occurs twice.")
    body = parts[1]
    if head["answered"] is True and not body:
        wrong("answer", "missing below the head.")
    if head["answered"] is False and body:
        wrong("answer", "an entry published elsewhere has none; set `answered: true` to publish this one.")
    for what in _unknown_markdown(body):
        wrong("answer", what)
    if problems:
        raise ContentError(problems)
    return Entry(
        id=entry_id,
        section=section,
        question=head["question"].strip(),
        published_as=head["published_as"],
        page=pages[head["page"]],
        answered=head["answered"],
        answer=body,
        owner=head["owner"].strip(),
        last_reviewed=head["last_reviewed"],
        review_by=head["review_by"],
        related=tuple(related),
        phrasings=tuple(p.strip() for p in phrasings),
    )


def _read_pages(path: Path) -> dict[str, Page]:
    pages = _read_yaml(path)
    problems = [
        f"{path}: {key}: must have a title and a url, nothing else."
        for key, page in pages.items()
        if not isinstance(page, dict) or page.keys() != {"title", "url"} or not _is_texts([*page.values()])
    ]
    if problems:
        raise ContentError(problems)
    return {key: Page(**page) for key, page in pages.items()}


def _read_unanswerable(path: Path, phrasings: dict[str, str]) -> dict[str, tuple[str, ...]]:
    topics = _read_yaml(path)
    problems: list[str] = []
    for topic, messages in topics.items():
        if not _is_texts(messages):
            problems.append(f"{path}: {topic}: must be a list of texts.")
            continue
        for message in messages:
            if message.casefold() in phrasings:
                problems.append(f"{path}: {topic}: {message!r} is a phrasing of {phrasings[message.casefold()]}.")
    if problems:
        raise ContentError(problems)
    return {topic: tuple(messages) for topic, messages in topics.items()}


def _unknown_markdown(body: str) -> list[str]:
    """What the body holds beyond paragraphs, bold, flat lists and links."""
    found: list[str] = []
    reader = MarkdownIt("commonmark")
    # By itself it shows a javascript: link as plain text; here every link must come to the check below.
    reader.validateLink = lambda url: True  # type: ignore[method-assign]
    for token in reader.parse(body):
        nested = token.type.endswith("list_open") and token.level > 0
        if token.nesting >= 0 and (token.type not in _TOKENS or nested):
            found.append(f"line {(token.map or [0])[0] + 1}: only paragraphs, bold, flat lists and links are shown.")
        for child in token.children or []:
            if child.type not in _INLINE_TOKENS:
                found.append(f"{child.content or child.type!r}: only paragraphs, bold, flat lists and links are shown.")
            elif child.type == "link_open" and not str(child.attrs["href"]).startswith(_LINKS):
                found.append(f"link {child.attrs['href']}: must begin with https://, http:// or mailto:.")
    return found


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        content = strict_yaml.load(_read_text(path))
    except yaml.YAMLError as error:
        raise ContentError([f"{path}: not valid YAML: {_one_line(error)}"]) from error
    if not isinstance(content, dict):
        raise ContentError([f"{path}: must be a list of `key: value` lines."])
    return content


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ContentError([f"{path}: cannot be read: {error.strerror}."]) from error
    except UnicodeDecodeError as error:
        raise ContentError([f"{path}: is not saved as UTF-8 text."]) from error


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item.strip() for item in value)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
