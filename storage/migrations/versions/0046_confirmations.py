"""Registrations that are not confirmed yet, secret links in mails, and invitations.

Accounts that there are count as confirmed: a registration becomes an account by its confirmation.

Revision 0046, after 0044.
"""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0044"
branch_labels = None
depends_on = None


def _created() -> sa.Column[object]:
    return sa.Column(
        "created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
    )


def upgrade() -> None:
    """Go forward."""
    when = sa.DateTime(timezone=True)
    op.create_table(
        "registrations",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("welcome", sa.Boolean(), nullable=False),
        sa.Column("expires_at", when, nullable=False),
        _created(),
        sa.PrimaryKeyConstraint("user_id", name="pk_registrations"),
        sa.UniqueConstraint("hash", name="uq_registrations_hash"),
        schema="auth",
    )
    op.create_table(
        "mail_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("expires_at", when, nullable=False),
        _created(),
        sa.PrimaryKeyConstraint("id", name="pk_mail_tokens"),
        sa.UniqueConstraint("hash", name="uq_mail_tokens_hash"),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["auth.accounts.user_id"],
            name="fk_mail_tokens_user_id_accounts",
            ondelete="CASCADE",
        ),
        schema="auth",
    )
    op.create_table(
        "mails",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("at", when, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_mails"),
        schema="auth",
    )
    op.create_table(
        "invitations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("email", sa.Text()),
        sa.Column("expires_at", when, nullable=False),
        _created(),
        sa.PrimaryKeyConstraint("id", name="pk_invitations"),
        sa.UniqueConstraint("hash", name="uq_invitations_hash"),
        schema="auth",
    )
    op.create_table(
        "installation",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("founded_at", when, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_installation"),
        sa.CheckConstraint("id = 1", name="ck_installation_one"),
        schema="auth",
    )
    op.execute(
        "INSERT INTO auth.installation SELECT 1, min(created_at) FROM auth.accounts"
        " HAVING count(*) > 0"
    )
    for table, *columns in (
        ("registrations", "email"),
        ("registrations", "expires_at"),
        ("mail_tokens", "user_id"),
        ("mail_tokens", "expires_at"),
        ("mails", "at"),
        ("mails", "name", "at"),
        ("invitations", "expires_at"),
    ):
        op.create_index(f"ix_{table}_{'_'.join(columns)}", table, columns, schema="auth")
    op.execute("ALTER TABLE auth.accounts ADD COLUMN email_version integer NOT NULL DEFAULT 0")
    op.execute("ALTER TABLE users.users ADD COLUMN email_version integer NOT NULL DEFAULT 0")
    op.execute("ALTER TABLE notifications.people ADD COLUMN zone text")


def downgrade() -> None:
    """Go back: whoever has not confirmed registers again."""
    op.execute("ALTER TABLE notifications.people DROP COLUMN zone")
    op.execute("ALTER TABLE users.users DROP COLUMN email_version")
    op.execute("ALTER TABLE auth.accounts DROP COLUMN email_version")
    for table in ("installation", "invitations", "mails", "mail_tokens", "registrations"):
        op.drop_table(table, schema="auth")
