"""Jobs beside facts: what had been told as a fact though it was an order becomes a job.

Revision 0020, after 0019.
"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

JOBS = {
    "reminders.mail_wanted": "reminders.send_mail",
    "analytics.digest_composed": "reminders.send_digest",
    "reminders.digest_due": "analytics.compose_due_digest",
    "reminders.habit_marked": "habits.log_day",
    "reminders.mark_withdrawn": "habits.withdraw_day",
    "habits.import_requested": "habits.read_import",
    "habits.import_undo_requested": "habits.take_import_back",
    "journal.import_requested": "journal.read_import",
    "journal.import_undo_requested": "journal.take_import_back",
    "analytics.rebuild_requested": "analytics.fold_person",
}
"""The addresses of orders before, and those of the jobs that they are now."""

DROPPED = "reminders.telegram_wanted"
"""An order that nobody could carry out."""

TABLES = ("outbox", "parked")


def upgrade() -> None:
    """Go forward."""
    for table in ("outbox", "inbox", "parked"):
        op.execute(f"ALTER TABLE bus.{table} RENAME COLUMN fact_id TO message_id")
    for table in TABLES:
        op.execute(f"ALTER TABLE bus.{table} ADD COLUMN is_job boolean NOT NULL DEFAULT false")
        op.execute(f"DELETE FROM bus.{table} WHERE address = '{DROPPED}'")
        for before, now in JOBS.items():
            op.execute(
                f"UPDATE bus.{table} SET address = '{now}', is_job = true,"
                """ body = replace(body, '"fact_id":', '"job_id":')"""
                f" WHERE address = '{before}'"
            )


def downgrade() -> None:
    """Go back."""
    for table in TABLES:
        for before, now in JOBS.items():
            op.execute(
                f"UPDATE bus.{table} SET address = '{before}',"
                """ body = replace(body, '"job_id":', '"fact_id":')"""
                f" WHERE address = '{now}'"
            )
        op.drop_column(table, "is_job", schema="bus")
    for table in ("outbox", "inbox", "parked"):
        op.execute(f"ALTER TABLE bus.{table} RENAME COLUMN message_id TO fact_id")
