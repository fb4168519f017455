"""A secret of the installation, by which requests are remembered for their Idempotency-Key.

What was kept as a plain hash is keyed now, so that a request that is sent again is still known;
what could hold a password or an address with a token in it is dropped.

Revision 0006, after 0005.
"""

import hmac
import secrets

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    kept = op.create_table(
        "secrets",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_secrets")),
        schema="bus",
    )
    secret = secrets.token_bytes(32)
    op.bulk_insert(kept, [{"name": "idempotency", "value": secret}])
    op.execute(
        "DELETE FROM bus.answers WHERE address IN ('auth.change_password', 'reminders.set_apprise')"
    )
    tx = op.get_bind()
    rows = tx.execute(sa.text("SELECT user_id, address, key, request_hash FROM bus.answers")).all()
    if rows:
        tx.execute(
            sa.text(
                "UPDATE bus.answers SET request_hash = :hash"
                " WHERE user_id = :user_id AND address = :address AND key = :key"
            ),
            [
                {**row._mapping, "hash": hmac.digest(secret, row.request_hash, "sha256")}
                for row in rows
            ],
        )
