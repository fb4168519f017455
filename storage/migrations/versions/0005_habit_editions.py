"""Habits: the edition, which counts what their owner edits.

Revision 0005, after 0004. Until now `version` was compared, which counts check-ins, too: what
clients hold of it stays valid.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    edition = sa.Column("edition", sa.Integer(), server_default="1", nullable=False)
    op.add_column("habits", edition, schema="habits")
    op.execute("UPDATE habits.habits SET edition = version")
