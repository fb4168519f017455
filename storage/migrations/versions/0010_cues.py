"""Reminders know the cue of a habit.

Revision 0010, after 0009.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward; what the habits room knows already is taken over."""
    op.add_column("habits", sa.Column("cue", sa.Text(), nullable=True), schema="reminders")
    op.execute(
        "UPDATE reminders.habits AS copy SET cue = own.cue FROM habits.habits AS own"
        " WHERE own.id = copy.habit_id AND own.user_id = copy.user_id AND NOT copy.deleted"
    )
