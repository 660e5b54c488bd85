"""what Slack delivered; when something was last sent to a target"""

import sqlalchemy as sa
from alembic import op

from tickets.base import UtcTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "slack_inbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_key", sa.String(length=160), nullable=False),
        sa.Column("message_key", sa.String(length=160), nullable=True),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("ts", sa.String(length=32), nullable=False),
        sa.Column("user", sa.String(length=40), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=False),
        sa.Column("leased_until", UtcTime(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("done_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_slack_inbox_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slack_inbox")),
        sa.UniqueConstraint("event_key", name=op.f("uq_slack_inbox_event_key")),
        sa.UniqueConstraint("message_key", name=op.f("uq_slack_inbox_message_key")),
    )
    with op.batch_alter_table("slack_inbox", schema=None) as batch_op:
        batch_op.create_index("ix_slack_inbox_open", ["state", "conversation_id", "ts"], unique=False)
        batch_op.create_index("ix_slack_inbox_done", ["done_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_slack_inbox_conversation_id"), ["conversation_id"], unique=False)
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index("ix_deliveries_sent", ["target", "sent_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index("ix_deliveries_sent")
    op.drop_table("slack_inbox")
