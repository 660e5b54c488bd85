"""The people who sign in to the console, and their sessions: every function takes a session and does one thing.

A session is a random token in the agent's browser; only its hash is stored. It ends after 30
minutes without use, after 8 hours, by signing out, and with a change of password or a disabled agent.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.orm import Session

from tickets.agent_models import Agent, AgentSession, Audit
from tickets.base import now
from tickets.conversations import token_hash

AGENT, LEAD = "agent", "lead"
ROLES: Final = (AGENT, LEAD)
IDLE = timedelta(minutes=30)
LIFE = timedelta(hours=8)
COMMAND_LINE: Final = "command line"

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._@+-]{0,78}[a-z0-9])?")
_TOUCHED_EVERY = timedelta(minutes=1)
_KEPT = timedelta(days=30)  # sessions that are over, for their owner to look at
_MOST_SHOWN = 80


class AgentProblem(ValueError):
    """Something that cannot be done with a user; the message says why, in words for people."""


@dataclass(frozen=True)
class SignedIn:
    """Who uses the console now, and by which sign-in."""

    agent: Agent
    session: AgentSession


def add(session: Session, name: str, shown: str, role: str, password_hash: str) -> Agent:
    """A new user.

    Raises:
        AgentProblem: the name is taken or cannot be used.
    """
    name, shown = _clean_name(name), " ".join(shown.split())[:_MOST_SHOWN]
    _check_role(role)
    if by_name(session, name) is not None:
        raise AgentProblem(f"There is a user {name} already.")
    agent = Agent(id=secrets.token_hex(16), name=name, shown=shown or name, role=role, password=password_hash)
    session.add(agent)
    session.flush()
    log(session, COMMAND_LINE, "user_added", user=name, role=role)
    return agent


def by_name(session: Session, name: str) -> Agent | None:
    """The user who signs in with this name."""
    return session.scalar(select(Agent).where(Agent.name == name.strip().lower()))


def named(session: Session, name: str) -> Agent:
    """The same; raises AgentProblem where there is none."""
    agent = by_name(session, name)
    if agent is None:
        raise AgentProblem(f"There is no user {name}. `care users list` shows all.")
    return agent


def everybody(session: Session) -> Sequence[Agent]:
    """All users, also those who are disabled, by the name that is shown."""
    return session.scalars(select(Agent).order_by(Agent.shown, Agent.name)).all()


def active(session: Session) -> Sequence[Agent]:
    """The users who can be given tickets."""
    return session.scalars(select(Agent).where(Agent.disabled_at.is_(None)).order_by(Agent.shown, Agent.name)).all()


def set_disabled(session: Session, agent: Agent, disabled: bool) -> None:
    """Let a user sign in no more, or again. What is open is ended."""
    agent.disabled_at = now() if disabled else None
    if disabled:
        end_all(session, agent)
    log(session, COMMAND_LINE, "user_disabled" if disabled else "user_enabled", user=agent.name)


def set_role(session: Session, agent: Agent, role: str) -> None:
    """Make an agent a lead, or the other way round."""
    _check_role(role)
    log(session, COMMAND_LINE, "role_changed", user=agent.name, before=agent.role, after=role)
    agent.role = role


def set_password(session: Session, agent: Agent, password_hash: str, actor: str, *, but: str | None = None) -> None:
    """Change a password; every sign-in ends but the one with this token hash."""
    agent.password = password_hash
    end_all(session, agent, but=but)
    log(session, actor, "password_changed", user=agent.name)


def sign_in(session: Session, agent: Agent, client: str, replaced: str | None = None) -> str:
    """A new session's token, which nobody else ever sees; one the browser still had is ended, whosever it was.

    Args:
        client: what the browser calls itself.
        replaced: the token the browser came with.
    """
    at = now()
    if replaced is not None:
        _end(session, AgentSession.token_sha256 == token_hash(replaced))
    session.execute(delete(AgentSession).where(AgentSession.agent_id == agent.id, AgentSession.active_at < at - _KEPT))
    token = secrets.token_urlsafe(32)
    session.add(
        AgentSession(
            token_sha256=token_hash(token), agent_id=agent.id, client=client[:200], created_at=at, active_at=at
        )
    )
    log(session, agent.name, "signed_in")
    return token


def signed_in(session: Session, token: str) -> SignedIn | None:
    """Who a token stands for; None when it is unknown, over, or its agent disabled."""
    found = session.execute(
        select(AgentSession, Agent)
        .join(Agent, Agent.id == AgentSession.agent_id)
        .where(AgentSession.token_sha256 == token_hash(token), _valid(now()))
    ).one_or_none()
    return None if found is None else SignedIn(agent=found[1], session=found[0])


def still_valid(session: Session, hashes: Collection[str]) -> set[str]:
    """Which of these token hashes still stand for somebody."""
    query = select(AgentSession.token_sha256).join(Agent, Agent.id == AgentSession.agent_id)
    return set(session.scalars(query.where(AgentSession.token_sha256.in_(hashes), _valid(now()))))


def sessions(session: Session, agent: Agent) -> Sequence[AgentSession]:
    """An agent's open sign-ins, the one used last first."""
    query = select(AgentSession).join(Agent, Agent.id == AgentSession.agent_id)
    query = query.where(AgentSession.agent_id == agent.id, _valid(now()))
    return session.scalars(query.order_by(AgentSession.active_at.desc())).all()


def worth_touching(found: AgentSession) -> bool:
    """Whether the time of last use has to be written again."""
    return now() - found.active_at > _TOUCHED_EVERY


def touch(session: Session, hashed: str) -> None:
    """Note that a session is in use."""
    session.execute(update(AgentSession).where(AgentSession.token_sha256 == hashed).values(active_at=now()))


def end(session: Session, agent: Agent, hashed: str) -> bool:
    """End one of an agent's own sessions; False where it is not theirs or over."""
    return _end(session, AgentSession.token_sha256 == hashed, AgentSession.agent_id == agent.id)


def end_all(session: Session, agent: Agent, *, but: str | None = None) -> None:
    """End all sessions of an agent, or all others."""
    others = [] if but is None else [AgentSession.token_sha256 != but]
    _end(session, AgentSession.agent_id == agent.id, *others)


def _end(session: Session, *which: ColumnElement[bool]) -> bool:
    """End those of these sessions that are not over; whether there were any."""
    ended = update(AgentSession).where(*which, AgentSession.ended_at.is_(None)).values(ended_at=now())
    return bool(session.scalars(ended.returning(AgentSession.token_sha256)).all())


def log(session: Session, actor: str, what: str, **detail: Any) -> None:
    """Write down what must be traceable."""
    session.add(Audit(actor=actor[:80], what=what, detail=detail))


def _valid(at: datetime) -> ColumnElement[bool]:
    return and_(
        AgentSession.ended_at.is_(None),
        AgentSession.active_at > at - IDLE,
        AgentSession.created_at > at - LIFE,
        Agent.disabled_at.is_(None),
    )


def _clean_name(name: str) -> str:
    name = name.strip().lower()
    if not _NAME.fullmatch(name):
        raise AgentProblem("A user's name has letters, digits and . _ - @ +, like anna or anna.rossi@example.com.")
    return name


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise AgentProblem(f"There is no role {role}; there are {' and '.join(ROLES)}.")


def change_user(session: Session, what: dict[str, Any]) -> None:
    """What `care users` asks for.

    Args:
        what: `do` (add, disable, enable, password, role), `name`, and what that needs; a password only as its hash.

    Raises:
        AgentProblem: it cannot be done.
    """
    if what["do"] == "add":
        add(session, what["name"], what["shown"], what["role"], what["password"])
        return
    agent = named(session, what["name"])
    if what["do"] == "password":
        set_password(session, agent, what["password"], COMMAND_LINE)
    elif what["do"] == "role":
        set_role(session, agent, what["role"])
    else:
        set_disabled(session, agent, what["do"] == "disable")
