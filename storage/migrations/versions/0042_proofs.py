"""A session knows when its holder last showed who they are.

Revision 0042, after 0041.
"""

from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.execute("ALTER TABLE auth.sessions ADD COLUMN proved_at timestamptz")


def downgrade() -> None:
    """Go back."""
    op.execute("ALTER TABLE auth.sessions DROP COLUMN proved_at")
