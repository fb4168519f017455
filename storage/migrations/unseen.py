"""Names and tags that nobody can see, from before they were refused, get a sign that can be seen.

Migrations call it. Ritmo would not show them, nor the list in which they stand. What they were
stays, after a dotted circle, as Unicode shows marks that stand alone.
"""

import json

from sqlalchemy import Connection, TextClause, text

from contracts.visible import visible

NAMES = (
    ("habits.habits", "name"),
    ("habits.breaks", "tag"),
    ("journal.habits", "name"),
    ("journal.templates", "name"),
    ("reminders.habits", "name"),
    ("reminders.breaks", "tag"),
    ("analytics.habits", "name"),
    ("analytics.breaks", "tag"),
)
"""Tables, and their columns that hold a name or a tag."""

LISTS = (
    "habits.habits",
    "journal.entries",
    "journal.revisions",
    "journal.templates",
    "reminders.habits",
    "analytics.habits",
    "analytics.entries",
)
"""Tables that have a list of `tags`."""

LONGEST = 50
"""Characters that fit everywhere."""


def shown(name: str) -> str:
    """Return a name that can be seen."""
    return name if visible(name) else visible(f"\u25cc{name}")[:LONGEST]


def show_all(connection: Connection) -> None:
    """Let all stored names and tags be seen; an empty name of a copy that knows none stays."""
    for table, column in NAMES:
        found = connection.execute(text(f"SELECT DISTINCT {column} FROM {table}")).scalars()
        change = text(f"UPDATE {table} SET {column} = :shown WHERE {column} = :unseen")
        _change(connection, change, {one for one in found if one})
    for table in LISTS:
        found = connection.execute(text(f"SELECT DISTINCT unnest(tags) FROM {table}")).scalars()
        change = text(
            f"UPDATE {table} SET tags = array_replace(tags, CAST(:unseen AS text), :shown)"
            " WHERE tags @> ARRAY[CAST(:unseen AS text)]"
        )
        _change(connection, change, {*found})
    _show_moods(connection)


def _change(connection: Connection, change: TextClause, names: set[str]) -> None:
    """Run a change for each name that cannot be seen."""
    for name in sorted(names):
        if shown(name) != name:
            connection.execute(change, {"unseen": name, "shown": shown(name)})


def _show_moods(connection: Connection) -> None:
    """Let the names of all own scales of moods be seen."""
    kept = text("SELECT user_id, moods FROM journal.people WHERE moods IS NOT NULL")
    change = text("UPDATE journal.people SET moods = :moods WHERE user_id = :user_id")
    for user_id, moods in connection.execute(kept).all():
        scale = [{**one, "name": shown(one["name"])} for one in json.loads(moods)]
        if scale != json.loads(moods):
            values = {"user_id": user_id, "moods": json.dumps(scale, ensure_ascii=False)}
            connection.execute(change, values)
