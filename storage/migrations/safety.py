"""Which migrations the version before lives through: it runs beside the new one while parts are
replaced.

A migration is safe if all that the version before reads and writes still works: nothing is taken
away, renamed, or asked for that it does not know of. A test compares the catalogue before and after
each migration with what stands here.
"""

from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

NOT_SAFE = frozenset({"0002", "0012", "0020", "0023", "0024", "0025", "0026", "0027", "0044"})
"""The revisions during which the version before must not run: stop all parts first."""

_COLUMNS = text("""
SELECT n.nspname || '.' || c.relname AS tab, a.attname AS col,
       format_type(a.atttypid, a.atttypmod) AS kind, a.attnotnull AS needed,
       a.atthasdef OR a.attidentity <> '' AS filled
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
  AND n.nspname !~ '^(pg_|information_schema)'
""")

_RULES = text("""
SELECT n.nspname || '.' || c.relname AS tab, pg_get_constraintdef(o.oid) AS rule
FROM pg_constraint o
JOIN pg_class c ON c.oid = o.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE o.contype IN ('c', 'f', 'p', 'u') AND n.nspname !~ '^(pg_|information_schema)'
UNION
SELECT n.nspname || '.' || c.relname,
       'UNIQUE ' || substring(pg_get_indexdef(i.indexrelid) FROM ' USING .*')
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE i.indisunique AND n.nspname !~ '^(pg_|information_schema)'
  AND NOT EXISTS (SELECT FROM pg_constraint o WHERE o.conindid = i.indexrelid)
""")


@dataclass(frozen=True, slots=True)
class SchemaColumn:
    """A column: its type, and whether who leaves it out is refused."""

    kind: str
    needed: bool
    filled: bool


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Tables by name, with their columns, and the rules that rows have to keep."""

    tables: dict[str, dict[str, SchemaColumn]] = field(default_factory=dict)
    rules: frozenset[tuple[str, str]] = frozenset()


async def catalogue(tx: AsyncConnection) -> Catalogue:
    """Read what tables there are."""
    found = Catalogue(
        rules=frozenset((row.tab, row.rule) for row in await tx.execute(_RULES)),
    )
    for row in await tx.execute(_COLUMNS):
        column = SchemaColumn(row.kind, row.needed, row.filled)
        found.tables.setdefault(row.tab, {})[row.col] = column
    return found


def breaks(before: Catalogue, after: Catalogue) -> list[str]:
    """Say what who knows only `before` trips over in `after`."""
    found = [f"{table} is gone" for table in before.tables.keys() - after.tables.keys()]
    for table in before.tables.keys() & after.tables.keys():
        old, new = before.tables[table], after.tables[table]
        found += [f"{table}.{name} is gone" for name in old.keys() - new.keys()]
        found += [
            f"{table}.{name} is asked for"
            for name in new.keys() - old.keys()
            if new[name].needed and not new[name].filled
        ]
        for name in old.keys() & new.keys():
            if old[name].kind != new[name].kind:
                found.append(f"{table}.{name} is {new[name].kind}, not {old[name].kind}")
            if new[name].needed and not old[name].needed:
                found.append(f"{table}.{name} may not be empty")
            if old[name].needed and old[name].filled and not new[name].filled and new[name].needed:
                found.append(f"{table}.{name} is filled by nobody")
    known = before.tables.keys() & after.tables.keys()
    found += [
        f"{table}: {rule} is new" for table, rule in after.rules - before.rules if table in known
    ]
    found += [
        f"{table}: {rule} is gone"
        for table, rule in before.rules - after.rules
        if table in known and rule.startswith(("UNIQUE", "PRIMARY"))
    ]
    return sorted(found)


def unsafe(revision: str | None, known: list[str]) -> list[str]:
    """List the migrations after `revision` that the version before does not live through.

    Into an empty database all may go: nobody uses it.
    """
    return [] if revision is None else [one for one in known if one > revision and one in NOT_SAFE]
