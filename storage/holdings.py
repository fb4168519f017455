"""How many rows of a person there are in the tables of a room, found by themselves."""

from functools import cache
from uuid import UUID

from sqlalchemy import ColumnElement, Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import metadata


@cache
def _tables(room: str) -> tuple[tuple[Table, Table | None], ...]:
    """Return the tables with rows of people; those that belong to a row of another, with that."""
    found: list[tuple[Table, Table | None]] = []
    for table in metadata.sorted_tables:
        if table.schema != room:
            continue
        if "user_id" in table.columns:
            found.append((table, None))
            continue
        parents = [key.column.table for key in table.foreign_keys]
        found += [(table, one) for one in parents[:1] if "user_id" in one.columns]
    return tuple(found)


def _owned(table: Table, parent: Table | None, user_id: UUID) -> ColumnElement[bool]:
    if parent is None:
        return table.c.user_id == user_id
    (key,) = (key for key in table.foreign_keys if key.column.table is parent)
    return key.parent.in_(select(key.column).where(parent.c.user_id == user_id))


async def holdings(tx: AsyncConnection, room: str, user_id: UUID) -> dict[str, int]:
    """Count a person's rows in the tables of a room, by table; those without any are left out."""
    counts = {}
    for table, parent in _tables(room):
        statement = select(func.count()).select_from(table).where(_owned(table, parent, user_id))
        counts[table.name] = int((await tx.execute(statement)).scalar_one())
    return {name: count for name, count in counts.items() if count}
