"""Calendars that say when a person is busy, and reminders that wait for it.

Revision 0053, after 0052.
"""

from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

FORWARD = (
    "CREATE TABLE calendar.busy_calendars (calendar_id uuid CONSTRAINT pk_busy_calendars"
    " PRIMARY KEY, user_id uuid NOT NULL, name text NOT NULL, host text NOT NULL,"
    " url text NOT NULL, due_at timestamptz NOT NULL, attempts integer NOT NULL DEFAULT 0,"
    " read_at timestamptz, problem text, created_at timestamptz NOT NULL DEFAULT now())",
    "CREATE INDEX ix_busy_calendars_user_id ON calendar.busy_calendars (user_id)",
    "CREATE INDEX ix_busy_calendars_due_at ON calendar.busy_calendars (due_at)",
    "CREATE TABLE reminders.busy_times (user_id uuid, begins timestamptz,"
    " ends timestamptz NOT NULL, CONSTRAINT pk_busy_times PRIMARY KEY (user_id, begins))",
    "ALTER TABLE reminders.rules ADD COLUMN busy_from timestamptz",
    "ALTER TABLE reminders.fires ADD COLUMN busy_from timestamptz",
)


def upgrade() -> None:
    """Go forward."""
    for statement in FORWARD:
        op.execute(statement)


def downgrade() -> None:
    """Go back: smart reminders wait for nobody."""
    op.execute("ALTER TABLE reminders.fires DROP COLUMN busy_from")
    op.execute("ALTER TABLE reminders.rules DROP COLUMN busy_from")
    op.execute("DROP TABLE reminders.busy_times")
    op.execute("DROP TABLE calendar.busy_calendars")
