"""One consistent snapshot of a whole database, and what stands in it: counts and samples.

`pg_dump` reads the same snapshot for as long as its transaction is open. A sample is of rows that
the hash of their key picks, and is the sum of the hashes of those rows as text: the order of rows,
and the collation of the database, make no difference.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.migrations import current

TURN = 7264903
"""The advisory lock of whoever makes a backup of this database: one at a time."""

SAMPLED = 1000
"""Rows of a table, about, that are compared one by one."""

_TABLES = text("""
SELECT format('%I.%I', n.nspname, c.relname), greatest(c.reltuples, 0)::bigint,
    (SELECT format('%I', a.attname) FROM pg_index i
     JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[i.indnkeyatts - 1]
     WHERE i.indrelid = c.oid AND i.indisprimary)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence = 'p'
    AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
ORDER BY 1
""")
_PLAIN = (
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL lock_timeout = 0",
    "SET LOCAL idle_in_transaction_session_timeout = 0",
    "SET LOCAL extra_float_digits = 1",
    "SET LOCAL datestyle = 'ISO, MDY'",
    "SET LOCAL intervalstyle = 'postgres'",
    "SET LOCAL bytea_output = 'hex'",
)


class BackupRuns(Exception):
    """Another backup of this database is being made."""


@dataclass(frozen=True, slots=True)
class TableSample:
    """Some rows of a table: those whose key's hash has none of the bits of `mask`."""

    mask: int
    rows: int
    sum: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What stands in a database: rows by table, and samples of them."""

    counts: dict[str, int]
    samples: dict[str, TableSample]


@asynccontextmanager
async def turn(engine: AsyncEngine) -> AsyncIterator[None]:
    """Hold the turn of making a backup; raises BackupRuns. It ends with the process, too."""
    async with engine.connect() as connection:
        held = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await held.execute(text("SET idle_session_timeout = 0"))
        if not await held.scalar(text(f"SELECT pg_try_advisory_lock({TURN})")):
            raise BackupRuns("A backup of this database is being made already: wait for it.")
        try:
            yield
        finally:
            await held.execute(text(f"SELECT pg_advisory_unlock({TURN})"))


@asynccontextmanager
async def opened(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Begin a transaction that sees one moment of the database, for as long as it takes."""
    async with engine.connect() as connection:
        tx = await connection.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        async with tx.begin():
            for statement in _PLAIN:
                await tx.execute(text(statement))
            yield tx


async def exported(tx: AsyncConnection) -> str:
    """Let others read this snapshot, by the name that is returned."""
    return str(await tx.scalar(text("SELECT pg_export_snapshot()")))


async def contents(tx: AsyncConnection, like: dict[str, TableSample] | None = None) -> Contents:
    """Count all tables, and take a sample of each; the same samples as `like`."""
    counts, samples = dict[str, int](), dict[str, TableSample]()
    for name, about, key in (await tx.execute(_TABLES)).all():
        known = (like or {}).get(name)
        mask = known.mask if known else _mask(about)
        picked = f"hashtext({key}::text) & {mask} = 0" if key else "true"
        found = await tx.execute(
            text(
                f"SELECT count(*), count(*) FILTER (WHERE {picked}),"
                f" coalesce(sum(hashtextextended(t::text, 0)) FILTER (WHERE {picked}), 0)::text"
                f" FROM {name} t"
            )
        )
        count, rows, total = found.one()
        counts[name], samples[name] = count, TableSample(mask, rows, total)
    return Contents(counts, samples)


def _mask(rows: int) -> int:
    """Return the bits that leave about `SAMPLED` of so many rows."""
    return (1 << max(0, (rows // SAMPLED).bit_length())) - 1


async def server_major(tx: AsyncConnection) -> int:
    """Return the major version of the server."""
    return int(str(await tx.scalar(text("SHOW server_version_num")))) // 10_000


async def size(tx: AsyncConnection) -> int:
    """Return the bytes that the database takes on its disk."""
    return int(await tx.scalar(text("SELECT pg_database_size(current_database())")) or 0)


async def revision(tx: AsyncConnection) -> str | None:
    """Return the revision of the schema; None if there is none of Ritmo's."""
    return await current(tx)


async def is_empty(tx: AsyncConnection) -> bool:
    """Tell whether no table stands in a database."""
    return not (await tx.execute(_TABLES)).all()
