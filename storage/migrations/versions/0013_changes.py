"""Changes: in which transaction a habit, a check-in or a break was written last, and what is gone.

Revision 0013, after 0012. The database itself keeps it, whoever writes: see `storage/changes.py`.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

EDITED = (
    *("position", "name", "unit", "tags", "colour", "icon", "cue", "question", "description"),
    *("archived", "start_day", "versions", "edition", "binned_at"),
)
"""What a client sees of a habit. How it stands moves with each check-in, and is not told here."""


def upgrade() -> None:
    """Go forward. Whatever there is counts as written now."""
    for table in ("habits", "check_ins", "breaks"):
        op.execute(
            f"ALTER TABLE habits.{table}"
            " ADD COLUMN changed xid8 NOT NULL DEFAULT pg_current_xact_id()"
        )
    op.execute("CREATE INDEX ix_check_ins_changed ON habits.check_ins (habit_id, changed)")
    op.execute(
        "CREATE TABLE habits.removed (user_id uuid NOT NULL, id uuid NOT NULL, day date NOT NULL,"
        " kind text NOT NULL, changed xid8 NOT NULL DEFAULT pg_current_xact_id(),"
        " removed_at timestamptz NOT NULL DEFAULT now(),"
        " CONSTRAINT pk_removed PRIMARY KEY (user_id, id, day, kind))"
    )
    op.execute("CREATE INDEX ix_removed_removed_at ON habits.removed USING brin (removed_at)")
    op.execute(
        "CREATE TABLE habits.runs (id text CONSTRAINT pk_runs PRIMARY KEY, cluster text NOT NULL,"
        " started timestamptz NOT NULL, first xid8 NOT NULL,"
        " CONSTRAINT uq_runs_cluster_started UNIQUE (cluster, started))"
    )
    op.execute(
        "CREATE FUNCTION habits.note_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " NEW.changed := pg_current_xact_id(); RETURN NEW; END $$"
    )
    old, new = (", ".join(f"{row}.{name}" for name in EDITED) for row in ("OLD", "NEW"))
    for table, when in (
        ("habits", f"WHEN (ROW({old}) IS DISTINCT FROM ROW({new}))"),
        ("check_ins", ""),
        ("breaks", ""),
    ):
        op.execute(
            f"CREATE TRIGGER changed BEFORE UPDATE ON habits.{table} FOR EACH ROW {when}"
            " EXECUTE FUNCTION habits.note_changed()"
        )
    note = (
        "CREATE FUNCTION habits.note_removed_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO habits.removed (user_id, id, day, kind) SELECT {columns} FROM gone g {join}"
        " ON CONFLICT (user_id, id, day, kind) DO UPDATE"
        " SET changed = excluded.changed, removed_at = excluded.removed_at;"
        " RETURN NULL; END $$"
    )
    # With a habit its check-ins go, too: then it alone is told of.
    of_habit = "JOIN habits.habits h ON h.id = g.habit_id"
    for table, columns, join in (
        ("habits", "g.user_id, g.id, DATE '0001-01-01', 'habit'", ""),
        ("check_ins", "h.user_id, g.habit_id, g.day, 'check_in'", of_habit),
        ("breaks", "g.user_id, g.id, DATE '0001-01-01', 'break'", ""),
    ):
        op.execute(note.format(table=table, columns=columns, join=join))
        op.execute(
            f"CREATE TRIGGER removed AFTER DELETE ON habits.{table}"
            " REFERENCING OLD TABLE AS gone FOR EACH STATEMENT"
            f" EXECUTE FUNCTION habits.note_removed_{table}()"
        )
