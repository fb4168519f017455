"""Whose a chat is has a table of its own name; the telegram room follows people.

An account that a chat opened stays its. Chats are asked for their zone once, and count what comes
at once; pictures that Telegram has can be shared; each proof that somebody came from Telegram is
taken once. Revision 0044, after 0043.
"""

from alembic import op

from storage.replica.nouns import People
from storage.replica.tables import create_tables

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

FORWARD = (
    "ALTER TABLE telegram.people RENAME TO owners",
    "ALTER TABLE telegram.owners RENAME CONSTRAINT pk_people TO pk_owners",
    "ALTER TABLE telegram.owners RENAME CONSTRAINT uq_people_chat_id TO uq_owners_chat_id",
    "ALTER TABLE telegram.owners ADD COLUMN home bigint CONSTRAINT uq_owners_home UNIQUE",
    "ALTER TABLE telegram.chats ADD COLUMN zone_asked boolean NOT NULL DEFAULT false,"
    " ADD COLUMN counted_from timestamptz, ADD COLUMN counted smallint NOT NULL DEFAULT 0,"
    " ADD COLUMN warned_at timestamptz",
    "CREATE TABLE telegram.pictures (user_id uuid, habit_id uuid, bot_id bigint NOT NULL,"
    " file_id text NOT NULL, drawn_at timestamptz NOT NULL,"
    " CONSTRAINT pk_pictures PRIMARY KEY (user_id, habit_id))",
    "CREATE TABLE telegram.proofs (hash bytea CONSTRAINT pk_proofs PRIMARY KEY,"
    " user_id uuid NOT NULL, expires_at timestamptz NOT NULL)",
    "CREATE INDEX ix_proofs_expires_at ON telegram.proofs (expires_at)",
)
BACK = (
    "DROP TABLE telegram.people",
    "DELETE FROM bus.backfills WHERE room = 'telegram'",
    "ALTER TABLE telegram.owners DROP COLUMN home",
    "ALTER TABLE telegram.owners RENAME TO people",
    "ALTER TABLE telegram.people RENAME CONSTRAINT pk_owners TO pk_people",
    "ALTER TABLE telegram.people RENAME CONSTRAINT uq_owners_chat_id TO uq_people_chat_id",
    "ALTER TABLE telegram.chats DROP COLUMN zone_asked, DROP COLUMN counted_from,"
    " DROP COLUMN counted, DROP COLUMN warned_at",
    "DROP TABLE telegram.pictures",
    "DROP TABLE telegram.proofs",
)


def upgrade() -> None:
    """Go forward; whose chats there are is asked for again, with their language."""
    for statement in FORWARD:
        op.execute(statement)
    create_tables(op.get_bind(), "telegram", People("language zone"))


def downgrade() -> None:
    """Go back."""
    for statement in BACK:
        op.execute(statement)
