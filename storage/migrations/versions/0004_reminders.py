"""Reminders: their schema and tables.

Revision 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SCHEMA = "reminders"


def upgrade() -> None:
    """Go forward."""
    op.execute("CREATE SCHEMA reminders")
    _people_and_habits()
    _days_and_breaks()
    _rules()
    _fires_and_digests()
    _deliveries()


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("useful_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("unsure", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("reminder_id", sa.Uuid(), nullable=True),
        sa.Column("habit_id", sa.Uuid(), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("channel", "recipient", "dedupe_key", name="uq_deliveries_once"),
        schema=SCHEMA,
    )
    op.create_index(
        "ix_deliveries_channel_due_at",
        "deliveries",
        ["channel", "due_at"],
        unique=False,
        schema=SCHEMA,
        postgresql_where=sa.text("state IN ('pending', 'retry', 'sending')"),
    )
    op.create_index(
        "ix_deliveries_channel_tried_at",
        "deliveries",
        ["channel", "tried_at"],
        unique=False,
        schema=SCHEMA,
    )
    op.create_index(
        "ix_deliveries_ended_at", "deliveries", ["ended_at"], unique=False, schema=SCHEMA
    )
    op.create_index(
        "ix_deliveries_user_id_id", "deliveries", ["user_id", "id"], unique=False, schema=SCHEMA
    )
    op.create_table(
        "suppressed",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("channel", "recipient", name=op.f("pk_suppressed")),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_suppressed_user_id"), "suppressed", ["user_id"], unique=False, schema=SCHEMA
    )
    op.create_table(
        "apprise",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_apprise")),
        schema=SCHEMA,
    )
    op.create_table(
        "secrets",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_secrets")),
        schema=SCHEMA,
    )
    op.create_table(
        "used_links",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_used_links")),
        schema=SCHEMA,
    )
    op.create_index(
        op.f("ix_used_links_expires_at"), "used_links", ["expires_at"], unique=False, schema=SCHEMA
    )
    op.create_index(
        op.f("ix_used_links_user_id"), "used_links", ["user_id"], unique=False, schema=SCHEMA
    )


def _people_and_habits() -> None:
    op.create_table(
        "people",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("gone", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.Text(), server_default="en", nullable=False),
        sa.Column("zone", sa.Text(), nullable=True),
        sa.Column("day_start", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("week_start", sa.Text(), server_default="mon", nullable=False),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("disabled", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("disabled_version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("quiet_from", sa.SmallInteger(), nullable=True),
        sa.Column("quiet_to", sa.SmallInteger(), nullable=True),
        sa.Column(
            "channels", postgresql.ARRAY(sa.Text()), server_default="{email}", nullable=False
        ),
        sa.Column("telegram", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("grace", sa.SmallInteger(), server_default="120", nullable=False),
        sa.Column("digest_at", sa.SmallInteger(), server_default="480", nullable=False),
        sa.Column("settings_version", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_people")),
        schema=SCHEMA,
    )
    op.create_table(
        "habits",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("habit_id", sa.Uuid(), nullable=False),
        sa.Column("deleted", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("measure", sa.Text(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("start_day", sa.Date(), nullable=True),
        sa.Column("versions", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("archived", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("archived_version", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("user_id", "habit_id", name=op.f("pk_habits")),
        schema=SCHEMA,
    )


def _days_and_breaks() -> None:
    op.create_table(
        "days",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("habit_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.SmallInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("zone", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "habit_id", "day", name=op.f("pk_days")),
        schema=SCHEMA,
    )
    op.create_index("ix_days_day", "days", ["day"], unique=False, schema=SCHEMA)
    op.create_table(
        "breaks",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("break_id", sa.Uuid(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("habit_id", sa.Uuid(), nullable=True),
        sa.Column("tag", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "break_id", name=op.f("pk_breaks")),
        schema=SCHEMA,
    )
    op.create_table(
        "entries",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "entry_id", name=op.f("pk_entries")),
        schema=SCHEMA,
    )
    op.create_index(
        "ix_entries_day_user_id", "entries", ["day", "user_id"], unique=False, schema=SCHEMA
    )


def _rules() -> None:
    op.create_table(
        "rules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("habit_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("times", postgresql.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("weekdays", sa.SmallInteger(), nullable=False),
        sa.Column("streak", sa.SmallInteger(), nullable=False),
        sa.Column("after_days", sa.SmallInteger(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("unless_written", sa.Boolean(), nullable=False),
        sa.Column("channels", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("shift", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("learned", postgresql.ARRAY(sa.SmallInteger()), nullable=True),
        sa.Column("relearn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_fire_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_slot", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("last_slot", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("snoozed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wakes", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("ignored", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("nudged_day", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rules")),
        schema=SCHEMA,
    )
    op.create_index(
        "ix_rules_next_fire_at_id",
        "rules",
        ["next_fire_at", "id"],
        unique=False,
        schema=SCHEMA,
        postgresql_where=sa.text("next_fire_at IS NOT NULL"),
    )
    op.create_index(
        "ix_rules_relearn_at",
        "rules",
        ["relearn_at"],
        unique=False,
        schema=SCHEMA,
        postgresql_where=sa.text("relearn_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_rules_user_id"), "rules", ["user_id"], unique=False, schema=SCHEMA)


def _fires_and_digests() -> None:
    op.create_table(
        "fires",
        sa.Column("rule_id", sa.Uuid(), nullable=False),
        sa.Column("fire_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("rule_id", "fire_at", name=op.f("pk_fires")),
        schema=SCHEMA,
    )
    op.create_index(
        "ix_fires_fire_at",
        "fires",
        ["fire_at"],
        unique=False,
        schema=SCHEMA,
        postgresql_using="brin",
    )
    op.create_table(
        "digests",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("every", sa.Text(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_key", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("user_id", "every", name=op.f("pk_digests")),
        schema=SCHEMA,
    )
    op.create_index(op.f("ix_digests_next_at"), "digests", ["next_at"], unique=False, schema=SCHEMA)
