"""The statements of a replica: one a noun writes whatever a batch says, and returns what was news.

All values of a column are one array, whatever their number, so that a statement is prepared once.
"""

from collections.abc import Sequence

from storage.replica.nouns import Breaks, ColumnGroup, Days, Habits, Noun, People, Row

NEWS: dict[type[Noun], str] = {
    People: "DISTINCT user_id",
    Habits: "user_id, habit_id, deleted",
    Days: "user_id, habit_id, min(day), max(day)",
}
"""What is returned of the rows that were written; elsewhere whose they are."""

GROUPED: dict[type[Noun], str] = {Days: " GROUP BY user_id, habit_id"}

LOCK = (
    "INSERT INTO {schema}.people AS p (user_id)"
    " SELECT u FROM unnest(CAST(:ids AS uuid[])) AS u ORDER BY u"
    # Nobody's row is written, but everybody's is locked, in order: known or not.
    " ON CONFLICT (user_id) DO UPDATE SET gone = p.gone WHERE p.gone RETURNING user_id, gone"
)
"""Locks people, and returns those that are gone, or met for the first time."""


def save_of(schema: str, noun: Noun, *, with_habits: bool) -> str:
    """Write the statement that saves rows; `with_habits`: habits that are gone are known."""
    names = noun.names
    given = ", ".join(f"CAST(:{name} AS {_given(noun, name)}[])" for name in names)
    taken = ", ".join(_taken(noun, name, with_habits=with_habits) for name in names)
    news = [_newer(noun, part) for part in noun.kept]
    news += [f"excluded.{name}" for name in noun.ends]
    known = [f"NOT d.{name}" for name in noun.ends] + (["NOT d.gone"] if _is(noun, People) else [])
    holds = " AND ".join([*known, f"({' OR '.join(news)})"])
    skipped = f" WHERE NOT {_deleted(schema)}" if with_habits and _is(noun, Days) else ""
    return (
        f"WITH saved AS (INSERT INTO {schema}.{noun.table} AS d ({', '.join(names)})"
        f" SELECT {taken.format(deleted=_deleted(schema))}"
        f" FROM unnest({given}) AS c({', '.join(names)}){skipped}"
        f" ON CONFLICT ({', '.join(('user_id', *noun.key))}) DO UPDATE SET {_set(noun)}"
        f" WHERE {holds} RETURNING *)"
        f" SELECT {NEWS.get(type(noun), 'DISTINCT user_id')} FROM saved"
        f"{GROUPED.get(type(noun), '')}"
    )


def values_of(noun: Noun, rows: Sequence[Row]) -> dict[str, object]:
    """Lay rows out for the statement: an array a column."""
    values: dict[str, object] = dict(
        zip(noun.names, map(list, zip(*rows, strict=True)), strict=True)
    )
    for name in noun.names:
        if noun.type_of(name).endswith("[]"):
            place = noun.names.index(name)
            values[name] = [_literal(row[place]) for row in rows]
    return values


def drop_days(schema: str) -> str:
    """Write the statement that drops the days of habits that are gone."""
    return (
        f"DELETE FROM {schema}.days d USING unnest(CAST(:users AS uuid[]), CAST(:habits AS uuid[]))"
        " AS c(user_id, habit_id) WHERE d.user_id = c.user_id AND d.habit_id = c.habit_id"
    )


def empty_breaks(schema: str) -> str:
    """Write the statement that empties the breaks of habits that are gone."""
    return (
        f"UPDATE {schema}.breaks b SET first_day = NULL, last_day = NULL, habit_id = NULL"
        " FROM unnest(CAST(:users AS uuid[]), CAST(:habits AS uuid[])) AS c(user_id, habit_id)"
        " WHERE b.user_id = c.user_id AND b.habit_id = c.habit_id"
    )


def forget_of(schema: str, noun: Noun) -> str:
    """Write the statement that drops some rows of before a day."""
    name = f"{schema}.{noun.table}"
    some = f"SELECT ctid FROM {name} WHERE day < :before LIMIT :most"
    return f"DELETE FROM {name} WHERE ctid = ANY (ARRAY({some}))"


def _is(noun: Noun, kind: type[Noun]) -> bool:
    return isinstance(noun, kind)


def _given(noun: Noun, name: str) -> str:
    """Return as what a column travels: arrays of arrays do not, but texts of arrays do."""
    kind = noun.type_of(name)
    return "text" if kind.endswith("[]") else kind


def _taken(noun: Noun, name: str, *, with_habits: bool) -> str:
    """Read a column of what is given."""
    kind = noun.type_of(name)
    if kind.endswith("[]"):
        return f"CAST(c.{name} AS {kind})"
    if with_habits and _is(noun, Breaks) and name in ("first_day", "last_day", "habit_id"):
        return f"CASE WHEN NOT {{deleted}} THEN c.{name} END"
    return f"c.{name}"


def _deleted(schema: str) -> str:
    return (
        f"EXISTS (SELECT FROM {schema}.habits h"
        " WHERE h.user_id = c.user_id AND h.habit_id = c.habit_id AND h.deleted)"
    )


def _said(noun: Noun, name: str) -> str:
    return f"COALESCE(excluded.{name}, d.{name})" if name in noun.lasting else f"excluded.{name}"


def _newer(noun: Noun, part: ColumnGroup) -> str:
    """Hold where a part of a row is news."""
    version = part.version
    said = ", ".join(_said(noun, name) for name in part.columns)
    known = ", ".join(f"d.{name}" for name in part.columns)
    return (
        f"excluded.{version} > d.{version} OR (excluded.{version} = d.{version}"
        f" AND ROW({said}) IS DISTINCT FROM ROW({known}))"
    )


def _set(noun: Noun) -> str:
    """Set each part that is news; where there is one part alone, nothing else is written to."""
    sets = []
    alone = len(noun.kept) == 1 and not noun.ends
    for part in noun.kept:
        ended = "".join(f"excluded.{name} OR " for name in noun.ends)
        when = f"{ended}{_newer(noun, part)}"
        for name in (*part.columns, part.version):
            said = _said(noun, name)
            if name in noun.lasting and noun.ends:
                said = f"CASE WHEN NOT excluded.{noun.ends[0]} THEN {said} END"
            sets.append(
                f"{name} = {said}"
                if alone
                else f"{name} = CASE WHEN {when} THEN {said} ELSE d.{name} END"
            )
    sets += [f"{name} = excluded.{name}" for name in noun.ends]
    return ", ".join(sets)


def _literal(value: object) -> str | None:
    """Write an array down as PostgreSQL reads it (its manual, section 8.15.2)."""
    if value is None:
        return None
    if not isinstance(value, (list, tuple)):
        raise TypeError("an array column holds lists")
    quoted = (str(one).replace("\\", "\\\\").replace('"', '\\"') for one in value)
    return "{" + ",".join(f'"{one}"' for one in quoted) + "}"
