"""Entries that came with an import: kept many at once, and taken back."""

import asyncio
import json
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.journal.entries import COLUMNS, EntryRow, entries, values_of

_dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy gives it no types
_SEARCHED = ("title_words", "text_words", "tag_words")
_KEPT = (*COLUMNS, *(entries.c[name] for name in _SEARCHED), entries.c.import_id)
_NAMES = ", ".join(column.name for column in _KEPT)
_TYPES = ", ".join(f"{column.name} {column.type.compile(_dialect)}" for column in _KEPT)

# One parameter for all rows: a statement with a parameter for every value takes longer to be put
# together than the database takes to carry it out.
_KEEP = text(
    f"INSERT INTO journal.entries ({_NAMES}) SELECT {_NAMES}"  # noqa: S608 - names of columns
    f" FROM json_to_recordset(CAST(:rows AS json)) AS given({_TYPES})"
    " ON CONFLICT DO NOTHING RETURNING id"
)


async def add_many(
    tx: AsyncConnection, user_id: UUID, import_id: UUID, rows: Sequence[EntryRow]
) -> set[UUID]:
    """Keep the entries of an import whose `import_key` is not there yet; return their ids.

    What is searched of many long entries takes its time, so it is found in a thread.
    """
    if not rows:
        return set()
    whose = {"user_id": user_id, "import_id": import_id}

    def written() -> str:
        return json.dumps([values_of(row) | whose for row in rows], default=str)

    kept = await tx.execute(_KEEP, {"rows": await asyncio.to_thread(written)})
    return set(kept.scalars())


async def take(tx: AsyncConnection, user_id: UUID, import_id: UUID, size: int) -> list[UUID]:
    """Forget some entries of an import that nobody has changed since; return their ids."""
    mine = select(entries.c.id).where(
        entries.c.user_id == user_id,
        entries.c.import_id == import_id,
        entries.c.version == 1,
        entries.c.deleted_at.is_(None),
    )
    some = mine.limit(size).with_for_update()
    taken = entries.delete().where(entries.c.id.in_(some)).returning(entries.c.id)
    return list((await tx.execute(taken)).scalars())


async def count(tx: AsyncConnection, user_id: UUID, import_id: UUID) -> int:
    """Return how many entries of an import are there, or in the bin."""
    mine = entries.c.user_id == user_id, entries.c.import_id == import_id
    return (await tx.execute(select(func.count()).select_from(entries).where(*mine))).scalar_one()
