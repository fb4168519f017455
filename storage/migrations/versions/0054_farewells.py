"""What is still to be said to Google of links that have ended.

Revision 0054, after 0053.
"""

from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

FORWARD = (
    "CREATE TABLE calendar.google_farewells (farewell_id uuid CONSTRAINT pk_google_farewells"
    " PRIMARY KEY, refresh_token text NOT NULL, wish text NOT NULL, channel_id text,"
    " channel_resource text, revoke boolean NOT NULL, due_at timestamptz NOT NULL,"
    " attempts integer NOT NULL DEFAULT 0, created_at timestamptz NOT NULL DEFAULT now())",
    "CREATE INDEX ix_google_farewells_due_at ON calendar.google_farewells (due_at)",
)


def upgrade() -> None:
    """Go forward."""
    for statement in FORWARD:
        op.execute(statement)


def downgrade() -> None:
    """Go back: consents that were not given back lapse unused."""
    op.execute("DROP TABLE calendar.google_farewells")
