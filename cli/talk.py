"""`care ask` and `care chat`: the terminal as one more client of POST /api/chat."""

from __future__ import annotations

from typing import Any

import httpx
import typer
from rich.console import Console
from rich.markdown import Markdown

from settings import Settings

_SECONDS = 20.0


def ask_one(settings: Settings, sender: str, message: str) -> list[dict[str, Any]]:
    """The replies to one message. Ends the program with a sentence when the bot does not run."""
    host = settings.host if settings.anonymous_allowed else "127.0.0.1"
    url = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}/api/chat"
    try:
        response = httpx.post(url, json={"sender": sender, "message": message}, timeout=_SECONDS)
    except httpx.HTTPError:
        typer.echo(f"No bot answers on port {settings.port}. Start it with `make run`.", err=True)
        raise typer.Exit(1) from None
    if response.status_code != 200:
        ours = response.headers.get("content-type", "") == "application/json"
        typer.echo(response.json()["detail"] if ours else f"Something answered {response.status_code}.", err=True)
        raise typer.Exit(1)
    replies: list[dict[str, Any]] = response.json()["replies"]
    return replies


def converse(settings: Settings, sender: str) -> None:
    """A conversation in the terminal until an empty line."""
    console = Console()
    buttons: list[dict[str, str]] = []
    while True:
        try:
            typed = input("> ").strip()
        except (EOFError, KeyboardInterrupt):
            return
        if not typed:
            return
        pressed = typed.isdecimal() and 0 < int(typed) <= len(buttons)
        replies = ask_one(settings, sender, buttons[int(typed) - 1]["payload"] if pressed else typed)
        buttons = [button for reply in replies for button in reply["buttons"]]
        for reply in replies:
            console.print(Markdown(reply["text"]))
        for number, button in enumerate(buttons, 1):
            console.print(f"  {number}. {button['title']}", markup=False)
