"""The calendar room: feeds, what stood in them, and what it follows.

Revision 0041, after 0040.
"""

from alembic import op

from storage.replica.nouns import Breaks, Days, Entries, Habits, People
from storage.replica.tables import create_tables

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

TABLES = (
    "CREATE TABLE calendar.feeds (feed_id uuid CONSTRAINT pk_feeds PRIMARY KEY,"
    " user_id uuid NOT NULL, secret_hash bytea NOT NULL CONSTRAINT uq_feeds_secret_hash UNIQUE,"
    " shows text NOT NULL, habit_id uuid, tag text, form text NOT NULL, timed boolean NOT NULL,"
    " alarms boolean NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),"
    " used_at timestamptz, written_at timestamptz, day date, etag text, changed_at timestamptz,"
    " file bytea)",
    "CREATE INDEX ix_feeds_user_id ON calendar.feeds (user_id)",
    "CREATE TABLE calendar.components (feed_id uuid, uid text, digest bytea NOT NULL,"
    " sequence integer NOT NULL, changed_at timestamptz NOT NULL,"
    " CONSTRAINT pk_components PRIMARY KEY (feed_id, uid),"
    " CONSTRAINT fk_components_feed_id_feeds FOREIGN KEY (feed_id)"
    " REFERENCES calendar.feeds (feed_id) ON DELETE CASCADE)",
)


def upgrade() -> None:
    """Go forward."""
    op.execute("CREATE SCHEMA calendar")
    create_tables(
        op.get_bind(),
        "calendar",
        People("name language zone day_start week_start disabled"),
        Habits("name kind measure unit tags versions position archived"),
        Days("value state", since=400),
        Breaks(),
        Entries("day mood", since=400),
    )
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    """Go back: feeds end."""
    op.execute("DROP SCHEMA calendar CASCADE")
    op.execute("DELETE FROM bus.backfills WHERE room = 'calendar'")
