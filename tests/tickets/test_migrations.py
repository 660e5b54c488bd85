"""The migrations make exactly the tables of tickets/models.py, from any form before, and lose nothing."""

from __future__ import annotations

import re

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, inspect, text

from settings import ROOT
from tickets.base import Base
from tickets.database import Database
from tickets.models import Conversation


def config(connection: Connection | None = None) -> Config:
    """Alembic's settings as `Database.migrate` makes them."""
    made = Config()
    made.set_main_option("script_location", str(ROOT / "tickets" / "migrations"))
    made.attributes["connection"] = connection
    return made


def ours(name: str | None, type_: str, _: object) -> bool:
    """All but the tables of the full-text search, which SQLite makes itself and no model maps."""
    return not (type_ == "table" and name is not None and re.fullmatch("ticket_search(_[a-z]+)?", name))


def test_the_migrated_tables_are_those_of_the_models(database: Database) -> None:
    with database.engine.connect() as connection:
        opts = {"compare_type": True, "include_name": ours}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, Base.metadata) == []


def test_the_names_of_constraints_are_those_of_the_models(database: Database) -> None:
    """compare_metadata does not look at them, and a migration that drops one needs its name."""
    found = inspect(database.engine)
    for table in Base.metadata.tables.values():
        made = {key["name"] for key in found.get_foreign_keys(table.name)}
        made |= {key["name"] for key in found.get_unique_constraints(table.name)}
        made |= {found.get_pk_constraint(table.name)["name"]} - {None}
        wanted = {constraint.name for constraint in table.constraints}
        if database.is_sqlite and table.dialect_options["sqlite"]["autoincrement"]:  # it keeps no name for it
            wanted.discard(table.primary_key.name)
        assert made == wanted, table.name


def test_migrating_again_changes_nothing_and_keeps_everything(database: Database) -> None:
    database.write(lambda session: session.add(Conversation(id="c", channel="api", external_id="x")))
    database.migrate()
    assert database.read(lambda session: session.get(Conversation, "c")) is not None


def test_there_is_one_line_of_migrations_without_branches() -> None:
    scripts = ScriptDirectory.from_config(config())
    revisions = [script.revision for script in scripts.walk_revisions()]
    assert len(scripts.get_heads()) == 1
    assert revisions == sorted(revisions, reverse=True)
    assert revisions


def test_every_migration_can_be_undone_and_done_again(empty: Database) -> None:
    empty.migrate()
    with empty.engine.begin() as connection:
        command.downgrade(config(connection), "base")
        assert set(inspect(connection).get_table_names()) == {"alembic_version"}
    empty.migrate()
    with empty.engine.connect() as connection:
        assert (
            compare_metadata(MigrationContext.configure(connection, opts={"include_name": ours}), Base.metadata) == []
        )


def test_a_migration_that_fails_leaves_the_tables_as_they_were(empty: Database) -> None:
    empty.write(lambda session: session.execute(text("CREATE TABLE turns (mine INTEGER)")))  # in the way
    with pytest.raises(Exception, match="turns"):
        empty.migrate()
    assert set(inspect(empty.engine).get_table_names()) == {"turns"}


def test_a_database_of_a_newer_program_is_left_alone(database: Database) -> None:
    database.write(lambda session: session.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(CommandError, match="9999"):
        database.migrate()
