"""`care slack`: which Slack users are which partners and agents.

Both can link their own accounts (docs/slack.md); this is for operators who fill the list. What writes goes the
way of `care tickets`: through the running bot where there is one.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.writing import actor, ask_for, our_settings, printable, writing

app = typer.Typer(no_args_is_help=True, help="Which Slack users are which partners and agents.")

Team = Annotated[str, typer.Argument(help="The user's own workspace, like T0123ABCD.")]
User = Annotated[str, typer.Argument(help="The user, like U0123ABCD: in Slack, “Copy member ID” of a profile.")]


@app.command()
def link(
    team: Team,
    user: User,
    issuer: Annotated[str, typer.Option(help="CARE_PORTAL_ISSUER of the partner's portal.")],
    subject: Annotated[str, typer.Option(help="The portal's own id of the person (`sub`).")],
    company: Annotated[str, typer.Option(help="The portal's own id of the company, of somebody who is new here.")] = "",
    company_name: Annotated[str, typer.Option(help="The company's name, of somebody who is new here.")] = "",
    name: Annotated[str, typer.Option(help="The person's name, of somebody who is new here.")] = "",
    email: Annotated[str, typer.Option(help="The person's e-mail address, of somebody who is new here.")] = "",
) -> None:
    """Have a Slack user be a partner; a link to another partner is replaced."""
    new = {"company": company, "company_name": company_name, "name": name, "email": email}
    _change({"do": "link", "team": team, "user": user, "issuer": issuer, "subject": subject, **new})
    typer.echo(f"{user} of {team} is linked.")


@app.command()
def unlink(team: Team, user: User) -> None:
    """Have a Slack user be nobody known again; tickets stay with the partner."""
    _change({"do": "unlink", "team": team, "user": user})
    typer.echo(f"{user} of {team} is not linked any more.")


@app.command("link-agent")
def link_agent(
    team: Team,
    user: User,
    name: Annotated[str, typer.Argument(help="What the agent signs in to the console with: see `care users list`.")],
) -> None:
    """Have a Slack user be an agent; a link to another agent is replaced."""
    _change({"do": "link", "team": team, "user": user, "name": name}, "slack_agent")
    typer.echo(f"{user} of {team} is {name} now.")


@app.command("unlink-agent")
def unlink_agent(team: Team, user: User) -> None:
    """Have a Slack user be no agent any more."""
    _change({"do": "unlink", "team": team, "user": user}, "slack_agent")
    typer.echo(f"{user} of {team} is no agent any more.")


@app.command("list")
def list_links() -> None:
    """All linked Slack users, one a line: workspace, user, since when, by whom, partner or agent."""
    from tickets import slack_agents, slack_users

    with writing(our_settings(), make=True) as (_, database):
        partners, agents = database.read(slack_users.everybody), database.read(slack_agents.everybody)
    for one, partner in partners:
        who = f"{partner.subject} ({partner.issuer}) {partner.name}, {partner.company_name or partner.company}"
        typer.echo(f"{one.team:<12} {one.user:<12} {one.linked_at:%Y-%m-%d} {one.linked_by:<20} {printable(who)}")
    for link, agent in agents:
        who = f"agent {agent.name}{' (disabled)' if agent.disabled_at else ''}"
        typer.echo(f"{link.team:<12} {link.user:<12} {link.linked_at:%Y-%m-%d} {link.linked_by:<20} {printable(who)}")


def _change(what: dict[str, Any], of: str = "slack") -> None:
    with writing(our_settings(), make=True) as (ask, _):
        ask_for(ask, {of: {**what, "actor": actor()}})
