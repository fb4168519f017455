"""Whoever tells something rings for the courier.

Revision 0021, after 0020.
"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

RING = """
CREATE FUNCTION bus.ring() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('ritmo_outbox', '');
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    """Go forward."""
    op.execute(RING)
    op.execute(
        "CREATE TRIGGER ring AFTER INSERT ON bus.outbox"
        " FOR EACH STATEMENT EXECUTE FUNCTION bus.ring()"
    )


def downgrade() -> None:
    """Go back."""
    op.execute("DROP TRIGGER ring ON bus.outbox")
    op.execute("DROP FUNCTION bus.ring")
