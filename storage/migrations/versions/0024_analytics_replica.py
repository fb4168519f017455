"""Analytics follows people, habits, days, breaks and entries: its log of facts goes.

Revision 0024, after 0023. What was folded stays; stamps, and how far habits are settled, have
tables of their own. Analytics that has heard of anybody need not be told what there was before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

SCHEMA = "analytics"

PROMISE = "md5(concat_ws('|', kind, measure, start_day, versions, CAST(tags AS text)))"

FORWARD = (
    "INSERT INTO analytics.stamps (user_id, stamp)"
    " SELECT user_id, stamp FROM analytics.people WHERE NOT gone AND stamp > 0",
    "INSERT INTO analytics.progress (user_id, habit_id, progress, settled_day, promise)"
    f" SELECT user_id, habit_id, progress, settled_day, {PROMISE} FROM analytics.habits"
    " WHERE progress IS NOT NULL AND settled_day IS NOT NULL AND version > 0 AND NOT deleted",
    "ALTER TABLE analytics.people DROP COLUMN stamp, DROP COLUMN folded_in,"
    " DROP COLUMN folded_at, DROP COLUMN fact_id",
    "ALTER TABLE analytics.habits DROP COLUMN fact_id, DROP COLUMN archived_fact_id,"
    " DROP COLUMN binned_fact_id, DROP COLUMN progress, DROP COLUMN settled_day",
    "UPDATE analytics.habits SET archived_at = NULL WHERE NOT archived AND archived_at IS NOT NULL",
    *(
        f"ALTER TABLE analytics.{table} DROP COLUMN fact_id, ALTER COLUMN version SET DEFAULT 0"
        for table in ("days", "breaks", "entries")
    ),
    "DROP TABLE analytics.facts",
    "DROP TABLE analytics.rebuilds",
    *(
        f"DELETE FROM bus.{table}"
        " WHERE address IN ('analytics.history_changed', 'analytics.fold_person')"
        for table in ("outbox", "parked")
    ),
)

DECLARED = {
    "people": "language zone day_start week_start",
    "habits": "name kind measure unit colour tags start_day versions position"
    " archived archived_at binned",
    "days": "value state at zone",
    "breaks": "first_day last_day habit_id tag",
    "entries": "day at zone mood energy tags habit_ids",
}
"""What analytics keeps of each noun, as it was when it began to follow."""

TOLD = sa.text(
    "INSERT INTO bus.backfills (room, noun, declared, done_at)"
    " SELECT 'analytics', :noun, :declared, now()"
    " WHERE EXISTS (SELECT FROM analytics.people)"
)


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "stamps",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("stamp", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_stamps")),
        schema=SCHEMA,
    )
    op.create_table(
        "progress",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("habit_id", sa.Uuid(), nullable=False),
        sa.Column("progress", sa.Text(), nullable=False),
        sa.Column("settled_day", sa.Date(), nullable=False),
        sa.Column("promise", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "habit_id", name=op.f("pk_progress")),
        schema=SCHEMA,
    )
    for statement in FORWARD:
        op.execute(statement)
    for noun, declared in DECLARED.items():
        op.execute(TOLD.bindparams(noun=noun, declared=declared))


def downgrade() -> None:
    """Refuse to go back: what was known beside is gone. A backup brings an older Ritmo back."""
    raise NotImplementedError
