"""Which Slack users are agents: linked by an operator, or by the agent with a one-time code entered in the console."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from tickets import agents, slack_users
from tickets.agent_models import Agent
from tickets.base import insert, now
from tickets.slack_models import SlackAgent
from tickets.slack_users import FOR_AGENT, SlackProblem


def agent_of(session: Session, team: str, user: str) -> Agent | None:
    """The agent whom a Slack user is linked to, also one who is disabled."""
    found = session.get(SlackAgent, (team, user), populate_existing=True)
    return session.get(Agent, found.agent_id, populate_existing=True) if found else None


def everybody(session: Session) -> Sequence[tuple[SlackAgent, Agent]]:
    """All links, with their agents."""
    query = select(SlackAgent, Agent).join(Agent, Agent.id == SlackAgent.agent_id)
    return [(link, agent) for link, agent in session.execute(query.order_by(SlackAgent.team, SlackAgent.user))]


def of_agent(session: Session, agent: Agent) -> Sequence[SlackAgent]:
    """The Slack users of an agent."""
    query = select(SlackAgent).where(SlackAgent.agent_id == agent.id)
    return session.scalars(query.order_by(SlackAgent.team, SlackAgent.user)).all()


def link(session: Session, team: str, user: str, agent: Agent, by: str) -> None:
    """Have a Slack user be this agent from now on; a link to another agent is replaced."""
    said = {"agent_id": agent.id, "linked_by": by[:80], "linked_at": now()}
    made = insert(session, SlackAgent).values(team=team, user=user, **said)
    session.execute(made.on_conflict_do_update(index_elements=["team", "user"], set_=said))
    slack_users.forget_code(session, team, user)
    agents.log(session, by, "slack_agent_linked", user=agent.name)


def unlink(session: Session, team: str, user: str, by: str) -> bool:
    """Have a Slack user be no agent; False where they were none."""
    links = delete(SlackAgent).where(SlackAgent.team == team, SlackAgent.user == user)
    return _unlink(session, links, by) > 0


def unlink_agent(session: Session, agent: Agent) -> int:
    """End all links of an agent, by the agent; how many there were."""
    return _unlink(session, delete(SlackAgent).where(SlackAgent.agent_id == agent.id), agent.name)


def redeem(session: Session, typed: str, agent: Agent) -> str | None:
    """Link whoever was shown this code to the agent; the conversation it was shown in, None where it isn't valid."""
    found = slack_users.take_code(session, typed, FOR_AGENT)
    if found is None:
        return None
    team, user, conversation_id = found
    link(session, team, user, agent, agent.name)
    return conversation_id


def change_link(session: Session, what: dict[str, Any]) -> None:
    """What `care slack link-agent` and `unlink-agent` ask for.

    Args:
        what: `do` (link, unlink), `team`, `user`, `actor`; to link, `name` of the agent.

    Raises:
        SlackProblem, AgentProblem: it cannot be done.
    """
    team, user = str(what["team"]), str(what["user"])
    slack_users.check_ids(team, user)
    if what["do"] == "link":
        link(session, team, user, agents.named(session, what["name"]), what["actor"])
    elif not unlink(session, team, user, what["actor"]):
        raise SlackProblem(f"{user} of {team} is linked to no agent.")


def _unlink(session: Session, links: Any, by: str) -> int:
    gone = session.execute(links.returning(SlackAgent.team, SlackAgent.user, SlackAgent.agent_id)).all()
    for team, user, agent_id in gone:
        slack_users.forget_code(session, team, user)
        agent = session.get(Agent, agent_id)
        agents.log(session, by, "slack_agent_unlinked", user=agent.name if agent else "")
    return len(gone)
