"""Imports: a file's parts on their way in, how far it is read, and its report.

The habits room owns them; the `room` that reads a file notes how far it is, and its report.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import created_at, metadata

imports = Table(
    "imports",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, nullable=False, index=True),
    Column("room", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("dry_run", Boolean, nullable=False, server_default="false"),
    Column("options", Text, nullable=False, server_default="{}"),
    Column("rows", Integer, nullable=False, server_default="0"),
    Column("total", Integer),
    Column("report", Text, nullable=False, server_default="{}"),
    Column("problem", Text),
    Column("refusal", Text),
    created_at(),
    Column("ended_at", DateTime(timezone=True)),
    schema="bus",
)

parts = Table(
    "import_parts",
    metadata,
    Column("import_id", Uuid, ForeignKey(imports.c.id, ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("data", LargeBinary, nullable=False),
    schema="bus",
)


@dataclass(frozen=True, slots=True)
class ImportRow:
    """An import as it is stored; `options`, `report` and `refusal` are JSON."""

    id: UUID
    room: str
    file_name: str
    phase: str
    dry_run: bool
    options: str
    rows: int
    total: int | None
    report: str
    problem: str | None
    refusal: str | None
    created_at: datetime
    ended_at: datetime | None


_columns = tuple(imports.c[name] for name in ImportRow.__slots__)


async def add(tx: AsyncConnection, user_id: UUID, import_id: UUID, file_name: str) -> None:
    """Begin to receive a file; which room reads it is not known yet."""
    await tx.execute(
        imports.insert().values(
            id=import_id, user_id=user_id, room="", file_name=file_name, phase="receiving"
        )
    )


async def find(
    tx: AsyncConnection, user_id: UUID, import_id: UUID, *, lock: bool = False
) -> ImportRow | None:
    """Return an import of this user's."""
    statement = select(*_columns).where(imports.c.user_id == user_id, imports.c.id == import_id)
    row = (await tx.execute(statement.with_for_update() if lock else statement)).first()
    return ImportRow(*row) if row else None


async def page(
    tx: AsyncConnection, user_id: UUID, before: UUID | None, size: int
) -> list[ImportRow]:
    """Return a user's imports, newest first, that began before another one."""
    statement = select(*_columns).where(imports.c.user_id == user_id)
    if before is not None:
        statement = statement.where(imports.c.id < before)
    found = await tx.execute(statement.order_by(imports.c.id.desc()).limit(size))
    return [ImportRow(*row) for row in found]


async def change(tx: AsyncConnection, user_id: UUID, import_id: UUID, **values: object) -> None:
    """Change an import."""
    await tx.execute(
        imports.update()
        .where(imports.c.user_id == user_id, imports.c.id == import_id)
        .values(**values)
    )


async def end(tx: AsyncConnection, user_id: UUID, import_id: UUID, **values: object) -> None:
    """Note how an import ended, and drop its file."""
    await change(tx, user_id, import_id, ended_at=func.now(), **values)
    await tx.execute(parts.delete().where(parts.c.import_id == import_id))


async def take_time(tx: AsyncConnection) -> None:
    """Let this transaction idle while a file is read; a quick one may not."""
    await tx.execute(text("SET LOCAL idle_in_transaction_session_timeout = '15min'"))


async def keep_part(tx: AsyncConnection, import_id: UUID, number: int, data: bytes) -> int:
    """Keep a part of the file; return how many bytes are kept by now."""
    statement = insert(parts).values(import_id=import_id, number=number, data=data)
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=[parts.c.import_id, parts.c.number], set_={"data": data}
        )
    )
    size = select(func.coalesce(func.sum(func.length(parts.c.data)), 0)).where(
        parts.c.import_id == import_id
    )
    return int((await tx.execute(size)).scalar_one())


async def part_numbers(tx: AsyncConnection, import_id: UUID) -> list[int]:
    """Return the numbers of the parts that have come, in order."""
    statement = select(parts.c.number).where(parts.c.import_id == import_id)
    return list((await tx.execute(statement.order_by(parts.c.number))).scalars())


async def part(tx: AsyncConnection, import_id: UUID, number: int) -> bytes:
    """Return a part of the file."""
    statement = select(parts.c.data).where(parts.c.import_id == import_id, parts.c.number == number)
    return bytes((await tx.execute(statement)).scalar_one())


async def drop_abandoned(tx: AsyncConnection, age: timedelta, most: int) -> int:
    """Drop files that began `age` ago and have not come whole, at most so many; return how many."""
    began = imports.c.created_at < func.now() - age
    old = select(imports.c.id).where(imports.c.phase == "receiving", began)
    gone = await tx.execute(imports.delete().where(imports.c.id.in_(old.limit(most))))
    return gone.rowcount


async def erase(tx: AsyncConnection, user_id: UUID) -> None:
    """Erase a user's imports."""
    await tx.execute(imports.delete().where(imports.c.user_id == user_id))
