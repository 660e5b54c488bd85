"""Agents in Slack: which users they are, which tickets stand in which of their channels, what they pressed"""

import sqlalchemy as sa
from alembic import op

from tickets.base import UtcTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "slack_agents",
        sa.Column("team", sa.String(length=40), nullable=False),
        sa.Column("user", sa.String(length=40), nullable=False),
        sa.Column("agent_id", sa.String(length=32), nullable=False),
        sa.Column("linked_by", sa.String(length=80), nullable=False),
        sa.Column("linked_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_slack_agents_agent_id")),
        sa.PrimaryKeyConstraint("team", "user", name=op.f("pk_slack_agents")),
    )
    op.create_table(
        "slack_tickets",
        sa.Column("ticket_number", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("ts", sa.String(length=32), nullable=True),
        sa.Column("shown", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_number"], ["tickets.number"], name=op.f("fk_slack_tickets_ticket_number")),
        sa.PrimaryKeyConstraint("ticket_number", "channel", name=op.f("pk_slack_tickets")),
    )
    op.create_table(
        "slack_presses",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("ticket_number", sa.Integer(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_number"], ["tickets.number"], name=op.f("fk_slack_presses_ticket_number")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_slack_presses")),
    )
    with op.batch_alter_table("slack_agents", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_slack_agents_agent_id"), ["agent_id"], unique=False)
    with op.batch_alter_table("slack_presses", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_slack_presses_ticket_number"), ["ticket_number"], unique=False)
        batch_op.create_index(batch_op.f("ix_slack_presses_at"), ["at"], unique=False)
    op.add_column("slack_codes", sa.Column("kind", sa.String(length=8), server_default="partner", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("slack_codes", schema=None) as batch_op:
        batch_op.drop_column("kind")
    op.drop_table("slack_presses")
    op.drop_table("slack_tickets")
    op.drop_table("slack_agents")
