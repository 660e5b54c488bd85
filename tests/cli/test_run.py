"""`care run`: one clear sentence when it cannot start, one when it is ready, and nothing left when it stops."""

from __future__ import annotations

import asyncio
import http.client
import socket
import time
from pathlib import Path

import httpx
import psutil
import pytest

from cli.run import run_all
from settings import Settings
from tests.bot.peers import Rasa, serving
from tests.service import Service, free_port


class TestCannotStart:
    def test_a_taken_port(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            port = str(listening.getsockname()[1])
            assert run_all(Settings.load({"CARE_PORT": port, "CARE_DATA_DIR": str(tmp_path / "var")})) == 1
        sentence = capsys.readouterr().err
        assert sentence.startswith(f"Port {port} is taken.")
        assert "CARE_PORT" in sentence
        assert len(sentence.splitlines()) == 1
        assert not (tmp_path / "var").exists()

    @pytest.mark.parametrize(("name", "value"), [("CARE_HOST", "203.0.113.7"), ("CARE_HOST", "no.such.host.invalid")])
    def test_an_address_that_is_not_this_machines(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, value: str
    ) -> None:
        assert run_all(Settings.load({name: value, "CARE_DATA_DIR": str(tmp_path / "var")})) == 1
        assert capsys.readouterr().err.startswith(f"{name}={value} or CARE_PORT=8080 cannot be used: ")

    def test_a_data_folder_that_cannot_be(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "file").touch()
        settings = {"CARE_PORT": str(free_port()), "CARE_DATA_DIR": str(tmp_path / "file" / "var")}
        assert run_all(Settings.load(settings)) == 1
        assert capsys.readouterr().err.startswith("CARE_DATA_DIR cannot be used: ")

    @pytest.mark.parametrize(("made", "missing"), [([], "index"), (["index/current"], "dialogue model")])
    def test_models_that_were_never_built(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], made: list[str], missing: str
    ) -> None:
        for name in made:
            (tmp_path / name).parent.mkdir()
            (tmp_path / name).touch()
        settings = Settings.load(
            {"CARE_PORT": str(free_port()), "CARE_MODELS_DIR": str(tmp_path), "CARE_DATA_DIR": str(tmp_path / "var")}
        )
        assert run_all(settings) == 1
        sentence = capsys.readouterr().err
        assert f"no {missing}" in sentence
        assert "make run" in sentence

    def test_a_database_that_is_not_there(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        for name in ("index/current", "dialogue.tar.gz"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).touch()
        settings = {
            "CARE_PORT": str(free_port()),
            "CARE_MODELS_DIR": str(tmp_path),
            "CARE_DATA_DIR": str(tmp_path / "var"),
            "CARE_DATABASE_URL": "postgresql://care:hunter2@127.0.0.1:1/care",
            "CARE_ENGINE_URL": "http://127.0.0.1:1",
        }
        assert run_all(Settings.load(settings)) == 1
        sentence = capsys.readouterr().err
        assert sentence.startswith("The database of CARE_DATABASE_URL does not answer: ")
        assert "hunter2" not in sentence
        assert len(sentence.splitlines()) == 1


class TestRunning:
    def test_it_says_where_to_open_it_once_questions_can_be_answered(self, service: Service) -> None:
        end = time.monotonic() + 10  # it looks once a second
        while f"Ready: open http://127.0.0.1:{service.port}/" not in service.output():
            assert time.monotonic() < end, service.output()
            time.sleep(0.1)

    def test_the_two_others_run_beside_it(self, service: Service) -> None:
        assert service.child("engine").is_running()
        assert service.child("actions").is_running()

    def test_a_caller_that_was_idle_finds_its_connection_open(self, service: Service) -> None:
        """Else a press in Slack is lost now and then; uvicorn by itself closes after 5 s."""
        kept = http.client.HTTPConnection("127.0.0.1", service.port)
        kept.connect()
        kept.auto_open = 0  # it may not connect anew
        for idle in (0, 7):
            time.sleep(idle)
            kept.request("GET", "/healthz")
            answer = kept.getresponse()
            answer.read()
            assert answer.status == 200
        kept.close()

    def test_a_second_one_on_the_same_data_is_refused(
        self, service: Service, capsys: pytest.CaptureFixture[str]
    ) -> None:
        settings = Settings.load({"CARE_PORT": str(free_port()), "CARE_DATA_DIR": str(service.data_dir)})
        assert run_all(settings) == 1
        assert capsys.readouterr().err.startswith(f"Another `care run` uses {service.data_dir}.")
        assert service.ready()

    def test_only_its_own_port_is_open_and_only_on_its_address(self, service: Service) -> None:
        bot = service.child("actions").parent()
        assert bot is not None
        listening = {
            socket.laddr
            for process in [bot, *bot.children(recursive=True)]
            for socket in process.net_connections("inet")
            if socket.status == psutil.CONN_LISTEN
        }
        assert {address for address, _ in listening} == {"127.0.0.1"}
        assert len(listening) == 3

    async def test_ctrl_c_stops_everything_and_the_next_start_finds_what_was_said(
        self, tmp_path: Path, rasa: Rasa
    ) -> None:
        """With an engine that runs elsewhere, which must not be stopped."""
        running = Service(tmp_path / "var", {"CARE_ENGINE_URL": rasa.url})
        await asyncio.to_thread(running.start)
        try:
            actions = running.child("actions")
            with pytest.raises(LookupError):
                running.child("engine")
            (reply,) = await asyncio.to_thread(running.ask, "hello")
            assert reply["text"] == "re: hello"
        finally:
            start = time.monotonic()
            await asyncio.to_thread(running.stop)
        assert time.monotonic() - start < 15
        assert running._process is not None
        assert running._process.returncode == 0, running.output()
        assert ended(actions)
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{running.url}/healthz")
        assert "Traceback" not in running.output()

        async with serving(rasa.app) as elsewhere:  # the engine is still there, and may move
            again = Service(tmp_path / "var", {"CARE_ENGINE_URL": elsewhere})
            await asyncio.to_thread(again.start)
            try:
                await asyncio.to_thread(again.ask, "and again")
            finally:
                await asyncio.to_thread(again.stop)
        assert len({body["sender"] for body in rasa.heard}) == 1  # the same conversation as before


def ended(process: psutil.Process) -> bool:
    """Whether a process has ended."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
