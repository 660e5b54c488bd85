"""The tables: times are UTC everywhere, and every constraint has a name that a migration can use."""

from datetime import UTC, datetime, timedelta, timezone

from sqlalchemy.orm import Session

from tickets.base import Base, now
from tickets.database import Database
from tickets.models import Conversation, Turn


def test_the_current_time_is_utc() -> None:
    assert now().tzinfo is UTC
    assert abs(datetime.now(UTC) - now()) < timedelta(seconds=5)


def test_a_time_of_another_zone_is_the_same_moment_when_it_is_read_back(database: Database) -> None:
    rome = timezone(timedelta(hours=1))
    noon_in_rome = datetime(2026, 11, 22, 12, 0, tzinfo=rome)
    database.write(
        lambda session: session.add(Conversation(id="c", channel="api", external_id="x", created_at=noon_in_rome))
    )

    stored = database.read(lambda session: session.get_one(Conversation, "c"))

    assert stored.created_at == noon_in_rome
    assert stored.created_at.tzinfo is UTC
    assert stored.created_at.hour == 11


def test_a_missing_time_stays_missing(database: Database) -> None:
    def store(session: Session) -> None:
        session.add(Conversation(id="c", channel="api", external_id="x"))
        session.flush()
        session.add(Turn(id="t", conversation_id="c", seq=1, message="hello"))

    database.write(store)

    assert database.read(lambda session: session.get_one(Turn, "t")).finished_at is None


def test_a_conversation_begins_now(database: Database) -> None:
    database.write(lambda session: session.add(Conversation(id="c", channel="api", external_id="x")))

    made = database.read(lambda session: session.get_one(Conversation, "c"))

    assert abs(now() - made.created_at) < timedelta(seconds=5)
    assert abs(now() - made.active_at) < timedelta(seconds=5)


def test_every_constraint_and_index_is_named_so_that_a_migration_can_change_it() -> None:
    constraints = [found for table in Base.metadata.tables.values() for found in table.constraints]
    indexes = [found for table in Base.metadata.tables.values() for found in table.indexes]

    assert len(constraints) >= 14
    assert indexes
    assert [found for found in constraints if found.name is None] == []
    assert [found for found in indexes if found.name is None] == []


def test_everything_a_partner_wrote_hangs_on_a_conversation() -> None:
    """What `forget_old` deletes: a table with partners' words but no conversation would be forgotten by nobody."""
    of_conversations = {
        mapper.class_.__tablename__ for mapper in Base.registry.mappers if mapper.class_.__module__ == "tickets.models"
    }
    keyed = {name for name in of_conversations if "conversation_id" in Base.metadata.tables[name].c}
    assert keyed == of_conversations - {"conversations", "used_tokens"}  # the latter: a hash, until it expires
