"""indexes of the agents' lists; full-text search of tickets, kept in step by triggers

The search's tables are not in the models: they hold nothing that is not elsewhere. A later migration
that makes the table `tickets` or `ticket_events` anew on SQLite (batch_alter_table with recreate)
loses the triggers on it and has to call `make_triggers()` of this module again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_FILTERS = ["state", "queue", "type", "assignee_id", "incomplete", "language", "first_answer_at", "resolved_at"]
_ACTIVE = sa.text("resolved_at IS NULL")
_SAID = "kind IN ('comment', 'reply', 'note')"

_SQLITE_TRIGGERS = (
    """
    CREATE TRIGGER ticket_search_added AFTER INSERT ON tickets BEGIN
      INSERT INTO ticket_search(rowid, subject, description, who, facts, said)
      VALUES (new.number, new.subject, new.description, {contact}, {fields}, '');
    END
    """,
    """
    CREATE TRIGGER ticket_search_changed AFTER UPDATE OF subject, description, contact, fields ON tickets BEGIN
      UPDATE ticket_search SET subject = new.subject, description = new.description, who = {contact}, facts = {fields}
      WHERE rowid = new.number;
    END
    """,
    """
    CREATE TRIGGER ticket_search_removed AFTER DELETE ON tickets BEGIN
      DELETE FROM ticket_search WHERE rowid = old.number;
    END
    """,
    """
    CREATE TRIGGER ticket_search_said AFTER INSERT ON ticket_events WHEN new.text <> '' AND new.{said} BEGIN
      UPDATE ticket_search SET said = said || ' ' || new.text WHERE rowid = new.ticket_number;
    END
    """,
    """
    CREATE TRIGGER ticket_search_said_changed AFTER UPDATE OF text ON ticket_events WHEN new.{said} BEGIN
      UPDATE ticket_search SET said = {all_said_new} WHERE rowid = new.ticket_number;
    END
    """,
    """
    CREATE TRIGGER ticket_search_said_removed AFTER DELETE ON ticket_events WHEN old.{said} BEGIN
      UPDATE ticket_search SET said = {all_said_old} WHERE rowid = old.ticket_number;
    END
    """,
)
_ALL_SAID = """coalesce((SELECT group_concat(text, ' ') FROM ticket_events
  WHERE ticket_number = {row}.ticket_number AND kind IN ('comment', 'reply', 'note')), '')"""
_ATOMS = "coalesce((SELECT group_concat(atom, ' ') FROM json_tree(new.{column}) WHERE atom IS NOT NULL), '')"

_POSTGRESQL_TRIGGERS = (
    r"""
    CREATE FUNCTION ticket_search_plain(said text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
      SELECT regexp_replace(
        regexp_replace(normalize(left(said, 400000), NFD), '[\u0300-\u036F]', '', 'g'), '[\W_]+', ' ', 'g')
    $$
    """,
    """
    CREATE FUNCTION ticket_search_atoms(said jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
      SELECT string_agg(atom #>> '{}', ' ')
      FROM jsonb_path_query(said, 'strict $.** ? (@.type() == "string" || @.type() == "number")') atom
    $$
    """,
    """
    CREATE FUNCTION ticket_search_words(wanted integer) RETURNS tsvector LANGUAGE sql STABLE AS $$
      SELECT to_tsvector('simple', ticket_search_plain(concat_ws(' ', t.subject, t.description,
        ticket_search_atoms(t.contact::jsonb),
        ticket_search_atoms(t.fields::jsonb),
        (SELECT string_agg(text, ' ') FROM ticket_events
           WHERE ticket_number = t.number AND kind IN ('comment', 'reply', 'note')))))
      FROM tickets t WHERE t.number = wanted
    $$
    """,
    """
    CREATE FUNCTION ticket_search_ticket() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO ticket_search(number, words) VALUES (new.number, ticket_search_words(new.number))
      ON CONFLICT (number) DO UPDATE SET words = excluded.words;
      RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION ticket_search_event() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE changed integer := CASE WHEN TG_OP = 'DELETE' THEN old.ticket_number ELSE new.ticket_number END;
    BEGIN
      UPDATE ticket_search SET words = ticket_search_words(changed)
      WHERE number = changed AND EXISTS (SELECT 1 FROM tickets WHERE number = changed);
      RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER ticket_search_changed AFTER INSERT OR UPDATE OF subject, description, contact, fields ON tickets
    FOR EACH ROW EXECUTE FUNCTION ticket_search_ticket()
    """,
    """
    CREATE TRIGGER ticket_search_said AFTER INSERT ON ticket_events FOR EACH ROW
    WHEN (new.text <> '' AND new.kind IN ('comment', 'reply', 'note')) EXECUTE FUNCTION ticket_search_event()
    """,
    """
    CREATE TRIGGER ticket_search_said_changed AFTER UPDATE OF text OR DELETE ON ticket_events FOR EACH ROW
    EXECUTE FUNCTION ticket_search_event()
    """,
)


def upgrade() -> None:
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        batch_op.create_index("ix_tickets_by_priority", ["rank", "due_at", "number", *_FILTERS])
        batch_op.create_index("ix_tickets_by_age", ["created_at", "number", "rank", "due_at", *_FILTERS])
        batch_op.create_index("ix_tickets_by_change", ["updated_at", "number", "rank", "due_at", *_FILTERS])
        for name, columns in (
            ("ix_tickets_active_priority", ["rank", "due_at", "number", *_FILTERS]),
            ("ix_tickets_active_counts", ["queue", "assignee_id", "due_at", "first_answer_at", "resolved_at"]),
        ):
            batch_op.create_index(name, columns, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TABLE ticket_search (number integer PRIMARY KEY REFERENCES tickets (number) ON DELETE CASCADE, "
            "words tsvector NOT NULL)"
        )
        op.execute("CREATE INDEX ix_ticket_search_words ON ticket_search USING gin (words)")
        make_triggers()
        op.execute("INSERT INTO ticket_search SELECT number, ticket_search_words(number) FROM tickets")
        return
    op.execute(
        "CREATE VIRTUAL TABLE ticket_search USING fts5(subject, description, who, facts, said, "
        "tokenize = 'unicode61 remove_diacritics 2', prefix = '3')"
    )
    make_triggers()
    everything = (_ATOMS.format(column=column).replace("new.", "tickets.") for column in ("contact", "fields"))
    op.execute(
        "INSERT INTO ticket_search(rowid, subject, description, who, facts, said) "  # noqa: S608  nothing from outside
        f"SELECT number, subject, description, {', '.join(everything)}, "
        + _ALL_SAID.format(row="tickets").replace("tickets.ticket_number", "tickets.number")
        + " FROM tickets"
    )


def make_triggers() -> None:
    """The triggers that keep the search in step with the tickets."""
    if op.get_bind().dialect.name == "postgresql":
        for statement in _POSTGRESQL_TRIGGERS:
            op.get_bind().exec_driver_sql(statement)
        return
    parts = {
        "contact": _ATOMS.format(column="contact"),
        "fields": _ATOMS.format(column="fields"),
        "said": _SAID,
        "all_said_new": _ALL_SAID.format(row="new"),
        "all_said_old": _ALL_SAID.format(row="old"),
    }
    for statement in _SQLITE_TRIGGERS:
        op.get_bind().exec_driver_sql(statement.format(**parts))


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for name, table in (("changed", "tickets"), ("said", "ticket_events"), ("said_changed", "ticket_events")):
            op.execute(f"DROP TRIGGER ticket_search_{name} ON {table}")
        for function in ("event()", "ticket()", "words(integer)", "atoms(jsonb)", "plain(text)"):
            op.execute(f"DROP FUNCTION ticket_search_{function}")
    else:
        for name in ("added", "changed", "removed", "said", "said_changed", "said_removed"):
            op.execute(f"DROP TRIGGER ticket_search_{name}")
    op.execute("DROP TABLE ticket_search")
    with op.batch_alter_table("tickets", schema=None) as batch_op:
        for name in ("active_counts", "active_priority", "by_change", "by_age", "by_priority"):
            batch_op.drop_index(f"ix_tickets_{name}")
