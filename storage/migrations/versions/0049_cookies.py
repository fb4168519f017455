"""Cookies by which browsers go on with sessions.

Revision 0049, after 0048.
"""

from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.execute(
        "CREATE TABLE auth.cookies (hash bytea CONSTRAINT pk_cookies PRIMARY KEY, session_id uuid"
        " NOT NULL CONSTRAINT fk_cookies_session_id_sessions REFERENCES auth.sessions (id)"
        " ON DELETE CASCADE, CONSTRAINT uq_cookies_session_id UNIQUE (session_id))"
    )


def downgrade() -> None:
    """Go back: browsers sign in again."""
    op.execute("DROP TABLE auth.cookies")
