"""Accounts without a password, and without an address.

Revision 0043, after 0042.
"""

from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.execute(
        "ALTER TABLE auth.accounts ALTER COLUMN email DROP NOT NULL, "
        "ALTER COLUMN password_hash DROP NOT NULL"
    )


def downgrade() -> None:
    """Go back: an address that leads nowhere and a hash that no password has stand for none."""
    op.execute(
        "UPDATE auth.accounts SET email = coalesce(email, user_id || '@nobody.invalid'), "
        "password_hash = coalesce(password_hash, '')"
    )
    op.execute(
        "ALTER TABLE auth.accounts ALTER COLUMN email SET NOT NULL, "
        "ALTER COLUMN password_hash SET NOT NULL"
    )
