"""Names and tags that nobody can see get a sign that can be seen: revision 0019 does it.

Revision 0017, after 0016.
"""

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
