"""Names and tags that nobody can see get a sign that can be seen.

Revision 0017, after 0016.
"""

from alembic import op

from storage.migrations.unseen import show_all

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    show_all(op.get_bind())
