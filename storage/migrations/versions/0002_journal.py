"""The journal: its schema and tables.

Revision 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

WORDS = (
    "setweight(to_tsvector('russian'::regconfig, translate(title, '<>', '  ')), 'A') ||"
    " setweight(to_tsvector('russian'::regconfig, translate(tag_words, '<>', '  ')), 'B') ||"
    " setweight(to_tsvector('russian'::regconfig, translate(text, '<>', '  ')), 'D')"
)


def upgrade() -> None:
    """Go forward."""
    op.execute("CREATE SCHEMA journal")
    op.create_table(
        "entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("mood", sa.SmallInteger(), nullable=True),
        sa.Column("energy", sa.SmallInteger(), nullable=True),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("habit_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("prompt_id", sa.Text(), nullable=True),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("favourite", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("import_key", sa.Text(), nullable=True),
        sa.Column("tag_words", sa.Text(), nullable=False),
        sa.Column(
            "words", postgresql.TSVECTOR(), sa.Computed(WORDS, persisted=True), nullable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entries")),
        schema="journal",
    )
    op.create_index(
        "ix_entries_deleted_at",
        "entries",
        ["deleted_at"],
        unique=False,
        schema="journal",
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_index(
        "ix_entries_user_id_day",
        "entries",
        ["user_id", "day", "at", "id"],
        unique=False,
        schema="journal",
    )
    op.create_index(
        "ix_entries_words",
        "entries",
        ["words"],
        unique=False,
        schema="journal",
        postgresql_using="gin",
    )
    op.create_index(
        "uq_entries_user_id_import_key",
        "entries",
        ["user_id", "import_key"],
        unique=True,
        schema="journal",
        postgresql_where=sa.text("import_key IS NOT NULL"),
    )
    op.create_table(
        "habits",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("habit_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "habit_id", name=op.f("pk_habits")),
        schema="journal",
    )
    op.create_table(
        "people",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("day_start", sa.Integer(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("moods", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_people")),
        schema="journal",
    )
    op.create_table(
        "prompts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prompts")),
        schema="journal",
    )
    op.create_index(
        "ix_prompts_user_id", "prompts", ["user_id", "id"], unique=False, schema="journal"
    )
    op.create_table(
        "templates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_templates")),
        schema="journal",
    )
    op.create_index(
        "ix_templates_user_id", "templates", ["user_id"], unique=False, schema="journal"
    )
    op.create_table(
        "revisions",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("mood", sa.SmallInteger(), nullable=True),
        sa.Column("energy", sa.SmallInteger(), nullable=True),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("habit_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("prompt_id", sa.Text(), nullable=True),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("favourite", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["journal.entries.id"],
            name=op.f("fk_revisions_entry_id_entries"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("entry_id", "version", name=op.f("pk_revisions")),
        schema="journal",
    )

    move_imports()


def move_imports() -> None:
    """Let all rooms keep their imports side by side; those of the habits room come along."""
    for name in ("imports", "import_parts"):
        op.execute(f"ALTER TABLE habits.{name} SET SCHEMA bus")
    op.add_column(
        "imports",
        sa.Column("room", sa.Text(), server_default="habits", nullable=False),
        schema="bus",
    )
    op.alter_column("imports", "room", server_default=None, schema="bus")
    op.add_column(
        "imports",
        sa.Column("options", sa.Text(), server_default="{}", nullable=False),
        schema="bus",
    )
    op.add_column("imports", sa.Column("refusal", sa.Text(), nullable=True), schema="bus")
    op.alter_column("imports", "report", server_default="{}", schema="bus")
    op.execute("UPDATE bus.imports SET report = '{\"habits\":' || report || '}'")


def downgrade() -> None:
    """Go back."""
    op.execute("DELETE FROM bus.imports WHERE room <> 'habits'")
    op.execute("UPDATE bus.imports SET report = coalesce((report::json -> 'habits')::text, '[]')")
    op.alter_column("imports", "report", server_default="[]", schema="bus")
    for column in ("room", "options", "refusal"):
        op.drop_column("imports", column, schema="bus")
    for name in ("imports", "import_parts"):
        op.execute(f"ALTER TABLE bus.{name} SET SCHEMA habits")
    op.execute("DROP SCHEMA journal CASCADE")
