"""Names and tags that nobody can see get a sign that can be seen, and habits keep their order.

So it is in all tables, and in the log of analytics, from which those of analytics are rebuilt.
Times of check-ins that nobody can have said are taken away, as by revision 0014, which did not take
all of them for a while.

Revision 0019, after 0018.
"""

from alembic import op

from storage.migrations.unseen import show_all

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward. Of the facts about a habit, the one that it is folded from says its place."""
    show_all(op.get_bind())
    op.execute(
        "UPDATE analytics.habits AS copy SET position = own.position FROM habits.habits AS own"
        " WHERE own.id = copy.habit_id AND own.user_id = copy.user_id AND NOT copy.deleted"
        " AND copy.position IS DISTINCT FROM own.position"
    )
    op.execute(
        "UPDATE analytics.facts AS f SET body = jsonb_set(f.body, '{order}', to_jsonb(h.position))"
        " FROM analytics.habits AS h WHERE f.fact_id = h.fact_id AND f.user_id = h.user_id"
        " AND h.position IS NOT NULL"
        " AND (f.body ->> 'order')::integer IS DISTINCT FROM h.position"
    )
    op.execute(
        "UPDATE habits.check_ins SET at = NULL"
        " WHERE at IS NOT NULL AND (at AT TIME ZONE 'UTC')::date > day + 2"
    )


def downgrade() -> None:
    """Go back. An older version reads all of it."""
