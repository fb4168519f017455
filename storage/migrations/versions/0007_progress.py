"""Score and streaks go by other rules: all habits are worked out anew.

Revision 0007, after 0006.
"""

from alembic import op

from storage.migrations.settlement import settle_all

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    settle_all(op.get_bind())
    op.execute("UPDATE analytics.habits SET progress = NULL, settled_day = NULL")


def downgrade() -> None:
    """Go back: nothing is lost, what was worked out stays as it is."""
