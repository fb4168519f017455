"""Rows of an archive, kept many at once where they are not there yet."""

import asyncio
import json
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import Dialect, Table, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

_DIALECT: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy gives no types


async def keep(
    tx: AsyncConnection, table: Table, rows: Sequence[Mapping[str, object]], key: str = "id"
) -> set[object]:
    """Keep rows, all with the same columns, that clash with none; return their keys."""
    if not rows:
        return set()
    names = list(rows[0])
    types = ", ".join(f"{name} {table.c[name].type.compile(_DIALECT)}" for name in names)
    listed = ", ".join(names)
    statement = text(
        f"INSERT INTO {table.fullname} ({listed}) SELECT {listed}"
        f" FROM json_to_recordset(CAST(:rows AS json)) AS given({types})"
        f" ON CONFLICT DO NOTHING RETURNING {key}"
    )
    given = await asyncio.to_thread(json.dumps, [dict(row) for row in rows], default=str)
    return set((await tx.execute(statement, {"rows": given})).scalars())


async def own(
    tx: AsyncConnection, table: Table, user_id: UUID, ids: Collection[UUID], key: str = "id"
) -> set[UUID]:
    """Return which of some ids are of rows of this person's."""
    mine = (table.c.user_id == user_id, table.c[key].in_(list(ids)))
    return set((await tx.execute(select(table.c[key]).where(*mine))).scalars())
