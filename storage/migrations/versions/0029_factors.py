"""Second factors: seeds of apps, recovery codes, passkeys, and challenges.

Revision 0029, after 0027.
"""

from alembic import op

revision = "0029"
down_revision = "0027"
branch_labels = None
depends_on = None

OWNER = "REFERENCES auth.accounts (user_id) ON DELETE CASCADE"
FORWARD = (
    "CREATE TABLE auth.totp (user_id uuid CONSTRAINT pk_totp PRIMARY KEY CONSTRAINT"
    f" fk_totp_user_id_accounts {OWNER}, seed bytea, pending bytea, confirmed_at timestamptz,"
    " last_step bigint NOT NULL DEFAULT -1, created_at timestamptz NOT NULL DEFAULT now())",
    "CREATE TABLE auth.recovery_codes (user_id uuid NOT NULL CONSTRAINT"
    f" fk_recovery_codes_user_id_accounts {OWNER}, hash bytea NOT NULL,"
    " CONSTRAINT pk_recovery_codes PRIMARY KEY (user_id, hash))",
    "CREATE TABLE auth.passkeys (id uuid CONSTRAINT pk_passkeys PRIMARY KEY, user_id uuid NOT NULL"
    f" CONSTRAINT fk_passkeys_user_id_accounts {OWNER}, credential_id bytea NOT NULL CONSTRAINT"
    " uq_passkeys_credential_id UNIQUE, public_key bytea NOT NULL, sign_count bigint NOT NULL,"
    " name text NOT NULL, used_at timestamptz, created_at timestamptz NOT NULL DEFAULT now())",
    "CREATE INDEX ix_passkeys_user_id ON auth.passkeys (user_id)",
    "CREATE TABLE auth.challenges (challenge bytea CONSTRAINT pk_challenges PRIMARY KEY,"
    " purpose text NOT NULL, user_id uuid CONSTRAINT"
    f" fk_challenges_user_id_accounts {OWNER}, expires_at timestamptz NOT NULL)",
    "CREATE INDEX ix_challenges_user_id ON auth.challenges (user_id)",
    "CREATE INDEX ix_challenges_expires_at ON auth.challenges (expires_at)",
)


def upgrade() -> None:
    """Go forward."""
    for statement in FORWARD:
        op.execute(statement)


def downgrade() -> None:
    """Go back: second factors are gone then, and a login needs the password alone."""
    for table in ("challenges", "passkeys", "recovery_codes", "totp"):
        op.execute(f"DROP TABLE auth.{table}")
