"""Habits follow people: the order of tags, and the begin of weeks, have a table of their own.

Revision 0027, after 0026.
"""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

FORWARD = (
    "CREATE TABLE habits.preferences (user_id uuid CONSTRAINT pk_preferences PRIMARY KEY,"
    " week_start text, tag_order text[] NOT NULL DEFAULT '{}')",
    "INSERT INTO habits.preferences (user_id, week_start, tag_order)"
    " SELECT user_id, week_start, tag_order FROM habits.people",
    "ALTER TABLE habits.people DROP COLUMN tag_order,"
    " ADD COLUMN gone boolean NOT NULL DEFAULT false, ALTER COLUMN version SET DEFAULT 0,"
    " ALTER COLUMN zone DROP NOT NULL, ALTER COLUMN day_start DROP NOT NULL,"
    " ALTER COLUMN week_start DROP NOT NULL",
)


def upgrade() -> None:
    """Go forward."""
    for statement in FORWARD:
        op.execute(statement)


def downgrade() -> None:
    """Refuse to go back: what was known beside is gone. A backup brings an older Ritmo back."""
    raise NotImplementedError
