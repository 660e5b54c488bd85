"""`care slack`, as typed."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from tickets.agent_models import Audit
from tickets.database import Database

ANN = ("--issuer", "https://portal.example", "--subject", "ann")
NEW = ("--company", "acme", "--company-name", "Acme", "--name", "Ann \x1b[31m")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of its own."""
    monkeypatch.setenv("CARE_DATA_DIR", str(tmp_path))
    return tmp_path


def care(*words: str) -> tuple[int, str]:
    """The exit status and what is printed."""
    done = CliRunner().invoke(app, ["slack", *words])
    return done.exit_code, done.output


def test_a_user_is_linked_listed_and_unlinked(folder: Path) -> None:
    assert care("link", "T1", "U1", *ANN, *NEW) == (0, "U1 of T1 is linked.\n")
    status, shown = care("list")
    assert status == 0
    assert shown.split()[:2] == ["T1", "U1"]
    assert "ann (https://portal.example) Ann \N{REPLACEMENT CHARACTER}[31m, Acme" in shown
    assert "command line" in shown
    assert care("unlink", "T1", "U1") == (0, "U1 of T1 is not linked any more.\n")
    assert care("list") == (0, "")


def test_the_audit_log_says_which_partner_and_no_name(folder: Path) -> None:
    care("link", "T1", "U1", *ANN, *NEW)
    care("unlink", "T1", "U1")
    database = Database(f"sqlite:///{folder / 'care.db'}")
    entries = database.read(lambda session: session.query(Audit).order_by(Audit.id).all())
    database.close()
    assert [entry.what for entry in entries] == ["slack_linked", "slack_unlinked"]
    assert all(list(entry.detail) == ["partner"] for entry in entries)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("link", "T1", "U1", *ANN), "has never signed in"),
        (("link", "acme", "U1", *ANN, *NEW), "Slack calls workspaces"),
        (("unlink", "T1", "U1"), "linked to nobody"),
        (("link-agent", "T1", "U1", "olga"), "There is no user olga"),
        (("unlink-agent", "T1", "U1"), "linked to no agent"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(words: tuple[str, ...], sentence: str) -> None:
    status, shown = care(*words)
    assert status == 1
    assert sentence in shown
    assert "Traceback" not in shown


def test_an_agent_is_linked_listed_and_unlinked(folder: Path) -> None:
    typed = "four unrelated words here"
    added = CliRunner().invoke(app, ["users", "add", "olga"], input=f"{typed}\n")
    assert added.exit_code == 0, added.output
    assert care("link-agent", "T1", "U1", "olga") == (0, "U1 of T1 is olga now.\n")
    status, shown = care("list")
    assert (status, shown.split()[:2], shown.split()[-2:]) == (0, ["T1", "U1"], ["agent", "olga"])
    CliRunner().invoke(app, ["users", "disable", "olga"])
    assert "agent olga (disabled)" in care("list")[1]
    assert care("unlink-agent", "T1", "U1") == (0, "U1 of T1 is no agent any more.\n")
    assert care("list") == (0, "")
