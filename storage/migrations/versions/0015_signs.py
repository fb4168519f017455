"""The journal: signs that stand for words and emoji are found.

Revision 0015, after 0014. What is searched is written anew for the entries in which it differs.
"""

import sqlalchemy as sa
from alembic import op

from storage.journal.words import words_of

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

AT_ONCE = 500


def upgrade() -> None:
    """Go forward."""
    connection = op.get_bind()
    page = sa.text(
        "SELECT id, title, text, array_to_string(tags, ', ') AS tags,"
        " title_words, text_words, tag_words FROM journal.entries"
        " WHERE id > :after ORDER BY id LIMIT :size"
    )
    fill = sa.text(
        "UPDATE journal.entries SET title_words = :title, text_words = :text, tag_words = :tags"
        " WHERE id = :id"
    )
    after = "00000000-0000-0000-0000-000000000000"
    while rows := connection.execute(page, {"after": after, "size": AT_ONCE}).all():
        words = []
        for row in rows:
            title, text, tags = (words_of(said) for said in (row.title, row.text, row.tags))
            if (title, text, tags) != (row.title_words, row.text_words, row.tag_words):
                words.append({"id": row.id, "title": title, "text": text, "tags": tags})
        if words:
            connection.execute(fill, words)
        after = rows[-1].id


def downgrade() -> None:
    """Go back. What is searched by the older version is written with each entry."""
