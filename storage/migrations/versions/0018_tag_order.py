"""Tags, which group habits, stand in the order of their person.

Revision 0018, after 0017.
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.execute("ALTER TABLE habits.people ADD COLUMN tag_order text[] NOT NULL DEFAULT '{}'")


def downgrade() -> None:
    """Go back."""
    op.drop_column("people", "tag_order", schema="habits")
