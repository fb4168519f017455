"""Analytics: its schema and tables.

Revision 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SCHEMA = "analytics"


def upgrade() -> None:
    """Go forward."""
    op.execute("CREATE SCHEMA analytics")
    _facts_and_people()
    _habits_and_days()
    _breaks_and_entries()
    op.create_table(
        "rebuilds",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("folded", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("total", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_rebuilds")),
        schema=SCHEMA,
    )


def _facts_and_people() -> None:
    op.create_table(
        "facts",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("fact_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=True),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "seq", name=op.f("pk_facts")),
        sa.UniqueConstraint("fact_id", name=op.f("uq_facts_fact_id")),
        schema=SCHEMA,
    )
    op.create_table(
        "people",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("gone", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("zone", sa.Text(), nullable=True),
        sa.Column("day_start", sa.Integer(), nullable=True),
        sa.Column("week_start", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("fact_id", sa.Uuid(), nullable=True),
        sa.Column("stamp", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("folded_in", sa.BigInteger(), nullable=True),
        sa.Column("folded_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_people")),
        schema=SCHEMA,
    )


def _habits_and_days() -> None:
    op.create_table(
        "habits",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("habit_id", sa.Uuid(), nullable=False),
        sa.Column("deleted", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("measure", sa.Text(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("colour", sa.Text(), nullable=True),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("start_day", sa.Date(), nullable=True),
        sa.Column("versions", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("fact_id", sa.Uuid(), nullable=True),
        sa.Column("archived", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("archived_version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("archived_fact_id", sa.Uuid(), nullable=True),
        sa.Column("progress", sa.Text(), nullable=True),
        sa.Column("settled_day", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("user_id", "habit_id", name=op.f("pk_habits")),
        schema=SCHEMA,
    )
    op.create_table(
        "days",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("habit_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=True),
        sa.Column("zone", sa.Text(), nullable=True),
        sa.Column("fact_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "habit_id", "day", name=op.f("pk_days")),
        schema=SCHEMA,
    )


def _breaks_and_entries() -> None:
    op.create_table(
        "breaks",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("break_id", sa.Uuid(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("habit_id", sa.Uuid(), nullable=True),
        sa.Column("tag", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("fact_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "break_id", name=op.f("pk_breaks")),
        schema=SCHEMA,
    )
    op.create_table(
        "entries",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("zone", sa.Text(), nullable=True),
        sa.Column("mood", sa.SmallInteger(), nullable=True),
        sa.Column("energy", sa.SmallInteger(), nullable=True),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("habit_ids", postgresql.ARRAY(sa.Uuid()), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("fact_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "entry_id", name=op.f("pk_entries")),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_entries_user_id_day"), "entries", ["user_id", "day"], unique=False, schema=SCHEMA
    )
