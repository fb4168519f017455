"""The journal follows people and habits: what it knew of them stays, own moods have a table.

Revision 0023, after 0022.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

FORWARD = """
INSERT INTO journal.moods (user_id, names)
SELECT user_id, moods FROM journal.people WHERE moods IS NOT NULL;
ALTER TABLE journal.people
    DROP COLUMN moods,
    ADD COLUMN gone boolean NOT NULL DEFAULT false,
    ALTER COLUMN zone DROP NOT NULL,
    ALTER COLUMN day_start DROP NOT NULL,
    ALTER COLUMN language DROP NOT NULL,
    ALTER COLUMN version SET DEFAULT 0;
ALTER TABLE journal.habits RENAME COLUMN gone TO deleted;
ALTER TABLE journal.habits
    ALTER COLUMN name DROP NOT NULL,
    ALTER COLUMN deleted SET DEFAULT false,
    ALTER COLUMN version SET DEFAULT 0;
UPDATE journal.habits SET name = NULL, version = 0, binned = false, binned_version = 0
WHERE deleted;
UPDATE journal.habits SET name = NULL WHERE version = 0;
"""


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "moods",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("names", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_moods")),
        schema="journal",
    )
    for statement in FORWARD.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    """Refuse to go back: what was known beside is gone. A backup brings an older Ritmo back."""
    raise NotImplementedError
