"""Signs of life: who beat last, and when. `ritmo doctor` and `/readyz` read them."""

from sqlalchemy import Column, DateTime, Table, Text, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.base import metadata

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("name", Text, primary_key=True),
    Column("beat_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    schema="bus",
)


async def beat(tx: AsyncConnection, name: str) -> None:
    """Say that `name` is alive now, by the database's clock."""
    statement = insert(heartbeats).values(name=name)
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=[heartbeats.c.name], set_={"beat_at": func.now()}
        )
    )


async def age(tx: AsyncConnection, name: str) -> float | None:
    """Return the seconds since `name` beat last; None if it never did."""
    seconds = await tx.execute(
        select(func.extract("epoch", func.now() - heartbeats.c.beat_at)).where(
            heartbeats.c.name == name
        )
    )
    found = seconds.scalar_one_or_none()
    return None if found is None else float(found)
