"""Backfills: which room was told of which noun, how many rows so far, and whether that was all."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Column, DateTime, Table, Text, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import metadata

backfills = Table(
    "backfills",
    metadata,
    Column("room", Text, primary_key=True),
    Column("noun", Text, primary_key=True),
    Column("declared", Text, nullable=False),
    Column("rows", BigInteger, nullable=False, server_default="0"),
    Column("began_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("done_at", DateTime(timezone=True)),
    schema="bus",
)


@dataclass(frozen=True, slots=True)
class BackfillRow:
    """How far a room has been told of a noun; `done_at` None: there is more to come."""

    room: str
    noun: str
    rows: int
    done_at: datetime | None


_BEGIN = text(
    "INSERT INTO bus.backfills AS b (room, noun, declared) VALUES (:room, :noun, :declared)"
    " ON CONFLICT (room, noun) DO UPDATE SET declared = excluded.declared, rows = 0,"
    " began_at = now(), done_at = NULL WHERE :again OR b.declared <> excluded.declared"
    " RETURNING room"
)
_ADVANCE = text(
    "UPDATE bus.backfills SET rows = rows + :rows, done_at = CASE WHEN :done THEN now() END"
    " WHERE room = :room AND noun = :noun"
)


async def begin(
    tx: AsyncConnection, room: str, noun: str, declared: str, *, again: bool = False
) -> bool:
    """Note that a room is to be told of a noun; False if it was before, of what it has `declared`.

    `again`: in any case.
    """
    values = {"room": room, "noun": noun, "declared": declared, "again": again}
    return (await tx.execute(_BEGIN, values)).first() is not None


async def advance(tx: AsyncConnection, room: str, noun: str, rows: int, *, done: bool) -> None:
    """Note that so many more rows were told; `done`: they were the last."""
    await tx.execute(_ADVANCE, {"room": room, "noun": noun, "rows": rows, "done": done})


async def find(tx: AsyncConnection, room: str) -> list[BackfillRow]:
    """Return how far a room has been told of each noun."""
    columns = (backfills.c.room, backfills.c.noun, backfills.c.rows, backfills.c.done_at)
    statement = select(*columns).where(backfills.c.room == room).order_by(backfills.c.noun)
    return [BackfillRow(*row) for row in await tx.execute(statement)]
