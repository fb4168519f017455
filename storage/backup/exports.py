"""Exports: what a person has asked for to take away, and the parts of its file, for a day."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import metadata

exports = Table(
    "exports",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, nullable=False, unique=True),
    Column("format", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("rows", Integer, nullable=False, server_default="0"),
    Column("total", Integer),
    Column("bytes", BigInteger, nullable=False, server_default="0"),
    Column("parts", Integer, nullable=False, server_default="0"),
    Column("file_name", Text, nullable=False, server_default=""),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
    schema="backup",
)

parts = Table(
    "export_parts",
    metadata,
    Column("export_id", Uuid, ForeignKey(exports.c.id, ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("data", LargeBinary, nullable=False),
    schema="backup",
)

IN_HAND = ("waiting", "running")
"""Phases in which somebody is at work on an export, or will be."""


@dataclass(frozen=True, slots=True)
class ExportRow:
    """An export as it is stored."""

    id: UUID
    user_id: UUID
    format: str
    phase: str
    rows: int
    total: int | None
    bytes: int
    parts: int
    file_name: str
    asked_at: datetime
    expires_at: datetime


async def find(tx: AsyncConnection, user_id: UUID) -> ExportRow | None:
    """Return a person's last export."""
    row = (await tx.execute(select(exports).where(exports.c.user_id == user_id))).first()
    return ExportRow(*row) if row else None


async def begin(tx: AsyncConnection, row: ExportRow, now: datetime) -> bool:
    """Keep a new export in place of the one before; not while that is in hand and of use."""
    over = or_(exports.c.phase.not_in(IN_HAND), exports.c.expires_at <= now)
    await tx.execute(exports.delete().where(exports.c.user_id == row.user_id, over))
    values = {name: getattr(row, name) for name in ExportRow.__slots__}
    statement = insert(exports).values(**values).on_conflict_do_nothing()
    return (await tx.execute(statement)).rowcount == 1


async def change(tx: AsyncConnection, export_id: UUID, **values: object) -> None:
    """Change an export."""
    await tx.execute(exports.update().where(exports.c.id == export_id).values(**values))


async def keep_part(tx: AsyncConnection, export_id: UUID, number: int, data: bytes) -> None:
    """Keep a part of the file."""
    await tx.execute(parts.insert().values(export_id=export_id, number=number, data=data))


async def part(tx: AsyncConnection, user_id: UUID, export_id: UUID, number: int) -> bytes | None:
    """Return a part of a person's file."""
    mine = (exports.c.id == export_id, exports.c.user_id == user_id)
    found = select(parts.c.data).join(exports).where(*mine, parts.c.number == number)
    data = (await tx.execute(found)).scalar()
    return None if data is None else bytes(data)


async def drop_expired(tx: AsyncConnection, now: datetime, most: int) -> int:
    """Drop files that are too old, at most so many; return how many."""
    old = select(exports.c.id).where(exports.c.expires_at <= now).limit(most)
    return (await tx.execute(exports.delete().where(exports.c.id.in_(old)))).rowcount


async def erase(tx: AsyncConnection, user_id: UUID) -> None:
    """Drop a person's export."""
    await tx.execute(exports.delete().where(exports.c.user_id == user_id))
