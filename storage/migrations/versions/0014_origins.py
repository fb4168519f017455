"""Check-ins: when it was done may not be known; habits: since when they are laid aside.

Revision 0014, after 0013. Times that were made up are taken away: those of imported days, and those
of days that were logged so much later that nobody can have said them. A time that is said lies on
the logical day or on the one after it, and a logical day ends at noon of the next, by the clocks
twelve hours behind UTC: all that can be said ends with the second day after it, by UTC. Of days
that were logged one or two days late the time of logging stays: it cannot be told from one that was
said. A habit is laid aside since what the reports have heard of it, else since the day after its
last entry.
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.execute(
        "ALTER TABLE habits.check_ins ALTER COLUMN at DROP NOT NULL, ALTER COLUMN at DROP DEFAULT"
    )
    op.execute(
        "UPDATE habits.check_ins SET at = NULL"
        " WHERE at IS NOT NULL AND (source = 'import' OR (at AT TIME ZONE 'UTC')::date > day + 2)"
    )
    op.execute("ALTER TABLE habits.habits ADD COLUMN archived_at timestamptz")
    op.execute(
        "UPDATE habits.habits h SET archived_at = coalesce("
        " (SELECT a.archived_at FROM analytics.habits a"
        "  WHERE a.user_id = h.user_id AND a.habit_id = h.id AND a.archived),"
        " (SELECT (max(c.day) + 1)::timestamp AT TIME ZONE 'UTC' FROM habits.check_ins c"
        "  WHERE c.habit_id = h.id),"
        " h.created_at) WHERE h.archived"
    )


def downgrade() -> None:
    """Go back."""
    op.drop_column("habits", "archived_at", schema="habits")
    op.execute("UPDATE habits.check_ins SET at = day::timestamptz WHERE at IS NULL")
    op.execute(
        "ALTER TABLE habits.check_ins"
        " ALTER COLUMN at SET NOT NULL, ALTER COLUMN at SET DEFAULT now()"
    )
