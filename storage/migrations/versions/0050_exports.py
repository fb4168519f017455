"""Exports of people, and certificates of what was erased; the backup room follows people.

Revision 0050, after 0049.
"""

from alembic import op

from storage.replica.nouns import People
from storage.replica.tables import create_tables

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

FORWARD = (
    "CREATE SCHEMA IF NOT EXISTS backup",
    "CREATE TABLE backup.exports (id uuid CONSTRAINT pk_exports PRIMARY KEY,"
    " user_id uuid NOT NULL CONSTRAINT uq_exports_user_id UNIQUE, format text NOT NULL,"
    " phase text NOT NULL, rows integer NOT NULL DEFAULT 0, total integer,"
    " bytes bigint NOT NULL DEFAULT 0, parts integer NOT NULL DEFAULT 0,"
    " file_name text NOT NULL DEFAULT '', asked_at timestamptz NOT NULL,"
    " expires_at timestamptz NOT NULL)",
    "CREATE INDEX ix_exports_expires_at ON backup.exports (expires_at)",
    "CREATE TABLE backup.export_parts (export_id uuid, number integer, data bytea NOT NULL,"
    " CONSTRAINT pk_export_parts PRIMARY KEY (export_id, number),"
    " CONSTRAINT fk_export_parts_export_id_exports FOREIGN KEY (export_id)"
    " REFERENCES backup.exports (id) ON DELETE CASCADE)",
    "CREATE TABLE backup.certificates (token_hash bytea CONSTRAINT pk_certificates PRIMARY KEY,"
    " person_hash bytea NOT NULL, opened_at timestamptz NOT NULL, expires_at timestamptz NOT NULL)",
    "CREATE INDEX ix_certificates_expires_at ON backup.certificates (expires_at)",
    "CREATE TABLE backup.confirmations (person_hash bytea, room text, tables text NOT NULL,"
    " erased_at timestamptz NOT NULL, CONSTRAINT pk_confirmations PRIMARY KEY (person_hash, room))",
    "CREATE INDEX ix_confirmations_erased_at ON backup.confirmations (erased_at)",
    # It is packed already.
    "ALTER TABLE backup.export_parts ALTER COLUMN data SET STORAGE EXTERNAL",
)


def upgrade() -> None:
    """Go forward."""
    for statement in FORWARD:
        op.execute(statement)
    create_tables(op.get_bind(), "backup", People("language zone"))


def downgrade() -> None:
    """Go back."""
    for table in ("people", "export_parts", "exports", "certificates", "confirmations"):
        op.execute(f"DROP TABLE backup.{table}")
    op.execute("DELETE FROM bus.backfills WHERE room = 'backup'")
