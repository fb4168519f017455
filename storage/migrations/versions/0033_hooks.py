"""Hooks that check habits in.

Revision 0033, after 0032.
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "hooks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("habit_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_hooks"),
        sa.UniqueConstraint("hash", name="uq_hooks_hash"),
        sa.ForeignKeyConstraint(
            ["habit_id"], ["habits.habits.id"], name="fk_hooks_habit_id_habits", ondelete="CASCADE"
        ),
        schema="habits",
    )
    op.create_index("ix_hooks_user_id", "hooks", ["user_id"], schema="habits")
    op.create_index("ix_hooks_habit_id", "hooks", ["habit_id"], schema="habits")


def downgrade() -> None:
    """Go back: the hooks are gone, and their owners make new ones."""
    op.drop_table("hooks", schema="habits")
