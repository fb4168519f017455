"""Accounts know the devices that have signed in to them.

Revision 0031, after 0029.
"""

from alembic import op

revision = "0031"
down_revision = "0029"
branch_labels = None
depends_on = None

FORWARD = (
    "CREATE TABLE auth.devices (hash bytea CONSTRAINT pk_devices PRIMARY KEY,"
    " user_id uuid NOT NULL CONSTRAINT fk_devices_user_id_accounts"
    " REFERENCES auth.accounts (user_id) ON DELETE CASCADE,"
    " used_at timestamptz NOT NULL, created_at timestamptz NOT NULL DEFAULT now())",
    "CREATE INDEX ix_devices_user_id ON auth.devices (user_id)",
)


def upgrade() -> None:
    """Go forward."""
    for statement in FORWARD:
        op.execute(statement)


def downgrade() -> None:
    """Go back: devices are slowed down like unknown ones again."""
    op.execute("DROP TABLE auth.devices")
