"""Names and tags that nobody can see, from before they were refused, get a sign that can be seen.

Migrations call it. Ritmo would not show them, nor the list in which they stand. What they were
stays, after a dotted circle. The log of analytics comes along: a rebuild tells the same.
"""

import json
from collections.abc import Sequence

from sqlalchemy import Connection, text

from contracts.habit import MAX_NAME, MAX_TAG
from contracts.moods import MAX_MOOD_NAME
from contracts.visible import shown
from storage.journal.words import words_of

NAMES = (
    ("habits.habits", "name", MAX_NAME),
    ("habits.breaks", "tag", MAX_TAG),
    ("journal.habits", "name", MAX_NAME),
    ("journal.templates", "name", MAX_NAME),
    ("reminders.habits", "name", MAX_NAME),
    ("reminders.breaks", "tag", MAX_TAG),
    ("analytics.habits", "name", MAX_NAME),
    ("analytics.breaks", "tag", MAX_TAG),
)
"""Tables, their columns that hold a name or a tag, and how many characters that may have."""

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

EACH = "*"
"""Each of a list, in a way through a fact."""

OUTLINED = ["habits.habit_created", "habits.habit_changed"]
LOGGED = (
    (OUTLINED, ("habit", "name"), MAX_NAME),
    (OUTLINED, ("habit", "tags", EACH), MAX_TAG),
    (["habits.break_added"], ("tag",), MAX_TAG),
    (["journal.entry_written"], ("tags", EACH), MAX_TAG),
    (["journal.entries_imported"], ("entries", EACH, "tags", EACH), MAX_TAG),
)
"""Facts of the log, the way in their body to a name or tag, and how many characters that may have.
"""


def show_all(connection: Connection) -> None:
    """Let all stored names and tags be seen; an empty name of a copy that knows none stays."""
    for table, column, limit in NAMES:
        found = connection.execute(text(f"SELECT DISTINCT {column} FROM {table}")).scalars()
        change = text(f"UPDATE {table} SET {column} = :shown WHERE {column} = :unseen")
        for name in _unseen(found.all(), limit):
            connection.execute(change, {"unseen": name, "shown": shown(name, limit)})
    for table in LISTS:
        found = connection.execute(text(f"SELECT DISTINCT unnest(tags) FROM {table}")).scalars()
        change = text(
            f"UPDATE {table} SET tags = ARRAY(SELECT tag"
            " FROM unnest(array_replace(tags, CAST(:unseen AS text), :shown))"
            " WITH ORDINALITY AS once(tag, place) GROUP BY tag ORDER BY min(place))"
            " WHERE tags @> ARRAY[CAST(:unseen AS text)]"
        )
        for tag in _unseen(found.all(), MAX_TAG):
            connection.execute(change, {"unseen": tag, "shown": shown(tag, MAX_TAG)})
    _find_tags(connection)
    _show_moods(connection)
    for addresses, way, limit in LOGGED:
        _show_log(connection, addresses, way, limit)


def _unseen(names: Sequence[str | None], limit: int) -> list[str]:
    """Return, in order, those names that are shown otherwise."""
    return sorted(name for name in names if name and shown(name, limit) != name)


def _find_tags(connection: Connection) -> None:
    """Let diary entries be found by the tags that are shown."""
    circled = text(
        "SELECT id, array_to_string(tags, ', ') AS tags, tag_words FROM journal.entries"
        " WHERE EXISTS (SELECT FROM unnest(tags) AS tag WHERE tag LIKE '\u25cc%')"
    )
    change = text("UPDATE journal.entries SET tag_words = :words WHERE id = :id")
    for row in connection.execute(circled).all():
        if row.tag_words != (words := words_of(row.tags)):
            connection.execute(change, {"id": row.id, "words": words})


def _show_moods(connection: Connection) -> None:
    """Let the names of all own scales of moods be seen, and told from each other."""
    kept = text("SELECT user_id, moods FROM journal.people WHERE moods IS NOT NULL")
    change = text("UPDATE journal.people SET moods = :moods WHERE user_id = :user_id")
    for user_id, moods in connection.execute(kept).all():
        scale, taken = json.loads(moods), set[str]()
        for step in scale:
            name = shown(step["name"], MAX_MOOD_NAME)[:MAX_MOOD_NAME]
            if name.casefold() in taken:
                name = f"{name[: MAX_MOOD_NAME - 2]} {step['mood']}"
            taken.add(name.casefold())
            step["name"] = name
        if scale != json.loads(moods):
            values = {"user_id": user_id, "moods": json.dumps(scale, ensure_ascii=False)}
            connection.execute(change, values)


def _show_log(connection: Connection, addresses: list[str], way: Sequence[str], limit: int) -> None:
    """Let the names at the end of a way through facts of the log be seen."""
    said = "jsonb_path_query(body, CAST(:path AS jsonpath)) AS said"
    distinct = text(
        f"SELECT DISTINCT said #>> '{{}}' FROM analytics.facts, {said}"
        " WHERE address = ANY(:addresses)"
    )
    saying = text(
        "SELECT fact_id, CAST(body AS text) AS body FROM analytics.facts"
        f" WHERE address = ANY(:addresses) AND EXISTS (SELECT FROM {said}"
        " WHERE said #>> '{}' = ANY(:unseen))"
    )
    change = text("UPDATE analytics.facts SET body = CAST(:body AS jsonb) WHERE fact_id = :fact_id")
    path = "$" + "".join("[*]" if step == EACH else f".{step}" for step in way)
    about = {"addresses": addresses, "path": path}
    unseen = _unseen(connection.execute(distinct, about).scalars().all(), limit)
    if not unseen:
        return
    for row in connection.execute(saying, {**about, "unseen": unseen}).all():
        body = json.dumps(_shown_at(json.loads(row.body), way, limit), ensure_ascii=False)
        connection.execute(change, {"fact_id": row.fact_id, "body": body})


def _shown_at(said: object, way: Sequence[str], limit: int) -> object:
    """Return what is said, with the names at the end of a way as they are shown, each once."""
    if not way:
        return shown(said, limit) if isinstance(said, str) else said
    step, rest = way[0], way[1:]
    if step == EACH and isinstance(said, list):
        each = [_shown_at(one, rest, limit) for one in said]
        return each if rest else list(dict.fromkeys(each))
    if isinstance(said, dict) and step in said:
        return {**said, step: _shown_at(said[step], rest, limit)}
    return said
