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


async def beat(tx: AsyncConnection, *names: str) -> None:
    """Say that these are alive now, by the database's clock."""
    # In one order for all, so that two that beat for the same names wait, not in a circle.
    statement = insert(heartbeats).values([{"name": name} for name in sorted(names)])
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=[heartbeats.c.name], set_={"beat_at": func.now()}
        )
    )


async def ages(tx: AsyncConnection) -> dict[str, float]:
    """Return, by name, the seconds since each beat last; who never did is not in it."""
    age = func.extract("epoch", func.clock_timestamp() - heartbeats.c.beat_at)
    rows = await tx.execute(select(heartbeats.c.name, age))
    return {name: max(0.0, float(seconds)) for name, seconds in rows}


async def age(tx: AsyncConnection, name: str) -> float | None:
    """Return the seconds since `name` beat last; None if it never did."""
    return (await ages(tx)).get(name)
