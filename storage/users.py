"""People, newest first by id (a UUIDv7 tells the time), and the ids of those who are gone.

The id of a deleted user is kept, and nothing else, so that a fact that comes late does not bring
them back.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    Integer,
    Row,
    Table,
    Text,
    Uuid,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import created_at, metadata

users = Table(
    "users",
    metadata,
    Column("user_id", Uuid, primary_key=True),
    Column("email", Text, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("day_start", Integer, nullable=False, server_default="0"),
    Column("week_start", Text, nullable=False, server_default="mon"),
    Column("role", Text, nullable=False, server_default="user"),
    Column("disabled", Boolean, nullable=False, server_default="false"),
    created_at(),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("email_version", Integer, nullable=False, server_default="0"),
    schema="users",
)

gone = Table("gone", metadata, Column("user_id", Uuid, primary_key=True), schema="users")

Found = dict[str, Any]
"""A row of `users` by column."""


def _one(row: Row[Any] | None) -> Found | None:
    return row._asdict() if row else None


async def find(tx: AsyncConnection, user_id: UUID, *, lock: bool = False) -> Found | None:
    """Return a person; `lock` keeps others from changing them meanwhile."""
    statement = select(users).where(users.c.user_id == user_id)
    return _one((await tx.execute(statement.with_for_update() if lock else statement)).first())


async def find_by_email(tx: AsyncConnection, email: str) -> Found | None:
    """Return the person with this address; if an old copy has it, too, the newest."""
    statement = select(users).where(users.c.email == email).order_by(users.c.user_id.desc())
    return _one((await tx.execute(statement.limit(1))).first())


async def add(
    tx: AsyncConnection,
    user_id: UUID,
    email: str,
    name: str,
    language: str,
    zone: str,
    role: str = "user",
) -> Found | None:
    """Add a person; None if they are there already."""
    statement = insert(users).on_conflict_do_nothing(index_elements=["user_id"])
    given = {"user_id": user_id, "email": email, "name": name, "language": language, "zone": zone}
    given["role"] = role
    return _one((await tx.execute(statement.returning(users), given)).first())


async def save(tx: AsyncConnection, user_id: UUID, values: Mapping[str, object]) -> None:
    """Write some columns of a person whom `find` has locked."""
    await tx.execute(update(users).where(users.c.user_id == user_id).values(**values))


async def is_gone(tx: AsyncConnection, user_id: UUID) -> bool:
    """Tell whether a user was deleted."""
    found = await tx.execute(select(exists().where(gone.c.user_id == user_id)))
    return bool(found.scalar_one())


async def erase(tx: AsyncConnection, user_id: UUID) -> None:
    """Drop a person for ever."""
    await tx.execute(insert(gone).on_conflict_do_nothing(), {"user_id": user_id})
    await tx.execute(delete(users).where(users.c.user_id == user_id))


async def lock_admins(tx: AsyncConnection) -> None:
    """Let nobody else change administrators until the transaction ends."""
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("users.admins", 0))))


async def count_others(tx: AsyncConnection, user_id: UUID) -> tuple[int, int]:
    """Return how many other people there are, and how many of them are enabled admins."""
    admins = func.count().filter(users.c.role == "admin", users.c.disabled.is_(False))
    row = await tx.execute(select(func.count(), admins).where(users.c.user_id != user_id))
    people, administrators = row.one()
    return people, administrators


async def administrators(tx: AsyncConnection) -> list[UUID]:
    """List the administrators who may come in."""
    wanted = select(users.c.user_id).where(users.c.role == "admin", ~users.c.disabled)
    return list((await tx.execute(wanted)).scalars())


async def search(tx: AsyncConnection, words: str, before: UUID | None, limit: int) -> list[Found]:
    """Return people whose address or name contains `words`, newest first, from `before` on."""
    statement = select(users).order_by(users.c.user_id.desc()).limit(limit)
    if words:
        statement = statement.where(
            or_(
                users.c.email.icontains(words, autoescape=True),
                users.c.name.icontains(words, autoescape=True),
            )
        )
    if before is not None:
        statement = statement.where(users.c.user_id < before)
    return [row._asdict() for row in await tx.execute(statement)]


async def after(tx: AsyncConnection, user_id: UUID, size: int) -> list[Found]:
    """Return people after one, by id."""
    statement = select(users).where(users.c.user_id > user_id).order_by(users.c.user_id)
    return [row._asdict() for row in await tx.execute(statement.limit(size))]
