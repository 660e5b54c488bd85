"""Alembic's entry: migrations run on the connection that `Database.migrate` hands over."""

from alembic import context

from tickets import models, slack_models  # noqa: F401  the tables must be known
from tickets.base import Base

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Base.metadata, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
