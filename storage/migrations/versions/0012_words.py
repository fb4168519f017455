"""The journal: words are letters and digits of any script, and none is too common to be found.

Revision 0012, after 0011. What is searched is written anew for all entries.
"""

import sqlalchemy as sa
from alembic import op

from storage.journal.words import words_of

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

AT_ONCE = 500

OLD_WORDS = (
    "setweight(to_tsvector('russian'::regconfig, translate(title, '<>', '  ')), 'A') ||"
    " setweight(to_tsvector('russian'::regconfig, translate(tag_words, '<>', '  ')), 'B') ||"
    " setweight(to_tsvector('russian'::regconfig, translate(text, '<>', '  ')), 'D')"
)
WORDS = (
    "setweight(to_tsvector('journal.words'::regconfig, title_words), 'A') ||"
    " setweight(to_tsvector('journal.words'::regconfig, tag_words), 'B') ||"
    " setweight(to_tsvector('journal.words'::regconfig, text_words), 'D')"
)


def upgrade() -> None:
    """Go forward."""
    for language in ("russian", "english"):
        op.execute(
            f"CREATE TEXT SEARCH DICTIONARY journal.{language}"
            f" (TEMPLATE = pg_catalog.snowball, Language = {language})"
        )
    op.execute("CREATE TEXT SEARCH CONFIGURATION journal.words (COPY = pg_catalog.russian)")
    for language in ("russian", "english"):
        op.execute(
            "ALTER TEXT SEARCH CONFIGURATION journal.words ALTER MAPPING"
            f" REPLACE pg_catalog.{language}_stem WITH journal.{language}"
        )
    op.drop_column("entries", "words", schema="journal")
    for name in ("title_words", "text_words"):
        column = sa.Column(name, sa.Text(), nullable=False, server_default="")
        op.add_column("entries", column, schema="journal")
    _fill(op.get_bind())
    for name in ("title_words", "text_words"):
        op.alter_column("entries", name, server_default=None, schema="journal")
    _search(WORDS)


def _fill(connection: sa.Connection) -> None:
    """Write down what is searched, for all entries."""
    page = sa.text(
        "SELECT id, title, text, array_to_string(tags, ', ') AS tags FROM journal.entries"
        " WHERE id > :after ORDER BY id LIMIT :size"
    )
    fill = sa.text(
        "UPDATE journal.entries SET title_words = :title, text_words = :text, tag_words = :tags"
        " WHERE id = :id"
    )
    after = "00000000-0000-0000-0000-000000000000"
    while rows := connection.execute(page, {"after": after, "size": AT_ONCE}).all():
        words = [
            {
                "id": row.id,
                "title": words_of(row.title),
                "text": words_of(row.text),
                "tags": words_of(row.tags),
            }
            for row in rows
        ]
        connection.execute(fill, words)
        after = rows[-1].id


def _search(words: str) -> None:
    kept = f"words tsvector GENERATED ALWAYS AS ({words}) STORED"
    op.execute(f"ALTER TABLE journal.entries ADD COLUMN {kept}")
    op.create_index(
        "ix_entries_words", "entries", ["words"], schema="journal", postgresql_using="gin"
    )


def downgrade() -> None:
    """Go back."""
    op.drop_column("entries", "words", schema="journal")
    op.execute("UPDATE journal.entries SET tag_words = array_to_string(tags, ', ')")
    for name in ("title_words", "text_words"):
        op.drop_column("entries", name, schema="journal")
    op.execute("DROP TEXT SEARCH CONFIGURATION journal.words")
    for language in ("russian", "english"):
        op.execute(f"DROP TEXT SEARCH DICTIONARY journal.{language}")
    _search(OLD_WORDS)
