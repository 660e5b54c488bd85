"""Agents and their sessions: who is who, when a session is over, what is written down."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, update

from tickets import agents
from tickets.agent_models import Agent, AgentSession, Audit
from tickets.agents import AgentProblem
from tickets.base import now
from tickets.conversations import token_hash
from tickets.database import Database


def make(database: Database, name: str = "anna", role: str = "agent") -> Agent:
    """A user whose password nobody knows."""
    return database.write(lambda session: agents.add(session, name, name.title(), role, "hash"))


def sign_in(database: Database, agent: Agent, replaced: str | None = None) -> str:
    """A session's token."""
    return database.write(lambda session: agents.sign_in(session, agent, "Firefox", replaced))


def who(database: Database, token: str) -> str | None:
    """The name of who a token stands for."""
    found = database.read(lambda session: agents.signed_in(session, token))
    return found.agent.name if found else None


def log(database: Database) -> list[tuple[str, str, dict[str, Any]]]:
    """The audit log."""
    return database.read(
        lambda session: [(row.actor, row.what, row.detail) for row in session.scalars(select(Audit).order_by(Audit.id))]
    )


class TestUsers:
    def test_a_user_is_found_however_the_name_is_written(self, database: Database) -> None:
        made = make(database, " Anna.Rossi@Example.com ")
        assert made.name == "anna.rossi@example.com"
        found = database.read(lambda session: agents.by_name(session, "ANNA.rossi@example.com "))
        assert found is not None
        assert found.id == made.id

    @pytest.mark.parametrize("name", ["", " ", "a b", "-a", "a-", "a'b", "<b>", "ä", "a" * 81, "a\nb", "a/b"])
    def test_a_name_that_nobody_can_type_is_refused(self, database: Database, name: str) -> None:
        with pytest.raises(AgentProblem, match="name has"):
            make(database, name)

    def test_a_name_is_given_once(self, database: Database) -> None:
        make(database)
        with pytest.raises(AgentProblem, match="already"):
            make(database, "ANNA")

    def test_a_role_that_is_none_is_refused(self, database: Database) -> None:
        with pytest.raises(AgentProblem, match="agent and lead"):
            make(database, role="admin")
        made = make(database)
        with pytest.raises(AgentProblem, match="agent and lead"):
            database.write(lambda session: agents.set_role(session, session.get_one(Agent, made.id), "root"))

    def test_who_is_disabled_is_given_no_tickets(self, database: Database) -> None:
        made = make(database)
        make(database, "bruno")
        database.write(lambda session: agents.set_disabled(session, session.get_one(Agent, made.id), True))
        assert [agent.name for agent in database.read(agents.active)] == ["bruno"]
        assert [agent.name for agent in database.read(agents.everybody)] == ["anna", "bruno"]


class TestSessions:
    def test_only_a_hash_of_the_token_is_kept(self, database: Database) -> None:
        token = sign_in(database, make(database))
        assert len(token) == 43  # 256 bits
        kept = database.read(lambda session: session.scalars(select(AgentSession)).one())
        assert kept.token_sha256 == token_hash(token)
        assert token not in repr(vars(kept))
        assert who(database, token) == "anna"
        assert who(database, token[:-1] + ("A" if token[-1] != "A" else "B")) is None
        assert who(database, token_hash(token)) is None

    def test_each_sign_in_has_a_new_token_and_ends_the_one_it_replaces(self, database: Database) -> None:
        made = make(database)
        first = sign_in(database, made)
        second = sign_in(database, made, first)
        assert who(database, first) is None
        assert who(database, second) == "anna"

    def test_a_sign_in_at_a_shared_computer_ends_the_session_of_who_sat_there(self, database: Database) -> None:
        bruno = make(database, "bruno")
        elsewhere, here = sign_in(database, bruno), sign_in(database, bruno)
        sign_in(database, make(database), here)
        assert who(database, here) is None
        assert who(database, elsewhere) == "bruno"

    @pytest.mark.parametrize(
        ("column", "ago", "valid"),
        [
            ("active_at", timedelta(minutes=29), True),
            ("active_at", timedelta(minutes=31), False),
            ("created_at", timedelta(hours=7, minutes=59), True),
            ("created_at", timedelta(hours=8, minutes=1), False),
        ],
    )
    def test_a_session_ends_unused_and_at_the_end_of_the_day(
        self, database: Database, column: str, ago: timedelta, valid: bool
    ) -> None:
        token = sign_in(database, make(database))
        database.write(lambda session: session.execute(update(AgentSession).values({column: now() - ago})))
        assert (who(database, token) is not None) is valid
        assert database.read(lambda session: agents.still_valid(session, {token_hash(token)})) == (
            {token_hash(token)} if valid else set()
        )

    def test_use_is_noted_and_keeps_it_alive(self, database: Database) -> None:
        token = sign_in(database, make(database))
        before = now() - timedelta(minutes=20)
        database.write(lambda session: session.execute(update(AgentSession).values(active_at=before)))
        found = database.read(lambda session: agents.signed_in(session, token))
        assert found is not None
        assert agents.worth_touching(found.session)
        database.write(lambda session: agents.touch(session, token_hash(token)))
        found = database.read(lambda session: agents.signed_in(session, token))
        assert found is not None
        assert not agents.worth_touching(found.session)

    def test_a_disabled_user_is_out_at_once_and_stays_out_when_enabled(self, database: Database) -> None:
        made = make(database)
        token = sign_in(database, made)
        for do in ("disable", "enable"):
            database.write(partial(agents.change_user, what={"do": do, "name": "anna"}))
            assert who(database, token) is None

    def test_a_new_password_ends_all_others(self, database: Database) -> None:
        made = make(database)
        here, there = sign_in(database, made), sign_in(database, made)
        brunos = sign_in(database, make(database, "bruno"))

        def change(session: Any) -> None:
            agents.set_password(session, session.get_one(Agent, made.id), "new", "anna", but=token_hash(here))

        database.write(change)
        assert (who(database, here), who(database, there), who(database, brunos)) == ("anna", None, "bruno")

    def test_an_agent_ends_own_sessions_only(self, database: Database) -> None:
        anna, bruno = make(database), make(database, "bruno")
        annas, brunos = sign_in(database, anna), sign_in(database, bruno)
        assert not database.write(lambda session: agents.end(session, anna, token_hash(brunos)))
        assert not database.write(lambda session: agents.end(session, anna, "0" * 64))
        assert database.write(lambda session: agents.end(session, anna, token_hash(annas)))
        assert not database.write(lambda session: agents.end(session, anna, token_hash(annas)))
        assert (who(database, annas), who(database, brunos)) == (None, "bruno")

    def test_open_sign_ins_are_listed_and_old_ones_forgotten(self, database: Database) -> None:
        made = make(database)
        for _ in range(2):
            sign_in(database, made)
        sign_in(database, make(database, "bruno"))
        assert len(database.read(lambda session: agents.sessions(session, made))) == 2
        long_ago = now() - timedelta(days=31)
        database.write(lambda session: session.execute(update(AgentSession).values(active_at=long_ago)))
        sign_in(database, made)
        kept = database.read(lambda session: session.scalars(select(AgentSession)).all())
        assert len([one for one in kept if one.agent_id == made.id]) == 1


class TestLog:
    def test_every_change_of_a_user_is_written_down(self, database: Database) -> None:
        hashed = "$argon2id$secret"
        steps: list[dict[str, str]] = [
            {"do": "add", "name": "anna", "shown": "Anna", "role": "agent", "password": hashed},
            {"do": "role", "name": "anna", "role": "lead"},
            {"do": "password", "name": "anna", "password": hashed},
            {"do": "disable", "name": "anna"},
            {"do": "enable", "name": "anna"},
        ]
        for step in steps:
            database.write(partial(agents.change_user, what=step))
        assert [(actor, what) for actor, what, _ in log(database)] == [
            ("command line", what)
            for what in ("user_added", "role_changed", "password_changed", "user_disabled", "user_enabled")
        ]
        assert hashed not in str(log(database))
        found = database.read(lambda session: agents.by_name(session, "anna"))
        assert found is not None
        assert (found.role, found.password, found.disabled_at) == ("lead", hashed, None)

    @pytest.mark.parametrize("do", ["role", "password", "disable", "enable"])
    def test_a_user_who_is_not_there_is_named(self, database: Database, do: str) -> None:
        change: Callable[[Any], None] = lambda session: agents.change_user(  # noqa: E731
            session, {"do": do, "name": "nobody", "role": "lead", "password": "x"}
        )
        with pytest.raises(AgentProblem, match="no user nobody"):
            database.write(change)
        assert log(database) == []
