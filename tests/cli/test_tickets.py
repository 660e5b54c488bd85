"""`care tickets`: lists, exports that are traced, erasure that asks first, and one writer whatever runs."""

from __future__ import annotations

import codecs
import csv
import io
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from typer.testing import CliRunner, Result

from cli.main import app
from cli.run_lock import alone
from settings import ROOT
from tests.tickets import desk
from tickets import changes
from tickets.agent_models import Audit
from tickets.changes import Author
from tickets.database import Database
from tickets.ticket_models import Ticket


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database with two partners' tickets, in the data folder that `care` uses."""
    for name in os.environ:
        if name.startswith("CARE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CARE_DATA_DIR", str(tmp_path))
    with closing(Database(f"sqlite:///{tmp_path / 'care.db'}")) as database:
        database.migrate()
        database.write(lambda session: desk.ticket(session, desk.partner(session, "Ann"), subject="=1+1"))
        database.write(lambda session: desk.ticket(session, desk.partner(session, "Canary"), type="billing.payment"))
        yield database


def care(*arguments: str, answer: str = "") -> Result:
    """Run `care tickets …`."""
    return CliRunner().invoke(app, ["tickets", *arguments], input=answer)


def names(database: Database) -> list[str]:
    """Whose tickets there are."""
    return database.read(lambda session: [one.contact["name"] for one in session.scalars(select(Ticket))])


def audited(database: Database) -> list[tuple[str, str]]:
    """What is in the audit log."""
    return database.read(lambda session: [(one.what, one.actor) for one in session.scalars(select(Audit))])


class TestLooking:
    def test_a_list(self, stored: Database) -> None:
        lines = care("list").output.splitlines()
        assert [line.split()[0] for line in lines] == ["CC-000002", "CC-000001"]
        assert len(care("list", "--queue", "Billing").output.splitlines()) == 1
        assert care("list", "--state", "closed").output == ""

    def test_one_with_its_history(self, stored: Database) -> None:
        def answer(session: Session) -> None:
            changes.reply(session, session.get_one(Ticket, 1), Author.of(desk.agent(session)), "On its \x1b[31mway.")

        stored.write(answer)
        for spelled in ("CC-000001", "1", "cc-1"):
            shown = care("show", spelled).output
            assert "number: CC-000001" in shown
            assert "reply by Olga" in shown
            assert "On its" in shown
            assert "\x1b" not in shown  # nothing that a terminal obeys

    @pytest.mark.parametrize(("name", "hint"), [("CC-000999", "There is no ticket"), ("x", "CC-000123")])
    def test_one_that_is_not_there(self, stored: Database, name: str, hint: str) -> None:
        done = care("show", name)
        assert (done.exit_code, hint in done.output) == (1, True)

    def test_no_database_yet(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CARE_DATA_DIR", str(tmp_path / "nothing"))
        for command in (["list"], ["export"], ["erase", "--partner", "x", "--yes"]):
            done = care(*command)
            assert (done.exit_code, "no database" in done.output) == (1, True)
        assert not (tmp_path / "nothing").exists()


class TestExport:
    def test_csv_and_json_in_a_private_file(self, stored: Database, tmp_path: Path) -> None:
        for form in ("csv", "json"):
            path = tmp_path / f"tickets.{form}"
            done = care("export", "--format", form, "--output", str(path))
            assert done.exit_code == 0, done.output
            assert "2 tickets" in done.output
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        rows = list(csv.DictReader(io.StringIO((tmp_path / "tickets.csv").read_text("utf-8"))))
        assert [row["subject"] for row in rows] == ["'=1+1", "Where is it?"]
        assert len(json.loads((tmp_path / "tickets.json").read_text())) == 2

    def test_it_is_in_the_audit_log(self, stored: Database, tmp_path: Path) -> None:
        care("export", "--queue", "Billing", "--output", str(tmp_path / "x"))
        (entry,) = stored.read(lambda session: session.scalars(select(Audit)).all())
        assert (entry.what, entry.detail) == ("exported", {"format": "csv", "queue": "Billing"})
        assert entry.actor.startswith("command line (")

    def test_the_program_writes_utf8_to_standard_output(self, stored: Database, tmp_path: Path) -> None:
        stored.write(lambda session: desk.ticket(session, subject="Où? 数"))
        command = [sys.executable, "-m", "cli.main", "tickets", "export", "--format", "json"]
        environment = {**os.environ, "LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0"}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True)
        assert json.loads(done.stdout.decode("utf-8"))[2]["subject"] == "Où? 数"
        done = subprocess.run([*command[:-1], "csv"], cwd=ROOT, env=environment, capture_output=True, check=True)
        assert "Où? 数" in done.stdout.decode("utf-8")
        assert done.stdout.startswith(b'"')
        for_excel = [*command[:-1], "csv", "--separator", "semicolon"]
        done = subprocess.run(for_excel, cwd=ROOT, env=environment, capture_output=True, check=True)
        assert done.stdout.startswith(codecs.BOM_UTF8 + b'"')  # without it Excel shows “OÃ¹?”

    @pytest.mark.parametrize(
        ("arguments", "hint"),
        [
            (["--format", "xml"], "csv or json"),
            (["--separator", ";"], "semicolon"),
            (["--since", "yesterday"], "2026-01-31"),
            (["--state", "lost"], "new, open"),
            (["--queue", "Nowhere"], "Billing"),
            (["--output", "/no/such/folder/x"], "cannot be written"),
        ],
    )
    def test_what_cannot_be_is_one_sentence(self, stored: Database, arguments: list[str], hint: str) -> None:
        done = care("export", *arguments)
        assert (done.exit_code, hint in done.output) == (1, True)


class TestErase:
    def test_it_asks_and_no_means_no(self, stored: Database) -> None:
        done = care("erase", "--partner", "canary@acme.example", answer="n\n")
        assert done.exit_code == 1
        assert "Found: 1 partners, 1 tickets, 1 conversations." in done.output
        assert names(stored) == ["Ann", "Canary"]

    def test_yes_means_yes(self, stored: Database, tmp_path: Path) -> None:
        done = care("erase", "--partner", "canary@acme.example", answer="y\n")
        assert done.exit_code == 0, done.output
        assert "1 tickets" in done.output
        assert names(stored) == ["Ann"]
        assert [what for what, _ in audited(stored)] == ["erased"]
        assert all(b"canary" not in path.read_bytes().lower() for path in tmp_path.iterdir() if path.is_file())

    def test_whom_may_be_asked_for(self, stored: Database) -> None:
        done = care("erase", "--partner", "-", "--yes", answer="canary@acme.example\n")
        assert done.exit_code == 0, done.output
        assert names(stored) == ["Ann"]

    def test_a_dry_run_never_asks(self, stored: Database) -> None:
        done = care("erase", "--partner", "canary", "--dry-run")
        assert (done.exit_code, names(stored)) == (0, ["Ann", "Canary"])

    def test_again_after_a_restored_backup(self, stored: Database) -> None:
        assert "Found: 0" in care("erase", "--again", "--yes").output
        care("erase", "--partner", "canary", "--yes")
        done = care("erase", "--again", "--yes")
        assert done.exit_code == 0
        assert names(stored) == ["Ann"]

    @pytest.mark.parametrize("age", ["1d", "2m", "3y"])
    def test_old_tickets(self, stored: Database, age: str) -> None:
        assert "0 tickets" in care("erase", "--older-than", age, "--yes").output

    @pytest.mark.parametrize(
        ("arguments", "hint"),
        [
            ([], "Give one of"),
            (["--partner", "x", "--again"], "Give one of"),
            (["--older-than", "long"], "such as 3y"),
            (["--older-than", "-1y"], "such as 3y"),
            (["--partner", "nobody"], "No partner"),
        ],
    )
    def test_what_cannot_be_is_one_sentence(self, stored: Database, arguments: list[str], hint: str) -> None:
        done = care("erase", *arguments, "--yes")
        assert (done.exit_code, hint in done.output) == (1, True)

    def test_a_bot_that_does_not_answer_has_to_be_stopped_first(self, stored: Database, tmp_path: Path) -> None:
        with alone(tmp_path) as ours:
            assert ours
            for command in (["erase", "--partner", "canary", "--yes"], ["export"]):
                done = care(*command)
                assert done.exit_code == 1
                assert "Stop it, run this again" in done.output
        assert names(stored) == ["Ann", "Canary"]
        assert audited(stored) == []
