"""Check-ins that came with an import: many kept at once, and taken away again."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.check_ins import CheckInRow, arrays_of, check_ins


async def keep_many(
    tx: AsyncConnection, habit_id: UUID, rows: Sequence[CheckInRow], zone: str, import_id: UUID
) -> set[date]:
    """Keep the check-ins of an import on days that are empty; return the days that were."""
    if not rows:
        return set()
    statement = text(
        "INSERT INTO habits.check_ins (habit_id, day, value, state, note, zone, source, import_id)"
        " SELECT :habit_id, d, v, s, n, :zone, 'import', :import_id"
        " FROM unnest(CAST(:days AS date[]), CAST(:values AS bigint[]), CAST(:states AS text[]),"
        " CAST(:notes AS text[]))"
        " AS t(d, v, s, n) ON CONFLICT DO NOTHING RETURNING day"
    )
    given = {"habit_id": habit_id, "zone": zone, "import_id": import_id}
    kept = await tx.execute(statement, arrays_of(rows) | given)
    return set(kept.scalars())


async def take_imported(tx: AsyncConnection, habit_id: UUID, import_id: UUID) -> list[CheckInRow]:
    """Take the days of an import away that nobody has changed since; return what they said.

    Whoever changes a day leaves the name of another door on it.
    """
    statement = (
        check_ins.delete()
        .where(
            check_ins.c.habit_id == habit_id,
            check_ins.c.import_id == import_id,
            check_ins.c.source == "import",
        )
        .returning(check_ins.c.day, check_ins.c.value, check_ins.c.state, check_ins.c.note)
    )
    return sorted(
        (CheckInRow(*row) for row in await tx.execute(statement)), key=lambda one: one.day
    )
