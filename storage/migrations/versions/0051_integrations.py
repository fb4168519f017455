"""Integrations: personal tokens with a user of the message broker.

Revision 0051, after 0050.
"""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "integrations",
        sa.Column("token_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("synced_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("token_id", name="pk_integrations"),
        sa.ForeignKeyConstraint(
            ["token_id"],
            ["auth.personal_tokens.id"],
            name="fk_integrations_token_id_personal_tokens",
            ondelete="CASCADE",
        ),
        schema="auth",
    )
    op.create_index("ix_integrations_user_id", "integrations", ["user_id"], schema="auth")


def downgrade() -> None:
    """Go back: what an integration asks with goes on as a token."""
    op.drop_table("integrations", schema="auth")
