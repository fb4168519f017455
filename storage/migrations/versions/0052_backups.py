"""Backups: pieces of work on them, what there is at targets; and when a backup was restored here.

Revision 0052, after 0051.
"""

from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

FORWARD = (
    "CREATE SCHEMA IF NOT EXISTS backup",
    "CREATE TABLE backup.runs (id uuid CONSTRAINT pk_runs PRIMARY KEY, kind text NOT NULL,"
    " phase text NOT NULL, backup text NOT NULL DEFAULT '', asked_at timestamptz NOT NULL,"
    " started_at timestamptz, ended_at timestamptz, lease timestamptz, outcome text,"
    " why text NOT NULL DEFAULT '', warnings text NOT NULL DEFAULT '',"
    " seconds double precision NOT NULL DEFAULT 0, bytes bigint NOT NULL DEFAULT 0,"
    " rows bigint NOT NULL DEFAULT 0)",
    "CREATE INDEX ix_runs_kind_asked_at ON backup.runs (kind, asked_at)",
    "CREATE TABLE backup.kept (target text, name text, made_at timestamptz NOT NULL,"
    " bytes bigint NOT NULL, rows bigint NOT NULL, revision text, verified boolean,"
    " checked_at timestamptz, why text NOT NULL DEFAULT '',"
    " CONSTRAINT pk_kept PRIMARY KEY (target, name))",
    "CREATE TABLE backup.state (name text CONSTRAINT pk_state PRIMARY KEY,"
    " at timestamptz NOT NULL DEFAULT now())",
    "INSERT INTO backup.state (name) VALUES ('since')",
    "CREATE TABLE bus.restorations (id uuid CONSTRAINT pk_restorations PRIMARY KEY,"
    " backup text NOT NULL, at timestamptz NOT NULL)",
)


def upgrade() -> None:
    """Go forward."""
    for statement in FORWARD:
        op.execute(statement)


def downgrade() -> None:
    """Go back: backups that were made stay where they are."""
    op.execute("DROP TABLE bus.restorations")
    for table in ("runs", "kept", "state"):
        op.execute(f"DROP TABLE backup.{table}")
