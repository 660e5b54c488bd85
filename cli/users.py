"""`care users`: who may sign in to the console.

Passwords are typed twice, or read from standard input where that is no terminal; never from the
command line, which others on the machine can read. What writes goes the way of `care tickets`:
through the running bot where there is one.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from cli.writing import ask_for, our_settings, stop, writing

app = typer.Typer(no_args_is_help=True, help="Who may sign in to the agents' console.")

Name = Annotated[str, typer.Argument(help="What is typed to sign in, like anna or anna.rossi@example.com.")]


@app.command()
def add(
    name: Name,
    shown: Annotated[str, typer.Option("--shown", help="The name partners and colleagues see.")] = "",
    role: Annotated[str, typer.Option(help="agent, or lead.")] = "agent",
) -> None:
    """Make a user; the password is asked for."""
    _change({"do": "add", "name": name, "shown": shown or name, "role": role, "password": _new_password(name)})
    typer.echo(f"{name} can sign in now.")


@app.command("list")
def list_users() -> None:
    """All users, one a line."""
    from tickets import agents

    with writing(our_settings(), make=True) as (_, database):
        found = database.read(agents.everybody)
    for agent in found:
        state = "disabled" if agent.disabled_at else "active"
        typer.echo(f"{agent.name:<24} {agent.role:<6} {state:<9} {agent.shown}")


@app.command()
def disable(name: Name) -> None:
    """Let a user sign in no more; open windows are closed within seconds."""
    _change({"do": "disable", "name": name})
    typer.echo(f"{name} cannot sign in any more.")


@app.command()
def enable(name: Name) -> None:
    """Let a disabled user sign in again."""
    _change({"do": "enable", "name": name})
    typer.echo(f"{name} can sign in again.")


@app.command()
def password(name: Name) -> None:
    """Give a user a new password; all their sign-ins end."""
    _change({"do": "password", "name": name, "password": _new_password(name)})
    typer.echo(f"The password of {name} is changed.")


@app.command()
def role(name: Name, new: Annotated[str, typer.Argument(help="agent, or lead.")]) -> None:
    """Make an agent a lead, or the other way round."""
    _change({"do": "role", "name": name, "role": new})
    typer.echo(f"{name} is {new} now.")


def _change(what: dict[str, Any]) -> None:
    with writing(our_settings(), make=True) as (ask, _):
        ask_for(ask, {"user": what})


def _new_password(name: str) -> str:
    """What is stored of the password that is typed (twice) or read."""
    from tickets import passwords

    if sys.stdin.isatty():
        typed: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        typed = sys.stdin.readline().rstrip("\r\n")
    try:
        passwords.check(typed, name)
    except passwords.WeakPassword as weak:
        stop(str(weak))
    return passwords.make_hash(typed)
