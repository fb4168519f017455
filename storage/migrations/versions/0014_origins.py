"""Check-ins: when it was done may not be known.

Revision 0014, after 0013. Times that were made up are taken away: those of imported days, and those
of days that were logged so much later that nobody can have said them (a time that is said lies
within a day of the logical day that it belongs to).
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
        " WHERE source = 'import' OR (at AT TIME ZONE 'UTC')::date > day + 3"
    )


def downgrade() -> None:
    """Go back."""
    op.execute("UPDATE habits.check_ins SET at = day::timestamptz WHERE at IS NULL")
    op.execute(
        "ALTER TABLE habits.check_ins"
        " ALTER COLUMN at SET NOT NULL, ALTER COLUMN at SET DEFAULT now()"
    )
