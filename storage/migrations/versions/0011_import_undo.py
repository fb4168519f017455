"""Days and entries: the import that they came with, so that it can be taken back as a whole.

Revision 0011, after 0010. Of older imports it is not known.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    for table, schema in (("check_ins", "habits"), ("entries", "journal")):
        op.add_column(table, sa.Column("import_id", sa.Uuid(), nullable=True), schema=schema)
    op.create_index(
        "ix_entries_import_id",
        "entries",
        ["import_id"],
        schema="journal",
        postgresql_where=sa.text("import_id IS NOT NULL"),
    )


def downgrade() -> None:
    """Go back."""
    op.drop_index("ix_entries_import_id", "entries", schema="journal")
    for table, schema in (("check_ins", "habits"), ("entries", "journal")):
        op.drop_column(table, "import_id", schema=schema)
