"""The tables of the agents who work through the tickets, their sessions, and the log of what must be traceable."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from tickets.base import Base, UtcTime, now


class Agent(Base):
    """A person who signs in to the console."""

    __tablename__ = "agents"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)  # what is typed to sign in, lower case
    shown: Mapped[str] = mapped_column(String(80))  # how partners and colleagues see the person
    role: Mapped[str] = mapped_column(String(8))  # agent, lead
    password: Mapped[str] = mapped_column(String(200))  # Argon2id
    disabled_at: Mapped[datetime | None] = mapped_column(UtcTime)
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=now)


class AgentSession(Base):
    """A sign-in: the hash of its token, never the token."""

    __tablename__ = "agent_sessions"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    agent_id: Mapped[str] = mapped_column(ForeignKey(Agent.id), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime, default=now)
    active_at: Mapped[datetime] = mapped_column(UtcTime, default=now)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    client: Mapped[str] = mapped_column(String(200), default="")  # what the browser calls itself, to know it again


class Audit(Base):
    """What must be traceable: sign-ins, refusals, exports, erasures, changes of users. No partner is named."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime, default=now, index=True)
    actor: Mapped[str] = mapped_column(String(80))  # an agent's name, "command line", "system"
    what: Mapped[str] = mapped_column(String(40))  # signed_in, sign_in_failed, refused, exported, erased, …
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
