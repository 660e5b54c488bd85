"""The `care` command: every command is there, a bad setting is one sentence, and --jsonl is one result a line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from settings import ROOT
from tests.service import Service, free_port

COMMANDS = {"run", "ask", "chat", "index", "train", "search", "import", "evaluate", "policy", "doctor"}


@pytest.fixture
def care(monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """Runs `care` with none of the caller's settings."""
    for name in os.environ:
        if name.startswith("CARE_"):
            monkeypatch.delenv(name)
    return CliRunner()


class TestCommands:
    def test_every_command_is_listed_with_what_it_does(self, care: CliRunner) -> None:
        assert {
            command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands
        } >= COMMANDS
        for command in COMMANDS:
            shown = care.invoke(app, [command, "--help"])
            assert shown.exit_code == 0, command
            assert shown.output.split("Usage:")[1].strip(), command

    def test_the_installed_program_starts_without_loading_a_model(self) -> None:
        """`care --help` and `care ask` answer at once because heavy modules are imported where they are used."""
        heavy = ("torch", "faiss", "sklearn", "onnxruntime", "spacy", "fastapi", "sqlalchemy")
        program = f"import cli.main, sys; print([m for m in {heavy} if m in sys.modules])"
        loaded = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
        assert loaded.stdout.strip() == "[]"

    def test_it_is_installed_as_care(self) -> None:
        installed = Path(sys.executable).with_name("care")
        shown = subprocess.run([installed, "--help"], capture_output=True, text=True, check=True)
        assert "doctor" in shown.stdout


class TestSettings:
    @pytest.mark.parametrize(
        ("name", "value", "hint"),
        [
            ("CARE_PORT", "eighty", "1 to 65535"),
            ("CARE_PROT", "8080", "not a setting"),
            ("CARE_ANONYMOUS", "maybe", "auto"),
        ],
    )
    @pytest.mark.parametrize("command", ["run", "ask", "doctor"])
    def test_a_bad_one_stops_every_command_with_its_name(
        self, care: CliRunner, monkeypatch: pytest.MonkeyPatch, command: str, name: str, value: str, hint: str
    ) -> None:
        monkeypatch.setenv(name, value)
        stopped = care.invoke(app, [command] + ["hello"] * (command == "ask"))
        assert stopped.exit_code == 1
        assert name in stopped.stderr
        assert hint in stopped.stderr
        assert len(stopped.stderr.splitlines()) == 1


class TestAsk:
    def test_the_answer_and_its_buttons_are_shown(
        self, care: CliRunner, monkeypatch: pytest.MonkeyPatch, service: Service
    ) -> None:
        monkeypatch.setenv("CARE_PORT", str(service.port))
        asked = care.invoke(app, ["ask", "Until", "when", "can", "I", "dispute", "an", "invoice?"])
        assert asked.exit_code == 0
        assert "Customer Care FAQ" in asked.stdout
        assert "[" in asked.stdout.splitlines()[-1]

    def test_each_line_is_a_conversation_of_its_own(
        self, care: CliRunner, monkeypatch: pytest.MonkeyPatch, service: Service
    ) -> None:
        monkeypatch.setenv("CARE_PORT", str(service.port))
        lines = '{"text": "Until when can I dispute an invoice?", "id": 7}\n\n{"text": "yes"}\n'
        asked = care.invoke(app, ["ask", "--jsonl"], input=lines)
        first, second = (json.loads(line) for line in asked.stdout.splitlines())
        assert first["replies"][0]["data"]["id"] == "billing/dispute-period"
        assert second["replies"][0]["data"]["type"] != "feedback"  # nothing was asked in this conversation

    def test_without_a_bot_it_says_how_to_start_one(self, care: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CARE_PORT", str(free_port()))
        asked = care.invoke(app, ["ask", "hello"])
        assert asked.exit_code == 1
        assert "make run" in asked.stderr


class TestSearch:
    def test_ids_scores_and_the_decision_of_each_line(self, care: CliRunner) -> None:
        lines = '{"text": "How long does porting take?"}\n{"text": "thank you so much!"}\n{"text": "qwertz uiop"}\n'
        searched = care.invoke(app, ["search", "--jsonl"], input=lines)
        answer, thanks, unknown = (json.loads(line) for line in searched.stdout.splitlines())
        assert answer["ids"][0] == "classound/porting-duration"
        assert answer["decision"] == "answer"
        assert answer["scores"] == sorted(answer["scores"], reverse=True)
        assert len(answer["ids"]) == len(answer["scores"])
        assert (thanks["decision"], thanks["intent"]) == ("none", "thanks")
        assert unknown["decision"] == "none"

    @pytest.mark.parametrize("command", ["search", "triage", "language"])
    def test_a_line_of_another_form_is_answered_with_an_error_and_the_others_go_on(
        self, care: CliRunner, command: str
    ) -> None:
        good = '{"text": "porting fees?"}'
        for wrong in ('{"txt": "x"}', "hello", '["text"]', '{"text": null}'):
            answered = care.invoke(app, [command, "--jsonl"], input=f"{good}\n{wrong}\n\n{good}\n")
            first, second, third = (json.loads(line) for line in answered.stdout.splitlines())
            assert second == {"error": 'line 2 is not {"text": …}'}
            assert first == third
            assert "error" not in first
            assert answered.exit_code == 1
            assert answered.stderr.startswith("1 of the lines")

    def test_a_text_may_come_as_words_or_on_standard_input(self, care: CliRunner) -> None:
        words = care.invoke(app, ["search", "porting", "fees?"])
        piped = care.invoke(app, ["search"], input="porting fees?\n")
        assert json.loads(words.stdout) == json.loads(piped.stdout)


class TestIndex:
    def test_content_that_cannot_be_used_is_named_and_changes_nothing(
        self, care: CliRunner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        content, models = tmp_path / "content", tmp_path / "models"
        (content / "entries").mkdir(parents=True)
        (content / "catalogue.tsv").write_text("id\tsection\tanswered\tsource_question\nbilling/x\tBilling\tyes\tX?\n")
        (content / "pages.yml").write_text("faq: {title: FAQ, url: 'https://example.com'}\n")
        (content / "unanswerable.yml").write_text("other: [what is the weather]\n")
        models.mkdir()
        (models / "encoder").symlink_to(ROOT / "models" / "encoder")
        monkeypatch.setenv("CARE_CONTENT_DIR", str(content))
        monkeypatch.setenv("CARE_MODELS_DIR", str(models))

        built = care.invoke(app, ["index"])
        assert built.exit_code == 1
        assert "billing/x" in built.stderr
        assert not (models / "index" / "current").exists()
