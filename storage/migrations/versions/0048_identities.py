"""Identities of OpenID Connect, and attempts to sign in by them.

Revision 0048, after 0047.
"""

from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

OWNER = "REFERENCES auth.accounts (user_id) ON DELETE CASCADE"
FORWARD = (
    "CREATE TABLE auth.identities (id uuid CONSTRAINT pk_identities PRIMARY KEY, user_id uuid"
    f" NOT NULL CONSTRAINT fk_identities_user_id_accounts {OWNER}, issuer text NOT NULL,"
    " subject text NOT NULL, email text NOT NULL, used_at timestamptz,"
    " created_at timestamptz NOT NULL DEFAULT now(),"
    " CONSTRAINT uq_identities_issuer UNIQUE (issuer, subject))",
    "CREATE INDEX ix_identities_user_id ON auth.identities (user_id)",
    "CREATE TABLE auth.oidc_attempts (state bytea CONSTRAINT pk_oidc_attempts PRIMARY KEY,"
    f" user_id uuid CONSTRAINT fk_oidc_attempts_user_id_accounts {OWNER},"
    " expires_at timestamptz NOT NULL)",
    "CREATE INDEX ix_oidc_attempts_user_id ON auth.oidc_attempts (user_id)",
    "CREATE INDEX ix_oidc_attempts_expires_at ON auth.oidc_attempts (expires_at)",
)


def upgrade() -> None:
    """Go forward."""
    for statement in FORWARD:
        op.execute(statement)


def downgrade() -> None:
    """Go back: who signed in by a provider needs a password again."""
    op.execute("DROP TABLE auth.oidc_attempts")
    op.execute("DROP TABLE auth.identities")
