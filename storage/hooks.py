"""Hooks: of each its SHA-256, the habit that it checks in, and when it was used last."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    Column,
    DateTime,
    ForeignKey,
    LargeBinary,
    Table,
    Text,
    Uuid,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import created_at, id_column, metadata
from storage.habits import habits

hooks = Table(
    "hooks",
    metadata,
    id_column(),
    Column("user_id", Uuid, nullable=False, index=True),
    Column(
        "habit_id",
        Uuid,
        ForeignKey(habits.c.id, ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("name", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False, unique=True),
    created_at(),
    Column("used_at", DateTime(timezone=True)),
    schema="habits",
)


@dataclass(frozen=True, slots=True)
class HookRow:
    """A hook."""

    id: UUID
    user_id: UUID
    habit_id: UUID
    name: str
    created_at: datetime
    used_at: datetime | None


_hook = select(*(hooks.c[name] for name in HookRow.__slots__))


async def add(tx: AsyncConnection, row: HookRow, secret: bytes) -> None:
    """Keep a new hook by the hash of its secret."""
    values = {name: getattr(row, name) for name in HookRow.__slots__}
    await tx.execute(insert(hooks), values | {"hash": secret})


async def count(tx: AsyncConnection, user_id: UUID, habit_id: UUID) -> int:
    """Return how many hooks a user's habit has."""
    found = select(func.count()).where(hooks.c.user_id == user_id, hooks.c.habit_id == habit_id)
    return (await tx.execute(found)).scalar_one()


async def list_of(tx: AsyncConnection, user_id: UUID, habit_id: UUID) -> list[HookRow]:
    """Return the hooks of a user's habit, the newest first."""
    rows = await tx.execute(
        _hook.where(hooks.c.user_id == user_id, hooks.c.habit_id == habit_id).order_by(
            hooks.c.created_at.desc(), hooks.c.id.desc()
        )
    )
    return [HookRow(**row._mapping) for row in rows]


async def find(tx: AsyncConnection, secret: bytes) -> HookRow | None:
    """Return the hook whose secret has this hash."""
    row = (await tx.execute(_hook.where(hooks.c.hash == secret))).first()
    return HookRow(**row._mapping) if row else None


async def note_use(tx: AsyncConnection, hook_id: UUID, now: datetime) -> None:
    """Note that a hook was used."""
    await tx.execute(update(hooks).where(hooks.c.id == hook_id).values(used_at=now))


async def revoke(tx: AsyncConnection, user_id: UUID, habit_id: UUID, hook_id: UUID) -> bool:
    """Drop a hook of a user's habit; False if there is none."""
    gone = delete(hooks).where(
        hooks.c.user_id == user_id, hooks.c.habit_id == habit_id, hooks.c.id == hook_id
    )
    return (await tx.execute(gone)).rowcount == 1


async def erase(tx: AsyncConnection, user_id: UUID) -> None:
    """Drop all hooks of a user."""
    await tx.execute(delete(hooks).where(hooks.c.user_id == user_id))
