"""The bin: deleted habits stay for a while, and other rooms know that they are to be hidden.

Revision 0009, after 0008. What was deleted before is gone.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    binned_at = sa.Column("binned_at", sa.DateTime(timezone=True), nullable=True)
    op.add_column("habits", binned_at, schema="habits")
    op.add_column("habits", sa.Column("bin_id", sa.Uuid(), nullable=True), schema="habits")
    op.create_index(
        "ix_habits_binned_at",
        "habits",
        ["binned_at"],
        schema="habits",
        postgresql_where=sa.text("binned_at IS NOT NULL"),
    )
    for schema in ("analytics", "reminders", "journal"):
        for column in (
            sa.Column[bool]("binned", sa.Boolean(), server_default="false", nullable=False),
            sa.Column[int]("binned_version", sa.Integer(), server_default="0", nullable=False),
        ):
            op.add_column("habits", column, schema=schema)
    op.add_column("habits", sa.Column("binned_fact_id", sa.Uuid()), schema="analytics")
