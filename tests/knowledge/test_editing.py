"""Adding a phrasing to an entry's file: one line more, all else as it was, or a sentence and no change."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from knowledge.faq import editing
from knowledge.faq.editing import NotAdded, add_phrasing, clean, with_phrasing
from knowledge.faq.entries import Content, load_content
from settings import ROOT

ENTRY = "billing/dispute-period"
COPIED = (ENTRY, "orders/tracking", "billing/payment-options")
NEW = "may I still moan about a bill of last spring"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small copy of the content that may be changed."""
    source, target = ROOT / "knowledge" / "faq", tmp_path / "faq"
    target.mkdir()
    for name in ("pages.yml", "unanswerable.yml"):
        shutil.copy(source / name, target / name)
    first, *rows = (source / "catalogue.tsv").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [row for row in rows if row.split("\t")[0] in COPIED]
    (target / "catalogue.tsv").write_text(first + "".join(kept), encoding="utf-8")
    for entry in COPIED:
        text = path(source, entry).read_text(encoding="utf-8")
        path(target, entry).parent.mkdir(parents=True, exist_ok=True)
        path(target, entry).write_text(re.sub(r"related:\n(?:  - .+\n)+", "related: []\n", text), encoding="utf-8")
    return target


def path(folder: Path, entry: str = ENTRY) -> Path:
    return folder / "entries" / f"{entry}.md"


def add(folder: Path, phrasing: str = NEW, entry: str = ENTRY) -> int:
    return add_phrasing(folder, entry, phrasing, expected=load_content(folder).hash)


def test_the_file_has_one_line_more(folder: Path) -> None:
    known = load_content(folder).entries[ENTRY].phrasings
    before = path(folder).read_text(encoding="utf-8").splitlines()
    count = add(folder)
    after = path(folder).read_text(encoding="utf-8").splitlines()
    place = after.index(f'  - "{NEW}"')
    assert after[:place] + after[place + 1 :] == before
    assert after[place + 1] == "---"
    assert count == len(known) + 1
    assert load_content(folder).entries[ENTRY].phrasings[-1] == NEW
    assert [one.name for one in path(folder).parent.iterdir() if one.suffix != ".md"] == []


@pytest.mark.parametrize(
    "phrasing",
    [
        'he said "no": why?',
        "# is this a comment",
        "- a dash",
        "back\\slash \\n",
        "---",
        "{a: b}, [c] & *d !e %f @g `h`",
        "Pourquoi où ça – «non»? 请问 مرحبا 🙂",
        "null",
        "2026-11-20",
        "x" * editing.LONGEST_PHRASING,
    ],
)
def test_it_is_read_back_as_it_was_typed(folder: Path, phrasing: str) -> None:
    if not any(letter.isalnum() for letter in phrasing):
        with pytest.raises(NotAdded, match="needs words"):
            add(folder, phrasing)
        return
    add(folder, phrasing)
    assert load_content(folder).entries[ENTRY].phrasings[-1] == phrasing


def test_every_entry_is_written_so_that_it_can_be_added_to(content: Content) -> None:
    for entry in content.entries.values():
        text = path(ROOT / "knowledge" / "faq", entry.id).read_text(encoding="utf-8")
        assert f'  - "{NEW}"\n' in editing.with_line(text, NEW, [*entry.phrasings, NEW]), entry.id


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n", "\r\n"),
        ('  - "statute of limitation for your invoices"\n', '  - "statute of\n    limitation for your invoices"\n'),
        ('  - "statute of limitation for your invoices"\n', "  - |\n    statute of limitation for your invoices\n"),
        ("phrasings:\n", "phrasings: # as typed\n"),
        ("  - ", "- "),
    ],
)
def test_however_an_editor_wrote_it(folder: Path, old: str, new: str) -> None:
    text = path(folder).read_text(encoding="utf-8")
    assert old in text
    path(folder).write_bytes(text.replace(old, new).encode())
    before = load_content(folder)
    add(folder)
    after = load_content(folder)
    assert after == with_phrasing(before, ENTRY, NEW)
    assert (b"\r\n" in path(folder).read_bytes()) == (new == "\r\n")


def test_a_list_in_one_line_is_left_to_an_editor(folder: Path) -> None:
    text = path(folder).read_text(encoding="utf-8")
    head, _, rest = text.partition("phrasings:\n")
    lines, mark, body = rest.partition("\n---\n")
    flow = ", ".join(line.removeprefix("  - ") for line in lines.splitlines())
    path(folder).write_text(f"{head}phrasings: [{flow}]{mark}{body}", encoding="utf-8")
    with pytest.raises(NotAdded, match="only an editor"):
        add(folder)


@pytest.mark.parametrize(
    ("entry", "phrasing", "said"),
    [
        ("billing/none", NEW, "no such entry"),
        ("../../etc/passwd", NEW, "no such entry"),
        (ENTRY, "?!", "needs words"),
        (ENTRY, "", "needs words"),
        (ENTRY, "two\nlines", "one line"),
        (ENTRY, "invisible\u202e here", "one line"),
        (ENTRY, "x" * 301, "at most 300"),
        (ENTRY, "Dispute Deadline Invoice", "already"),
        ("orders/tracking", "dispute deadline invoice", "another entry already"),
    ],
)
def test_what_cannot_be_one(content: Content, entry: str, phrasing: str, said: str) -> None:
    with pytest.raises(NotAdded, match=said):
        with_phrasing(content, entry, phrasing)


def test_what_is_known_as_unanswerable_is_none(content: Content) -> None:
    message = next(iter(content.unanswerable.values()))[0]
    with pytest.raises(NotAdded, match="no entry answers this"):
        with_phrasing(content, ENTRY, message)


def test_clean() -> None:
    assert clean(" may\u200bbe\u202e\n\ttwo  \x00lines\u2028 ") == "maybe two lines"


class TestNothingIsChanged:
    """Whatever goes wrong, the file is as it was and nothing lies beside it."""

    def refused(self, folder: Path, said: str, expected: str | None = None) -> None:
        before = path(folder).read_bytes()
        with pytest.raises(NotAdded, match=said):
            add_phrasing(folder, ENTRY, NEW, expected=expected or load_content(folder).hash)
        assert path(folder).read_bytes() == before
        assert [one.name for one in path(folder).parent.iterdir() if one.suffix != ".md"] == []

    def test_when_the_content_was_changed_since(self, folder: Path) -> None:
        tried = load_content(folder).hash
        other = path(folder, "orders/tracking")
        other.write_text(other.read_text(encoding="utf-8").replace('owner: "', 'owner: "New '), encoding="utf-8")
        self.refused(folder, "changed since", tried)

    def test_when_the_content_is_broken(self, folder: Path) -> None:
        path(folder, "orders/tracking").write_text("no entry", encoding="utf-8")
        self.refused(folder, "cannot be used as they are", "-")

    @pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), OSError(30, "Read-only file system")])
    def test_when_the_folder_cannot_be_written(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, error: OSError
    ) -> None:
        def refuse(**_: object) -> None:
            raise error

        monkeypatch.setattr("tempfile.mkstemp", refuse)
        self.refused(folder, f"cannot be written here .{error.strerror}")

    def test_when_the_disk_is_full(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(_: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", fail)
        self.refused(folder, "No space left")

    def test_when_an_editor_saves_at_the_same_moment(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        saved = path(folder).read_bytes().replace(b"1 year", b"2 years")
        real = os.fsync

        def meanwhile(descriptor: int) -> None:
            real(descriptor)
            path(folder).write_bytes(saved)

        monkeypatch.setattr(os, "fsync", meanwhile)
        with pytest.raises(NotAdded, match="just now"):
            add(folder)
        assert path(folder).read_bytes() == saved
