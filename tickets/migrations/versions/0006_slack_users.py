"""Slack users who are known partners, and who wrote what in Slack"""

import sqlalchemy as sa
from alembic import op

from tickets.base import UtcTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "slack_users",
        sa.Column("team", sa.String(length=40), nullable=False),
        sa.Column("user", sa.String(length=40), nullable=False),
        sa.Column("partner_id", sa.String(length=32), nullable=False),
        sa.Column("linked_by", sa.String(length=80), nullable=False),
        sa.Column("linked_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_slack_users_partner_id")),
        sa.PrimaryKeyConstraint("team", "user", name=op.f("pk_slack_users")),
    )
    op.create_table(
        "slack_codes",
        sa.Column("team", sa.String(length=40), nullable=False),
        sa.Column("user", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_slack_codes_conversation_id")),
        sa.PrimaryKeyConstraint("team", "user", name=op.f("pk_slack_codes")),
        sa.UniqueConstraint("sha256", name=op.f("uq_slack_codes_sha256")),
    )
    with op.batch_alter_table("slack_users", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_slack_users_partner_id"), ["partner_id"], unique=False)
    with op.batch_alter_table("slack_codes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_slack_codes_conversation_id"), ["conversation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_slack_codes_expires_at"), ["expires_at"], unique=False)
    op.add_column("slack_inbox", sa.Column("user_team", sa.String(length=40), nullable=True))
    with op.batch_alter_table("turns", schema=None) as batch_op:
        batch_op.add_column(sa.Column("partner_id", sa.String(length=32), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_turns_partner_id"), "partners", ["partner_id"], ["id"])
        batch_op.create_index(batch_op.f("ix_turns_partner_id"), ["partner_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("turns", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_turns_partner_id"))
        batch_op.drop_constraint(batch_op.f("fk_turns_partner_id"), type_="foreignkey")
        batch_op.drop_column("partner_id")
    with op.batch_alter_table("slack_inbox", schema=None) as batch_op:
        batch_op.drop_column("user_team")
    op.drop_table("slack_codes")
    op.drop_table("slack_users")
