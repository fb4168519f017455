"""Reminders follow people, habits, days, breaks and entries: how people want to be reminded, and
the cues of habits, have tables of their own.

Revision 0026, after 0025. What was known stays; it need not be told what there was before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

SETTINGS = (
    "quiet_from, quiet_to, channels, reached, reached_version, grace, digest_at, settings_version"
)

FORWARD = (
    "CREATE TABLE reminders.settings (user_id uuid CONSTRAINT pk_settings PRIMARY KEY,"
    " quiet_from smallint, quiet_to smallint, channels text[] NOT NULL DEFAULT '{email}',"
    " reached text[] NOT NULL DEFAULT '{}', reached_version integer NOT NULL DEFAULT 0,"
    " grace smallint NOT NULL DEFAULT 120, digest_at smallint NOT NULL DEFAULT 480,"
    " settings_version integer NOT NULL DEFAULT 0)",
    f"INSERT INTO reminders.settings (user_id, {SETTINGS})"
    f" SELECT user_id, {SETTINGS} FROM reminders.people WHERE NOT gone",
    "CREATE TABLE reminders.cues (user_id uuid, habit_id uuid, cue text NOT NULL,"
    " CONSTRAINT pk_cues PRIMARY KEY (user_id, habit_id))",
    "INSERT INTO reminders.cues (user_id, habit_id, cue)"
    " SELECT user_id, habit_id, cue FROM reminders.habits WHERE cue IS NOT NULL AND NOT deleted",
    f"ALTER TABLE reminders.people {', '.join(f'DROP COLUMN {n}' for n in SETTINGS.split(', '))},"
    " ALTER COLUMN name DROP NOT NULL, ALTER COLUMN name DROP DEFAULT,"
    " ALTER COLUMN language DROP NOT NULL, ALTER COLUMN language DROP DEFAULT,"
    " ALTER COLUMN day_start DROP NOT NULL, ALTER COLUMN day_start DROP DEFAULT,"
    " ALTER COLUMN day_start TYPE integer,"
    " ALTER COLUMN week_start DROP NOT NULL, ALTER COLUMN week_start DROP DEFAULT",
    "ALTER TABLE reminders.habits DROP COLUMN cue, ADD COLUMN archived_at timestamptz",
    *(
        f"ALTER TABLE reminders.{table} ALTER COLUMN version SET DEFAULT 0"
        for table in ("days", "breaks", "entries")
    ),
    "DROP INDEX reminders.ix_entries_day_user_id",
    "CREATE INDEX ix_entries_user_id_day ON reminders.entries (user_id, day)",
    "CREATE INDEX ix_entries_day ON reminders.entries (day)",
)

DECLARED = {
    "people": "email name language zone day_start week_start disabled",
    "habits": "name kind measure unit tags start_day versions archived archived_at binned",
    "days": "value state at zone of 400 days",
    "breaks": "first_day last_day habit_id tag",
    "entries": "day of 400 days",
}
"""What reminders keep of each noun, as it was when they began to follow."""

TOLD = sa.text(
    "INSERT INTO bus.backfills (room, noun, declared, done_at)"
    " SELECT 'reminders', :noun, :declared, now()"
    " WHERE EXISTS (SELECT FROM reminders.people)"
)


def upgrade() -> None:
    """Go forward."""
    for statement in FORWARD:
        op.execute(statement)
    for noun, declared in DECLARED.items():
        op.execute(TOLD.bindparams(noun=noun, declared=declared))


def downgrade() -> None:
    """Refuse to go back: what was known beside is gone. A backup brings an older Ritmo back."""
    raise NotImplementedError
