"""Training the dialogue model: only when its inputs changed, and never half."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cli import dialogue_model as module
from cli.dialogue_model import inputs_hash, train_dialogue
from settings import ROOT, Settings

INPUTS = ("config.yml", "domain.yml", "data/rules.yml")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the dialogue files, without a Rasa."""
    folder = tmp_path / "project"
    (folder / "data").mkdir(parents=True)
    for name in (*INPUTS, "data/nlu.yml"):
        shutil.copy(ROOT / name, folder / name)
    monkeypatch.setattr(module, "ROOT", folder)
    return folder


@pytest.fixture
def models(tmp_path: Path) -> Settings:
    """Settings with a models folder of the test's own, holding an earlier model."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "dialogue.tar.gz").write_bytes(b"the earlier model")
    return Settings.load({"CARE_MODELS_DIR": str(tmp_path / "models")})


def install(project: Path, script: str) -> None:
    """A program in Rasa's place. (Set-up has trained with the real one, by the same function.)"""
    program = project / ".venv-rasa" / "bin" / "rasa"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)


@pytest.mark.parametrize("name", INPUTS)
def test_a_change_of_any_input_changes_the_hash(project: Path, name: str) -> None:
    before = inputs_hash(project)
    assert inputs_hash(project) == before
    (project / name).write_text((project / name).read_text() + "\n# changed\n")
    assert inputs_hash(project) != before


def test_unchanged_inputs_are_not_trained_again(
    project: Path, models: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    (models.models_dir / "dialogue.inputs").write_text(inputs_hash(project))
    assert train_dialogue(models) == 0
    assert "up to date" in capsys.readouterr().out
    assert (models.models_dir / "dialogue.tar.gz").read_bytes() == b"the earlier model"


def test_changed_inputs_are_trained_and_remembered(project: Path, models: Settings) -> None:
    install(project, 'echo "$@" > arguments; echo "$RASA_TELEMETRY_ENABLED" > telemetry')
    assert train_dialogue(models) == 0
    assert (models.models_dir / "dialogue.inputs").read_text() == inputs_hash(project)
    arguments = (project / "arguments").read_text().split()
    assert arguments[:2] == ["train", "core"]
    assert arguments[arguments.index("--out") + 1] == str(models.models_dir)
    assert (project / "telemetry").read_text() == "false\n"

    install(project, "exit 9")  # not called again
    assert train_dialogue(models) == 0


def test_a_failed_training_says_why_and_is_not_taken_for_done(
    project: Path, models: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    (models.models_dir / "dialogue.inputs").write_text("of the earlier model")
    install(project, "for line in $(seq 50); do echo line $line; done; echo domain.yml is wrong >&2; exit 3")
    assert train_dialogue(models) == 3
    reason = capsys.readouterr().err
    assert reason.endswith("domain.yml is wrong\n")
    assert len(reason.splitlines()) == 20
    assert (models.models_dir / "dialogue.tar.gz").read_bytes() == b"the earlier model"
    assert (models.models_dir / "dialogue.inputs").read_text() == "of the earlier model"


def test_what_set_up_trained_is_up_to_date() -> None:
    """`make test` trains before it tests: the model that answers here is that of these files."""
    stamp = Settings.load({}).models_dir / "dialogue.inputs"
    assert stamp.read_text() == inputs_hash(ROOT)
