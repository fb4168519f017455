"""Analytics knows the order in which a person has their habits.

Revision 0016, after 0015.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward; what the habits room knows already is taken over."""
    op.add_column("habits", sa.Column("position", sa.Integer(), nullable=True), schema="analytics")
    op.execute(
        "UPDATE analytics.habits AS copy SET position = own.position FROM habits.habits AS own"
        " WHERE own.id = copy.habit_id AND own.user_id = copy.user_id AND NOT copy.deleted"
    )
