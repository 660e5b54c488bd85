"""`care ask` and `care chat`: the terminal is one more client, and says in a sentence why there is no answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
import typer

from cli.talk import ask_one, converse
from settings import Settings
from tests.bot.peers import Rasa, serving
from tests.bot.web.conftest import MakeApp
from tests.service import Service, free_port


@pytest.fixture
def here(service: Service) -> Settings:
    """The settings by which the running service is found."""
    return Settings.load({"CARE_PORT": str(service.port)})


def typing(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """A person at the terminal; after the last line the input ends."""
    left: Iterator[str] = iter(lines)

    def read(_: str = "") -> str:
        try:
            return next(left)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", read)


class TestAskOne:
    def test_the_replies_are_those_of_the_api(self, here: Settings) -> None:
        (reply,) = ask_one(here, "talk-1", "Until when can I dispute an invoice?")
        assert reply["data"]["id"] == "billing/dispute-period"

    def test_the_bot_is_found_where_it_listens_on_every_address(self, service: Service) -> None:
        everywhere = Settings.load({"CARE_PORT": str(service.port), "CARE_HOST": "0.0.0.0"})
        assert ask_one(everywhere, "talk-2", "hello")

    def test_no_bot_is_one_sentence(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(typer.Exit) as stopped:
            ask_one(Settings.load({"CARE_PORT": str(free_port())}), "someone", "hello")
        assert stopped.value.exit_code == 1
        assert "make run" in capsys.readouterr().err

    async def test_a_refusal_is_the_bots_own_sentence(
        self, make_app: MakeApp, capsys: pytest.CaptureFixture[str]
    ) -> None:
        async with serving(make_app(CARE_RATE_LIMIT="1")) as url:
            place = Settings.load({"CARE_PORT": url.rsplit(":", 1)[1]})
            await asyncio.to_thread(ask_one, place, "someone", "hello")
            with pytest.raises(typer.Exit):
                await asyncio.to_thread(ask_one, place, "someone", "hello")
        assert "wait a minute" in capsys.readouterr().err


class TestConversation:
    def test_a_number_presses_a_button_and_an_empty_line_ends(
        self, here: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        typing(monkeypatch, "Until when can I dispute an invoice?", "2", "", "never read")
        converse(here, "talk-3")
        shown = capsys.readouterr().out
        assert "2. Yes, thanks" in shown
        assert "3. No" in shown
        assert "Good to hear" in shown

    @pytest.mark.parametrize("number", ["0", "99", "-1", "1.", "²"])
    def test_a_number_without_a_button_is_a_message(
        self, here: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: str
    ) -> None:
        typing(monkeypatch, "Until when can I dispute an invoice?", number)
        converse(here, f"talk-4-{number}")
        assert "Good to hear" not in capsys.readouterr().out

    def test_the_end_of_the_input_ends_it(
        self, here: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        typing(monkeypatch)
        converse(here, "talk-5")
        assert capsys.readouterr().out == ""

    async def test_what_a_partner_could_have_written_is_not_read_as_markup_of_the_terminal(
        self, make_app: MakeApp, rasa: Rasa, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        typing(monkeypatch, "[bold]hello[/nothing]")
        async with serving(make_app()) as url:
            place = Settings.load({"CARE_PORT": url.rsplit(":", 1)[1]})
            await asyncio.to_thread(converse, place, "someone")
        assert "[bold]hello[/nothing]" in capsys.readouterr().out
