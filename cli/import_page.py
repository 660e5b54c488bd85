"""`care import FILE`: what differs between a new export of the FAQ page and the last one we worked in.

The content folder is only read. Drafts go to a folder of their own, and never over a file that is there.
Exit status, as of `diff`: 0 nothing differs, 1 something does, 2 the file or a folder cannot be used.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import typer

from knowledge.faq.entries import read_catalogue
from knowledge.faq.page_changes import Comparison, compare, difference
from knowledge.faq.page_export import PageError, Question, parse_page
from settings import Settings

SAME, DIFFERENT, UNUSABLE = 0, 1, 2
LARGEST_EXPORT = 2_000_000
PUBLISHED = "published.json"
PAGE = "customer-care-faq"


class ImportProblem(ValueError):
    """The import cannot go on; the message is one sentence that names the path."""


def report(file: Path, settings: Settings, draft: Path | None) -> int:
    """Print how the page in `file` differs from the content; write drafts below `draft` if given.

    Returns the exit status: SAME, DIFFERENT or UNUSABLE (one sentence on standard error).
    """
    content = settings.content_dir
    try:
        published = read_published(content)
        try:
            questions = parse_page(read_export(file), published.values())
        except PageError as problem:
            raise ImportProblem(f"{file} {problem}") from problem
        comparisons = compare(published, questions)
        different = any(one.kinds != {"unchanged"} for one in comparisons)
        drafts = _drafts(comparisons, file.name, draft) if draft and different else {}
        _write_new(drafts, content)
    except ImportProblem as problem:
        typer.echo(str(problem), err=True)
        return UNUSABLE
    for line in _described(comparisons, file.name):
        typer.echo(line)
    if different:
        typer.echo("")
        for line in _next_steps(draft, content):
            typer.echo(line)
    return DIFFERENT if different else SAME


def read_export(file: Path) -> str:
    """The text of an export.

    Raises:
        ImportProblem: it is no file, too large, or not text.
    """
    try:
        if file.exists() and not file.is_file():
            raise ImportProblem(f"{file} is not a file.")
        with file.open("rb") as export:
            data = export.read(LARGEST_EXPORT + 1)
    except OSError as error:
        raise ImportProblem(f"{file} cannot be read: {error.strerror}.") from error
    if len(data) > LARGEST_EXPORT:
        raise ImportProblem(f"{file} is larger than {LARGEST_EXPORT // 1_000_000} MB; the FAQ page is not.")
    if data.startswith(b"PK"):
        raise ImportProblem(f"{file} is an archive: unpack it and import the page's own file.")
    try:
        text = data.decode("utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise ImportProblem(f"{file} is not text: export the page as text or HTML (UTF-8).")
    return text


def read_published(content: Path) -> dict[str, Question]:
    """What the last import found, by entry id: section and title from the catalogue, lines from published.json.

    Raises:
        ImportProblem: one of the two files cannot be used.
    """
    path = content / PUBLISHED
    try:
        lines = json.loads(path.read_text(encoding="utf-8"))
        catalogue = read_catalogue(content / "catalogue.tsv")
    except OSError as error:
        raise ImportProblem(f"{error.filename} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise ImportProblem(f"{path} is not valid JSON: {error}.") from error
    if not isinstance(lines, dict) or not all(_is_lines(value) for value in lines.values()):
        raise ImportProblem(f"{path} must give each entry's id a list of lines.")
    return {
        entry_id: Question(row["section"], row["source_question"], tuple(lines.get(entry_id, ())))
        for entry_id, row in catalogue.items()
    }


def _is_lines(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(line, str) for line in value)


def _described(comparisons: list[Comparison], name: str) -> Iterator[str]:
    kinds = ("unchanged", "added", "changed", "reworded", "gone")
    listed = {kind: [one for one in comparisons if kind in one.kinds] for kind in kinds}
    counts = ", ".join(f"{len(listed[kind])} {kind}" for kind in kinds)
    yield f"{name}: {sum(one.now is not None for one in comparisons)} questions on the page: {counts}."
    if 2 * len(listed["gone"]) > len(comparisons):
        yield "More than half of the questions are gone. Is the export complete?"
    for kind in kinds[1:]:
        for position, one in enumerate(listed[kind]):
            if position == 0:
                yield f"\n{kind.capitalize()}"
            shown = one.now or one.before
            assert shown is not None
            yield f"  {one.id} ({shown.section}): {shown.title}"
            if kind == "reworded" and one.before:
                yield f"    - {one.before.title}"
                yield f"    + {shown.title}"
            elif kind in {"added", "changed"}:
                yield from (f"    {line}" for line in difference(one))


def _next_steps(draft: Path | None, content: Path) -> Iterator[str]:
    if draft is None:
        yield "No file was written. --draft FOLDER writes drafts of the added and changed entries there."
        return
    yield f"Drafts are in {draft}. Each says in its head what to do; nothing in {content} was changed."
    yield f"When all is worked in, copy {draft / PUBLISHED} to {content / PUBLISHED}."


def _drafts(comparisons: list[Comparison], source: str, folder: Path) -> dict[Path, str]:
    """Draft files: the added and changed entries, and the page as it is now."""
    files = {
        folder / f"{one.id}.md": draft_entry(one, one.now, source)
        for one in comparisons
        if one.now and one.kinds & {"added", "changed"}
    }
    lines = {one.id: list(one.now.lines) for one in comparisons if one.now}
    return files | {folder / PUBLISHED: json.dumps(lines, ensure_ascii=False, indent=1) + "\n"}


def draft_entry(one: Comparison, now: Question, source: str) -> str:
    """A draft in the form of an entry file; the loader refuses it until an editor has filled it in."""
    answered = "yes" if now.lines else "no"
    row = "\t".join((one.id, now.section, answered, now.title))
    if one.before is None:
        tasks = [
            "Write the title question and the answer in our own words, the short answer first.",
            "Write phrasings (at least 15), related entries and the two dates.",
            f"Save it as entries/{one.id}.md and add this line to catalogue.tsv (with tabs):",
            row,
        ]
    else:
        tasks = [
            f"Work this into entries/{one.id}.md, which keeps its title question, related entries and phrasings:",
            *difference(one),
            "Set its two dates anew.",
            "If catalogue.tsv does not say so yet, its line becomes (with tabs), and published_as there too:",
            row,
        ]
    links = ["Addresses behind words of the answer:", *now.links] if now.links else []
    notes = [f"DRAFT from {source}; the bot does not read this file.", *tasks, *links]
    head = [
        *(f"# {note}" for note in notes),
        f"question: {_quoted(now.title)}",
        f"published_as: {_quoted(now.title)}",
        f"page: {PAGE}",
        f"answered: {str(bool(now.lines)).lower()}",
        f"owner: {_quoted(f'Customer Care, {now.section}')}",
        "last_reviewed:",
        "review_by:",
        "related: []",
        "phrasings: []",
    ]
    body = [f"- {_plain_markdown(line)}" for line in now.lines]
    return "\n".join(["---", *head, "---", *body]) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _plain_markdown(line: str) -> str:
    """The line with signs escaped that Markdown would take for markup."""
    inner = re.sub(r"([\\`*\[\]<_])", r"\\\1", line)
    return re.sub(
        r"^([#+>~-]|\d+(?=[.)]))", lambda mark: f"{mark[0]}\\" if mark[0].isdigit() else f"\\{mark[0]}", inner
    )


def _write_new(files: dict[Path, str], content: Path) -> None:
    """Write all files, or none if one is there already or lies in the content folder."""
    for path in files:
        if path.resolve().is_relative_to(content.resolve()):
            raise ImportProblem(f"{path} lies in the content folder: choose another folder for drafts.")
        if os.path.lexists(path):
            raise ImportProblem(f"{path} is there already and is not overwritten: choose another folder for drafts.")
    for path, text in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as draft:
                draft.write(text)
        except OSError as error:
            raise ImportProblem(f"{path} cannot be written: {error.strerror}.") from error
