"""`care users`, as typed."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from tickets import agents, passwords
from tickets.agent_models import Agent
from tickets.database import Database

PASSWORD = "tangled yarn beneath the bridge"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of its own."""
    monkeypatch.setenv("CARE_DATA_DIR", str(tmp_path))
    return tmp_path


def care(*words: str, typed: str = "") -> tuple[int, str]:
    """The exit status and what is printed."""
    done = CliRunner().invoke(app, ["users", *words], input=typed)
    return done.exit_code, done.output


def found(folder: Path, name: str) -> Agent | None:
    """A user's row."""
    database = Database(f"sqlite:///{folder / 'care.db'}")
    try:
        return database.read(lambda session: agents.by_name(session, name))
    finally:
        database.close()


def test_the_first_user_is_made_before_anything_else_is_there(folder: Path) -> None:
    status, shown = care("add", "anna", "--shown", "Anna Rossi", "--role", "lead", typed=f"{PASSWORD}\n")
    assert (status, shown) == (0, "anna can sign in now.\n")
    agent = found(folder, "anna")
    assert agent is not None
    assert (agent.shown, agent.role) == ("Anna Rossi", "lead")
    assert passwords.matches(agent.password, PASSWORD)


@pytest.mark.parametrize("typed", ["short\n", "password1234\n", "\n", "anna-anna-anna\n"])
def test_a_weak_password_makes_nobody(folder: Path, typed: str) -> None:
    status, shown = care("add", "anna", typed=typed)
    assert status == 1
    assert "password" in shown
    assert not (folder / "care.db").exists() or found(folder, "anna") is None


def test_users_are_listed_disabled_enabled_and_changed(folder: Path) -> None:
    care("add", "anna", typed=f"{PASSWORD}\n")
    care("add", "bruno", typed=f"{PASSWORD}\n")
    assert care("disable", "bruno")[0] == 0
    assert care("role", "anna", "lead")[0] == 0
    status, shown = care("list")
    assert status == 0
    rows = [line.split()[:3] for line in shown.splitlines()]
    assert rows == [["anna", "lead", "active"], ["bruno", "agent", "disabled"]]
    assert care("enable", "bruno")[0] == 0
    assert care("password", "anna", typed="quiet lantern over the harbour\n")[0] == 0
    agent = found(folder, "anna")
    assert agent is not None
    assert passwords.matches(agent.password, "quiet lantern over the harbour")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("disable", "nobody"), "There is no user nobody"),
        (("role", "anna", "boss"), "There is no role boss"),
        (("add", "anna"), "There is a user anna already"),
        (("add", "an na"), "A user's name has"),
        (("add", "bruno", "--role", "boss"), "There is no role boss"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(words: tuple[str, ...], sentence: str) -> None:
    care("add", "anna", typed=f"{PASSWORD}\n")
    status, shown = care(*words, typed=f"{PASSWORD}\n")
    assert status == 1
    assert sentence in shown
    assert "Traceback" not in shown


def test_a_password_is_never_an_argument_and_never_printed() -> None:
    assert care("add", "anna", PASSWORD)[0] == 2
    assert PASSWORD not in care("add", "anna", typed=f"{PASSWORD}\n")[1]
    assert PASSWORD not in care("list")[1]
