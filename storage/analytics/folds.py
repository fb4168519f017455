"""What becomes of a fact: one statement for each kind, for a live fact and for a rebuild alike.

A fold reads the CTE `told`, which holds rows of the log, and writes one table; see `folding.py`.
"""

from dataclasses import dataclass

from storage.analytics.tables import STATES, habits


@dataclass(frozen=True, slots=True)
class Fold:
    """How facts of some addresses are folded: `write`, and what else follows of a live one.

    `before` are CTEs that look at what was there; `after` is a statement that reads `done`, the
    rows that `write` returned.
    """

    addresses: tuple[str, ...]
    write: str
    before: str = ""
    after: str = "SELECT 1"


_STATES = ", ".join(f"'{state}'" for state in STATES)
_STATE = f"array_position(ARRAY[{_STATES}], {{0}})::smallint"
_THOUSANDTHS = "round({0} * 1000)::bigint"


def _days(address: str, columns: str, reading: str = "") -> Fold:
    """Fold facts that say what days of a habit are now."""
    return Fold(
        (address,),
        "INSERT INTO analytics.days AS d"
        " (user_id, habit_id, version, fact_id, day, value, state, at, zone)"
        " SELECT DISTINCT ON (t.subject, c.day) t.user_id, t.subject, t.version, t.fact_id,"
        f" c.day, {columns} FROM told t{reading}"
        " ORDER BY t.subject, c.day, t.version DESC, t.fact_id"
        " ON CONFLICT (user_id, habit_id, day) DO UPDATE SET value = excluded.value,"
        " state = excluded.state, at = excluded.at, zone = excluded.zone,"
        " version = excluded.version, fact_id = excluded.fact_id"
        " WHERE (excluded.version, d.fact_id) > (d.version, excluded.fact_id)"
        " RETURNING habit_id, day",
        after="UPDATE analytics.habits h SET progress = NULL, settled_day = NULL"
        " FROM (SELECT habit_id, min(day) AS day FROM done GROUP BY habit_id) c"
        " WHERE h.user_id = :user_id AND h.habit_id = c.habit_id AND h.settled_day >= c.day",
    )


_CHECKED = _days(
    "habits.habit_checked_in",
    f"{_THOUSANDTHS.format('c.value')}, {_STATE.format('c.state')},"
    # Older facts say by `occurred_at` alone when it was done.
    " CASE WHEN t.body ? 'at' THEN c.at ELSE t.occurred_at END, c.zone",
    ", jsonb_to_record(t.body)"
    " AS c(day date, value numeric, state text, zone text, at timestamptz)",
)
_REMOVED = _days(
    "habits.check_in_removed",
    "NULL, NULL, NULL, NULL",
    ", jsonb_to_record(t.body) AS c(day date)",
)
_IMPORTED = _days(
    "habits.check_ins_imported",
    f"{_THOUSANDTHS.format('c.value')}, {_STATE.format('c.state')}, c.at, t.body ->> 'zone'",
    ", jsonb_to_recordset(t.body -> 'check_ins')"
    " AS c(day date, value numeric, state text, at timestamptz)",
)

_PROMISED = ("kind", "measure", "start_day", "versions", "tags")
_SAME = (
    f"({', '.join(f'h.{name}' for name in _PROMISED)})"
    f" IS NOT DISTINCT FROM ({', '.join(f'excluded.{name}' for name in _PROMISED)})"
)
_HABIT = Fold(
    ("habits.habit_created", "habits.habit_changed"),
    "INSERT INTO analytics.habits AS h (user_id, habit_id, version, fact_id, name, kind, measure,"
    " unit, colour, tags, start_day, versions, position)"
    " SELECT DISTINCT ON (t.subject) t.user_id, t.subject, t.version, t.fact_id,"
    " c.name, c.kind, c.measure, c.unit, c.colour, c.tags,"
    " (t.body ->> 'start_day')::date, t.body ->> 'versions',"
    # Older facts do not say their place: it is the last that was said.
    " first_value((t.body ->> 'order')::integer) OVER (PARTITION BY t.subject"
    " ORDER BY t.body ->> 'order' IS NULL, t.version DESC, t.fact_id)"
    " FROM told t,"
    " jsonb_to_record(t.body -> 'habit')"
    " AS c(name text, kind text, measure text, unit text, colour text, tags text[])"
    " ORDER BY t.subject, t.version DESC, t.fact_id"
    " ON CONFLICT (user_id, habit_id) DO UPDATE SET name = excluded.name, kind = excluded.kind,"
    " measure = excluded.measure, unit = excluded.unit, colour = excluded.colour,"
    " tags = excluded.tags, start_day = excluded.start_day, versions = excluded.versions,"
    " position = COALESCE(excluded.position, h.position),"
    f" progress = CASE WHEN {_SAME} THEN h.progress END,"
    f" settled_day = CASE WHEN {_SAME} THEN h.settled_day END,"
    " version = excluded.version, fact_id = excluded.fact_id"
    " WHERE (excluded.version, h.fact_id) > (h.version, excluded.fact_id)"
    " RETURNING habit_id",
)
_ARCHIVED = Fold(
    ("habits.habit_archived",),
    "INSERT INTO analytics.habits AS h"
    " (user_id, habit_id, archived, archived_at, archived_version, archived_fact_id)"
    " SELECT DISTINCT ON (t.subject) t.user_id, t.subject, (t.body ->> 'archived')::boolean,"
    " t.occurred_at, t.version, t.fact_id FROM told t"
    " ORDER BY t.subject, t.version DESC, t.fact_id"
    " ON CONFLICT (user_id, habit_id) DO UPDATE SET archived = excluded.archived,"
    " archived_at = excluded.archived_at, archived_version = excluded.archived_version,"
    " archived_fact_id = excluded.archived_fact_id"
    " WHERE (excluded.archived_version, h.archived_fact_id)"
    " > (h.archived_version, excluded.archived_fact_id) RETURNING habit_id",
)
_BINNED = Fold(
    ("habits.habit_binned", "habits.habit_restored"),
    "INSERT INTO analytics.habits AS h"
    " (user_id, habit_id, binned, binned_version, binned_fact_id)"
    " SELECT DISTINCT ON (t.subject) t.user_id, t.subject, t.address = 'habits.habit_binned',"
    " t.version, t.fact_id FROM told t ORDER BY t.subject, t.version DESC, t.fact_id"
    " ON CONFLICT (user_id, habit_id) DO UPDATE SET binned = excluded.binned,"
    " binned_version = excluded.binned_version, binned_fact_id = excluded.binned_fact_id"
    " WHERE (excluded.binned_version, h.binned_fact_id)"
    " > (h.binned_version, excluded.binned_fact_id) RETURNING habit_id",
)
_EMPTY = ", ".join(
    f"{column.name} = {'DEFAULT' if column.server_default else 'NULL'}"
    for column in habits.columns
    if column.name not in ("user_id", "habit_id", "deleted")
)
_DELETED = Fold(
    ("habits.habit_deleted",),
    "INSERT INTO analytics.habits (user_id, habit_id, deleted)"
    " SELECT DISTINCT t.user_id, t.subject, true FROM told t"
    f" ON CONFLICT (user_id, habit_id) DO UPDATE SET deleted = true, {_EMPTY} RETURNING habit_id",
    before=", emptied AS (DELETE FROM analytics.days d USING told t"
    " WHERE d.user_id = t.user_id AND d.habit_id = t.subject),"
    " unsaid AS (DELETE FROM analytics.facts f USING told t"
    " WHERE f.user_id = t.user_id AND f.subject = t.subject AND f.fact_id <> t.fact_id)",
)


def _breaks(address: str, columns: str) -> Fold:
    """Fold facts that say what a break is now."""
    return Fold(
        (address,),
        "INSERT INTO analytics.breaks AS b"
        " (user_id, break_id, version, fact_id, first_day, last_day, habit_id, tag)"
        " SELECT DISTINCT ON (t.subject) t.user_id, t.subject, t.version, t.fact_id,"
        f' {columns} FROM told t, jsonb_to_record(t.body) AS c("from" date, "to" date,'
        " habit_id uuid, tag text) ORDER BY t.subject, t.version DESC, t.fact_id"
        " ON CONFLICT (user_id, break_id) DO UPDATE SET first_day = excluded.first_day,"
        " last_day = excluded.last_day, habit_id = excluded.habit_id, tag = excluded.tag,"
        " version = excluded.version, fact_id = excluded.fact_id"
        " WHERE (excluded.version, b.fact_id) > (b.version, excluded.fact_id)"
        " RETURNING first_day",
        before=", old AS (SELECT first_day FROM analytics.breaks"
        " WHERE user_id = :user_id AND break_id = :subject)",
        after="UPDATE analytics.habits h SET progress = NULL, settled_day = NULL FROM done"
        " WHERE h.user_id = :user_id"
        " AND h.settled_day >= least(done.first_day, (SELECT first_day FROM old))",
    )


_ENTRY = "day date, at timestamptz, zone text, mood smallint, energy smallint, tags text[]"


def _entries(address: str, entry_id: str, columns: str, reading: str) -> Fold:
    """Fold facts that say what entries of the diary are now."""
    return Fold(
        (address,),
        "INSERT INTO analytics.entries AS e (user_id, entry_id, version, fact_id,"
        " day, at, zone, mood, energy, tags, habit_ids)"
        f" SELECT DISTINCT ON ({entry_id}) t.user_id, {entry_id}, t.version, t.fact_id,"
        f" {columns} FROM told t{reading} ORDER BY {entry_id}, t.version DESC, t.fact_id"
        " ON CONFLICT (user_id, entry_id) DO UPDATE SET day = excluded.day, at = excluded.at,"
        " zone = excluded.zone, mood = excluded.mood, energy = excluded.energy,"
        " tags = excluded.tags, habit_ids = excluded.habit_ids,"
        " version = excluded.version, fact_id = excluded.fact_id"
        " WHERE (excluded.version, e.fact_id) > (e.version, excluded.fact_id) RETURNING entry_id",
    )


_WHOLE_ENTRY = "c.day, c.at, c.zone, c.mood, c.energy, c.tags, c.habit_ids"
_PROFILE = Fold(
    ("users.profile_changed",),
    "UPDATE analytics.people p SET version = c.version, fact_id = c.fact_id,"
    " language = c.profile ->> 'language', zone = c.profile ->> 'zone',"
    " day_start = (c.profile ->> 'day_start')::integer, week_start = c.profile ->> 'week_start'"
    " FROM (SELECT t.user_id, t.version, t.fact_id, t.body -> 'profile' AS profile FROM told t"
    " ORDER BY t.version DESC, t.fact_id LIMIT 1) c"
    " WHERE p.user_id = c.user_id AND (c.version, p.fact_id) > (p.version, c.fact_id)"
    " RETURNING p.user_id",
)

FOLDS = (
    _PROFILE,
    _HABIT,
    _ARCHIVED,
    _BINNED,
    _DELETED,
    _breaks("habits.break_added", 'c."from", c."to", c.habit_id, c.tag'),
    _breaks("habits.break_removed", "NULL, NULL, NULL, NULL"),
    _IMPORTED,
    _CHECKED,
    _REMOVED,
    _entries(
        "journal.entries_imported",
        "c.entry_id",
        _WHOLE_ENTRY,
        ", jsonb_to_recordset(t.body -> 'entries')"
        f" AS c(entry_id uuid, {_ENTRY}, habit_ids uuid[])",
    ),
    _entries(
        "journal.entry_written",
        "t.subject",
        _WHOLE_ENTRY,
        f", jsonb_to_record(t.body) AS c({_ENTRY}, habit_ids uuid[])",
    ),
    _entries("journal.entry_deleted", "t.subject", "NULL, NULL, NULL, NULL, NULL, NULL, NULL", ""),
)
"""Every fold, in the order of a rebuild."""
