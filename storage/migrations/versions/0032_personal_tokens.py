"""Personal access tokens.

Revision 0032, after 0031.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "personal_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_personal_tokens"),
        sa.UniqueConstraint("hash", name="uq_personal_tokens_hash"),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth.accounts.user_id"],
            name="fk_personal_tokens_user_id_accounts",
            ondelete="CASCADE",
        ),
        schema="auth",
    )
    op.create_index("ix_personal_tokens_user_id", "personal_tokens", ["user_id"], schema="auth")


def downgrade() -> None:
    """Go back: the tokens are gone, and their owners make new ones."""
    op.drop_table("personal_tokens", schema="auth")
