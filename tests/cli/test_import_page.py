"""`care import`: what it prints, its exit status, and that it never touches what an editor wrote."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from cli.import_page import DIFFERENT, LARGEST_EXPORT, SAME, UNUSABLE, report
from cli.main import app
from knowledge.faq.entries import ContentError, load_content, split_file
from settings import ROOT, Settings

SOURCE = ROOT.parent / "shared" / "source" / "customer-care-faq.txt"

PAGE = """Customer Care FAQ

Billing

  • What are the invoice payment options?
  • What is the maximum dispute period?
    • The dispute period is 1 year.
  • Am I eligible for a Bonus increase?
    • Until December 2022.

CLASSOUND

  • Are there any porting fees?
"""
CATALOGUE = """id\tsection\tanswered\tsource_question
billing/payment-options\tBilling\tno\tWhat are the invoice payment options?
billing/dispute-period\tBilling\tyes\tWhat is the maximum dispute period?
billing/bonus-increase\tBilling\tyes\tAm I eligible for a Bonus increase?
classound/porting-fees\tCLASSOUND\tno\tAre there any porting fees?
"""
PUBLISHED = {
    "billing/payment-options": [],
    "billing/dispute-period": ["The dispute period is 1 year."],
    "billing/bonus-increase": ["Until December 2022."],
    "classound/porting-fees": [],
}
NEW_PAGE = (
    PAGE.replace("1 year", "2 years")
    .replace("  • Are there any porting fees?", "  • Are there porting fees?")
    .replace("  • Am I eligible for a Bonus increase?\n    • Until December 2022.\n", "")
    + "\nHardware\n\n  • Which *phones* are there?\n    • See: a_b*c <d> [e]\n    • 2023. was `then`\n    • # 1\n"
)


@pytest.fixture
def content_dir(tmp_path: Path) -> Path:
    """A content folder as far as an import reads it."""
    folder = tmp_path / "content"
    folder.mkdir()
    (folder / "catalogue.tsv").write_text(CATALOGUE, encoding="utf-8")
    (folder / "published.json").write_text(json.dumps(PUBLISHED), encoding="utf-8")
    return folder


@pytest.fixture
def our_settings(content_dir: Path) -> Settings:
    """Settings with that content folder."""
    return Settings.load({"CARE_CONTENT_DIR": str(content_dir)})


def written(folder: Path, text: str) -> Path:
    path = folder / "export.txt"
    path.write_text(text, encoding="utf-8")
    return path


def files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()}


def test_a_page_without_differences(our_settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draft = tmp_path / "draft"
    assert report(written(tmp_path, PAGE), our_settings, draft) == SAME
    expected = "export.txt: 4 questions on the page: 4 unchanged, 0 added, 0 changed, 0 reworded, 0 gone.\n"
    assert capsys.readouterr().out == expected
    assert not draft.exists()


def test_the_report_tells_added_changed_reworded_and_gone(
    our_settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = files(our_settings.content_dir)
    assert report(written(tmp_path, NEW_PAGE), our_settings, None) == DIFFERENT
    assert (
        capsys.readouterr().out
        == """\
export.txt: 4 questions on the page: 1 unchanged, 1 added, 1 changed, 1 reworded, 1 gone.

Added
  hardware/which-phones (Hardware): Which *phones* are there?
    + See: a_b*c <d> [e]
    + 2023. was `then`
    + # 1

Changed
  billing/dispute-period (Billing): What is the maximum dispute period?
    - The dispute period is 1 year.
    + The dispute period is 2 years.

Reworded
  classound/porting-fees (CLASSOUND): Are there porting fees?
    - Are there any porting fees?
    + Are there porting fees?

Gone
  billing/bonus-increase (Billing): Am I eligible for a Bonus increase?

No file was written. --draft FOLDER writes drafts of the added and changed entries there.
"""
    )
    assert files(our_settings.content_dir) == before


def test_drafts_are_entry_files_that_say_what_to_do(our_settings: Settings, tmp_path: Path) -> None:
    before = files(our_settings.content_dir)
    draft = tmp_path / "new" / "draft"
    assert report(written(tmp_path, NEW_PAGE), our_settings, draft) == DIFFERENT
    drafts = files(draft)
    assert sorted(drafts) == ["billing/dispute-period.md", "hardware/which-phones.md", "published.json"]
    assert (
        "# - The dispute period is 1 year.\n# + The dispute period is 2 years.\n" in drafts["billing/dispute-period.md"]
    )
    assert "# hardware/which-phones\tHardware\tyes\tWhich *phones* are there?\n" in drafts["hardware/which-phones.md"]
    parts = split_file(drafts["hardware/which-phones.md"])
    assert parts is not None
    assert yaml.safe_load(parts[0]) == {
        "question": "Which *phones* are there?",
        "published_as": "Which *phones* are there?",
        "page": "customer-care-faq",
        "answered": True,
        "owner": "Customer Care, Hardware",
        "last_reviewed": None,
        "review_by": None,
        "related": [],
        "phrasings": [],
    }
    assert files(our_settings.content_dir) == before


def test_a_draft_lacks_only_what_an_editor_must_write(our_settings: Settings, tmp_path: Path) -> None:
    draft = tmp_path / "draft"
    report(written(tmp_path, NEW_PAGE), our_settings, draft)
    # The drafts as content of their own, in the place where an editor would put them.
    content = tmp_path / "edited"
    (content / "entries" / "hardware").mkdir(parents=True)
    text = (draft / "hardware" / "which-phones.md").read_text(encoding="utf-8")
    (content / "entries" / "hardware" / "which-phones.md").write_text(text, encoding="utf-8")
    row = next(line[2:] for line in text.splitlines() if line.startswith("# hardware/which-phones\t"))
    (content / "catalogue.tsv").write_text(f"id\tsection\tanswered\tsource_question\n{row}\n", encoding="utf-8")
    (content / "pages.yml").write_text("customer-care-faq: {title: FAQ, url: 'https://example.com'}\n")
    (content / "unanswerable.yml").write_text("telecom: [what is a phone]\n")
    with pytest.raises(ContentError) as refused:
        load_content(content)
    keys = [problem.split(": ")[2] for problem in refused.value.problems]
    assert sorted(keys) == ["last_reviewed", "phrasings", "review_by"]


def test_with_the_drafts_worked_in_nothing_differs_any_more(
    our_settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export, draft = written(tmp_path, NEW_PAGE), tmp_path / "draft"
    report(export, our_settings, draft)
    (our_settings.content_dir / "published.json").write_bytes((draft / "published.json").read_bytes())
    (our_settings.content_dir / "catalogue.tsv").write_text(
        CATALOGUE.replace("Are there any porting", "Are there porting").replace(
            "billing/bonus-increase\tBilling\tyes\tAm I eligible for a Bonus increase?",
            "hardware/which-phones\tHardware\tyes\tWhich *phones* are there?",
        ),
        encoding="utf-8",
    )
    assert report(export, our_settings, None) == SAME


def test_no_file_is_overwritten_and_then_none_is_written(
    our_settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draft = tmp_path / "draft"
    (draft / "hardware").mkdir(parents=True)
    (draft / "hardware" / "which-phones.md").write_text("an editor's words")
    assert report(written(tmp_path, NEW_PAGE), our_settings, draft) == UNUSABLE
    assert files(draft) == {"hardware/which-phones.md": "an editor's words"}
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == (
        f"{draft}/hardware/which-phones.md is there already and is not overwritten: choose another folder for drafts.\n"
    )


@pytest.mark.parametrize("place", ["", "entries", "entries/../drafts"])
def test_drafts_are_never_written_into_the_content_folder(
    place: str, our_settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = files(our_settings.content_dir)
    assert report(written(tmp_path, NEW_PAGE), our_settings, our_settings.content_dir / place) == UNUSABLE
    assert files(our_settings.content_dir) == before
    assert "lies in the content folder" in capsys.readouterr().err


def test_a_link_into_the_content_folder_is_followed_before_it_is_refused(
    our_settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "link").symlink_to(our_settings.content_dir, target_is_directory=True)
    before = files(our_settings.content_dir)
    assert report(written(tmp_path, NEW_PAGE), our_settings, tmp_path / "link") == UNUSABLE
    assert files(our_settings.content_dir) == before
    assert "lies in the content folder" in capsys.readouterr().err


def test_a_draft_folder_that_cannot_be_made_is_one_sentence(
    our_settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export = written(tmp_path, NEW_PAGE)
    assert report(export, our_settings, export) == UNUSABLE
    assert capsys.readouterr().err.endswith("cannot be written: Not a directory.\n")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "is empty."),
        (b"\x7fELF\x00\x01", "is not text: export the page as text or HTML (UTF-8)."),
        ("Größe".encode("latin-1"), "is not text: export the page as text or HTML (UTF-8)."),
        (b"PK\x03\x04", "is an archive: unpack it and import the page's own file."),
        (b"x" * (LARGEST_EXPORT + 1), "is larger than 2 MB; the FAQ page is not."),
        (b"Hello", "is not an export of the FAQ page: none of the published questions is in it."),
        (b"<p>Hello", "is not an export of the FAQ page: none of the published questions is in it."),
    ],
)
def test_a_file_that_is_no_such_page_is_one_sentence(
    data: bytes, problem: str, our_settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export = tmp_path / "export"
    export.write_bytes(data)
    assert report(export, our_settings, tmp_path / "draft") == UNUSABLE
    assert capsys.readouterr() == ("", f"{export} {problem}\n")
    assert not (tmp_path / "draft").exists()


def test_a_missing_file_and_a_folder_are_one_sentence(
    our_settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(tmp_path / "none", our_settings, None) == UNUSABLE
    assert report(tmp_path, our_settings, None) == UNUSABLE
    assert capsys.readouterr().err == (
        f"{tmp_path}/none cannot be read: No such file or directory.\n{tmp_path} is not a file.\n"
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_other_encodings_that_name_themselves_are_read(encoding: str, our_settings: Settings, tmp_path: Path) -> None:
    export = tmp_path / "export.txt"
    export.write_bytes(PAGE.replace("\n", "\r\n").encode(encoding))
    assert report(export, our_settings, None) == SAME


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "published.json is not valid JSON"),
        ("[]", "published.json must give each entry's id a list of lines."),
        ('{"billing/dispute-period": "1 year"}', "published.json must give each entry's id a list of lines."),
        (None, "published.json cannot be read: No such file or directory."),
    ],
)
def test_a_broken_record_of_the_last_import_is_one_sentence(
    text: str | None, problem: str, our_settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = our_settings.content_dir / "published.json"
    record.unlink()
    if text is not None:
        record.write_text(text)
    assert report(written(tmp_path, PAGE), our_settings, None) == UNUSABLE
    shown = capsys.readouterr().err
    assert problem in shown
    assert shown.count("\n") == 1


def test_half_a_page_is_doubted(our_settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert report(written(tmp_path, PAGE[:80]), our_settings, None) == DIFFERENT
    assert "More than half of the questions are gone. Is the export complete?" in capsys.readouterr().out


def test_the_command_line_passes_file_folder_and_status_on(
    content_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARE_CONTENT_DIR", str(content_dir))
    draft = tmp_path / "draft"
    result = CliRunner().invoke(app, ["import", str(written(tmp_path, NEW_PAGE)), "--draft", str(draft)])
    assert result.exit_code == DIFFERENT
    assert f"Drafts are in {draft}." in result.output
    assert (draft / "hardware" / "which-phones.md").exists()


def test_our_record_of_the_page_and_the_catalogue_name_the_same_entries(settings: Settings) -> None:
    """Guards published.json: an entry without its lines there would be reported as changed for ever."""
    record = json.loads((settings.content_dir / "published.json").read_text(encoding="utf-8"))
    assert list(record) == list(load_content(settings.content_dir).entries)


@pytest.mark.skipif(not SOURCE.exists(), reason="the published page's export is not beside this checkout")
def test_the_published_page_is_what_we_recorded(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert report(SOURCE, settings, None) == SAME
    assert "102 unchanged" in capsys.readouterr().out
