"""What waits for one target is found beside all that went there before: in an outage thousands wait"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_deliveries_waiting", "deliveries", ["target", "destination", "state", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_deliveries_waiting", table_name="deliveries")
